from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from reports.stats.event_study import EventStudy, event_study, run_ups
from reports.stats.results import TooEarly

DAYS = np.arange(0.0, 560, 7)


def world(effect: float = 0.0, releases: int = 8) -> tuple[np.ndarray, np.ndarray, list[float]]:
    rng = np.random.default_rng(3)
    days = [70.0 * (r + 1) for r in range(releases)]
    values = rng.normal(size=(4, DAYS.size))
    values += effect * run_ups(DAYS, days).inside
    return values, np.ones(values.shape, dtype=bool), days


def test_a_wave_leads_up_to_the_next_release_and_its_day_counts() -> None:
    found = run_ups(np.array([0.0, 49, 50, 70, 71, 141]), [140.0, 70.0])
    assert found.release.tolist() == [0, 0, 0, 0, 1, -1]
    assert found.inside.tolist() == [False, False, True, True, False, False]


def test_releases_within_a_run_up_of_one_another_are_one() -> None:
    found = run_ups(DAYS, [70.0, 85.0, 200.0], run_up=21)
    assert (found.days, found.merged) == ((85.0, 200.0), 1)
    assert DAYS[found.inside & (found.release == 0)].tolist() == [56, 63, 70, 77, 84]


def test_the_figures_are_those_of_scipy_over_releases() -> None:
    values, mask, days = world(0.5)
    found = event_study(values, mask, run_ups(DAYS, days))
    assert isinstance(found, EventStudy)
    each = []
    for r, day in enumerate(days):
        before = day - DAYS
        own = (before >= 0) & (before < 70) if r else before >= 0
        near = own & (before < 21)
        each.append(values[:, near].mean() - values[:, own & ~near].mean())
    theirs = stats.ttest_1samp(each, 0.0)
    interval = theirs.confidence_interval(0.90)
    assert [effect.effect for effect in found.effects] == pytest.approx(each)
    assert (found.mean.low, found.mean.high, found.p) == pytest.approx((interval.low, interval.high, theirs.pvalue))
    assert found.positive == sum(e > 0 for e in each)
    assert found.p_sign == pytest.approx(stats.binomtest(found.positive, 8).pvalue)
    assert (found.teams, found.releases, found.skipped) == (4, 8, 0)


def test_weights_count_and_cells_outside_the_mask_do_not() -> None:
    values, mask, days = world()
    mask[0, 4] = False
    spoilt = values.copy()
    spoilt[0, 4] = np.nan
    weights = np.ones(values.shape)
    weights[1] = 0.0
    found = event_study(spoilt, mask, run_ups(DAYS, days), weights=weights)
    rest = [0, 2, 3]
    assert isinstance(found, EventStudy)
    without = event_study(values[rest], mask[rest], run_ups(DAYS, days))
    assert isinstance(without, EventStudy)
    assert found.mean == without.mean


def test_five_releases_are_too_few_for_a_range() -> None:
    values, mask, days = world(releases=5)
    assert event_study(values, mask, run_ups(DAYS, days)) == TooEarly(waves_left=1)


def test_a_release_without_waves_of_both_kinds_is_skipped() -> None:
    values, mask, days = world()
    mask[:, (DAYS > 119) & (DAYS <= 140)] = False
    found = event_study(values, mask, run_ups(DAYS, days))
    assert isinstance(found, EventStudy)
    assert (found.releases, found.skipped) == (7, 1)


def test_effects_of_nothing_are_no_direction() -> None:
    _, mask, days = world()
    found = event_study(np.ones(mask.shape), mask, run_ups(DAYS, days))
    assert isinstance(found, EventStudy)
    assert (found.p, found.p_sign, found.positive) == (1.0, 1.0, 0)


def test_tables_that_do_not_fit_are_refused() -> None:
    values, mask, days = world()
    with pytest.raises(ValueError, match="one row per team"):
        event_study(values[:, 1:], mask[:, 1:], run_ups(DAYS, days))
