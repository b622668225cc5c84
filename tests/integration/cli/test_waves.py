"""Commands for the life of a wave, its mail, its reports and its exports."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from app.cli import frame
from tests.integration.cli.conftest import Shell

OPENS = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)
CLOSES = OPENS + dt.timedelta(days=7)
RELEASES = CLOSES + dt.timedelta(days=1)


class Clock:
    def __init__(self) -> None:
        self.now = OPENS


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(frame, "now", lambda: made.now)
    return made


@pytest.fixture
def opened(organised: Shell, clock: Clock) -> Shell:
    clock.now = OPENS - dt.timedelta(days=1)
    organised.ok("wave", "plan", "pulse")
    clock.now = OPENS
    organised.ok("wave", "open", "pulse-1")
    return organised


def links(shell: Shell) -> list[str]:
    texts = [path.read_text().replace("=\n", "") for path in sorted((shell.folder / "data" / "mail").iterdir())]
    return [found for text in texts for found in re.findall(r"https://\S+", text)]


def test_a_wave_is_planned_by_its_rhythm_once(organised: Shell, clock: Clock) -> None:
    clock.now = OPENS - dt.timedelta(days=1)
    planned = organised.json("wave", "plan", "pulse")
    assert isinstance(planned, dict)
    assert (planned["wave"], planned["opens_at"]) == ("pulse-1", "2026-01-05T09:00:00+00:00")
    assert "already planned" in organised.refused("wave", "plan", "pulse")
    assert "no programme" in organised.refused("wave", "plan", "nope")


def test_an_open_wave_shows_its_promises_and_no_answer(opened: Shell) -> None:
    shown = opened.json("wave", "show", "pulse-1")
    assert isinstance(shown, dict)
    assert shown["status"] == "open"
    assert shown["key_exists"] is True
    assert len(shown["fingerprint"]) == 64
    assert len(shown["fingerprint_words"].split()) == 8
    assert (shown["mode"], shown["second_lock"], shown["keys_apart"]) == ("sealed", None, False)
    assert (shown["is_within_papers"], shown["previous"], shown["is_waiting"]) == (None, None, False)
    assert sum(crowd["invited"] for crowd in shown["crowds"]) == 17
    assert not [key for key in shown if "answer" in key or "ballot" in key]
    text = opened.ok("wave", "show", "pulse-1")
    for part in (shown["fingerprint_words"], shown["fingerprint"], "Wave key", "exists", "locked in the browser",
                 "machine snapshots made while open could be opened"):  # fmt: skip
        assert part in text


def test_a_mailing_goes_to_everyone_once(opened: Shell) -> None:
    sent = {"wave": "pulse-1", "kind": "invitation", "sent": 17, "refused": 0, "waiting": 0}
    assert opened.json("wave", "mail", "pulse-1") == sent
    assert opened.json("wave", "mail", "pulse-1") == {**sent, "sent": 0}
    assert len(set(links(opened))) == 17
    assert opened.run("wave", "mail", "pulse-1", "--kind", "spam").exit_code == 2


def test_a_new_link_is_mailed_to_those_invited_only(opened: Shell) -> None:
    opened.ok("wave", "mail", "pulse-1")
    opened.ok("invite", "resend", "A1@x.example")
    assert len(set(links(opened))) == 18
    assert "Nobody with the address" in opened.refused("invite", "resend", "stranger@x.example")


def test_illegal_moves_are_refused_with_a_sentence(opened: Shell, clock: Clock) -> None:
    assert opened.refused("wave", "open", "pulse-1")
    assert opened.refused("wave", "release", "pulse-1")
    assert opened.refused("wave", "withdraw", "pulse-1", "--reason", "changed our mind")
    assert opened.refused("wave", "show", "pulse-9")
    assert opened.run("wave", "withdraw", "pulse-1").exit_code == 2
    clock.now = CLOSES
    opened.ok("wave", "close", "pulse-1")
    assert "13 Jan 2026" in opened.refused("wave", "release", "pulse-1")


def test_a_wave_that_nobody_answers_is_released_without_figures(opened: Shell, clock: Clock) -> None:
    clock.now = CLOSES
    assert "Too few answered" in opened.ok("wave", "close", "pulse-1")
    assert opened.json("wave", "close", "pulse-1")["none"] is True  # type: ignore[index,call-overload]
    clock.now = RELEASES
    assert opened.json("wave", "release", "pulse-1")["already"] is False  # type: ignore[index,call-overload]
    assert opened.json("wave", "release", "pulse-1")["already"] is True  # type: ignore[index,call-overload]
    shown = opened.json("wave", "show", "pulse-1")
    assert isinstance(shown, dict)
    assert (shown["status"], shown["key_exists"], shown["is_within_papers"]) == ("released", False, True)
    assert shown["key_destroyed_at"] == "2026-01-12T09:00:00+00:00"
    text = opened.ok("wave", "show", "pulse-1")
    assert re.search(r"Wave key +does not exist", text)
    assert re.search(r"Ballots within papers +yes", text)
    audited = opened.json("wave", "audit", "pulse-1")
    assert isinstance(audited, dict)
    assert (audited["wave"], audited["passed"], audited["lines"]) == ("pulse-1", True, [])
    assert "without figures" in opened.ok("wave", "audit", "pulse-1")
    assert "released" in opened.ok("wave", "list", "--programme", "pulse")


def test_a_planned_wave_is_withdrawn_with_its_reason(organised: Shell, clock: Clock) -> None:
    clock.now = OPENS - dt.timedelta(days=1)
    organised.ok("wave", "plan", "pulse")
    organised.ok("wave", "withdraw", "pulse-1", "--reason", "The works council asked for time.")
    shown = organised.json("wave", "show", "pulse-1")
    assert isinstance(shown, dict)
    assert shown["withdrawn_reason"] == "The works council asked for time."


def test_nothing_released_is_refused_and_wrong_usage_is_told(organised: Shell, tmp_path: Path) -> None:
    assert "released" in organised.refused("report", "a")
    assert "released" in organised.refused("export", "--format", "csv", "--out", tmp_path / "x.csv")
    assert organised.run("report").exit_code == 2
    assert organised.run("report", "a", "--all").exit_code == 2
    assert organised.run("report", "a", "--dir", "x").exit_code == 2
    assert organised.run("export", "--format", "xml", "--out", "x").exit_code == 2
