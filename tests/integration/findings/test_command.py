"""The command of findings: sentences, the same as data, and a bar that is not in the way."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reports.store import findings as store
from tests.integration.cli.conftest import Shell
from tests.support import journey
from tests.support.filled import World, fill, team

WORLD = World(teams=12, waves=9, scales=3, seed=5, falls={3: 2.4})


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    folder = tmp_path_factory.mktemp("command")
    inst = journey.installation(folder)
    fill(inst, WORLD)
    inst.database.dispose()
    return Shell(folder)


def test_the_first_call_makes_the_analysis_and_the_next_one_prints_the_same(shell: Shell) -> None:
    first = shell.ok("findings")
    assert shell.ok("findings", "pulse-9") == first
    assert "changed on at least one scale" in first.splitlines()[0]
    assert f"Team {team(3)}" in first
    assert "Falling" in first
    assert "Method version 3" in first


def test_data_hold_every_finding_and_the_whole(shell: Shell) -> None:
    found = shell.json("findings")
    assert isinstance(found, dict)
    assert found["wave"] == "pulse-9"
    assert found["analysis"]["settings"]["false_discovery_rate"] == 0.1
    rows = {(row["unit"], row["scale"]): row for row in found["findings"]}
    assert len(rows) == 15 * WORLD.scales
    assert rows[team(3), "workload"]["verdict"] == "falling"
    assert rows[team(3), "workload"]["trend"]["estimand"] == "lasting"


def test_the_ledger_notes_who_got_all_of_it_as_data(shell: Shell) -> None:
    def rows() -> list[tuple[str, str]]:
        with closing(sqlite3.connect(shell.folder / "data" / "barograph.db")) as database:
            return list(database.execute("SELECT kind, subject FROM ledger_entry ORDER BY number"))

    shell.ok("findings")
    before = rows()
    shell.json("findings")
    assert rows() == [*before, ("export", "findings: pulse-9 json")]


def test_making_it_anew_gives_the_same_findings(shell: Shell) -> None:
    before, after = shell.json("findings"), shell.json("findings", "--remake")
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert before["findings"] == after["findings"]
    assert dt.datetime.fromisoformat(before["made_at"]) < dt.datetime.fromisoformat(after["made_at"])


def test_a_wave_that_was_not_released_is_refused(shell: Shell) -> None:
    assert "pulse-99" in shell.refused("findings", "pulse-99")


def test_nothing_released_is_said(tmp_path: Path) -> None:
    inst = journey.installation(tmp_path)
    inst.database.dispose()
    assert "Nothing has been released yet." in Shell(tmp_path).refused("findings")


def test_rows_are_stored_in_pieces(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_ROWS_AT_ONCE", 7)
    before, after = shell.json("findings"), shell.json("findings", "--remake")
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert before["findings"] == after["findings"]
