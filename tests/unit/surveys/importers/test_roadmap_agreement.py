"""Checks that one plan told in three formats becomes the same facts, in whatever order its rows and pages come."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import random
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.importers.roadmap_formats import read_upload
from surveys.importers.roadmap_map import RoadmapMap, TeamRule
from surveys.importers.roadmap_model import RoadmapFile, SourceKind
from surveys.importers.roadmap_raw import Reading

START = dt.datetime(2026, 1, 5, 8, tzinfo=dt.UTC)
TEAMS = {"blue": "PAY", "red": "WEB"}
ZONES = dict.fromkeys(TEAMS, dt.UTC)
MAPPING = RoadmapMap(rules=tuple(TeamRule(team=team, project=key.casefold()) for team, key in TEAMS.items()))
STATUSES = ("Open", "In Progress", "Closed")
PRIORITIES = ("Blocker", "Critical", "Major", "Minor")
DUES = {"4.1": dt.date(2026, 3, 1), "4.2": dt.date(2026, 5, 1)}
SETTINGS = settings(max_examples=6, deadline=None)


def make_item(rng: random.Random, number: int) -> dict[str, object]:
    """An item whose history leads to what it is; field names are those of Jira's change log."""
    team = rng.choice(sorted(TEAMS))
    at = START + dt.timedelta(hours=rng.randrange(2000))
    state = {"status": "Open", "priority": rng.choice(PRIORITIES), "duedate": "", "Story Points": "", "Fix Version": ""}
    item: dict[str, object] = {"key": f"{TEAMS[team]}-{number}", "team": team, "created": at, "history": []}
    values = {
        "status": STATUSES[:2],
        "priority": PRIORITIES,
        "duedate": ("", "2026-04-01", "2026-06-01"),
        "Story Points": ("", "1", "3"),
        "Fix Version": ("", *DUES),
    }
    for _ in range(rng.randrange(6)):
        at += dt.timedelta(minutes=rng.randrange(1, 9000))
        field = rng.choice(sorted(state))
        new = rng.choice(values[field])
        if new != state[field]:
            item["history"].append((at, field, state[field], new))  # type: ignore[attr-defined]
            state[field] = new
    if rng.random() < 0.4:
        at += dt.timedelta(minutes=rng.randrange(1, 9000))
        item["history"].append((at, "status", state["status"], "Closed"))  # type: ignore[attr-defined]
        item["done"], state["status"] = at, "Closed"
    return {**item, **state, "updated": at, "kind": rng.choice(("Bug", "Story")), "person": f"u{rng.randrange(4)}"}


@st.composite
def plans(draw: st.DrawFn) -> list[dict[str, object]]:
    """Some items of two teams."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    return [make_item(rng, number) for number in range(draw(st.integers(1, 8)))]


def stamp(value: object) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%S.000+0000") if isinstance(value, dt.datetime) else ""


def as_jira(items: list[dict[str, object]], per_page: int = 100) -> bytes:
    """Pages of Jira's search, the names of fields on each."""
    issues = [jira_issue(item) for item in items]
    pages = [issues[start : start + per_page] for start in range(0, len(issues), per_page)]
    return json.dumps([{"issues": page, "names": {"customfield_7": "Story Points"}} for page in pages]).encode()


def jira_issue(item: dict[str, object]) -> dict[str, object]:
    version = item["Fix Version"]
    histories = [
        {"created": stamp(at), "items": [{"field": field, "fromString": old or None, "toString": new or None}]}
        for at, field, old, new in item["history"]  # type: ignore[attr-defined]
    ]
    return {
        "key": item["key"],
        "fields": {
            "project": {"key": TEAMS[str(item["team"])]},
            "issuetype": {"name": item["kind"]},
            "status": {"name": item["status"]},
            "priority": {"name": item["priority"]},
            "created": stamp(item["created"]),
            "updated": stamp(item["updated"]),
            "resolutiondate": stamp(item.get("done")) or None,
            "duedate": item["duedate"] or None,
            "customfield_7": float(str(item["Story Points"])) if item["Story Points"] else None,
            "fixVersions": [{"name": version, "releaseDate": DUES[str(version)].isoformat()}] if version else [],
            "assignee": {"accountId": item["person"]},
            "summary": "A title",
        },
        "changelog": {"histories": histories},
    }


def as_template(items: list[dict[str, object]]) -> tuple[bytes, bytes]:
    """The items and the history of our own template."""
    header = ["key", "team", "kind", "created", "updated", "done", "status", "priority", "due", "size"]
    header += ["plan", "plan_due", "assignee", "project"]
    rows, past = [header], [["key", "at", "field", "from", "to"]]
    for item in items:
        project, version = TEAMS[str(item["team"])], str(item["Fix Version"])
        due = DUES[version].isoformat() if version else ""
        cells = [item[name] for name in ("status", "priority", "duedate", "Story Points")]
        times = [stamp(item["created"]), stamp(item["updated"]), stamp(item.get("done"))]
        plan = f"{project}/{version}" if version else ""
        rows.append([item["key"], item["team"], item["kind"], *times, *cells, plan, due, item["person"], project])  # type: ignore[list-item]
        for at, field, old, new in item["history"]:  # type: ignore[attr-defined]
            name = {"duedate": "due", "Story Points": "size", "Fix Version": "plan"}.get(field, field)
            values = [value and (f"{project}/{value}" if name == "plan" else value) for value in (old, new)]
            past.append([item["key"], stamp(at), name, *values])  # type: ignore[list-item]
    return written(rows), written(past)


def as_jira_csv(items: list[dict[str, object]]) -> bytes:
    """The CSV that Jira writes: its own headers and days, no seconds, no history, no days of versions."""
    header = ["Issue key", "Issue Type", "Status", "Priority", "Created", "Updated", "Resolved", "Due Date"]
    rows = [[*header, "Fix Version/s", "Custom field (Story Points)", "Assignee Id"]]
    for item in items:
        times = [
            "" if item.get(name) is None else f"{item[name]:%d/%b/%y %I:%M %p}"
            for name in ("created", "updated", "done")
        ]
        due = f"{dt.date.fromisoformat(str(item['duedate'])):%d/%b/%y} 12:00 AM" if item["duedate"] else ""
        cells = [item[name] for name in ("Fix Version", "Story Points", "person")]
        rows.append([item["key"], item["kind"], item["status"], item["priority"], *times, due, *cells])  # type: ignore[list-item]
    return b"\xef\xbb\xbf" + written(rows)


def written(rows: list[list[str]]) -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode()


def read(kind: SourceKind, data: bytes, history: bytes | None = None) -> RoadmapFile:
    log = None if history is None else ("log.csv", io.BytesIO(history))
    reading = Reading(source="x", secret=b"s" * 32)
    stream = read_upload(kind, io.BytesIO(data), reading=reading, mapping=MAPPING, zones=ZONES, history=log)
    return stream.file()


def facts(file: RoadmapFile, *left_out: str) -> list[dict[str, object]]:
    return [{name: value for name, value in vars(item).items() if name not in left_out} for item in file.items]


def changes(file: RoadmapFile) -> set[tuple[object, ...]]:
    return {(e.item, e.at, e.field, e.old, e.new) for e in file.events if e.field != "assignee"}


@SETTINGS
@given(plans())
def test_our_template_with_history_and_jira_with_change_log_agree(items):
    table, log = as_template(items)
    told, asked = read(SourceKind.CSV, table, log), read(SourceKind.JIRA_JSON, as_jira(items))
    assert facts(told, "offset") == facts(asked, "offset")
    assert changes(told) == changes(asked)
    known = {plan.name: plan.due for plan in asked.plans}
    assert {plan.name: plan.due for plan in told.plans if plan.due} == {n: d for n, d in known.items() if d}


@SETTINGS
@given(plans())
def test_jira_s_csv_and_its_json_agree_on_what_needs_no_history(items):
    for item in items:  # the CSV has no seconds
        item.update({name: at.replace(second=0) for name, at in item.items() if isinstance(at, dt.datetime)})
    told, asked = read(SourceKind.JIRA_CSV, as_jira_csv(items)), read(SourceKind.JIRA_JSON, as_jira(items))
    assert facts(told, "offset") == facts(asked, "offset")


@SETTINGS
@given(plans(), st.randoms(use_true_random=False), st.integers(1, 4))
def test_the_order_of_rows_and_the_cuts_between_pages_change_nothing(items, rng, per_page):
    table, log = as_template(items)
    expected = (read(SourceKind.CSV, table, log), read(SourceKind.JIRA_JSON, as_jira(items)))
    rng.shuffle(items)
    for item in items:
        item["history"] = sorted(item["history"], key=lambda _: rng.random())
    again, log = as_template(items)
    twice = as_jira([*items, *items[:1]], per_page)  # pages may overlap
    found = read(SourceKind.JIRA_JSON, twice)
    assert read(SourceKind.CSV, again, log) == expected[0]
    assert (found.items, found.events, found.plans) == (expected[1].items, expected[1].events, expected[1].plans)


def test_bare_times_of_jira_s_csv_are_those_of_the_item_s_team():
    rows = [["Issue key", "Created", "Status"], ["PAY-1", "14/Jul/25 3:42 PM", "Open"]]
    reading = Reading(source="x", secret=b"s")
    zones: dict[str, dt.tzinfo] = {"blue": ZoneInfo("Europe/Madrid")}
    for zone, hour in ((None, 13), (dt.UTC, 15)):
        stream = io.BytesIO(written(rows))
        found = read_upload(SourceKind.JIRA_CSV, stream, reading=reading, mapping=MAPPING, zones=zones, zone=zone)
        assert found.file().items[0].created_at == dt.datetime(2025, 7, 14, hour, 42, tzinfo=dt.UTC)
