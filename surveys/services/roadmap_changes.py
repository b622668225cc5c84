"""Turns what an import changes into the first day per team whose weeks of pressure could come out differently."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

from surveys.importers.roadmap_model import EventField, PlanFact, PlanKind, StatusClass, WorkEventFact, WorkItemFact

Told = tuple[WorkItemFact, Sequence[WorkEventFact]]
"""An item with its changes, ordered by time."""

_SAME = dt.timedelta(minutes=1)
"""Tools write the end of an item and the change of its status one after the other."""

_SCALARS = (EventField.STATUS, EventField.PRIORITY, EventField.DUE, EventField.SIZE)


def first_change(old: Told, new: Told) -> dt.datetime | None:
    """Return the first instant at which two versions of one item differ; ``None`` where they tell the same.

    What an item was before its first change of a field is found by undoing its changes, as the weeks of pressure do.
    So a value that a new change explains differs only from that change on. A change of assignee tells nothing here.
    """
    (before, past), (after, now) = old, new
    if before.created_at != after.created_at or _first_state(before, past) != _first_state(after, now):
        return min(before.created_at, after.created_at)
    found = [_first_event(past, now)]
    if before.done_at != after.done_at:
        found += [before.done_at, after.done_at]
    return min((at for at in found if at is not None), default=None)


def first_taken(old: Told, new: Told) -> tuple[dt.datetime, bool] | None:
    """Return the first instant from which on an item may no longer be at work where it was; ``None`` where it stays.

    The second value says that the week of the instant keeps the item: where something was only added to its history,
    what it was at work on up to then stands. An item is at work in a week in which it changed, or was in work at its
    start, so that a value without a history can change without taking it anywhere.
    """
    (before, past), (after, now) = old, new
    status = _first_state(before, past)[0]
    left_work = status == StatusClass.DOING.value and _first_state(after, now)[0] != status
    if before.created_at != after.created_at or left_work:
        return min(before.created_at, after.created_at), False
    found: list[tuple[dt.datetime, bool]] = []
    event = _first_event(past, now)
    if event is not None:
        is_added = len(now) > len(past) and list(map(_told, past)) == list(map(_told, now[: len(past)]))
        found.append((event, is_added))
    ended, ends = before.done_at, after.done_at
    if ends is not None and (ended is None or ends < ended):  # what its status did after its end is not read any more
        found.append((ends, True))
    if ended is not None and ended != ends and not _was_told(ended, now):
        found.append((ended, False))
    return min(found, default=None)


def _told(event: WorkEventFact) -> tuple[object, ...]:
    return event.at, event.field, event.old, event.new


def _was_told(done_at: dt.datetime, events: Sequence[WorkEventFact]) -> bool:
    """Say whether the history has the end of an item, so that its week keeps it although it was opened again."""
    return any(event.field is EventField.STATUS and abs(event.at - done_at) <= _SAME for event in events)


def _first_state(item: WorkItemFact, events: Sequence[WorkEventFact]) -> tuple[object, ...]:
    """Return all that the weeks use of an item as it came into being, with what is never dated."""
    unmoved = StatusClass.TODO if item.done_at is not None else item.status_class
    first: dict[EventField, str | None] = {
        EventField.STATUS: unmoved.value,
        EventField.PRIORITY: None if item.priority_rank is None else str(item.priority_rank),
        EventField.DUE: None if item.due is None else item.due.isoformat(),
        EventField.SIZE: None if item.size is None else repr(item.size),
    }
    plans = set(item.plans)
    for event in reversed(events):
        if event.field in first:
            first[event.field] = event.old
        elif event.field is EventField.PLAN:
            plans.discard(event.new or "")
            plans |= {event.old} if event.old else set()
    dated = tuple(first[field] for field in _SCALARS)
    return (*dated, frozenset(plans), item.kind, item.moscow, item.areas, item.parent)


def _first_event(past: Sequence[WorkEventFact], now: Sequence[WorkEventFact]) -> dt.datetime | None:
    for before, after in zip(past, now, strict=False):
        if _told(before) != _told(after):
            return min(before.at, after.at)
    longer = past if len(past) > len(now) else now
    shorter = min(len(past), len(now))
    return longer[shorter].at if len(longer) > shorter else None


def changes_all_of_a_plan(old: PlanFact | None, new: PlanFact | None) -> bool:
    """Say whether weeks before the change can differ too: a plan that comes or goes, another start, kind or first day.

    The end of a sprint is read without its history, so any change of it counts as well.
    """
    if old is None or new is None:
        return True
    if (old.kind, old.start) != (new.kind, new.start) or bool(old.dates_seen) != bool(new.dates_seen):
        return True
    if old.dates_seen and old.dates_seen[0] != new.dates_seen[0]:
        return True
    if not old.dates_seen and old.due != new.due:
        return True
    return new.kind is PlanKind.SPRINT and (old.due, old.done_at) != (new.due, new.done_at)


class Touched:
    """The first day per team that an import touches, in the team's own zone."""

    def __init__(self, zones: Mapping[str, str], known: Mapping[str, str] | None = None) -> None:
        self._zones = {team: ZoneInfo(zone) for team, zone in zones.items()}
        self._days = {team: dt.date.fromisoformat(day) for team, day in (known or {}).items()}

    def add(self, team: str | None, at: dt.datetime | None) -> None:
        """Touch the weeks of a team from an instant on; nothing where either is ``None``."""
        if team is not None and at is not None:
            self.add_day(team, at.astimezone(self._zones.get(team, dt.UTC)).date())

    def add_day(self, team: str, day: dt.date) -> None:
        """Touch the weeks of a team from a day on."""
        self._days[team] = min(day, self._days.get(team, day))

    def add_taken(self, team: str | None, taken: tuple[dt.datetime, bool] | None) -> None:
        """Note the first Monday whose week may have lost an item; see :func:`first_taken`.

        It is worked out a day earlier, because the zone of the team may change.
        """
        if team is not None and taken is not None:
            at, is_kept = taken
            day = at.astimezone(self._zones.get(team, dt.UTC)).date() - dt.timedelta(days=1)
            self.add_day(team, day - dt.timedelta(days=day.weekday()) + dt.timedelta(weeks=1 if is_kept else 0))

    def add_all(self, teams: Iterable[str], day: dt.date) -> None:
        """Touch the weeks of many teams from a day on."""
        for team in teams:
            self.add_day(team, day)

    def document(self) -> dict[str, str]:
        """Return the days as ISO texts by team, as the source keeps them."""
        return {team: day.isoformat() for team, day in sorted(self._days.items())}
