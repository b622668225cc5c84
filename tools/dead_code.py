"""Lists functions, methods and classes that neither the product nor its templates use; tests do not count as use.

Fields of results and members of enumerations are left out: they are read by templates, by JSON and by people.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from vulture.core import Vulture

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("app", "reports", "surveys", "tools")
KINDS = frozenset({"function", "method", "class", "property", "import", "unreachable_code"})
FRAMEWORK = (
    "@*.route", "@*.get", "@*.post", "@*.command*", "@*.group*", "@*.errorhandler", "@*.before_request",
    "@*.after_request", "@*.context_processor", "@*.teardown_*", "@*.app_template_*", "@event.listens_for*", "@DBOS.*",
)  # fmt: skip
"""Decorators that hand a function to a framework, which then calls it."""

ALLOWED = {
    "process_bind_param": "SQLAlchemy calls it on every value of the column type",
    "process_result_value": "SQLAlchemy calls it on every value of the column type",
    "list_commands": "click asks a lazy group for its commands",
    "get_command": "click asks a lazy group for a command",
    "format_commands": "click lets a group write its help",
    "open_session": "Flask calls it before every request",
    "save_session": "Flask calls it after every request",
    "application": "the web server calls it",
    "protect": "the rule for one cell, which the enumeration tests are about",
    "shows_spread": "the rule on histograms; no face shows one yet",
    "restore": "the inverse that proves that neutralised cells can be read back",
    "seekable": "the streams of the standard library ask it of an unpacked export",
    "readinto": "the streams of the standard library read an unpacked export by it",
    "auth_flow": "httpx calls it for every request",
    "weekly": "the plain form of the indicators that tests and measurements use",
    "cr2": "the general form that a reference case checks; the link has one regressor and a closed form",
    "read_jira": "the whole file at once, for tests and measurements",
    "people_check": "the rule on three people over a whole window",
    "total_rows": "the plain form that the pages of the API are tested against",
    "scales_to_withhold": "the rule for one crowd that the arrays are tested against",
    "sample_mean": "reference case",
    "share_margin": "reference case",
    "wilson": "reference case",
    "weighted_mean": "reference case",
    "union_step": "the plain form that the batch is tested against",
    "fit_gls": "the plain form that the batch is tested against",
    "benjamini_yekutieli": "reference case",
    "holm": "reference case",
    "half_width": "part of the interval's interface",
    "fit_local_level": "reference case",
    "simes": "reference case",
    "dominance": "reference case",
    "relative_weights": "reference case",
    "one_way_icc": "reference case",
    "average_deviation": "reference case",
    "scale_mean": "the plain form that the scoring of questionnaires is tested against",
    "to_percent": "the plain form that the scoring of questionnaires is tested against",
    "percent_favourable": "the plain form that the scoring of questionnaires is tested against",
    "sen_slope": "reference case of the usual practice",
    "list_ledger": "tests read the ledger",
    "explain": "with whom somebody is counted, for the plan a steward sees",
    "includes_leaders": "part of the crowd's interface",
    "by_team": "groups a file as the pressure functions want it",
    "read_file": "reads a roadmap file with its limit",
    "is_validated": "part of the item's interface",
    "is_local": "whether the pages are for this machine only",
    "list_accounts": "staff accounts for the screens to come",
    "add_ballots": "measurements of the count store many at once",
}
"""What is called from outside: the reason stands beside it. The list is meant to stay short."""


def template_words() -> set[str]:
    """Every name in the templates; what a template calls or reads is used."""
    words: set[str] = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("templates/**/*"):
            if path.is_file():
                words.update(re.findall(r"[A-Za-z_]\w*", path.read_text()))
    return words


def unused() -> list[str]:
    """Return a line for everything nobody uses."""
    scanner = Vulture(ignore_decorators=list(FRAMEWORK))
    scanner.scavenge([str(ROOT / package) for package in PACKAGES])
    used = template_words() | set(ALLOWED)
    return [
        f"{Path(item.filename).relative_to(ROOT)}:{item.first_lineno}: {item.typ} {item.name} is not used"
        for item in scanner.get_unused_code(min_confidence=60)
        if item.typ in KINDS and item.name not in used
    ]


def main() -> int:
    """Print what nobody uses; return 1 if there is anything."""
    found = unused()
    print("\n".join(found) or "No dead code.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
