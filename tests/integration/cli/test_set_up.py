"""Commands that set an installation up: folders, people, programmes, accounts, backups."""

from __future__ import annotations

import base64
import datetime as dt
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app.cli.main import main
from app.extensions import Database
from surveys.ballots.tokens import installation_pair
from surveys.store import accounts
from tests.integration.cli.conftest import PEOPLE, TEAMS, Shell
from tests.support.databases import Provider

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
    assert "barograph init" in Shell(tmp_path).refused("db", "upgrade")
    assert not list(tmp_path.iterdir())


def test_every_command_refuses_keys_that_others_may_touch_or_that_are_not_of_this_installation(shell: Shell) -> None:
    keys, other = shell.folder / "keys", Shell(shell.folder / "other")
    (shell.folder / "other").mkdir()
    other.ok("init")
    keys.chmod(0o755)
    for words in (("wave", "list"), ("serve",), ("worker",), ("db", "check"), ("db", "upgrade"), ("init",)):
        assert f"chmod 700 {keys}" in shell.refused(*words)
    keys.chmod(0o700)
    shell.environment["BAROGRAPH_KEY_DIR"] = other.environment["BAROGRAPH_KEY_DIR"]
    for words in (("wave", "list"), ("serve",), ("worker",), ("db", "check"), ("db", "upgrade"), ("init",)):
        assert "those of another installation" in shell.refused(*words)


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
    assert spellings_of_keys(organised.folder / "keys")
    assert not [name for name, text in spellings_of_keys(organised.folder / "keys") if text in file.read_bytes()]
    assert "exists already" in organised.refused("db", "backup", file)
    organised.ok("account", "add", "late@x.example", "--role", "hr")
    assert "--replace" in organised.refused("db", "restore", file)
    assert organised.ok("db", "restore", file, "--replace") == "The backup is restored.\n"
    assert [row for row in dump() if "db.restore" not in row] == before
    assert organised.json("db", "check") == {"ok": True, "faults": []}


def spellings_of_keys(folder: Path) -> list[tuple[str, bytes]]:
    """Every private key of an installation as bytes, as hex and in base64, with the name of its file."""
    files = {path.name: path.read_bytes() for path in folder.glob("*.key")}
    files["ballot key"] = installation_pair(files["installation.key"]).private
    return [
        (name, spelled)
        for name, key in files.items()
        for spelled in (key, key.hex().encode(), base64.b64encode(key), base64.urlsafe_b64encode(key).rstrip(b"="))
    ]


def test_a_backup_of_an_open_wave_holds_no_key_on_either_database(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = Shell(tmp_path)
    shell.environment["BAROGRAPH_DATABASE_URL"] = database_url
    if database_url.startswith("postgresql") and shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed")
    open_a_wave(shell, monkeypatch)
    shell.ok("db", "backup", tmp_path / "backup")
    content = (tmp_path / "backup").read_bytes()
    if database_url.startswith("postgresql"):
        content += subprocess.run(
            ["pg_restore", "--file=-", tmp_path / "backup"], capture_output=True, check=True
        ).stdout
    found = spellings_of_keys(tmp_path / "keys")
    assert {"installation.key", "wave-pulse-1.key", "ballot key"} <= {name for name, _ in found}
    assert not [name for name, spelled in found if spelled in content]


def open_a_wave(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    opens = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
    monkeypatch.setattr("app.cli.frame.now", lambda: opens)
    shell.ok("init")
    shell.ok("org", "import", shell.write("teams.csv", TEAMS), shell.write("people.csv", PEOPLE))
    shell.ok(
        "programme", "add", "pulse", "--name", "Pulse", "--organisation", "Acme", "--audience", "root",
        "--starts-on", "2026-01-05",
    )  # fmt: skip
    shell.ok("wave", "plan", "pulse")
    shell.ok("wave", "open", "pulse-1")


def test_a_restore_is_noted_in_what_it_restored_and_names_the_waves_in_which_people_could_answer_twice(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = Shell(tmp_path)
    shell.environment["BAROGRAPH_DATABASE_URL"] = database_url
    if database_url.startswith("postgresql") and shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed")
    open_a_wave(shell, monkeypatch)
    shell.ok("db", "backup", tmp_path / "backup")
    said = shell.ok("db", "restore", tmp_path / "backup", "--replace")
    assert "Open in it: pulse-1." in said
    assert "barograph wave withdraw" in said
    assert shell.json("db", "restore", tmp_path / "backup", "--replace") == {
        "file": str(tmp_path / "backup"),
        "open_waves": ["pulse-1"],
    }
    database = Database(database_url)
    with database.reading() as session:
        last = accounts.list_audit_events(session)[-1]
        assert (last.action, last.actor, last.subject) == ("db.restore", "command line", "backup")
        assert last.detail == {"open_waves": ["pulse-1"]}
        assert accounts.broken_audit_number(session) is None
    database.dispose()


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


def test_a_backup_comes_back_to_its_own_keys_only(tmp_path: Path, database_provider: Provider) -> None:
    shell, other = Shell(tmp_path / "one"), Shell(tmp_path / "other")
    for each in (shell, other):
        each.folder.mkdir()
        each.environment["BAROGRAPH_DATABASE_URL"] = database_provider.fresh()
        each.ok("init")
    if "postgresql" in shell.environment["BAROGRAPH_DATABASE_URL"] and shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not installed")
    shell.ok("account", "add", "hr@x.example", "--role", "hr")
    shell.ok("db", "backup", tmp_path / "backup")
    assert "those of another installation" in other.refused("db", "restore", tmp_path / "backup", "--replace")
    assert other.ok("wave", "list")
    assert "no account" in other.refused("account", "link", "hr@x.example")
    shutil.copyfile(shell.folder / "keys" / "installation.key", other.folder / "keys" / "installation.key")
    assert "those of another installation" in other.refused("wave", "list")
    other.environment["BAROGRAPH_DATABASE_URL"] = database_provider.fresh()
    other.ok("db", "upgrade")
    other.ok("db", "restore", tmp_path / "backup")
    assert other.ok("account", "link", "hr@x.example")


def test_a_backup_from_before_there_was_a_mark_gets_one(organised: Shell) -> None:
    file = organised.folder / "backup.db"
    organised.ok("db", "backup", file)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DELETE FROM installation_mark")
        connection.commit()
    organised.ok("db", "restore", file, "--replace")
    assert organised.json("db", "check") == {"ok": True, "faults": []}
