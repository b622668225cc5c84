"""The shapes of a crowd plan: what the planner reads and what it says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from surveys.i18n import Message

MAX_LABEL = 40
WHOLE_COMPANY = "company~all"
_SHORT = 26


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A team at any level; ``leader`` is an opaque person key, None where nobody leads it."""

    key: str
    parent: str | None
    name: str
    leader: str | None = None


@dataclass(frozen=True, kw_only=True)
class Crowd:
    """The people whose answers are counted together; it names no person.

    ``units`` (sorted) are those whose own group it holds, ``home`` is the lowest unit with all of them in its subtree.
    ``invited`` is a number of people (at the count: of answers). ``leads`` (sorted) are the units whose leader answers
    in this crowd; ``receiving`` those among them whose leader also receives its figures, which happens to the leader
    of the root, in whole-company mode and where no other place exists, and is told to everybody concerned.
    """

    label: str
    units: tuple[str, ...]
    home: str
    invited: int
    is_whole_company: bool = False
    leads: tuple[str, ...] = ()
    receiving: tuple[str, ...] = ()

    @property
    def includes_leaders(self) -> bool:
        """Say whether somebody who leads a unit answers in this crowd."""
        return bool(self.leads)


@dataclass(frozen=True, kw_only=True)
class CountMerge:
    """Crowds that were joined at the count: ``parts`` are the units (sorted) of each, smallest key first."""

    parts: tuple[tuple[str, ...], ...]

    @property
    def units(self) -> tuple[str, ...]:
        """All units of the joined crowd, sorted."""
        return tuple(sorted(unit for part in self.parts for unit in part))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A partition of everybody invited into crowds, by label; ``assignment`` maps person keys to labels.

    ``minimum`` is the number of invited people with which a crowd stood alone. ``notes`` are sentences for the steward.
    """

    units: tuple[Unit, ...]
    crowds: tuple[Crowd, ...]
    assignment: Mapping[str, str]
    k: int
    minimum: int
    notes: tuple[Message, ...] = ()

    @property
    def parents(self) -> dict[str, str | None]:
        """The tree of the plan without a person in it: what the count needs."""
        return {unit.key: unit.parent for unit in self.units}


def label_of(units: Iterable[str]) -> str:
    """Return the label of a crowd of ``units``: at most 40 characters, a function of the keys alone.

    A single unit gives its own key. Labels of several, and of keys that are long or hold a tilde, end in ``~`` and a
    digest of 48 bits, so that no two of one plan are the same by accident (the planner asserts it).
    """
    keys = sorted(units)
    if len(keys) == 1 and len(keys[0]) <= MAX_LABEL and "~" not in keys[0]:
        return keys[0]
    digest = hashlib.sha256("\x00".join(keys).encode()).hexdigest()[:12]
    start = keys[0].replace("~", "-")[:_SHORT]
    return f"{start}~{digest}"
