"""A described panel of teams and a random generator in, pressure and sentiment of which the true link is known out.

The worlds of the research note on roadmap pressure, 5.3. Pressure and mood are AR(1) series with .6 per wave; what is
released is the mood plus noise, reliability .7. ``r`` is the correlation of pressure with what is released, within a
team, noise and a common calendar included but not what drifts. On the short way sentiment is a number with normal
noise; on the ``released`` way a team of eight answers a questionnaire and the disclosure policy rounds, clips and
withholds (:mod:`reports.calibration.worlds`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from reports.calibration.worlds import Floats, Mood, World, draw, expected_mean
from reports.stats.link_results import Cells, LinkPanel
from surveys.i18n import Message

PHI = 0.6
RELIABILITY = 0.7
PRESSURE_SHARED = 0.6
MOOD_SHARED = 0.3
STRENGTHS = (0.5, 1.5)
# How far a team's line runs, in SDs of its series: least squares then errs as often as in the note (drift, 5 by 26).
DRIFT = 0.7
# SD of what a random walk adds by its end.
WALK = 2.0
MISSING_SENTIMENT, MISSING_PRESSURE = 0.10, 0.055
LAGS = 9
DAYS = 14.0
# The index as it reads: around 45, moving by 12 points within a team.
INDEX_LEVEL, INDEX_SD = 45.0, 12.0
TEAM_SD = 1.0
# Latent SD of the mood of eight people with which their released means have reliability .7.
RELEASED_MOOD = 0.48
INVITED = (8,)
NO_MOOD = Mood(deviation=0.0, phi=0.0)

LINK_WORLDS: Mapping[str, Message] = {
    "ar": Message("slow moods and slow pressure, nothing else"),
    "drift": Message("as ar, each team's pressure and mood follow unrelated straight lines"),
    "walk": Message("as ar, each team's pressure and mood carry unrelated random walks"),
    "calendar": Message("as ar, 60 % of pressure and 30 % of mood are common to all teams, unrelated to each other"),
    "calendar_het": Message("as calendar, with a strength of its own for each team"),
    "missing": Message("as calendar, 15 % of the team-waves fell out"),
}
"""What each world assumes; the true link comes on top."""

FEEDBACK = "feedback"
"""The link runs the other way: pressure is made by the mood of the wave before. Not one of the worlds to ask for."""


@dataclass(frozen=True, kw_only=True)
class LinkWorld:
    """One panel to draw: ``r`` is the true correlation within teams, ``released`` takes the way through answers."""

    kind: str
    teams: int
    waves: int
    r: float = 0.0
    released: bool = False


@dataclass(frozen=True, kw_only=True)
class LinkDraw:
    """A panel, and the true ``slope`` in points of sentiment per point of the index (NaN where there is no one truth).

    ``slope`` is that of the same wave. On the released way it is the mean slope of the answers' S-shaped curve.
    """

    panel: LinkPanel
    slope: float


class _Latent(NamedTuple):
    """Pressure (teams, waves and 8 before) and mood (teams, waves), variance 1 but for drifts; ``link`` ties them."""

    pressure: Floats
    mood: Floats
    link: float


def draw_link(rng: np.random.Generator, world: LinkWorld) -> LinkDraw:
    """Draw one panel; the same generator state gives the same noise for every ``r``. ValueError for an unknown kind."""
    if world.kind not in LINK_WORLDS and world.kind != FEEDBACK:
        raise ValueError(f"{world.kind} is none of {', '.join(LINK_WORLDS)}")
    latent = _feedback(rng, world) if world.kind == FEEDBACK else _latent(rng, world)
    levels = TEAM_SD * rng.standard_normal((2, world.teams, 1))
    sentiment, response, slope = _answers(rng, world, latent, levels[1])
    index = INDEX_LEVEL + INDEX_SD * (latent.pressure + levels[0])
    if world.kind == "missing":
        chance = rng.random(sentiment.shape)
        sentiment = np.where(chance < MISSING_SENTIMENT, np.nan, sentiment)
        gone = (chance >= MISSING_SENTIMENT) & (chance < MISSING_SENTIMENT + MISSING_PRESSURE)
        index[:, LAGS - 1 :] = np.where(gone, np.nan, index[:, LAGS - 1 :])
    return LinkDraw(panel=_panel(world, index, sentiment, response), slope=slope / INDEX_SD)


def _latent(rng: np.random.Generator, world: LinkWorld) -> _Latent:
    long = (world.teams, world.waves + LAGS - 1)
    link = world.r / math.sqrt(RELIABILITY)
    pressure, own = autoregressive(rng, long), autoregressive(rng, (world.teams, world.waves))
    if world.kind in {"calendar", "calendar_het", "missing"}:
        strength = rng.uniform(*STRENGTHS, (2, world.teams, 1)) if world.kind == "calendar_het" else np.ones((2, 1, 1))
        pressure = _mixed(autoregressive(rng, (1, long[1])) * strength[0], pressure, PRESSURE_SHARED)
        own = _mixed(autoregressive(rng, (1, world.waves)) * strength[1], own, MOOD_SHARED)
    own *= math.sqrt(1 - link**2)
    if world.kind == "drift":
        pressure, own = (table + DRIFT * _line(rng, table.shape) for table in (pressure, own))
    if world.kind == "walk":
        pressure, own = (table + WALK * _walk(rng, table.shape) for table in (pressure, own))
    return _Latent(pressure, link * pressure[:, LAGS - 1 :] + own, link)


def _feedback(rng: np.random.Generator, world: LinkWorld) -> _Latent:
    """Pressure of a wave made by the mood of the wave before, with the correlation that ``r`` asks for."""
    link = world.r / math.sqrt(RELIABILITY)
    mood = autoregressive(rng, (world.teams, world.waves + LAGS))
    own = autoregressive(rng, (world.teams, world.waves + LAGS - 1))
    return _Latent(link * mood[:, :-1] + math.sqrt(1 - link**2) * own, mood[:, LAGS:], math.nan)


def _mixed(common: Floats, own: Floats, share: float) -> Floats:
    mixed: Floats = math.sqrt(share) * common + math.sqrt(1 - share) * own
    return mixed


def _line(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """A straight line per team, SD 1 over its waves and teams."""
    time = np.linspace(-math.sqrt(3), math.sqrt(3), shape[1])
    line: Floats = rng.standard_normal((shape[0], 1)) * time
    return line


def _walk(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    walk: Floats = np.cumsum(rng.standard_normal(shape), axis=1) / math.sqrt(shape[1])
    return walk


def autoregressive(rng: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Stationary AR(1) rows of variance 1 with :data:`PHI`."""
    series: Floats = rng.standard_normal(shape)
    fresh = math.sqrt(1 - PHI**2)
    for t in range(1, shape[1]):
        series[:, t] = PHI * series[:, t - 1] + fresh * series[:, t]
    return series


def _answers(
    rng: np.random.Generator, world: LinkWorld, latent: _Latent, levels: Floats
) -> tuple[Floats, Floats, float]:
    """Sentiment, response and the true slope per SD of pressure; all cells (teams, waves)."""
    if not world.released:
        noise = math.sqrt(1 - RELIABILITY) * rng.standard_normal(latent.mood.shape)
        sentiment = math.sqrt(RELIABILITY) * latent.mood + noise + levels
        return sentiment, np.full(sentiment.shape, 0.8), math.sqrt(RELIABILITY) * latent.link
    shift = RELEASED_MOOD * latent.mood
    drawn = draw(rng, World(teams=world.teams, waves=world.waves, mood=NO_MOOD, invited=INVITED, shift=shift))
    response = drawn.middle / drawn.invited[:, np.newaxis]
    return drawn.released[0], response, RELEASED_MOOD * latent.link * _mean_slope(shift)


def _mean_slope(shift: Floats) -> float:
    """Points of the mean answer per unit of the latent shift, over 33 even quantiles of the shifts."""
    places = np.quantile(shift, np.linspace(1, 65, 33) / 66)
    return float(np.mean([(expected_mean(s + 0.01) - expected_mean(s - 0.01)) / 0.02 for s in places.tolist()]))


def _panel(world: LinkWorld, index: Floats, sentiment: Floats, response: Floats) -> LinkPanel:
    shape = sentiment.shape
    everywhere: Cells = np.ones(shape, dtype=np.bool_)
    last = LAGS - 1
    return LinkPanel(
        keys=tuple(f"team-{g:03d}" for g in range(world.teams)),
        days=np.arange(world.waves, dtype=np.float64) * DAYS,
        pressure=index[:, last:],
        sentiment=sentiment,
        mask=everywhere,
        coverage=np.ones(shape),
        response=response,
        segments=np.zeros(shape, dtype=np.int64),
        lagged=np.stack([index[:, last - lag : index.shape[1] - lag] for lag in range(LAGS)]),
    )
