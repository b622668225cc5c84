"""How people answer: modes and the second lock, chosen before a wave opens and fixed while it is open."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from app.cli import frame
from surveys.ballots import trustee
from tests.integration.cli.conftest import Shell

OPENS = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
LOST = "If this key is lost, the answers of the wave are lost. Keep three copies apart."


class Clock:
    def __init__(self) -> None:
        self.now = OPENS - dt.timedelta(days=1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(frame, "now", lambda: made.now)
    return made


@pytest.fixture
def planned(organised: Shell, clock: Clock) -> Shell:
    organised.ok("wave", "plan", "pulse")
    clock.now = OPENS
    return organised


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "council.pub"
    path.write_text(trustee.new_key()[1])
    return path


def shown(shell: Shell, *words: object) -> dict[str, object]:
    found = shell.json(*words)
    assert isinstance(found, dict)
    return found


def test_a_new_programme_is_sealed_and_has_one_lock(organised: Shell) -> None:
    facts = shown(organised, "programme", "show", "pulse")
    assert (facts["mode"], facts["second_lock"]) == ("sealed", None)


def test_a_change_reaches_the_planned_wave(planned: Shell, key: Path) -> None:
    said = shown(planned, "programme", "change", "pulse", "--mode", "card", "--trustee-key", key)
    public = trustee.parse_public(key.read_text()).hex()
    assert said == {
        "slug": "pulse", "mode": "card", "second_lock": public, "planned_wave": "pulse-1",
        "segments": "", "has_comments": False, "is_strict": False,
    }  # fmt: skip
    wave = shown(planned, "wave", "show", "pulse-1")
    assert (wave["mode"], wave["second_lock"]) == ("card", public)
    assert "pulse-1 follows" in planned.ok("programme", "change", "pulse", "--no-trustee")
    wave = shown(planned, "wave", "show", "pulse-1")
    assert (wave["mode"], wave["second_lock"]) == ("card", None)


def test_a_trustee_is_told_with_the_words_of_the_key_and_what_losing_it_means(planned: Shell, key: Path) -> None:
    result = planned.run("programme", "change", "pulse", "--trustee-key", key)
    assert LOST in result.stderr
    assert trustee.key_words(trustee.parse_public(key.read_text())) in result.stderr
    facts = ("--name", "P", "--organisation", "A", "--audience", "root", "--starts-on", "2026-01-05")
    assert LOST in planned.run("programme", "add", "other", *facts, "--trustee-key", key).stderr
    assert shown(planned, "programme", "show", "other")["second_lock"] == trustee.parse_public(key.read_text()).hex()


def test_promise_mode_is_chosen_with_a_warning(planned: Shell) -> None:
    assert "rely on this server to forget" in planned.run("programme", "change", "pulse", "--mode", "promise").stderr
    assert "rely on this server to forget" in planned.run("wave", "open", "pulse-1").stderr
    assert shown(planned, "wave", "show", "pulse-1")["mode"] == "promise"


def test_a_key_that_is_none_and_a_change_of_nothing_are_refused(planned: Shell, key: Path) -> None:
    assert "not a key file" in planned.refused("programme", "change", "pulse", "--trustee-key", planned.write("k", "x"))
    private = planned.write("private", trustee.new_key()[0])
    assert "never be given to anybody" in planned.refused("programme", "change", "pulse", "--trustee-key", private)
    assert "cannot be read" in planned.refused("programme", "change", "pulse", "--trustee-key", "no-such-file")
    assert planned.run("programme", "change", "pulse").exit_code == 2
    assert planned.run("programme", "change", "pulse", "--trustee-key", key, "--no-trustee").exit_code == 2
    assert planned.run("programme", "change", "pulse", "--mode", "open").exit_code == 2
    assert "no programme" in planned.refused("programme", "change", "nope", "--mode", "card")
    assert shown(planned, "wave", "show", "pulse-1")["second_lock"] is None


def test_a_wave_with_a_second_lock_opens_after_a_yes_only(planned: Shell, key: Path) -> None:
    planned.ok("programme", "change", "pulse", "--trustee-key", key)
    assert "--yes" in planned.refused("wave", "open", "pulse-1")
    assert shown(planned, "wave", "show", "pulse-1")["status"] == "planned"
    result = planned.run("wave", "open", "pulse-1", "--yes")
    assert result.exit_code == 0
    assert LOST in result.stderr
    assert trustee.key_words(trustee.parse_public(key.read_text())) in planned.ok("wave", "show", "pulse-1")


@pytest.mark.parametrize(("typed", "status"), [("pulse-1", "open"), ("yes", "planned"), ("", "planned")])
def test_at_a_terminal_the_name_of_the_wave_is_typed(
    planned: Shell, key: Path, monkeypatch: pytest.MonkeyPatch, typed: str, status: str
) -> None:
    planned.ok("programme", "change", "pulse", "--trustee-key", key)
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _stream: True, raising=False)
    planned.run("wave", "open", "pulse-1", typed=f"{typed}\n")
    monkeypatch.undo()
    assert shown(planned, "wave", "show", "pulse-1")["status"] == status


def test_nothing_of_it_changes_while_a_wave_is_open(planned: Shell, key: Path) -> None:
    planned.ok("wave", "open", "pulse-1")
    before = shown(planned, "wave", "show", "pulse-1")
    for words in (("--mode", "promise"), ("--mode", "card"), ("--trustee-key", key), ("--no-trustee",)):
        assert "Wave pulse-1 is open" in planned.refused("programme", "change", "pulse", *words)
    assert shown(planned, "wave", "show", "pulse-1") == before
    assert shown(planned, "programme", "show", "pulse")["mode"] == "sealed"


def test_a_sealed_wave_without_https_is_refused_with_the_setting(planned: Shell) -> None:
    planned.environment["BAROGRAPH_BASE_URL"] = "http://pulse.example"
    assert "BAROGRAPH_BASE_URL" in planned.refused("wave", "open", "pulse-1")
    assert not (planned.folder / "keys" / "wave-pulse-1.key").exists()
    planned.ok("programme", "change", "pulse", "--mode", "card")
    assert "wave cards pulse-1" in planned.ok("wave", "open", "pulse-1")


def test_a_sealed_wave_on_this_machine_needs_no_https(planned: Shell) -> None:
    planned.environment["BAROGRAPH_BASE_URL"] = "http://127.0.0.1:8000"
    planned.ok("wave", "open", "pulse-1")
