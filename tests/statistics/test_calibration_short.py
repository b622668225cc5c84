"""Error rates of the trend on released values, by seeded simulation; bars of docs/methods.md, "Calibration"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from reports.stats.results import TrendResult
from reports.stats.series import Series
from reports.stats.trend import fit
from reports.stats.verdicts import judge, response_moved

Draw = Callable[[np.random.Generator, Any], list[Series]]
pytestmark = pytest.mark.slow


def trends(series: list[Series]) -> list[TrendResult]:
    return [r for r in fit(series).results.values() if isinstance(r, TrendResult)]


@pytest.mark.parametrize(
    ("mood", "waves", "bar"),
    [
        ("white", 12, 0.07),
        ("base", 12, 0.07),
        ("strong", 12, 0.11),
        ("white", 26, 0.10),
        ("base", 26, 0.10),
        ("strong", 26, 0.10),
    ],
)
def test_fifty_teams_without_change_are_rarely_called_changed(
    world: Any, draw_world: Draw, mood: str, waves: int, bar: float
) -> None:
    rng = np.random.default_rng([7, waves])
    found = [r for _ in range(6) for r in trends(draw_world(rng, world(teams=50, waves=waves, mood=mood)))]
    assert np.mean([r.p < 0.05 for r in found]) <= bar
    assert np.mean([r.change.low <= 0 <= r.change.high for r in found]) >= 0.89


@pytest.mark.parametrize("teams", [1, 5])
def test_few_teams_without_change_are_rarely_called_changed(world: Any, draw_world: Draw, teams: int) -> None:
    rng = np.random.default_rng([8, teams])
    found = [r for _ in range(60 // teams) for r in trends(draw_world(rng, world(teams=teams, waves=12, mood="base")))]
    assert np.mean([r.p < 0.05 for r in found]) <= 0.14
    assert np.mean([r.change.low <= 0 <= r.change.high for r in found]) >= 0.86


def test_teams_of_very_different_sizes_keep_the_error_rate(world: Any, draw_world: Draw) -> None:
    rng = np.random.default_rng(9)
    found = [r for _ in range(4) for r in trends(draw_world(rng, world(teams=50, waves=12, invited=(8, 40))))]
    assert np.mean([r.p < 0.05 for r in found]) <= 0.10


def test_a_lasting_fall_is_seen_and_its_size_is_given(
    world: Any, draw_world: Draw, latent_shift: Callable[[float], float]
) -> None:
    """One of 32 teams falls by 1.5 points from wave 16 of 26 on and stays there."""
    rng = np.random.default_rng(10)
    shift = np.zeros((32, 26))
    shift[0, 15:] = latent_shift(-1.5)
    fits = [fit(draw_world(rng, world(teams=32, waves=26, shift=shift))).results for _ in range(12)]
    team = [f["team-000"] for f in fits]
    amounts = np.array([r.amount.estimate for r in team if isinstance(r, TrendResult)])
    assert np.mean([judge(f)["team-000"].verdict == "falling" for f in fits]) >= 0.85
    assert abs(amounts.mean() + 1.5) < 0.2
    inside = [r.amount.low <= -1.5 <= r.amount.high for r in team if isinstance(r, TrendResult)]
    assert np.mean(inside) >= 0.85
    days = [r.shift.since_day for r in team if isinstance(r, TrendResult)]
    assert np.median(np.abs(np.array(days) - 15 * 14)) <= 14


def test_the_printed_detectable_change_is_the_simulated_one(
    world: Any, draw_world: Draw, latent_shift: Callable[[float], float]
) -> None:
    """Power crosses 80 % between 0.8 and 1.2 times the printed figure, where every team changes by that much."""
    rng = np.random.default_rng(11)
    printed = np.mean([r.mde80 for _ in range(2) for r in trends(draw_world(rng, world(teams=50, waves=12)))])

    def power(change: float) -> float:
        ramp = np.linspace(-0.5, 0.5, 12) * 2 * latent_shift(-change / 2)
        found = [r for _ in range(3) for r in trends(draw_world(rng, world(teams=50, waves=12, shift=ramp)))]
        return float(np.mean([r.p < 0.05 for r in found]))

    assert power(0.8 * printed) < 0.8 < power(1.2 * printed)


def test_falling_response_is_not_sold_as_improvement(world: Any, draw_world: Draw) -> None:
    """Those who suffer fall silent: response goes from 95 to 55 % with odds that depend on mood."""
    rng = np.random.default_rng(12)
    rates = np.linspace(0.95, 0.55, 12)
    said = []
    for _ in range(4):
        series = draw_world(rng, world(teams=30, waves=12, response=rates, mood_silence=1.0, invited=(10, 14)))
        bands = [(0.75, 1.0) if r > 0.75 else (0.5, 0.75) for r in rates]
        moved = {s.key: response_moved(bands) for s in series}
        said += [j.may_say_improving for j in judge(fit(series).results, response_moved=moved).values()]
    assert np.mean(said) <= 0.10
