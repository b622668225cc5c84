"""The usual practice computes what its textbooks print; otherwise its error rates would be ours."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from reports.calibration.practice import (
    ewma,
    ewma_run_length,
    individuals,
    mann_kendall,
    moved_since_last,
    ols,
    rolling_p,
    sen_slope,
    two_sample_z,
)

MISSING = float("nan")


# R spc 0.6.7 xewma.arl; Lucas & Saccucci 1990 tabulate the same designs.
@pytest.mark.parametrize(
    ("weight", "limit", "shift", "length"),
    [(0.2, 2.86, 0.0, 371.103304250187), (0.1, 2.7, 0.0, 368.993733980588), (0.2, 2.86, 1.0, 9.80152451474209)],
)
def test_the_ewma_chart_runs_as_long_as_printed(weight: float, limit: float, shift: float, length: float) -> None:
    assert ewma_run_length(weight, limit, shift=shift) == pytest.approx(length, rel=1e-6)


def test_the_integral_equation_and_a_markov_chain_give_one_run_length() -> None:
    """Brook & Evans 1972: the average as a state among many small ones; exact as they get small."""
    weight, limit, states = 0.2, 2.86, 201
    edge = limit * np.sqrt(weight / (2 - weight))
    width = 2 * edge / states
    middle = -edge + (np.arange(states) + 0.5) * width
    upper = (middle[np.newaxis, :] + width / 2 - (1 - weight) * middle[:, np.newaxis]) / weight
    stay = special.ndtr(upper) - special.ndtr(upper - width / weight)
    lengths = np.linalg.solve(np.eye(states) - stay, np.ones(states))
    assert ewma_run_length(weight, limit) == pytest.approx(lengths[states // 2], rel=1e-3)


def test_a_chart_without_limits_is_refused() -> None:
    with pytest.raises(ValueError, match="positive limit"):
        ewma_run_length(0.2, 0.0)


def test_kendall_s_tau_and_theil_s_slope_are_scipy_s() -> None:
    rng = np.random.default_rng(1)
    y = np.round(rng.normal(size=(3, 20)), 1)  # rounded, so there are ties
    found, slope = mann_kendall(y), sen_slope(y)
    for row in range(3):
        expected = stats.kendalltau(np.arange(20), y[row])
        assert found.tau_b[row] == pytest.approx(expected.statistic)
        theil = stats.theilslopes(y[row])
        assert slope.slope[row] == pytest.approx(theil.slope)
        assert slope.intercept[row] == pytest.approx(theil.intercept)


def test_mann_kendall_by_hand() -> None:
    """1 3 2 2: pairs up 4 less down 2 less one tie; variance (4 x 3 x 13 - 2 x 1 x 9) / 18."""
    found = mann_kendall([1.0, 3.0, 2.0, 2.0])
    assert found.s[0] == 3 - 2
    assert found.variance[0] == pytest.approx((156 - 18) / 18)
    assert found.z[0] == 0
    assert found.p[0] == 1


def test_ties_in_time_take_the_full_variance() -> None:
    """Kendall 1975, 4.8, as scipy's two-sided p without continuity correction knows it."""
    x, y = [1.0, 1.0, 2.0, 3.0, 3.0, 4.0], [2.0, 1.0, 1.0, 3.0, 5.0, 4.0]
    found = mann_kendall(y, x)
    without = 2 * stats.norm.sf(abs(found.s[0]) / np.sqrt(found.variance[0]))
    assert without == pytest.approx(stats.kendalltau(x, y, method="asymptotic").pvalue)


def test_a_missing_wave_is_left_out_and_time_goes_on() -> None:
    full_x, y = np.array([0.0, 1.0, 3.0, 4.0, 5.0]), np.array([3.0, 3.2, 2.9, 3.4, 3.6])
    gap = np.array([[3.0, 3.2, MISSING, 2.9, 3.4, 3.6]])
    for whole, holed in ((ols(y, full_x), ols(gap)), (sen_slope(y, full_x), sen_slope(gap))):
        assert holed.slope[0] == pytest.approx(whole.slope[0])
        assert holed.low[0] == pytest.approx(whole.low[0])
    assert mann_kendall(gap).s[0] == mann_kendall(y, full_x).s[0]


def test_least_squares_are_scipy_s() -> None:
    y = np.random.default_rng(2).normal(size=12)
    found, expected = ols(y), stats.linregress(np.arange(12), y)
    assert found.slope[0] == pytest.approx(expected.slope)
    assert found.standard_error[0] == pytest.approx(expected.stderr)
    assert found.p[0] == pytest.approx(expected.pvalue)
    assert found.low[0] < found.slope[0] < found.high[0]


def test_two_values_have_a_slope_and_no_test() -> None:
    found = ols([1.0, MISSING, 2.0])
    assert found.slope[0] == pytest.approx(0.5)
    assert np.isnan(found.p[0])


def test_a_change_is_counted_from_the_last_wave_with_a_value() -> None:
    flags = moved_since_last([3.0, 3.3, MISSING, 3.5, 3.2], 0.3)
    assert flags.tolist() == [[False, True, False, False, True]]


def test_the_z_test_divides_by_both_waves_errors() -> None:
    z = two_sample_z([[3.0, 3.5]], [[1.0, 0.5]], [[5, 10]])
    assert z[0, 1] == pytest.approx(0.5 / np.sqrt(1 / 5 + 0.5 / 10))
    assert np.isnan(z[0, 0])


def test_a_rolling_test_begins_with_a_full_window() -> None:
    y = np.random.default_rng(3).normal(size=(2, 15))
    p = rolling_p(y, 12)
    assert np.isnan(p[:, :11]).all()
    assert p[:, 14] == pytest.approx(ols(y[:, 3:]).p)
    assert rolling_p(y, 12, kendall=True)[:, 11] == pytest.approx(mann_kendall(y[:, :12]).p)


def test_the_ewma_chart_signals_a_lasting_step_and_nothing_in_its_baseline() -> None:
    y = np.array([0.0, 1.0] * 4 + [3.0] * 6)
    signals = ewma(y)
    assert not signals[0, :8].any()
    assert signals[0, 9:].all()


def test_the_individuals_chart_signals_eight_in_a_row_or_one_far_off() -> None:
    calm = np.array([0.0, 1.0] * 4)
    row = np.concatenate([calm, np.full(8, 0.6)])
    assert np.flatnonzero(individuals(row)[0]).tolist() == [14, 15]  # one wave of the baseline counts
    far = np.concatenate([calm, [0.4, 0.5 + 3 / 1.128 + 0.01]])
    assert np.flatnonzero(individuals(far)[0]).tolist() == [9]
