"""Turns the counted covariances of the questions of a scale into those that are released, and audits released ones.

A variance that is declared is never below a floor, because a smaller one would prove that everybody agreed (decision
0029). Covariances beside variances give the variance of every sum and difference of the questions, so the floor has to
hold for these too: for every such sum w'x of two or more questions, w whole numbers, w'Sw is at least the floor. That
is so where the smallest eigenvalue of the matrix S of a scale is at least half the floor, since then w'w >= 2. A scale
whose matrix is not of this kind has no covariances released at all: smaller ones could be put right again with the
released variance of the scale itself. That variance too is kept where a matrix of this kind fits.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from reports.disclosure.policy import LEAST_VARIANCE, n_band
from surveys.i18n import Message, mark

VARIANCE_FROM = 50
"""Fewest answers that the released bands have to prove for a variance; the manifest promises ``variance_from``."""

LEAST_ANSWERS = 200
"""The same for a covariance; the manifest promises it as ``covariance_from``."""

LEAST_EIGENVALUE = LEAST_VARIANCE / 2
"""Smallest eigenvalue of the matrix of a scale as released, in squared points."""

_CENTS = 100
_LEAST_ITEMS = 2
_SAME = 1e-6
"""Eigenvalues nearer than this are the same on every machine."""

_TELLS_TOO_MUCH = mark("The declared spread of the questions of {scale} tells more than the rules let out.")

Pair = tuple[str, str]
"""Two questions, the one that comes first by code first."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A declared moment of the installation: the number of answers (or the lower end of its band) and the value."""

    answers: int
    value: float


@dataclass(frozen=True, kw_only=True)
class Moments:
    """The moments of a release: questions by scale, variances by question, covariances by pair; squared points."""

    scales: Mapping[str, Sequence[str]] = field(default_factory=dict)
    variances: Mapping[str, float] = field(default_factory=dict)
    covariances: Mapping[Pair, Moment] = field(default_factory=dict)


def pairs_of(items: Sequence[str]) -> list[Pair]:
    """Return all pairs of the questions of a scale, each and all in the order of codes."""
    return list(itertools.combinations(sorted(items), 2))


def released_scale_variance(value: float, parts: Sequence[float]) -> float:
    """Return the variance of a scale as it is released beside the released variances of its questions.

    ``value``: its variance as declared, ``parts``: those of the questions, each at the floor or above. With both the
    variance of the difference of two questions can be computed. So the value is moved, where it has to be, to the
    nearest that a matrix S with these variances and no eigenvalue under :data:`LEAST_EIGENVALUE` can have: with
    r = sqrt(parts - LEAST_EIGENVALUE), 1'S1 lies between k x LEAST_EIGENVALUE + max(0, 2 max r - sum r)^2 and
    k x LEAST_EIGENVALUE + (sum r)^2. Two decimals, never below the floor.
    """
    roots = [math.sqrt(max(part - LEAST_EIGENVALUE, 0.0)) for part in parts]
    k = len(roots)
    if k < _LEAST_ITEMS:
        return value
    ridge, squared = k * LEAST_EIGENVALUE, k * k
    highest = (ridge + sum(roots) ** 2) / squared
    lowest = (ridge + max(0.0, 2 * max(roots) - sum(roots)) ** 2) / squared
    inside = min(max(value, math.ceil(round(lowest * _CENTS, 6)) / _CENTS), _towards_zero(highest))
    return max(LEAST_VARIANCE, inside)


def released_covariances(
    items: Sequence[str],
    *,
    variances: Mapping[str, float],
    covariances: Mapping[Pair, Moment],
    scale: tuple[float, float] | None = None,
) -> dict[Pair, float]:
    """Return the covariances of the questions of one scale as they are released: all of them as counted, or none.

    ``variances`` are the released ones, by question; ``scale`` is the variance of the scale itself as declared and as
    released, None where there is none. None are released where a pair has fewer than 200 answers, where a variance (of
    a question or the scale) is not above the floor: it may then be smaller, and the covariances would tell; where that
    of the scale was moved; or where questions hang together so closely that a sum or difference of them may have a
    spread below the floor.
    """
    pairs = pairs_of(items)
    found = {pair: covariances[pair] for pair in pairs if pair in covariances}
    counted = {pair: each.value for pair, each in found.items() if each.answers >= LEAST_ANSWERS}
    is_moved = scale is not None and scale[0] != scale[1]
    if is_moved or not _is_open(items, variances, counted, None if scale is None else scale[1]):
        return {}
    return counted


def audit_moments(moments: Moments) -> tuple[Message, ...]:
    """Return one sentence per scale whose released covariances are not what :func:`released_covariances` lets out."""
    left = dict(moments.covariances)
    wrong: list[str] = []
    for scale, items in moments.scales.items():
        own = {pair: found for pair in pairs_of(items) if (found := left.pop(pair, None)) is not None}
        if own and not _may_stand(items, moments.variances, own, moments.variances.get(scale)):
            wrong.append(scale)
    wrong.extend(sorted({one for one, _ in left}))
    return tuple(Message(_TELLS_TOO_MUCH, {"scale": scale}) for scale in wrong)


def _may_stand(
    items: Sequence[str],
    variances: Mapping[str, float],
    covariances: Mapping[Pair, Moment],
    scale: float | None,
) -> bool:
    least = n_band(LEAST_ANSWERS).low
    is_large = all(moment.answers >= least for moment in covariances.values())
    values = {pair: moment.value for pair, moment in covariances.items()}
    return is_large and _is_open(items, variances, values, scale)


def _is_open(
    items: Sequence[str], variances: Mapping[str, float], covariances: Mapping[Pair, float], scale: float | None
) -> bool:
    """Tell whether all pairs are there, every variance is above the floor, and no sum or difference is below it."""
    is_whole = len(covariances) == len(pairs_of(items))
    if not (is_whole and all(variances.get(item, 0.0) > LEAST_VARIANCE for item in items)):
        return False
    # The mean of the questions is the scale, but for people who skipped some of them.
    of_mean = (sum(variances[item] for item in items) + 2 * sum(covariances.values())) / len(items) ** 2
    if of_mean <= LEAST_VARIANCE or (scale is not None and scale <= LEAST_VARIANCE):
        return False
    return _smallest_eigenvalue(items, variances, covariances) >= LEAST_EIGENVALUE


def _towards_zero(value: float) -> float:
    # In two steps, so that 0.29 * 100 stays 29.
    return math.trunc(round(value * _CENTS, 6)) / _CENTS


def _smallest_eigenvalue(
    items: Sequence[str], variances: Mapping[str, float], covariances: Mapping[Pair, float]
) -> float:
    order = sorted(items)
    matrix = np.diag([variances[item] for item in order])
    for (one, other), value in covariances.items():
        a, b = order.index(one), order.index(other)
        matrix[a, b] = matrix[b, a] = value
    return float(np.linalg.eigvalsh(matrix).min(initial=math.inf)) + _SAME
