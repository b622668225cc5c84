"""Checks the CSV of Linear: JavaScript dates, dated cycles of a team, cancelled issues, and short rows."""

import datetime as dt
import io

import pytest

from surveys.errors import InvalidInput
from surveys.importers.roadmap_linear_csv import read_linear_csv
from surveys.importers.roadmap_model import EventField, PlanKind, StatusClass
from surveys.importers.roadmap_raw import Reading

HEADER = (
    '"ID","Team","Title","Description","Status","Estimate","Priority","Project ID","Project","Creator","Assignee",'
    '"Labels","Cycle Number","Cycle Name","Cycle Start","Cycle End","Created","Updated","Started","Triaged",'
    '"Completed","Canceled","Archived","Due Date","Parent issue","Initiatives","Project Milestone ID",'
    '"Project Milestone","SLA Status","UUID","Time in status (minutes)","Related to","Blocked by","Duplicate of"'
)
NAMES = [name.strip('"') for name in HEADER.split(",")]


def script(month, day, clock="00:00:00"):
    return f"Wed {month} {day} 2026 {clock} GMT+0000 (GMT+00:00)"


FULL = {
    "ID": "ENG-40",
    "Team": "Engineering",
    "Title": "Hidden",
    "Status": "In Review",
    "Estimate": "3",
    "Priority": "High",
    "Project": "Checkout",
    "Assignee": "bob@acme.test",
    "Labels": "Bug, Q3",
    "Cycle Number": "12",
    "Cycle Start": script("May", "11"),
    "Cycle End": script("May", "25"),
    "Created": script("May", "13", "11:21:41"),
    "Updated": script("May", "20"),
    "Started": script("May", "14"),
    "Due Date": script("Jun", "25", "23:00:00"),
    "Parent issue": "ENG-1",
    "Project Milestone": "Launch",
}


def row(**changes):
    cells = {**FULL, **{name.replace("_", " "): value for name, value in changes.items()}}
    return ",".join(f'"{cells.get(name, "")}"' for name in NAMES)


def read(*rows, header=HEADER):
    content = "\n".join((header, *rows)) + "\n"
    return read_linear_csv(io.BytesIO(content.encode()), reading=Reading(source="linear.csv", secret=b"s" * 32))


def test_an_issue_is_read_with_its_team_and_its_dates():
    item = next(read(row()).items())
    assert (item.key, item.places.team, item.places.project) == ("ENG-40", "Engineering", "Checkout")
    assert item.created_at == dt.datetime(2026, 5, 13, 11, 21, 41, tzinfo=dt.UTC)
    assert item.started_at == dt.datetime(2026, 5, 14, tzinfo=dt.UTC)
    assert (item.priority, item.size, item.kind, item.parent, item.offset) == ("High", 3.0, "bug", "ENG-1", 0)
    assert item.category is StatusClass.DOING


def test_titles_and_people_leave_no_trace():
    found = read(row())
    assert not any(word in repr((found, list(found.items()))) for word in ("Hidden", "bob"))


def test_a_due_day_stored_as_midnight_in_london_is_the_day_that_was_chosen():
    assert next(read(row()).items()).due == dt.date(2026, 6, 26)


def test_a_cycle_belongs_to_its_team_and_ends_on_the_day_before_its_end():
    plans = read(row()).plans
    assert [(plan.name, plan.kind) for plan in plans] == [
        ("Checkout/Launch", PlanKind.MILESTONE),
        ("Engineering/Cycle 12", PlanKind.SPRINT),
    ]
    assert (plans[1].start, plans[1].due) == (dt.date(2026, 5, 11), dt.date(2026, 5, 24))


def test_started_gives_the_history_of_status():
    assert read(row()).history == {EventField.STATUS}


def test_an_issue_that_was_cancelled_ended_then():
    item = next(read(row(Canceled=script("May", "21"), Status="Canceled")).items())
    assert (item.done_at, item.category) == (dt.datetime(2026, 5, 21, tzinfo=dt.UTC), StatusClass.DONE)


def test_an_issue_that_went_back_to_the_backlog_is_not_in_doing():
    assert next(read(row(Status="Backlog")).items()).category is None


def test_no_priority_is_none():
    assert next(read(row(Priority="No priority")).items()).priority == ""


def test_rows_shorter_than_the_header_and_iso_times_are_read():
    header = "ID,Team,Title,Status,Created,Updated,Completed,SLA Status,Roadmaps"
    item = next(
        read(
            "IN-10,Nordic,x,Done,2024-05-14T08:53:33Z,2024-05-23T16:06:19Z,2024-05-23T16:06:19Z,", header=header
        ).items()
    )
    assert item.done_at == dt.datetime(2024, 5, 23, 16, 6, 19, tzinfo=dt.UTC)


def test_a_cycle_with_two_dates_takes_the_later_with_a_remark():
    later = row(ID="ENG-41", Cycle_End=script("May", "27"))
    found = read(row(), later)
    assert found.plans[1].due == dt.date(2026, 5, 26)
    assert "different dates" in str(found.problems[0])


def test_every_bad_row_is_named():
    with pytest.raises(InvalidInput) as refused:
        read(row(Created=""), row(ID="ENG-2", Due_Date="someday soon"))
    assert [problem.line for problem in refused.value.problems] == [2, 3]
