"""Turns the items of a team into its open work at the start of a week, read by the rules of the required run rate R."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from reports.pressure.indicators import CAPACITY_WEEKS, HORIZON, TeamFacts
from reports.pressure.plans import Days, PlanBook
from reports.pressure.sweep import OVERDUE_KEPT
from reports.pressure.tracks import State, Tracks, build
from reports.pressure.values import RunRate, Unit, WeekIndicators
from reports.pressure.weeks import WEEK, starts
from surveys.importers.roadmap_model import Moscow, Rice, StatusClass

_LOW_RANKS = 2


@dataclass(frozen=True, kw_only=True)
class OpenItem:
    """A work item that was open: ``size`` in the unit of its week, ``days`` (day, plan) in order, "" for its own day.

    MoSCoW and RICE are as the source last gave them, because no source keeps their past.
    """

    key: str
    status: StatusClass
    size: float
    days: Days
    rank: int | None = None
    moscow: Moscow | None = None
    rice: Rice | None = None

    @property
    def plans(self) -> tuple[str, ...]:
        """The plans with a day that it is in, earliest first; the empty name where only its own day is known."""
        named = tuple(dict.fromkeys(name for _, name in self.days if name))
        return named or (("",) if self.days else ())


@dataclass(frozen=True, kw_only=True)
class DatedWork:
    """A plan with a day that R looks at, and the open items in it; the plan "" is work with a day of its own only."""

    plan: str
    day: dt.date
    items: tuple[OpenItem, ...]

    @property
    def size(self) -> float:
        """The size of its items in the unit of the week."""
        return sum(item.size for item in self.items)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The open work of a team on ``monday``, in the order of keys.

    ``capacity`` is the size done per week in ``unit``, ``None`` where too little was done to say. ``finished`` counts
    the items done in the ``finished_weeks`` before, eight at most.
    """

    monday: dt.date
    unit: Unit
    capacity: float | None
    items: tuple[OpenItem, ...]
    finished: int
    finished_weeks: int

    @cached_property
    def dated(self) -> tuple[OpenItem, ...]:
        """The items with a known day, whenever that is; the base of the shares of priorities."""
        return tuple(item for item in self.items if item.days)

    @cached_property
    def work(self) -> tuple[DatedWork, ...]:
        """The plans due from four weeks past to thirteen weeks ahead, by day and name, with their open items."""
        found: dict[tuple[dt.date, str], list[OpenItem]] = {}
        for item in self.dated:
            for day, name in item.days:
                if name in item.plans and self.sees(day):
                    found.setdefault((dt.date.max if not name else day, name), []).append(item)
        return tuple(
            DatedWork(plan=name, day=min(item.days[0][0] for item in items) if not name else day, items=tuple(items))
            for (day, name), items in sorted(found.items(), key=lambda entry: entry[0])
        )

    @cached_property
    def low_ranks(self) -> tuple[int, ...]:
        """The two lowest priorities in use among dated items, the lowest first; never the highest one in use."""
        ranks = sorted({item.rank for item in self.dated if item.rank is not None})
        return tuple(reversed(ranks[1:][-_LOW_RANKS:]))

    def sees(self, day: dt.date) -> bool:
        """Say whether R looks at a day: not more than four weeks past, not more than thirteen weeks ahead."""
        return self.monday - OVERDUE_KEPT <= day <= self.monday + HORIZON


def scope_of(facts: TeamFacts, week: WeekIndicators) -> Scope:
    """Return the open work at the start of ``week``, in its unit and against its capacity.

    States are those of that Monday 00:00 in the zone of the team, found from the history of changes; a source without
    one gives the state at its import. In points an item without any counts as the mean of those done.
    """
    tracks = build(facts.items, facts.events)
    book = PlanBook(plan for plan in facts.plans if plan.name in tracks.plans)
    states, finished, weeks = _stand(tracks, facts, week.monday)
    mean = _mean_points(finished)
    found = []
    for number, state in states.items():
        if not state.open:
            continue
        item = tracks.items[number]
        size = 1.0 if week.unit is Unit.ITEMS else mean if state.size is None else state.size
        found.append(
            OpenItem(
                key=item.key,
                status=state.status,
                size=size,
                days=book.days(state.plans, state.due, week.monday),
                rank=state.rank,
                moscow=item.moscow,
                rice=item.rice,
            )
        )
    return Scope(
        monday=week.monday,
        unit=week.unit,
        capacity=week.capacity,
        items=tuple(sorted(found, key=lambda item: key_order(item.key))),
        finished=len(finished),
        finished_weeks=weeks,
    )


def run_rates(scope: Scope, days: Iterable[tuple[Days, float]]) -> tuple[RunRate, ...]:
    """Return what each day asks for when work of a size is due on ``days``; empty without a capacity.

    Work counts at the earliest of its days that is not more than four weeks past, and in the sum of every later day.
    """
    if not scope.capacity:
        return ()
    oldest, horizon = scope.monday - OVERDUE_KEPT, scope.monday + HORIZON
    due: dict[dt.date, float] = {}
    names: dict[dt.date, set[str]] = {}
    for known, size in days:
        day = next((day for day, _ in known if day >= oldest), None)
        if day is not None:
            due[day] = due.get(day, 0.0) + size
            names.setdefault(day, set()).update(name for other, name in known if other == day and name)
    rates, total = [], 0.0
    for day in sorted(due):
        total += due[day]
        if day <= horizon:
            weeks = max((day - scope.monday).days / 7, 1.0)
            plans = tuple(sorted(names[day]))
            rates.append(RunRate(day=day, size=total, weeks=weeks, capacity=scope.capacity, plans=plans))
    return tuple(rates)


def key_order(key: str) -> tuple[tuple[str, int], ...]:
    """Return what keys are sorted by, so that PAY-9 comes before PAY-10."""
    return tuple((text, int(digits or 0)) for text, digits in re.findall(r"(\D*)(\d{0,18})", key) if text or digits)


def _stand(tracks: Tracks, facts: TeamFacts, monday: dt.date) -> tuple[dict[int, State], list[State], int]:
    """Return the state of each item on ``monday``, the states of those done in the weeks before, and these weeks."""
    weeks = sum(monday - WEEK * number >= facts.coverage[0] for number in range(1, CAPACITY_WEEKS + 1))
    since, until = starts(monday - WEEK * weeks, facts.zone), starts(monday, facts.zone)
    states: dict[int, State] = {}
    finished: list[State] = []
    for change in tracks.changes:
        if change.at >= until:
            break
        states[change.item] = change.after
        if change.finished and change.at >= since:
            finished.append(change.after)
    return states, finished, weeks


def _mean_points(finished: Sequence[State]) -> float:
    pointed = [state.size for state in finished if state.size is not None]
    return sum(pointed) / len(pointed) if pointed else 1.0
