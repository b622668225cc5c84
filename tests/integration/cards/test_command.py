"""The command that prints cards, as the console script runs it."""

from __future__ import annotations

import datetime as dt
import json
import stat
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from app.cli import frame
from app.cli.cards import cards
from app.installation import Installation
from surveys.store import accounts
from tests.integration.cards.conftest import CardWave

NOW = dt.datetime(2025, 1, 7, 9, tzinfo=dt.UTC)
Run = Callable[..., Result]


@click.group(cls=frame.Commands)
def group() -> None:
    """A group as the one the command belongs to."""


group.add_command(cards)


@pytest.fixture
def run(inst: Installation, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(frame, "now", lambda: NOW)
    environment = {
        "BAROGRAPH_DATA_DIR": str(inst.settings.data_dir),
        "BAROGRAPH_KEY_DIR": str(inst.settings.key_dir),
        "BAROGRAPH_DATABASE_URL": inst.settings.sqlalchemy_url,
        "BAROGRAPH_BASE_URL": "https://pulse.example",
        "BAROGRAPH_LANGUAGE": "en",
    }
    return lambda *words: CliRunner().invoke(group, ["cards", *map(str, words)], env=environment)


@pytest.mark.slow
def test_the_file_is_private_and_the_sentence_says_what_to_do_with_it(wave: CardWave, run: Run, tmp_path: Path) -> None:
    out = tmp_path / "cards.pdf"
    done = run(wave.slug, "--out", out)
    assert done.exit_code == 0, (done.stderr, done.exception)
    assert out.read_bytes().startswith(b"%PDF-")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert "holds 42 cards of pulse-1" in done.stdout
    assert "destroy the file" in done.stdout
    with wave.inst.database.reading() as session:
        noted = [
            (event.subject, event.actor)
            for event in accounts.list_audit_events(session)
            if event.action == "wave.cards"
        ]
    assert noted == [(wave.slug, frame.ACTOR)]
    told = json.loads(run(wave.slug, "--out", out, "--json").stdout)
    assert told == {"wave": wave.slug, "cards": 42, "file": str(out)}


def test_a_wave_that_is_over_prints_nothing(wave: CardWave, run: Run, tmp_path: Path) -> None:
    wave.close()
    done = run(wave.slug, "--out", tmp_path / "cards.pdf")
    assert done.exit_code == 1
    assert "Its cards exist only while it is open." in done.stderr
    assert not (tmp_path / "cards.pdf").exists()


def test_an_unknown_wave_is_refused_in_a_sentence(wave: CardWave, run: Run, tmp_path: Path) -> None:
    done = run("nope-1", "--out", tmp_path / "cards.pdf")
    assert (done.exit_code, "There is no wave nope-1." in done.stderr) == (1, True)
