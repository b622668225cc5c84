"""Noisy levels of many units in, levels moved towards the organisation's and what may be said about each out.

Model: level_g ~ N(mu, tau^2), y_g ~ N(level_g, v_g) with known v_g. Between-unit variance by DerSimonian & Laird 1986,
Paule & Mandel 1982 or restricted maximum likelihood; estimates mu + B_g (y_g - mu), B_g = tau^2 / (tau^2 + v_g); likely
ranges by Morris 1983 (JASA 78:47, section 5) or, in the product, averaged over tau^2 under a flat prior (Morris & Lysy
2012, Stat. Sci. 27:115). Checked against R metafor (reference case eb_dl_bh1996) and the batting averages of Efron &
Morris (JASA 1975, Scientific American 1977). The v_g of the product is that of the process (see recent_levels).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from reports.stats.covariance import correlation
from reports.stats.multiplicity import benjamini_hochberg
from reports.stats.pooling import SMALL_PRIOR_SHARE
from reports.stats.results import Estimand, Floats, Interval, Posterior
from reports.stats.series import Batch, Series, batches, windows

Method = Literal["paule-mandel", "dersimonian-laird", "reml"]

RECENT_WAVES = 4
# From four units on tau^2 can be averaged over (its likelihood has a finite integral); five leave some certainty.
LEAST_UNITS = 5
LEAST_SHRUNK = 4
GRID_POINTS = 128
LEVEL_FALSE_DISCOVERY_RATE = 0.10
# Fourth root of the precision of doubles: the default of R's uniroot, which metafor leaves as it is.
METAFOR_TOLERANCE = float(np.finfo(np.float64).eps) ** 0.25
EXACT = 1e-14


@dataclass(frozen=True, kw_only=True)
class Shrunk:
    """Empirical-Bayes estimates of k units, in the unit of y; arrays (k,).

    ``mu`` is the mean over units, each with weight 1 / (v + tau2), not over people; ``se_mu`` its standard error;
    ``q`` Cochran's heterogeneity with fixed weights. ``weights`` is what each unit keeps of its own distance from mu,
    ``variances`` Morris' squared standard error, which includes that mu and tau2 are estimated.
    """

    mu: float
    se_mu: float
    tau2: float
    q: float
    estimates: Floats
    variances: Floats
    weights: Floats

    def intervals(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Ends of Morris' normal range at ``level``, each (k,)."""
        half = float(special.ndtri((1 + level) / 2)) * np.sqrt(self.variances)
        return self.estimates - half, self.estimates + half


class LevelStanding(StrEnum):
    """All that may be said about a unit beside its organisation; there are no ranks.

    CLEARLY_BELOW and CLEARLY_ABOVE: Benjamini-Hochberg over all units compared rejects "this unit's level is the
    organisation's" at 10 %, and the shrunk likely range leaves out the organisation's level. Else NOT_DISTINGUISHABLE.
    """

    CLEARLY_BELOW = "clearly_below"
    NOT_DISTINGUISHABLE = "not_distinguishable"
    CLEARLY_ABOVE = "clearly_above"


@dataclass(frozen=True, kw_only=True)
class RecentLevel:
    """Plain mean of a unit's last few released waves and its variance as an estimate of the lasting level.

    ``variance`` in squared points, ``df`` its degrees of freedom, ``waves`` how many released waves are in it.
    """

    key: str
    estimate: float
    variance: float
    waves: int
    df: float = np.inf


@dataclass(frozen=True, kw_only=True)
class TeamLevel:
    """A unit's level beside the organisation's.

    ``raw`` is the mean of its recent waves, ``interval`` the shrunk level with its range, ``weight`` the share of its
    own distance that it keeps (both averaged over tau^2); ``p`` and ``p_adjusted`` belong to "its level is the
    organisation's".
    """

    key: str
    raw: float
    interval: Interval
    weight: float
    p: float
    p_adjusted: float
    standing: LevelStanding
    estimand: Estimand = Estimand.LASTING


@dataclass(frozen=True, kw_only=True)
class LevelFit:
    """The levels of all units of one scale: ``mu`` with standard error ``se_mu``, ``tau2`` between ``units`` units."""

    mu: float
    se_mu: float
    tau2: float
    units: int
    levels: Mapping[str, TeamLevel]
    estimand: Estimand = Estimand.LASTING


@dataclass(frozen=True, kw_only=True)
class TooFew:
    """No comparison: ``units`` that inform it, where ``needed`` would be enough."""

    units: int
    needed: int = LEAST_UNITS


def between_variance(y: ArrayLike, v: ArrayLike, method: Method = "paule-mandel", *, tolerance: float = EXACT) -> float:
    """Variance tau^2 of true levels between units, never below 0; ``y`` and ``v``: (k,), k >= 2, v positive.

    ``tolerance``: where the search for Paule and Mandel's or the REML root stops, in squared units. R metafor stops at
    ``METAFOR_TOLERANCE`` and prints a Paule-Mandel figure that may be off by as much: with it here ours is the same to
    all digits. Cannot say much from few units: with ten, tau itself is known to a factor of two at best. Raises
    ValueError for other shapes, a variance that is not positive or a method that it does not know.
    """
    values, noise = _check(y, v)
    if method == "dersimonian-laird":
        return _dersimonian_laird(values, noise)
    if method == "paule-mandel":
        return _root(lambda tau2: _q(values, noise, tau2) - (values.size - 1), tolerance)
    if method == "reml":
        return _root(lambda tau2: _reml_score(values, noise, tau2), tolerance)
    raise ValueError(f"no method {method}")


def shrink(
    y: ArrayLike,
    v: ArrayLike,
    *,
    method: Method = "paule-mandel",
    informing: NDArray[np.bool_] | None = None,
    tolerance: float = EXACT,
) -> Shrunk:
    """Shrink each unit's level towards the mean of all.

    ``y``: (k,) levels; ``v``: (k,) their known variances, positive; ``informing``: (k,), true for the disjoint units
    that alone determine mu and tau^2 (all if None; at least four); the others are only shrunk; ``tolerance``: as in
    :func:`between_variance`.
    Estimates are the plain best linear predictions. The variance is Morris' V (1 - (1 - W/sum W) B) + u (y - mu)^2
    with B = (k-3)/(k-1) V/(V + tau^2) and u = 2/(k-3) B^2 (mean V + tau^2)/(V + tau^2), means weighted by W.
    Cannot say: who is best. An unusual unit in an ordinary organisation is pulled in too far, since true levels are
    taken for normal; who has few answers is always near the middle. Raises ValueError for bad shapes or variances.
    """
    values, noise = _check(y, v)
    inside = _inside(values, informing)
    k = int(inside.sum())
    tau2 = between_variance(values[inside], noise[inside], method, tolerance=tolerance)
    precision = 1 / (noise + tau2)
    known = precision[inside]
    total = float(known.sum())
    mu = float(known @ values[inside]) / total
    spread = float(known @ noise[inside]) / total + tau2
    reduced = (k - 3) / (k - 1) * noise * precision
    estimated = 2 / (k - 3) * np.square(reduced) * spread * precision
    weights = tau2 * precision
    return Shrunk(
        mu=mu,
        se_mu=float(np.sqrt(1 / total)),
        tau2=tau2,
        q=_q(values[inside], noise[inside], 0.0),
        estimates=mu + weights * (values - mu),
        variances=noise * (1 - (1 - precision / total) * reduced) + estimated * np.square(values - mu),
        weights=weights,
    )


@dataclass(frozen=True, kw_only=True)
class Averaged:
    """Shrunk levels, their squared standard errors and kept shares, averaged over tau^2; arrays (k,)."""

    estimates: Floats
    variances: Floats
    weights: Floats


@dataclass(frozen=True, kw_only=True)
class _Profile:
    """Weighted mean of the units at one tau^2, its precision and the restricted log likelihood."""

    mu: float
    precision: float
    loglik: float


def _profile(y: Floats, v: Floats, tau2: float) -> _Profile:
    w = 1 / (v + tau2)
    total = float(w.sum())
    mu = float(w @ y) / total
    loglik = 0.5 * (float(np.log(w).sum()) - float(np.log(total)) - float(w @ np.square(y - mu)))
    return _Profile(mu=mu, precision=total, loglik=loglik)


def average_levels(y: ArrayLike, v: ArrayLike, *, informing: NDArray[np.bool_] | None = None) -> Averaged:
    """Shrink as :func:`shrink` does, but average over what tau^2 may be instead of plugging one value in.

    Posterior of tau^2: restricted likelihood times a flat prior, on a grid. Where units hardly differ the estimated
    tau^2 is often 0 and the plug-in ranges collapse: in the sample world with 50 units they covered 87 to 96 % instead
    of 95, these 90 to 97 %, with smaller errors too (docs/decisions/0030). Arguments and limits are those of shrink.
    """
    values, noise = _check(y, v)
    inside = _inside(values, informing)
    own, known = values[inside], noise[inside]
    # Half of the grid lies below this tau^2: both a tau^2 near zero and one far above the noise get enough points.
    scale = float(known.mean()) + between_variance(own, known)
    share = (np.arange(GRID_POINTS) + 0.5) / GRID_POINTS
    grid = scale * share / (1 - share)
    # One grid point at a time: the memory of a hundred thousand units stays that of some vectors.
    points = [_profile(own, known, float(tau2)) for tau2 in grid]
    # The last term turns equal steps of the share into a flat prior of tau^2.
    loglik = np.array([point.loglik for point in points]) - 2 * np.log(1 - share)
    chance = np.exp(loglik - loglik.max())
    chance /= chance.sum()
    centre = sum(float(p) * point.mu for p, point in zip(chance, points, strict=True))
    weights, first, second = np.zeros(values.size), np.zeros(values.size), np.zeros(values.size)
    for p, tau2, point in zip(chance, grid, points, strict=True):
        kept = tau2 / (noise + tau2)
        moved = kept * (values - centre) + (1 - kept) * (point.mu - centre)
        weights += p * kept
        first += p * moved
        second += p * (noise * kept + np.square(1 - kept) / point.precision + np.square(moved))
    return Averaged(estimates=centre + first, variances=second - np.square(first), weights=weights)


def recent_levels(
    series: Sequence[Series], posterior: Posterior, *, within_variance: float, waves: int = RECENT_WAVES
) -> list[RecentLevel]:
    """Mean of each unit's released values in the last ``waves`` waves of the organisation, with its process variance.

    ``series``: one scale, the ones whose fit gave ``posterior``; a unit without a value in these waves is left out.
    ``within_variance``: declared variance within crowds, squared points. The target is the level that the unit would
    show over many weeks and with other people of its kind, so the variance has, averaged over the posterior's grid:
    mood and white noise, s0^2 w'(W + lambda R)w, W diagonal with n0/n, R mood correlation; the unit's people
    themselves, who stay from wave to wave and whom no number of waves averages out, (within - n0 s0^2)+ / n; and
    rounding, which a level that stands still repeats in each wave, so that the variance is never below step^2/12.
    No finite population correction. Cannot say: how these people felt this wave (``estimate.this_wave``); that a level
    is new, because four waves of a falling unit are averaged. Raises ValueError for a window under one wave.
    """
    if waves < 1:
        raise ValueError("a level needs a window of at least one wave")
    unit, size = posterior.days_per_wave, posterior.reference_n
    kept = windows(series, waves, unit)
    rows = [i for i, s in enumerate(kept) if s.days.size]
    grid = _Grid.of(posterior, SMALL_PRIOR_SHARE * within_variance / size)
    found: dict[int, RecentLevel] = {}
    for batch in batches(kept, rows, unit=unit, size=size, within=within_variance):
        moving, lasting = _variances(batch, grid, size=size, within=within_variance)
        # Only the moving part was estimated from series; the rest is declared by the whole installation.
        df = posterior.prior_df * np.square((moving + lasting) / moving)
        for place, index in enumerate(batch.index):
            found[index] = RecentLevel(
                key=kept[index].key,
                estimate=float(batch.values[place].mean()),
                variance=float(moving[place] + lasting[place]),
                waves=batch.length,
                df=float(df[place]),
            )
    return [found[i] for i in rows]


def judge_levels(recent: Sequence[RecentLevel], *, pooled: Collection[str] | None = None) -> LevelFit | TooFew:
    """Judge each unit's recent level against the organisation's: one family of tests, three words, no ranks.

    ``pooled``: keys of the disjoint units that alone make the organisation's mean and spread (all if None); the others,
    unions of those, are compared only. The test is (raw - mu) over its standard error, which knows that a unit is
    part of mu, by t with the variance's degrees of freedom; the range is the shrunk one. The rule stands with
    :class:`LevelStanding`. Fewer than five informing units give TooFew.
    Cannot say: that units without a word are alike, or how large a difference matters; mu is a mean of units, in which
    a small one weighs nearly as much as a large one. Raises ValueError for repeated keys.
    """
    if len({r.key for r in recent}) != len(recent):
        raise ValueError("each unit needs a key of its own")
    informing = np.array([pooled is None or r.key in pooled for r in recent], dtype=np.bool_)
    units = int(informing.sum())
    if units < LEAST_UNITS:
        return TooFew(units=units)
    y, v, df = np.array([(r.estimate, r.variance, r.df) for r in recent], dtype=np.float64).T
    shrunk, averaged = shrink(y, v, informing=informing), average_levels(y, v, informing=informing)
    share = np.where(informing, np.square(shrunk.se_mu) / (v + shrunk.tau2), 0.0)
    error = np.sqrt(np.square(1 - share) * v + (1 - share) * np.square(shrunk.se_mu))
    p = np.minimum(1.0, 2 * _tail(df, np.abs(y - shrunk.mu) / error))
    adjusted = benjamini_hochberg(p)
    half = -_quantile(df, 0.025) * np.sqrt(averaged.variances)
    levels = {}
    for g, unit in enumerate(recent):
        interval = Interval(
            estimate=float(averaged.estimates[g]),
            low=float(averaged.estimates[g] - half[g]),
            high=float(averaged.estimates[g] + half[g]),
        )
        levels[unit.key] = TeamLevel(
            key=unit.key,
            raw=unit.estimate,
            interval=interval,
            weight=float(averaged.weights[g]),
            p=float(p[g]),
            p_adjusted=float(adjusted[g]),
            standing=_standing(interval, shrunk.mu, float(adjusted[g])),
        )
    return LevelFit(mu=shrunk.mu, se_mu=shrunk.se_mu, tau2=shrunk.tau2, units=units, levels=levels)


def _standing(interval: Interval, mu: float, adjusted: float) -> LevelStanding:
    if adjusted <= LEVEL_FALSE_DISCOVERY_RATE and interval.high < mu:
        return LevelStanding.CLEARLY_BELOW
    if adjusted <= LEVEL_FALSE_DISCOVERY_RATE and interval.low > mu:
        return LevelStanding.CLEARLY_ABOVE
    return LevelStanding.NOT_DISTINGUISHABLE


def _quantile(df: Floats, probability: float) -> Floats:
    finite = np.where(np.isfinite(df), df, 1.0)
    return np.where(np.isfinite(df), special.stdtrit(finite, probability), special.ndtri(probability))


def _tail(df: Floats, t: Floats) -> Floats:
    finite = np.where(np.isfinite(df), df, 1.0)
    return np.where(np.isfinite(df), special.stdtr(finite, -t), special.ndtr(-t))


@dataclass(frozen=True, kw_only=True)
class _Grid:
    """The active points of a posterior: ``phi``, ``lam``, ``weights`` (sum 1) and s0^2 at each, all (j,)."""

    phi: Floats
    lam: Floats
    weights: Floats
    white: Floats

    @classmethod
    def of(cls, posterior: Posterior, small_variance: float) -> _Grid:
        """``small_variance``: s0^2 where the posterior carries none."""
        weights = np.array(posterior.weights, dtype=np.float64)
        common = posterior.white_variance if posterior.white_variance > 0 else small_variance
        white = np.array(posterior.prior_variances or [common] * weights.size, dtype=np.float64)
        active = white > 0
        return cls(
            phi=np.array(posterior.phi, dtype=np.float64)[active],
            lam=np.array(posterior.lam, dtype=np.float64)[active],
            weights=weights[active] / weights[active].sum(),
            white=white[active],
        )


def _variances(batch: Batch, grid: _Grid, *, size: float, within: float) -> tuple[Floats, Floats]:
    """Variance of the mean over waves that moves from wave to wave, and the part that stays, each (g,)."""
    # The batch's white noise counts rounding as new in each wave; here it is taken out and added as lasting.
    per_answer = (batch.white - batch.rounding * size / within) / size
    moving = (grid.weights @ grid.white) * size * per_answer.mean(axis=1) / batch.length
    for phi in np.unique(grid.phi):
        chosen = grid.phi == phi
        scale = float(np.sum((grid.weights * grid.white * grid.lam)[chosen]))
        moving = moving + scale * correlation(batch.waves, float(phi)).mean(axis=(1, 2))
    people = float(grid.weights @ np.maximum(within - size * grid.white, 0.0))
    rounding = np.square(np.sqrt(batch.rounding).mean(axis=1))
    return moving, people * per_answer.mean(axis=1) + rounding


def _check(y: ArrayLike, v: ArrayLike) -> tuple[Floats, Floats]:
    values, noise = np.asarray(y, dtype=np.float64), np.asarray(v, dtype=np.float64)
    if values.ndim != 1 or values.shape != noise.shape or values.size < 2:
        raise ValueError("two units or more are needed, with one variance each")
    if not bool(np.all(np.isfinite(values) & np.isfinite(noise) & (noise > 0))):
        raise ValueError("levels are numbers and their variances positive")
    return values, noise


def _inside(values: Floats, informing: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    inside = np.ones(values.size, dtype=np.bool_) if informing is None else np.asarray(informing, dtype=np.bool_)
    if inside.shape != values.shape or int(inside.sum()) < LEAST_SHRUNK:
        raise ValueError("at least four units must inform the mean")
    return inside


def _q(y: Floats, v: Floats, tau2: float) -> float:
    """Weighted sum of squares around the weighted mean."""
    w = 1 / (v + tau2)
    return float(w @ np.square(y - (w @ y) / w.sum()))


def _dersimonian_laird(y: Floats, v: Floats) -> float:
    w = 1 / v
    scale = float(w.sum() - np.square(w).sum() / w.sum())
    return max(0.0, (_q(y, v, 0.0) - (y.size - 1)) / scale)


def _reml_score(y: Floats, v: Floats, tau2: float) -> float:
    """Twice the derivative of the restricted log likelihood by tau^2."""
    w = 1 / (v + tau2)
    centred = y - (w @ y) / w.sum()
    return float(np.square(w) @ np.square(centred) - w.sum() + np.square(w).sum() / w.sum())


def _root(excess: Callable[[float], float], tolerance: float) -> float:
    """The tau^2 at which a function falls through zero; 0 where it never is above."""
    if excess(0.0) <= 0:
        return 0.0
    high = 100.0
    while excess(high) > 0:
        high *= 2
    return float(optimize.brentq(excess, 0.0, high, xtol=tolerance, rtol=1e-15))
