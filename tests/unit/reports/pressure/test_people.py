"""Split attention is a mean over at least four people, and people are counted by source without their hashes."""

import datetime as dt

from reports.pressure.anchors import Indicator
from reports.pressure.indicators import TeamFacts, TeamHistory, weekly
from reports.pressure.values import Gap, Measured, Missing
from surveys.importers.roadmap_model import EventField, StatusClass, WorkEventFact, WorkItemFact

WEEK = dt.date(2026, 6, 1)
COVERED = (dt.date(2025, 6, 2), dt.date(2026, 12, 31))


def doing(key, person, **more):
    """An item that has been in work for three weeks."""
    return WorkItemFact(
        key=key,
        team="blue",
        kind="story",
        created_at=dt.datetime(2026, 5, 11, tzinfo=dt.UTC),
        done_at=None,
        status_class=StatusClass.DOING,
        assignee_hash=person,
        **more,
    )


def split(items, *, is_on=True, forgotten=()):
    facts = TeamFacts(
        items=items, events=(), plans=(), zone=dt.UTC, coverage=COVERED, split=is_on, forgotten=frozenset(forgotten)
    )
    return TeamHistory(facts).weeks([WEEK])[0].indicators.values[Indicator.SPLIT]


def test_split_attention_is_the_mean_number_of_areas_of_each_active_person():
    items = [doing(f"PAY-{n}", person, parent="PAY-100") for n, person in enumerate("abcd")]
    items += [doing("PAY-7", "a", parent="PAY-200"), doing("WEB-8", "a"), doing("WEB-9", "b", areas=("api", "login"))]
    assert split(items) == Measured(value=(3 + 3 + 1 + 1) / 4, numerator=8, denominator=4)


def test_an_item_without_epic_and_component_counts_for_its_project():
    items = [doing(f"{project}-{n}", person) for n, person in enumerate("abcd") for project in ("PAY", "WEB")]
    items += [doing("owner/tool#7", "a")]
    assert split(items).numerator == 9


def test_under_four_active_people_there_is_no_split_attention():
    assert split([doing(f"A-{n}", person) for n, person in enumerate("abc")]) == Missing(Gap.TOO_FEW_ACTIVE)


def test_split_attention_is_missing_where_nobody_is_named_or_people_were_deleted():
    items = [doing(f"A-{n}", person) for n, person in enumerate("abcd")]
    assert split([doing("A-1", None)]) == Missing(Gap.NO_ASSIGNEES)
    assert split([*items, doing("A-9", None)], forgotten={"A-9"}) == Missing(Gap.PEOPLE_FORGOTTEN)


def test_split_attention_is_not_computed_unless_it_is_switched_on():
    items = [doing(f"A-{n}", person) for n, person in enumerate("abcd")]
    assert split(items, is_on=False) == Missing(Gap.SWITCHED_OFF)


def test_people_are_counted_by_source_and_together():
    items = [doing("one:A", "a"), doing("one:B", "b"), doing("two:A", "b"), doing("two:B", "c"), doing("two:C", None)]
    facts = TeamFacts(
        items=items,
        events=(),
        plans=(),
        zone=dt.UTC,
        coverage=COVERED,
        origins={item.key: item.key[:3] for item in items},
        forgotten=frozenset({"two:C"}),
    )
    people = TeamHistory(facts).weeks([WEEK])[0].people
    assert (people.together, people.by_source) == (3, {"one": 2, "two": 2})
    assert people.forgotten == {"two"}


def test_changes_of_one_instant_in_several_fields_have_one_order():
    """A field does not decide by the accident of a hash which of its changes comes first."""
    at = dt.datetime(2026, 6, 3, tzinfo=dt.UTC)
    item = WorkItemFact(
        key="A",
        team="blue",
        kind="story",
        created_at=dt.datetime(2026, 5, 11, tzinfo=dt.UTC),
        done_at=at,
        status_class=StatusClass.DONE,
    )
    events = [
        WorkEventFact(item="A", at=at, field=EventField.STATUS, old="doing", new="done"),
        WorkEventFact(item="A", at=at, field=EventField.PLAN, old="4.2", new=None),
    ]
    found = [
        weekly([item], rows, [], weeks=[WEEK], zone=dt.UTC, coverage=COVERED)[0] for rows in (events, events[::-1])
    ]
    assert found[0] == found[1]
    assert found[0].values[Indicator.VOLATILITY].numerator == 1
