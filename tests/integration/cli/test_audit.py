"""The command that prints the auditors' account of a wave."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.integration.cli.conftest import Shell
from tests.integration.jobs import sample

START = dt.date(2026, 3, 2)


@pytest.fixture
def released(tmp_path: Path, sqlite_url: str) -> Shell:
    inst = sample.installation(tmp_path, database_url=sqlite_url)
    sample.released_wave(inst, START)
    inst.database.dispose()
    shell = Shell(tmp_path)
    shell.environment["BAROGRAPH_DATABASE_URL"] = sqlite_url
    return shell


def test_the_account_of_a_released_wave_is_sentences_with_bands(released: Shell) -> None:
    printed = released.ok("wave", "audit", "pulse-1")
    assert "No figures added to or subtracted from one another are about fewer than 5 people." in printed
    assert " answers." in printed
    assert "Version of the rules: 3" in printed
    facts = released.json("wave", "audit", "pulse-1")
    assert isinstance(facts, dict)
    assert (facts["passed"], facts["status"], facts["policy"]) == (True, "released", "3")
    assert facts["units"]
    for unit in facts["units"]:
        assert (unit["verdict"], unit["smallest_low"] >= 5) == ("passed", True)


def test_it_ends_with_a_refusal_where_the_stored_figures_were_changed(released: Shell) -> None:
    engine = create_engine(released.environment["BAROGRAPH_DATABASE_URL"])
    with engine.begin() as link:
        link.execute(text("UPDATE released_crowd SET n_low = n_low + 1"))
    engine.dispose()
    assert "does not pass the audit" in released.refused("wave", "audit", "pulse-1")
