"""Turns the assignees of an import into marks that show a later change of them, and never who anybody is.

Hashes of people are deleted once they are counted. What stays are two bytes for a group of at least twelve items of one
team: they tell less than would be needed to name the assignees of the group, even to somebody with the installation's
key, and they differ when the assignees do (but for one time in 65,536).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from surveys.importers.roadmap_model import EventField, WorkEventFact, WorkItemFact

SMALLEST_GROUP = 12
"""A smaller group has no mark: its few assignees could be tried one after another."""

_LATE = dt.timedelta(days=2)
"""A change this long before the last import may have come after it: clocks differ, and pages are read one by one."""

Group = tuple[str, int, str]
"""First day of creation (ISO), number of items and mark ("" for none) of a group of one team."""


@dataclass(frozen=True, slots=True)
class _Held:
    """An item as the marks see it."""

    day: str
    key: str
    assignee_hash: str


class Assignees:
    """Gathers the items of a source by team, and compares them with what an earlier import left."""

    def __init__(self) -> None:
        self._held: defaultdict[str, list[_Held]] = defaultdict(list)

    def add(self, item: WorkItemFact) -> None:
        """Take in an item that is stored now."""
        day = item.created_at.astimezone(dt.UTC).date().isoformat()
        self._held[item.team or ""].append(_Held(day, item.key, item.assignee_hash or ""))

    def groups(self) -> dict[str, list[Group]]:
        """Return the groups of each team in which an item has an assignee."""
        found: dict[str, list[Group]] = {}
        for team, held in self._held.items():
            if any(item.assignee_hash for item in held):
                parts = _parted(sorted(held, key=lambda item: (item.day, item.key)))
                found[team] = [_group(part) for part in parts]
        return found

    def changed(
        self, before: Mapping[str, Sequence[Group]] | None, known: Collection[str], unsure: Collection[str]
    ) -> dict[str, dt.date]:
        """Return the first day per team from which on assignees may differ from those of the last whole import.

        ``before`` are its groups, ``None`` where it left no word of them. ``known`` are the items it had; new ones are
        touched anyway. ``unsure`` are items whose assignee of then is deleted: they count as changed where no mark says
        that they are the same.
        """
        days: dict[str, dt.date] = {}
        for team in self._held.keys() | (before or {}).keys():
            groups = () if before is None else before.get(team, ())
            held = [item for item in self._held.get(team, ()) if item.key in known]
            doubtful = {
                item.key for item in held if item.key in unsure and (before is None or groups or item.assignee_hash)
            }
            first = _first_difference(groups, held, doubtful)
            if first is not None:
                days[team] = dt.date.fromisoformat(first)
        return days


def _first_difference(groups: Sequence[Group], held: Sequence[_Held], unsure: Collection[str]) -> str | None:
    starts = [group[0] for group in groups]
    parts: list[list[_Held]] = [[] for _ in range(max(len(groups), 1))]
    for item in sorted(held, key=lambda one: (one.day, one.key)):
        parts[max(bisect_right(starts, item.day) - 1, 0)].append(item)
    for place, part in enumerate(parts):
        start, count, mark = groups[place] if groups else ("", 0, "")
        is_other = len(part) != count or _mark(part) != mark
        differs = is_other if mark else any(item.key in unsure for item in part)
        if differs:
            return min([day for day in (start, part[0].day if part else "") if day], default=None)
    return None


def _parted(held: Sequence[_Held]) -> list[Sequence[_Held]]:
    """Cut items in the order of their creation into groups; a rest that is too small joins the one before."""
    parts, begin = [], 0
    for place in range(1, len(held)):
        if place - begin >= SMALLEST_GROUP and held[place].day != held[place - 1].day:
            parts.append(held[begin:place])
            begin = place
    rest = held[begin:]
    if parts and len(rest) < SMALLEST_GROUP:
        rest = [*parts.pop(), *rest]
    return [*parts, rest]


def _group(held: Sequence[_Held]) -> Group:
    return (held[0].day, len(held), _mark(held) if len(held) >= SMALLEST_GROUP else "")


def _mark(held: Sequence[_Held]) -> str:
    """Return four hex digits over keys and hashes; the hashes are keyed, so nobody else can compute it."""
    text = "\x1e".join(f"{item.key}\x1f{item.assignee_hash}" for item in held)
    return hashlib.blake2b(text.encode(), digest_size=2).hexdigest()


def read_groups(document: object) -> dict[str, list[Group]] | None:
    """Return the groups that a source was stored with; ``None`` where it was stored without any word of them."""
    if not isinstance(document, dict):
        return None
    found: dict[str, list[Group]] = {}
    for team, groups in document.items():
        found[str(team)] = [(str(day), int(count), str(mark)) for day, count, mark in groups]
    return found


def is_reassigned(events: Sequence[WorkEventFact], *, since: dt.datetime) -> bool:
    """Say whether a history tells a change of assignee that an import at ``since`` may not have seen."""
    return any(event.field is EventField.ASSIGNEE and event.at > since - _LATE for event in events)


def without_assignees(events: Sequence[WorkEventFact]) -> tuple[WorkEventFact, ...]:
    """Return changes without those of the assignee, which are never stored."""
    return tuple(event for event in events if event.field is not EventField.ASSIGNEE)
