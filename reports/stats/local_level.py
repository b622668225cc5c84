"""Released series in, a random-walk level under noise fitted and smoothed for the charts out.

Model: y_t = level_t + e_t, level_t = level_(t-1) + u_t (Harvey 1989, 2.2; Durbin & Koopman 2012, chapter 2), with a
diffuse first level. Checked against R StructTS on the Nile (reference case local_level_nile) and statsmodels
UnobservedComponents.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from reports.stats.covariance import TINY_RSS
from reports.stats.kalman import Walk, quadratic_forms, random_walk, smoothed_walk
from reports.stats.moderation import moderate, squeeze_variances
from reports.stats.pooling import ENOUGH_TEAMS, SMALL_PRIOR_DF
from reports.stats.results import Floats, LocalLevel
from reports.stats.series import Batch

# Ratio of the walk's variance per wave to the white variance; 0 is a level that never moves.
SIGNALS: Floats = np.array([0.0, 0.001, 0.003, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.2, 2.5, 5.0, 10.0])
# Weak prior on the logarithm of the ratio, zero standing one step below the smallest: most teams drift little.
SIGNAL_PRIOR = (math.log(0.03), 2.0)
SIGNAL_ZERO_AS = 0.0003
MEAN_PAIRS = ((0, 0), (0, 1), (1, 1))
LEVEL = 0.95
TIGHT = {"xatol": 1e-9}


@dataclass(frozen=True, kw_only=True)
class Levels:
    """Smoothed level and the ends of its 95 % band, each (g, t), in scale points."""

    level: Floats
    low: Floats
    high: Floats


def fit_local_level(y: ArrayLike, *, level: float = LEVEL) -> LocalLevel:
    """Fit one regular series (t,), t >= 3, none missing, by maximum likelihood with a diffuse first level.

    The band is normal with the variances taken as known, as in the sources. The likelihood is flat: under twenty rows
    the level's variance is often exactly 0. Raises ValueError for fewer than three values or missing ones.
    """
    values = np.asarray(y, dtype=np.float64)
    if values.ndim != 1 or values.size < 3 or not bool(np.isfinite(values).all()):
        raise ValueError("a local level needs at least three values and none missing")
    white, gaps = np.ones((values.size, 1)), np.ones((values.size, 1))
    centred = (values - values.mean())[:, np.newaxis]

    def deviance(log_signal: float) -> float:
        return -float(_likelihood(centred, white, random_walk(gaps, np.array([math.exp(log_signal)])))[1][0])

    # A grid first: the likelihood may have a second hill, and its best point may be the end without any walk.
    grid = np.linspace(-14.0, 14.0, 57)
    best = float(grid[int(np.argmin([deviance(x) for x in grid.tolist()]))])
    found = optimize.minimize_scalar(
        deviance, bounds=(best - 0.5, best + 0.5), method="bounded", options={"xatol": 1e-9}
    )
    flat = _likelihood(centred, white, random_walk(gaps, np.zeros(1)))
    still = -float(flat[1][0]) <= found.fun + 1e-9
    signal = 0.0 if still else math.exp(float(found.x))
    walk = random_walk(gaps, np.array([signal]))
    variance = float(_likelihood(centred, white, walk)[0][0]) / (values.size - 1)
    smooth, unit = smoothed_walk(centred, white, walk)
    half = special.ndtri((1 + level) / 2) * np.sqrt(variance * unit[:, 0])
    middle = smooth[:, 0] + values.mean()
    return LocalLevel(
        var_level=signal * variance,
        var_irregular=variance,
        smoothed=tuple(middle.tolist()),
        low=tuple((middle - half).tolist()),
        high=tuple((middle + half).tolist()),
    )


def _likelihood(values: Floats, white: Floats, walk: Walk) -> tuple[Floats, Floats]:
    """Residual sum about the diffuse mean and the log likelihood with the scale profiled out, both (...)."""
    rows = white.shape[0]
    (one, cross, square), log_det = quadratic_forms(([1.0] * rows, values), MEAN_PAIRS, white=white, walk=walk)
    rss = np.maximum(square - np.square(cross) / one, TINY_RSS)
    return rss, np.asarray(-0.5 * (log_det + np.log(one) + (rows - 1) * np.log(rss)), dtype=np.float64)


def smooth_levels(
    batches: Sequence[Batch], *, small_variance: float, pooled: Sequence[NDArray[np.bool_]] | None = None
) -> list[Levels]:
    """Kalman-smoothed levels of all series of an organisation, one result per batch.

    The ratio of walk to noise is shared: grid likelihoods summed over the series (those marked in ``pooled``, (g,) per
    batch; all if None) times a weak prior, the posterior mean of the ratio is used. Variances are moderated as in the
    trend, ``small_variance`` is their prior under three series. White noise follows n and rounding, the walk the real
    dates. The band is that of the level behind the waves, at 95 %; its variances are taken as known but for the
    t quantile.
    """
    if not batches:
        return []
    chosen = [np.ones(len(b.index), dtype=np.bool_) for b in batches] if pooled is None else list(pooled)
    found = [_likelihood(_centred(b)[:, np.newaxis], b.white.T[:, np.newaxis], _walk(b, SIGNALS)) for b in batches]
    place = SIGNALS_LOG_PRIOR + sum((ll * own).sum(axis=1) for (_, ll), own in zip(found, chosen, strict=True))
    weights = np.exp(place - place.max())
    signal = float(weights @ SIGNALS / weights.sum())
    sums = [_likelihood(_centred(b), b.white.T, _walk(b, signal))[0] for b in batches]
    df = np.concatenate([np.full(len(b.index), b.length - 1.0)[own] for b, own in zip(batches, chosen, strict=True)])
    own = np.concatenate([s[c] for s, c in zip(sums, chosen, strict=True)]) / df
    prior_df, prior_variance = np.array([SMALL_PRIOR_DF]), np.array([small_variance])
    if df.size >= ENOUGH_TEAMS:
        squeezed = squeeze_variances(own, df)
        prior_df, prior_variance = squeezed.prior_df, squeezed.prior_variance
    return [_smooth(b, s, signal, prior_df, prior_variance) for b, s in zip(batches, sums, strict=True)]


def _centred(batch: Batch) -> Floats:
    centred: Floats = batch.values - batch.values.mean(axis=1, keepdims=True)
    return centred.T


def _walk(batch: Batch, signal: Floats | float) -> Walk:
    gaps: Floats = np.diff(batch.waves, axis=1, prepend=batch.waves[:, :1]).T
    variance = np.asarray(signal, dtype=np.float64)
    return random_walk(gaps[:, np.newaxis] if variance.ndim else gaps, variance[..., np.newaxis])


def _smooth(batch: Batch, rss: Floats, signal: float, prior_df: Floats, prior_variance: Floats) -> Levels:
    df = np.full(rss.size, batch.length - 1.0)
    moderated = moderate(rss[:, np.newaxis] / df[:, np.newaxis], df, prior_df, prior_variance)
    level, unit = smoothed_walk(_centred(batch), batch.white.T, _walk(batch, signal))
    half = special.stdtrit(moderated.df[:, 0], (1 + LEVEL) / 2) * np.sqrt(moderated.posterior[:, 0] * unit)
    middle = level + batch.values.mean(axis=1)
    return Levels(level=middle.T, low=(middle - half).T, high=(middle + half).T)


def _signal_log_prior() -> Floats:
    logs = np.log(np.where(SIGNALS > 0, SIGNALS, SIGNAL_ZERO_AS))
    return np.asarray(-0.5 * np.square((logs - SIGNAL_PRIOR[0]) / SIGNAL_PRIOR[1]), dtype=np.float64)


SIGNALS_LOG_PRIOR = _signal_log_prior()
