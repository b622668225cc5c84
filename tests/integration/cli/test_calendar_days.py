"""The commands for days: a calendar, the holidays of a country and days typed in, shown and taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.cli.conftest import PEOPLE, Shell

TEAMS = """team,parent,name,leader_email,timezone,country
root,,Acme,boss@x.example,Europe/Madrid,ES-MD
a,root,Alpha,lea@x.example,,
b,root,Beta,,,SE
"""
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
SUMMARY:4.2 release
DTSTART;VALUE=DATE:20260330
DTEND;VALUE=DATE:20260404
END:VEVENT
BEGIN:VEVENT
SUMMARY:Quiet week of Ana
CATEGORIES:quiet
DTSTART;VALUE=DATE:20260302
DTEND;VALUE=DATE:20260307
END:VEVENT
BEGIN:VEVENT
SUMMARY:Dentist
DTSTART;VALUE=DATE:20260302
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def world(shell: Shell) -> Shell:
    shell.ok("org", "import", shell.write("teams.csv", TEAMS), shell.write("people.csv", PEOPLE))
    return shell


def days(world: Shell) -> list[tuple[str, str, str, str, str]]:
    found = json.loads(world.ok("calendar", "show", "--json"))["days"]
    return [(each["source"], each["team"], each["kind"], each["first"], each["last"]) for each in found]


def test_a_calendar_is_imported_shown_and_removed(world: Shell) -> None:
    path = world.write("plan.ics", CALENDAR)
    result = world.run("calendar", "import", path, "--as", "quiet=freeze")
    assert result.exit_code == 0, result.stderr
    assert "The calendar calendar has 6 days and 2 dates of releases, milestones and freezes." in result.stdout
    assert "left out: 1." in result.stderr
    assert "Dentist" not in result.stdout + result.stderr
    assert days(world) == [
        ("calendar", "", "freeze", "2026-03-02", "2026-03-06"),
        ("calendar", "", "release", "2026-03-30", "2026-03-30"),
    ]
    shown = world.ok("calendar", "show")
    assert "2026-03-30  4.2 release" in shown
    assert "b (SE): 0 public holidays" in shown
    assert json.loads(world.ok("calendar", "import", path, "--as", "quiet=freeze", "--json"))["added"] == 0
    assert "6 days were removed." in world.ok("calendar", "remove", "calendar")
    assert days(world) == []


def test_public_holidays_follow_the_countries_of_the_teams(world: Shell) -> None:
    said = world.ok("calendar", "holidays")
    assert "ES-MD: " in said
    assert "for 2 teams." in said
    found = json.loads(world.ok("calendar", "show", "--json"))["holidays"]
    assert {each["team"]: each["count"] > 20 for each in found} == {"root": True, "a": True, "b": True}
    assert world.json("calendar", "holidays")["added"] == 0  # type: ignore[index]


def test_days_are_added_and_removed_by_hand(world: Shell) -> None:
    assert "5 days were added." in world.ok("calendar", "add", "freeze", "2026-03-09", "2026-03-13", "--team", "a")
    assert "One day was added." in world.ok("calendar", "add", "incident", "2026-03-10")
    assert "One day was removed." in world.ok(
        "calendar", "remove", "hand", "--kind", "freeze", "--first", "2026-03-09", "--team", "a"
    )
    assert days(world) == [
        ("hand", "", "incident", "2026-03-10", "2026-03-10"),
        ("hand", "a", "freeze", "2026-03-10", "2026-03-13"),
    ]


def test_a_table_of_releases_is_a_calendar_too(world: Shell) -> None:
    path = world.write("releases.csv", "name,ff,release\n4.2,2026-03-02,2026-03-30\n")
    assert "has 2 days and 2 dates" in world.ok("calendar", "import", path, "--as", "ff=freeze")
    assert [day[2] for day in days(world)] == ["freeze", "release"]
    assert "releases.csv:2: release: “soon” is not a day." in world.refused(
        "calendar", "import", world.write("releases.csv", "name,release\n4.2,soon\n")
    )


def test_what_cannot_be_is_refused_with_a_sentence_and_changes_nothing(world: Shell) -> None:
    path = world.write("plan.ics", CALENDAR.replace("DTSTART;VALUE=DATE:20260330", "DTSTART:soon"))
    assert "plan.ics:3: The entry has no readable first day." in world.refused("calendar", "import", path)
    good = world.write("good.ics", CALENDAR)
    assert "“quiet” must be a word and a kind." in world.refused("calendar", "import", good, "--as", "quiet")
    assert "There is no team ops." in world.refused("calendar", "import", good, "--team", "ops")
    assert "Unknown time zone" in world.refused("calendar", "import", good, "--zone", "Mars")
    assert "taken by other data" in world.refused("calendar", "import", good, "--name", "holidays")
    assert "There is no calendar x." in world.refused("calendar", "remove", "x")
    assert "The last day lies before the first." in world.refused(
        "calendar", "add", "freeze", "2026-03-09", "2026-03-01"
    )
    assert days(world) == []


@pytest.mark.shared
def test_the_calendar_of_twenty_releases_is_imported_without_a_remark(world: Shell, shared_dir: Path) -> None:
    path = shared_dir / "roadmap_data" / "openstack_release_schedule.ics"
    result = world.run("calendar", "import", path, "--name", "openstack")
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    assert "has 120 days and 100 dates" in result.stdout
