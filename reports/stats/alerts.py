"""Released series and the trend's posterior in, one watched year per unit with its alerts out.

Method: the last three waves against up to nine before them (:mod:`reports.stats.looks`); the threshold is what quiet
years of the same organisation exceed in one of ten (:mod:`reports.stats.quiet_years`; docs/methods.md, "Alert").
Calibrated by simulation (ADR 0031).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import special

from reports.stats.estimate import PRIOR_SCALE_VARIANCE, rounding_variance
from reports.stats.looks import LEAST_LOOK, ROWS, SILENCE, Looks, Rows, look, raise_alerts, reference
from reports.stats.quiet_years import ALERT_RATE, ALERT_SEED, YEARS, calendars, quiet_threshold
from reports.stats.results import (
    AlertFit,
    AlertRule,
    AlertStatus,
    Floats,
    Interval,
    Look,
    StepContrast,
    TooEarly,
    TrendFit,
    Watch,
)
from reports.stats.series import Series
from reports.stats.shifts import RECENT

# Units per array operation: keeps a look's arrays in the processor's cache.
CHUNK = 512

__all__ = ["ALERT_RATE", "ALERT_SEED", "LEAST_LOOK", "SILENCE", "YEARS", "find_alerts"]


def find_alerts(
    series: Sequence[Series],
    fitted: TrendFit,
    *,
    within_variance: float = PRIOR_SCALE_VARIANCE,
    window_waves: int = 26,
    rate: float = ALERT_RATE,
    years: int = YEARS,
    seed: int = ALERT_SEED,
) -> AlertFit:
    """Watch each series over the last ``window_waves`` waves and say where its level moved lately.

    ``series``: as given to :func:`reports.stats.trend.fit`, ``fitted`` its result, ``within_variance`` as there. A look
    needs six released waves; a series with fewer gets TooEarly. Looks near the start of the window use the rows before
    it. ``rate``: share of unchanged units flagged at least once in ``window_waves`` waves; the threshold is the
    (1 - rate) quantile of the year's largest abs(z) in ``years`` simulated quiet years and is remembered for the same
    posterior and calendars. What is normal is learnt from the series without a trend (``fitted.normal``).
    Deterministic. Raises ValueError for a rate that is not between 0 and 1.
    """
    if not 0 < rate < 1:
        raise ValueError("a rate lies between 0 and 1")
    posterior = fitted.normal
    last = max((float(s.days[-1]) for s in series if s.days.size), default=0.0)
    start = last - (window_waves - 0.5) * posterior.days_per_wave
    results: dict[str, Watch | TooEarly] = {
        s.key: TooEarly(waves_left=max(1, LEAST_LOOK - s.days.size)) for s in series
    }
    usable = [s for s in series if s.days.size >= LEAST_LOOK and s.days[-1] > start]
    scale = posterior.reference_n / within_variance
    whites = [posterior.reference_n / s.n + rounding_variance(s.rounding_step) * scale for s in usable]
    years_seen = calendars(usable, whites, last=last, unit=posterior.days_per_wave, waves=window_waves)
    threshold = quiet_threshold(posterior, years_seen, waves=window_waves, rate=rate, years=years, seed=seed)
    rule = AlertRule(rate=rate, threshold=threshold, waves=window_waves, years=years, seed=seed)
    covariance = reference(posterior)
    for chunk in range(0, len(usable), CHUNK):
        part = usable[chunk : chunk + CHUNK]
        width = max(int((s.days > start).sum()) for s in part) + ROWS - 1
        found = look(_stack(part, whites[chunk : chunk + CHUNK], width, posterior.days_per_wave), covariance)
        recent_start = last - 0.5 * posterior.days_per_wave
        for watch in _watches(part, found, threshold, start=start, recent_start=recent_start):
            results[watch.key] = watch
    return AlertFit(rule=rule, results=results)


def _stack(series: Sequence[Series], whites: Sequence[Floats], width: int, unit: float) -> Rows:
    shape = (len(series), width)
    values, white, gaps, present = np.zeros(shape), np.ones(shape), np.ones(shape), np.zeros(shape)
    for g, (s, own) in enumerate(zip(series, whites, strict=True)):
        kept = min(width, s.days.size)
        values[g, -kept:] = s.values[-kept:] - s.values.mean()
        white[g, -kept:] = own[-kept:]
        gaps[g, width - kept + 1 :] = np.diff(s.days[-kept:]) / unit
        present[g, -kept:] = 1.0
    return Rows(values=values, white=white, gaps=gaps, present=present)


def _watches(
    series: Sequence[Series], found: Looks, threshold: float, *, start: float, recent_start: float
) -> Iterator[Watch]:
    columns = found.z.shape[1]
    in_window = np.array([min(columns, int((s.days > start).sum())) for s in series])
    valid = found.valid & (np.arange(columns) >= columns - in_window[:, np.newaxis])
    raised = raise_alerts(found.z, valid, threshold)
    estimate, error, df = found.estimate[:, -1], found.error[:, -1], found.df[:, -1]
    half = special.stdtrit(df, 0.975) * error
    p = 2 * special.stdtr(df, -np.abs(estimate / error))
    for g, s in enumerate(series):
        places = np.flatnonzero(valid[g])
        days = s.days[places - columns].tolist()
        scores, flags = found.z[g, places].tolist(), raised[g, places].tolist()
        looks = tuple(Look(day=d, z=z, is_alert=a) for d, z, a in zip(days, scores, flags, strict=True))
        current = looks[-1]
        contrast = StepContrast(
            interval=Interval(
                estimate=float(estimate[g]), low=float(estimate[g] - half[g]), high=float(estimate[g] + half[g])
            ),
            z=current.z,
            p=float(p[g]),
            recent=RECENT,
            earlier=int(found.rows[g, -1]) - RECENT,
        )
        new = current.is_alert and current.day > recent_start
        status = AlertStatus.QUIET if not new else AlertStatus.HIGHER if current.z > 0 else AlertStatus.LOWER
        yield Watch(key=s.key, looks=looks, current=current, contrast=contrast, status=status)
