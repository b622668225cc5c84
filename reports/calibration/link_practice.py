"""A panel of pressure and sentiment in, what the usual correlations would say of it out: for comparison only.

All take the cells in which both are known and treat them as independent, which slow series of teams are not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from reports.calibration.worlds import Floats
from reports.stats.link_results import Cells, LinkPanel


@dataclass(frozen=True, kw_only=True)
class UsualPractice:
    """p values of the correlation over all team-waves, within teams, at the best of all lags and of company means.

    ``low``, ``high``: the 90 % range of least squares with team effects, in sentiment per point of the index.
    """

    pooled: float
    within: float
    best_lag: float
    company: float
    low: float
    high: float


def usual_practice(panel: LinkPanel) -> UsualPractice:
    """Correlate as a spreadsheet would; the panel needs ``lagged`` pressure and two cells in every team."""
    cells = np.isfinite(panel.pressure) & np.isfinite(panel.sentiment)
    x, y = panel.pressure[cells], panel.sentiment[cells]
    inside_x, inside_y = _within(panel.pressure, cells), _within(panel.sentiment, cells)
    teams = int(cells.any(axis=1).sum())
    # One df less for each team: what a regression package prints for team dummies.
    df = x.size - teams - 1
    squares = float(inside_x @ inside_x)
    slope = float(inside_x @ inside_y) / squares
    error = math.sqrt(float(np.square(inside_y - slope * inside_x).sum()) / df / squares)
    half = float(special.stdtrit(df, 0.95)) * error
    means = [np.nanmean(np.where(cells.any(axis=0), table, 0.0), axis=0) for table in (panel.pressure, panel.sentiment)]
    return UsualPractice(
        pooled=correlation_p(x - x.mean(), y - y.mean()),
        within=correlation_p(inside_x, inside_y),
        best_lag=_best_lag(panel),
        company=correlation_p(means[0] - means[0].mean(), means[1] - means[1].mean()),
        low=slope - half,
        high=slope + half,
    )


def correlation_p(x: Floats, y: Floats) -> float:
    """Two-sided p value of Pearson's correlation of two centred series, n - 2 degrees of freedom."""
    r = float(x @ y) / math.sqrt(float(x @ x) * float(y @ y))
    df = x.size - 2
    return float(2 * special.stdtr(df, -abs(r) * math.sqrt(df / max(1 - r * r, 1e-12))))


def _best_lag(panel: LinkPanel) -> float:
    if panel.lagged is None:
        return math.nan
    found = []
    for table in panel.lagged:
        cells = np.isfinite(table) & np.isfinite(panel.sentiment)
        found.append(correlation_p(_within(table, cells), _within(panel.sentiment, cells)))
    return min(found)


def _within(table: Floats, cells: Cells) -> Floats:
    """Distances from the team's own mean over ``cells``, in one row."""
    known = np.where(cells, table, 0.0)
    means = known.sum(axis=1, keepdims=True) / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    left: Floats = (known - means)[cells]
    return left
