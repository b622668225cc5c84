"""The registry of methods in, the page docs/methods.md out."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

from reports.stats.methods import METHOD_VERSION, METHODS, VERDICTS, Method, SettingValue, Table, VerdictList
from reports.stats.methods_settings import all_settings
from reports.stats.results import Estimand

WIDTH = 150
ESTIMANDS = {
    Estimand.THIS_WAVE: "how the crowd felt **this wave** (a finite population, with its correction)",
    Estimand.LASTING: "whether something **lasting** is so (the process, without finite population correction)",
    None: "neither a wave's mood nor a lasting level: it is about the questionnaire or about a family of tests",
}
OPENING = f"""\
Method version {METHOD_VERSION}. Which question each figure answers, its method, what it assumes, where it comes from,
what it was checked against, and what it cannot say. Code: `reports/stats/`. Input is always released values: means
rounded to 0.2 (0.1 from 12 answers, 0.02 from 50, 0.01 from 100, by the lower end of the band) and clipped, the number
of answers as a band (its midpoint is used), declared variances and covariances. Never persons, never exact totals. Why
the steps are so coarse: `docs/decisions/0010-steps-that-hide-n.md`.

"Points" are scale points on 1 to 5. Names in brackets such as (wilson) are reference cases: figures printed in papers
and manuals or computed by other software. `python -m tests.statistics.test_reference_cases` compares all of them and
lists those that no method here is about, with the reason; `BAROGRAPH_REFERENCE_CASES` names other case files. Error
rates are simulated by `barograph calibrate`; its long run stands in `docs/calibration.md`.
"""


def page(note: str) -> str:
    """The whole page; ``note`` says that it is made."""
    parts = [
        "# Methods\n\n",
        note,
        _filled(OPENING),
        "\n## Methods at a glance\n\n| method | question |\n|---|---|\n",
        *(f"| [{m.name}](#{_anchor(m.name)}) | {m.question} |\n" for m in METHODS),
        *(part for method in METHODS for part in _method(method)),
        "\n## Closed lists\n\n",
        _filled("Nothing else may be said. A text for anything that is not in these lists does not exist.\n"),
        *(part for verdicts in VERDICTS for part in _verdicts(verdicts)),
        "\n## Settings\n\n",
        _filled(f"Read from the source, method version {METHOD_VERSION}. Reports print those that decide a verdict.\n"),
        "\n| setting | value | what it decides | where |\n|---|---|---|---|\n",
        *(f"| `{s.code}` | {_value(s.value)} | {s.meaning} | `{s.place}` |\n" for s in all_settings()),
    ]
    return "".join(parts)


def _method(method: Method) -> Iterator[str]:
    yield f"\n## {method.name}\n\n"
    yield _bullet("question", method.question)
    yield _bullet("is about", ESTIMANDS[method.estimand])
    yield "- **method**:\n" + "".join(_item(step, indent="  ") for step in method.formula)
    yield _bullet("assumes", "; ".join(method.assumptions))
    yield _bullet("source", method.source)
    yield _bullet("checked against", method.checked_against)
    yield _bullet("cannot say", method.cannot_say)
    if method.functions:
        yield _bullet("code", ", ".join(f"`{name}`" for name in method.functions))
    for note in method.notes:
        yield "\n" + _filled(note + "\n")
    for table in method.tables:
        yield _table(table)


def _table(table: Table) -> str:
    rows = [table.heads, ("---",) * len(table.heads), *table.rows]
    lines = "".join("|" + "|".join(f" {cell} " if cell != "---" else cell for cell in row) + "|\n" for row in rows)
    return f"\n{table.title}:\n\n{lines}\n" + (_filled(table.note + "\n") if table.note else "")


def _verdicts(verdicts: VerdictList) -> Iterator[str]:
    names = {member.name: f"`{member.value}`" for member in verdicts.verdicts}

    def spoken(text: str) -> str:
        return re.sub(r"\b[A-Z][A-Z_]+\b", lambda found: names.get(found.group(), found.group()), text)

    opening, clauses = verdicts.clauses()
    decided = ", ".join(f"`{name.strip()}`" for name in verdicts.said_in.split(","))
    yield f"\n### {verdicts.title}\n\n"
    yield _filled(f"{spoken(opening)} Decided by {decided}.".strip() + "\n") + "\n"
    for members, rule in clauses:
        yield _item(f"{spoken(members)}: {spoken(rule)}")


def _value(value: SettingValue) -> str:
    if isinstance(value, tuple):
        return ", ".join(f"{part:g}" for part in value)
    return value if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else f"{value:g}"


def _anchor(title: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")


def _bullet(name: str, text: str) -> str:
    return _item(f"**{name}**: {text}")


def _item(text: str, *, indent: str = "") -> str:
    return _wrapped(text, first=f"{indent}- ", rest=f"{indent}  ")


def _filled(text: str) -> str:
    """Paragraphs wrapped anew; an empty line parts them."""
    return "\n".join(_wrapped(part, first="", rest="") for part in text.strip().split("\n\n"))


def _wrapped(text: str, *, first: str, rest: str) -> str:
    lines: Sequence[str] = textwrap.wrap(
        " ".join(text.split()),
        width=WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines) + "\n"
