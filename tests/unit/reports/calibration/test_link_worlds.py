"""Panels of a world have the link, the reliability and the calendar that the world promises."""

from __future__ import annotations

import numpy as np
import pytest

from reports.calibration import link_worlds
from reports.calibration.link_worlds import (
    DAYS,
    FEEDBACK,
    INDEX_SD,
    LAGS,
    LINK_WORLDS,
    PHI,
    LinkDraw,
    LinkWorld,
    autoregressive,
    draw_link,
)
from reports.calibration.worlds import Floats

LARGE = 60


def drawn(kind: str, *, r: float = 0.0, teams: int = LARGE, waves: int = 60, released: bool = False) -> LinkDraw:
    world = LinkWorld(kind=kind, teams=teams, waves=waves, r=r, released=released)
    return draw_link(np.random.default_rng(5), world)


def within(table: Floats) -> Floats:
    left: Floats = table - np.nanmean(table, axis=1, keepdims=True)
    return left


def correlation(x: Floats, y: Floats) -> float:
    known = np.isfinite(x) & np.isfinite(y)
    return float(np.corrcoef(x[known], y[known])[0, 1])


@pytest.mark.parametrize("kind", ["ar", "calendar", "missing"])
@pytest.mark.parametrize("r", [0.3, 0.5])
def test_r_is_the_correlation_within_teams(kind: str, r: float) -> None:
    panel = drawn(kind, r=r, teams=100).panel
    assert correlation(within(panel.pressure), within(panel.sentiment)) == pytest.approx(r, abs=0.07)


def test_r_and_slope_hold_through_answers_and_the_policy() -> None:
    found = drawn("ar", r=0.5, teams=30, waves=26, released=True)
    x, y = within(found.panel.pressure), within(found.panel.sentiment)
    assert correlation(x, y) == pytest.approx(0.5, abs=0.06)
    known = np.isfinite(y)
    assert float(x[known] @ y[known] / np.square(x[known]).sum()) == pytest.approx(found.slope, rel=0.12)
    # Eight are asked, three of four answer: one wave in nine has fewer than five answers.
    assert np.isnan(y).mean() == pytest.approx(0.114, abs=0.03)
    assert set(found.panel.response[known].tolist()) == {0.8125}


def test_the_true_slope_is_in_points_per_point_of_the_index() -> None:
    found = drawn("ar", r=0.3)
    assert found.slope == pytest.approx(0.3 / INDEX_SD)
    x, y = within(found.panel.pressure), within(found.panel.sentiment)
    assert float((x * y).sum() / np.square(x).sum()) == pytest.approx(found.slope, rel=0.15)


def test_series_carry_six_tenths_to_the_next_wave() -> None:
    series = autoregressive(np.random.default_rng(1), (200, 100))
    assert series.std() == pytest.approx(1.0, abs=0.02)
    assert correlation(series[:, 1:], series[:, :-1]) == pytest.approx(PHI, abs=0.02)


@pytest.mark.parametrize(("kind", "share"), [("ar", 0.0), ("calendar", 0.6)])
def test_a_calendar_is_the_share_of_pressure_in_common(kind: str, share: float) -> None:
    x = within(drawn(kind, teams=100, waves=100).panel.pressure)
    assert x.mean(axis=0).var() / x.var() == pytest.approx(share, abs=0.08)


def test_a_calendar_of_its_own_strength_moves_teams_differently() -> None:
    x = within(drawn("calendar_het", teams=100, waves=100).panel.pressure)
    common = x.mean(axis=0)
    loads = x @ common / (common @ common)
    assert loads.max() / loads.min() > 2


def test_lines_and_walks_move_teams_further_than_their_moods_do() -> None:
    plain, lines, walks = (within(drawn(kind).panel.sentiment).std() for kind in ("ar", "drift", "walk"))
    assert lines > 1.1 * plain
    assert walks > 1.1 * plain


def test_fifteen_in_a_hundred_team_waves_fall_out() -> None:
    panel = drawn("missing").panel
    gone = np.isnan(panel.pressure) | np.isnan(panel.sentiment)
    assert gone.mean() == pytest.approx(0.15, abs=0.02)
    assert np.isnan(panel.pressure).any()


def test_lagged_pressure_is_that_of_earlier_waves() -> None:
    panel = drawn("ar", teams=5, waves=12).panel
    assert panel.lagged is not None
    assert panel.lagged.shape == (LAGS, 5, 12)
    np.testing.assert_array_equal(panel.lagged[0], panel.pressure)
    np.testing.assert_array_equal(panel.lagged[3][:, 3:], panel.pressure[:, :-3])
    assert panel.days.tolist() == [DAYS * wave for wave in range(12)]


def test_feedback_runs_from_mood_to_the_next_pressure() -> None:
    found = drawn(FEEDBACK, r=0.5)
    x, y = within(found.panel.pressure), within(found.panel.sentiment)
    assert correlation(y[:, :-1], x[:, 1:]) == pytest.approx(0.5, abs=0.06)
    assert correlation(y, x) < 0.4
    assert np.isnan(found.slope)


@pytest.mark.parametrize("kind", [*LINK_WORLDS, FEEDBACK])
def test_every_size_of_the_link_sees_the_same_noise(kind: str) -> None:
    none, some = (drawn(kind, r=r, teams=5, waves=12).panel for r in (0.0, 0.3))
    assert none.sentiment.shape == (5, 12)
    known = np.isfinite(none.pressure) & np.isfinite(none.sentiment)
    np.testing.assert_array_equal(known, np.isfinite(some.pressure) & np.isfinite(some.sentiment))
    if kind != FEEDBACK:
        np.testing.assert_array_equal(none.pressure, some.pressure)


def test_a_world_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="calm is none of"):
        drawn("calm")


def test_reliability_of_released_means_is_that_of_the_short_way() -> None:
    """The share of variance of released means within teams that the mood explains."""
    rng = np.random.default_rng(2)
    world = LinkWorld(kind="ar", teams=30, waves=26, released=True)
    latent = link_worlds._latent(rng, world)
    sentiment, _, _ = link_worlds._answers(rng, world, latent, np.zeros((30, 1)))
    mood = np.where(np.isfinite(sentiment), latent.mood, np.nan)
    found = correlation(within(mood), within(sentiment)) ** 2
    assert found == pytest.approx(link_worlds.RELIABILITY, abs=0.06)
