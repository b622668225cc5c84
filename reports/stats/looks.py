"""Rows of released values and an organisation's covariance in, one contrast per wave on the normal scale out.

The contrast is that of the last three waves against up to nine before them, by generalised least squares under AR(1)
mood and white noise, with moderated variance. Checked against :mod:`reports.stats.gls`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from reports.stats.covariance import LINE_PAIRS, Fits, solve
from reports.stats.kalman import moods, quadratic_forms
from reports.stats.results import Floats, Posterior
from reports.stats.shifts import EARLIER, RECENT

# After an alert the same unit is not flagged again for so many waves.
SILENCE = 3
# A look needs as many waves before the recent ones as there are recent ones.
LEAST_LOOK = 2 * RECENT
ROWS = RECENT + EARLIER


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The one covariance in which all looks of an organisation are made; arrays of shape () or, of many, (g,).

    AR(1) correlation ``phi`` per wave, mood variance ``lam`` over white variance; ``variance`` with ``df`` the prior of
    the white variance, ``df_limit`` the most degrees of freedom a moderated variance may have.
    """

    phi: Floats
    lam: Floats
    variance: Floats
    df: Floats
    df_limit: float


def reference(posterior: Posterior) -> Reference:
    """The reference of :func:`matched` for one organisation's posterior."""
    variances = np.array(posterior.prior_variances)
    dfs = np.where(variances > 0, np.array(posterior.prior_dfs), np.inf)
    weights, phi, lam = (np.array(a) for a in (posterior.weights, posterior.phi, posterior.lam))
    weights = np.where(variances > 0, weights, 0.0)
    return matched(phi, lam, weights / weights.sum(), variances, dfs, df_limit=posterior.pooled_df)


def matched(phi: Floats, lam: Floats, weights: Floats, variances: Floats, dfs: Floats, *, df_limit: float) -> Reference:
    """The AR(1)-plus-noise covariance with the posterior's mean white variance, mood variance and covariance of
    neighbouring waves.

    ``phi`` and ``lam``: the grid (j,); ``weights``, prior ``variances`` and their ``dfs``: (..., j), weights sum to 1.
    """
    white = weights * variances
    mood = white * lam
    total = mood.sum(axis=-1)
    moody = np.maximum(total, np.finfo(np.float64).tiny)
    return Reference(
        phi=np.asarray((mood * phi).sum(axis=-1) / moody),
        lam=np.asarray(total / white.sum(axis=-1)),
        variance=np.asarray(white.sum(axis=-1)),
        df=np.asarray(1.0 / (weights / dfs).sum(axis=-1)),
        df_limit=df_limit,
    )


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Right-aligned rows of g series (g, r): ``values`` centred, ``white`` relative white variances, ``gaps`` in waves
    to the row before, ``present`` 1 where a row exists, else 0 (then the others hold harmless figures).
    """

    values: Floats
    white: Floats
    gaps: Floats
    present: Floats

    def take(self, places: NDArray[np.intp]) -> Rows:
        """The rows of the series at ``places``, which may repeat."""
        return Rows(
            values=self.values[places],
            white=self.white[places],
            gaps=self.gaps[places],
            present=self.present[places],
        )


@dataclass(frozen=True, kw_only=True)
class Looks:
    """Contrast (g, l) in scale points, its standard error, degrees of freedom, normal z, and the rows looked at."""

    estimate: Floats
    error: Floats
    df: Floats
    z: Floats
    rows: Floats

    @property
    def valid(self) -> NDArray[np.bool_]:
        """Whether a look was possible, (g, l)."""
        return self.rows >= LEAST_LOOK


def look(rows: Rows, covariance: Reference) -> Looks:
    """The contrast at each of the last r - 11 rows, (g, r - 11): three rows against up to nine before them.

    The covariance is that of a hidden AR(1) mood under white noise, so a Kalman filter run over the twelve rows of all
    looks at once whitens [1, step, y] (Harvey 1989, 3.4); z is the t statistic under the moderated variance, carried
    to the normal scale (Wallace 1959) so that looks with few degrees of freedom alarm no oftener.
    """
    fits, size = _filter(rows, covariance)
    own = np.maximum(size - 2, 1.0)
    total = np.minimum(own + covariance.df[..., np.newaxis], np.maximum(covariance.df_limit, own))
    variance = (total - own) * covariance.variance[..., np.newaxis] + np.maximum(fits.rss, 0.0)
    error = np.sqrt(variance / total * fits.variance)
    t = fits.slope / error
    return Looks(estimate=fits.slope, error=error, df=total, z=normal_score(t, total), rows=size)


def _filter(rows: Rows, covariance: Reference) -> tuple[Fits, Floats]:
    """Fits (g, l) of [1, step] to the twelve rows of each look, and how many of them are there."""
    # A missing row is one of infinite noise: it has no weight and leaves the mood as it was.
    noise = np.where(rows.present > 0, rows.white, np.inf)
    values, white, gaps, present = (
        sliding_window_view(a, ROWS, axis=1).transpose(2, 0, 1) for a in (rows.values, noise, rows.gaps, rows.present)
    )
    phi, lam = covariance.phi[..., np.newaxis], covariance.lam[..., np.newaxis]
    walk = moods(np.power(phi, gaps), np.broadcast_to(lam, values.shape[1:]))
    step = [float(k >= EARLIER) for k in range(ROWS)]
    sums, _ = quadratic_forms(([1.0] * ROWS, step, values), LINE_PAIRS, white=white, walk=walk)
    size = np.asarray(present.sum(axis=0), dtype=np.float64)
    # Looks with too few rows have no determinant; unit sums keep the arithmetic quiet and are never read.
    short = size < LEAST_LOOK
    return solve([np.where(short, float(place in (0, 2)), s) for place, s in enumerate(sums)]), size


def normal_score(t: Floats, df: Floats) -> Floats:
    """The normal deviate with about the tail area of ``t`` on ``df`` degrees of freedom (Wallace 1959), any shape.

    Off by less than 0.02 for 3 degrees of freedom at abs(t) = 4; infinite df give t itself.
    """
    finite = np.minimum(df, 1e8)
    size = (8 * finite + 1) / (8 * finite + 3) * np.sqrt(finite * np.log1p(np.square(t) / finite))
    return np.asarray(np.copysign(size, t), dtype=np.float64)


def raise_alerts(z: Floats, valid: NDArray[np.bool_], threshold: float) -> NDArray[np.bool_]:
    """Which looks raise an alert, (g, l): abs(z) above the threshold and no alert in the three looks before."""
    over = valid & (np.abs(z) > threshold)
    raised = np.zeros_like(over)
    since = np.full(z.shape[0], SILENCE + 1)
    for place in range(z.shape[1]):
        raised[:, place] = over[:, place] & (since > SILENCE)
        since = np.where(raised[:, place], 1, since + valid[:, place])
    return raised
