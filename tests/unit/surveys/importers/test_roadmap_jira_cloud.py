"""Jira Cloud is asked for little, in a fixed order, and its answers become what the reader of its files knows."""

from __future__ import annotations

import datetime as dt
import json
from zoneinfo import ZoneInfo

import pytest

from surveys.errors import Refused
from surveys.importers.roadmap_jira_cloud import (
    BASE_FIELDS,
    SiteFields,
    board_sprints,
    issues_page,
    people_jql,
    project_versions,
    search_jql,
    site_fields,
    sprint_boards,
)
from surveys.importers.roadmap_model import PlanFact, PlanKind
from tests.support.fake_jira import FIELDS


def test_the_query_names_projects_and_a_day_and_nothing_else() -> None:
    assert search_jql(["PAY"]) == 'project in ("PAY") ORDER BY created ASC, key ASC'
    assert search_jql(["PAY", "WEB"], since=dt.date(2026, 5, 1)) == (
        'project in ("PAY", "WEB") AND updated >= "2026-05-01" ORDER BY created ASC, key ASC'
    )
    assert "updated >= -70d" in people_jql(["PAY"], days=70)


def test_a_day_of_a_sprint_is_that_of_the_zone_and_not_of_greenwich() -> None:
    sprint = {
        "name": "Pay 5",
        "startDate": "2026-05-03T22:00:00.000Z",
        "endDate": "2026-05-17T21:59:00.000Z",
        "completeDate": "2026-05-18",
    }
    (madrid,) = board_sprints({"values": [sprint]}, zone=ZoneInfo("Europe/Madrid"))
    assert (madrid.start, madrid.due, madrid.done_at) == (
        dt.date(2026, 5, 4),
        dt.date(2026, 5, 17),
        dt.date(2026, 5, 18),
    )
    (utc,) = board_sprints({"values": [sprint]}, zone=dt.UTC)
    assert utc.start == dt.date(2026, 5, 3)


@pytest.mark.parametrize("created", [10**400, float("inf"), -(10**30)])
def test_a_time_that_is_none_is_no_time(created: float) -> None:
    log = {"issueId": "1", "changeHistories": [{"id": "9", "created": created, "items": []}]}
    page = json.loads(issues_page([{"id": "1", "key": "PAY-1", "fields": {}}], [log], SiteFields(names={})))
    assert page["issues"][0]["changelog"]["histories"][0]["created"] == ""


@pytest.mark.parametrize("key", ["PAY\n", 'PAY") OR project in ("HR', "", "1A", "PAY-1", "a b"])
def test_what_is_no_key_of_a_project_never_becomes_part_of_a_query(key: str) -> None:
    with pytest.raises(Refused, match="is none"):
        search_jql([key])


def test_the_fields_of_a_site_are_found_in_any_language() -> None:
    found = site_fields(FIELDS)
    assert (found.sprint, found.points) == (("customfield_10020",), ("customfield_10016",))
    assert found.names["customfield_10016"] == "Story Points"
    assert found.others == ("customfield_10050",)
    assert len(found.logged) <= 10


def test_a_map_may_name_the_field_of_points_by_name_or_number() -> None:
    fields = [{"id": "customfield_1", "name": "Effort T"}, {"id": "customfield_2", "name": "Story Points"}]
    assert site_fields(fields, size_field="effort t").points == ("customfield_1",)
    assert site_fields(fields, size_field="customfield_1").points == ("customfield_1",)


def test_titles_and_texts_are_never_asked_for() -> None:
    asked = set(site_fields(FIELDS, wanted=["summary"]).asked) | set(BASE_FIELDS)
    assert not asked & {"summary", "description", "comment", "reporter", "creator", "attachment", "*all"}


@pytest.mark.parametrize("written", [1_778_050_800_000, "1778050800000", 1_778_050_800, "2026-05-06T09:00:00.000+0200"])
def test_times_of_the_change_log_are_read_in_every_form(written: object) -> None:
    log = {"issueId": "1", "changeHistories": [{"id": "9", "created": written, "items": []}]}
    page = json.loads(issues_page([{"id": "1", "key": "A-1", "fields": {}}], [log], SiteFields(names={})))
    (history,) = page["issues"][0]["changelog"]["histories"]
    assert dt.datetime.fromisoformat(history["created"]) == dt.datetime(2026, 5, 6, 7, tzinfo=dt.UTC)


def test_changes_are_named_by_number_and_counted_once_and_nobody_is_named() -> None:
    item = {"field": "Estado", "fieldId": "status", "fromString": "a", "toString": "b"}
    history = {"id": "9", "created": "2026-05-06T09:00:00Z", "author": {"displayName": "Ana"}, "items": [item]}
    logs = [{"issueId": "1", "changeHistories": [history]}, {"issueId": "1", "changeHistories": [history]}]
    text = issues_page([{"id": "1", "key": "A-1", "fields": {}}], logs, SiteFields(names={})).decode()
    (found,) = json.loads(text)["issues"][0]["changelog"]["histories"]
    assert found["items"][0]["field"] == "status"
    assert "Ana" not in text


def test_versions_and_boards() -> None:
    day = dt.date(2026, 6, 30)
    answer = [{"name": "2.0", "releaseDate": "2026-06-30", "released": True}, {"name": ""}]
    assert project_versions("PAY", answer) == (PlanFact(name="PAY/2.0", kind=PlanKind.VERSION, due=day, done_at=day),)
    boards = {"values": [{"id": 1, "type": "scrum"}, {"id": 2, "type": "kanban"}, {"id": 3, "type": "simple"}]}
    assert list(sprint_boards(boards)) == ["1", "3"]
