"""Fits all that is asked of the series of one scale at once: trends, alerts, and levels against the organisation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from reports.services.trend_sets import WINDOW_WAVES
from reports.stats.alerts import find_alerts
from reports.stats.results import AlertFit, TrendFit
from reports.stats.series import Series
from reports.stats.shrinkage import LevelFit, TooFew, judge_levels, recent_levels
from reports.stats.trend import fit


@dataclass(frozen=True, kw_only=True)
class ScaleFit:
    """What the series of one scale say: the trends, the alerts, and the levels of the units beside each other."""

    trends: TrendFit
    alerts: AlertFit
    levels: LevelFit | TooFew


def fit_scale(
    series: Sequence[Series], *, pooled: Collection[str], whole: Collection[str], within_variance: float
) -> ScaleFit:
    """Fit the series of one scale; each has a key of its own.

    ``pooled`` names the series of disjoint crowds, which alone inform what is shared; ``whole`` those of all
    teams together, which are no unit beside others and have no level against the organisation. ``within_variance`` is
    the declared or prior variance inside crowds, in squared points.
    """
    trends = fit(series, window_waves=WINDOW_WAVES, within_variance=within_variance, pooled=pooled)
    alerts = find_alerts(series, trends, within_variance=within_variance, window_waves=WINDOW_WAVES)
    recent = recent_levels(
        [each for each in series if each.key not in whole],
        trends.posterior,
        within_variance=within_variance,
    )
    return ScaleFit(trends=trends, alerts=alerts, levels=judge_levels(recent, pooled=pooled))
