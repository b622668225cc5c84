"""Commands that write reports, exports and pressure of a released wave."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Shell
from tests.integration.jobs import sample

START = dt.date(2026, 3, 2)
ITEMS = """key,team,kind,created,started,done,due,plan,priority,size,status
A-1,a,story,2026-01-05,2026-01-12,2026-01-20,,R1,high,3,done
A-2,a,story,2026-01-06,2026-01-13,,,R1,low,2,in progress
"""


@pytest.fixture
def released(tmp_path: Path, sqlite_url: str) -> Shell:
    inst = sample.installation(tmp_path, database_url=sqlite_url)
    sample.released_wave(inst, START)
    inst.database.dispose()
    shell = Shell(tmp_path)
    shell.environment["BAROGRAPH_DATABASE_URL"] = sqlite_url
    return shell


@pytest.mark.slow
def test_a_report_is_printed_and_the_same_again(released: Shell) -> None:
    first, second = released.folder / "one.pdf", released.folder / "deep" / "two.pdf"
    assert released.ok("report", "a", "--out", first).strip() == str(first)
    (released.folder / "data" / "reports" / "pulse-1" / "a.en.pdf").unlink()
    released.ok("report", "a", "--wave", "pulse-1", "--out", second)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().startswith(b"%PDF-")


@pytest.mark.slow
def test_reports_of_a_leader_and_of_all_teams(released: Shell) -> None:
    own, everything = released.folder / "own", released.folder / "all"
    released.ok("report", "--leader", "LEA@x.example", "--dir", own)
    assert [path.name for path in own.iterdir()] == ["a-pulse-1.pdf"]
    printed = released.json("report", "--all", "--dir", everything)
    assert isinstance(printed, dict)
    assert sorted(printed["files"]) == sorted(str(path) for path in everything.iterdir())
    assert len(printed["files"]) == 2


def test_a_report_of_nobody_is_refused(released: Shell) -> None:
    assert "zzz" in released.refused("report", "zzz")
    assert "leads no team" in released.refused("report", "--leader", "p1@x.example")
    assert released.refused("report", "a", "--wave", "pulse-9")


def test_an_export_comes_with_code_book_and_checksums(released: Shell) -> None:
    released.ok("export", "--format", "csv", "--out", released.folder / "march.csv", "--locale", "es_ES")
    released.ok("export", "--format", "json", "--out", released.folder / "march.json")
    for sums in ("march-csv-SHA256SUMS", "march-json-SHA256SUMS"):
        for line in (released.folder / sums).read_text().splitlines():
            digest, name = line.split("  ")
            assert hashlib.sha256((released.folder / name).read_bytes()).hexdigest() == digest
    assert "not known" in released.refused(
        "export", "--format", "csv", "--out", released.folder / "x.csv", "--locale", "xx_Klingon"
    )
    assert released.refused("export", "--wave", "pulse-9", "--format", "csv", "--out", released.folder / "x.csv")


def test_a_roadmap_is_imported_and_its_pressure_shown(released: Shell) -> None:
    file = released.write("roadmap.csv", ITEMS)
    assert "2 work items" in released.ok("roadmap", "import", file, "--kind", "csv")
    shown = released.json("roadmap", "show", "a")
    assert isinstance(shown, dict)
    assert shown["weeks"]
    told = released.ok("roadmap", "show", "a").splitlines()
    assert all("coverage" in line or "too few people" in line for line in told if line[:2] == "20")
    assert "root" in released.refused("roadmap", "show", "root")


def test_a_bad_roadmap_row_is_named(released: Shell) -> None:
    file = released.write("roadmap.csv", ITEMS + "A-3,nobody,story,someday,,,,,,,\n")
    assert "roadmap.csv:4:" in released.refused("roadmap", "import", file, "--kind", "csv")
    assert "no map yet" in released.refused("roadmap", "import", file, "--kind", "jira-json")


JIRA = {
    "issues": [
        {
            "key": f"PAY-{number}",
            "fields": {
                "project": {"key": "PAY"},
                "status": {"name": "Baking"},
                "created": "2026-01-05T10:00:00.000+0100",
                "updated": "2026-03-01T10:00:00.000+0100",
            },
        }
        for number in range(3)
    ]
}


def test_a_map_is_kept_for_the_next_import_of_the_source(released: Shell) -> None:
    file = released.write("jira.json", json.dumps(JIRA))
    rules = released.write("map.toml", '[[team]]\nteam = "a"\nproject = "PAY"\n[status]\ndoing = ["Baking"]\n')
    first = released.json("roadmap", "import", file, "--kind", "jira-json", "--map", rules, "--name", "jira")
    again = released.json("roadmap", "import", file, "--kind", "jira-json", "--name", "jira")
    assert isinstance(first, dict)
    assert isinstance(again, dict)
    assert first["items"] == again["items"] == 3
    assert {feed["indicator"]: feed["state"] for feed in again["feeds"]}["R"] == "missing"
    words = released.ok("roadmap", "words", file, "--kind", "jira-json", "--name", "jira")
    assert "3 items; 0 of them (0 %) belong to no team." in words
    assert "status Baking: 3 items, counts as doing (map)." in words


def test_the_formats_are_listed_with_what_they_cannot_feed(released: Shell) -> None:
    told = released.ok("roadmap", "formats")
    for word in ("jira-csv", "trello-json", "no history"):
        assert word in told


def test_a_zone_that_is_none_is_refused(released: Shell) -> None:
    file = released.write("roadmap.csv", ITEMS)
    assert "Mars" in released.refused("roadmap", "import", file, "--kind", "csv", "--zone", "Mars/Base")
    assert released.run("roadmap", "import", file, "--kind", "jira-csv", "--history", file).exit_code == 2
