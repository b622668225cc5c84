"""A released mean, its n band and the invited number in, this wave's likely range out.

The question is "how did this crowd of N people feel this wave", a finite population: the finite population correction
applies (Cochran 1977, section 2.8). Checked against R ``survey`` (fpc_apisrs), the Cabinet Office's printed margins
(csps_margin_fpc) and Newcombe 1998 (wilson).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from reports.stats.results import Floats, Interval, LevelEstimate, VarianceSource

# Within-group variances on 1 to 5 used before an installation has 50 answers of its own. Scale means of about three
# items: .79 within 99 companies (well-being, bh1996) and .78 within 49 (three leadership items, lq2002); single items:
# 1.0 to 1.7, median 1.3, within the same 49. Both from the R package multilevel, see docs/methods.md.
PRIOR_SCALE_VARIANCE = 0.8
PRIOR_ITEM_VARIANCE = 1.3
# At least this many people count as silent, so that a census has a width: the band must not tell that all answered.
SILENT_AT_LEAST = 0.5


@dataclass(frozen=True, kw_only=True)
class PooledVariance:
    """The pooled within-crowd variance of one scale or item, as declared with the release, and its degrees of freedom.

    ``source`` is PRIOR where the installation has no 50 answers yet.
    """

    value: float
    df: float = math.inf
    source: VarianceSource = VarianceSource.DECLARED


PRIOR_SCALE = PooledVariance(value=PRIOR_SCALE_VARIANCE, source=VarianceSource.PRIOR)
PRIOR_ITEM = PooledVariance(value=PRIOR_ITEM_VARIANCE, source=VarianceSource.PRIOR)


def rounding_variance(step: ArrayLike) -> Floats:
    """Variance added by rounding to multiples of ``step``: step squared over 12 (uniform error); any shape."""
    return np.square(np.asarray(step, dtype=np.float64)) / 12


def finite_population_factor(answers: ArrayLike, population: ArrayLike) -> Floats:
    """The factor 1 - n/N on the variance of a mean; n may equal N (factor 0); any shapes that broadcast.

    Raises ValueError where n is below 0 or above N.
    """
    n = np.asarray(answers, dtype=np.float64)
    size = np.asarray(population, dtype=np.float64)
    if bool(np.any((n < 0) | (n > size))):
        raise ValueError("answers lie between 0 and the population")
    return np.asarray(1 - n / size, dtype=np.float64)


def sample_mean(values: ArrayLike, population: float | None = None) -> tuple[float, float]:
    """Mean and standard error of a simple random sample, shape (n,), n >= 2, none missing.

    With ``population`` the finite population correction is applied, without it is not. Source: Cochran 1977;
    checked against R survey ``svymean``.
    """
    y = np.asarray(values, dtype=np.float64)
    factor = 1.0 if population is None else float(finite_population_factor(y.size, population))
    return float(y.mean()), math.sqrt(float(y.var(ddof=1)) / y.size * factor)


def share_margin(share: float, answers: float, population: float, *, level: float = 0.95) -> float:
    """Margin of error of a share (0 to 1) of a finite population, normal approximation.

    z * sqrt(p (1-p) / (n-1) * (1 - n/N)), the unbiased form (Cochran 1977, 3.8); n must exceed 1.
    """
    if answers <= 1:
        raise ValueError("a margin needs more than one answer")
    variance = share * (1 - share) / (answers - 1) * float(finite_population_factor(answers, population))
    return _quantile(level, math.inf) * math.sqrt(variance)


def wilson(count: float, answers: float, *, level: float = 0.95) -> Interval:
    """Wilson score interval of a share without continuity correction (Wilson 1927; Newcombe 1998, method 3).

    ``count`` of ``answers``, 0 <= count <= answers, answers > 0; ValueError otherwise.
    """
    if not (answers > 0 and 0 <= count <= answers):
        raise ValueError("a share needs 0 <= count <= answers and at least one answer")
    z = _quantile(level, math.inf)
    p = count / answers
    middle = (count + z * z / 2) / (answers + z * z)
    half = z / (answers + z * z) * math.sqrt(answers * p * (1 - p) + z * z / 4)
    low = 0.0 if count == 0 else middle - half
    high = 1.0 if count == answers else middle + half
    return Interval(estimate=p, low=low, high=high, level=level)


def band_midpoint(low: int, high: int, invited: int | None = None) -> float:
    """Middle of an n band; where the invited number is known the band ends there, for nobody else can answer."""
    if not 0 < low <= high:
        raise ValueError("a band has a lower end above 0 and an upper end not below it")
    top = high if invited is None else max(low, min(high, invited))
    return (low + top) / 2


def this_wave(
    mean: float,
    *,
    band: tuple[int, int],
    invited: int,
    step: float,
    variance: PooledVariance = PRIOR_SCALE,
    level: float = 0.95,
    scale: tuple[float, float] = (1.0, 5.0),
    clip: tuple[float, float] | None = None,
) -> LevelEstimate:
    """Likely range of a crowd's mean in one wave, from released values only.

    ``mean`` is the released mean in scale points, rounded to ``step``; ``band`` the n band, ``invited`` the public
    invited number. SE^2 = s^2 * mean(1/n - 1/N) + step^2/12, the mean taken over the numbers n of the band below N, and
    s^2 the declared variance; the quantile is t with the declared degrees of freedom (normal where they are infinite).
    The midpoint of the band alone would be too sure, because 1/n bends upwards. At least half a person counts
    as silent and half the width is at least one step, so a census never has zero width. Ends are cut at ``scale``; a
    mean released at an edge of ``clip`` ("4.4 or more") has an interval open to that end of the scale.
    """
    answers = band_midpoint(*band, invited)
    sampling = variance.value * _band_factor(band, invited)
    error = math.sqrt(sampling + float(rounding_variance(step)))
    half = max(_quantile(level, variance.df) * error, step)
    edges = scale if clip is None else clip
    low = scale[0] if mean <= edges[0] else max(scale[0], mean - half)
    high = scale[1] if mean >= edges[1] else min(scale[1], mean + half)
    interval = Interval(estimate=mean, low=low, high=high, level=level)
    return LevelEstimate(
        interval=interval, standard_error=error, answers=answers, invited=invited, source=variance.source
    )


def _band_factor(band: tuple[int, int], invited: int) -> float:
    """Mean of 1/n - 1/N over the band below N, at least that of half a silent person, in 1/answers."""
    n = np.arange(band[0], min(band[1], invited - 1) + 1, dtype=np.float64)
    least = 1 / (invited - SILENT_AT_LEAST) - 1 / invited
    return max(least, float(np.mean(1 / n)) - 1 / invited) if n.size else least


def weighted_mean(values: ArrayLike, weights: ArrayLike) -> float:
    """Weighted mean, shapes (m,) and (m,), weights positive; the value of a unit made of several released crowds."""
    return float(np.average(np.asarray(values, dtype=np.float64), weights=np.asarray(weights, dtype=np.float64)))


def union_step(steps: ArrayLike, weights: ArrayLike) -> float:
    """The rounding step of a weighted mean: the step whose variance equals that of the independently rounded parts."""
    w = np.asarray(weights, dtype=np.float64)
    share = w / w.sum()
    return math.sqrt(12 * float(np.sum(np.square(share) * rounding_variance(steps))))


def _quantile(level: float, df: float) -> float:
    if not 0 < level < 1:
        raise ValueError("a level lies between 0 and 1")
    tail = (1 + level) / 2
    return float(stats.norm.ppf(tail) if math.isinf(df) else stats.t.ppf(tail, df))
