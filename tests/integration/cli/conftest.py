"""The console script on a folder of its own, in this process."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.main import main

TEAMS = """team,parent,name,leader_email,timezone
root,,Acme,boss@x.example,Europe/Madrid
a,root,Alpha,lea@x.example,
b,root,Beta,,
"""
PEOPLE = "\n".join(
    [
        "email,name,team,language,starts_on,ends_on",
        "boss@x.example,Boss,root,en,2024-01-01,",
        "lea@x.example,Lea,a,es,2024-01-01,",
        *(f"a{number}@x.example,A {number},a,en,2024-01-01," for number in range(7)),
        *(f"b{number}@x.example,B {number},b,es,2024-01-01," for number in range(8)),
        "",
    ]
)


class Shell:
    """Runs commands on one installation."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "BAROGRAPH_DATA_DIR": str(folder / "data"),
            "BAROGRAPH_KEY_DIR": str(folder / "keys"),
            "BAROGRAPH_LANGUAGE": "en",
            "BAROGRAPH_DATABASE_URL": "",
            "BAROGRAPH_MAIL_URL": "",
            "BAROGRAPH_BASE_URL": "https://pulse.example",
        }

    def run(self, *words: object) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words], env=self.environment)

    def ok(self, *words: object) -> str:
        """Run a command that must succeed, and return what it printed."""
        result = self.run(*words)
        assert result.exit_code == 0, (words, result.stderr, result.exception)
        return result.stdout

    def refused(self, *words: object) -> str:
        """Run a command that must be refused with exit code 1, and return what it said on standard error."""
        result = self.run(*words)
        assert result.exit_code == 1, (words, result.stdout, result.exception)
        assert "Traceback" not in result.stderr
        assert "Something broke" not in result.stderr
        return result.stderr

    def json(self, *words: object) -> object:
        return json.loads(self.ok(*words, "--json"))

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path


@pytest.fixture
def shell(tmp_path: Path, sqlite_url: str) -> Shell:
    made = Shell(tmp_path)
    made.environment["BAROGRAPH_DATABASE_URL"] = sqlite_url
    made.ok("init")
    return made


@pytest.fixture
def organised(shell: Shell) -> Shell:
    """An installation with people and a programme whose first wave may open."""
    shell.ok("org", "import", shell.write("teams.csv", TEAMS), shell.write("people.csv", PEOPLE))
    shell.ok(
        "programme", "add", "pulse", "--name", "Pulse", "--organisation", "Acme", "--audience", "root",
        "--starts-on", "2026-01-05",
    )  # fmt: skip
    return shell


@pytest.fixture
def dump(shell: Shell) -> Callable[[], list[str]]:
    """Returns every row of the database as SQL."""
    path = shell.environment["BAROGRAPH_DATABASE_URL"].removeprefix("sqlite:///")

    def rows() -> list[str]:
        with closing(sqlite3.connect(path)) as connection:
            return list(connection.iterdump())

    return rows
