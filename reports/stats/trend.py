"""Released series of one scale from a whole organisation in, one tested trend per series out.

Method: straight line by generalised least squares with AR(1)-plus-noise covariance, the two nuisance parameters pooled
over all teams and averaged over, variances moderated (docs/methods.md, "Trend of a unit"). Parts checked against R
nlme (Lake Huron), limma (variances) and NIST (least squares); the whole is calibrated by simulation.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from reports.stats.covariance import GRID_PHI, scan
from reports.stats.estimate import PRIOR_SCALE_VARIANCE
from reports.stats.local_level import Levels, smooth_levels
from reports.stats.mixture import Mixture
from reports.stats.pooling import ENOUGH_TEAMS, SMALL_PRIOR_SHARE, Nuisance, describe, pool
from reports.stats.results import Floats, Interval, TooEarly, TrendFit, TrendResult
from reports.stats.series import Batch, Series, batches, days_per_wave, reference_n, windows
from reports.stats.shifts import contrasts, shifts

# Fewer released waves than this carry no trend: three degrees of freedom is the least a slope is judged on.
LEAST_WAVES = 5
POWER = 0.8
# A series whose trend has a smaller p than this does not tell the alerts what is normal.
REST_LEVEL = 0.05

__all__ = ["LEAST_WAVES", "Series", "fit"]


def fit(
    series: Sequence[Series],
    *,
    window_waves: int = 26,
    within_variance: float = PRIOR_SCALE_VARIANCE,
    pooled: Collection[str] | None = None,
) -> TrendFit:
    """Fit and test the trend of each series over its last ``window_waves`` waves.

    ``series``: one scale, one organisation, unique keys, any order; a unit whose value is a mean of others' may be
    given too, then ``pooled`` names the keys of the disjoint crowds that alone inform the shared covariance (all if
    None). ``within_variance``: declared or prior within-crowd variance in squared points. A series with fewer than
    five released waves in the window gets TooEarly. Deterministic: the same series in the same order give the same
    bits. Raises ValueError for repeated keys.
    """
    if len({s.key for s in series}) != len(series):
        raise ValueError("each series needs a key of its own")
    unit = days_per_wave(series)
    kept = windows(series, window_waves, unit)
    size = reference_n(kept)
    rows = [i for i, s in enumerate(kept) if s.days.size >= LEAST_WAVES]
    results: dict[str, TrendResult | TooEarly] = {
        s.key: TooEarly(waves_left=LEAST_WAVES - s.days.size) for s in kept if s.days.size < LEAST_WAVES
    }
    groups = list(batches(kept, rows, unit=unit, size=size, within=within_variance))
    # Only what the pool needs is kept of all grid points: a hundred thousand teams must fit into memory.
    scans = [(found.loglik, found.rss) for found in map(scan, groups)]
    members = [
        np.array([pooled is None or kept[i].key in pooled for i in batch.index], dtype=np.bool_) for batch in groups
    ]
    small_variance = SMALL_PRIOR_SHARE * within_variance / size
    nuisance, weights = _pool(groups, scans, members, small_variance=small_variance)
    levels = smooth_levels(groups, small_variance=small_variance, pooled=members)
    for batch, level in zip(groups, levels, strict=True):
        results |= {r.key: r for r in _results([kept[i] for i in batch.index], batch, nuisance, level)}
    ordered = {s.key: results[s.key] for s in series}
    teams = sum(int(m.sum()) for m in members)
    at_rest = [
        m & np.array([_at_rest(results[kept[i].key]) for i in batch.index], dtype=np.bool_)
        for batch, m in zip(groups, members, strict=True)
    ]
    left = sum(int(m.sum()) for m in at_rest)
    quiet = None
    if left >= max(ENOUGH_TEAMS, teams / 2):
        normal, own = _pool(groups, scans, at_rest, small_variance=small_variance)
        quiet = describe(own, normal, teams=left, unit=unit, size=size)
    return TrendFit(
        results=ordered, posterior=describe(weights, nuisance, teams=teams, unit=unit, size=size), quiet=quiet
    )


def _at_rest(result: TrendResult | TooEarly) -> bool:
    """Whether a series shows no trend, so that its waves are mood and noise alone as far as can be told."""
    return isinstance(result, TrendResult) and result.p >= REST_LEVEL


def _pool(
    groups: Sequence[Batch],
    scans: Sequence[tuple[Floats, Floats]],
    members: Sequence[NDArray[np.bool_]],
    *,
    small_variance: float,
) -> tuple[Nuisance, Floats]:
    empty = np.empty((0, GRID_PHI.size))
    loglik = np.concatenate([empty, *(s[m] for (s, _), m in zip(scans, members, strict=True))])
    rss = np.concatenate([empty, *(s[m] for (_, s), m in zip(scans, members, strict=True))])
    own = (np.full(int(m.sum()), b.length - 2.0) for b, m in zip(groups, members, strict=True))
    df = np.concatenate([np.empty(0), *own])
    return pool(loglik, rss, df, small_variance=small_variance)


def _results(rows: Sequence[Series], batch: Batch, nuisance: Nuisance, levels: Levels) -> list[TrendResult]:
    scanned = scan(batch, nuisance.phi, nuisance.lam)
    fits = scanned.fits
    moderated = nuisance.variances(scanned.rss, batch.length - 2)
    mixture = Mixture(
        weights=np.broadcast_to(nuisance.weights, fits.slope.shape),
        mean=fits.slope,
        scale=np.sqrt(moderated.posterior * fits.variance),
        df=moderated.df,
    )
    estimate, error, p = mixture.expectation(), mixture.standard_error(), mixture.two_sided_p()
    low, high = mixture.quantile(0.025), mixture.quantile(0.975)
    df = (nuisance.weights * moderated.df).sum(axis=1)
    # (t_.975 + t_.80) x SE, the first part taken from the averaged interval itself.
    mde = (high - low) / 2 + special.stdtrit(df, POWER) * error
    moved = shifts(batch, nuisance)
    recent = contrasts(batch, nuisance, moderated.posterior, moderated.df)
    line = batch.values.mean(axis=1) + fits.intercept @ nuisance.weights
    lines = line[:, np.newaxis] + batch.column() * estimate[:, np.newaxis]
    span = batch.days[:, -1] - batch.days[:, 0]
    return [
        TrendResult(
            key=row.key,
            waves=batch.length,
            span_days=float(span[g]),
            change=Interval(estimate=float(estimate[g]), low=float(low[g]), high=float(high[g])),
            slope_per_day=float(estimate[g] / span[g]),
            standard_error=float(error[g]),
            df=float(df[g]),
            p=float(p[g]),
            mde80=float(mde[g]),
            shift=moved[g],
            contrast=recent[g],
            days=tuple(batch.days[g].tolist()),
            line=tuple(lines[g].tolist()),
            level=tuple(levels.level[g].tolist()),
            level_low=tuple(levels.low[g].tolist()),
            level_high=tuple(levels.high[g].tolist()),
            clipped=row.clipped,
        )
        for g, row in enumerate(rows)
    ]
