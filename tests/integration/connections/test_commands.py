"""The commands add, list, check, sync and remove connections, and print no credential."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.connections import connection
from app.cli.roadmap import roadmap
from app.config import Settings
from app.installation import create
from surveys.services.connections.credentials import credential_file

HOST = "BAROGRAPH_CONNECTION_HOSTS"


@pytest.fixture
def environ(tmp_path: Path, sqlite_url: str) -> dict[str, str]:
    settings = Settings(data_dir=tmp_path / "data", key_dir=tmp_path / "keys", database_url=sqlite_url)
    create(settings).database.dispose()
    file = credential_file("hub", settings.key_dir)
    file.parent.mkdir(mode=0o700)
    file.touch(mode=0o600)
    file.write_text('token = "cli-secret"\n', encoding="utf-8")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("BAROGRAPH_")},
        "BAROGRAPH_DATA_DIR": str(settings.data_dir),
        "BAROGRAPH_KEY_DIR": str(settings.key_dir),
        "BAROGRAPH_DATABASE_URL": sqlite_url,
        HOST: "localhost",
    }


def run(environ: dict[str, str], *arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(connection, arguments, env=environ)
    assert result.exit_code == code, result.output
    assert "cli-secret" not in result.output
    return result.output


ADD = ("add", "hub", "--kind", "github", "--url", "https://localhost", "--repository", "acme/web")


def test_a_connection_is_added_listed_and_removed(environ: dict[str, str]) -> None:
    assert "BAROGRAPH_CONNECTION_HUB_TOKEN" in run(environ, *ADD)
    (found,) = json.loads(run(environ, "list", "--json"))
    assert (found["name"], found["repositories"], found["has_credential"]) == ("hub", ["acme/web"], True)
    assert "not synced yet" in run(environ, "list")
    run(environ, "remove", "hub")
    assert json.loads(run(environ, "list", "--json")) == []
    assert "There is no connection hub" in run(environ, "remove", "hub", code=1)


def test_a_host_in_the_own_network_is_neither_checked_nor_synced(environ: dict[str, str]) -> None:
    run(environ, *ADD)
    assert "in the own network" in run(environ, "check", "hub", code=1)
    assert "in the own network" in run(environ, "sync", "hub", code=1)
    assert "in the own network" in run(environ, "list")


def test_a_host_that_is_not_listed_cannot_be_added(environ: dict[str, str]) -> None:
    environ[HOST] = ""
    assert "not on the list" in run(environ, *ADD, code=1)


def test_without_a_connection_a_sync_says_so(environ: dict[str, str]) -> None:
    assert "There is no connection yet" in run(environ, "sync", code=1)


def test_the_command_of_roadmaps_is_the_same_where_it_is_there() -> None:
    assert roadmap.commands.get("sync") in {None, connection.commands["sync"]}


def test_the_sync_stands_among_the_commands_of_roadmaps_too(environ: dict[str, str]) -> None:
    result = CliRunner().invoke(roadmap, ["sync", "--all-history"], env=environ)
    assert result.exit_code == 1
    assert "There is no connection yet." in result.output
