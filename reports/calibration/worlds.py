"""A described organisation and a random generator in, its waves out: as released by the policy, and as they truly were.

Answers are cut from a latent normal variable: team .08, member .42, member's week .20, item .30, and a mood that all
members of a team share, an AR(1) series over the waves; three items per scale in five categories. A mood comes and goes
and is no change; a lasting step or slope is one (docs/calibration.md). What is released is made as
``reports.disclosure`` makes it: items rounded and clipped by the lower end of the n band, a scale from its released
items, no figure under five answers, n as a band.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from reports.disclosure.policy import K_DEFAULT, clip_edges, declared_variance, mean_step, n_band
from reports.stats.estimate import band_midpoint
from reports.stats.series import Series

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

TEAM, MEMBER, WEEK, ITEM = 0.08, 0.42, 0.20, 0.30
ITEMS = 3
CUTS: Floats = special.ndtri(np.cumsum([0.05, 0.12, 0.25, 0.40]))
TURNOVER = 0.008
RESPONSE = 0.75
# How much of each variance but the item's two scales of one questionnaire share.
SHARED_BY_SCALES = 0.5


@dataclass(frozen=True, kw_only=True)
class Mood:
    """What all members of a team share: standard deviation (latent) and autocorrelation from wave to wave."""

    deviation: float
    phi: float


MOODS: Mapping[str, Mood] = {
    "white": Mood(deviation=0.0, phi=0.0),
    "base": Mood(deviation=0.2, phi=0.5),
    "strong": Mood(deviation=0.3, phi=0.7),
}


@dataclass(frozen=True, kw_only=True)
class World:
    """One organisation to draw.

    ``invited``: sizes of the teams in turn. ``shift`` (latent) and ``response`` (share who answer) broadcast to
    (teams, waves). ``silence``: log odds of answering per standard deviation of how a member feels. ``moodiness``
    multiplies the deviation of the moods, broadcast to (teams,). ``missing``: share of team waves that fell out.
    ``days``: between waves. ``scales`` of one questionnaire are answered by the same people.
    """

    teams: int
    waves: int
    mood: Mood = MOODS["base"]
    invited: tuple[int, ...] = (8,)
    shift: ArrayLike = 0.0
    response: ArrayLike = RESPONSE
    silence: float = 0.0
    moodiness: ArrayLike = 1.0
    missing: float = 0.0
    turnover: float = TURNOVER
    days: float = 14.0
    scales: int = 1


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What a world came to; NaN where no figure was released. Scale points on 1 to 5.

    (s, g, t) by scale, team, wave: ``released`` means, ``step`` of whose rounding error they carry the variance, and
    beside them ``exact`` means, those of a ``single`` item, the ``favourable`` share of all item answers (4 and 5) and
    the sample ``variance`` of scale scores; ``truth`` is the mean of all members, silent ones too, and never NaN.
    (g, t): true ``answers``, ``low`` and ``high`` of the n band, its ``middle``. ``clipped`` (s, g, t, 2): the value
    is to be read as "or less", "or more". ``invited`` (g,), ``days`` (t,).
    """

    released: Floats
    step: Floats
    clipped: NDArray[np.bool_]
    exact: Floats
    single: Floats
    favourable: Floats
    variance: Floats
    truth: Floats
    answers: Floats
    low: Floats
    high: Floats
    middle: Floats
    invited: Counts
    days: Floats

    def series(self, scale: int = 0) -> list[Series]:
        """Released series of a scale, one per team, keyed ``team-000`` and so on; a team without values has none."""
        values = self.released[scale]
        found = []
        for g in range(values.shape[0]):
            rows = np.isfinite(values[g])
            found.append(
                Series(
                    key=f"team-{g:03d}",
                    days=self.days[rows],
                    values=values[g][rows],
                    n=self.middle[g][rows],
                    rounding_step=self.step[scale, g][rows],
                )
            )
        return found

    def within_variance(self, scale: int = 0) -> float:
        """Pooled within-team variance of the last wave's scale scores as a release declares it, in squared points."""
        variance, n = self.variance[scale, :, -1], self.answers[:, -1]
        rows = np.isfinite(variance)
        if not rows.any():
            return declared_variance(0.0)
        return declared_variance(float(np.average(variance[rows], weights=n[rows] - 1)))

    def response_bands(self, team: int) -> list[tuple[float, float]]:
        """Released response of a team, wave by wave: ends of the n band over the invited number."""
        rows = np.isfinite(self.low[team])
        size = float(self.invited[team])
        ends = zip(self.low[team][rows], self.high[team][rows], strict=True)
        return [(float(min(1.0, low / size)), float(min(1.0, high / size))) for low, high in ends]


def draw(rng: np.random.Generator, world: World) -> Drawn:
    """Draw one organisation; the same generator state gives the same organisation."""
    headcount = np.resize(np.array(world.invited, dtype=np.int64), world.teams)
    size = int(headcount.max())
    feelings = _feelings(rng, world, size)  # (s, g, t, m)
    items = 1 + np.searchsorted(
        CUTS, feelings[..., np.newaxis] + np.sqrt(ITEM) * rng.standard_normal((*feelings.shape, ITEMS))
    )
    present = np.arange(size) < headcount[:, np.newaxis, np.newaxis]
    answered = present & _answering(rng, world, feelings[0])
    n = answered.sum(axis=2)
    n[rng.random(n.shape) < world.missing] = 0
    return _release(items, answered, np.broadcast_to(present, answered.shape), n, world)


def _feelings(rng: np.random.Generator, world: World, size: int) -> Floats:
    """How each member feels in each wave, latent, (scales, teams, waves, members)."""
    common = _components(rng, world, size) if world.scales > 1 else np.zeros(1)
    share = SHARED_BY_SCALES if world.scales > 1 else 0.0
    own = [np.sqrt(share) * common + np.sqrt(1 - share) * _components(rng, world, size) for _ in range(world.scales)]
    shift = np.broadcast_to(np.asarray(world.shift, dtype=np.float64), (world.scales, world.teams, world.waves))
    return np.asarray(np.stack(own) + shift[..., np.newaxis])


def _components(rng: np.random.Generator, world: World, size: int) -> Floats:
    team = np.sqrt(TEAM) * rng.standard_normal((world.teams, 1))
    scale = world.mood.deviation * np.broadcast_to(np.asarray(world.moodiness, dtype=np.float64), (world.teams,))
    mood = scale[:, np.newaxis] * _autoregressive(rng, (world.teams, world.waves), world.mood.phi)
    shape = (world.teams, world.waves, size)
    week = np.sqrt(WEEK) * rng.standard_normal(shape)
    return np.asarray((team + mood)[:, :, np.newaxis] + _members(rng, shape, world.turnover) + week)


def _autoregressive(rng: np.random.Generator, shape: tuple[int, int], phi: float) -> Floats:
    """Stationary AR(1) rows of variance 1."""
    series: Floats = rng.standard_normal(shape)
    for t in range(1, shape[1]):
        series[:, t] = phi * series[:, t - 1] + np.sqrt(1 - phi**2) * series[:, t]
    return series


def _members(rng: np.random.Generator, shape: tuple[int, int, int], turnover: float) -> Floats:
    """What stays with a person; in each wave a share ``turnover`` of the places is taken by somebody else."""
    persons: Floats = np.sqrt(MEMBER) * rng.standard_normal(shape)
    leaves = rng.random(shape) < turnover
    for t in range(1, shape[1]):
        persons[:, t] = np.where(leaves[:, t], persons[:, t], persons[:, t - 1])
    return persons


def _answering(rng: np.random.Generator, world: World, feelings: Floats) -> NDArray[np.bool_]:
    rate = np.broadcast_to(np.asarray(world.response, dtype=np.float64), feelings.shape[:2])
    odds = special.logit(rate)[:, :, np.newaxis]
    score = feelings / np.sqrt(TEAM + MEMBER + WEEK)
    return np.asarray(rng.random(feelings.shape) < special.expit(odds + world.silence * score))


def _release(items: Counts, answered: NDArray[np.bool_], present: NDArray[np.bool_], n: Counts, world: World) -> Drawn:
    headcount = present[:, 0].sum(axis=1)
    table = _policy_table(headcount, int(n.max()))
    size = np.arange(world.teams)[:, np.newaxis]
    low, high, middle, step, floor, ceiling = (part[size, n] for part in table)  # (g, t), NaN under five answers
    counted = np.maximum(n, 1)
    totals: Floats = (items * answered[..., np.newaxis]).sum(axis=3).astype(np.float64)  # (s, g, t, item)
    # Steps are 1/5, 1/10, 1/50, 1/100: counted in steps every value is a whole number, and halves are exact.
    per_point = np.round(1 / step)[..., np.newaxis]
    whole = np.clip(np.round(totals * per_point / counted[..., np.newaxis]), floor[..., None], ceiling[..., None])
    scores = items.mean(axis=4)
    exact = (totals.sum(axis=3) / ITEMS) / counted
    spread = (np.square(scores - exact[..., np.newaxis]) * answered).sum(axis=3) / np.maximum(n - 1, 1)
    shown = np.where(np.isfinite(low), 1.0, np.nan)
    favourable = ((items >= 4).sum(axis=4) * answered).sum(axis=3) / (ITEMS * counted)
    return Drawn(
        released=np.round(whole.mean(axis=3)) / per_point[..., 0],
        step=np.broadcast_to(step * np.sqrt(1 + 1 / ITEMS), exact.shape),
        clipped=np.stack([(whole <= floor[..., None]).any(axis=3), (whole >= ceiling[..., None]).any(axis=3)], axis=3),
        exact=exact * shown,
        single=totals[..., 0] / counted * shown,
        favourable=favourable * shown,
        variance=spread * shown,
        truth=(scores * present).sum(axis=3) / present.sum(axis=2),
        answers=np.asarray(n * shown, dtype=np.float64),
        low=low,
        high=high,
        middle=middle,
        invited=headcount,
        days=np.arange(world.waves, dtype=np.float64) * world.days,
    )


def _policy_table(headcount: Counts, most: int) -> tuple[Floats, ...]:
    """Low and high end and middle of the n band, step, lowest and highest value in steps, each (team, n)."""
    sizes, inverse = np.unique(headcount, return_inverse=True)
    table = np.full((sizes.size, 6, max(most, int(sizes.max())) + 1), np.nan)
    for place, size in enumerate(sizes.tolist()):
        table[place, :, : size + 1] = _policy_rows(size)
    return tuple(table[inverse].transpose(1, 0, 2))


@lru_cache(maxsize=512)
def _policy_rows(invited: int) -> Floats:
    """The same of one size, (6, n)."""
    rows = np.full((6, invited + 1), np.nan)
    for n in range(K_DEFAULT, invited + 1):
        band = n_band(n, invited=invited)
        step = mean_step(band.low)
        floor, ceiling = clip_edges(band.low, low=1, high=5)
        middle = band_midpoint(band.low, band.high, invited)
        rows[:, n] = (band.low, band.high, middle, float(step), float(floor / step), float(ceiling / step))
    return rows


def expected_mean(shift: float) -> float:
    """Mean answer on 1 to 5 of an average team whose latent level moved by ``shift``."""
    return float(1 + special.ndtr(shift - CUTS).sum())


@lru_cache(maxsize=1024)
def latent(points: float) -> float:
    """The latent shift that moves an average team's mean answer by ``points``. ValueError beyond the scale."""
    return float(optimize.brentq(lambda s: expected_mean(s) - expected_mean(0.0) - points, -8, 8))


def ramp(points: float, waves: int) -> Floats:
    """Latent shifts (t,) of a steady change by ``points`` over the window, half of it before its middle."""
    return np.asarray(np.linspace(latent(-points / 2), latent(points / 2), waves), dtype=np.float64)


def step(points: float, waves: int, start: int) -> Floats:
    """Latent shifts (t,) of a lasting step by ``points`` from row ``start`` on."""
    return np.where(np.arange(waves) >= start, latent(points), 0.0)


FALLING_FROM, FALLING_TO = 0.95, 0.55
SILENCE = (0.5, 1.0)
DIP_POINTS, DIP_WAVES = -0.4, 2
FLOOR_POINTS = -1.4
MOODY_FACTOR = 12.0
HIGH_TURNOVER = 0.03
MISSING = 0.25

EXTRA_WORLDS = ("silence", "moody", "missing", "season", "floor", "turnover")
"""The worlds beside the three moods; each is 'base' with one assumption broken."""

ALL_WORLDS = (*MOODS, *EXTRA_WORLDS)


def scenario(name: str, *, teams: int, waves: int, invited: tuple[int, ...] = (8,)) -> World:
    """A world of :data:`ALL_WORLDS` without a lasting change. ValueError for a name that is none.

    silence: response falls from 95 to 55 % while those who feel worse answer less (odds e^1 per standard deviation);
    moody: every other team's mood has 12 times the variance; missing: a quarter of the team waves fell out; season:
    all teams dip by .4 points for two waves a year; floor: the level is 1.4 points lower; turnover: 3 % a wave.
    """
    base = World(teams=teams, waves=waves, invited=invited)
    if name in MOODS:
        return replace(base, mood=MOODS[name])
    if name not in EXTRA_WORLDS:
        raise ValueError(f"{name} is none of {', '.join(ALL_WORLDS)}")
    every_other = np.where(np.arange(teams) % 2 == 0, np.sqrt(MOODY_FACTOR), 1.0)
    changes: Mapping[str, World] = {
        "silence": replace(base, response=np.linspace(FALLING_FROM, FALLING_TO, waves), silence=SILENCE[-1]),
        "moody": replace(base, moodiness=every_other),
        "missing": replace(base, missing=MISSING),
        "season": replace(base, shift=_dip(waves)),
        "floor": replace(base, shift=latent(FLOOR_POINTS)),
        "turnover": replace(base, turnover=HIGH_TURNOVER),
    }
    return changes[name]


def _dip(waves: int) -> Floats:
    """Two waves at two thirds of the window, as around the turn of a year."""
    start = waves * 2 // 3
    rows = np.arange(waves)
    return np.where((rows >= start) & (rows < start + DIP_WAVES), latent(DIP_POINTS), 0.0)
