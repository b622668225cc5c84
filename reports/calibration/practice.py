"""Series of team means in, what the usual practice would say about them out; vectorised over teams.

The product judges by none of this. It stands here so that calibration can print the error rates of what others do
beside our own, on the same draws. Formulas: Kendall 1975 (ties in both variables), Sen 1968, Gilbert 1987 (interval of
the slope), Conover 1999 (intercept), Lucas & Saccucci 1990 (EWMA), Montgomery (individuals chart). Checked against R
Kendall, trend and spc, EnvStats (US EPA 2009, example 17-6) and NIST.

All series are rows of (g, t), oldest wave first; NaN is a wave without a value and is left out, never filled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# The design that textbooks give for shifts of one standard deviation (Lucas & Saccucci 1990).
EWMA_WEIGHT, EWMA_LIMIT = 0.2, 2.86


@dataclass(frozen=True, kw_only=True)
class Line:
    """Least squares lines, each (g,): slope per unit of x, its standard error, t test on ``df`` and 95 % interval."""

    slope: Floats
    intercept: Floats
    standard_error: Floats
    df: Floats
    p: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, kw_only=True)
class Kendall:
    """Mann-Kendall tests, each (g,): ``s``, its tie-corrected variance, ``z`` with continuity correction, two-sided p.

    ``tau_a`` is s over the number of pairs, ``tau_b`` corrects that number for ties in both variables.
    """

    s: Floats
    variance: Floats
    z: Floats
    p: Floats
    tau_a: Floats
    tau_b: Floats


@dataclass(frozen=True, kw_only=True)
class Sen:
    """Median of all pairwise slopes with Gilbert's interval and Conover's intercept, each (g,)."""

    slope: Floats
    low: Floats
    high: Floats
    intercept: Floats


def ols(y: ArrayLike, x: ArrayLike | None = None, *, level: float = 0.95) -> Line:
    """Least squares of (g, t) on ``x`` (t,) or (g, t), by default 0, 1, ...; t test of the slope on n - 2.

    A row with fewer than three values gets NaN. Checked against NIST Norris.
    """
    values, when = _rows(y, x)
    present = np.isfinite(values)
    n = present.sum(axis=1).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_x, mean_y = _sum(when, present) / n, _sum(values, present) / n
        dx, dy = when - mean_x[:, np.newaxis], values - mean_y[:, np.newaxis]
        sxx = _sum(np.square(dx), present)
        slope = _sum(dx * dy, present) / sxx
        rss = _sum(np.square(dy - slope[:, np.newaxis] * dx), present)
        df = np.where(n > 2, n - 2, np.nan)
        error = np.sqrt(rss / df / sxx)
        half = special.stdtrit(df, (1 + level) / 2) * error
        p = 2 * special.stdtr(df, -np.abs(slope / error))
    return Line(
        slope=slope,
        intercept=mean_y - slope * mean_x,
        standard_error=error,
        df=df,
        p=p,
        low=slope - half,
        high=slope + half,
    )


def mann_kendall(y: ArrayLike, x: ArrayLike | None = None) -> Kendall:
    """Mann-Kendall test of (g, t) on ``x`` (t,) or (g, t), evenly spaced by default; ties allowed in both.

    z = (s - sign s) / sqrt(var s). Under three values, or with all values equal: s 0 and p 1.
    """
    values, when = _rows(y, x)
    earlier, later, both = _pairs(values)
    rise_y = np.sign(values[:, later] - values[:, earlier])
    rise_x = np.sign(when[:, later] - when[:, earlier])
    s = np.where(both, rise_y * rise_x, 0.0).sum(axis=1)
    present = np.isfinite(values)
    n = present.sum(axis=1).astype(np.float64)
    ties_y, ties_x = _Ties.of(values, present), _Ties.of(when, present)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = (n * (n - 1) * (2 * n + 5) - ties_y.five - ties_x.five) / 18
        variance += np.nan_to_num(ties_y.three * ties_x.three / (9 * n * (n - 1) * (n - 2)))
        variance += np.nan_to_num(ties_y.two * ties_x.two / (2 * n * (n - 1)))
        z = np.where(variance > 0, (s - np.sign(s)) / np.sqrt(variance), 0.0)
        pairs = n * (n - 1) / 2
        tau_a = s / pairs
        tau_b = s / np.sqrt((pairs - ties_y.two / 2) * (pairs - ties_x.two / 2))
    return Kendall(s=s, variance=variance, z=z, p=2 * special.ndtr(-np.abs(z)), tau_a=tau_a, tau_b=tau_b)


def sen_slope(y: ArrayLike, x: ArrayLike | None = None, *, level: float = 0.95) -> Sen:
    """Sen's slope of (g, t) on ``x``, uneven spacing allowed, with the rank interval of Gilbert 1987.

    Pairs with equal x have no slope and are left out. The limits lie at ranks (N - C)/2 and (N + C)/2 + 1 of the N
    pairwise slopes, C = z sqrt(var s), interpolated between neighbours as EnvStats does. The intercept is Conover's,
    median y less slope times median x. Two values at least, or NaN.
    """
    values, when = _rows(y, x)
    earlier, later, both = _pairs(values)
    run = when[:, later] - when[:, earlier]
    with np.errstate(invalid="ignore", divide="ignore"):
        slopes = np.where(both & (run != 0), (values[:, later] - values[:, earlier]) / run, np.nan)
    ordered = np.sort(slopes, axis=1)  # NaN comes last
    count = np.isfinite(slopes).sum(axis=1).astype(np.float64)
    reach = float(special.ndtri((1 + level) / 2)) * np.sqrt(np.maximum(mann_kendall(y, x).variance, 0.0))
    slope = _at_rank(ordered, (count + 1) / 2, count)
    middle_x = _row_median(np.where(np.isfinite(values), when, np.nan))
    return Sen(
        slope=slope,
        low=_at_rank(ordered, (count - reach) / 2, count),
        high=_at_rank(ordered, (count + reach) / 2 + 1, count),
        intercept=_row_median(values) - slope * middle_x,
    )


def moved_since_last(y: ArrayLike, by: float) -> Flags:
    """Whether the mean moved by ``by`` or more since the last wave with a value, (g, t) to (g, t).

    The usual dashboard rule; the first value of a row is never flagged. A billionth of tolerance: .3 is .3.
    """
    values = np.atleast_2d(np.asarray(y, dtype=np.float64))
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(values - _previous(values)) >= by - 1e-9)


def two_sample_z(y: ArrayLike, variance: ArrayLike, n: ArrayLike) -> Floats:
    """Score each wave against the last with a value, (g, t): z = difference / sqrt(s1^2/n1 + s2^2/n2).

    ``variance`` is the sample variance among the answers of a wave, ``n`` their number, all (g, t). NaN where there is
    nothing to compare; infinite where nobody differs and the means do.
    """
    values = np.atleast_2d(np.asarray(y, dtype=np.float64))
    squared = np.asarray(variance, dtype=np.float64) / np.asarray(n, dtype=np.float64)
    squared = np.where(np.isfinite(values), squared, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((values - _previous(values)) / np.sqrt(squared + _previous(squared)))


def rolling_p(y: ArrayLike, window: int, *, kendall: bool = False) -> Floats:
    """Two-sided p of the trend over the last ``window`` waves at each wave, (g, t): OLS, or Mann-Kendall if asked.

    NaN until ``window`` waves have passed, and where fewer than five of them have a value.
    """
    values = np.atleast_2d(np.asarray(y, dtype=np.float64))
    found = np.full(values.shape, np.nan)
    for end in range(window, values.shape[1] + 1):
        part = values[:, end - window : end]
        p = mann_kendall(part).p if kendall else ols(part).p
        found[:, end - 1] = np.where(np.isfinite(part).sum(axis=1) >= 5, p, np.nan)
    return found


def ewma(y: ArrayLike, *, weight: float = EWMA_WEIGHT, limit: float = EWMA_LIMIT, baseline: int = 8) -> Flags:
    """Signals of a two-sided EWMA chart, (g, t): mean and SD from the first ``baseline`` waves, then weight and limit.

    The limit is that of the steady state, ``limit`` x SD x sqrt(weight / (2 - weight)). A missing wave leaves the
    average as it is and never signals; nothing signals within the baseline.
    """
    values = np.atleast_2d(np.asarray(y, dtype=np.float64))
    mean, deviation = _baseline(values, baseline)
    edge = limit * deviation * np.sqrt(weight / (2 - weight))
    average = mean.copy()
    signals = np.zeros(values.shape, dtype=np.bool_)
    for t in range(baseline, values.shape[1]):
        seen = np.isfinite(values[:, t])
        average = np.where(seen, weight * values[:, t] + (1 - weight) * average, average)
        signals[:, t] = seen & (np.abs(average - mean) > edge)
    return signals


def ewma_run_length(weight: float, limit: float, *, shift: float = 0.0, nodes: int = 41, start: float = 0.0) -> float:
    """Average run length of the two-sided EWMA chart of independent normal values, mean and SD known.

    ``shift`` in standard deviations; limits of the steady state. Solves the integral equation of Crowder 1987,
    L(u) = 1 + 1/w x integral of L(x) phi((x - (1 - w) u)/w - shift) over the limits, at Gauss-Legendre ``nodes``.
    Checked against R spc ``xewma.arl`` (reference case ewma_arl).
    """
    if not (0 < weight <= 1 and limit > 0):
        raise ValueError("a chart has a weight in 0 to 1 and a positive limit")
    edge = limit * np.sqrt(weight / (2 - weight))
    points, shares = np.polynomial.legendre.leggauss(nodes)
    points, shares = points * edge, shares * edge

    def kernel(u: Floats) -> Floats:
        inner = (points - (1 - weight) * u[:, np.newaxis]) / weight - shift
        return np.asarray(shares * stats.norm.pdf(inner) / weight, dtype=np.float64)

    lengths = np.linalg.solve(np.eye(nodes) - kernel(points), np.ones(nodes))
    return float(1 + kernel(np.array([start]))[0] @ lengths)


def individuals(y: ArrayLike, *, baseline: int = 8, run: int = 8) -> Flags:
    """Signals of an individuals (XmR) chart, (g, t): a value beyond 3 sigma, or the ``run``-th in a row on one side.

    Centre and sigma (mean moving range / 1.128) from the first ``baseline`` waves; missing waves are skipped, a value
    on the centre ends a run. Nothing signals within the baseline.
    """
    values = np.atleast_2d(np.asarray(y, dtype=np.float64))
    mean, _ = _baseline(values, baseline)
    start = values[:, :baseline]
    sigma = _row_mean(np.abs(start - _previous(start))) / 1.128
    side = np.zeros(values.shape[0])
    length = np.zeros(values.shape[0])
    signals = np.zeros(values.shape, dtype=np.bool_)
    for t in range(values.shape[1]):
        seen = np.isfinite(values[:, t])
        away = np.where(seen, values[:, t] - mean, 0.0)
        length = np.where(
            seen, np.where((np.sign(away) == side) & (away != 0), length + 1, np.abs(np.sign(away))), length
        )
        side = np.where(seen, np.sign(away), side)
        if t >= baseline:
            signals[:, t] = seen & ((np.abs(away) > 3 * sigma) | (length >= run))
    return signals


@dataclass(frozen=True, kw_only=True)
class _Ties:
    """Sums over groups of u equal values: u(u-1), u(u-1)(u-2) and u(u-1)(2u+5), each (g,)."""

    two: Floats
    three: Floats
    five: Floats

    @classmethod
    def of(cls, values: Floats, present: Flags) -> _Ties:
        equal = (values[:, :, np.newaxis] == values[:, np.newaxis, :]) & present[:, :, np.newaxis]
        equal &= present[:, np.newaxis, :]
        u = equal.sum(axis=2).astype(np.float64)  # each member of a group counts its group once
        others = np.where(u > 0, u - 1, 0.0)
        return cls(
            two=others.sum(axis=1),
            three=(others * (u - 2)).sum(axis=1),
            five=(others * (2 * u + 5)).sum(axis=1),
        )


def _rows(y: ArrayLike, x: ArrayLike | None) -> tuple[Floats, Floats]:
    values = np.atleast_2d(np.asarray(y, dtype=np.float64))
    when = np.arange(values.shape[1], dtype=np.float64) if x is None else np.asarray(x, dtype=np.float64)
    return values, np.broadcast_to(when, values.shape)


def _pairs(values: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp], Flags]:
    """Columns of the earlier and the later value of each pair, and where both are present (g, pairs)."""
    earlier, later = np.triu_indices(values.shape[1], k=1)
    present = np.isfinite(values)
    return earlier, later, present[:, earlier] & present[:, later]


def _sum(values: Floats, present: Flags) -> Floats:
    return np.asarray(np.where(present, values, 0.0).sum(axis=1), dtype=np.float64)


def _at_rank(ordered: Floats, rank: Floats, count: Floats) -> Floats:
    """Interpolated order statistic at ``rank`` counted from 1, kept within 1 and ``count``; NaN where there is none."""
    if ordered.shape[1] == 0:
        return np.full(ordered.shape[0], np.nan)
    place = np.clip(rank, 1.0, np.maximum(count, 1.0)) - 1
    below = np.floor(place).astype(np.intp)
    above = np.minimum(below + 1, np.maximum(count - 1, 0).astype(np.intp))
    rows = np.arange(ordered.shape[0])
    share = place - below
    low, high = ordered[rows, below], ordered[rows, above]
    return np.asarray(np.where(share > 0, low * (1 - share) + high * share, low), dtype=np.float64)


def _row_mean(values: Floats) -> Floats:
    present = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(_sum(values, present) / present.sum(axis=1), dtype=np.float64)


def _row_median(values: Floats) -> Floats:
    count = np.isfinite(values).sum(axis=1).astype(np.float64)
    return _at_rank(np.sort(values, axis=1), (count + 1) / 2, count)


def _previous(values: Floats) -> Floats:
    """At each place the last value before it, NaN where there is none; (g, t) to (g, t)."""
    found = np.full(values.shape, np.nan)
    last = np.full(values.shape[0], np.nan)
    for t in range(values.shape[1]):
        found[:, t] = last
        last = np.where(np.isfinite(values[:, t]), values[:, t], last)
    return found


def _baseline(values: Floats, baseline: int) -> tuple[Floats, Floats]:
    """Mean and sample SD of the first ``baseline`` waves, (g,) each."""
    start = values[:, :baseline]
    mean = _row_mean(start)
    count = np.isfinite(start).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = _sum(np.square(start - mean[:, np.newaxis]), np.isfinite(start))
        return mean, np.sqrt(squares / (count - 1))
