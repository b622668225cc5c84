"""Estimates and labels in, aligned Markdown tables that read well in a terminal, and plain records for JSON out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.calibration.runs import Estimate
from surveys.i18n import Message, Translator

NONE = "\N{EN DASH}"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """An estimate as it is printed: ``decimals`` places, with its Monte Carlo standard error unless that is unknown."""

    estimate: Estimate
    decimals: int = 3


Entry = Message | Figure | str


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table with its number in the notes, a title, remarks below it and one entry per column in every row.

    ``level`` is that of the heading.
    """

    section: str
    title: Message
    head: tuple[Message, ...]
    rows: tuple[tuple[Entry, ...], ...]
    notes: tuple[Message, ...] = ()
    level: int = 2


def render(table: Table, tr: Translator) -> str:
    """The table as Markdown, columns as wide as their widest entry."""
    head = [tr.render(each) for each in table.head]
    rows = [[entry_text(entry, tr) for entry in row] for row in table.rows]
    is_figure = [all(isinstance(row[place], Figure) for row in table.rows) for place in range(len(head))]
    widths = [max(len(row[place]) for row in [head, *rows]) for place in range(len(head))]
    rule = [("-" * (width - 1) + ":") if right else "-" * width for width, right in zip(widths, is_figure, strict=True)]
    lines = [_line(row, widths, is_figure) for row in [head, rule, *rows]]
    notes = [f"\n{tr.render(note)}" for note in table.notes]
    title = f"{'#' * table.level} {tr.render(table.title)}{f' ({table.section})' if table.section else ''}"
    return "\n".join([title, "", *lines, *notes])


def record(table: Table, tr: Translator) -> dict[str, object]:
    """The table as plain values for JSON: figures keep all digits."""
    names = [tr.render(each) for each in table.head]
    return {
        "section": table.section,
        "title": tr.render(table.title),
        "rows": [{name: _plain(entry, tr) for name, entry in zip(names, row, strict=True)} for row in table.rows],
        "notes": [tr.render(note) for note in table.notes],
    }


def entry_text(entry: Entry, tr: Translator) -> str:
    """One entry as it is printed; a figure without units is a dash."""
    if isinstance(entry, Message):
        return tr.render(entry)
    if isinstance(entry, str):
        return entry
    found = entry.estimate
    if not math.isfinite(found.value):
        return NONE
    value = tr.number(found.value, entry.decimals)
    return f"{value} ± {tr.number(found.error, entry.decimals)}" if math.isfinite(found.error) else value


def estimate_record(found: Estimate) -> dict[str, object]:
    """An estimate as plain values; what is not finite is None, for JSON has no such number."""
    return {
        "value": found.value if math.isfinite(found.value) else None,
        "error": found.error if math.isfinite(found.error) else None,
        "units": found.units,
        "organisations": found.organisations,
    }


def _plain(entry: Entry, tr: Translator) -> object:
    return estimate_record(entry.estimate) if isinstance(entry, Figure) else entry_text(entry, tr)


def _line(cells: Sequence[str], widths: Sequence[int], is_figure: Sequence[bool]) -> str:
    padded = [
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in zip(cells, widths, is_figure, strict=True)
    ]
    return f"| {' | '.join(padded)} |"


WORLD_WORDS: Mapping[str, Message] = {
    "white": Message("teams have no moods"),
    "base": Message("moods of SD 0.2, autocorrelation .5"),
    "strong": Message("moods of SD 0.3, autocorrelation .7"),
    "silence": Message("as base, response falls from 95 to 55 % and those who feel worse answer less"),
    "moody": Message("as base, every other team has 12 times the mood variance"),
    "missing": Message("as base, a quarter of the waves of each team fell out"),
    "season": Message("as base, all teams dip by 0.4 points for two waves"),
    "floor": Message("as base, the level is 1.4 points lower"),
    "turnover": Message("as base, 3 % of the members change with each wave"),
}
"""What each world assumes, in one line."""
