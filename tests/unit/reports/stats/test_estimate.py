"""This wave's likely range, checked against published margins and intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.stats.estimate import (
    PRIOR_SCALE,
    PooledVariance,
    band_midpoint,
    finite_population_factor,
    rounding_variance,
    sample_mean,
    share_margin,
    this_wave,
    union_step,
    weighted_mean,
    wilson,
)
from reports.stats.results import VarianceSource


@pytest.mark.parametrize(
    ("percent", "answers", "people", "printed"),
    [(43, 120, 200, 6), (50, 80, 150, 8), (30, 40, 50, 6), (60, 375, 500, 2)],
)
def test_margins_are_those_of_the_cabinet_office_guide(percent: int, answers: int, people: int, printed: int) -> None:
    # Civil Service People Survey 2014, technical guide, page 23.
    assert round(100 * share_margin(percent / 100, answers, people)) == printed


@pytest.mark.parametrize(
    ("count", "answers", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_newcombe_s(count: int, answers: int, low: float, high: float) -> None:
    found = wilson(count, answers)
    assert found.low == pytest.approx(low, abs=6e-5)
    assert found.high == pytest.approx(high, abs=6e-5)


def test_a_wilson_interval_of_everybody_ends_at_one() -> None:
    assert wilson(6, 6).high == 1.0


@pytest.mark.parametrize(("count", "answers"), [(-1, 5), (6, 5), (0, 0)])
def test_a_share_outside_its_base_is_refused(count: int, answers: int) -> None:
    with pytest.raises(ValueError, match="share"):
        wilson(count, answers)


def test_the_correction_is_zero_when_all_answered_and_one_when_nobody() -> None:
    assert finite_population_factor([0, 4, 8], 8).tolist() == [1.0, 0.5, 0.0]
    with pytest.raises(ValueError, match="population"):
        finite_population_factor(9, 8)


def test_mean_and_error_without_population_are_the_textbook_ones() -> None:
    mean, error = sample_mean([1.0, 2.0, 3.0, 4.0])
    assert (mean, error) == (2.5, pytest.approx(math.sqrt(5 / 3 / 4)))
    assert sample_mean([1.0, 2.0, 3.0, 4.0], 8)[1] == pytest.approx(error * math.sqrt(0.5))


def test_a_margin_of_one_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="one answer"):
        share_margin(0.5, 1, 8)


def test_rounding_variance_is_that_of_a_uniform_error() -> None:
    assert float(rounding_variance(0.1)) == pytest.approx(0.01 / 12)


def test_six_of_eight_has_the_width_of_the_notes() -> None:
    # s^2 = .82, six answers of eight: half-width 0.47 with t(5), statistics note 2.4.
    found = this_wave(3.5, band=(6, 6), invited=8, step=0.0, variance=PooledVariance(value=0.82, df=5))
    assert found.interval.half_width == pytest.approx(0.475, abs=0.005)
    assert found.source is VarianceSource.DECLARED


def test_before_fifty_answers_the_result_says_that_it_rests_on_the_prior() -> None:
    assert this_wave(3.5, band=(5, 7), invited=8, step=0.1).source is VarianceSource.PRIOR


@given(invited=st.integers(5, 300), mean=st.floats(1.6, 4.4), low=st.sampled_from([5, 8, 12, 20]))
@settings(max_examples=8)
def test_a_range_never_has_zero_width_and_stays_on_the_scale(invited: int, mean: float, low: int) -> None:
    invited = max(invited, low)
    found = this_wave(mean, band=(low, 2 * low), invited=invited, step=0.1)
    assert found.interval.high - found.interval.low >= 0.1
    assert 1 <= found.interval.low <= mean <= found.interval.high <= 5


def test_a_census_counts_half_a_person_as_silent() -> None:
    census = this_wave(3.0, band=(5, 7), invited=5, step=0.1)
    assert census.answers == 5
    assert census.standard_error == pytest.approx(math.sqrt(0.8 * (1 / 4.5 - 1 / 5) + 0.01 / 12))


def test_a_mean_at_the_clip_is_open_to_the_end_of_the_scale() -> None:
    high = this_wave(4.4, band=(5, 7), invited=9, step=0.1, clip=(1.6, 4.4))
    low = this_wave(1.6, band=(5, 7), invited=9, step=0.1, clip=(1.6, 4.4))
    assert high.interval.high == 5.0
    assert low.interval.low == 1.0


def test_a_band_ends_at_the_invited_number() -> None:
    assert band_midpoint(5, 7) == 6.0
    assert band_midpoint(5, 7, 6) == 5.5
    assert band_midpoint(5, 7, 4) == 5.0
    with pytest.raises(ValueError, match="band"):
        band_midpoint(0, 4)


def test_a_level_outside_zero_and_one_is_refused() -> None:
    with pytest.raises(ValueError, match="level"):
        this_wave(3.0, band=(5, 7), invited=9, step=0.1, level=1.0)


def test_a_union_of_crowds_has_the_weighted_mean_and_a_smaller_rounding() -> None:
    assert weighted_mean([3.0, 4.0], [6.0, 18.0]) == 3.75
    assert union_step([0.1, 0.1], [1.0, 1.0]) == pytest.approx(0.1 / math.sqrt(2))
    assert union_step([0.1], [7.0]) == pytest.approx(0.1)


def test_seventy_five_per_cent_response_is_covered_as_often_as_promised() -> None:
    rng = np.random.default_rng(3)
    people = rng.normal(3.5, math.sqrt(PRIOR_SCALE.value), (2000, 8))
    seen = people[:, :6].mean(axis=1)
    half = this_wave(3.5, band=(5, 7), invited=8, step=0.1).interval.half_width
    assert 0.93 <= np.mean(np.abs(np.round(seen, 1) - people.mean(axis=1)) <= half) <= 0.97


def test_a_band_counts_by_the_mean_of_its_variances_and_not_by_its_middle() -> None:
    found = this_wave(3.0, band=(5, 7), invited=10, step=0.0)
    each = [0.8 / n * (1 - n / 10) for n in (5, 6, 7)]
    assert found.standard_error == pytest.approx(math.sqrt(sum(each) / 3))
    assert found.standard_error > math.sqrt(each[1])


def test_a_band_that_ends_at_the_invited_number_leaves_out_the_census() -> None:
    found = this_wave(3.0, band=(5, 8), invited=8, step=0.0)
    assert found.standard_error == pytest.approx(math.sqrt(sum(0.8 / n * (1 - n / 8) for n in (5, 6, 7)) / 3))
