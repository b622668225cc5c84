"""Turns work items and their events into one ordered list of changes, from each item's first state on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from typing import NamedTuple

from surveys.importers.roadmap_model import EventField, Moscow, StatusClass, WorkEventFact, WorkItemFact

_STATUS, _PLAN, _DUE, _PRIORITY = EventField.STATUS, EventField.PLAN, EventField.DUE, EventField.PRIORITY
_UNTRACKED = frozenset({EventField.ASSIGNEE, EventField.AREA})
_TODO, _DONE = StatusClass.TODO, StatusClass.DONE
_CLASSES = {status.value: status for status in StatusClass}
_new = tuple.__new__
"""Makes a named tuple in a third of the time of calling its class, which counts where every change makes two."""


class State(NamedTuple):
    """What an item is at one instant; ``size`` in points is ``None`` where it carries none.

    A named tuple, because one is made for every change of every item.
    """

    status: StatusClass
    plans: frozenset[str] = frozenset()
    due: dt.date | None = None
    rank: int | None = None
    size: float | None = None
    must: bool | None = None

    @property
    def open(self) -> bool:
        """Whether the item is not done."""
        return self.status is not _DONE


class Change(NamedTuple):
    """One step of one item: it came into being (``before`` None), a field changed, or it was done for good."""

    at: float
    item: int
    before: State | None
    after: State
    field: EventField | None
    finished: bool = False


@dataclass
class Tracks:
    """All changes of a set of items in order of time; ``items`` is what the numbers in the changes point to.

    ``plans`` are the names of all plans that any item was ever in, ``planned`` counts items that ever had a plan or a
    due day.
    """

    items: tuple[WorkItemFact, ...]
    changes: list[Change] = field(default_factory=list)
    plans: set[str] = field(default_factory=set)
    planned: int = 0

    def of_items(self) -> dict[int, list[Change]]:
        """Return the changes of each item, in order of time."""
        found: dict[int, list[Change]] = {}
        for change in self.changes:
            found.setdefault(change.item, []).append(change)
        return found


def build(items: Iterable[WorkItemFact], events: Iterable[WorkEventFact]) -> Tracks:
    """Return the changes of ``items``; events of other items are ignored.

    The first state of an item is found by undoing its events from its last state. An item is finished once, at its
    ``done_at``; what its status did after that is ignored. Order of input does not matter.
    """
    ordered = tuple(sorted(items, key=attrgetter("key")))
    of_item: dict[str, list[WorkEventFact]] = {item.key: [] for item in ordered}
    for event in events:
        mine = of_item.get(event.item)
        if mine is not None and event.field not in _UNTRACKED:
            mine.append(event)
    tracks = Tracks(ordered)
    for number, item in enumerate(ordered):
        steps = _in_order(of_item[item.key])
        _note_plans(tracks, item, steps)
        tracks.changes += _changes(number, item, steps)
    tracks.changes.sort(
        key=itemgetter(0)
    )  # stable, so that changes of one instant stay in the order of items and steps
    return tracks


def _note_plans(tracks: Tracks, item: WorkItemFact, steps: Sequence[WorkEventFact]) -> None:
    names = set(item.plans)
    has_day = item.due is not None
    for event in steps:
        if event.field is _PLAN:
            names |= {name for name in (event.old, event.new) if name}
        elif event.field is _DUE:
            has_day = True
    tracks.plans |= names
    tracks.planned += bool(names) or has_day


def _changes(number: int, item: WorkItemFact, steps: Sequence[WorkEventFact]) -> list[Change]:
    state = _first_state(item, steps)
    created = item.created_at.timestamp()
    found = [Change(created, number, None, state, None)]
    done = None if item.done_at is None else max(item.done_at.timestamp(), created)
    pending = done is not None
    for event in steps:
        at, name = event.at.timestamp(), event.field
        if done is not None and at > done:
            if pending:
                pending = False
                found.append(Change(done, number, state, _new(State, (_DONE, *state[1:])), _STATUS, finished=True))
                state = found[-1].after
            if name is _STATUS:
                continue
        after = _apply(state, name, event.new, event.old)
        if after != state:
            found.append(_new(Change, (at if at > created else created, number, state, after, name, False)))
            state = after
    if pending and done is not None:
        found.append(Change(done, number, state, _new(State, (_DONE, *state[1:])), _STATUS, finished=True))
    return found


def _in_order(events: list[WorkEventFact]) -> list[WorkEventFact]:
    """Return events in order of time; of those of one instant and field, each begins where the one before it ended."""
    latest = None
    for event in events:
        if latest is not None and event.at <= latest:
            break
        latest = event.at
    else:
        return events
    ordered = sorted(events, key=lambda e: (e.at, e.field, e.old or "", e.new or ""))
    chains: dict[EventField, list[WorkEventFact]] = {}
    for event in ordered:
        chains.setdefault(event.field, []).append(event)
    steps = [event for name, chain in sorted(chains.items()) for event in (chain if name is _PLAN else _linked(chain))]
    steps.sort(key=attrgetter("at"))
    return steps


def _linked(events: list[WorkEventFact]) -> list[WorkEventFact]:
    """Put events of the same instant into the order in which each begins where the one before it ended."""
    if len({event.at for event in events}) == len(events):
        return events
    ordered: list[WorkEventFact] = []
    rest = list(events)
    while rest:
        tied = [event for event in rest if event.at == rest[0].at]
        ends = {event.new for event in tied}
        reached = ordered[-1].new if ordered else None
        following = next((e for e in tied if ordered and e.old == reached), None)
        pick = following or next((e for e in tied if e.old not in ends), tied[0])
        ordered.append(pick)
        rest.remove(pick)
    return ordered


def _first_state(item: WorkItemFact, steps: Sequence[WorkEventFact]) -> State:
    plans = frozenset(item.plans)
    first: dict[EventField, WorkEventFact] = {}
    for event in reversed(steps):
        if event.field is _PLAN:
            plans = _moved(plans, event.old, event.new)
        else:
            first[event.field] = event
    state = State(
        status=_TODO if item.done_at is not None else item.status_class,
        plans=plans,
        due=item.due,
        rank=item.priority_rank,
        size=item.size,
        must=None if item.moscow is None else item.moscow is Moscow.MUST,
    )
    for name, event in first.items():
        state = _apply(state, name, event.old, event.new)
    return state


def _apply(state: State, name: EventField, new: str | None, old: str | None) -> State:
    """Return the state after a change to ``new``; swapping new and old undoes it."""
    status, plans, due, rank, size, must = state
    if name is _STATUS:
        status = _CLASSES[new] if new else _TODO
    elif name is _PLAN:
        plans = _moved(plans, new, old)
    elif name is _PRIORITY:
        rank = int(new) if new else None
    elif name is _DUE:
        due = dt.date.fromisoformat(new) if new else None
    else:
        size = float(new) if new else None
    return _new(State, (status, plans, due, rank, size, must))


def _moved(plans: frozenset[str], new: str | None, old: str | None) -> frozenset[str]:
    left = plans if old is None else plans - {old}
    return left if new is None else left | {new}
