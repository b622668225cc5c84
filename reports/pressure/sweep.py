"""Turns an ordered list of changes into one tally per week: what stood at its start and what happened in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reports.pressure.people import Crew, Shift
from reports.pressure.plans import Days, PlanBook
from reports.pressure.tracks import Change, State, Tracks
from reports.pressure.weeks import WEEK, starts
from surveys.importers.roadmap_model import FAULT_KINDS, EventField, StatusClass, WorkItemFact

OVERDUE_KEPT = dt.timedelta(weeks=4)
"""Work overdue by more than this is taken as abandoned dates, not as pressure."""

TOP_RANKS = 2
"""The first two priorities count as top priority, in P and in U alike."""

_YOUNG = 7 * 86400.0
_DOING, _DONE = StatusClass.DOING, StatusClass.DONE
_STATUS, _PLAN = EventField.STATUS, EventField.PLAN
_MOVES = frozenset({EventField.DUE, EventField.PRIORITY})
_NOTHING: frozenset[str] = frozenset()


@dataclass(slots=True)
class Amount:
    """A number of items, the points of those that carry points, and how many carry none."""

    items: int = 0
    points: float = 0.0
    unpointed: int = 0

    def add(self, state: State, sign: int = 1) -> None:
        """Add (or with ``sign`` -1 take away) one item in ``state``."""
        self.items += sign
        if state.size is None:
            self.unpointed += sign
        else:
            self.points += sign * state.size

    def join(self, other: Amount) -> None:
        """Add another amount."""
        self.items += other.items
        self.points += other.points
        self.unpointed += other.unpointed


@dataclass(frozen=True, slots=True)
class Finished:
    """One item as it became done; ``young`` within seven days of its creation, ``urgent`` a fault of top priority."""

    item: int
    state: State
    young: bool
    urgent: bool
    planned: bool


@dataclass(slots=True)
class Tally:
    """One week of one set of items; the first part is the state at its start, the second what happened in it.

    ``due`` holds open work by the day it is due (overdue work at the day it was due, up to four weeks back).
    ``dated`` is all open work with a known day, ``live`` the part of it that is not overdue, ``classed`` the part that
    carries a MoSCoW class and ``must`` the part of that which is a Must. ``shift`` are the people behind it.
    """

    monday: dt.date
    open: int = 0
    doing: int = 0
    due: dict[dt.date, Amount] = field(default_factory=dict)
    names: dict[dt.date, set[str]] = field(default_factory=dict)
    dated: Amount = field(default_factory=Amount)
    live: Amount = field(default_factory=Amount)
    top: Amount = field(default_factory=Amount)
    must: Amount = field(default_factory=Amount)
    classed: Amount = field(default_factory=Amount)
    final_dates: bool = False
    any_plan: bool = False

    done: list[Finished] = field(default_factory=list)
    finished: Amount = field(default_factory=Amount)
    created: int = 0
    entered: dict[int, State] = field(default_factory=dict)
    churned: Amount = field(default_factory=Amount)
    churned_plans: dict[str, int] = field(default_factory=dict)
    reestimated: float = 0.0
    moves: int = 0
    shift: Shift = field(default_factory=Shift)


Group = tuple[frozenset[str], dt.date | None, int | None, bool | None]


class Sweep:
    """Walks once through all changes with running sums, so that its cost grows with the changes, not weeks x items."""

    def __init__(self, tracks: Tracks, plans: PlanBook, zone: dt.tzinfo, crew: Crew) -> None:
        self._items: Sequence[WorkItemFact] = tracks.items
        self._changes = tracks.changes
        self._plans = plans
        self._zone = zone
        self._crew = crew
        self._groups: dict[Group, Amount] = {}
        self._open = 0
        self._doing: set[int] = set()

    def run(self, weeks: Sequence[dt.date]) -> dict[dt.date, Tally]:
        """Return a tally for each of ``weeks``, which are Mondays without gaps, in order."""
        tallies: dict[dt.date, Tally] = {}
        position = self._forward(starts(weeks[0], self._zone))
        for monday in weeks:
            tally = self._snapshot(monday)
            position = self._advance(position, starts(monday + WEEK, self._zone), tally)
            tally.moves += self._plans.changes_between(monday, monday + WEEK)
            tallies[monday] = tally
        return tallies

    def _forward(self, until: float) -> int:
        """Take all changes before the first week without counting them."""
        position = 0
        for change in self._changes:
            if change.at >= until:
                break
            self._apply(change)
            position += 1
        return position

    def _advance(self, first: int, until: float, tally: Tally) -> int:
        changes = self._changes
        position, end = first, len(changes)
        touched = set(self._doing)
        while position < end and changes[position].at < until:
            change = changes[position]
            touched.add(change.item)
            self._apply(change)
            self._record(change, tally)
            position += 1
        tally.shift = self._crew.shift(touched)
        return position

    def _apply(self, change: Change) -> None:
        _, item, before, after, name, _finished = change
        is_open = after.status is not _DONE
        was_open = before is not None and before.status is not _DONE
        if name is not _STATUS or is_open is not was_open:
            if was_open and before is not None:
                self._put(before, -1)
            if is_open:
                self._put(after, 1)
        if after.status is _DOING:
            self._doing.add(item)
        else:
            self._doing.discard(item)

    def _put(self, state: State, sign: int) -> None:
        self._open += sign
        group = state.plans, state.due, state.rank, state.must
        amount = self._groups.get(group)
        if amount is None:
            amount = self._groups[group] = Amount()
        amount.add(state, sign)
        if not amount.items:
            del self._groups[group]

    def _snapshot(self, monday: dt.date) -> Tally:
        book = self._plans
        tally = Tally(monday, open=self._open, doing=len(self._doing), any_plan=book.any_live(monday))
        dated, top, must = tally.dated, tally.top, tally.must
        for (plans, own, rank, is_must), amount in self._groups.items():
            days = book.days(plans, own, monday)
            if not days:
                continue
            dated.join(amount)
            if rank is not None and rank <= TOP_RANKS:
                top.join(amount)
            if is_must is not None:
                tally.classed.join(amount)
            if is_must:
                must.join(amount)
            _put_day(tally, days, amount)
            if not tally.final_dates and book.unseen(plans, monday):
                tally.final_dates = True
        return tally

    def _record(self, change: Change, tally: Tally) -> None:
        _, item, before, after, name, finished = change
        if finished:
            tally.done.append(self._finished(change))
            tally.finished.add(after)
        elif before is None:
            tally.created += 1
        elif name in _MOVES or (name is _PLAN and not before.plans <= after.plans):
            # Joining a first plan is not a move; leaving one is, so that a change of plan counts once.
            tally.moves += 1
        if after.status is _DONE:
            return
        if name is _STATUS and before is not None:
            if after.status is _DOING and before.status is not _DOING:
                tally.entered[item] = after
            if before.status is _DONE:
                self._churn(before, after, tally)
            return
        if self._gained_dates(before, after, tally.monday) or (before is None and after.status is _DOING):
            tally.entered[item] = after
        self._churn(before, after, tally)

    def _finished(self, change: Change) -> Finished:
        item = self._items[change.item]
        state = change.after
        return Finished(
            item=change.item,
            state=state,
            young=change.at - item.created_at.timestamp() <= _YOUNG,
            urgent=item.kind in FAULT_KINDS and state.rank is not None and state.rank <= TOP_RANKS,
            planned=bool(state.plans) or state.due is not None,
        )

    def _gained_dates(self, before: State | None, after: State, monday: dt.date) -> bool:
        old = _NOTHING if before is None else before.plans
        if after.plans != old and self._plans.live(after.plans - old, monday):
            return True
        return after.due is not None and after.due >= monday and (before is None or before.due is None)

    def _churn(self, before: State | None, after: State, tally: Tally) -> None:
        old = _NOTHING if before is None or before.status is _DONE else before.plans
        if old != after.plans:
            for name in self._plans.started(old ^ after.plans, tally.monday):
                tally.churned.add(after)
                tally.churned_plans[name] = tally.churned_plans.get(name, 0) + 1
        if before is not None and before.size != after.size and self._plans.started(after.plans, tally.monday):
            tally.reestimated += abs((after.size or 0.0) - (before.size or 0.0))


def _put_day(tally: Tally, days: Days, amount: Amount) -> None:
    """Count an amount at the earliest of its days that is not more than four weeks past."""
    monday = tally.monday
    if days[-1][0] >= monday:
        tally.live.join(amount)
    oldest = monday - OVERDUE_KEPT
    for day, _ in days:
        if day >= oldest:
            break
    else:
        return
    due = tally.due.get(day)
    if due is None:
        due = tally.due[day] = Amount()
        tally.names[day] = set()
    due.join(amount)
    tally.names[day].update(name for other, name in days if other == day and name)


def amount_of(states: Mapping[int, State]) -> Amount:
    """Return the amount of the given items."""
    total = Amount()
    for state in states.values():
        total.add(state)
    return total
