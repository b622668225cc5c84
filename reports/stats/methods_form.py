"""The forms in which a method, a setting and a closed list of verdicts are described."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from reports.stats.results import Estimand

_HEADS = re.compile(r"\b([A-Z][A-Z_]+(?:(?:, | and )[A-Z][A-Z_]+)*): ")
SettingValue = float | int | str | tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A short table of measured figures: heads, rows of the same length, and a sentence on how they were measured."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse rows that do not fit their heads. Raises ValueError."""
        if any(len(row) != len(self.heads) for row in self.rows):
            raise ValueError(f"table {self.title!r}: every row has one cell per head")


@dataclass(frozen=True, kw_only=True)
class Method:
    """One method of the product and everything that is promised about it.

    ``functions`` are ``module.function`` below ``reports.stats``; ``estimand`` is the question a result answers, None
    where a figure is about the questionnaire or about a family of tests and not about a level. ``formula`` is a list
    of steps. ``notes`` and ``tables`` stand below the list.
    """

    code: str
    name: str
    functions: tuple[str, ...]
    question: str
    estimand: Estimand | None
    formula: tuple[str, ...]
    assumptions: tuple[str, ...]
    source: str
    checked_against: str
    cannot_say: str
    notes: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A number that decides something, with its meaning; ``place`` is where it stands in the source."""

    code: str
    value: SettingValue
    meaning: str
    place: str


@dataclass(frozen=True, kw_only=True)
class VerdictList:
    """A closed list: nothing else may be said. The rule is the enumeration's own docstring, or ``own_rule``.

    ``said_in`` names the function that decides. Raises ValueError where the rule does not name every member.
    """

    title: str
    verdicts: type[StrEnum]
    said_in: str
    own_rule: str = ""

    def __post_init__(self) -> None:
        """Refuse a rule that leaves a member out."""
        silent = [member.name for member in self.verdicts if member.name not in self.rule]
        if silent:
            raise ValueError(f"{self.title}: the rule does not say when {', '.join(silent)} is said")

    @property
    def rule(self) -> str:
        """The exact rule, in one line."""
        return " ".join((self.own_rule or self.verdicts.__doc__ or "").split())

    def clauses(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """The opening sentence, and for each member or group of members its rule in the order of the text."""
        parts = _HEADS.split(self.rule)
        return parts[0].strip(), tuple((parts[i], parts[i + 1].strip()) for i in range(1, len(parts), 2))
