"""The console script on a folder of its own, in this process, and a survey behind a real server."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from werkzeug.serving import make_server

from app.cli import ballot_server, plain
from app.cli.main import main
from app.factory import create_app
from app.installation import Installation
from app.web.ports import Reports
from tests.integration.cli.served import LARGE, Survey, Wsgi, listening, no_report
from tests.support import journey

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

    def run(self, *words: object, typed: str | None = None) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words], env=self.environment, input=typed)

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


@pytest.fixture
def make_survey(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Survey]]:
    held: dict[str, Survey] = {}
    apps: dict[str, Wsgi] = {}
    server = make_server(
        "127.0.0.1",
        0,
        listening(lambda: held["it"], lambda: apps["it"]),
        threaded=True,  # type: ignore[arg-type]
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    monkeypatch.setattr(plain, "now", lambda: held["it"].now)
    monkeypatch.setattr(ballot_server, "PAUSES", (0.0, 0.0))

    def make(teams: journey.Teams = LARGE, second_lock: bytes | None = None, **changes: object) -> Survey:
        made = journey.installation(tmp_path, sqlite_url)
        address = f"http://127.0.0.1:{server.server_port}"
        inst = Installation(settings=replace(made.settings, base_url=address), database=made.database, keys=made.keys)
        journey.company(inst, teams, second_lock=second_lock, **changes)
        wave = journey.open_wave(inst)
        held["it"] = Survey(inst=inst, wave=wave, folder=tmp_path, now=wave.opens_at)
        apps["it"] = create_app(
            inst.settings,
            database=inst.database,
            keys=inst.keys,
            clock=lambda: held["it"].now,
            send_link=lambda *_: None,
            reports=Reports(get=no_report, render=lambda _: b""),
        )
        return held["it"]

    yield make
    server.shutdown()
    thread.join()
    server.server_close()
    if "it" in held:
        held["it"].inst.database.dispose()


@pytest.fixture
def survey(make_survey: Callable[..., Survey]) -> Survey:
    return make_survey()
