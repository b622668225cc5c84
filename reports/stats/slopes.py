"""Residuals of teams in, each team's slope moved towards the common one out; no team is ranked.

Slopes by team are noisy: alone they miss the truth by .40 (12 waves) to .18 (52 waves) SD, shrunk by .24 to .12.
The shrinkage is that of :func:`reports.stats.shrinkage.shrink` (Paule and Mandel's variance, Morris' ranges).
"""

from __future__ import annotations

import numpy as np
from scipy import special

from reports.stats.link_results import LINK_LEVEL, Cells, TeamSlope, TeamSlopes
from reports.stats.results import Floats, Interval, TooEarly
from reports.stats.shrinkage import LEAST_SHRUNK, shrink


def lag_one(table: Floats, mask: Cells, *, effects: int = 2) -> float:
    """Autocorrelation from wave to wave of residuals, pooled over teams; ``table``, ``mask``: (G, W).

    Corrected for the mean and line taken out of each team's W waves, (r + 2/W) / (1 - 5/W), and kept in 0 to .95.
    """
    both = mask[:, 1:] & mask[:, :-1]
    total = float(np.square(table)[mask].sum())
    if total <= 0 or not bool(both.any()):
        return 0.0
    pairs = float((table[:, 1:] * table[:, :-1])[both].mean())
    own = pairs / (total / int(mask.sum()))
    waves = float(mask.sum(axis=1)[mask.any(axis=1)].mean())
    return min(max((own + effects / waves) / max(1 - (2 * effects + 1) / waves, 0.1), 0.0), 0.95)


def team_slopes(
    x: Floats, y: Floats, mask: Cells, keys: tuple[str, ...], *, common: float, level: float = LINK_LEVEL
) -> TeamSlopes | TooEarly:
    """Slope of ``y`` on ``x`` in each team, shrunk; (G, W) residuals, 0 outside ``mask``; ``keys`` in their order.

    A slope's variance is the residual variance pooled over teams over the team's own sum of squares, times (1 + c) /
    (1 - c) with c the product of the autocorrelations of x and the error. ``common``: the slope whose sign counts as
    the direction; k of G are counted before shrinkage. Teams whose pressure does not move are left out. Fewer than four
    give TooEarly with one wave left. Cannot say: which team has the strongest link; the ranges overlap by design.
    """
    squares = np.square(x).sum(axis=1)
    moving = squares > 1e-9 * squares.sum()
    rows = np.flatnonzero(moving)
    if rows.size < LEAST_SHRUNK:
        return TooEarly(waves_left=1)
    own = np.sum(x * y, axis=1)[rows] / squares[rows]
    error = np.where(mask, y, 0.0)[rows] - own[:, None] * x[rows]
    # Each team spent a mean, a line and its slope.
    free = max(int(mask[rows].sum()) - 3 * rows.size, 1)
    tied = lag_one(x[rows], mask[rows]) * lag_one(error, mask[rows])
    variance = float(np.square(error).sum()) / free * (1 + tied) / (1 - tied) / squares[rows]
    variance = np.maximum(variance, np.finfo(np.float64).tiny)
    shrunk = shrink(own, variance)
    half = float(special.ndtri((1 + level) / 2)) * np.sqrt(shrunk.variances)
    return TeamSlopes(
        slopes=tuple(
            TeamSlope(
                key=keys[row],
                interval=Interval(
                    estimate=float(shrunk.estimates[i]),
                    low=float(shrunk.estimates[i] - half[i]),
                    high=float(shrunk.estimates[i] + half[i]),
                    level=level,
                ),
                weight=float(shrunk.weights[i]),
            )
            for i, row in enumerate(rows)
        ),
        same_direction=int(np.sum(own * common > 0)),
        teams=rows.size,
        spread=float(np.sqrt(shrunk.tau2)),
    )
