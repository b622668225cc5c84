"""Silent people and what they may hide."""

from __future__ import annotations

import numpy as np
import pytest

from reports.stats.nonresponse import Responses, ends, response_trend, sensitivity
from reports.stats.results import Interval, ResponseTrend, TooEarly

RISE = Interval(estimate=0.3, low=0.1, high=0.5)


def test_a_falling_response_turns_a_rise_down() -> None:
    """Level if the silent were lower by a gap: y - gap (1 - r), so a fall from 95 to 55 % takes .4 gap away."""
    half, whole = sensitivity(RISE, 0.95, 0.55)
    assert (half.gap, whole.gap) == (0.5, 1.0)
    assert half.change.estimate == pytest.approx(0.1)
    assert whole.change.estimate == pytest.approx(-0.1)
    assert (whole.change.low, whole.change.high) == pytest.approx((-0.3, 0.1))


def test_a_response_that_stays_changes_nothing() -> None:
    assert all(bound.change == RISE for bound in sensitivity(RISE, 0.7, 0.7))


def test_the_bound_is_the_difference_of_two_bounded_levels() -> None:
    (bound,) = sensitivity(Interval(estimate=4.0 - 3.5, low=0.0, high=1.0), 0.8, 0.6, gaps=(2.0,))
    assert bound.change.estimate == pytest.approx((4.0 - 2.0 * 0.4) - (3.5 - 2.0 * 0.2))


@pytest.mark.parametrize(("first", "last"), [(-0.1, 0.5), (0.5, 1.1)])
def test_a_response_outside_zero_to_one_is_refused(first: float, last: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        sensitivity(RISE, first, last)


def test_ends_are_means_of_thirds() -> None:
    assert ends([0.9, 0.8, 0.7, 0.6, 0.5, 0.4]) == pytest.approx((0.85, 0.45))
    assert ends([0.7]) == (0.7, 0.7)
    with pytest.raises(ValueError, match="at least one wave"):
        ends([])


def unit(key: str, middles: list[float], *, invited: float = 10.0) -> Responses:
    middle = np.array(middles)
    return Responses(
        key=key,
        days=np.arange(middle.size, dtype=np.float64) * 14,
        low=np.maximum(middle - 0.125, 0.0),
        high=np.minimum(middle + 0.125, 1.0),
        invited=np.full(middle.size, invited),
    )


def test_a_steady_fall_of_the_response_is_found_and_a_flat_one_is_not() -> None:
    steady = [0.625, 0.875, 0.625, 0.625, 0.875, 0.625, 0.875, 0.625, 0.625, 0.875, 0.625, 0.625]
    falling = np.repeat([0.875, 0.625, 0.375, 0.125], 3).tolist()
    found = response_trend([unit("fall", falling), *(unit(f"u{i}", steady[i:] + steady[:i]) for i in range(5))])
    fall, flat = found["fall"], found["u0"]
    assert isinstance(fall, ResponseTrend)
    assert isinstance(flat, ResponseTrend)
    assert fall.p < 0.05 < flat.p
    assert fall.odds.high < 1 < flat.odds.high
    assert (fall.first, fall.last) == pytest.approx((0.8125, 0.1875))


def test_a_full_house_and_a_short_series_are_no_error() -> None:
    found = response_trend([unit("all", [1.0] * 6), unit("new", [0.5, 0.5])])
    assert isinstance(found["all"], ResponseTrend)
    assert found["new"] == TooEarly(waves_left=3)
