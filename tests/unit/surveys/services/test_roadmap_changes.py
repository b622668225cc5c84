"""Checks from which instant on two versions of an item, and from which day on two versions of a plan, differ."""

import datetime as dt
from dataclasses import replace

import pytest

from surveys.importers.roadmap_model import EventField, PlanFact, PlanKind, StatusClass, WorkEventFact, WorkItemFact
from surveys.services.roadmap_changes import Touched, changes_all_of_a_plan, first_change, first_taken

AT = dt.datetime(2026, 3, 2, 23, 30, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ITEM = WorkItemFact(
    key="A-1",
    team="blue",
    kind="story",
    created_at=AT,
    done_at=None,
    status_class=StatusClass.DOING,
    priority_rank=3,
    size=2.0,
    plans=("4.1",),
)


def event(days, field, old, new):
    return WorkEventFact(item="A-1", at=AT + days * DAY, field=field, old=old, new=new)


PAST = (event(2, EventField.STATUS, "todo", "doing"),)


def test_equal_versions_and_another_assignee_differ_nowhere():
    assert first_change((ITEM, PAST), (replace(ITEM, assignee_hash="f"), PAST)) is None


@pytest.mark.parametrize(
    ("fields", "new_events"),
    [
        ({"priority_rank": 1}, (event(5, EventField.PRIORITY, "3", "1"),)),
        ({"size": 5.0}, (event(5, EventField.SIZE, "2.0", "5.0"),)),
        ({"due": dt.date(2026, 5, 1)}, (event(5, EventField.DUE, None, "2026-05-01"),)),
        ({"plans": ("4.2",)}, (event(5, EventField.PLAN, None, "4.2"), event(5, EventField.PLAN, "4.1", None))),
        ({"done_at": AT + 5 * DAY, "status_class": StatusClass.DONE}, (event(5, EventField.STATUS, "doing", "done"),)),
    ],
)
def test_a_value_that_a_new_change_explains_differs_from_that_change_on(fields, new_events):
    assert first_change((ITEM, PAST), (replace(ITEM, **fields), (*PAST, *new_events))) == AT + 5 * DAY


@pytest.mark.parametrize(
    "fields",
    [{"priority_rank": 1}, {"size": None}, {"plans": ()}, {"kind": "bug"}, {"areas": ("x",)}, {"parent": "A-9"}],
)
def test_a_value_that_no_change_explains_differs_from_the_beginning(fields):
    assert first_change((ITEM, PAST), (replace(ITEM, **fields), PAST)) == AT


def test_another_creation_differs_from_the_earlier_of_both():
    assert first_change((ITEM, PAST), (replace(ITEM, created_at=AT - DAY), PAST)) == AT - DAY


def test_an_end_without_history_differs_from_the_end():
    done = replace(ITEM, done_at=AT + 9 * DAY, status_class=StatusClass.DONE)
    assert first_change((ITEM, PAST), (done, PAST)) == AT + 9 * DAY
    assert first_change((done, PAST), (replace(done, done_at=AT + 4 * DAY), PAST)) == AT + 4 * DAY


def test_a_change_that_is_gone_or_moved_differs_from_the_earlier_of_both():
    assert first_change((ITEM, PAST), (replace(ITEM, status_class=StatusClass.TODO), ())) == AT + 2 * DAY
    moved = (event(1, EventField.STATUS, "todo", "doing"),)
    assert first_change((ITEM, PAST), (ITEM, moved)) == AT + DAY


PLAN = PlanFact(
    name="4.1", kind=PlanKind.VERSION, due=dt.date(2026, 4, 1), dates_seen=((dt.date(2026, 3, 1), dt.date(2026, 4, 1)),)
)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (PLAN, PLAN, False),
        (None, PLAN, True),
        (PLAN, replace(PLAN, start=dt.date(2026, 3, 1)), True),
        (PLAN, replace(PLAN, kind=PlanKind.RELEASE), True),
        (PLAN, replace(PLAN, dates_seen=()), True),
        (PLAN, replace(PLAN, dates_seen=((dt.date(2026, 2, 1), dt.date(2026, 4, 1)), *PLAN.dates_seen)), True),
        (PLAN, replace(PLAN, dates_seen=(*PLAN.dates_seen, (dt.date(2026, 3, 9), dt.date(2026, 5, 1)))), False),
        (PLAN, replace(PLAN, done_at=dt.date(2026, 4, 1)), False),
        (replace(PLAN, kind=PlanKind.SPRINT), replace(PLAN, kind=PlanKind.SPRINT, done_at=dt.date(2026, 4, 1)), True),
    ],
)
def test_what_changes_a_plan_from_its_beginning_on(old, new, expected):
    assert changes_all_of_a_plan(old, new) is expected


def test_the_first_touched_day_is_that_of_the_team_s_zone_and_only_gets_earlier():
    touched = Touched({"blue": "Europe/Madrid"}, {"red": "2026-05-01"})
    touched.add("blue", AT)
    touched.add("blue", AT + DAY)
    touched.add_all(("red",), dt.date(2026, 6, 1))
    touched.add(None, AT)
    assert touched.document() == {"blue": "2026-03-03", "red": "2026-05-01"}


STOP = event(5, EventField.STATUS, "doing", "todo")


@pytest.mark.parametrize(
    ("old", "new", "taken"),
    [
        ((ITEM, PAST), (replace(ITEM, kind="bug", areas=("x",), plans=(), due=dt.date(2026, 5, 1)), PAST), None),
        ((ITEM, PAST), (ITEM, (*PAST, STOP)), (AT + 5 * DAY, True)),
        ((ITEM, (*PAST, STOP)), (ITEM, PAST), (AT + 5 * DAY, False)),
        ((ITEM, PAST), (ITEM, (event(3, EventField.STATUS, "todo", "doing"),)), (AT + 2 * DAY, False)),
        ((ITEM, PAST), (replace(ITEM, created_at=AT + DAY), PAST), (AT, False)),
        ((ITEM, ()), (replace(ITEM, status_class=StatusClass.TODO), ()), (AT, False)),
        ((ITEM, PAST), (replace(ITEM, done_at=AT + 6 * DAY), PAST), (AT + 6 * DAY, True)),
        ((replace(ITEM, done_at=AT + 6 * DAY), PAST), (ITEM, PAST), (AT + 6 * DAY, False)),
        ((replace(ITEM, done_at=AT + 5 * DAY), (*PAST, STOP)), (ITEM, (*PAST, STOP)), None),
    ],
)
def test_only_a_change_that_could_take_an_item_out_of_a_week_is_told_and_an_addition_keeps_its_week(old, new, taken):
    assert first_taken(old, new) == taken


def test_the_weeks_that_may_have_lost_an_item_begin_on_a_monday_and_after_an_addition_a_week_later():
    days = Touched({"blue": "Europe/Madrid", "red": "UTC"})
    days.add_taken("blue", (dt.datetime(2026, 3, 5, 12, tzinfo=dt.UTC), False))
    days.add_taken("red", (dt.datetime(2026, 3, 5, 12, tzinfo=dt.UTC), True))
    days.add_taken("red", None)
    assert days.document() == {"blue": "2026-03-02", "red": "2026-03-09"}
