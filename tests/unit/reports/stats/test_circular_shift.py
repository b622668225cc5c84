from __future__ import annotations

import numpy as np
import pytest
from scipy import signal, stats
from statsmodels.tsa.stattools import acf

from reports.stats.circular_shift import (
    company_series,
    correlation_range,
    detrend,
    effective_waves,
    scan_shifts,
    shift_test,
)

DAYS = np.arange(30) * 14.0


def series(seed: int, link: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=30)
    return x, link * x + rng.normal(size=30)


def test_detrending_is_that_of_scipy() -> None:
    x, _ = series(1)
    np.testing.assert_allclose(detrend(x + DAYS / 20, DAYS), signal.detrend(x), atol=1e-12)


def test_the_correlation_and_its_p_are_those_of_a_plain_loop() -> None:
    x, y = series(2, 0.4)
    left, right = signal.detrend(x), signal.detrend(y)
    loop = [stats.pearsonr(np.roll(left, shift), right).statistic for shift in range(30)]
    found = shift_test(x, y, DAYS)
    assert found is not None
    assert found.correlation.estimate == pytest.approx(loop[0])
    np.testing.assert_allclose(found.shifted, loop[1:], atol=1e-12)
    assert found.p == (1 + sum(abs(r) >= abs(loop[0]) for r in loop[1:])) / 30
    assert (found.shifts, found.waves, found.scan) == (29, 30, None)


def test_own_lines_and_levels_do_not_matter() -> None:
    x, y = series(3, 0.4)
    plain, moved = shift_test(x, y, DAYS), shift_test(x + DAYS * 0.3, y - DAYS * 0.1 + 7, DAYS)
    assert plain is not None
    assert moved is not None
    assert moved.correlation.estimate == pytest.approx(plain.correlation.estimate)
    assert moved.p == plain.p


def test_effective_waves_are_bartletts_with_both_autocorrelations_corrected() -> None:
    rng = np.random.default_rng(5)
    x, y = (signal.detrend(signal.lfilter([1], [1, -0.7], rng.normal(size=60))) for _ in range(2))
    corrected = [(acf(each, nlags=1)[1] + 2 / 60) / (1 - 5 / 60) for each in (x, y)]
    product = corrected[0] * corrected[1]
    assert effective_waves(x, y) == pytest.approx(60 * (1 - product) / (1 + product))
    assert effective_waves(np.tile([1.0, -1.0], 30), y) == 60


def test_without_autocorrelation_the_range_is_fishers_less_one_wave_for_the_line() -> None:
    found = correlation_range(0.5, 31.0, 0.90)
    theirs = stats.pearsonr(*_exactly(0.5, 30)).confidence_interval(0.90)  # n - 3 = 27 there, n - 4 = 27 here
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))


def _exactly(r: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    basis, _ = np.linalg.qr(np.column_stack([np.ones(n), rng.normal(size=(n, 2))]))
    return basis[:, 1], r * basis[:, 1] + np.sqrt(1 - r * r) * basis[:, 2]


def test_waves_without_a_value_are_left_out() -> None:
    x, y = series(4)
    gap = y.copy()
    gap[[3, 17]] = np.nan
    found = shift_test(x, gap, DAYS)
    kept = np.isfinite(gap)
    assert found == shift_test(x[kept], y[kept], DAYS[kept])


def test_a_series_that_only_rises_or_stands_still_has_no_link() -> None:
    _, y = series(1)
    assert shift_test(DAYS * 2 + 1, y, DAYS) is None
    assert shift_test(np.full(30, 4.0), y, DAYS) is None
    assert shift_test(y[:3], y[:3], DAYS[:3]) is None


def test_the_scan_pays_for_its_best_lag() -> None:
    rng = np.random.default_rng(60)
    x, y = series(6, 1.0)
    lagged = [rng.normal(size=30), x, *rng.normal(size=(7, 30))]
    scan = scan_shifts(lagged, y, DAYS)
    assert scan is not None
    assert (scan.strongest, scan.lags) == (1, tuple(range(9)))
    alone = shift_test(x, y, DAYS)
    assert alone is not None
    assert scan.correlations[1] == pytest.approx(alone.correlation.estimate)
    assert scan.p >= alone.p
    assert scan_shifts([np.full(30, np.nan)], y, DAYS) is None


def test_a_team_that_is_away_does_not_move_the_mean_by_its_level() -> None:
    mask = np.array([[True, True], [True, False]])
    table = np.array([[1.0, -1.0], [0.5, 99.0]])
    (mean,) = company_series([table], mask)
    np.testing.assert_allclose(mean, [0.75, -1.0])
    (gap,) = company_series([table], mask & np.array([True, False]))
    assert np.isnan(gap[1])
