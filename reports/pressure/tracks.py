"""Turns work items and their events into one ordered list of changes, from each item's first state on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from surveys.importers.roadmap_model import EventField, Moscow, StatusClass, WorkEventFact, WorkItemFact

_SET_FIELDS = frozenset({EventField.PLAN})
_TRACKED = frozenset({EventField.STATUS, EventField.PRIORITY, EventField.PLAN, EventField.DUE, EventField.SIZE})


@dataclass(frozen=True)
class State:
    """What an item is at one instant; ``size`` in points is ``None`` where it carries none."""

    status: StatusClass
    plans: frozenset[str] = frozenset()
    due: dt.date | None = None
    rank: int | None = None
    size: float | None = None
    must: bool | None = None

    @property
    def open(self) -> bool:
        """Whether the item is not done."""
        return self.status is not StatusClass.DONE


@dataclass(frozen=True)
class Change:
    """One step of one item: it came into being (``before`` None), a field changed, or it was done for good."""

    at: float
    item: int
    before: State | None
    after: State
    field: EventField | None
    finished: bool = False


@dataclass
class Tracks:
    """All changes of a set of items in order of time; ``items`` is what the numbers in the changes point to."""

    items: tuple[WorkItemFact, ...]
    changes: list[Change] = field(default_factory=list)


def build(items: Iterable[WorkItemFact], events: Iterable[WorkEventFact]) -> Tracks:
    """Return the changes of ``items``; events of other items are ignored.

    The first state of an item is found by undoing its events from its last state. An item is finished once, at its
    ``done_at``; what its status did after that is ignored. Order of input does not matter.
    """
    ordered = tuple(sorted(items, key=lambda item: item.key))
    known = {item.key for item in ordered}
    of_item: dict[str, list[WorkEventFact]] = {}
    for event in events:
        if event.item in known and event.field in _TRACKED:
            of_item.setdefault(event.item, []).append(event)
    tracks = Tracks(ordered)
    for number, item in enumerate(ordered):
        mine = sorted(of_item.get(item.key, ()), key=lambda e: (e.at, e.field, e.old or "", e.new or ""))
        tracks.changes.extend(_changes(number, item, mine))
    tracks.changes.sort(key=lambda change: (change.at, change.item))
    return tracks


def _changes(number: int, item: WorkItemFact, events: Sequence[WorkEventFact]) -> Iterable[Change]:
    scalars = {
        name: _linked([event for event in events if event.field is name])
        for name in _TRACKED
        if name not in _SET_FIELDS
    }
    steps = [event for chain in scalars.values() for event in chain]
    steps += [event for event in events if event.field in _SET_FIELDS]
    steps.sort(key=lambda event: event.at)
    state = _first_state(item, events, scalars)
    yield Change(item.created_at.timestamp(), number, None, state, None)
    for at, event in _timed(item, steps):
        after = replace(state, status=StatusClass.DONE) if event is None else _apply(state, event)
        if after != state or event is None:
            cause = EventField.STATUS if event is None else event.field
            yield Change(at.timestamp(), number, state, after, cause, finished=event is None)
            state = after


def _timed(item: WorkItemFact, steps: Sequence[WorkEventFact]) -> Iterable[tuple[dt.datetime, WorkEventFact | None]]:
    """Yield the steps with the end of the item among them as ``None``; its status rests after that."""
    done = item.done_at
    pending = done is not None
    for event in steps:
        if pending and done is not None and event.at > done:
            pending = False
            yield done, None
        if event.field is not EventField.STATUS or done is None or event.at <= done:
            yield max(event.at, item.created_at), event
    if pending and done is not None:
        yield done, None


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


def _first_state(
    item: WorkItemFact, events: Sequence[WorkEventFact], scalars: Mapping[EventField, Sequence[WorkEventFact]]
) -> State:
    plans = set(item.plans)
    for event in reversed([e for e in events if e.field is EventField.PLAN]):
        if event.new is not None:
            plans.discard(event.new)
        if event.old is not None:
            plans.add(event.old)
    unmoved = StatusClass.TODO if item.done_at is not None else item.status_class
    state = State(
        status=unmoved,
        plans=frozenset(plans),
        due=item.due,
        rank=item.priority_rank,
        size=item.size,
        must=None if item.moscow is None else item.moscow is Moscow.MUST,
    )
    for chain in scalars.values():
        if chain:
            state = _apply(state, replace(chain[0], new=chain[0].old))
    return state


def _apply(state: State, event: WorkEventFact) -> State:
    if event.field is EventField.PLAN:
        return replace(state, plans=(state.plans - {event.old}) | ({event.new} if event.new else set()))
    if event.field is EventField.STATUS:
        return replace(state, status=StatusClass(event.new or StatusClass.TODO))
    if event.field is EventField.PRIORITY:
        return replace(state, rank=int(event.new) if event.new else None)
    if event.field is EventField.DUE:
        return replace(state, due=dt.date.fromisoformat(event.new) if event.new else None)
    return replace(state, size=float(event.new) if event.new else None)
