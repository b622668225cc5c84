"""Columns of many series and an AR(1) or random-walk covariance in, whitened sums of products out.

A series with white noise and a Markov mood needs no matrix: the scalar Kalman filter runs once over its rows and gives
the innovations of every column, their variances and with them each quadratic form a' V^-1 b and log det V (Harvey
1989, 3.4). All arrays have time as their first axis; the others are any that broadcast, so that thousands of series and
all points of a grid go through one loop over the rows. Checked against :mod:`reports.stats.gls`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reports.stats.results import Floats

# A column over time: an array (t, ...), or one number per row.
Column = Floats | Sequence[float]


@dataclass(frozen=True, kw_only=True)
class Walk:
    """The hidden part of a series: h_t = carried_t h_(t-1) + noise of variance ``fresh_t``, both (t, ...).

    ``start`` is the variance of the hidden part in the first row (...), whose own ``carried`` and ``fresh`` are not
    read.
    """

    carried: Floats
    fresh: Floats
    start: Floats


def moods(carried: Floats, variance: Floats) -> Walk:
    """A stationary AR(1) mood of ``variance`` (...) with correlations ``carried`` (t, ...) to the row before."""
    return Walk(carried=carried, fresh=variance * (1.0 - np.square(carried)), start=np.asarray(variance))


def random_walk(gaps: Floats, variance: Floats) -> Walk:
    """A level that starts at zero and moves by ``variance`` (...) per wave; ``gaps`` (t, ...) in waves."""
    shape = np.broadcast_shapes(gaps.shape[1:], np.shape(variance))
    return Walk(carried=np.ones((gaps.shape[0], *([1] * len(shape)))), fresh=variance * gaps, start=np.zeros(shape))


def quadratic_forms(
    columns: Sequence[Column], pairs: Sequence[tuple[int, int]], *, white: Floats, walk: Walk
) -> tuple[list[Floats], Floats]:
    """The form a' V^-1 b of each pair of columns, and log det V, all (...), with V = diag(white) + hidden covariance.

    ``columns``: each (t, ...) or one number per row; ``white``: (t, ...), infinite where a row is
    missing (then log det V means nothing).
    """
    uncertain = walk.start
    guesses: list[Floats | float] = [0.0] * len(columns)
    sums: list[Floats | float] = [0.0] * len(pairs)
    log_det: Floats | float = 0.0
    for t in range(white.shape[0]):
        if t:
            uncertain = np.square(walk.carried[t]) * uncertain + walk.fresh[t]
            guesses = [walk.carried[t] * guess for guess in guesses]
        total = uncertain + white[t]
        weight = 1.0 / total
        log_det = log_det + np.log(total)
        fresh = [column[t] - guess for column, guess in zip(columns, guesses, strict=True)]
        weighed = [weight * own for own in fresh]
        sums = [own + weighed[a] * fresh[b] for own, (a, b) in zip(sums, pairs, strict=True)]
        guesses = [guess + uncertain * own for guess, own in zip(guesses, weighed, strict=True)]
        uncertain = uncertain * (1.0 - uncertain * weight)
    return [np.asarray(s, dtype=np.float64) for s in sums], np.asarray(log_det, dtype=np.float64)


def precision_trace(white: Floats, walk: Walk) -> Floats:
    """Trace of diag(white) V^-1, (...), for V as in :func:`quadratic_forms`; white (t, ...) is finite.

    The diagonal of V^-1 holds the variances of the auxiliary residuals, from the backward pass of de Jong 1989.
    """
    uncertain = walk.start
    steps: list[tuple[Floats, Floats]] = []
    for t in range(white.shape[0]):
        if t:
            uncertain = np.square(walk.carried[t]) * uncertain + walk.fresh[t]
        weight = 1.0 / (uncertain + white[t])
        steps.append((weight, uncertain * weight))
        uncertain = uncertain * (1.0 - uncertain * weight)
    later: Floats | float = 0.0
    total: Floats | float = 0.0
    for t in range(white.shape[0] - 1, -1, -1):
        weight, gain = steps[t]
        carried = walk.carried[t + 1] if t + 1 < white.shape[0] else 0.0
        total = total + white[t] * (weight + np.square(carried * gain) * later)
        later = weight + np.square(carried * (1.0 - gain)) * later
    return np.asarray(total, dtype=np.float64)


def smoothed_walk(values: Floats, white: Floats, walk: Walk) -> tuple[Floats, Floats]:
    """Level (mean plus hidden part) at each row given all rows, and its variance over s^2, both (t, ...).

    ``values``: (t, ...) near zero; the mean is diffuse: estimated from the series, with what that adds to the variance
    (Rauch, Tung & Striebel 1965, run on the values and on a column of ones).
    """
    rows = white.shape[0]
    shape = np.broadcast_shapes(values.shape, white.shape)
    kept, gains, before = np.empty(shape), np.empty(shape), np.empty(shape)
    ones, hidden = np.empty(shape), np.empty(shape)
    sums: list[Floats | float] = [0.0, 0.0]
    uncertain, guess_one, guess = walk.start, np.zeros(shape[1:]), np.zeros(shape[1:])
    for t in range(rows):
        if t:
            uncertain = np.square(walk.carried[t]) * uncertain + walk.fresh[t]
            guess_one, guess = walk.carried[t] * guess_one, walk.carried[t] * guess
        before[t] = uncertain
        weight = 1.0 / (uncertain + white[t])
        fresh_one, fresh = 1.0 - guess_one, values[t] - guess
        sums = [sums[0] + weight * np.square(fresh_one), sums[1] + weight * fresh_one * fresh]
        gains[t] = uncertain * weight
        guess_one, guess = guess_one + gains[t] * fresh_one, guess + gains[t] * fresh
        uncertain = uncertain * (1.0 - gains[t])
        kept[t], ones[t], hidden[t] = uncertain, guess_one, guess
    for t in range(rows - 2, -1, -1):
        following = before[t + 1]
        back = np.divide(kept[t] * walk.carried[t + 1], following, out=np.zeros(shape[1:]), where=following > 0)
        hidden[t] += back * (hidden[t + 1] - walk.carried[t + 1] * hidden[t])
        ones[t] += back * (ones[t + 1] - walk.carried[t + 1] * ones[t])
        kept[t] += np.square(back) * (kept[t + 1] - following)
    mean, unit = sums[1] / sums[0], 1.0 / sums[0]
    # The mean's own error reaches the level only as far as the hidden part does not take it up again.
    return np.asarray(hidden + mean * (1.0 - ones)), np.asarray(kept + np.square(1.0 - ones) * unit)
