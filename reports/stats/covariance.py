"""A batch of series and an AR(1)-plus-noise covariance in, rotated arrays, quadratic forms and likelihoods out.

Covariance of a series: s^2 (W + lambda R), W diagonal (white noise, n and rounding), R = phi^distance in waves (shared
mood). With W^-1/2 R W^-1/2 = Q E Q' one eigendecomposition per phi makes every lambda diagonal: 1 / (1 + lambda E).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reports.stats.results import Floats
from reports.stats.series import Batch

# docs/statistics.md 2.5: phi in 0, .15 .. .95, lambda in 0, .1 .. 10, extended to 40 for large units.
PHI: Floats = np.array([0.0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.85, 0.95])
LAMBDA: Floats = np.array([0.0, 0.1, 0.18, 0.32, 0.56, 1.0, 1.8, 3.2, 5.6, 10.0, 20.0, 40.0])
# Where lambda = 0 stands on the log axis of the prior: one grid step below the smallest positive value.
LAMBDA_ZERO_AS = 0.056
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


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """``eigen`` (g, t), ``vectors`` (g, t, t) and ``root`` = sqrt of W's diagonal (g, t) for one phi."""

    eigen: Floats
    vectors: Floats
    root: Floats

    def forward(self, columns: Floats) -> Floats:
        """Whiten and rotate columns, (g, t, c) to (g, t, c)."""
        turned: Floats = np.matmul(self.vectors.transpose(0, 2, 1), columns / self.root[:, :, np.newaxis])
        return turned

    def back(self, columns: Floats) -> Floats:
        """The inverse of :meth:`forward`."""
        rotated: Floats = np.matmul(self.vectors, columns)
        return rotated * self.root[:, :, np.newaxis]

    def shrink(self, lam: Floats) -> Floats:
        """The diagonal of the inverse covariance in rotated form, 1 / (1 + lambda E), (l,) to (g, t, l)."""
        shrunk: Floats = 1.0 / (1.0 + self.eigen[:, :, np.newaxis] * lam)
        return shrunk


def rotate(batch: Batch, phi: float) -> Rotation:
    """Decompose the batch's mood correlation at one phi; equal patterns of dates and n are decomposed once."""
    root = np.sqrt(batch.white)
    own = root[batch.first]
    scaled = correlation(batch.waves[batch.first], phi) / (own[:, :, np.newaxis] * own[:, np.newaxis, :])
    eigen, vectors = np.linalg.eigh(scaled)
    # R is a correlation matrix: a negative eigenvalue is rounding, and would break the logarithm at a large lambda.
    return Rotation(eigen=np.maximum(eigen, 0.0)[batch.inverse], vectors=vectors[batch.inverse], root=root)


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


def rss_floor(batch: Batch, shrink: Floats) -> Floats:
    """What rounding alone leaves as residual sum, shape of ``shrink`` less its time axis (axis 1).

    A constant series is not known without error: its values are only known to a rounding step.
    """
    share = (batch.rounding / batch.white).mean(axis=1)
    total = shrink.sum(axis=1)
    share = share.reshape((-1,) + (1,) * (total.ndim - 1))
    floor: Floats = np.maximum(share * total * (batch.length - 2) / batch.length, 1e-12)
    return floor


def scan(batch: Batch) -> Scan:
    """Fit the straight line at every grid point and give its restricted log likelihood with s^2 profiled out."""
    centred = batch.values - batch.values.mean(axis=1, keepdims=True)
    columns = np.stack([np.ones_like(centred), batch.column(), centred], axis=2)
    parts = [_scan_phi(batch, rotate(batch, float(phi)), columns) for phi in PHI]
    joined = {name: np.concatenate([getattr(p.fits, name) for p in parts], axis=1) for name in Fits.__annotations__}
    return Scan(
        fits=Fits(**joined),
        rss=np.concatenate([p.rss for p in parts], axis=1),
        loglik=np.concatenate([p.loglik for p in parts], axis=1),
    )


def _scan_phi(batch: Batch, rotation: Rotation, columns: Floats) -> Scan:
    rotated = rotation.forward(columns)
    one, x, y = rotated[:, :, 0], rotated[:, :, 1], rotated[:, :, 2]
    products = np.stack([one * one, one * x, x * x, one * y, x * y, y * y], axis=2)
    shrink = rotation.shrink(LAMBDA)
    sums = np.matmul(shrink.transpose(0, 2, 1), products)
    fits = solve([sums[:, :, i] for i in range(6)])
    rss = np.maximum(fits.rss, rss_floor(batch, shrink))
    log_v = np.log(batch.white).sum(axis=1)[:, np.newaxis] - np.log(shrink).sum(axis=1)
    loglik = -0.5 * (log_v + fits.log_information + (batch.length - 2) * np.log(rss))
    return Scan(fits=fits, rss=rss, loglik=loglik)
