"""Checks that the open work of a team gives the required run rate that its weeks have."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.pressure.indicators import TeamFacts, TeamHistory
from reports.pressure.scope import key_order, run_rates, scope_of
from reports.pressure.values import RunRate, Unit
from surveys.importers.roadmap_model import EventField, PlanFact, PlanKind, StatusClass, WorkEventFact, WorkItemFact

ZONE = ZoneInfo("Europe/Madrid")
START = dt.date(2026, 1, 5)
WEEK = START + dt.timedelta(weeks=10)
END = START + dt.timedelta(weeks=12, days=-1)


def at(day, hour=12):
    return dt.datetime.combine(START, dt.time(hour, tzinfo=dt.UTC)) + dt.timedelta(days=day)


def item(key, created=0, done=None, **fields):
    status = StatusClass.TODO if done is None else StatusClass.DONE
    return WorkItemFact(
        key=key,
        team="pay",
        kind="story",
        created_at=at(created),
        done_at=None if done is None else at(done),
        status_class=status,
        **fields,
    )


def facts(items, events=(), plans=()):
    return TeamFacts(items=items, events=events, plans=plans, zone=ZONE, coverage=(START, END))


def week_of(found, monday=WEEK):
    return TeamHistory(found).weeks([monday])[0].indicators


def scope(items, events=(), plans=(), monday=WEEK):
    found = facts(items, events, plans)
    return scope_of(found, week_of(found, monday))


DONE = [item(f"D-{number}", done=20 + number) for number in range(16)]


def test_the_state_is_that_of_the_start_of_the_week_not_of_the_import():
    later = WorkEventFact(item="A-1", at=at(71), field=EventField.PLAN, old="4.1", new=None)
    joined = WorkEventFact(item="A-1", at=at(71), field=EventField.PLAN, old=None, new="4.2")
    plans = [PlanFact(name=name, kind=PlanKind.VERSION, due=WEEK + dt.timedelta(days=9)) for name in ("4.1", "4.2")]
    found = scope([*DONE, item("A-1", plans=("4.2",)), item("A-2", created=72)], [later, joined], plans)
    assert [(open_item.key, open_item.plans) for open_item in found.items] == [("A-1", ("4.1",))]
    assert found.finished == 16


def test_work_is_told_by_plan_and_day_with_work_of_its_own_day_last():
    plans = [
        PlanFact(name="long", kind=PlanKind.VERSION, due=WEEK + dt.timedelta(weeks=14)),
        PlanFact(name="soon", kind=PlanKind.VERSION, due=WEEK + dt.timedelta(weeks=2)),
        PlanFact(name="past", kind=PlanKind.VERSION, due=WEEK - dt.timedelta(weeks=4)),
        PlanFact(name="gone", kind=PlanKind.VERSION, due=WEEK - dt.timedelta(weeks=5)),
    ]
    items = [
        item("A-1", plans=("long",)),
        item("A-2", plans=("soon",), due=WEEK),
        item("A-3", plans=("past",)),
        item("A-4", plans=("gone",)),
        item("A-5", due=WEEK + dt.timedelta(days=3)),
        item("A-6"),
    ]
    found = scope([*DONE, *items], plans=plans)
    assert [(work.plan, [each.key for each in work.items]) for work in found.work] == [
        ("past", ["A-3"]),
        ("soon", ["A-2"]),
        ("", ["A-5"]),
    ]
    assert len(found.dated) == 5


def test_the_two_lowest_priorities_in_use_never_hold_the_highest():
    def ranks(*held):
        return scope([*DONE, *(item(f"A-{rank}", priority_rank=rank, due=WEEK) for rank in held)]).low_ranks

    assert ranks(1) == ()
    assert ranks(1, 3) == (3,)
    assert ranks(1, 2, 4, 5) == (5, 4)


def test_in_points_an_item_without_any_counts_as_the_mean_of_those_done():
    done = [item(f"D-{number}", done=30 + number, size=float(number % 3 + 1)) for number in range(15)]
    found = scope([*done, item("A-1", due=WEEK), item("A-2", due=WEEK, size=5.0)])
    assert found.unit is Unit.POINTS
    assert [each.size for each in found.items] == [pytest.approx(2.0), 5.0]


def test_keys_are_in_the_order_of_their_numbers():
    assert sorted(["PAY-10", "PAY-9", "A-11", "PAY"], key=key_order) == ["A-11", "PAY", "PAY-9", "PAY-10"]


def test_without_a_capacity_there_is_no_rate():
    found = scope([item("A-1", due=WEEK)])
    assert found.capacity is None
    assert run_rates(found, [(each.days, each.size) for each in found.items]) == ()


items_of_any_kind = st.lists(
    st.tuples(
        st.integers(0, 80),
        st.none() | st.integers(0, 30),
        st.none() | st.integers(-20, 110),
        st.sets(st.sampled_from(["a", "b", "c"]), max_size=2),
        st.none() | st.integers(1, 8),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(held=items_of_any_kind, dues=st.tuples(*[st.none() | st.integers(20, 170)] * 3), pointed=st.booleans())
def test_the_run_rates_are_those_of_the_week(held, dues, pointed):
    items = [
        item(
            f"A-{number}",
            created,
            None if lasted is None else created + lasted,
            due=None if due is None else START + dt.timedelta(days=due),
            plans=tuple(sorted(plans)),
            size=None if size is None else float(size),
        )
        for number, (created, lasted, due, plans, size) in enumerate(held)
    ]
    done = [item(f"D-{number}", done=20 + number, size=2.0 if pointed else None) for number in range(16)]
    plans = [
        PlanFact(name=name, kind=PlanKind.VERSION, due=None if day is None else START + dt.timedelta(days=day))
        for name, day in zip("abc", dues, strict=True)
    ]
    found = facts([*done, *items], plans=plans)
    week = week_of(found)
    open_work = scope_of(found, week)
    rates = run_rates(open_work, [(each.days, each.size) for each in open_work.items])
    assert [plain(rate) for rate in rates] == [plain(rate) for rate in week.run_rates]
    assert len(open_work.items) == week.open
    assert len(open_work.dated) == week.dated


def plain(rate: RunRate):
    return rate.day, pytest.approx(rate.size), rate.weeks, rate.capacity, rate.plans
