"""Alpha and omega against R psych, pingouin, statpsych and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.multivariate.factor import Factor

from reports.stats.reliability import cronbach, omega

# Covariances of keyed items of R psych's bfi (2,800 people, complete cases), to six decimals.
AGREE = np.array(
    [
        [1.972832, 0.564487, 0.491584, 0.309817, 0.323710],
        [0.564487, 1.383952, 0.747014, 0.586230, 0.575542],
        [0.491584, 0.747014, 1.701860, 0.702303, 0.831434],
        [0.309817, 0.586230, 0.702303, 2.209508, 0.575155],
        [0.323710, 0.575542, 0.831434, 0.575155, 1.591643],
    ]
)
CONSCIENTIOUS = np.array(
    [
        [1.533817, 0.701117, 0.501434, 0.586711, 0.509743],
        [0.701117, 1.745967, 0.605554, 0.700728, 0.645541],
        [0.501434, 0.605554, 1.661207, 0.606645, 0.714539],
        [0.586711, 0.700728, 0.606645, 1.888660, 1.065781],
        [0.509743, 0.645541, 0.714539, 1.065781, 2.649459],
    ]
)
# Eleven yes-no questions to twelve people: pingouin's example cronbach_wide_missing, gaps filled with the median.
YES_NO = """11111111111 11111111010 10111111100 11101101100 11111000100 01101111000 11110010000 11111000000
01011000010 10010100000 11100000000 10010000000"""


def equal(alpha: float, items: int) -> np.ndarray:
    """A covariance matrix of items with one variance and one correlation, whose alpha is given."""
    r = alpha / (items - alpha * (items - 1))
    return np.full((items, items), r) + (1 - r) * np.eye(items)


def test_alpha_is_that_of_psych_on_its_own_data() -> None:
    # R psych 2.2.9, alpha(bfi agreeableness): the manual prints raw .70, standardised .71.
    found = cronbach(AGREE, 2709)
    assert found.alpha == pytest.approx(0.703755894374836, rel=1e-6)
    assert found.standardised == pytest.approx(0.713501552634643, rel=1e-6)
    assert found.average_r == pytest.approx(0.332480716458041, rel=1e-6)
    assert (found.items, found.n) == (5, 2709)


def test_the_range_is_the_one_that_statpsych_prints() -> None:
    # R statpsych, ci.cronbach(.05, .85, 7, 89): 0.7971254 to 0.8931436. It takes n (k-1) degrees of freedom where
    # Feldt, Woodruff and Salih take (n-1)(k-1): the fifth digit differs.
    found = cronbach(equal(0.85, 7), 89)
    assert found.alpha == pytest.approx(0.85)
    assert found.low == pytest.approx(0.7971254, abs=1e-4)
    assert found.high == pytest.approx(0.8931436, abs=1e-4)


def test_alpha_and_range_of_yes_no_questions_are_those_of_pingouin() -> None:
    answers = np.array([[int(digit) for digit in row] for row in YES_NO.split()])
    found = cronbach(np.cov(answers.T), len(answers))
    assert found.alpha == pytest.approx(0.7380191693290734, abs=1e-12)
    assert (round(found.low, 3), round(found.high, 3)) == (0.447, 0.911)


def test_omega_and_loadings_are_those_of_psych() -> None:
    # R psych 2.2.9, fa(fm = "ml") on bfi conscientiousness.
    found = omega(CONSCIENTIOUS)
    printed = [0.55122631541129, 0.611920537995644, 0.55341987889295, 0.674529562135696, 0.586318144146347]
    assert found.omega == pytest.approx(0.733756097038766, rel=2e-5)
    assert found.loadings == pytest.approx(printed, rel=2e-5)
    assert not found.is_boundary


@pytest.mark.parametrize("covariance", [AGREE, CONSCIENTIOUS], ids=["agree", "conscientious"])
def test_loadings_are_those_of_statsmodels(covariance: np.ndarray) -> None:
    spread = np.sqrt(np.diag(covariance))
    other = Factor(corr=covariance / np.outer(spread, spread), n_factor=1, method="ml").fit()
    assert omega(covariance).loadings == pytest.approx(np.abs(other.loadings.ravel()), abs=1e-4)


@given(loadings=st.lists(st.floats(0.35, 0.9), min_size=3, max_size=6), scale=st.floats(0.2, 30))
@settings(max_examples=3, deadline=None)
def test_one_factor_is_found_again_in_any_unit(loadings: list[float], scale: float) -> None:
    pattern = np.array(loadings)
    correlation = np.outer(pattern, pattern)
    np.fill_diagonal(correlation, 1.0)
    found = omega(scale * correlation)
    assert found.loadings == pytest.approx(loadings, abs=2e-4)
    common = pattern.sum() ** 2
    assert found.omega == pytest.approx(common / (common + (1 - pattern**2).sum()), abs=2e-4)


@given(alpha=st.floats(-0.5, 0.95), items=st.integers(2, 9))
@settings(max_examples=8, deadline=None)
def test_equal_items_have_one_alpha_by_every_route(alpha: float, items: int) -> None:
    found = cronbach(4.0 * equal(alpha, items), 50)
    assert found.alpha == pytest.approx(alpha, abs=1e-9)
    assert found.standardised == pytest.approx(alpha, abs=1e-9)
    assert found.low < found.alpha < found.high


def test_the_range_covers_alpha_as_often_as_it_says() -> None:
    rng = np.random.default_rng(4)
    true, runs = 0.7, 60
    answers = rng.multivariate_normal(np.zeros(3), equal(true, 3), size=(runs, 40))
    found = [cronbach(np.cov(sample.T), 40) for sample in answers]
    covered = sum(r.low <= true <= r.high for r in found)
    assert stats.binom.cdf(covered, runs, 0.95) > 0.001


def test_alpha_of_items_that_were_not_keyed_is_negative_and_says_so() -> None:
    assert cronbach([[1.0, -0.4], [-0.4, 1.0]], 30).alpha < 0


def test_an_item_that_is_the_factor_itself_is_marked() -> None:
    # The first item would need a communality above 1: .7 x .7 / .4.
    found = omega([[1.0, 0.7, 0.7], [0.7, 1.0, 0.4], [0.7, 0.4, 1.0]])
    assert found.is_boundary


@pytest.mark.parametrize(
    ("covariance", "n", "reason"),
    [
        ([[1.0]], 9, "square"),
        ([[1.0, 0.2, 0.1], [0.2, 1.0, 0.1]], 9, "square"),
        ([[1.0, 0.2], [0.3, 1.0]], 9, "symmetric"),
        ([[1.0, 0.0], [0.0, 0.0]], 9, "positive variances"),
        ([[1.0, -1.0], [-1.0, 1.0]], 9, "keyed"),
        ([[1.0, 0.5], [0.5, 1.0]], 1, "two answers"),
    ],
)
def test_what_is_no_covariance_matrix_is_refused(covariance: list[list[float]], n: int, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        cronbach(covariance, n)


def test_omega_needs_three_items_and_a_proper_matrix() -> None:
    with pytest.raises(ValueError, match="at least 3"):
        omega([[1.0, 0.5], [0.5, 1.0]])
    with pytest.raises(ValueError, match="definite"):
        omega([[1.0, 0.9, 0.1], [0.9, 1.0, 0.9], [0.1, 0.9, 1.0]])
