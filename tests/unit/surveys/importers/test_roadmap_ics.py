"""Calendars: days and kinds as RFC 5545 means them, every bad entry with its line, titles of plans alone kept."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from surveys.errors import InvalidInput
from surveys.importers.calendar_kinds import KIND_NAMES, DayKind, kind_of
from surveys.importers.roadmap_ics import CalendarFile, read_calendar
from surveys.importers.roadmap_model import PlanKind
from surveys.importers.roadmap_raw import Reading

FIRST, LAST = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
MADRID = ZoneInfo("Europe/Madrid")


def calendar(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def read(
    *events: str, words: dict[str, DayKind | None] | None = None, others: DayKind | None = None, zone: str = "UTC"
) -> CalendarFile:
    reading = Reading(source="plan.ics", secret=b"", zone=ZoneInfo(zone))
    return read_calendar(calendar(*events), reading=reading, first=FIRST, last=LAST, words=words, others=others)


def spans(found: CalendarFile) -> list[tuple[str, str, str]]:
    return [(entry.kind.value, entry.first.isoformat(), entry.last.isoformat()) for entry in found.entries]


def faults(*events: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read(*events)
    return [str(problem) for problem in caught.value.problems]


def test_the_end_of_an_all_day_entry_is_the_day_after_its_last() -> None:
    found = read("SUMMARY:Code freeze\nDTSTART;VALUE=DATE:20260302\nDTEND;VALUE=DATE:20260305")
    assert spans(found) == [("freeze", "2026-03-02", "2026-03-04")]
    assert [day.isoformat() for day, _ in found.days()] == ["2026-03-02", "2026-03-03", "2026-03-04"]
    assert spans(read("SUMMARY:Freeze\nDTSTART;VALUE=DATE:20260302")) == [("freeze", "2026-03-02", "2026-03-02")]
    assert spans(read("SUMMARY:Freeze\nDTSTART;VALUE=DATE:20260302\nDURATION:P2D"))[0][2] == "2026-03-03"


@pytest.mark.parametrize(
    ("times", "zone", "day"),
    [
        ("DTSTART:20260302T233000", "Europe/Madrid", "2026-03-02"),
        ("DTSTART;TZID=Asia/Tokyo:20260303T003000", "Europe/Madrid", "2026-03-03"),
        ("DTSTART:20260302T233000Z", "Europe/Madrid", "2026-03-03"),
        ("DTSTART:20260302T233000Z", "UTC", "2026-03-02"),
        ("DTSTART:20260302T100000\nDTEND:20260303T000000", "UTC", "2026-03-02"),
    ],
)
def test_a_time_counts_on_the_day_that_is_written_or_on_that_of_the_zone(times: str, zone: str, day: str) -> None:
    assert spans(read(f"SUMMARY:Release 4\n{times}", zone=zone)) == [("release", day, day)]


def test_repetitions_unfold_within_the_days_asked_for_with_their_exceptions() -> None:
    series = "UID:a\nSUMMARY:Release day\nDTSTART;VALUE=DATE:20250115\nRRULE:FREQ=MONTHLY\nEXDATE;VALUE=DATE:20260315"
    moved = "UID:a\nSUMMARY:Release day\nRECURRENCE-ID;VALUE=DATE:20260415\nDTSTART;VALUE=DATE:20260420"
    found = read(series, moved)
    assert [entry.first.isoformat() for entry in found.entries][:4] == [
        "2026-01-15", "2026-02-15", "2026-04-20", "2026-05-15",
    ]  # fmt: skip
    assert len(found.entries) == 11
    assert found.plans()[0].name == "Release day 2026-01-15"


def test_releases_and_milestones_are_plans_and_freezes_are_both() -> None:
    found = read(
        "SUMMARY:Payments 4.2 release ana@x.example\nDTSTART;VALUE=DATE:20260302\nDTEND;VALUE=DATE:20260307",
        "SUMMARY:4.2 release candidate 1\nDTSTART;VALUE=DATE:20260216",
        "SUMMARY:4.2 feature freeze (milestone 3)\nDTSTART;VALUE=DATE:20260209",
        "SUMMARY:Incident 17\nDTSTART;VALUE=DATE:20260305",
    )
    assert [(plan.name, plan.kind, plan.due) for plan in found.plans()] == [
        ("4.2 feature freeze (milestone 3)", PlanKind.MILESTONE, dt.date(2026, 2, 9)),
        ("4.2 release candidate 1", PlanKind.MILESTONE, dt.date(2026, 2, 16)),
        ("Payments 4.2 release", PlanKind.RELEASE, dt.date(2026, 3, 2)),
    ]
    assert found.days() == (
        (dt.date(2026, 2, 9), DayKind.FREEZE),
        (dt.date(2026, 3, 2), DayKind.RELEASE),
        (dt.date(2026, 3, 5), DayKind.INCIDENT),
    )
    assert "Incident" not in repr(found.entries)


def test_names_that_several_entries_share_get_their_day() -> None:
    found = read("SUMMARY:Release\nDTSTART;VALUE=DATE:20260302", "SUMMARY:Release\nDTSTART;VALUE=DATE:20260402")
    assert [plan.name for plan in found.plans()] == ["Release 2026-03-02", "Release 2026-04-02"]
    assert len(read(*["SUMMARY:Release\nDTSTART;VALUE=DATE:20260302"] * 2).entries) == 1


def test_the_words_of_the_steward_come_before_the_common_ones() -> None:
    events = ("SUMMARY:Week of ff\nDTSTART;VALUE=DATE:20260302", "SUMMARY:Launch\nCATEGORIES:x,Ops\nDTSTART:20260303T1")
    events = (events[0], events[1].replace("T1", "T100000"))
    found = read(*events, words={"FF": DayKind.FREEZE, "ops": None})
    assert spans(found) == [("freeze", "2026-03-02", "2026-03-02")]
    assert found.problems == ()


def test_what_nobody_named_is_left_out_with_a_count_and_without_its_title() -> None:
    events = ("SUMMARY:Ana on holiday\nDTSTART;VALUE=DATE:20260302", "SUMMARY:Dentist\nDTSTART;VALUE=DATE:20260303")
    found = read(*events)
    assert found.entries == ()
    (problem,) = found.problems
    assert str(problem.reason).startswith("Entries that are none of the known kinds were left out: 2. Name their")
    assert {kind for kind, _, _ in spans(read(*events, others=DayKind.HOLIDAY))} == {"holiday"}


@pytest.mark.parametrize(
    ("categories", "title", "kind"),
    [
        ((), "Bank Holiday", DayKind.HOLIDAY),
        (("Holidays",), "Epiphany", DayKind.HOLIDAY),
        ((), "Día festivo: Reyes", DayKind.HOLIDAY),
        ((), "Company shutdown", DayKind.SHUTDOWN),
        (("release",), "Feature freeze", DayKind.RELEASE),
        ((), "Re-org of Platform", DayKind.REORGANISATION),
        ((), "Layoffs announced", DayKind.LAYOFF),
        ((), "New manager in Web", DayKind.LEADER_CHANGE),
        ((), "Lanzamiento 4.2", DayKind.RELEASE),
        ((), "Released hostages", None),
        ((), "Team lunch", None),
    ],
)
def test_common_words_say_the_kind(categories: tuple[str, ...], title: str, kind: DayKind | None) -> None:
    assert kind_of(categories, title) == (kind, kind is not None)


def test_every_bad_entry_is_named_with_its_line() -> None:
    assert faults(
        "SUMMARY:Release",
        "SUMMARY:Release\nDTSTART:tomorrow",
        "SUMMARY:Release\nDTSTART;VALUE=DATE:20260302\nDTEND;VALUE=DATE:20260228",
        "SUMMARY:Release\nDTSTART;VALUE=DATE:20260302\nRRULE:FREQ=SOMETIMES",
        "SUMMARY:Release\nDTSTART;VALUE=DATE:20260302",
        "SUMMARY:Release\nDTSTART;VALUE=DATE:20260302\nDTEND;VALUE=DATE:20290302",
    ) == [
        "plan.ics:3: The entry has no readable first day.",
        "plan.ics:6: The entry has no readable first day.",
        "plan.ics:10: The entry ends before it starts.",
        "plan.ics:15: The entry has an unreadable RRULE.",
        "plan.ics:24: The entry lasts longer than 366 days.",
    ]


def test_cancelled_endless_and_far_entries_are_left_out_with_a_remark() -> None:
    found = read(
        "SUMMARY:Release\nSTATUS:CANCELLED\nDTSTART;VALUE=DATE:20260302",
        "SUMMARY:Release\nDTSTART:20260302T100000\nRRULE:FREQ=SECONDLY",
        "SUMMARY:Release\nDTSTART:20260302T100000\nRRULE:FREQ=DAILY;BYHOUR=1,2,3",
        "SUMMARY:Release\nDTSTART;VALUE=DATE:20240302",
    )
    assert found.entries == ()
    assert [str(problem.reason) for problem in found.problems] == [
        "Cancelled entries were left out.",
        "Entries before 1 Jan 2026 or after 31 Dec 2026 were left out: 1.",
        "Entries that repeat within a day were left out.",
    ]


@pytest.mark.parametrize("data", [b"", b"hello", b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", b"BEGIN:VEVENT\nEND:VEVENT"])
def test_what_is_no_calendar_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_calendar(data, reading=Reading(source="x", secret=b""), first=FIRST, last=LAST)


def test_every_kind_has_a_name_for_pages() -> None:
    assert set(KIND_NAMES) == set(DayKind)


@pytest.mark.shared
@pytest.mark.slow
def test_the_calendar_of_twenty_releases_gives_the_days_of_its_table(shared_dir: Path) -> None:
    folder = shared_dir / "roadmap_data"
    found = read_calendar(
        (folder / "openstack_release_schedule.ics").read_bytes(),
        reading=Reading(source="openstack.ics", secret=b""),
        first=dt.date(2016, 1, 1),
        last=dt.date(2027, 1, 1),
    )
    assert found.problems == ()
    due = {plan.name: plan.due for plan in found.plans()}
    assert len(due) == 100
    with (folder / "openstack_release_schedule.csv").open() as stream:
        for row in csv.DictReader(stream):
            assert due[f"{row['series']} final release"] == dt.date.fromisoformat(row["release"])
            assert due[f"{row['series']} feature freeze (milestone 3)"] == dt.date.fromisoformat(row["ff"])
            assert due[f"{row['series']} release candidate 1"] == dt.date.fromisoformat(row["rc1"])
            assert due[f"{row['series']} milestone 1"] == dt.date.fromisoformat(row["m1"])


SERIES = "UID:r@x\nSUMMARY:Release\nDTSTART;VALUE=DATE:20260501\n"


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("FREQ=DAILY;INTERVAL=0", "The repetition of the entry cannot be read."),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "The repetition of the entry never comes round."),
        ("FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=31", "The repetition of the entry never comes round."),
    ],
)
def test_a_rule_that_never_ends_or_never_comes_is_a_fault(rule, reason):
    assert faults(f"{SERIES}RRULE:{rule}") == [f"plan.ics:3: {reason}"]


def test_old_daily_rules_may_not_take_all_the_time():
    old = "SUMMARY:Release\nDTSTART;VALUE=DATE:00010101\nRRULE:FREQ=DAILY"
    assert faults(old, old, old, old) == [
        "plan.ics: The entries of the calendar repeat too often. Leave out old daily entries."
    ]


def test_a_cancelled_day_of_a_series_is_left_out_and_the_others_stay():
    found = read(
        f"{SERIES}RRULE:FREQ=WEEKLY;COUNT=3",
        "UID:r@x\nSUMMARY:Release\nDTSTART;VALUE=DATE:20260508\nRECURRENCE-ID;VALUE=DATE:20260508\nSTATUS:CANCELLED",
    )
    assert [first for _, first, _ in spans(found)] == ["2026-05-01", "2026-05-15"]
    assert "Cancelled entries were left out." in [str(note.reason) for note in found.problems]


@pytest.mark.parametrize("title", ["Deadline: exit interview Ana Perez", "Launch of Ben's own firm"])
def test_a_deadline_or_launch_in_a_title_is_no_plan_and_as_a_category_it_is(title: str) -> None:
    assert kind_of((), title) == (None, False)
    assert kind_of(("Deadline",), title)[0] is DayKind.MILESTONE
