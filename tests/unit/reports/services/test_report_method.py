"""The method page: settings read from where they decide, and a paragraph only for what the report holds."""

from __future__ import annotations

import datetime as dt

import pytest

from reports.services.history import History, WaveRecord
from reports.services.report_method import paragraphs, setting_lines
from reports.stats.methods import METHOD_VERSION, settings
from surveys.enums import BallotMode
from surveys.i18n import translator
from surveys.instruments.library import load

EN = translator("en")
OPENED = dt.datetime(2025, 1, 6, 9, tzinfo=dt.UTC)
HISTORY = History(
    organisation="Acme", programme="p", timezone="UTC", variances={},
    waves=(
        WaveRecord(
            slug="p-1", number=1, opened_on=OPENED.date(), closed_on=OPENED.date(), closed_at=OPENED,
            released_at=OPENED, mode=BallotMode.PROMISE, k=5, fingerprint="", policy_version="1", is_none=False,
            is_withdrawn=False, instrument=load("pulse-1"), units={}, crowds=(),
        ),
    ),
)  # fmt: skip


def method(**held: bool) -> str:
    return " ".join(each.text for each in paragraphs(HISTORY, EN, has_pressure=False, **held))


def test_the_settings_are_those_of_the_statistics_in_short_lines() -> None:
    lines = setting_lines(EN)
    found = settings()
    assert METHOD_VERSION in lines[0]
    assert "docs/methods.md" in lines[0]
    assert f"{found['window_waves']} waves at most, {found['least_waves']} at least; test at 5 %" in lines[1]
    assert f"the last {found['contrast_recent']} waves against up to {found['contrast_earlier']}" in lines[2]
    assert "move of more than 15 points" in lines[3]
    assert all(len(line) < 160 for line in lines)


def test_both_questions_and_the_rate_of_notices_are_explained_in_every_report() -> None:
    text = method()
    assert "“This wave” is about" in text
    assert "“Lasting” is about" in text
    assert "on one scale about one in ten teams gets a notice" in text


@pytest.mark.parametrize(
    ("held", "words"), [("has_levels", "No ranks are given."), ("has_bounds", "no rise is called an improvement")]
)
def test_what_a_report_does_not_hold_is_not_explained(held: str, words: str) -> None:
    assert words in method(**{held: True})
    assert words not in method()
