"""Turns an ordered list of changes into one tally per week: what stood at its start and what happened in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from reports.pressure.plans import PlanBook
from reports.pressure.tracks import Change, State, Tracks
from reports.pressure.weeks import WEEK, starts
from surveys.importers.roadmap_model import FAULT_KINDS, EventField, StatusClass, WorkItemFact

OVERDUE_KEPT = dt.timedelta(weeks=4)
"""Work overdue by more than this is taken as abandoned dates, not as pressure."""

TOP_RANKS = 2
"""The first two priorities count as top priority, in P and in U alike."""

_YOUNG = 7 * 86400.0


@dataclass
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


@dataclass(frozen=True)
class Finished:
    """One item as it became done; ``young`` within seven days of its creation, ``urgent`` a fault of top priority."""

    item: int
    state: State
    young: bool
    urgent: bool
    planned: bool


@dataclass
class Tally:
    """One week of one set of items; the first part is the state at its start, the second what happened in it.

    ``due`` holds open work by the day it is due (overdue work at the day it was due, up to four weeks back).
    ``dated`` is all open work with a known day, ``live`` the part of it that is not overdue.
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
    ranks: set[int] = field(default_factory=set)
    final_dates: bool = False
    any_plan: bool = False

    done: list[Finished] = field(default_factory=list)
    created: int = 0
    entered: dict[int, State] = field(default_factory=dict)
    churned: Amount = field(default_factory=Amount)
    churned_plans: dict[str, int] = field(default_factory=dict)
    reestimated: float = 0.0
    moves: int = 0
    touched: set[int] = field(default_factory=set)


Group = tuple[frozenset[str], dt.date | None, int | None, bool | None]


class Sweep:
    """Walks once through all changes with running sums, so that its cost grows with the changes, not weeks x items."""

    def __init__(self, tracks: Tracks, plans: PlanBook, zone: dt.tzinfo) -> None:
        self._items: Sequence[WorkItemFact] = tracks.items
        self._changes = tracks.changes
        self._plans = plans
        self._zone = zone
        self._groups: dict[Group, Amount] = {}
        self._open = 0
        self._doing: set[int] = set()

    def run(self, weeks: Sequence[dt.date]) -> dict[dt.date, Tally]:
        """Return a tally for each of ``weeks``, which are Mondays without gaps, in order."""
        tallies: dict[dt.date, Tally] = {}
        position = self._advance(0, starts(weeks[0], self._zone), None)
        for monday in weeks:
            tally = self._snapshot(monday)
            position = self._advance(position, starts(monday + WEEK, self._zone), tally)
            tally.touched |= self._doing
            tally.moves += self._plans.changes_between(monday, monday + WEEK)
            tallies[monday] = tally
        return tallies

    def _advance(self, position: int, until: float, tally: Tally | None) -> int:
        changes = self._changes
        while position < len(changes) and changes[position].at < until:
            change = changes[position]
            self._apply(change)
            if tally is not None:
                self._record(change, tally)
            position += 1
        return position

    def _apply(self, change: Change) -> None:
        for state, sign in ((change.before, -1), (change.after, 1)):
            if state is None or not state.open:
                continue
            self._open += sign
            group = (state.plans, state.due, state.rank, state.must)
            amount = self._groups.setdefault(group, Amount())
            amount.add(state, sign)
            if not amount.items:
                del self._groups[group]
        if change.after.status is StatusClass.DOING:
            self._doing.add(change.item)
        else:
            self._doing.discard(change.item)

    def _snapshot(self, monday: dt.date) -> Tally:
        tally = Tally(monday, open=self._open, doing=len(self._doing), touched=set(self._doing))
        tally.any_plan = self._plans.any_live(monday)
        for (plans, own, rank, must), amount in self._groups.items():
            days = self._plans.days(plans, own, monday)
            if not days:
                continue
            tally.dated.join(amount)
            if rank is not None:
                tally.ranks.add(rank)
                if rank <= TOP_RANKS:
                    tally.top.join(amount)
            if must:
                tally.must.join(amount)
            kept = sorted((day, name) for day, name in days if day >= monday - OVERDUE_KEPT)
            if any(day >= monday for day, _ in kept):
                tally.live.join(amount)
            if kept:
                day = kept[0][0]
                tally.due.setdefault(day, Amount()).join(amount)
                tally.names.setdefault(day, set()).update(name for other, name in kept if other == day and name)
            tally.final_dates |= self._plans.unseen(plans, monday)
        return tally

    def _record(self, change: Change, tally: Tally) -> None:
        before, after = change.before, change.after
        tally.touched.add(change.item)
        if change.before is None:
            tally.created += 1
        elif _is_move(change):
            tally.moves += 1
        if change.finished:
            tally.done.append(self._finished(change))
        if not after.open:
            return
        gained = self._gained_dates(before, after, tally.monday)
        if gained or (after.status is StatusClass.DOING and (before is None or before.status is not after.status)):
            tally.entered[change.item] = after
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
        live = self._plans.live(after.plans, monday)
        gained = live if before is None else live - before.plans
        new_due = after.due is not None and after.due >= monday and (before is None or before.due is None)
        return bool(gained) or new_due

    def _churn(self, before: State | None, after: State, tally: Tally) -> None:
        old = frozenset() if before is None or not before.open else before.plans
        for name in self._plans.started(old ^ after.plans, tally.monday):
            tally.churned.add(after)
            tally.churned_plans[name] = tally.churned_plans.get(name, 0) + 1
        if before is not None and before.size != after.size and self._plans.started(after.plans, tally.monday):
            tally.reestimated += abs((after.size or 0.0) - (before.size or 0.0))


def _is_move(change: Change) -> bool:
    """Joining a first plan is not a move; leaving one is, so that a change of plan counts once."""
    before, after = change.before, change.after
    if before is None:
        return False
    if change.field is EventField.PLAN:
        return not before.plans <= after.plans
    return change.field in {EventField.DUE, EventField.PRIORITY}


def people_in(tallies: Collection[Tally], items: Sequence[WorkItemFact]) -> int | None:
    """Count distinct assignees of items that were in work or changed in the weeks; ``None`` if no item has one."""
    if not any(item.assignee_hash for item in items):
        return None
    touched = {number for tally in tallies for number in tally.touched}
    return len({items[number].assignee_hash for number in touched} - {None})


def amount_of(states: Mapping[int, State]) -> Amount:
    """Return the amount of the given items."""
    total = Amount()
    for state in states.values():
        total.add(state)
    return total
