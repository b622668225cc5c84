"""Shrunk levels against metafor, statsmodels and published figures; recent levels and the three words."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize
from statsmodels.stats.meta_analysis import combine_effects

from reports.stats.multiplicity import benjamini_hochberg
from reports.stats.results import Estimand, Posterior
from reports.stats.series import Series
from reports.stats.shrinkage import (
    METAFOR_TOLERANCE,
    LevelFit,
    LevelStanding,
    RecentLevel,
    TooFew,
    average_levels,
    between_variance,
    judge_levels,
    recent_levels,
    shrink,
)

# Efron & Morris 1975 (JASA 70:311), table 1: hits in the first 45 at bats of eighteen players in 1970.
HITS = np.array([18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7])
Y = np.array([3.1, 3.4, 3.5, 3.6, 3.9, 4.2, 3.3])
V = np.array([0.02, 0.05, 0.01, 0.08, 0.03, 0.02, 0.10])
BELOW, NEITHER, ABOVE = LevelStanding.CLEARLY_BELOW, LevelStanding.NOT_DISTINGUISHABLE, LevelStanding.CLEARLY_ABOVE


def restricted(tau2: float, y: np.ndarray, v: np.ndarray) -> float:
    """Restricted log likelihood, from the definition: determinants and a projection."""
    covariance = np.diag(v + tau2)
    inverse = np.linalg.inv(covariance)
    one = np.ones((y.size, 1))
    information = one.T @ inverse @ one
    projection = inverse - inverse @ one @ np.linalg.inv(information) @ one.T @ inverse
    return float(-0.5 * (np.linalg.slogdet(covariance)[1] + np.log(information[0, 0]) + y @ projection @ y))


def levels(y: np.ndarray | list[float], v: float = 0.01, df: float = np.inf) -> list[RecentLevel]:
    return [RecentLevel(key=f"u{i}", estimate=float(x), variance=v, waves=4, df=df) for i, x in enumerate(y)]


def posterior(phi: list[float], lam: list[float], white: list[float], weights: list[float] | None = None) -> Posterior:
    chance = weights or [1 / len(phi)] * len(phi)
    return Posterior(
        phi=tuple(phi),
        lam=tuple(lam),
        weights=tuple(chance),
        teams=9,
        days_per_wave=14.0,
        reference_n=6.0,
        white_variance=float(np.dot(chance, white)),
        prior_df=20.0,
        prior_variances=tuple(white),
    )


def series(key: str, days: list[float], values: list[float], n: float = 6.0, step: float = 0.0) -> Series:
    return Series(
        key=key,
        days=np.array(days, dtype=float),
        values=np.array(values, dtype=float),
        n=np.full(len(days), n),
        rounding_step=np.full(len(days), step),
    )


@pytest.mark.shared
def test_shrinkage_of_companies_is_that_of_metafor(shared_dir: Path) -> None:
    # R metafor 3.8-1, rma(method = "DL") and blup(), well-being of 99 companies (R multilevel, bh1996).
    companies: dict[str, list[float]] = defaultdict(list)
    with (shared_dir / "reference/data/bh1996.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            companies[row["GRP"]].append(float(row["WBEING"]))
    y = np.array([np.mean(answers) for answers in companies.values()])
    v = np.array([np.var(answers, ddof=1) / len(answers) for answers in companies.values()])
    found = shrink(y, v, method="dersimonian-laird")
    assert found.mu == pytest.approx(2.77645406105013, rel=1e-10)
    assert found.se_mu == pytest.approx(0.0216126791052618, rel=1e-10)
    assert found.tau2 == pytest.approx(0.0336170751783771, rel=1e-10)
    assert found.q == pytest.approx(419.830629076805, rel=1e-10)
    assert found.estimates[:3] == pytest.approx([2.78847583268563, 2.73273001774649, 2.74981428060663], rel=1e-10)
    assert between_variance(y, v, "reml") == pytest.approx(0.0347214435417017, rel=1e-5)
    # metafor leaves the tolerance of R's root search at its default; the root itself is statsmodels'.
    printed = between_variance(y, v, "paule-mandel", tolerance=METAFOR_TOLERANCE)
    assert printed == pytest.approx(0.03474674078714, rel=1e-12)
    assert between_variance(y, v) == pytest.approx(combine_effects(y, v, method_re="iterated").tau2, rel=1e-9)


def test_batting_averages_are_shrunk_as_efron_and_morris_shrink_them() -> None:
    # Scientific American, May 1977: around the mean of .265 each player keeps .212 of his distance.
    share = HITS / 45
    found = shrink(share, np.full(18, share.mean() * (1 - share.mean()) / 45), method="dersimonian-laird")
    assert round(found.mu, 3) == 0.265
    assert round(1 - 15 / found.q, 3) == 0.212
    # 1975: on the arcsine scale, of variance one, the sum of squares is 18.96, and .209 is kept.
    x = np.sqrt(45) * np.arcsin(2 * share - 1)
    found = shrink(x, np.ones(18), method="dersimonian-laird")
    reduced = 15 / 17 / (1 + found.tau2)
    assert round(found.q, 2) == 18.96
    assert round(1 - reduced, 3) == 0.209
    # Morris 1983, equal variances: V (1 - (k-1)/k B) + 2/(k-3) B^2 (y - mean)^2.
    expected = 1 - 17 / 18 * reduced + 2 / 15 * reduced**2 * np.square(x - x.mean())
    assert np.allclose(found.variances, expected)


@pytest.mark.parametrize(("method", "name"), [("paule-mandel", "iterated"), ("dersimonian-laird", "chi2")])
def test_the_spread_between_units_is_that_of_statsmodels(method: str, name: str) -> None:
    expected = combine_effects(Y, V, method_re=name).tau2
    assert between_variance(Y, V, method) == pytest.approx(expected, rel=1e-9)  # type: ignore[arg-type]


def test_restricted_maximum_likelihood_is_at_its_maximum() -> None:
    best = optimize.minimize_scalar(lambda t: -restricted(t, Y, V), bounds=(0, 2), method="bounded").x
    assert between_variance(Y, V, "reml") == pytest.approx(best, abs=1e-4)


@given(st.lists(st.floats(1, 5), min_size=4, max_size=9), st.floats(0.01, 2))
@settings(max_examples=8, deadline=None)
def test_shrinking_moves_towards_the_mean_and_not_past_it(y: list[float], v: float) -> None:
    found = shrink(y, np.full(len(y), v))
    assert found.mu == pytest.approx(np.mean(y))
    assert np.all(np.abs(found.estimates - found.mu) <= np.abs(np.array(y) - found.mu) + 1e-12)
    assert np.all((found.weights >= 0) & (found.weights < 1))
    assert np.all(found.variances > 0)
    low, high = found.intervals()
    assert np.allclose(high - low, 2 * 1.959963984540054 * np.sqrt(found.variances))


def test_units_that_differ_less_than_chance_all_get_the_mean() -> None:
    for method in ("paule-mandel", "dersimonian-laird", "reml"):
        found = shrink([3.0, 3.1, 3.0, 2.9], [0.5] * 4, method=method)  # type: ignore[arg-type]
        assert found.tau2 == 0
        assert np.allclose(found.estimates, 3.0)


def test_the_average_over_the_spread_is_the_integral() -> None:
    found = average_levels(Y, V)
    grid = np.exp(np.linspace(-14, 5, 500))
    fine = np.array([restricted(t, Y, V) for t in grid])
    weight = grid * np.exp(fine - fine.max())
    weight /= weight.sum()
    precision = 1 / (V + grid[:, np.newaxis])
    mu = (precision @ Y / precision.sum(axis=1))[:, np.newaxis]
    kept = grid[:, np.newaxis] * precision
    point = kept * Y + (1 - kept) * mu
    spread = V * kept + np.square(1 - kept) / precision.sum(axis=1, keepdims=True)
    centre = weight @ point
    assert found.weights == pytest.approx(weight @ kept, abs=2e-3)
    assert found.estimates == pytest.approx(centre, abs=1e-3)
    assert found.variances == pytest.approx(weight @ (spread + np.square(point - centre)), rel=0.01)


@pytest.mark.parametrize("ratio", [1e-4, 1.0, 1e4])
def test_the_average_is_the_same_in_any_unit(ratio: float) -> None:
    plain, scaled = average_levels(Y, V), average_levels(Y * ratio, V * ratio**2)
    assert np.allclose(scaled.estimates, plain.estimates * ratio)
    assert np.allclose(scaled.variances, plain.variances * ratio**2)


def test_exact_levels_are_kept_and_vague_ones_are_not() -> None:
    rng = np.random.default_rng(3)
    y = rng.normal(3.5, 0.3, 60)
    sharp, vague = average_levels(y, np.full(60, 1e-8)), average_levels(y, np.full(60, 25.0))
    assert np.allclose(sharp.estimates, y, atol=1e-4)
    assert np.all(np.abs(vague.estimates - y.mean()) < 0.1 * np.abs(y - y.mean()).max())


def test_units_that_inform_nothing_leave_the_others_as_they_are() -> None:
    inside = np.array([True] * 7 + [False])
    alone = shrink(Y, V)
    beside = shrink([*Y, 9.0], [*V, 0.01], informing=inside)
    assert (beside.mu, beside.tau2, beside.q) == (alone.mu, alone.tau2, alone.q)
    assert np.allclose(beside.estimates[:7], alone.estimates)
    averaged = average_levels([*Y, 9.0], [*V, 0.01], informing=inside)
    assert np.allclose(averaged.estimates[:7], average_levels(Y, V).estimates)


@pytest.mark.parametrize(
    ("y", "v", "reason"),
    [
        ([3.0], [0.1], "two units"),
        ([3.0, 4.0], [0.1], "one variance each"),
        ([3.0, 4.0], [0.1, 0.0], "positive"),
        ([3.0, float("nan")], [0.1, 0.1], "numbers"),
        ([3.0, 4.0, 3.5], [0.1, 0.1, 0.1], "four units"),
    ],
)
def test_levels_without_a_proper_variance_are_refused(y: list[float], v: list[float], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        shrink(y, v)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="no method"):
        between_variance(Y, V, "median")  # type: ignore[arg-type]


def test_a_recent_level_has_the_variance_of_the_model_written_out() -> None:
    days, n, steps = np.array([0.0, 14, 43]), np.array([6, 9.5, 6]), np.array([0.2, 0.2, 0.1])
    row = Series(key="a", days=days, values=np.array([3.2, 3.6, 3.1]), n=n, rounding_step=steps)
    phi, lam, white, chance = [0.0, 0.6, 0.9], [0.0, 1.0, 3.2], [0.07, 0.05, 0.02], [0.2, 0.5, 0.3]
    found = recent_levels([row], posterior(phi, lam, white, chance), within_variance=0.8)[0]
    moving, people = 0.0, 0.0
    w = np.full(3, 1 / 3)
    for p, ratio, s2, c in zip(phi, lam, white, chance, strict=True):
        mood = p ** (np.abs(np.subtract.outer(days, days)) / 14)
        moving += c * s2 * float(w @ (np.diag(6 / n) + ratio * mood) @ w)
        people += c * max(0.0, 0.8 - 6 * s2)
    lasting = people * float(np.mean(1 / n)) + float(np.mean(steps)) ** 2 / 12
    assert found.estimate == pytest.approx(3.3)
    assert found.variance == pytest.approx(moving + lasting)
    assert found.df == pytest.approx(20 * (1 + lasting / moving) ** 2)
    assert (found.key, found.waves) == ("a", 3)


def test_only_the_last_four_waves_of_the_organisation_count() -> None:
    every = [0.0, 14, 28, 42, 56, 70]
    rows = [
        series("long", every, [1, 1, 3, 3, 4, 4]),
        series("gone", every[:2], [2, 2]),
        series("new", every[-1:], [5]),
        series("gap", [14, 28, 70], [1, 2, 4]),
    ]
    found = recent_levels(rows, posterior([0.3], [0.5], [0.05]), within_variance=0.8)
    assert [(r.key, r.estimate, r.waves) for r in found] == [("long", 3.5, 4), ("new", 5.0, 1), ("gap", 3.0, 2)]
    assert found[0].variance < found[2].variance < found[1].variance
    last = recent_levels(rows, posterior([0.3], [0.5], [0.05]), within_variance=0.8, waves=1)
    assert [(r.key, r.estimate) for r in last] == [("long", 4.0), ("new", 5.0), ("gap", 4.0)]


def test_a_level_that_stands_still_is_never_surer_than_its_rounding() -> None:
    row = series("a", [0, 14, 28, 42], [3.4] * 4, n=5000, step=0.2)
    found = recent_levels([row], posterior([0.0], [0.0], [1e-9]), within_variance=1e-6)[0]
    assert found.variance >= 0.2**2 / 12


def test_more_waves_never_average_out_who_the_people_are() -> None:
    rows = [series("a", [14.0 * t for t in range(40)], [3.5] * 40)]
    found = recent_levels(rows, posterior([0.0], [0.0], [0.05]), within_variance=0.8, waves=40)[0]
    assert found.waves == 40
    assert found.variance >= (0.8 - 6 * 0.05) / 6


def test_a_posterior_without_a_variance_takes_the_documented_one() -> None:
    bare = Posterior(phi=(0.0,), lam=(0.0,), weights=(1.0,), teams=0, days_per_wave=14.0, reference_n=6.0)
    found = recent_levels([series("a", [0.0], [3.0])], bare, within_variance=0.8)[0]
    assert found.variance == pytest.approx(0.8 / 6)
    assert found.df == np.inf


def test_a_window_needs_a_wave() -> None:
    with pytest.raises(ValueError, match="window"):
        recent_levels([], posterior([0.0], [0.0], [0.05]), within_variance=0.8, waves=0)
    assert recent_levels([], posterior([0.0], [0.0], [0.05]), within_variance=0.8) == []


def test_the_three_words_name_what_stands_apart_and_nothing_else() -> None:
    ordinary = [3.4, 3.45, 3.5, 3.5, 3.55, 3.6, 3.5, 3.48]
    found = judge_levels(levels([*ordinary, 2.4, 4.6]))
    assert isinstance(found, LevelFit)
    words = [level.standing for level in found.levels.values()]
    assert words == [NEITHER] * 8 + [BELOW, ABOVE]
    assert found.estimand is Estimand.LASTING
    assert found.units == 10
    low = found.levels["u8"]
    assert low.raw < low.interval.estimate < low.interval.high < found.mu
    assert low.p <= low.p_adjusted <= 0.1


def test_units_without_any_difference_get_no_word() -> None:
    found = judge_levels(levels([3.5] * 6))
    assert isinstance(found, LevelFit)
    assert found.tau2 == 0
    assert {level.standing for level in found.levels.values()} == {NEITHER}
    assert all(level.p == 1 for level in found.levels.values())


@given(st.lists(st.floats(1, 5), min_size=5, max_size=10), st.sampled_from([0.001, 0.05, 0.3]))
@settings(max_examples=5, deadline=None)
def test_a_word_never_contradicts_the_range_beside_it(y: list[float], v: float) -> None:
    found = judge_levels(levels(y, v))
    assert isinstance(found, LevelFit)
    for level in found.levels.values():
        outside = level.interval.high < found.mu or level.interval.low > found.mu
        assert (level.standing is not NEITHER) == (outside and level.p_adjusted <= 0.1)
        assert level.standing is not BELOW or level.interval.estimate < found.mu
        assert level.standing is not ABOVE or level.interval.estimate > found.mu


def test_the_test_knows_that_a_unit_is_part_of_the_mean() -> None:
    # Two-sided p of a contrast of independent normals, from its coefficients.
    y, v = [3.0, 3.2, 3.9, 3.4, 3.6], 0.03
    found = judge_levels(levels(y, v))
    assert isinstance(found, LevelFit)
    w = np.full(5, 1 / 5)
    own = np.eye(5)[2] - w
    # Under the null this unit has no spread of its own around the mean, the others have.
    variance = float(np.square(own) @ np.where(np.arange(5) == 2, v, v + found.tau2))
    z = (3.9 - np.mean(y)) / np.sqrt(variance)
    assert found.levels["u2"].p == pytest.approx(math.erfc(z / math.sqrt(2)), rel=1e-6)


def test_the_family_is_all_units_that_are_compared() -> None:
    found = judge_levels(levels([3.5, 3.52, 3.48, 3.5, 3.51, 3.3, 3.72], 0.01))
    assert isinstance(found, LevelFit)
    p = [level.p for level in found.levels.values()]
    assert [level.p_adjusted for level in found.levels.values()] == pytest.approx(benjamini_hochberg(p))
    assert min(p) < 0.1


def test_few_degrees_of_freedom_make_words_rarer() -> None:
    y = [3.4, 3.45, 3.5, 3.5, 3.55, 3.6, 3.0]
    sure, unsure = judge_levels(levels(y)), judge_levels(levels(y, df=3))
    assert isinstance(sure, LevelFit)
    assert isinstance(unsure, LevelFit)
    assert unsure.levels["u6"].p > sure.levels["u6"].p
    assert unsure.levels["u6"].interval.half_width > sure.levels["u6"].interval.half_width


def test_unions_are_compared_and_inform_nothing() -> None:
    parts = levels([3.3, 3.4, 3.5, 3.6, 3.7])
    union = RecentLevel(key="all", estimate=2.0, variance=0.001, waves=4)
    alone, beside = judge_levels(parts), judge_levels([*parts, union], pooled={r.key for r in parts})
    assert isinstance(alone, LevelFit)
    assert isinstance(beside, LevelFit)
    assert (beside.mu, beside.tau2, beside.units) == (alone.mu, alone.tau2, 5)
    assert beside.levels["all"].standing is BELOW


def test_four_units_are_too_few_to_compare() -> None:
    assert judge_levels(levels([1.0, 2.0, 3.0, 4.0])) == TooFew(units=4)
    assert judge_levels([]) == TooFew(units=0)
    assert judge_levels(levels([1.0, 2.0, 3.0, 4.0, 5.0]), pooled={"u0"}) == TooFew(units=1)


def test_two_units_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="key"):
        judge_levels(levels([3.0] * 5) * 2)


@pytest.mark.slow
def test_false_words_stay_rare_and_ranges_cover() -> None:
    # Nine of ten units stand exactly at the organisation's level, one lies a point lower; then levels that all differ.
    rng = np.random.default_rng(11)
    false, said, covered, units = [], 0, 0, 0
    for run in range(24):
        truth = np.where(np.arange(50) % 10 == 0, -1.0, 0.0) if run % 2 else rng.normal(0, 0.3, 50)
        v = rng.choice([0.04, 0.1], 50)
        y = truth + np.sqrt(v) * rng.normal(size=50)
        recent = [RecentLevel(key=str(i), estimate=float(y[i]), variance=float(v[i]), waves=4) for i in range(50)]
        found = judge_levels(recent)
        assert isinstance(found, LevelFit)
        words = [found.levels[str(i)] for i in range(50)]
        wrong = sum(
            (w.standing is BELOW and truth[i] >= 0) or (w.standing is ABOVE and truth[i] <= 0)
            for i, w in enumerate(words)
        )
        named = sum(w.standing is not NEITHER for w in words)
        false.append(wrong / max(1, named))
        said += named
        if run % 2 == 0:
            covered += sum(w.interval.low <= truth[i] <= w.interval.high for i, w in enumerate(words))
            units += 50
    assert np.mean(false) <= 0.10
    assert said > 40
    assert covered / units >= 0.90
