"""The usual practice is what scipy and statsmodels would print."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from reports.calibration.link_practice import usual_practice
from reports.calibration.link_worlds import LinkWorld, draw_link

PANEL = draw_link(np.random.default_rng(3), LinkWorld(kind="missing", teams=6, waves=14, r=0.3)).panel
KNOWN = np.isfinite(PANEL.pressure) & np.isfinite(PANEL.sentiment)


def test_the_correlation_over_all_is_that_of_scipy() -> None:
    expected = stats.pearsonr(PANEL.pressure[KNOWN], PANEL.sentiment[KNOWN]).pvalue
    assert usual_practice(PANEL).pooled == pytest.approx(expected, rel=1e-9)


def test_the_range_is_that_of_least_squares_with_a_column_for_each_team() -> None:
    team = np.nonzero(KNOWN)[0]
    design = np.column_stack([PANEL.pressure[KNOWN], *(team == g for g in range(6))]).astype(float)
    low, high = sm.OLS(PANEL.sentiment[KNOWN], design).fit().conf_int(alpha=0.10)[0]
    found = usual_practice(PANEL)
    assert [found.low, found.high] == pytest.approx([low, high], rel=1e-9)


def test_the_best_lag_is_never_worse_than_the_first() -> None:
    found = usual_practice(PANEL)
    assert found.best_lag <= found.within


def test_company_means_are_correlated_wave_by_wave() -> None:
    means = [np.nanmean(table, axis=0) for table in (PANEL.pressure, PANEL.sentiment)]
    assert usual_practice(PANEL).company == pytest.approx(stats.pearsonr(*means).pvalue, rel=1e-9)
