"""Which items are named behind a part of pressure: those that the indicator counts, by key, at most five."""

from __future__ import annotations

import datetime as dt

import pytest

from reports.pressure.anchors import Indicator
from reports.pressure.indicators import weekly
from reports.pressure.values import Measured
from reports.services.report_items import MOST_ITEMS, TeamItems, items_behind
from surveys.i18n import translator
from surveys.importers.roadmap_model import (
    EventField,
    Moscow,
    PlanFact,
    PlanKind,
    StatusClass,
    WorkEventFact,
    WorkItemFact,
)

EN = translator("en")
MONDAY = dt.date(2026, 6, 1)
DUE = dt.date(2026, 6, 19)
PLAN = PlanFact(name="4.2", kind=PlanKind.VERSION, start=dt.date(2026, 5, 4), due=DUE)
FACT = Measured(value=1.0, numerator=1.0, denominator=1.0, day=DUE)


def at(day: int, month: int = 6) -> dt.datetime:
    return dt.datetime(2026, month, day, 12, tzinfo=dt.UTC)


def item(key: str, **facts: object) -> WorkItemFact:
    base: dict[str, object] = {
        "key": key, "team": "pay", "kind": "task", "created_at": at(6, 4), "done_at": None,
        "status_class": StatusClass.TODO,
    }  # fmt: skip
    return WorkItemFact(**(base | facts))


def done(key: str, day: int, **facts: object) -> WorkItemFact:
    return item(key, done_at=at(day), status_class=StatusClass.DONE, **facts)


def event(key: str, day: int, field: EventField, old: str | None, new: str | None) -> WorkEventFact:
    return WorkEventFact(item=key, at=at(day), field=field, old=old, new=new)


def named(indicator: str, items, events=(), measured=FACT):
    work = TeamItems(items=items, events=list(events), plans=[PLAN], zone=dt.UTC)
    return items_behind(work, Indicator(indicator), monday=MONDAY, measured=measured, tr=EN)


def pairs(found):
    return [(each.key, each.fact) for each in found.items]


def test_the_run_rate_names_what_is_due_first_and_then_what_is_largest():
    found = named(
        "R",
        [
            item("A", plans=("4.2",), size=3.0),
            item("B", due=dt.date(2026, 6, 5)),
            item("C", plans=("4.2",), size=8.0),
            item("D", due=dt.date(2026, 7, 1)),
            done("E", 2, plans=("4.2",)),
        ],
    )
    assert pairs(found)[:3] == [("B", "due 5 Jun"), ("C", "due 19 Jun, 8 points"), ("A", "due 19 Jun, 3 points")]
    assert found.count == 4  # E was open when the week began


def test_at_most_five_items_are_named_and_all_are_counted():
    found = named("R", [item(f"A{number}", plans=("4.2",)) for number in range(9)])
    assert (len(found.items), found.count) == (MOST_ITEMS, 9)


def test_the_items_of_the_run_rate_are_as_many_as_its_fact_says():
    items = [item(f"A{number}", plans=("4.2",)) for number in range(9)] + [item("B", due=dt.date(2026, 6, 5))]
    (week,) = weekly(
        [*items, *(item(f"D{day}", done_at=at(day, 5), status_class=StatusClass.DONE) for day in range(5, 25))],
        (), [PLAN], weeks=[MONDAY], zone=dt.UTC, coverage=(dt.date(2026, 1, 1), dt.date(2026, 7, 1)),
    )  # fmt: skip
    measured = week.values[Indicator.REQUIRED_RATE]
    assert isinstance(measured, Measured)
    assert named("R", items, measured=measured).count == measured.numerator


def test_churn_names_what_joined_or_left_a_running_plan_in_the_week():
    found = named(
        "C",
        [item("A", plans=("4.2",)), item("B"), item("C", plans=("4.2",))],
        [event("A", 3, EventField.PLAN, None, "4.2"), event("B", 4, EventField.PLAN, "4.2", None)],
    )
    assert pairs(found) == [("B", "taken from 4.2 on 4 Jun"), ("A", "added to 4.2 on 3 Jun")]


def test_unplanned_work_is_young_urgent_or_without_a_plan():
    found = named(
        "U",
        [
            done("Young", 4, created_at=at(2), plans=("4.2",)),
            done("Fault", 3, kind="bug", priority_rank=1, plans=("4.2",)),
            done("Loose", 2),
            done("Planned", 5, plans=("4.2",)),
        ],
    )
    assert pairs(found) == [
        ("Young", "done on 4 Jun, 2 days after it came up"),
        ("Fault", "a fault of top priority, done on 3 Jun"),
        ("Loose", "done on 2 Jun without a plan"),
    ]


def test_load_names_what_was_started_or_planned_and_a_sprint_what_was_committed():
    items = [item("A", status_class=StatusClass.DOING), item("B", plans=("4.2",))]
    events = [event("A", 2, EventField.STATUS, "todo", "doing"), event("B", 3, EventField.PLAN, None, "4.2")]
    assert pairs(named("L", items, events)) == [("A", "started on 2 Jun"), ("B", "planned on 3 Jun")]
    sprint = Measured(value=1.0, numerator=1.0, denominator=1.0, plans=("4.2",))
    assert pairs(named("L", [item("C", plans=("4.2",))], measured=sprint)) == [("C", "committed in 4.2")]


def test_volatility_names_what_changed_most_often():
    items = [item("A", due=DUE), item("B", priority_rank=1)]
    events = [
        event("A", 2, EventField.DUE, None, "2026-06-12"),
        event("A", 3, EventField.DUE, "2026-06-12", "2026-06-19"),
        event("B", 3, EventField.PRIORITY, "2", "1"),
    ]
    assert pairs(named("V", items, events)) == [
        ("A", "2 changes of day, plan or priority"),
        ("B", "1 change of day, plan or priority"),
    ]


def test_flow_names_what_is_in_work_the_longest_first():
    items = [item(key, status_class=StatusClass.DOING) for key in ("A", "B")]
    events = [event("A", 1, EventField.STATUS, "todo", "doing"), event("B", 2, EventField.STATUS, "todo", "doing")]
    late = [
        WorkEventFact(item=e.item, at=e.at - dt.timedelta(days=20), field=e.field, old=e.old, new=e.new) for e in events
    ]
    assert pairs(named("W", items, late[::-1])) == [
        ("A", "in work since 12 May 2026"),
        ("B", "in work since 13 May 2026"),
    ]
    assert named("W", items, events).count == 0  # both began after the week did


def test_top_priority_names_ranks_or_musts():
    items = [
        item("A", plans=("4.2",), priority_rank=1, moscow=Moscow.COULD),
        item("B", plans=("4.2",), priority_rank=4, moscow=Moscow.MUST),
    ]
    assert [each.key for each in named("P", items).items] == ["A"]
    musts = Measured(value=1.0, numerator=1.0, denominator=1.0, moscow=True)
    assert [each.key for each in named("P", items, measured=musts).items] == ["B"]


def test_split_attention_names_nothing_because_it_is_about_people():
    assert named("S", [item("A")]).items == ()


@pytest.mark.parametrize("indicator", [each.value for each in Indicator])
def test_a_team_without_items_has_none_to_name(indicator: str):
    assert named(indicator, []).count == 0
