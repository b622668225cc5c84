"""Analysis of variance, intraclass correlation and agreement against NIST, Shrout and Fleiss, and R multilevel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.stats.agreement import (
    SLIGHT_SKEW_5,
    anova_icc,
    average_deviation,
    mean_reliability,
    one_way_icc,
    rwg,
    rwg_j,
    uniform_null,
)

# NIST StRD, SiRstv: resistivity of silicon wafers, five instruments.
SIRSTV = np.array(
    [
        [196.3052, 196.1240, 196.1890, 196.2569, 196.3403],
        [196.3042, 196.3825, 196.1669, 196.3257, 196.0422],
        [196.1303, 196.2005, 196.2889, 196.0343, 196.1811],
        [196.2795, 196.1748, 196.1494, 196.1485, 195.9885],
        [196.2119, 196.1051, 196.1850, 196.0052, 196.2090],
    ]
)
# Shrout & Fleiss 1979, table 2: six targets, four judges.
JUDGES = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
# R multilevel, data set cohesion: five items in the platoons 1044B 1ST, 1044B 2ND, 1044C 1ST and 1044C 2ND.
PLATOONS = [
    [[4, 5, 5, 5, 5], [2, 3, 3, 3, 3]],
    [[3, 4, 3, 4, 4], [4, 4, 3, 4, 4], [3, 3, 2, 2, 1]],
    [[3, 3, 3, 3, 3], [3, 1, 4, 3, 4]],
    [[3, 3, 3, 3, 3], [2, 2, 2, 3, 2], [1, 1, 1, 3, 3]],
]
CATEGORIES = np.arange(1, 6)


def test_mean_squares_are_those_that_nist_certifies() -> None:
    within = SIRSTV.var(axis=1, ddof=1).mean()
    found = anova_icc(SIRSTV.mean(axis=1), np.full(5, 5), within)
    assert found.ms_between == pytest.approx(0.0511462616 / 4, rel=1e-8)
    assert found.ms_within == pytest.approx(0.216636560 / 20, rel=1e-8)
    assert found.f == pytest.approx(1.18046237440255, rel=1e-8)
    assert (found.df_between, found.df_within, found.groups, found.n) == (4, 20, 5, 25)
    assert found.icc1 == pytest.approx(0.03483518677680969, rel=1e-7)
    assert found.icc2 == pytest.approx(0.15287431290970444, rel=1e-7)


def test_judges_agree_as_shrout_and_fleiss_print() -> None:
    # Table 4: ICC(1,1) = .17, ICC(1,4) = .44; digits from R psych ICC().
    found = one_way_icc(JUDGES)
    assert found.icc1 == pytest.approx(0.165741768405476, rel=1e-9)
    assert found.icc2 == pytest.approx(0.442797133679269, rel=1e-9)
    assert found.f == pytest.approx(1.79467849223947, rel=1e-9)
    assert (found.df_between, found.df_within) == (5, 18)


@pytest.mark.parametrize(
    ("ms_between", "ms_within", "icc1", "icc2"),
    [
        # R multilevel 2.7 on bh1996, 7,382 soldiers of 99 companies: well-being and work hours.
        (3.45900405934729, 0.789646090202431, 0.0433690500771082, 0.771712875540413),
        (55.8114856472764, 4.48315830319168, 0.133106679086487, 0.919673195379087),
    ],
)
def test_correlations_follow_from_mean_squares_with_the_plain_mean_size(
    ms_between: float, ms_within: float, icc1: float, icc2: float
) -> None:
    # Means that give the printed mean square between groups: half of the companies above, half below the mean.
    sizes = np.full(98, 7382 / 99)
    means = np.resize([1.0, -1.0], 98) * np.sqrt(ms_between * 97 / sizes.sum())
    found = anova_icc(means, sizes, ms_within)
    assert found.ms_between == pytest.approx(ms_between)
    assert found.icc1 == pytest.approx(icc1, rel=1e-9)
    assert found.icc2 == pytest.approx(icc2, rel=1e-9)
    assert found.chance_share == pytest.approx(1 - icc2)


@pytest.mark.parametrize("sizes", [[4, 4, 4, 4], [2, 9, 3, 30]])
def test_moments_give_what_answers_give(sizes: list[int]) -> None:
    rng = np.random.default_rng(6)
    groups = [rng.normal(rng.normal(), 1, n) for n in sizes]
    whole = np.concatenate(groups)
    between = sum(g.size * (g.mean() - whole.mean()) ** 2 for g in groups) / (len(groups) - 1)
    within = sum(float(np.sum((g - g.mean()) ** 2)) for g in groups) / (whole.size - len(groups))
    found = anova_icc([g.mean() for g in groups], sizes, within)
    assert found.ms_between == pytest.approx(between)
    assert found.f == pytest.approx(between / within)


def test_rounding_is_taken_off_on_average() -> None:
    rng = np.random.default_rng(2)
    step, groups = 0.4, 4000
    sizes = np.resize([6.0, 15.5], groups)
    exact = rng.normal(3.5, 0.5, groups)
    rounded = np.round(exact / step) * step
    left, naive = anova_icc(rounded, sizes, 0.8, rounding=step**2 / 12), anova_icc(rounded, sizes, 0.8)
    truth = anova_icc(exact, sizes, 0.8)
    assert left.ms_between == pytest.approx(truth.ms_between, rel=0.02)
    assert naive.ms_between > 1.04 * truth.ms_between


def test_what_rounding_adds_to_unequal_groups_is_taken_off_exactly() -> None:
    # E sum n (m - grand mean)^2 of independent errors with variances r is sum n (1 - n/N) r.
    means, sizes, r = np.array([2.0, 3.0, 4.5]), np.array([4.0, 10.0, 6.0]), np.array([0.03, 0.01, 0.02])
    weights = sizes / sizes.sum()
    centring = np.eye(3) - weights
    inflated = float(np.trace(np.diag(sizes) @ centring @ np.diag(r) @ centring.T))
    plain, left = anova_icc(means, sizes, 0.8), anova_icc(means, sizes, 0.8, rounding=r)
    assert plain.ms_between - left.ms_between == pytest.approx(inflated / 2)


def test_rounding_never_makes_a_mean_square_negative() -> None:
    found = anova_icc([3.0, 3.0, 3.2], [6, 6, 6], 0.8, rounding=[1.0, 1.0, 1.0])
    assert found.ms_between == 0
    assert found.icc2 == -np.inf
    assert found.chance_share == 1
    assert found.icc1 == pytest.approx(-1 / 5)


def test_with_eight_answers_and_the_usual_correlation_most_of_a_difference_is_chance() -> None:
    # 8 x .08 / (1 + 7 x .08) = .41 by the formula of Spearman and Brown.
    assert mean_reliability(0.08, 8) == pytest.approx(0.64 / 1.56)
    assert mean_reliability(-0.1, [1, 50]).tolist() == [0, 0]


@given(st.floats(0.01, 0.9), st.integers(2, 60), st.integers(2, 40))
@settings(max_examples=8, deadline=None)
def test_the_second_correlation_is_the_first_at_the_mean_size(ratio: float, groups: int, size: int) -> None:
    means = np.linspace(-1, 1, groups)
    found = anova_icc(means, np.full(groups, size), ratio)
    if found.icc1 > 0:
        assert float(mean_reliability(found.icc1, size)) == pytest.approx(found.icc2)
    assert found.chance_share == pytest.approx(min(1.0, 1 / found.f))


def test_agreement_of_platoons_is_that_of_multilevel() -> None:
    # R multilevel 2.7, rwg.j(ranvar = 2) and ad.m() on the complete answers of its data set cohesion.
    tables = [np.array(p) for p in PLATOONS]
    spread = [t.var(axis=0, ddof=1).mean() for t in tables]
    assert rwg_j(spread, 5, uniform_null(5)) == pytest.approx(
        [0, 0.813953488372093, 0.921052631578947, 0.909090909090909]
    )
    counts = [[[(item == c).sum() for c in CATEGORIES] for item in t.T] for t in tables]
    found = [average_deviation(c, CATEGORIES) for c in counts]
    assert found == pytest.approx([1, 0.711111111111111, 0.4, 0.488888888888889])


def test_the_null_of_five_even_categories_is_two_and_the_skewed_one_is_stricter() -> None:
    # James, Demaree & Wolf 1984: 2.0 and 1.34.
    assert uniform_null(5) == 2.0
    assert rwg(0.79, SLIGHT_SKEW_5) < rwg(0.79, uniform_null(5))


def test_agreement_is_one_without_spread_and_never_below_zero() -> None:
    assert rwg([0.0, 1.0, 2.0, 3.9], 2.0).tolist() == [1.0, 0.5, 0.0, 0.0]
    assert rwg_j([0.0, 2.5], 3, 2.0).tolist() == [1.0, 0.0]


@given(st.floats(0, 4), st.integers(2, 12))
@settings(max_examples=10, deadline=None)
def test_the_scale_formula_is_the_one_of_spearman_and_brown(variance: float, items: int) -> None:
    single = rwg(variance, 2.0)
    assert rwg_j(variance, 1, 2.0) == pytest.approx(single)
    assert rwg_j(variance, items, 2.0) == pytest.approx(mean_reliability(float(single), items))


@pytest.mark.parametrize(
    ("means", "n", "within", "reason"),
    [
        ([3.0], [5], 1.0, "two groups"),
        ([3.0, 4.0], [5], 1.0, "one n each"),
        ([3.0, 4.0], [1, 1], 1.0, "members"),
        ([3.0, 4.0], [0.5, 9], 1.0, "members"),
        ([3.0, 4.0], [5, 5], -0.1, "not negative"),
        ([3.0, 3.0], [5, 5], 0.0, "nothing varies"),
    ],
)
def test_groups_that_make_no_analysis_are_refused(
    means: list[float], n: list[float], within: float, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        anova_icc(means, n, within)


def test_groups_in_which_nobody_differs_agree_fully() -> None:
    found = anova_icc([3.0, 4.0], [5, 5], 0.0)
    assert (found.icc1, found.icc2, found.f) == (1.0, 1.0, np.inf)


def test_impossible_inputs_of_agreement_are_refused() -> None:
    with pytest.raises(ValueError, match="null"):
        rwg(1.0, 0.0)
    with pytest.raises(ValueError, match="not negative"):
        rwg(-1.0, 2.0)
    with pytest.raises(ValueError, match="one item"):
        rwg_j(1.0, 0, 2.0)
    with pytest.raises(ValueError, match="one category"):
        uniform_null(1)
    with pytest.raises(ValueError, match="two judges"):
        one_way_icc([[1, 2, 3]])
    with pytest.raises(ValueError, match="histograms"):
        average_deviation([[1, 2]], [1, 2, 3])
    with pytest.raises(ValueError, match="without answers"):
        average_deviation([[0, 0]], [1, 2])
