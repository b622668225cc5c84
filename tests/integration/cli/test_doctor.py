"""The command that checks an installation and says what there is with its size."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.cli.conftest import PEOPLE, TEAMS, Shell


@pytest.fixture
def made(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    shell.ok("init")
    (tmp_path / "teams.csv").write_text(TEAMS, encoding="utf-8")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    shell.ok("org", "import", tmp_path / "teams.csv", tmp_path / "people.csv")
    return shell


def test_an_installation_in_order_gets_a_line_for_each_thing_and_its_size(made: Shell) -> None:
    printed = made.ok("doctor")
    for line in (
        "in order: Data in",
        "in order: People reach the pages by HTTPS",
        "note: Messages are written to",
        "in order: The database is up to date",
        "in order: The clock is not behind the log",
        "in order: Pango is there for the PDF.",
        "With your size, there from the first wave:",
        "Comes with more waves:",
        "Never with this size:",
        "- If fewer than 5 people answer in all, nothing is shown of that wave and its answers are destroyed.",
    ):
        assert line in printed
    facts = made.json("doctor")
    assert isinstance(facts, dict)
    assert {each["key"] for each in facts["checks"]} == {
        "folders", "https", "mail", "disk", "pango", "database", "clock",
    }  # fmt: skip
    assert facts["with_your_size"]["never"]


def test_what_must_be_mended_ends_with_one(made: Shell) -> None:
    made.environment["BAROGRAPH_BASE_URL"] = "http://pulse.example"
    made.environment["BAROGRAPH_MAIL_URL"] = "smtp://127.0.0.1:9"
    done = made.run("doctor")
    assert done.exit_code == 1
    assert "to mend: http://pulse.example has no HTTPS." in done.output
    assert "to mend: The mail server 127.0.0.1:9 does not answer." in done.output
    assert "Things to mend: 2." in done.output


def test_an_installation_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = Shell(tmp_path).run("doctor")
    assert done.exit_code == 1
    assert "to mend: " in done.output
