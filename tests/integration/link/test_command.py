"""The command of the link: sentences, the same as data, and a note in the ledger of who got them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.integration.cli.conftest import Shell
from tests.support import journey
from tests.support.filled import World, fill
from tests.support.linked import fill_linked


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    folder = tmp_path_factory.mktemp("command")
    inst = journey.installation(folder)
    fill_linked(inst, World(teams=7, waves=14, scales=3, seed=5), slope=0.9)
    inst.database.dispose()
    return Shell(folder)


def test_the_first_call_makes_it_and_the_next_one_prints_the_same(shell: Shell) -> None:
    first = shell.ok("link")
    assert shell.ok("link", "pulse-14") == first
    assert shell.ok("link", "--remake") == first
    lines = first.splitlines()
    assert lines[0] == "More pressure goes with more strain."
    assert "likely range" in lines[1]
    assert "Do not conclude:" in lines
    assert "That pressure caused the strain" in lines[lines.index("Do not conclude:") + 1]


def test_an_earlier_wave_has_a_link_of_its_own(shell: Shell) -> None:
    assert shell.ok("link", "pulse-8").startswith("Too early to say.")


def test_data_hold_all_of_it_and_the_ledger_notes_who_got_them(shell: Shell) -> None:
    found = shell.json("link")
    assert isinstance(found, dict)
    assert found["wave"] == "pulse-14"
    assert found["link"]["fit"]["verdict"] == "higher_together"
    assert len(found["link"]["fit"]["team"]["pair"]["swap"]["dealt"]) == 1999
    with closing(sqlite3.connect(shell.folder / "data" / "barograph.db")) as base:
        rows = base.execute("SELECT kind, subject FROM ledger_entry WHERE subject LIKE 'link:%'").fetchall()
    assert rows == [("export", "link: pulse-14 json")]


def test_without_delivery_data_it_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("nothing")
    inst = journey.installation(folder)
    fill(inst, World(teams=6, waves=2, scales=2))
    inst.database.dispose()
    assert Shell(folder).ok("link").splitlines()[:2] == [
        "Nothing to compare.",
        "No delivery data cover the days that the waves ask about, so there is nothing to compare.",
    ]
