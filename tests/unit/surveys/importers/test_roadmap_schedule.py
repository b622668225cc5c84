"""Tables of releases: a column per kind of date, read as a calendar would be."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from surveys.errors import InvalidInput
from surveys.importers.calendar_kinds import DayKind
from surveys.importers.roadmap_ics import CalendarFile, read_calendar
from surveys.importers.roadmap_model import PlanKind
from surveys.importers.roadmap_raw import Reading
from surveys.importers.roadmap_schedule import read_schedule

FIRST, LAST = dt.date(2016, 1, 1), dt.date(2027, 1, 1)
WORDS = {"m1": DayKind.MILESTONE, "m2": DayKind.MILESTONE, "ff": DayKind.FREEZE, "start": None}
READING = Reading(source="releases.csv", secret=b"")


def read(text: str, words: dict[str, DayKind | None] | None = None) -> CalendarFile:
    return read_schedule(text.encode(), reading=READING, first=FIRST, last=LAST, words=words)


def faults(text: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read(text)
    return [str(problem) for problem in caught.value.problems]


def test_each_column_of_days_is_one_kind_of_date() -> None:
    found = read("name;start;m1;Code freeze;Release\n4.2;2026-01-05;2026-02-02;2026-03-02;30/03/2026\n4.3;;;TBD;\n")
    assert [(plan.name, plan.kind, plan.due) for plan in found.plans()] == [
        ("4.2 Code freeze", PlanKind.MILESTONE, dt.date(2026, 3, 2)),
        ("4.2 Release", PlanKind.RELEASE, dt.date(2026, 3, 30)),
    ]
    assert [str(problem.reason) for problem in found.problems] == [
        "The column m1 is no known kind of date and was left out.",
        "The column start is no known kind of date and was left out.",
    ]
    assert len(read("name,m1,release\n4.2,2026-02-02,2026-03-02\n", WORDS).plans()) == 2


def test_every_bad_cell_is_named_with_its_line() -> None:
    assert faults("name,release\n4.2,soon\n,2026-03-02\n\n4.4,2026-02-30\n") == [
        "releases.csv:2: release: “soon” is not a day.",
        "releases.csv:3: The row names no release.",
        "releases.csv:5: release: “2026-02-30” is not a day.",
    ]
    assert "can be" in faults("name,release\n4.2,03/04/2026\n")[0]
    assert "do not match" in faults('name,release\n4.2,"2026-03-02\n')[0]


@pytest.mark.parametrize("text", ["", "\n\n", "name,points\n4.2,3\n"])
def test_what_has_no_column_of_dates_is_refused(text: str) -> None:
    assert len(faults(text)) == 1


@pytest.mark.shared
def test_the_table_of_twenty_releases_gives_the_days_of_its_calendar(shared_dir: Path) -> None:
    folder = shared_dir / "roadmap_data"
    table = read((folder / "openstack_release_schedule.csv").read_text(), WORDS)
    calendar = read_calendar(
        (folder / "openstack_release_schedule.ics").read_bytes(), reading=READING, first=FIRST, last=LAST
    )
    assert table.problems == ()
    assert {(entry.kind, entry.first) for entry in table.entries} == {
        (entry.kind, entry.first) for entry in calendar.entries
    }
    assert len(table.plans()) == 100
