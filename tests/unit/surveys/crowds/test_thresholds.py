"""How many people must be invited so that enough of them answer; the numbers are those of SciPy's binomial."""

import pytest
from scipy.stats import binom

from surveys.crowds.thresholds import least_invited, probability_of_at_least


def test_eight_invited_stand_alone_and_seven_do_not() -> None:
    assert least_invited(5, 0.75) == 8
    assert probability_of_at_least(5, 7, 0.75) == pytest.approx(0.7564, abs=1e-4)
    assert probability_of_at_least(5, 8, 0.75) == pytest.approx(0.8862, abs=1e-4)


@pytest.mark.parametrize("k", [5, 8, 10])
@pytest.mark.parametrize("response", [0.02, 0.3, 0.75, 0.99, 1.0])
def test_the_least_number_agrees_with_scipy(k: int, response: float) -> None:
    least = least_invited(k, response)
    assert binom.sf(k - 1, least, response) >= 0.8
    assert least >= k + 2
    assert least == k + 2 or binom.sf(k - 1, least - 1, response) < 0.8
    assert probability_of_at_least(k, least, response) == pytest.approx(binom.sf(k - 1, least, response), abs=1e-12)


@pytest.mark.parametrize(("k", "response", "least"), [(5, 1.0, 7), (5, 0.99, 7), (8, 1.0, 10), (10, 0.99, 12)])
def test_two_more_than_k_are_invited_at_least(k: int, response: float, least: int) -> None:
    assert least_invited(k, response) == least


@pytest.mark.parametrize(("k", "response"), [(0, 0.5), (5, 0.0), (5, 1.1)])
def test_impossible_thresholds_are_refused(k: int, response: float) -> None:
    with pytest.raises(ValueError, match="k must be at least 1"):
        least_invited(k, response)
