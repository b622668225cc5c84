"""The sample world of the calibration: teams with moods, members, turnover and silence, seen through the release.

Variances of a latent normal answer: team .08, member .42, member's week .20, item .30; five answer categories with
shares 5/12/25/40/18 %; three items; a shared mood that is an AR(1) series; turnover .8 % a wave. A wave with fewer
than five answers is not released; means are rounded and clipped as the policy says for the n band.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

from reports.disclosure.policy import clip_edges, mean_step
from reports.stats.series import Series

Floats = NDArray[np.float64]
CUTS = stats.norm.ppf(np.cumsum([0.05, 0.12, 0.25, 0.40]))
BAND_LOW = np.array([5, 8, 12, 20])
BAND_MIDDLE = np.array([6.0, 9.5, 15.5, 34.5])
STEPS = np.array([float(mean_step(int(low))) for low in BAND_LOW])
EDGES = np.array([[float(edge) for edge in clip_edges(int(low), low=1, high=5)] for low in BAND_LOW])
MOODS = {"white": (0.0, 0.0), "base": (0.2, 0.5), "strong": (0.3, 0.7)}


@dataclass(frozen=True, kw_only=True)
class World:
    """What the generator draws: ``mood`` a name of MOODS; ``shift`` and ``response`` broadcast to (teams, waves)."""

    teams: int
    waves: int
    mood: str = "base"
    invited: tuple[int, int] = (8, 10)
    shift: ArrayLike = 0.0
    response: ArrayLike = 0.75
    mood_silence: float = 0.0
    days: int = 14


def _mood(rng: np.random.Generator, world: World) -> Floats:
    deviation, phi = MOODS[world.mood]
    noise = rng.normal(size=(world.teams, world.waves))
    mood = np.empty_like(noise)
    mood[:, 0] = noise[:, 0]
    for t in range(1, world.waves):
        mood[:, t] = phi * mood[:, t - 1] + np.sqrt(1 - phi**2) * noise[:, t]
    return deviation * mood


def _members(rng: np.random.Generator, shape: tuple[int, int, int]) -> Floats:
    persons = np.sqrt(0.42) * rng.normal(size=shape)
    leaves = rng.random(shape) < 0.008
    for t in range(1, shape[1]):
        persons[:, t] = np.where(leaves[:, t], persons[:, t], persons[:, t - 1])
    return persons


def draw(rng: np.random.Generator, world: World) -> list[Series]:
    """Released series of one organisation, teams of the two sizes in turn."""
    size = max(world.invited)
    headcount = np.resize(world.invited, world.teams)
    shape = (world.teams, world.waves, size)
    shared = np.sqrt(0.08) * rng.normal(size=(world.teams, 1)) + _mood(rng, world) + np.asarray(world.shift)
    personal = _members(rng, shape) + np.sqrt(0.20) * rng.normal(size=shape) + shared[:, :, np.newaxis]
    items = personal[..., np.newaxis] + np.sqrt(0.30) * rng.normal(size=(*shape, 3))
    scores = (1 + np.searchsorted(CUTS, items)).mean(axis=3)
    odds = stats.logistic.ppf(np.broadcast_to(world.response, (world.teams, world.waves)))[:, :, np.newaxis]
    answered = rng.random(shape) < stats.logistic.cdf(odds + world.mood_silence * personal)
    answered &= np.arange(size) < headcount[:, np.newaxis, np.newaxis]
    n = answered.sum(axis=2)
    means = (scores * answered).sum(axis=2) / np.maximum(n, 1)
    band = np.maximum(np.searchsorted(BAND_LOW, n, side="right") - 1, 0)
    step = STEPS[band]
    released = np.clip(np.round(means / step) * step, EDGES[band, 0], EDGES[band, 1])
    days = np.arange(world.waves, dtype=np.float64) * world.days
    return [
        Series(
            key=f"team-{g:03d}",
            days=days[n[g] >= 5],
            values=released[g][n[g] >= 5],
            n=BAND_MIDDLE[band[g][n[g] >= 5]],
            rounding_step=step[g][n[g] >= 5],
        )
        for g in range(world.teams)
    ]


@pytest.fixture(scope="session")
def world() -> type[World]:
    return World


@pytest.fixture(scope="session")
def draw_world() -> Callable[[np.random.Generator, World], list[Series]]:
    return draw


def expected_mean(shift: float) -> float:
    """Mean answer on 1 to 5 of an average team whose latent level moved by ``shift``."""
    return float(1 + (1 - stats.norm.cdf(CUTS - shift)).sum())


def latent(points: float) -> float:
    """The latent shift that moves the mean answer by ``points``."""
    return float(optimize.brentq(lambda s: expected_mean(s) - expected_mean(0.0) - points, -4, 4))


@pytest.fixture(scope="session")
def latent_shift() -> Callable[[float], float]:
    return latent


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the reference cases that were not compared, with the reason."""
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if "test_reference_cases" in r.nodeid]
    if skipped:
        terminalreporter.section("reference cases not compared")
        for report in skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
            terminalreporter.write_line(f"{report.nodeid.rpartition('[')[2].rstrip(']')}: {reason}")
