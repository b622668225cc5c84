"""Checks the weekly indicators against figures worked out by hand from sections 1.3 and 1.4 of the research note."""

import datetime as dt
import random
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.pressure.anchors import Indicator
from reports.pressure.indicators import weekly
from reports.pressure.people import EnoughPeople, PeopleUnknown, TooFewPeople, people_check
from reports.pressure.values import Gap, Missing, Unit
from reports.pressure.weeks import WorkCalendar, mondays
from surveys.importers.roadmap_model import (
    EventField,
    Moscow,
    PlanFact,
    PlanKind,
    StatusClass,
    WorkEventFact,
    WorkItemFact,
)

WEEK = dt.date(2026, 6, 1)
COVERED = (dt.date(2025, 6, 2), dt.date(2026, 12, 31))


def at(days, hours=12, base=WEEK):
    return dt.datetime(base.year, base.month, base.day, hours, tzinfo=dt.UTC) + dt.timedelta(days=days)


def item(key, created, done=None, **more):
    status = StatusClass.DONE if done is not None else more.pop("status_class", StatusClass.TODO)
    facts = {"team": "blue", "kind": "story", **more}
    return WorkItemFact(
        key=key,
        created_at=at(created),
        done_at=None if done is None else at(done),
        status_class=status,
        **facts,
    )


def event(key, days, field, old, new):
    return WorkEventFact(item=key, at=at(days), field=EventField(field), old=old, new=new)


def plan(name, due, **more):
    return PlanFact(name=name, kind=more.pop("kind", PlanKind.VERSION), due=WEEK + dt.timedelta(days=due), **more)


def steady(count=16, **more):
    """Items done at two a week over the eight weeks before, so that the capacity is count / 8."""
    return [item(f"OLD-{n}", -90, -1 - 3 * n, **more) for n in range(count)]


def week(items, events=(), plans=(), **more):
    options = {"weeks": [WEEK], "zone": dt.UTC, "coverage": COVERED, **more}
    return weekly(items, events, plans, **options)[0]


def value(name, *args, **more):
    return week(*args, **more).values[Indicator(name)]


def test_capacity_is_the_mean_done_per_week_over_eight_weeks():
    assert week(steady()).capacity == 2.0


def test_capacity_needs_five_done_items():
    assert week(steady(4)).capacity is None
    assert value("R", [*steady(4), item("A", -5, due=WEEK)]) == Missing(Gap.TOO_LITTLE_DONE)
    assert value("L", steady(4)) == Missing(Gap.TOO_LITTLE_DONE)


def test_a_day_off_lowers_the_capacity_of_its_week_by_a_fifth():
    assert week(steady(), calendar=WorkCalendar(days_off=frozenset({WEEK}))).capacity == pytest.approx(1.6)


def test_a_week_without_working_days_has_no_capacity():
    off = frozenset(WEEK + dt.timedelta(days=n) for n in range(7))
    items = [*steady(), item("A", -5, due=WEEK)]
    assert value("R", items, calendar=WorkCalendar(days_off=off)) == Missing(Gap.NO_WORKING_DAYS)


def test_the_required_rate_is_size_due_over_capacity_times_weeks():
    items = steady() + [item(f"A-{n}", -9, plans=("4.2",)) for n in range(12)]
    found = value("R", items, plans=[plan("4.2", 21)])
    assert (found.value, found.numerator, found.denominator) == (pytest.approx(12 / (2 * 3)), 12, 2.0)
    assert (found.day, found.weeks, found.plans) == (WEEK + dt.timedelta(days=21), 3.0, ("4.2",))


def test_the_required_rate_takes_the_worst_of_several_days_and_counts_what_is_due_before():
    items = steady() + [item(f"A-{n}", -9, due=WEEK + dt.timedelta(days=14)) for n in range(2)]
    items += [item(f"B-{n}", -9, due=WEEK + dt.timedelta(days=28)) for n in range(18)]
    found = week(items)
    assert [rate.size for rate in found.run_rates] == [2, 20]
    assert found.values[Indicator.REQUIRED_RATE].value == pytest.approx(20 / (2 * 4))


def test_a_day_less_than_a_week_away_counts_as_one_week():
    assert value("R", [*steady(), item("A", -9, due=WEEK + dt.timedelta(days=1))]).value == 0.5


def test_work_overdue_by_up_to_four_weeks_is_due_now_and_older_dates_are_dropped():
    assert value("R", [*steady(), item("A", -40, due=WEEK - dt.timedelta(days=28))]).value == 0.5
    assert value("R", [*steady(), item("A", -40, due=WEEK - dt.timedelta(days=29))]).value == 0.0


def test_a_day_beyond_thirteen_weeks_asks_for_nothing_yet():
    assert value("R", [*steady(), item("A", -9, due=WEEK + dt.timedelta(weeks=13))]).value > 0
    assert value("R", [*steady(), item("A", -9, due=WEEK + dt.timedelta(weeks=13, days=1))]).value == 0.0


def test_no_dated_plan_at_all_is_missing_but_dated_plans_without_open_work_are_zero():
    assert value("R", steady()) == Missing(Gap.NO_DATED_PLAN)
    assert value("R", steady(plans=("4.1",)), plans=[plan("4.1", -5)]).value == 0.0


def test_an_item_of_two_plans_is_due_at_the_earliest_day_that_is_not_long_past():
    items = [*steady(), item("A", -90, plans=("old", "next", "later"))]
    plans = [plan("old", -60), plan("next", 14), plan("later", 28)]
    assert value("R", items, plans=plans).day == WEEK + dt.timedelta(days=14)


def test_an_item_stands_in_no_plan_before_the_day_it_joined_one():
    items = [item("A", -20, plans=("4.2",)), item("B", -20)]
    events = [event("A", -3, "plan", None, "4.2"), event("B", -3, "plan", "4.2", None)]
    weeks = [WEEK - dt.timedelta(weeks=1), WEEK]
    found = weekly([items[0]], events, [plan("4.2", 30)], weeks=weeks, zone=dt.UTC, coverage=COVERED)
    assert [w.dated for w in found] == [0, 1]
    found = weekly([items[1]], events, [plan("4.2", 30)], weeks=weeks, zone=dt.UTC, coverage=COVERED)
    assert [w.dated for w in found] == [1, 0]


def test_a_date_seen_before_it_moved_is_the_one_that_counts():
    items = steady() + [item(f"A-{n}", -9, plans=("4.2",)) for n in range(12)]
    early, late = WEEK + dt.timedelta(days=21), WEEK + dt.timedelta(days=42)
    seen = ((WEEK - dt.timedelta(days=30), early), (WEEK + dt.timedelta(days=9), late))
    moved = replace(plan("4.2", 42), dates_seen=seen)
    found = week(items, plans=[moved], weeks=[WEEK, WEEK + dt.timedelta(weeks=2)])
    assert found.values[Indicator.REQUIRED_RATE].day == early
    assert not found.final_dates
    assert week(items, plans=[moved], weeks=[WEEK + dt.timedelta(weeks=2)]).run_rates[0].day == late


def test_dates_read_after_the_week_are_flagged():
    items = [*steady(), item("A", -9, plans=("4.2",))]
    assert week(items, plans=[plan("4.2", 21)]).final_dates


def test_sizes_are_points_where_seven_in_ten_done_items_carry_them():
    items = [*steady(10, size=3.0), item("N", -90, -5), item("A", -9, due=WEEK + dt.timedelta(days=7), size=8.0)]
    found = week(items)
    assert found.unit is Unit.POINTS
    assert found.capacity == pytest.approx((30 + 3) / 8)
    assert found.values[Indicator.REQUIRED_RATE].value == pytest.approx(8 / (33 / 8))
    assert week(items, points=False).unit is Unit.ITEMS
    assert week([*items, *[item(f"M-{n}", -90, -6) for n in range(5)]]).unit is Unit.ITEMS


def test_load_counts_each_item_once_that_is_started_or_given_a_live_plan():
    items = [*steady(), item("A", -9, plans=("4.2",), status_class=StatusClass.DOING), item("B", 2, plans=("4.2",))]
    events = [event("A", 1, "plan", None, "4.2"), event("A", 2, "status", "todo", "doing")]
    found = value("L", items, events, [plan("4.2", 21)])
    assert (found.numerator, found.value) == (2, 1.0)


def test_an_undated_or_past_plan_is_no_commitment():
    items = [*steady(), item("A", -9, plans=("old", "someday"))]
    events = [event("A", 1, "plan", None, "old"), event("A", 1, "plan", None, "someday")]
    plans = [plan("old", -5), PlanFact(name="someday", kind=PlanKind.VERSION)]
    assert value("L", items, events, plans).numerator == 0


def test_churn_is_added_and_removed_work_of_started_plans_over_their_size():
    items = steady() + [item(f"A-{n}", -9, plans=("4.2",)) for n in range(10)] + [item("B", -9), item("C", 1)]
    items[-1] = replace(items[-1], plans=("4.2",))
    events = [event("B", 3, "plan", "4.2", None)]
    found = value("C", items, events, [plan("4.2", 21)])
    assert (found.numerator, found.denominator, found.plans) == (2, 11, ("4.2",))


def test_work_joining_a_plan_before_its_start_is_planning_and_not_churn():
    items = [*steady(), item("C", 1, plans=("4.2",))]
    later = plan("4.2", 21, start=WEEK + dt.timedelta(days=7))
    assert value("C", items, plans=[later]).value == 0.0
    assert value("C", items, plans=[plan("4.2", 21, start=WEEK)]).value == pytest.approx(1 / 5)


def test_churn_is_capped_at_five():
    items = [*steady(), *[item(f"C-{n}", 1, plans=("4.2",)) for n in range(40)]]
    assert value("C", items, plans=[plan("4.2", 21)]).value == 5.0


def test_re_estimates_count_as_churn_where_sizes_are_points():
    items = [*steady(size=2.0), item("A", -9, plans=("4.2",), size=8.0)]
    found = value("C", items, [event("A", 1, "size", "3.0", "8.0")], [plan("4.2", 21)])
    assert (found.numerator, found.denominator) == (5.0, 5.0)


def test_unplanned_work_is_young_or_an_urgent_fault_or_without_any_plan():
    done = [item("young", 1, 3, plans=("p",)), item("old", -30, 3, plans=("p",))]
    done.append(item("fault", -30, 3, kind="bug", priority_rank=2, plans=("p",)))
    done.append(item("minor", -30, 3, kind="bug", priority_rank=3, plans=("p",)))
    done.append(item("loose", -30, 3))
    assert value("U", done, plans=[plan("p", 30)]).value == pytest.approx(3 / 5)


def test_being_without_a_plan_says_nothing_where_most_work_has_none():
    done = [item(f"A-{n}", -30, 3) for n in range(4)]
    assert value("U", done).value == 0.0


def test_fewer_than_three_done_pools_two_weeks_and_else_is_missing():
    done = [item("a", 1, 2), item("b", -30, 3), item("c", -30, -2)]
    assert value("U", done).value == pytest.approx(1 / 3)
    assert value("U", done[:2]) == Missing(Gap.TOO_FEW_FINISHED)


def test_volatility_counts_changes_of_due_plan_priority_and_of_a_plans_own_date():
    items = [item(f"A-{n}", -9, plans=("4.2",), due=WEEK + dt.timedelta(days=30), priority_rank=1) for n in range(20)]
    events = [
        event("A-1", 1, "due", "2026-06-20", "2026-07-01"),
        event("A-2", 1, "priority", "3", "1"),
        event("A-3", 1, "plan", "4.1", None),
        event("A-3", 1, "plan", None, "4.2"),
    ]
    seen = ((WEEK - dt.timedelta(days=9), WEEK), (WEEK + dt.timedelta(days=2), WEEK + dt.timedelta(days=9)))
    found = value("V", items, events, [replace(plan("4.2", 9), dates_seen=seen)])
    assert (found.numerator, found.denominator) == (4, 20)


def test_flow_load_compares_work_in_progress_with_the_teams_own_median():
    items = [item(f"A-{n}", -120, status_class=StatusClass.DOING) for n in range(2)]
    items += [item(f"B-{n}", -120, status_class=StatusClass.DOING) for n in range(3)]
    events = [event(f"A-{n}", -119, "status", "todo", "doing") for n in range(2)]
    events += [event(f"B-{n}", -2, "status", "todo", "doing") for n in range(3)]
    found = value("W", items, events)
    assert (found.numerator, found.denominator) == (5, 2)


def test_flow_load_needs_eight_weeks_and_a_median_of_one():
    assert value("W", [item("A", -30, status_class=StatusClass.DOING)]) == Missing(Gap.SHORT_HISTORY)
    assert value("W", [item("A", -120)]) == Missing(Gap.TOO_LITTLE_IN_WORK)


def test_top_priority_is_the_share_of_open_planned_work_in_the_first_two_ranks():
    due = WEEK + dt.timedelta(days=200)
    items = [item(f"A-{n}", -9, priority_rank=n, due=due) for n in (1, 2, 3, 4)] + [item("B", -9, priority_rank=1)]
    assert value("P", items).value == 0.5


def test_top_priority_is_missing_where_all_items_share_one():
    items = [item(f"A-{n}", -9, priority_rank=3, due=WEEK) for n in range(3)]
    assert value("P", items) == Missing(Gap.PRIORITY_UNUSED)


def test_a_moscow_field_turns_top_priority_into_the_must_share():
    items = [item(f"A-{n}", -9, due=WEEK, moscow=Moscow.MUST if n else Moscow.COULD) for n in range(4)]
    found = value("P", items)
    assert found.moscow
    assert found.value == 0.75


def test_a_moscow_class_on_less_than_half_of_the_work_leaves_the_priorities():
    plain = [item(f"A-{n}", -9, due=WEEK, priority_rank=1 + n) for n in range(4)]
    classed = [item("B-1", -9, due=WEEK, priority_rank=1, moscow=Moscow.MUST)]
    assert value("P", [*plain, *classed]) == value("P", [*plain, replace(classed[0], moscow=None)])
    half = [replace(one, moscow=Moscow.COULD) for one in plain[:2]]
    found = value("P", [*half, *plain[2:], *classed])
    assert (found.moscow, found.numerator, found.denominator) == (True, 1, 3)


def test_a_team_with_sprints_compares_commitment_with_the_median_of_three():
    day = dt.timedelta(days=1)
    sprints = [plan(f"S{n}", 14 * n - 1, start=WEEK + 14 * (n - 1) * day, kind=PlanKind.SPRINT) for n in range(-3, 2)]
    items = []
    for n in range(-3, 1):
        items += [item(f"D{n}-{k}", -90, 14 * (n - 1) + 3, plans=(f"S{n}",)) for k in range(4)]
    items += [item(f"O-{k}", -90, plans=("S1",)) for k in range(6)]
    found = value("L", items, plans=sprints)
    assert (found.numerator, found.denominator, found.plans) == (6, 4, ("S1",))
    assert value("L", items[8:], plans=sprints) == Missing(Gap.TOO_FEW_SPRINTS)


def test_without_history_the_past_is_missing_and_not_zero():
    values = week([*steady(), item("A", -9, due=WEEK)], history=frozenset()).values
    gaps = {name for name, found in values.items() if found == Missing(Gap.NO_HISTORY)}
    assert gaps == {Indicator.CHURN, Indicator.VOLATILITY, Indicator.FLOW}


def test_a_week_the_source_does_not_cover_is_missing_and_a_quiet_week_is_a_real_zero():
    quiet = week(steady(), coverage=(COVERED[0], WEEK + dt.timedelta(days=6)))
    assert quiet.values[Indicator.LOAD].value == 0.0
    assert quiet.values[Indicator.VOLATILITY].value == 0.0
    outside = week(steady(), coverage=(COVERED[0], WEEK + dt.timedelta(days=5)))
    assert set(outside.values.values()) == {Missing(Gap.NOT_COVERED)}


def test_split_attention_ships_switched_off():
    assert value("S", steady()) == Missing(Gap.SWITCHED_OFF)


@pytest.mark.parametrize(
    ("names", "verdict"), [("abc", EnoughPeople()), ("aab", TooFewPeople()), ("", PeopleUnknown())]
)
def test_a_figure_needs_three_distinct_people_in_its_nine_weeks(names, verdict):
    items = [item(f"A-{n}", -90, -3, assignee_hash=name) for n, name in enumerate(names)] or [item("A", -9)]
    assert people_check([week(items)]) == verdict


def test_people_of_long_ago_do_not_count():
    items = [item(f"A-{n}", -300, -100, assignee_hash=name) for n, name in enumerate("abc")]
    assert people_check([week(items)]) == TooFewPeople()


def test_an_item_is_done_once_at_its_last_time_and_open_while_it_was_reopened():
    items = [item("A", -90, 8)]
    moves = [(-20, "todo", "done"), (-10, "done", "doing"), (8, "doing", "done")]
    events = [event("A", days, "status", old, new) for days, old, new in moves]
    weeks = [WEEK + dt.timedelta(weeks=n) for n in (-2, -1, 0, 1, 2)]
    found = weekly(items, events, [], weeks=weeks, zone=dt.UTC, coverage=COVERED)
    assert [w.done for w in found] == [0, 0, 0, 1, 0]
    assert [w.open for w in found] == [0, 1, 1, 1, 0]
    assert [w.in_work for w in found] == [0, 1, 1, 1, 0]


def test_a_week_with_the_change_of_clocks_holds_each_of_its_seven_days_once():
    zone = ZoneInfo("Europe/Madrid")
    days = [dt.date(2026, 3, 16) + dt.timedelta(days=n) for n in range(28)]
    items = [
        WorkItemFact(
            key=str(day),
            team="blue",
            kind="story",
            created_at=dt.datetime(day.year, day.month, day.day, hour, 30, tzinfo=zone).astimezone(dt.UTC),
            done_at=None,
            status_class=StatusClass.TODO,
        )
        for day, hour in zip(days, [0, 23] * 14, strict=True)
    ]
    weeks = mondays(days[0], days[-1])
    found = weekly(items, [], [], weeks=weeks, zone=zone, coverage=COVERED)
    assert [w.created for w in found] == [7, 7, 7, 7]


def random_roadmap(seed, count=24):
    rng = random.Random(seed)
    plans = [plan(f"P{n}", rng.randrange(-60, 90), start=None) for n in range(4)]
    items, events = [], []
    for n in range(count):
        created = rng.randrange(-200, 0)
        done = rng.choice([None, rng.randrange(created, 10)])
        key = f"A-{n}"
        plans_of = tuple(sorted(rng.sample([p.name for p in plans], rng.randrange(3))))
        items.append(
            item(key, created, done, plans=plans_of, priority_rank=rng.randrange(1, 5), size=rng.choice([None, 3.0]))
        )
        events.extend(event(key, rng.randrange(created, 10), "plan", None, name) for name in plans_of)
        start = rng.randrange(created, 10)
        if done is None or start < done:
            events.append(event(key, start, "status", "todo", "doing"))
            items[-1] = replace(items[-1], status_class=StatusClass.DONE if done is not None else StatusClass.DOING)
    return items, events, plans


WEEKS = [WEEK + dt.timedelta(weeks=n) for n in range(-3, 1)]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_rows_and_reading_twice_change_nothing(seed):
    items, events, plans = random_roadmap(seed)
    options = {"weeks": WEEKS, "zone": dt.UTC, "coverage": COVERED}
    first = weekly(items, events, plans, **options)
    for rows in (items, events, plans):
        random.Random(seed + 1).shuffle(rows)
    assert weekly(items, events, plans, **options) == first


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_splitting_a_team_in_two_keeps_the_sums_of_all_counts(seed):
    items, events, plans = random_roadmap(seed)
    options = {"weeks": WEEKS, "zone": dt.UTC, "coverage": COVERED}
    whole = weekly(items, events, plans, **options)
    halves = [weekly(items[n::2], events, plans, **options) for n in (0, 1)]
    for total, left, right in zip(whole, *halves, strict=True):
        for count in ("open", "dated", "overdue", "in_work", "created", "done"):
            assert getattr(total, count) == getattr(left, count) + getattr(right, count)


def test_no_weeks_give_no_indicators_and_an_empty_team_has_only_gaps_and_zeros():
    assert weekly([], [], [], weeks=[], zone=dt.UTC, coverage=COVERED) == ()
    assert week([]).open == 0
