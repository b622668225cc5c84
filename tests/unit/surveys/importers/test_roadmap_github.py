"""Files of GitHub: its command line, its REST interface, GraphQL and archives give the same raw items."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
from collections import Counter
from pathlib import Path

import pytest

from surveys.errors import InvalidInput
from surveys.importers import roadmap_documents, roadmap_remarks
from surveys.importers.roadmap_github import read_github
from surveys.importers.roadmap_github_items import item_of
from surveys.importers.roadmap_model import EventField, PlanKind, hash_person
from surveys.importers.roadmap_raw import RawFile, RawItem, Reading

SECRET = b"s" * 32
READING = Reading(source="issues.json", secret=SECRET)
URL = "https://github.com/acme/pay/issues/{}"

COMMAND_LINE = {
    "number": 7, "state": "OPEN", "createdAt": "2026-03-02T09:00:00Z", "updatedAt": "2026-03-05T10:00:00Z",
    "closedAt": None, "url": URL.format(7), "title": "Secret title", "body": "Secret text",
    "labels": [{"name": "priority: high"}, {"name": "size: 5"}, {"name": "backend"}],
    "assignees": [{"id": "MDQ6", "login": "ana", "name": "Ana Ruiz"}],
    "milestone": {"number": 1, "title": "1.0", "description": "", "dueOn": "2026-04-01T07:00:00Z"},
}  # fmt: skip
REST = {
    "number": 7, "state": "open", "created_at": "2026-03-02T09:00:00Z", "updated_at": "2026-03-05T10:00:00Z",
    "closed_at": None, "repository_url": "https://api.github.com/repos/acme/pay", "title": "Secret title",
    "events_url": "https://api.github.com/repos/acme/pay/issues/7/events", "url": "https://api.github.com/x",
    "labels": [{"name": "backend"}, {"name": "size: 5"}, {"name": "priority: high"}],
    "assignee": {"login": "ana"}, "assignees": [{"login": "ana"}], "user": {"login": "eva"},
    "milestone": {"title": "1.0", "due_on": "2026-04-01T07:00:00Z", "state": "open", "closed_at": None},
}  # fmt: skip
PULL = {**REST, "number": 8, "assignee": None, "assignees": [], "draft": False, "pull_request": {"url": "x"}}


def read(*parts: object, reading: Reading = READING) -> RawFile:
    return read_github(io.BytesIO("\n".join(json.dumps(part) for part in parts).encode()), reading=reading)


def items(*parts: object) -> dict[str, RawItem]:
    return {item.key: item for item in read(*parts).items()}


def faults(*parts: object) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read(*parts)
    return [str(problem) for problem in caught.value.problems]


def test_the_command_line_and_the_rest_interface_give_the_same_item() -> None:
    (by_command,), (by_rest,) = read([COMMAND_LINE]).items(), read([REST]).items()
    assert by_command == by_rest
    assert by_command.key == "acme/pay#7"
    assert (by_command.priority, by_command.size, by_command.kind, by_command.status) == ("high", 5.0, "issue", "open")
    assert by_command.plans == ("acme/pay/1.0",)
    assert by_command.places.project == "acme/pay"
    assert by_command.places.labels == ("backend", "priority: high", "size: 5")
    assert by_command.assignee_hash == hash_person(SECRET, "ana")
    assert by_command.offset == 0


def test_graphql_and_an_archive_give_it_too() -> None:
    bare = {key: value for key, value in COMMAND_LINE.items() if key != "url"}
    graph = {**bare, "labels": {"nodes": bare["labels"]}, "assignees": {"edges": [{"node": {"login": "ana"}}]}}
    answer = {"data": {"repository": {"nameWithOwner": "acme/pay", "issues": {"nodes": [graph]}}}}
    archive = {"repositories": [{"repo": "acme/pay", "issues": [{**bare, "assignees": ["ana"]}]}]}
    assert items(answer) == items([COMMAND_LINE]) == items(archive)


def test_pages_may_follow_one_another_or_lie_in_a_list_and_a_repeat_counts_once() -> None:
    later = {**REST, "updated_at": "2026-03-09T10:00:00Z", "state": "closed", "closed_at": "2026-03-09T10:00:00Z"}
    found = read([REST, PULL], [later])
    assert [item.key for item in found.items()] == ["acme/pay#7", "acme/pay#8"]
    assert items([REST, PULL], [later]) == items([[later], [PULL, REST]])
    assert items([later, PULL])["acme/pay#7"].done_at == dt.datetime(2026, 3, 9, 10, tzinfo=dt.UTC)
    assert [str(problem.reason) for problem in found.problems] == [
        "Issue acme/pay#7 comes twice; the one updated last counts."
    ]


def test_a_pull_request_among_the_issues_is_begun_work_of_its_author() -> None:
    pull = items([PULL])["acme/pay#8"]
    assert (pull.kind, pull.status, pull.started_at) == ("pull request", "open pull request", pull.created_at)
    assert pull.assignee_hash == hash_person(SECRET, "eva")
    assert read([PULL]).categories[pull.status] == "doing"
    merged = items([{**PULL, "state": "MERGED", "mergedAt": "2026-03-04T10:00:00Z"}])["acme/pay#8"]
    assert (merged.status, merged.done_at) == ("closed", dt.datetime(2026, 3, 4, 10, tzinfo=dt.UTC))
    assert items([{**PULL, "draft": True}])["acme/pay#8"].status == "draft pull request"


def test_no_title_text_or_name_gets_through() -> None:
    shown = repr(read([COMMAND_LINE, PULL]).plans) + repr(items([COMMAND_LINE, PULL]))
    assert not any(word in shown for word in ("Secret", "Ana", "'ana'", "'eva'"))


TIMELINE = [
    {"id": 1, "event": "milestoned", "created_at": "2026-03-02T10:00:00Z", "milestone": {"title": "0.9"}},
    {"id": 2, "event": "demilestoned", "created_at": "2026-03-03T10:00:00Z", "milestone": {"title": "0.9"}},
    {"id": 3, "event": "milestoned", "created_at": "2026-03-03T10:00:00Z", "milestone": {"title": "1.0"}},
    {"id": 4, "event": "labeled", "created_at": "2026-03-02T09:30:00Z", "label": {"name": "priority: low"}},
    {"id": 5, "event": "labeled", "created_at": "2026-03-04T09:30:00Z", "label": {"name": "priority: high"}},
    {"id": 6, "event": "unlabeled", "created_at": "2026-03-04T09:30:00Z", "label": {"name": "priority: low"}},
    {"id": 7, "event": "labeled", "created_at": "2026-03-04T11:00:00Z", "label": {"name": "status: in progress"}},
    {"id": 8, "event": "closed", "created_at": "2026-03-05T09:00:00Z"},
    {"id": 9, "event": "reopened", "created_at": "2026-03-05T10:00:00Z"},
    {"id": 10, "event": "assigned", "created_at": "2026-03-04T10:00:00Z", "assignee": {"login": "ana"}},
    {"id": 11, "event": "subscribed", "created_at": "2026-03-04T10:00:00Z"},
]  # fmt: skip


def told(item: RawItem) -> list[tuple[str, str | None, str | None]]:
    return [(change.field.value, change.old, change.new) for change in item.changes]


def test_a_timeline_becomes_changes_whatever_its_order_and_repeats() -> None:
    who = hash_person(SECRET, "ana")
    expected = [
        ("priority", None, "low"), ("plan", None, "acme/pay/0.9"),
        ("plan", "acme/pay/0.9", None), ("plan", None, "acme/pay/1.0"),
        ("priority", "low", "high"), ("assignee", None, who), ("status", "open", "in progress"),
        ("status", "in progress", "closed"), ("status", "closed", "open"),
    ]  # fmt: skip
    found = read([{**REST, "timeline": [*TIMELINE[::-1], *TIMELINE[:3]]}])
    assert told(next(iter(found.items()))) == expected
    assert EventField.PLAN in found.history
    assert EventField.DUE not in found.history
    assert read([REST]).history == frozenset()
    graph = {"__typename": "MilestonedEvent", "createdAt": "2026-03-02T10:00:00Z", "milestoneTitle": "0.9"}
    by_graph = items([{**REST, "timelineItems": {"nodes": [graph]}}])["acme/pay#7"]
    assert told(by_graph) == [("plan", None, "acme/pay/0.9")]


def test_events_of_a_whole_repository_find_their_issue() -> None:
    events = [{**event, "issue": {"number": 7}} for event in TIMELINE]
    beside = items({"repo": "acme/pay", "issues": [REST], "events": events})["acme/pay#7"]
    assert told(beside) == told(items([{**REST, "timeline": TIMELINE}])["acme/pay#7"])


def test_milestones_and_releases_become_plans() -> None:
    found = read(
        {
            "repo": "acme/pay",
            "issues": [REST],
            "milestones": [
                {
                    "title": "0.9",
                    "due_on": "2026-03-01T08:00:00Z",
                    "state": "closed",
                    "closed_at": "2026-03-03T10:00:00Z",
                },
                {"title": "later", "due_on": None, "state": "open"},
            ],
            "releases": [
                {"tag_name": "v0.9", "published_at": "2026-03-03T23:30:00-08:00", "draft": False, "prerelease": False},
                {"tagName": "v1.0-rc1", "publishedAt": "2026-03-04T00:00:00Z", "isPrerelease": True},
                {"tag_name": "v1.0", "published_at": None, "draft": True},
            ],
        }
    )
    seen = dt.date(2026, 3, 5)
    plans = {plan.name.removeprefix("acme/pay/"): plan for plan in found.plans}
    assert {name: (plan.kind, plan.due, plan.done_at) for name, plan in plans.items()} == {
        "0.9": (PlanKind.MILESTONE, dt.date(2026, 3, 1), dt.date(2026, 3, 3)),
        "1.0": (PlanKind.MILESTONE, dt.date(2026, 4, 1), None),
        "later": (PlanKind.MILESTONE, None, None),
        "v0.9": (PlanKind.RELEASE, dt.date(2026, 3, 3), dt.date(2026, 3, 3)),
        "v1.0-rc1": (PlanKind.MILESTONE, dt.date(2026, 3, 4), dt.date(2026, 3, 4)),
    }
    assert plans["1.0"].dates_seen == ((seen, dt.date(2026, 4, 1)),)
    assert plans["v0.9"].dates_seen == ((dt.date(2026, 3, 3), dt.date(2026, 3, 3)),)


def test_every_bad_entry_is_named_and_a_file_without_issues_is_refused() -> None:
    assert faults([REST, {"state": "open", "title": "x"}, {**REST, "created_at": "soon"}, {"tag": 1}]) == [
        "issues.json: Entry number 2: The issue has no number.",
        "issues.json: Entry number 3: acme/pay#7: the time of creation is soon.",
        "issues.json: Entry number 4 is no issue.",
    ]
    assert faults({"repo": "a/b", "releases": []})[0].startswith("issues.json: The file holds no issues.")
    with pytest.raises(InvalidInput, match="was not imported"):
        read_github(io.BytesIO(b'[{"number": 1'), reading=READING)
    with pytest.raises(InvalidInput):
        read_github(io.BytesIO(b" "), reading=READING)
    with pytest.raises(InvalidInput):
        read([REST], reading=Reading(source="x", secret=SECRET, limit=20))


def test_entries_without_a_repository_are_read_with_a_remark() -> None:
    found = read([{key: value for key, value in REST.items() if "url" not in key}])
    assert [item.key for item in found.items()] == ["#7"]
    assert "do not name their repository" in str(found.problems[0].reason)


def test_archives_that_end_on_different_days_cover_the_days_of_the_earliest() -> None:
    dumps = [
        {"repo": "acme/pay", "timestamp": "2026-03-31T10:00:00+00:00", "issues": [REST]},
        {"repo": "acme/web", "timestamp": "2026-05-31T10:00:00+00:00", "issues": [{**REST, "repository_url": ""}]},
    ]
    found = read(dumps)
    assert found.covered_to == dt.date(2026, 3, 31)
    assert "acme/pay on 31 Mar 2026" in str(found.problems[0].reason)
    assert read(dumps[:1]).problems == ()


@pytest.mark.shared
@pytest.mark.slow
def test_the_archives_of_seven_teams_are_read_whole(shared_dir: Path) -> None:
    packed = (shared_dir / "roadmap_data" / "github_ietf_7teams.json.gz").read_bytes()
    found = read_github(io.BytesIO(gzip.decompress(packed)), reading=Reading(source="ietf.json", secret=SECRET))
    read_items = list(found.items())
    assert Counter(item.kind == "pull request" or item.started_at is not None for item in read_items) == {
        True: 2515,
        False: 1785,
    }
    assert sum(item.done_at is None for item in read_items) == 19
    assert len({item.places.project for item in read_items}) == 7
    assert {plan.kind for plan in found.plans} == {PlanKind.RELEASE}
    assert len(found.plans) == 110
    assert found.covered_to == dt.date(2024, 3, 28)


def test_events_without_a_readable_time_are_counted_where_they_would_change_something() -> None:
    timeline = [
        {"event": "closed", "created_at": "soon"},
        {"event": "labeled", "label": {"name": "x"}},
        {"event": "committed"},
        {"event": "reopened", "created_at": "2026-03-04T09:00:00Z"},
    ]
    found = read([{**REST, "timeline": timeline}, {**REST, "timeline": timeline}])
    assert "issues.json: Changes without a readable time were left out: 2." in list(map(str, found.problems))


def test_programs_are_no_assignees():
    programs = [
        {"login": "dependabot[bot]"},
        {"login": "copilot", "type": "Bot"},
        {"login": "renovate", "is_bot": True},
    ]
    issue = {"number": 1, "created_at": "2026-01-05T09:00:00Z", "assignees": programs}
    assert item_of(issue, repo="o/r", reading=READING).assignee_hash is None
    issue["assignees"] = [*programs, {"login": "ana", "type": "User"}]
    assert item_of(issue, repo="o/r", reading=READING).assignee_hash == hash_person(SECRET, "ana")


def test_a_file_of_many_empty_objects_is_refused_in_few_sentences(monkeypatch):
    content = b"[" + b"{}," * 99 + b"{}]"
    monkeypatch.setattr(roadmap_remarks, "MOST_FAULTS", 10)
    with pytest.raises(InvalidInput) as refused:
        read_github(io.BytesIO(content), reading=READING)
    assert len(refused.value.problems) == 11
    assert "90 more entries are bad" in str(refused.value.problems[-1])
    monkeypatch.setattr(roadmap_documents, "MOST_PARTS", 50)
    with pytest.raises(InvalidInput) as refused:
        read_github(io.BytesIO(content), reading=READING)
    assert "more than 50 parts" in str(refused.value.problems[0])
