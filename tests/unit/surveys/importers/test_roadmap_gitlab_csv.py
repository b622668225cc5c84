"""Checks the CSV of GitLab: old and new orders of columns, UTC times, scoped labels, and keys across projects."""

import datetime as dt
import io
from zoneinfo import ZoneInfo

import pytest

from surveys.errors import InvalidInput
from surveys.importers.roadmap_gitlab_csv import read_gitlab_csv
from surveys.importers.roadmap_model import PlanKind, StatusClass, hash_person
from surveys.importers.roadmap_raw import Reading

SECRET = b"s" * 32
# The order of GitLab 12 (gitlab-org/gitlab#34769) and of later versions.
OLD = (
    "Issue ID,URL,Title,State,Description,Author,Author Username,Assignee,Assignee Username,Confidential,Locked,"
    "Due Date,Created At (UTC),Updated At (UTC),Closed At (UTC),Milestone,Weight,Labels,Time Estimate,Time Spent"
)
OLD_ROW = (
    "12,https://gitlab.example/shop/app/-/issues/12,Hidden,Open,Hidden,Ann,ann,Bob,bob,No,No,2026-05-31,"
    '2026-05-01 22:30:00,2026-05-02 08:00:00,,16.4,3,"priority::high,type::bug,workflow::in dev,team-a",0,0'
)
NEW = (
    "Title,Description,Issue ID,URL,State,Author,Author Username,Assignee,Assignee Username,Confidential,Locked,"
    "Due Date,Created At (UTC),Updated At (UTC),Closed At (UTC),Milestone,Weight,Labels,Time Estimate,Time Spent,"
    "Epic ID,Epic Title"
)


def read(header, *rows, **more):
    content = "\n".join((header, *rows)) + "\n"
    return read_gitlab_csv(io.BytesIO(content.encode()), reading=Reading(source="gitlab.csv", secret=SECRET, **more))


def test_an_open_issue_takes_its_words_from_its_labels():
    item = next(read(OLD, OLD_ROW).items())
    assert (item.key, item.places.project) == ("shop/app#12", "shop/app")
    assert (item.status, item.category, item.priority, item.kind, item.size) == ("in dev", None, "high", "bug", 3.0)
    assert "team-a" in item.places.labels
    assert (item.due, item.plans) == (dt.date(2026, 5, 31), ("16.4",))
    assert item.assignee_hash == hash_person(SECRET, "bob")


def test_times_are_utc_whatever_the_zone_of_the_reader():
    item = next(read(OLD, OLD_ROW, zone=ZoneInfo("Europe/Madrid")).items())
    assert (item.created_at, item.offset) == (dt.datetime(2026, 5, 1, 22, 30, tzinfo=dt.UTC), 0)


def test_columns_are_found_by_name_in_newer_orders():
    row = (
        "Hidden,Hidden,7,https://gitlab.example/shop/app/-/issues/7,Closed,Ann,ann,Bob,bob,No,No,,2026-05-01 10:00:00,"
        "2026-05-03 10:00:00,2026-05-03 09:00:00,,,workflow::done,0,0,44,Hidden epic"
    )
    found = read(NEW, row)
    item = next(found.items())
    assert (item.status, item.category, item.parent) == ("Closed", StatusClass.DONE, "&44")
    assert item.done_at == dt.datetime(2026, 5, 3, 9, tzinfo=dt.UTC)
    assert "Hidden" not in repr((found, item))


def test_the_number_in_the_address_is_the_key_where_a_database_number_stands_beside_it():
    header = "ID,IID,Type,URL,State,Created At (UTC),Parent IID,Start Date"
    row = "998877,12,Task,https://gitlab.example/g/sub/app/-/work_items/12,Open,2026-05-01 10:00:00,3,2026-05-02"
    item = next(read(header, row).items())
    assert (item.key, item.parent, item.kind) == ("g/sub/app#12", "g/sub/app#3", "Task")


def test_two_projects_may_have_one_number():
    header = "Issue ID,URL,State,Created At (UTC)"
    rows = [f"1,https://gitlab.example/g/{name}/-/issues/1,Open,2026-05-01 10:00:00" for name in ("b", "a")]
    assert [item.key for item in read(header, *rows).items()] == ["g/a#1", "g/b#1"]


def test_milestones_have_no_dates_here():
    plan = read(OLD, OLD_ROW).plans[0]
    assert (plan.name, plan.kind, plan.due) == ("16.4", PlanKind.MILESTONE, None)


def test_every_bad_row_is_named():
    with pytest.raises(InvalidInput) as refused:
        read("Issue ID,State,Created At (UTC),Due Date", "1,Open,,", "2,Open,2026-05-01 10:00:00,soon")
    assert [str(problem) for problem in refused.value.problems] == [
        "gitlab.csv:2: The cell Created At (UTC) is empty.",
        "gitlab.csv:3: Due Date: what stands there is not a day like 2026-05-31.",
    ]
