"""Checks the reader of Jira's JSON against hand-made issues with the oddities real exports have."""

import datetime as dt
import gzip
import io
import json
import random

import pytest

from surveys.errors import InvalidInput
from surveys.importers.roadmap_jira import read_jira, read_jira_json
from surveys.importers.roadmap_map import RoadmapMap, TeamRule
from surveys.importers.roadmap_model import EventField, Moscow, PlanKind, Rice, StatusClass
from surveys.importers.roadmap_raw import Reading
from surveys.importers.roadmap_spool import Spool

SECRET = b"s" * 32
MAPPING = RoadmapMap(rules=(TeamRule(team="blue", project="pay"),), points_field="customfield_10023")
VERSION = {"name": "4.2", "releaseDate": "2026-03-01", "released": False}


def issue(key="PAY-1", histories=(), **fields):
    return {
        "key": key,
        "fields": {
            "project": {"key": key.partition("-")[0]},
            "summary": "A secret title",
            "issuetype": {"name": "Bug"},
            "status": {"name": "Open"},
            "priority": {"name": "Major"},
            "created": "2026-01-05T10:00:00.000+0100",
            "updated": "2026-02-01T10:00:00.000+0000",
            "resolutiondate": None,
            "fixVersions": [VERSION],
            **fields,
        },
        "changelog": {"histories": list(histories)},
    }


def history(created, *items):
    return {"created": created, "author": {"accountId": "someone"}, "items": list(items)}


def change(field, old, new):
    return {"field": field, "fromString": old, "toString": new}


def read(*issues, mapping=MAPPING, **more):
    data = json.dumps({"issues": list(issues), **more}).encode()
    return read_jira(data, source="jira.json", mapping=mapping, secret=SECRET)


def test_an_issue_becomes_an_item_without_title_and_name():
    found = read(issue(assignee={"accountId": "u1", "displayName": "Ann"}, customfield_10023=3.0, duedate="2026-02-20"))
    item = found.items[0]
    assert (item.key, item.team, item.kind, item.size, item.priority_rank) == ("PAY-1", "blue", "bug", 3.0, 3)
    assert item.created_at == dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
    assert (item.plans, item.due) == (("PAY/4.2",), dt.date(2026, 2, 20))
    for secret in ("secret", "Ann", "u1"):
        assert secret not in repr(found)


def test_the_change_log_becomes_events_of_the_neutral_fields():
    log = [
        history("2026-01-06T10:00:00.000-0500", change("status", "Open", "In Progress"), change("summary", "a", "b")),
        history("2026-01-07T10:00:00.000+0000", change("Fix Version", "4.1", None), change("Fix Version", None, "4.2")),
        history("2026-01-08T10:00:00.000+0000", change("duedate", None, "2026-02-20 00:00:00.0")),
        history(
            "2026-01-09T10:00:00.000+0000", change("Story Points", None, "3"), change("priority", "Minor", "Major")
        ),
        history("2026-01-10T10:00:00.000+0000", change("Sprint", "S1", "S1, S2")),
    ]
    found = read(issue(histories=log))
    assert [(e.field.value, e.old, e.new) for e in found.events] == [
        ("status", "todo", "doing"),
        ("plan", None, "PAY/4.2"),
        ("plan", "PAY/4.1", None),
        ("due", None, "2026-02-20"),
        ("priority", "4", "3"),
        ("size", None, "3.0"),
        ("plan", None, "S2"),
    ]
    assert found.events[0].at == dt.datetime(2026, 1, 6, 15, tzinfo=dt.UTC)
    assert found.history == frozenset(EventField)


def test_a_change_between_two_statuses_of_one_class_is_no_event():
    log = [history("2026-01-06T10:00:00.000+0000", change("status", "Resolved", "Closed"))]
    assert read(issue(histories=log)).events == ()


def test_versions_of_the_same_name_in_two_projects_are_two_plans():
    other = issue("WEB-1", fixVersions=[{"name": "4.2", "releaseDate": "2026-09-09"}])
    found = read(issue(), other)
    assert [(plan.name, plan.due) for plan in found.plans] == [
        ("PAY/4.2", dt.date(2026, 3, 1)),
        ("WEB/4.2", dt.date(2026, 9, 9)),
    ]
    assert found.unmapped == 1
    assert found.unmapped_share == 0.5


def test_a_version_without_a_date_is_known_undated_and_remarked():
    found = read(issue(fixVersions=[{"name": "FutureRelease"}]))
    assert found.plans[0].due is None
    assert "FutureRelease" in str(found.problems[0])


def test_the_resolution_date_is_when_an_item_was_done():
    log = [history("2026-01-20T10:00:00.000+0000", change("status", "Open", "Closed"))]
    done = issue(histories=log, status={"name": "Closed"}, resolutiondate="2026-01-19T10:00:00.000+0000")
    assert read(done).items[0].done_at == dt.datetime(2026, 1, 19, 10, tzinfo=dt.UTC)


def test_a_done_item_without_a_resolution_is_done_at_its_last_change_of_status():
    log = [history("2026-01-20T10:00:00.000+0000", change("status", "Open", "Closed"))]
    found = read(issue(histories=log, status={"name": "Closed"}))
    assert found.items[0].done_at == dt.datetime(2026, 1, 20, 10, tzinfo=dt.UTC)


def test_a_resolved_item_of_an_open_status_counts_as_done_with_a_remark():
    found = read(issue(resolutiondate="2026-01-19T10:00:00.000+0000"))
    assert found.items[0].status_class is StatusClass.DONE
    assert any("counts as done" in str(problem) for problem in found.problems)


def test_an_unknown_status_is_to_do_with_a_remark_unless_the_site_names_its_category():
    assert "Volunteer Needed" in str(read(issue(status={"name": "Volunteer Needed"})).problems)
    status = {"name": "Bakery", "statusCategory": {"key": "indeterminate"}}
    assert read(issue(status=status)).items[0].status_class is StatusClass.DOING


def test_the_points_field_is_found_by_the_name_the_export_gives_it():
    found = read(issue(customfield_7=5), mapping=RoadmapMap(), names={"customfield_7": "Story point estimate"})
    assert found.items[0].size == 5.0


def test_sprints_are_found_by_their_shape_in_both_forms():
    new = {"id": 1, "name": "S1", "state": "active", "startDate": "2026-01-05T08:00:00Z", "endDate": "2026-01-18"}
    inside = "id=2,name=S2,state=CLOSED,startDate=2026-01-19T08:00:00Z,endDate=2026-02-01T08:00:00Z,completeDate=<null>"
    old = f"com.atlassian.greenhopper.service.sprint.Sprint@1f[{inside}]"
    plans = {plan.name: plan for plan in read(issue(customfield_9=[new, old])).plans}
    assert plans["S1"].kind is PlanKind.SPRINT
    assert (plans["S1"].start, plans["S1"].due) == (dt.date(2026, 1, 5), dt.date(2026, 1, 18))
    assert (plans["S2"].start, plans["S2"].due, plans["S2"].done_at) == (
        dt.date(2026, 1, 19),
        dt.date(2026, 2, 1),
        None,
    )


def test_invalid_utf_8_is_replaced_with_a_remark():
    data = json.dumps({"issues": [issue(labels=["caf~"])]}).encode().replace(b"~", b"\xe9")
    found = read_jira(data, source="jira.json", mapping=MAPPING, secret=SECRET)
    assert len(found.items) == 1
    assert any("UTF-8" in str(problem) for problem in found.problems)


def test_an_issue_on_two_pages_counts_once_as_last_updated():
    newer = issue(updated="2026-02-02T10:00:00.000+0000", priority={"name": "Blocker"})
    for issues in ((issue(), newer), (newer, issue())):
        found = read(*issues)
        assert [item.priority_rank for item in found.items] == [1]
        assert "comes twice" in str(found.problems)


@pytest.mark.parametrize("shape", [lambda i: i, lambda i: [{"issues": i[:1]}, {"issues": i[1:]}]])
def test_lists_of_issues_and_of_pages_gzip_or_plain_are_the_same(shape):
    issues = [issue(), issue("PAY-2")]
    for pack in (gzip.compress, bytes):
        data = pack(json.dumps(shape(issues)).encode())
        assert read_jira(data, source="jira.json", mapping=MAPPING, secret=SECRET) == read(*issues)


def test_issues_without_key_or_creation_are_all_named_and_nothing_is_read():
    with pytest.raises(InvalidInput) as refused:
        read(issue(), issue("", summary=""), issue("PAY-3", created="never"))
    assert [str(problem.reason) for problem in refused.value.problems] == [
        "Issue number 2 has no key.",
        "PAY-3: the time of creation is never.",
    ]


@pytest.mark.parametrize("data", [b"", b"[", b"{}", b"[]", b'{"issues": []}', b"3", b"\x1f\x8b"])
def test_what_holds_no_issues_is_refused(data):
    with pytest.raises(InvalidInput):
        read_jira(data, source="jira.json", mapping=MAPPING, secret=SECRET)


def test_the_order_of_issues_changes_nothing():
    log = [history("2026-01-06T10:00:00.000+0000", change("status", "Open", "In Progress"))]
    issues = [issue(f"PAY-{n}", histories=log) for n in range(6)]
    first = read(*issues)
    random.Random(3).shuffle(issues)
    assert read(*issues) == first


def test_another_secret_gives_other_hashes():
    data = json.dumps({"issues": [issue(assignee={"accountId": "u1"})]}).encode()
    hashes = {
        read_jira(data, source="j", mapping=MAPPING, secret=secret).items[0].assignee_hash
        for secret in (b"a" * 32, b"b" * 32)
    }
    assert len(hashes) == 2


def raw_of(content, **facts):
    reading = Reading(**({"source": "jira.json", "secret": SECRET} | facts))
    return list(read_jira_json(io.BytesIO(json.dumps(content).encode()), reading=reading).items())


def test_names_of_fields_may_follow_after_the_issues():
    log = [history("2026-01-09T10:00:00.000+0000", {"field": "Umfang", "fieldId": "customfield_7", "toString": "3"})]
    content = {"issues": [issue(customfield_7=3.0, histories=log)], "names": {"customfield_7": "Umfang"}}
    for size_field in ("Umfang", "customfield_7"):
        (found,) = raw_of(content, size_field=size_field)
        assert found.size == 3.0
        assert [(c.field, c.old, c.new) for c in found.changes] == [(EventField.SIZE, None, "3.0")]
    assert raw_of(content)[0].size is None


def test_moscow_and_rice_are_read_by_the_names_of_their_fields():
    fields = {"customfield_1": {"value": "Must have"}, "customfield_2": 400, "customfield_3": 80, "customfield_4": 2.0}
    names = {
        "customfield_1": "MoSCoW",
        "customfield_2": "Reach",
        "customfield_3": "Confidence",
        "customfield_4": "Cost",
    }
    (found,) = raw_of({"issues": [issue(**fields)], "names": names}, rice_fields={"effort": "Cost"})
    assert found.moscow is Moscow.MUST
    assert found.rice == Rice(reach=400.0, confidence=0.8, effort=2.0)


def test_a_map_may_say_that_priorities_are_moscow_words():
    words = {"major": Moscow.SHOULD}
    (found,) = raw_of({"issues": [issue()]}, moscow_field="priority", moscow_words=words)
    assert found.moscow is Moscow.SHOULD


def test_the_parent_is_the_parent_issue_or_the_epic():
    epic = {"issues": [issue(customfield_5="PAY-77")], "names": {"customfield_5": "Epic Link"}}
    assert raw_of(epic)[0].parent == "PAY-77"
    assert raw_of({"issues": [issue(parent={"key": "PAY-9"})]})[0].parent == "PAY-9"


def test_no_text_of_a_field_of_a_site_is_kept(monkeypatch):
    kept = []
    monkeypatch.setattr(Spool, "add", lambda _self, key, _at, draft: kept.append((key, draft)) or False)
    people = {"accountId": "u1", "displayName": "Ann"}
    told = issue(customfield_8="Ann wants a secret", customfield_9=people, description="secret", assignee=people)
    log = [history("2026-01-06T10:00:00.000+0000", change("description", "secret", "more secret"))]
    raw_of({"issues": [told | {"changelog": {"histories": log}}]})
    assert kept
    for word in ("secret", "Ann", "u1"):
        assert word not in repr(kept)


def test_offsets_are_kept():
    log = [history("2026-01-06T10:00:00.000-0500", change("status", "Open", "In Progress"))]
    (found,) = raw_of({"issues": [issue(histories=log)]})
    assert (found.offset, found.changes[0].offset) == (60, -300)


def test_a_comma_in_the_name_of_a_sprint_parts_nothing_whatever_the_order_of_the_issues():
    sprint = {"name": "Pay, part 2", "state": "active"}
    entry = {"field": "Sprint", "from": "7", "fromString": "Web 7", "to": "7, 9", "toString": "Web 7, Pay, part 2"}
    issues = [
        issue(histories=[history("2026-01-10T10:00:00.000+0000", entry)]),
        issue("PAY-2", customfield_10020=[sprint]),
    ]
    for order in (issues, issues[::-1]):
        found = read(*order)
        assert [(e.field.value, e.old, e.new) for e in found.events] == [("plan", None, "Pay, part 2")]


def test_entries_of_the_change_log_without_a_readable_time_are_counted():
    log = [history(at, change("status", "Open", "In Progress")) for at in ("", "soon", "2026-01-06T10:00:00.000+0000")]
    found = read(issue(histories=log))
    assert len(found.events) == 1
    assert "jira.json: Changes without a readable time were left out: 2." in list(map(str, found.problems))
