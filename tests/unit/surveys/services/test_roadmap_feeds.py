"""Checks which indicators a source is said to feed, and that the stored account says the same in sentences."""

import datetime as dt
import json

import pytest

from surveys.importers.roadmap_model import (
    EventField,
    Moscow,
    PlanFact,
    PlanKind,
    SourceKind,
    StatusClass,
    WorkItemFact,
)
from surveys.models.roadmap import RoadmapSource
from surveys.services.roadmap_feeds import Contents, FeedState, feeds, feeds_from, feeds_of

AT = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
ALL = frozenset(EventField)


def contents(*, plans=(), **facts):
    found = Contents()
    for rank in (1, 2):
        fields = {"status_class": StatusClass.DONE, "done_at": AT, "priority_rank": rank, "areas": ("api",)} | facts
        found.add(WorkItemFact(**({"key": "A", "team": "blue", "kind": "story", "created_at": AT} | fields)))
    found.add_plans(plans)
    return found


def told(found, *, kind=SourceKind.JIRA_JSON, history=ALL, names_people=True):
    coded = feeds_from(found, kind=kind, history=history, names_people=names_people)
    return {feed.indicator: feed for feed in feeds(coded)}


RELEASE = PlanFact(name="4.2", kind=PlanKind.VERSION, due=dt.date(2026, 5, 1))
SPRINT = PlanFact(name="S1", kind=PlanKind.SPRINT, start=dt.date(2026, 3, 2), due=dt.date(2026, 3, 13))


def test_a_full_source_feeds_all_eight():
    found = told(contents(plans=(RELEASE,), due=AT.date()))
    assert list(found) == ["R", "L", "C", "U", "V", "W", "P", "S"]
    assert {feed.state for feed in found.values()} == {FeedState.FED}


@pytest.mark.parametrize(
    ("found", "more", "missing", "partly"),
    [
        (contents(), {}, {"R", "C"}, set()),
        (contents(plans=(RELEASE,)), {}, set(), {"R"}),
        (contents(due=AT.date()), {"history": frozenset()}, {"C", "V", "W"}, {"L"}),
        (contents(due=AT.date(), plans=(SPRINT,)), {"history": frozenset()}, {"C", "V", "W"}, set()),
        (contents(due=AT.date()), {"history": frozenset({EventField.STATUS, EventField.DUE})}, {"C"}, {"V"}),
        (contents(due=AT.date(), priority_rank=None), {}, {"P"}, set()),
        (contents(due=AT.date(), priority_rank=None, moscow=Moscow.MUST), {}, set(), set()),
        (contents(due=AT.date(), done_at=None, status_class=StatusClass.TODO), {}, {"U"}, set()),
        (contents(due=AT.date(), areas=()), {}, {"S"}, set()),
        (contents(due=AT.date()), {"names_people": False}, {"S"}, set()),
    ],
)
def test_what_is_missing_is_named(found, more, missing, partly):
    by_state = told(found, **more)
    assert {code for code, feed in by_state.items() if feed.state is FeedState.MISSING} == missing
    assert {code for code, feed in by_state.items() if feed.state is FeedState.PARTLY} == partly


def test_the_remedy_is_one_that_the_tool_has():
    remedies = {
        kind: str(told(contents(due=AT.date()), kind=kind, history=frozenset())["C"].remedy)
        for kind in (SourceKind.JIRA_CSV, SourceKind.CSV, SourceKind.GITHUB_JSON, SourceKind.LINEAR_CSV)
    }
    assert "change log" in remedies[SourceKind.JIRA_CSV]
    assert "second file" in remedies[SourceKind.CSV]
    assert "connection to GitHub" in remedies[SourceKind.GITHUB_JSON]
    assert "our own template" in remedies[SourceKind.LINEAR_CSV]


def test_what_is_stored_says_the_same_and_an_old_account_says_nothing():
    coded = feeds_from(contents(plans=(RELEASE,)), kind=SourceKind.CSV, history=frozenset(), names_people=True)
    stored = json.loads(json.dumps({"feeds": [list(feed) for feed in coded]}))
    assert feeds_of(RoadmapSource(name="x", account=stored)) == feeds(coded)
    assert feeds_of(RoadmapSource(name="x", account={"items": 3})) == ()
