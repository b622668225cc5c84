"""A batch of series and the organisation's covariance in, "by how much" and the recent-against-earlier contrast out.

By how much: level at the end less level at the start of the window. A straight line and a step at each possible wave
are fitted in the same covariance and averaged by how well they explain the series, so that a lasting fall of 1.5
points is reported as 1.5 whether it came in one wave or over many (docs/methods.md, "How much").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reports.stats.covariance import Fits, correlation, rotate, rss_floor, solve
from reports.stats.mixture import Mixture
from reports.stats.pooling import Nuisance
from reports.stats.results import Floats, Interval, Shape, Shift, StepContrast
from reports.stats.series import Batch

RECENT = 3
EARLIER = 9
# A step needs so many waves on each side, in a series long enough; one wave alone is an odd wave, not a new level.
SIDE = 3
CLEAR = 0.8
STEP_RANGE = 0.9


def step_rows(length: int) -> tuple[int, ...]:
    """Rows at which a step may begin: with three waves on each side, two in a series of five."""
    side = min(SIDE, length // 2)
    return tuple(range(side, length - side + 1))


@dataclass(frozen=True, kw_only=True)
class Shapes:
    """Averages over the active grid for each candidate (g, m), column 0 the straight line, then the steps in order."""

    weights: Floats
    mean: Floats
    scale: Floats
    df: Floats


def shifts(batch: Batch, nuisance: Nuisance) -> list[Shift]:
    """The shift of each series of the batch, in order."""
    shapes = average_shapes(batch, nuisance)
    columns = shapes.weights.shape[1]
    mixture = Mixture(
        weights=shapes.weights, mean=shapes.mean, scale=shapes.scale, df=np.repeat(shapes.df[:, np.newaxis], columns, 1)
    )
    estimate, low, high = mixture.expectation(), mixture.quantile(0.025), mixture.quantile(0.975)
    rows = np.array(step_rows(batch.length))
    found = []
    for g in range(len(batch.index)):
        interval = Interval(estimate=float(estimate[g]), low=float(low[g]), high=float(high[g]))
        found.append(_shift(interval, shapes.weights[g], batch.days[g][rows]))
    return found


def _shift(interval: Interval, weights: Floats, starts: Floats) -> Shift:
    p_step = float(weights[1:].sum())
    steps = weights[1:] / p_step
    cumulated = np.cumsum(steps)
    tail = (1 - STEP_RANGE) / 2
    last = starts.size - 1
    return Shift(
        interval=interval,
        shape=Shape.STEP if p_step >= CLEAR else Shape.GRADUAL if p_step <= 1 - CLEAR else Shape.UNCLEAR,
        p_step=p_step,
        since_day=float(starts[int(np.argmax(steps))]),
        since_low=float(starts[min(last, int(np.searchsorted(cumulated, tail)))]),
        since_high=float(starts[min(last, int(np.searchsorted(cumulated, 1 - tail)))]),
    )


def average_shapes(batch: Batch, nuisance: Nuisance) -> Shapes:
    """Candidates averaged over the grid, which keeps its organisation-wide weights.

    Within a grid point a candidate's weight is prior times the marginal likelihood of its residuals under the moderated
    variance, (d0 s0^2 + rss) ^ -(d0 + df)/2; half the prior is the straight line's, the rest is shared by the steps.
    """
    line = batch.column()
    rows = np.arange(batch.length)
    ramps = [np.broadcast_to((rows >= r).astype(np.float64), line.shape) for r in step_rows(batch.length)]
    centred = batch.values - batch.values.mean(axis=1, keepdims=True)
    columns = np.stack([np.ones_like(line), centred, line, *ramps], axis=2)
    parts: list[tuple[Floats, Floats, Floats, Floats]] = []
    for phi in np.unique(nuisance.phi):
        points = np.flatnonzero(nuisance.phi == phi)
        rotation = rotate(batch, float(phi))
        shrink = rotation.shrink(nuisance.lam[points])
        fits = _fit_columns(rotation.forward(columns), shrink)
        rss = np.maximum(fits.rss, rss_floor(batch, shrink)[:, :, np.newaxis])
        weight, spread, total = _weigh(rss, batch.length - 2, nuisance, points)
        parts.append((weight, fits.slope, spread * fits.variance, np.broadcast_to(total, weight.shape)))
    return _collapse(parts)


def _weigh(rss: Floats, own: int, nuisance: Nuisance, points: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
    """Weights times the grid weights and moderated variances (g, l, m), df (l, 1), from residual sums (g, l, m)."""
    limit = max(nuisance.df_limit, float(own))
    total = np.minimum(own + nuisance.prior_df[points], limit)[:, np.newaxis]
    spread = ((total - own) * nuisance.prior_variance[points][:, np.newaxis] + rss) / total
    steps = rss.shape[2] - 1
    log_prior = np.log(np.array([0.5] + [0.5 / steps] * steps))
    log_weight = log_prior - 0.5 * total * np.log(spread)
    weight = np.exp(log_weight - log_weight.max(axis=2, keepdims=True))
    weight *= nuisance.weights[points][:, np.newaxis] / weight.sum(axis=2, keepdims=True)
    return weight, spread, total


def _fit_columns(rotated: Floats, shrink: Floats) -> Fits:
    """Fits (g, l, m) of the second rotated column on the first and each later one, under shrink (g, t, l)."""
    one, y, candidates = rotated[:, :, :1], rotated[:, :, 1:2], rotated[:, :, 2:]
    turned = shrink.transpose(0, 2, 1)
    pairs = ((one, one), (one, candidates), (candidates, candidates), (one, y), (candidates, y), (y, y))
    return solve([np.matmul(turned, a * b) for a, b in pairs])


def _collapse(parts: list[tuple[Floats, Floats, Floats, Floats]]) -> Shapes:
    """One t distribution per candidate with the mean and the squared scale of its mixture over the grid."""
    weight, mean, square, df = (np.concatenate([p[i] for p in parts], axis=1) for i in range(4))
    total = np.maximum(weight.sum(axis=1), np.finfo(np.float64).tiny)
    centre = (weight * mean).sum(axis=1) / total
    scale = np.sqrt((weight * (square + np.square(mean - centre[:, np.newaxis]))).sum(axis=1) / total)
    # A candidate without any weight has no centre and no scale of its own; its place must only be harmless.
    dead = scale <= 0
    return Shapes(
        weights=total / total.sum(axis=1, keepdims=True),
        mean=np.where(dead, mean[:, 0], centre),
        scale=np.where(dead, 1.0, scale),
        df=(weight * df).sum(axis=(1, 2)) / weight.sum(axis=(1, 2)),
    )


def contrasts(batch: Batch, nuisance: Nuisance, variance: Floats, df: Floats) -> list[StepContrast]:
    """Generalised least squares difference of the last three waves and up to nine before them, in order.

    ``variance`` and ``df``: moderated s^2 and degrees of freedom (g, j) of the window. z is estimate over standard
    error; p and interval are averaged over the grid like those of the trend.
    """
    size = min(RECENT + EARLIER, batch.length)
    recent = min(RECENT, batch.length // 2)
    waves, white = batch.waves[:, -size:], batch.white[:, -size:]
    values = batch.values[:, -size:]
    values = values - values.mean(axis=1, keepdims=True)
    step = np.broadcast_to((np.arange(size) >= size - recent).astype(np.float64), values.shape)
    columns = np.stack([np.ones_like(values), step, values], axis=2)
    slope, unit_variance = np.empty_like(variance), np.empty_like(variance)
    noise = white[:, :, np.newaxis] * np.eye(size)
    for phi in np.unique(nuisance.phi):
        points = np.flatnonzero(nuisance.phi == phi)
        lam = nuisance.lam[points][:, np.newaxis, np.newaxis]
        covariance = lam * correlation(waves, float(phi))[:, np.newaxis] + noise[:, np.newaxis]
        repeated = np.broadcast_to(columns[:, np.newaxis], (*covariance.shape[:2], size, 3))
        forms = np.matmul(columns.transpose(0, 2, 1)[:, np.newaxis], np.linalg.solve(covariance, repeated))
        places = ((0, 0), (0, 1), (1, 1), (0, 2), (1, 2), (2, 2))
        fits = solve([forms[:, :, a, b] for a, b in places])
        slope[:, points], unit_variance[:, points] = fits.slope, fits.variance
    mixture = Mixture(
        weights=np.broadcast_to(nuisance.weights, slope.shape),
        mean=slope,
        scale=np.sqrt(variance * unit_variance),
        df=df,
    )
    estimate, error, p = mixture.expectation(), mixture.standard_error(), mixture.two_sided_p()
    low, high = mixture.quantile(0.025), mixture.quantile(0.975)
    return [
        StepContrast(
            interval=Interval(estimate=float(estimate[g]), low=float(low[g]), high=float(high[g])),
            z=float(estimate[g] / error[g]),
            p=float(p[g]),
            recent=recent,
            earlier=size - recent,
        )
        for g in range(len(batch.index))
    ]
