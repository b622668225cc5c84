"""A batch of series and an AR(1)-plus-noise covariance in, straight-line fits and likelihoods out.

Covariance of a series: s^2 (W + lambda R), W diagonal (white noise, n and rounding), R = phi^distance in waves (shared
mood). It has the form of a hidden AR(1) series under white noise, so no matrix is ever built (reports.stats.kalman).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reports.stats.kalman import Walk, moods, precision_trace, quadratic_forms
from reports.stats.results import Floats
from reports.stats.series import Batch

# docs/methods.md, "Trend": phi in 0, .15 .. .95, lambda in 0, .1 .. 10, extended to 40 for large units.
PHI: Floats = np.array([0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.85, 0.95])
LAMBDA: Floats = np.array([0.0, 0.1, 0.18, 0.32, 0.56, 1.0, 1.8, 3.2, 5.6, 10.0, 20.0, 40.0])
# Where lambda = 0 stands on the log axis of the prior: one grid step below the smallest positive value.
LAMBDA_ZERO_AS = 0.056
# The residual sum that a series without any noise is given, in squared points.
TINY_RSS = 1e-12
# Products of the columns 1, x, y in the order that :func:`solve` takes them.
LINE_PAIRS = ((0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2))
GRID_PHI: Floats = np.repeat(PHI, LAMBDA.size)
GRID_LAMBDA: Floats = np.tile(LAMBDA, PHI.size)


def log_prior() -> Floats:
    """Log of the weak prior at each grid point, (j,): phi ~ N(.6, .25), log lambda ~ N(log .7, .9)."""
    logs = np.log(np.where(GRID_LAMBDA > 0, GRID_LAMBDA, LAMBDA_ZERO_AS))
    score = np.square((GRID_PHI - 0.6) / 0.25) + np.square((logs - np.log(0.7)) / 0.9)
    return np.asarray(-0.5 * score, dtype=np.float64)


def correlation(waves: Floats, phi: float) -> Floats:
    """AR(1) correlation phi^distance, (g, t) to (g, t, t); the unit matrix for phi = 0."""
    distance = np.abs(waves[:, :, np.newaxis] - waves[:, np.newaxis, :])
    return np.asarray(np.power(phi, distance), dtype=np.float64)


def mood_walk(batch: Batch, phi: Floats, lam: Floats) -> Walk:
    """The batch's mood at the grid points ``phi`` and ``lam`` (j,), as a walk over time, (t, j, g)."""
    different, place = np.unique(phi, return_inverse=True)
    gaps = np.diff(batch.waves, axis=1, prepend=batch.waves[:, :1] - 1.0).T
    carried = np.power(different[:, np.newaxis], gaps[:, np.newaxis, :])[:, place]
    return moods(carried, lam[:, np.newaxis])


@dataclass(frozen=True, kw_only=True)
class Fits:
    """Generalised least squares of [1, x] for g series at j grid points or designs; all (g, j).

    ``slope`` in points per unit of x, ``variance`` of the slope over s^2, ``intercept``, weighted residual sum
    ``rss``, ``log_information`` = log det X'V^-1X, ``cross`` = covariance of both over s^2, ``corner`` = variance of
    the intercept over s^2.
    """

    slope: Floats
    intercept: Floats
    variance: Floats
    cross: Floats
    corner: Floats
    rss: Floats
    log_information: Floats


def solve(sums: Sequence[Floats]) -> Fits:
    """Fits from the weighted sums of 11, 1x, xx, 1y, xy, yy, in this order; arrays of any shapes that broadcast.

    y should be centred to keep digits.
    """
    one_one, one_x, x_x, one_y, x_y, y_y = sums
    determinant = one_one * x_x - np.square(one_x)
    slope = (one_one * x_y - one_x * one_y) / determinant
    intercept = (x_x * one_y - one_x * x_y) / determinant
    return Fits(
        slope=slope,
        intercept=intercept,
        variance=one_one / determinant,
        cross=-one_x / determinant,
        corner=x_x / determinant,
        rss=y_y - intercept * one_y - slope * x_y,
        log_information=np.log(determinant),
    )


@dataclass(frozen=True, kw_only=True)
class Scan:
    """A batch at every grid point (g, j): straight-line fits, floored rss and restricted log likelihood."""

    fits: Fits
    rss: Floats
    loglik: Floats


def floored_rss(batch: Batch, rss: Floats, phi: Floats, lam: Floats) -> Floats:
    """Residual sums (j, g) or (m, j, g), at least what rounding alone would leave at the grid points ``phi``, ``lam``.

    A constant series is not known without error: its values are only known to a rounding step.
    """
    share = (batch.rounding / batch.white).mean(axis=1)
    left = (batch.length - 2) / batch.length
    # trace(W V^-1) is at most the number of rows: only series below that bound need their own trace.
    low = np.flatnonzero((rss <= np.maximum(share * (batch.length - 2), TINY_RSS)).any(axis=tuple(range(rss.ndim - 1))))
    if low.size == 0:
        return rss
    part = batch.take(low)
    trace = precision_trace(part.white.T[:, np.newaxis, :], mood_walk(part, phi, lam))
    kept = rss.copy()
    kept[..., low] = np.maximum(rss[..., low], np.maximum(share[low] * trace * left, TINY_RSS))
    return kept


def scan(batch: Batch, phi: Floats = GRID_PHI, lam: Floats = GRID_LAMBDA) -> Scan:
    """Fit the straight line at the grid points ``phi`` and ``lam`` (j,), all by default, and give its restricted log
    likelihood with s^2 profiled out.
    """
    centred = (batch.values - batch.values.mean(axis=1, keepdims=True)).T
    columns = ([1.0] * batch.length, batch.column().T, centred)
    sums, log_det = quadratic_forms(
        columns, LINE_PAIRS, white=batch.white.T[:, np.newaxis, :], walk=mood_walk(batch, phi, lam)
    )
    fits = solve([np.ascontiguousarray(s.T) for s in sums])
    rss = floored_rss(batch, fits.rss.T, phi, lam).T
    loglik = -0.5 * (log_det.T + fits.log_information + (batch.length - 2) * np.log(rss))
    return Scan(fits=fits, rss=rss, loglik=loglik)
