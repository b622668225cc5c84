"""Two series of waves in, their correlation with an honest range and the share of circular shifts as strong out.

For the whole company there is one series each, so nothing can be swapped. Shifting one against the other in a circle
keeps what both are made of and breaks what ties them in time. Effective number of waves: Bartlett 1935 (JRSS 98:536);
autocorrelation corrected for a fitted line: Tjoestheim & Paulsen 1983 (Biometrika 70:389). Harris 2020 shows where
shifts fail: on series that still drift after a line was taken out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

from reports.stats.link_results import LINK_LEVEL, Cells, CompanyLink, LagScan
from reports.stats.results import Floats, Interval

TIE = 1e-10
# Under so few effective waves a correlation has no range worth the name.
LEAST_EFFECTIVE = 6.0


def company_series(tables: Sequence[Floats], mask: Cells) -> tuple[Floats, ...]:
    """Mean over teams of each table's distances from its teams' own means; each (G, W) to (W,), NaN without a cell.

    ``tables`` hold those distances already (``fixed_effects.demean`` without trends and waves), so that a team that is
    away in a wave does not move the mean by its level.
    """
    count = mask.sum(axis=0)
    means = [np.where(mask, table, 0.0).sum(axis=0) / np.maximum(count, 1) for table in tables]
    return tuple(np.where(count > 0, mean, np.nan) for mean in means)


def detrend(series: Floats, days: Floats) -> Floats:
    """Take mean and straight line out; (W,) to (W,), nothing missing."""
    design = np.column_stack([np.ones(days.size), days - days.mean()])
    coef, *_ = np.linalg.lstsq(design, series, rcond=None)
    left: Floats = series - design @ coef
    return left


def effective_waves(x: Floats, y: Floats) -> float:
    """Waves that two detrended series are worth: n (1 - c) / (1 + c), c the product of their lag-1 autocorrelations.

    Each is corrected for the line that was taken out, (r + 2/n) / (1 - 5/n), and kept between 0 and .95; so there are
    never more than n.
    """
    n = x.size
    product = 1.0
    for series in (x, y):
        total = float(np.square(series).sum())
        own = float(series[1:] @ series[:-1]) / total if total > 0 else 0.0
        product *= min(max((own + 2 / n) / max(1 - 5 / n, 0.1), 0.0), 0.95)
    return n * (1 - product) / (1 + product)


def correlation_range(r: float, effective: float, level: float) -> Interval:
    """Fisher's range of a correlation of two detrended series worth ``effective`` waves."""
    error = 1 / math.sqrt(max(effective, LEAST_EFFECTIVE) - 4)
    centre = math.atanh(min(max(r, -1 + 1e-12), 1 - 1e-12))
    half = float(special.ndtri((1 + level) / 2)) * error
    return Interval(estimate=r, low=math.tanh(centre - half), high=math.tanh(centre + half), level=level)


def shift_test(
    pressure: Floats, sentiment: Floats, days: Floats, *, lagged: Sequence[Floats] = (), level: float = LINK_LEVEL
) -> CompanyLink | None:
    """Correlate two company series and compare with every circular shift of one against the other.

    ``pressure``, ``sentiment``, ``days``: (W,) in the order of time; waves in which one of the first two is NaN are
    left out. ``lagged``: (L, W) pressure of earlier windows for the scan, of which waves with any NaN are left out.
    p = (1 + shifts as strong) / W, two-sided, so that under 20 waves nothing can fall to 5 %. None where one of the two
    stands still or fewer than four waves are left. Cannot say: that pressure is what moved; holidays, seasons and news
    that meet all teams are in both series.
    """
    known = np.isfinite(pressure) & np.isfinite(sentiment)
    if int(known.sum()) < 4:
        return None
    x, y = detrend(pressure[known], days[known]), detrend(sentiment[known], days[known])
    if _still(x, pressure[known]) or _still(y, sentiment[known]):
        return None
    shifted = _correlations(x, y)
    observed, dealt = float(shifted[0]), shifted[1:]
    as_strong = int(np.sum(np.abs(dealt) >= abs(observed) - TIE))
    effective = effective_waves(x, y)
    return CompanyLink(
        correlation=correlation_range(observed, effective, level),
        effective_waves=effective,
        p=(1 + as_strong) / (1 + dealt.size),
        as_strong=as_strong,
        shifts=dealt.size,
        waves=x.size,
        shifted=tuple(dealt.tolist()),
        scan=scan_shifts(lagged, sentiment, days) if len(lagged) else None,
    )


def scan_shifts(lagged: Sequence[Floats], sentiment: Floats, days: Floats) -> LagScan | None:
    """One p value for the strongest of several lags: every shift is looked at for all lags and its strongest counts.

    ``lagged``: (L, W); only waves that have all lags are used. None with fewer than four of them.
    """
    known = np.isfinite(sentiment) & np.all(np.isfinite(np.asarray(lagged)), axis=0)
    if int(known.sum()) < 4:
        return None
    y = detrend(sentiment[known], days[known])
    found = np.array([_correlations(detrend(each[known], days[known]), y) for each in lagged])
    own, most = found[:, 0], np.abs(found[:, 1:]).max(axis=0)
    strongest = int(np.argmax(np.abs(own)))
    return LagScan(
        lags=tuple(range(len(lagged))),
        correlations=tuple(own.tolist()),
        strongest=strongest,
        p=(1 + int(np.sum(most >= abs(own[strongest]) - TIE))) / (1 + most.size),
    )


def _still(left: Floats, series: Floats) -> bool:
    """Whether nothing but rounding is left of a series."""
    return float(np.abs(left).max()) <= 1e-9 * max(float(np.abs(series).max()), 1.0)


def _correlations(x: Floats, y: Floats) -> Floats:
    """Correlation at every circular shift of ``x``, the first one unshifted; (W,)."""
    turned = np.array([np.roll(x, shift) for shift in range(x.size)])
    scale = math.sqrt(float(x @ x) * float(y @ y))
    found: Floats = turned @ y / scale if scale > 0 else np.zeros(x.size)
    return found
