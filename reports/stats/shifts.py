"""A batch of series and the organisation's covariance in, "by how much" and the recent-against-earlier contrast out.

By how much: level at the end less level at the start of the window. A straight line and a step at each possible wave
are fitted in the same covariance and averaged by how well they explain the series, so that a lasting fall of 1.5
points is reported as 1.5 whether it came in one wave or over many (docs/methods.md, "How much").
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reports.stats.covariance import LINE_PAIRS, floored_rss, mood_walk, solve
from reports.stats.kalman import quadratic_forms
from reports.stats.mixture import Mixture
from reports.stats.pooling import Nuisance
from reports.stats.results import Floats, Interval, Shape, Shift, StepContrast
from reports.stats.series import Batch

RECENT = 3
EARLIER = 9
# A step needs so many waves on each side, in a series long enough; one wave alone is an odd wave, not a new level.
SIDE = 3
CLEAR = 0.8
# Products of the columns 1, y, candidates in the order that ``solve`` takes them.
SHIFT_PAIRS = ((0, 0), (0, 2), (2, 2), (0, 1), (2, 1), (1, 1))
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
    candidates = np.stack([line, *ramps]).transpose(2, 0, 1)[:, :, np.newaxis, :]
    columns = ([1.0] * batch.length, centred.T, candidates)
    sums, _ = quadratic_forms(
        columns,
        SHIFT_PAIRS,
        white=batch.white.T[:, np.newaxis, :],
        walk=mood_walk(batch, nuisance.phi, nuisance.lam),
    )
    fits = solve(sums)
    rss = floored_rss(batch, fits.rss, nuisance.phi, nuisance.lam)
    weight, spread, total = _weigh(rss.transpose(2, 1, 0), batch.length - 2, nuisance)
    slope, unit_variance = (np.ascontiguousarray(a.transpose(2, 1, 0)) for a in (fits.slope, fits.variance))
    return _collapse(weight, slope, spread * unit_variance, np.broadcast_to(total, weight.shape))


def _weigh(rss: Floats, own: int, nuisance: Nuisance) -> tuple[Floats, Floats, Floats]:
    """Weights times the grid weights and moderated variances (g, j, m), df (j, 1), from residual sums (g, j, m)."""
    limit = max(nuisance.df_limit, float(own))
    total = np.minimum(own + nuisance.prior_df, limit)[:, np.newaxis]
    spread = ((total - own) * nuisance.prior_variance[:, np.newaxis] + rss) / total
    steps = rss.shape[2] - 1
    log_prior = np.log(np.array([0.5] + [0.5 / steps] * steps))
    log_weight = log_prior - 0.5 * total * np.log(spread)
    weight = np.exp(log_weight - log_weight.max(axis=2, keepdims=True))
    weight *= nuisance.weights[:, np.newaxis] / weight.sum(axis=2, keepdims=True)
    return weight, spread, total


def _collapse(weight: Floats, mean: Floats, square: Floats, df: Floats) -> Shapes:
    """One t distribution per candidate with the mean and the squared scale of its mixture over the grid."""
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
    columns = ([1.0] * size, [float(t >= size - recent) for t in range(size)], values.T)
    part = replace(batch, values=values, white=white, waves=waves)
    sums, _ = quadratic_forms(
        columns, LINE_PAIRS, white=white.T[:, np.newaxis, :], walk=mood_walk(part, nuisance.phi, nuisance.lam)
    )
    fits = solve(sums)
    slope, unit_variance = fits.slope.T, fits.variance.T
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
