"""What commands print: one line stays one line, and nothing in it acts on a terminal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from app.cli import plain
from surveys.errors import InvalidInput, Problem, Refused
from surveys.i18n import Message

EVIL = "Acme\nWords  otter\x1b[8m\u202e\x9b2J"
SAFE = "Acme Words otter[8m2J"

BLOCKED = [
    "fcntl",
    "sqlalchemy",
    "alembic",
    "weasyprint",
    "flask",
    "dbos",
    "numpy",
    "scipy",
    "psycopg",
    "app.extensions",
    "app.installation",
]
LEAN = f"""
import sys
BLOCKED = {set(BLOCKED)!r}
class Wall:
    def find_spec(self, name, path=None, target=None):
        if name in BLOCKED:
            raise ImportError(name)
sys.meta_path.insert(0, Wall())
from app.cli.main import main
main()
"""


def printed(value: object) -> str:
    @click.command()
    def command() -> None:
        if isinstance(value, Exception):
            raise value
        plain.print_line(str(value))

    commands = plain.Commands("group", commands={"command": command})
    return CliRunner().invoke(commands, ["command"], env={"BAROGRAPH_LANGUAGE": "en"}).output


def test_a_text_on_one_line() -> None:
    assert plain.one_line(EVIL) == SAFE


def test_an_error_shows_foreign_values_on_its_own_line() -> None:
    assert printed(Refused("The organisation {name} is odd.", name=EVIL)) == f"The organisation {SAFE} is odd.\n"
    nested = Refused("It says: {what}", what=Message("no {name}", {"name": EVIL}))
    assert printed(nested) == f"It says: no {SAFE}\n"


def test_problems_of_a_file_show_foreign_values_on_their_own_lines() -> None:
    found = InvalidInput("Odd.", [Problem("x\x1b.toml", 3, Message("no {name}", {"name": EVIL}))])
    assert printed(found) == f"Odd.\nx.toml:3: no {SAFE}\n"


def test_lines_of_the_program_itself_stay_lines_and_narrow_blanks_stay_blanks() -> None:
    assert printed("1\u202f000\u00a0%\nnext\x1b[2J") == "1\u202f000\u00a0%\nnext[2J\n"


def test_rows_and_json_hold_nothing_that_acts(capsys: pytest.CaptureFixture[str]) -> None:
    plain.print_rows([("Organisation", EVIL), ("Words", "opera")])
    assert capsys.readouterr().out == f"Organisation  {SAFE}\nWords         opera\n"
    plain.print_json({"name": EVIL})
    out = capsys.readouterr().out
    assert json.loads(out) == {"name": EVIL}
    assert all(sign.isprintable() or sign == "\n" for sign in out)


@pytest.mark.slow
def test_trustee_and_ballot_commands_start_without_what_only_a_server_has(tmp_path: Path) -> None:
    """On Windows there is no fcntl, and nobody installs a database to open a handover."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", LEAN, *words]
        root = Path(__file__).parents[4]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=root)

    key = str(tmp_path / "lock")
    made = run("trustee", "keygen", "--out", key)
    assert made.returncode == 0, made.stderr
    assert run("trustee", "show", key).returncode == 0
    assert "not a handover file" in run("trustee", "open", key, "--key", key, "--out", f"{key}.back").stderr
    assert "not a complete link" in run("ballot", "questions", "https://survey.example/answer#x").stderr
    assert "trustee" in run("--help").stdout
    assert "ImportError" in run("wave", "list").stderr  # so that the wall is one
