"""Turns work items, events and plans of one team into the weekly indicators R, L, C, U, V, W and P.

Formulas and missing-value rules: research note on roadmap pressure, sections 1.3 and 1.4; checked against the
weekly figures of its prototype for three open-source teams (see docs/roadmap.md for what differs and why).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from reports.pressure.anchors import Indicator
from reports.pressure.plans import PlanBook
from reports.pressure.sprints import Sprint, sprint_load, team_sprints
from reports.pressure.sweep import Amount, Finished, Sweep, Tally, amount_of, people_in
from reports.pressure.tracks import Tracks, build
from reports.pressure.values import Gap, Measured, Missing, RunRate, Unit, Value, WeekIndicators
from reports.pressure.weeks import EVERY_WEEK_FULL, WEEK, WorkCalendar, monday_of
from surveys.importers.roadmap_model import EventField, PlanFact, WorkEventFact, WorkItemFact

CAPACITY_WEEKS = 8
MIN_DONE = 5
POINTS_SHARE = 0.7
HORIZON = 13 * WEEK
FLOW_WEEKS = 26
MIN_FLOW_WEEKS = 8
PEOPLE_WEEKS = CAPACITY_WEEKS
FULL_HISTORY = frozenset(EventField)


def weekly(
    items: Iterable[WorkItemFact],
    events: Iterable[WorkEventFact],
    plans: Iterable[PlanFact],
    *,
    weeks: Sequence[dt.date],
    zone: dt.tzinfo,
    coverage: tuple[dt.date, dt.date],
    history: frozenset[EventField] = FULL_HISTORY,
    calendar: WorkCalendar = EVERY_WEEK_FULL,
    points: bool = True,
    plan_clause: bool = True,
) -> tuple[WeekIndicators, ...]:
    """Return one entry per Monday in ``weeks`` (any order, gaps allowed) for the given items taken as one team.

    ``coverage`` is the first and last day the source speaks about: a week not wholly inside has only missing values,
    a week inside without activity real zeros. ``history`` names the fields whose past is known. ``points`` False counts
    items even where points are known; ``plan_clause`` False leaves "without any plan" out of U. Ratios have no
    unit; sizes are items or points as ``unit`` says. Nothing depends on the order of the rows.
    """
    if not weeks:
        return ()
    tracks = build(items, events)
    used = _plans_used(tracks)
    book = PlanBook(plan for plan in plans if plan.name in used)
    first, last = min(weeks), max(weeks)
    span = [first + WEEK * number for number in range(-FLOW_WEEKS, (last - first).days // 7 + 1)]
    tallies = Sweep(tracks, book, zone).run(span)
    team = _Team(
        tracks=tracks,
        tallies=tallies,
        coverage=coverage,
        begins=_first_whole_week(tracks, coverage[0], zone),
        dated=book.any_dated or any(item.due for item in tracks.items),
        planned=plan_clause and _plans_are_usual(tracks),
        ranks=frozenset(item.priority_rank for item in tracks.items) - {None},
        moscow=any(item.moscow for item in tracks.items),
        sprints=team_sprints(tracks, book, zone),
        history=history,
        calendar=calendar,
        points=points,
    )
    return tuple(team.week(monday) for monday in weeks)


def _plans_used(tracks: Tracks) -> frozenset[str]:
    return frozenset(name for change in tracks.changes for name in change.after.plans)


def _first_whole_week(tracks: Tracks, covered_from: dt.date, zone: dt.tzinfo) -> dt.date:
    if not tracks.items:
        return monday_of(covered_from)
    first = min(item.created_at for item in tracks.items).astimezone(zone).date()
    start = max(covered_from, first)
    return start if start.weekday() == 0 else monday_of(start) + WEEK


def _plans_are_usual(tracks: Tracks) -> bool:
    """Say whether at least half of all items were ever planned; else being without a plan says nothing."""
    planned = {change.item for change in tracks.changes if change.after.plans or change.after.due}
    return 2 * len(planned) >= len(tracks.items) > 0


@dataclass(frozen=True, kw_only=True)
class _Measure:
    """How sizes are read in one week: in items, or in points with ``mean`` for an item that carries none."""

    unit: Unit
    mean: float

    def size(self, amount: Amount) -> float:
        if self.unit is Unit.ITEMS:
            return float(amount.items)
        return amount.points + amount.unpointed * self.mean


@dataclass(frozen=True, kw_only=True)
class _Team:
    """One team's tallies and all that does not change from week to week."""

    tracks: Tracks
    tallies: Mapping[dt.date, Tally]
    coverage: tuple[dt.date, dt.date]
    begins: dt.date
    dated: bool
    planned: bool
    ranks: frozenset[int | None]
    moscow: bool
    sprints: Sequence[Sprint]
    history: frozenset[EventField]
    calendar: WorkCalendar
    points: bool

    def week(self, monday: dt.date) -> WeekIndicators:
        if monday < self.coverage[0] or monday + WEEK > self.coverage[1] + dt.timedelta(days=1):
            gaps = {indicator: Missing(Gap.NOT_COVERED) for indicator in Indicator}
            return WeekIndicators(monday=monday, values=gaps)
        tally = self.tallies[monday]
        before = self.before(monday, CAPACITY_WEEKS)
        measure = self.measure(before)
        capacity = self.capacity(monday, before, measure)
        rates = () if isinstance(capacity, Missing) else _run_rates(tally, capacity, measure)
        values: dict[Indicator, Value] = {
            Indicator.REQUIRED_RATE: self.required_rate(capacity, rates),
            Indicator.LOAD: self.load(tally, capacity, measure),
            Indicator.CHURN: self.churn(tally, measure),
            Indicator.UNPLANNED: self.unplanned(tally, before),
            Indicator.VOLATILITY: self.volatility(tally),
            Indicator.FLOW: self.flow(tally),
            Indicator.TOP_PRIORITY: self.top_priority(tally, measure),
            Indicator.SPLIT: Missing(Gap.SWITCHED_OFF),
        }
        return WeekIndicators(
            monday=monday,
            values=values,
            unit=measure.unit,
            capacity=None if isinstance(capacity, Missing) else capacity,
            run_rates=rates,
            open=tally.open,
            dated=tally.dated.items,
            overdue=tally.dated.items - tally.live.items,
            in_work=tally.doing,
            created=tally.created,
            done=len(tally.done),
            people=people_in([*before, tally], self.tracks.items),
            final_dates=tally.final_dates,
        )

    def before(self, monday: dt.date, count: int) -> list[Tally]:
        """Return the tallies of up to ``count`` covered weeks before ``monday``, the latest first."""
        earlier = (monday - WEEK * number for number in range(1, count + 1))
        return [self.tallies[week] for week in earlier if week in self.tallies and week >= self.coverage[0]]

    def measure(self, before: Sequence[Tally]) -> _Measure:
        done = [finished.state.size for tally in before for finished in tally.done]
        pointed = [size for size in done if size is not None]
        if not self.points or not pointed or len(pointed) < POINTS_SHARE * len(done) or not sum(pointed):
            return _Measure(unit=Unit.ITEMS, mean=1.0)
        return _Measure(unit=Unit.POINTS, mean=sum(pointed) / len(pointed))

    def capacity(self, monday: dt.date, before: Sequence[Tally], measure: _Measure) -> float | Missing:
        done = [finished for tally in before for finished in tally.done]
        if len(done) < MIN_DONE:
            return Missing(Gap.TOO_LITTLE_DONE)
        share = self.calendar.available_share(monday)
        if not share:
            return Missing(Gap.NO_WORKING_DAYS)
        return measure.size(_done_amount(done)) / len(before) * share

    def required_rate(self, capacity: float | Missing, rates: Sequence[RunRate]) -> Value:
        if not self.dated:
            return Missing(Gap.NO_DATED_PLAN)
        if isinstance(capacity, Missing):
            return capacity
        if not rates:
            return Measured(value=0.0, numerator=0.0, denominator=capacity)
        top = max(rates, key=lambda rate: (rate.rate, -rate.day.toordinal()))
        return Measured(
            value=top.rate,
            numerator=top.size,
            denominator=top.capacity,
            day=top.day,
            weeks=top.weeks,
            plans=top.plans,
        )

    def load(self, tally: Tally, capacity: float | Missing, measure: _Measure) -> Value:
        if self.sprints:
            return sprint_load(self.sprints, tally.monday, size=measure.size)
        if not self.history & {EventField.STATUS, EventField.PLAN} and not self.dated:
            return Missing(Gap.NO_HISTORY)
        if isinstance(capacity, Missing):
            return capacity
        size = measure.size(amount_of(tally.entered))
        return Measured(value=size / capacity, numerator=size, denominator=capacity)

    def churn(self, tally: Tally, measure: _Measure) -> Value:
        if EventField.PLAN not in self.history:
            return Missing(Gap.NO_HISTORY)
        if not tally.any_plan and not tally.churned.items:
            return Missing(Gap.NO_DATED_PLAN)
        size = measure.size(tally.churned) + (tally.reestimated if measure.unit is Unit.POINTS else 0.0)
        base = max(measure.size(tally.live), 5.0)
        plans = sorted(tally.churned_plans, key=lambda name: (-tally.churned_plans[name], name))
        return Measured(value=min(size / base, 5.0), numerator=size, denominator=base, plans=tuple(plans[:3]))

    def unplanned(self, tally: Tally, before: Sequence[Tally]) -> Value:
        done = list(tally.done)
        if len(done) < 3 and before:
            done += before[0].done
        if len(done) < 3:
            return Missing(Gap.TOO_FEW_FINISHED)
        count = sum(self.is_unplanned(finished) for finished in done)
        return Measured(value=count / len(done), numerator=count, denominator=len(done))

    def is_unplanned(self, finished: Finished) -> bool:
        return finished.young or finished.urgent or (self.planned and not finished.planned)

    def volatility(self, tally: Tally) -> Value:
        if not self.history & {EventField.PLAN, EventField.DUE, EventField.PRIORITY}:
            return Missing(Gap.NO_HISTORY)
        base = max(tally.open, 10)
        return Measured(value=min(tally.moves / base, 2.0), numerator=tally.moves, denominator=base)

    def flow(self, tally: Tally) -> Value:
        if EventField.STATUS not in self.history:
            return Missing(Gap.NO_HISTORY)
        own = [t.doing for t in self.before(tally.monday, FLOW_WEEKS) if t.monday >= self.begins]
        if len(own) < MIN_FLOW_WEEKS:
            return Missing(Gap.SHORT_HISTORY)
        usual = median(own)
        if usual < 1:
            return Missing(Gap.TOO_LITTLE_IN_WORK)
        return Measured(value=tally.doing / usual, numerator=tally.doing, denominator=usual)

    def top_priority(self, tally: Tally, measure: _Measure) -> Value:
        if not self.moscow and len(self.ranks) < 2:
            return Missing(Gap.PRIORITY_UNUSED)
        base = measure.size(tally.dated)
        if not base:
            return Missing(Gap.NO_DATED_PLAN)
        size = measure.size(tally.must if self.moscow else tally.top)
        return Measured(value=size / base, numerator=size, denominator=base, moscow=self.moscow)


def _done_amount(done: Iterable[Finished]) -> Amount:
    total = Amount()
    for finished in done:
        total.add(finished.state)
    return total


def _run_rates(tally: Tally, capacity: float, measure: _Measure) -> tuple[RunRate, ...]:
    """Return what each day within 13 weeks asks for, and each day missed by up to four weeks as if it were now.

    Overdue work is in the sum of every later day.
    """
    if not capacity:
        return ()
    rates: list[RunRate] = []
    total = 0.0
    for day in sorted(tally.due):
        total += measure.size(tally.due[day])
        if day <= tally.monday + HORIZON:
            weeks = max((day - tally.monday).days / 7, 1.0)
            plans = tuple(sorted(tally.names.get(day, ())))
            rates.append(RunRate(day=day, size=total, weeks=weeks, capacity=capacity, plans=plans))
    return tuple(rates)
