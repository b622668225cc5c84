"""Commands that set an installation up: folders, people, programmes, accounts, backups."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli.main import main
from tests.integration.cli.conftest import PEOPLE, TEAMS, Shell

Dump = Callable[[], list[str]]


def test_every_command_has_help() -> None:
    shell = Shell(Path())
    names = sorted(main.list_commands(None))  # type: ignore[arg-type]
    assert {"init", "org", "programme", "wave", "account", "db", "serve", "worker", "report", "export"} <= set(names)
    for name in names:
        assert "Usage:" in shell.ok(name, "--help")
    assert all(name in shell.ok("--help") for name in names)


def test_set_up_may_be_repeated(shell: Shell) -> None:
    keys = {path.name: path.read_bytes() for path in (shell.folder / "keys").iterdir()}
    assert shell.json("init") == {
        "base_url": "https://pulse.example",
        "data_dir": str(shell.folder / "data"),
        "key_dir": str(shell.folder / "keys"),
    }
    assert {path.name: path.read_bytes() for path in (shell.folder / "keys").iterdir()} == keys


def test_a_command_without_an_installation_says_what_to_do(tmp_path: Path) -> None:
    assert "barograph init" in Shell(tmp_path).refused("wave", "list")


def test_keys_inside_the_data_folder_are_refused(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.environment["BAROGRAPH_KEY_DIR"] = str(tmp_path / "data" / "keys")
    assert "BAROGRAPH_KEY_DIR" in shell.refused("init")


def test_an_unexpected_error_is_one_sentence(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.cli.frame.opened", lambda: 1 / 0)
    result = shell.run("wave", "list")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "ZeroDivisionError" in result.stderr
    shell.environment["BAROGRAPH_DEBUG"] = "1"
    assert "Traceback" in shell.run("wave", "list").stderr


def test_an_import_applies_all_and_a_repeat_changes_nothing(shell: Shell, dump: Dump) -> None:
    files = shell.write("teams.csv", TEAMS), shell.write("people.csv", PEOPLE)
    first = shell.json("org", "import", *files)
    assert isinstance(first, dict)
    assert (first["teams"], first["people"], first["applied"]) == (3, 17, True)
    before = dump()
    assert "Nothing changes" in shell.ok("org", "import", *files)
    assert dump() == before


def test_a_dry_run_says_the_changes_and_makes_none(shell: Shell, dump: Dump) -> None:
    before = dump()
    said = shell.ok("org", "import", shell.write("t.csv", TEAMS), shell.write("p.csv", PEOPLE), "--dry-run")
    assert "New team root" in said
    assert "Nothing was changed." in said
    assert dump() == before


def test_every_bad_row_is_printed_and_nothing_changes(shell: Shell, dump: Dump) -> None:
    before = dump()
    teams = shell.write("teams.csv", TEAMS + "c,nowhere,Gamma,,\nd,root,Delta,,Mars/Phobos\n")
    people = shell.write("people.csv", PEOPLE + "not-an-address,X,a,en,,\nx@x.example,X,a,en,tomorrow,\n")
    said = shell.refused("org", "import", teams, people)
    lines = said.splitlines()
    for place in ("teams.csv:5:", "teams.csv:6:", "people.csv:19:", "people.csv:20:"):
        assert [line for line in lines if line.startswith(place)], (place, said)
    assert dump() == before


def test_a_missing_file_and_a_missing_word_are_told_apart(shell: Shell) -> None:
    assert "no such file" in shell.refused("org", "import", "no.csv", "no2.csv")
    assert shell.run("org", "import", "one.csv").exit_code == 2
    assert shell.run("nonsense").exit_code == 2


def test_sentences_follow_the_language(shell: Shell) -> None:
    shell.environment["BAROGRAPH_LANGUAGE"] = "de"
    assert "BAROGRAPH_LANGUAGE" in shell.refused("wave", "list")


def test_a_programme_is_added_shown_and_listed(organised: Shell) -> None:
    shown = organised.json("programme", "show", "pulse")
    assert isinstance(shown, dict)
    assert (shown["k"], shown["audience"], shown["starts_on"]) == (5, "root", "2026-01-05")
    assert json.dumps(organised.json("programme", "list")).count('"slug"') == 1
    assert "root" in organised.ok("programme", "show", "pulse")


@pytest.mark.parametrize(
    ("option", "value", "word"),
    [("--k", "4", "threshold"), ("--timezone", "Mars/Phobos", "time zone"), ("--rrule", "SOMETIMES", "rhythm")],
)
def test_a_programme_that_breaks_a_rule_is_refused(shell: Shell, option: str, value: str, word: str) -> None:
    facts = ("--name", "P", "--organisation", "A", "--audience", "root", "--starts-on", "2026-01-05")
    assert word in shell.refused("programme", "add", "p", *facts, option, value)
    assert shell.json("programme", "list") == []


def test_accounts_get_roles_and_links(organised: Shell) -> None:
    assert "has the role hr now" in organised.ok("account", "add", "HR@x.example", "--role", "hr")
    assert "already" in organised.ok("account", "add", "hr@x.example", "--role", "hr")
    link = organised.json("account", "link", "hr@x.example")
    assert isinstance(link, dict)
    assert link["link"].startswith("https://pulse.example/sign-in/")
    leader = organised.run("account", "link", "lea@x.example")  # leads a team and needs no account before
    assert leader.stdout.count("\n") == 1
    assert "account add" in organised.refused("account", "link", "nobody@x.example")
    assert "one team" in organised.refused("account", "add", "l@x.example", "--role", "leader")
    assert "no team" in organised.refused("account", "add", "l@x.example", "--role", "leader", "--team", "zzz")
    assert organised.run("account", "add", "l@x.example", "--role", "king").exit_code == 2


def test_a_questionnaire_is_checked(shell: Shell) -> None:
    source = next((Path(__file__).parents[3] / "surveys" / "instruments").rglob("pulse-1.toml"))
    assert "pulse-1" in shell.ok("instrument", "check", source)
    broken = shell.write("mine.toml", source.read_text().replace("[[items]]", "[[itemz]]"))
    assert "mine.toml" in shell.refused("instrument", "check", broken)


def test_a_backup_holds_the_data_and_no_key(organised: Shell, dump: Dump) -> None:
    file = organised.folder / "backup.db"
    before = dump()
    organised.ok("db", "backup", file)
    assert file.stat().st_mode & 0o777 == 0o600
    key = (organised.folder / "keys" / "installation.key").read_bytes()
    assert key not in file.read_bytes()
    assert "exists already" in organised.refused("db", "backup", file)
    organised.ok("account", "add", "late@x.example", "--role", "hr")
    assert "--replace" in organised.refused("db", "restore", file)
    organised.ok("db", "restore", file, "--replace")
    assert dump() == before
    assert organised.json("db", "check") == {"ok": True, "faults": []}


def test_a_damaged_backup_is_refused_before_anything_is_touched(organised: Shell, dump: Dump) -> None:
    file = organised.folder / "backup.db"
    organised.ok("db", "backup", file)
    before = dump()
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    assert "not a whole backup" in organised.refused("db", "restore", file, "--replace")
    file.write_text("no database")
    assert "not a whole backup" in organised.refused("db", "restore", file, "--replace")
    assert dump() == before


def test_a_changed_audit_log_is_found(organised: Shell) -> None:
    with sqlite3.connect(organised.environment["BAROGRAPH_DATABASE_URL"].removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE audit_event SET actor = 'somebody else' WHERE number = 1")
    connection.close()
    assert "audit log was changed at entry 1" in organised.refused("db", "check")


def test_a_backup_of_either_database_comes_back(tmp_path: Path, database_url: str) -> None:
    shell = Shell(tmp_path)
    shell.environment["BAROGRAPH_DATABASE_URL"] = database_url
    shell.ok("init")
    shell.ok("org", "import", shell.write("teams.csv", TEAMS), shell.write("people.csv", PEOPLE))
    file = tmp_path / "backup"
    if database_url.startswith("postgresql") and shutil.which("pg_dump") is None:
        assert "pg_dump" in shell.refused("db", "backup", file)
        return
    shell.ok("db", "backup", file)
    shell.ok("account", "add", "late@x.example", "--role", "hr")
    shell.ok("db", "restore", file)
    assert "no account" in shell.refused("account", "link", "late@x.example")
    assert "Nothing changes" in shell.ok("org", "import", tmp_path / "teams.csv", tmp_path / "people.csv")
    file.write_bytes(file.read_bytes()[:-200])
    shell.refused("db", "restore", file)
    assert "Nothing changes" in shell.ok("org", "import", tmp_path / "teams.csv", tmp_path / "people.csv")
