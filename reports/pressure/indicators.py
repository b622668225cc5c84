"""Turns work items, events and plans of one team into the weekly indicators R, L, C, U, V, W, P and S.

Formulas and missing-value rules: research note on roadmap pressure, sections 1.3 and 1.4; checked against the
weekly figures of its prototype for three open-source teams (see docs/roadmap.md for what differs and why).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median

from reports.pressure.anchors import Indicator
from reports.pressure.people import Crew, PeopleBehind, split_attention
from reports.pressure.plans import PlanBook
from reports.pressure.sprints import Sprint, sprint_load, team_sprints
from reports.pressure.sweep import Amount, Finished, Sweep, Tally, amount_of
from reports.pressure.tracks import Tracks, build
from reports.pressure.values import Gap, Measured, Missing, RunRate, Unit, Value, WeekIndicators
from reports.pressure.weeks import EVERY_WEEK_FULL, WEEK, WorkCalendar, monday_of
from surveys.importers.roadmap_model import EventField, PlanFact, WorkEventFact, WorkItemFact

CAPACITY_WEEKS = 8
MIN_DONE = 5
POINTS_SHARE = 0.7
MOSCOW_SHARE = 0.5
"""Where less of the planned work of a week carries a MoSCoW class, priorities say what is on top."""
HORIZON = 13 * WEEK
FLOW_WEEKS = 26
MIN_FLOW_WEEKS = 8
PEOPLE_WEEKS = CAPACITY_WEEKS
FULL_HISTORY = frozenset(EventField)


@dataclass(frozen=True, kw_only=True)
class TeamFacts:
    """All that the weeks of one team are computed from.

    ``coverage`` is the first and last day the source speaks about: a week not wholly inside has only missing values,
    a week inside without activity real zeros. ``history`` names the fields whose past is known. ``points`` False counts
    items even where points are known; ``plan_clause`` False leaves "without any plan" out of U; ``split`` computes S.
    ``origins`` maps keys of items to their source, where people are counted by source; ``forgotten`` are the keys whose
    assignee was counted and deleted. Nothing depends on the order of the rows.
    """

    items: Iterable[WorkItemFact]
    events: Iterable[WorkEventFact]
    plans: Iterable[PlanFact]
    zone: dt.tzinfo
    coverage: tuple[dt.date, dt.date]
    history: frozenset[EventField] = FULL_HISTORY
    calendar: WorkCalendar = EVERY_WEEK_FULL
    points: bool = True
    plan_clause: bool = True
    split: bool = False
    origins: Mapping[str, str] = field(default_factory=dict)
    forgotten: Collection[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What holds for a team as a whole, so that a change of it may reach weeks in which nothing else changed.

    ``begins`` is the Monday of its first whole week. ``sprints`` has start and end of its sprints by name.
    """

    dated: bool
    planned: bool
    prioritised: bool
    begins: dt.date
    sprints: Mapping[str, tuple[dt.date, dt.date]]


@dataclass(frozen=True, kw_only=True)
class TeamWeek:
    """One week of a team: its indicators, and how many people are behind them."""

    indicators: WeekIndicators
    people: PeopleBehind


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
    split: bool = False,
) -> tuple[WeekIndicators, ...]:
    """Return one entry per Monday in ``weeks`` (any order, gaps allowed) for the given items taken as one team.

    The other arguments are those of :class:`TeamFacts`. Ratios have no unit; sizes are items or points as ``unit``
    says.
    """
    facts = TeamFacts(
        items=items,
        events=events,
        plans=plans,
        zone=zone,
        coverage=coverage,
        history=history,
        calendar=calendar,
        points=points,
        plan_clause=plan_clause,
        split=split,
    )
    return tuple(week.indicators for week in TeamHistory(facts).weeks(weeks))


class TeamHistory:
    """The whole past of one team, from which any of its weeks can be computed."""

    def __init__(self, facts: TeamFacts) -> None:
        self._facts = facts
        self._tracks = build(facts.items, facts.events)
        self._book = PlanBook(plan for plan in facts.plans if plan.name in self._tracks.plans)
        self._sprints = team_sprints(self._tracks, self._book, facts.zone)

    @cached_property
    def traits(self) -> Traits:
        """What holds for the team as a whole."""
        items = self._tracks.items
        ranks = {item.priority_rank for item in items} - {None}
        return Traits(
            dated=self._book.any_dated or any(item.due for item in items),
            planned=self._facts.plan_clause and _plans_are_usual(self._tracks),
            prioritised=len(ranks) > 1,
            begins=_first_whole_week(self._tracks, self._facts.coverage[0], self._facts.zone),
            sprints={sprint.name: (sprint.start, sprint.end) for sprint in self._sprints},
        )

    def plan_marks(self, monday: dt.date) -> tuple[bool, int]:
        """Return what plans alone bring to a week: whether any has a day ahead, and how many of their days moved."""
        return self._book.any_live(monday), self._book.changes_between(monday, monday + WEEK)

    def weeks(self, weeks: Sequence[dt.date]) -> tuple[TeamWeek, ...]:
        """Return one entry per Monday in ``weeks``, in their order; gaps are allowed."""
        if not weeks:
            return ()
        facts = self._facts
        first, last = min(weeks), max(weeks)
        span = [first + WEEK * number for number in range(-FLOW_WEEKS, (last - first).days // 7 + 1)]
        crew = Crew(self._tracks.items, origins=facts.origins, forgotten=facts.forgotten, with_areas=facts.split)
        tallies = Sweep(self._tracks, self._book, facts.zone, crew).run(span)
        team = _Team(facts=facts, traits=self.traits, tallies=tallies, sprints=self._sprints, crew=crew)
        return tuple(team.week(monday) for monday in weeks)


def _first_whole_week(tracks: Tracks, covered_from: dt.date, zone: dt.tzinfo) -> dt.date:
    if not tracks.items:
        return monday_of(covered_from)
    first = min(item.created_at for item in tracks.items).astimezone(zone).date()
    start = max(covered_from, first)
    return start if start.weekday() == 0 else monday_of(start) + WEEK


def _plans_are_usual(tracks: Tracks) -> bool:
    """Say whether at least half of all items were ever planned; else being without a plan says nothing."""
    return 2 * tracks.planned >= len(tracks.items) > 0


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

    facts: TeamFacts
    traits: Traits
    tallies: Mapping[dt.date, Tally]
    sprints: Sequence[Sprint]
    crew: Crew

    def week(self, monday: dt.date) -> TeamWeek:
        tally = self.tallies[monday]
        before = self.before(monday, CAPACITY_WEEKS)
        people = self.crew.behind([*(other.shift for other in before), tally.shift])
        first, last = self.facts.coverage
        if monday < first or monday + WEEK > last + dt.timedelta(days=1):
            gaps = {indicator: Missing(Gap.NOT_COVERED) for indicator in Indicator}
            return TeamWeek(indicators=WeekIndicators(monday=monday, values=gaps), people=people)
        done = Amount()
        for other in before:
            done.join(other.finished)
        measure = self.measure(done)
        capacity = self.capacity(monday, done, len(before), measure)
        rates = () if isinstance(capacity, Missing) else _run_rates(tally, capacity, measure)
        values: dict[Indicator, Value] = {
            Indicator.REQUIRED_RATE: self.required_rate(capacity, rates),
            Indicator.LOAD: self.load(tally, capacity, measure),
            Indicator.CHURN: self.churn(tally, measure),
            Indicator.UNPLANNED: self.unplanned(tally, before),
            Indicator.VOLATILITY: self.volatility(tally),
            Indicator.FLOW: self.flow(tally),
            Indicator.TOP_PRIORITY: self.top_priority(tally, measure),
            Indicator.SPLIT: self.split(tally),
        }
        indicators = WeekIndicators(
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
            people=people.together,
            final_dates=tally.final_dates,
        )
        return TeamWeek(indicators=indicators, people=people)

    def before(self, monday: dt.date, count: int) -> list[Tally]:
        """Return the tallies of up to ``count`` covered weeks before ``monday``, the latest first."""
        earlier = (monday - WEEK * number for number in range(1, count + 1))
        return [self.tallies[week] for week in earlier if week in self.tallies and week >= self.facts.coverage[0]]

    def measure(self, done: Amount) -> _Measure:
        pointed = done.items - done.unpointed
        if not self.facts.points or not pointed or pointed < POINTS_SHARE * done.items or not done.points:
            return _Measure(unit=Unit.ITEMS, mean=1.0)
        return _Measure(unit=Unit.POINTS, mean=done.points / pointed)

    def capacity(self, monday: dt.date, done: Amount, weeks: int, measure: _Measure) -> float | Missing:
        if done.items < MIN_DONE:
            return Missing(Gap.TOO_LITTLE_DONE)
        share = self.facts.calendar.available_share(monday)
        if not share:
            return Missing(Gap.NO_WORKING_DAYS)
        return measure.size(done) / weeks * share

    def required_rate(self, capacity: float | Missing, rates: Sequence[RunRate]) -> Value:
        if not self.traits.dated:
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
        if not self.facts.history & {EventField.STATUS, EventField.PLAN} and not self.traits.dated:
            return Missing(Gap.NO_HISTORY)
        if isinstance(capacity, Missing):
            return capacity
        size = measure.size(amount_of(tally.entered))
        return Measured(value=size / capacity, numerator=size, denominator=capacity)

    def churn(self, tally: Tally, measure: _Measure) -> Value:
        if EventField.PLAN not in self.facts.history:
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
        return finished.young or finished.urgent or (self.traits.planned and not finished.planned)

    def volatility(self, tally: Tally) -> Value:
        if not self.facts.history & {EventField.PLAN, EventField.DUE, EventField.PRIORITY}:
            return Missing(Gap.NO_HISTORY)
        base = max(tally.open, 10)
        return Measured(value=min(tally.moves / base, 2.0), numerator=tally.moves, denominator=base)

    def flow(self, tally: Tally) -> Value:
        if EventField.STATUS not in self.facts.history:
            return Missing(Gap.NO_HISTORY)
        first = max(tally.monday - FLOW_WEEKS * WEEK, self.facts.coverage[0], self.traits.begins)
        weeks = (tally.monday - first).days // 7
        own = [self.tallies[tally.monday - number * WEEK].doing for number in range(1, weeks + 1)]
        if len(own) < MIN_FLOW_WEEKS:
            return Missing(Gap.SHORT_HISTORY)
        usual = median(own)
        if usual < 1:
            return Missing(Gap.TOO_LITTLE_IN_WORK)
        return Measured(value=tally.doing / usual, numerator=tally.doing, denominator=usual)

    def top_priority(self, tally: Tally, measure: _Measure) -> Value:
        """Return the share of planned work that is a Must, where at least half of it says so, else of top priority."""
        planned, classed = measure.size(tally.dated), measure.size(tally.classed)
        is_classed = classed > 0 and classed >= MOSCOW_SHARE * planned
        if not is_classed and not self.traits.prioritised:
            return Missing(Gap.PRIORITY_UNUSED)
        base, size = (classed, measure.size(tally.must)) if is_classed else (planned, measure.size(tally.top))
        if not base:
            return Missing(Gap.NO_DATED_PLAN)
        return Measured(value=size / base, numerator=size, denominator=base, moscow=is_classed)

    def split(self, tally: Tally) -> Value:
        if not self.facts.split:
            return Missing(Gap.SWITCHED_OFF)
        return split_attention(tally.shift, are_named=bool(self.crew.sources or self.facts.forgotten))


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
