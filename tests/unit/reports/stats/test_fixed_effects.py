from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

from reports.stats.fixed_effects import Effects, cluster_slope, cr2, demean, within_sd

RNG = np.random.default_rng(6)
DAYS = np.array([0.0, 14, 28, 49, 63, 77, 91])


def table(teams: int = 6, waves: int = 7, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(teams, waves))


def holes(teams: int = 6, waves: int = 7, seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).random((teams, waves)) > 0.2


def dummies(mask: np.ndarray, segments: np.ndarray, days: np.ndarray = DAYS) -> np.ndarray:
    """All effects as columns, one row per cell in use."""
    columns = []
    for g in range(mask.shape[0]):
        own = np.zeros(mask.shape)
        own[g] = 1
        columns += [own * (segments == part) for part in np.unique(segments[g])] + [own * (days - 40)]
    for w in range(2, mask.shape[1]):  # the first two are sums of levels and trends
        own = np.zeros(mask.shape)
        own[:, w] = 1
        columns.append(own)
    return np.array([column[mask] for column in columns]).T


def test_two_way_residuals_with_holes_and_segments_are_those_of_statsmodels_with_all_dummies() -> None:
    mask, values = holes(), table()
    segments = np.zeros(mask.shape, dtype=np.int64)
    segments[2, 4:] = 1
    theirs = sm.OLS(values[mask], dummies(mask, segments)).fit().resid
    ours = demean(values, mask, days=DAYS, segments=segments)
    np.testing.assert_allclose(ours[mask], theirs, atol=1e-10)
    assert not ours[~mask].any()


def test_further_columns_are_taken_out_too() -> None:
    mask, values, flag = holes(), table(), (table(seed=5) > 0.5).astype(float)
    segments = np.zeros(mask.shape, dtype=np.int64)
    design = np.column_stack([dummies(mask, segments), flag[mask]])
    theirs = sm.OLS(values[mask], design).fit().resid
    ours = Effects.of(mask, days=DAYS).residuals(values, without=[flag])
    np.testing.assert_allclose(ours[mask], theirs, atol=1e-10)


def test_a_team_left_out_is_as_if_it_had_never_been_there() -> None:
    mask, values = holes(), table()
    rest = [0, 1, 2, 4, 5]
    ours = Effects.of(mask, days=DAYS).without_team(values, 3)
    np.testing.assert_allclose(ours[rest], demean(values[rest], mask[rest], days=DAYS), atol=1e-10)
    assert not ours[3].any()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_own_levels_trends_and_waves_do_not_change_what_is_left(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask, values = holes(seed=seed), table(seed=seed)
    moved = values + rng.normal(size=(6, 1)) + rng.normal(size=(6, 1)) * DAYS / 50 + rng.normal(size=(1, 7))
    np.testing.assert_allclose(demean(moved, mask, days=DAYS), demean(values, mask, days=DAYS), atol=1e-8)


def test_without_trends_and_waves_only_own_means_are_taken() -> None:
    mask, values = holes(), table()
    left = demean(values, mask, trends=False, waves=False)
    assert left[0][mask[0]] == pytest.approx(values[0][mask[0]] - values[0][mask[0]].mean())


def test_values_outside_the_mask_are_never_read() -> None:
    mask, values = holes(), table()
    hidden = np.where(mask, values, np.nan)
    np.testing.assert_array_equal(demean(hidden, mask), demean(values, mask))


def test_the_within_sd_is_pooled_around_own_means() -> None:
    values = np.array([[1.0, 2, 3], [10, 10, 13]])
    assert within_sd(values, np.ones((2, 3), dtype=bool)) == pytest.approx(np.sqrt((2 + 6) / 4))


def brute_cr2(y: np.ndarray, x: np.ndarray, clusters: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standard errors and df with full matrices, as in Pustejovsky & Tipton 2018, section 2."""
    n, weights = y.size, np.diag(w)
    bread = np.linalg.inv(x.T @ weights @ x)
    maker = np.eye(n) - x @ bread @ x.T @ weights
    error, meat, forms = maker @ y, np.zeros((x.shape[1], x.shape[1])), []
    for cluster in np.unique(clusters):
        own = np.eye(n)[clusters == cluster]
        adjust = np.real(linalg.fractional_matrix_power(own @ maker @ maker.T @ own.T, -0.5))
        left = bread @ x.T @ weights @ own.T @ adjust @ own
        meat += np.outer(left @ error, left @ error)
        forms.append(left @ maker)
    df = []
    for c in range(x.shape[1]):
        square = np.array([form[c] for form in forms])
        values = np.linalg.eigvalsh(square @ square.T)
        df.append(values.sum() ** 2 / np.square(values).sum())
    return np.sqrt(np.diag(meat)), np.array(df)


@pytest.mark.parametrize("weighted", [False, True])
def test_cr2_is_that_of_the_full_matrices(weighted: bool) -> None:
    x = np.column_stack([np.ones(18), RNG.normal(size=(18, 2))])
    y, clusters = RNG.normal(size=18), np.repeat(np.arange(6), 3)
    w = RNG.uniform(0.5, 2, 18) if weighted else np.ones(18)
    se, df = brute_cr2(y, x, clusters, w)
    found = cr2(y, x, clusters.tolist(), weights=w)
    np.testing.assert_allclose(found.se, se, rtol=1e-9)
    np.testing.assert_allclose(found.df, df, rtol=1e-9)
    np.testing.assert_allclose(found.coef, sm.WLS(y, x, weights=w).fit().params, rtol=1e-9)


def test_cr1_is_that_of_statsmodels_without_its_factor_for_columns() -> None:
    x = np.column_stack([np.ones(18), RNG.normal(size=18)])
    y, clusters = RNG.normal(size=18), np.repeat(np.arange(6), 3)
    theirs = sm.OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": clusters}).bse
    np.testing.assert_allclose(cr2(y, x, clusters.tolist()).cr1, theirs * np.sqrt(16 / 17), rtol=1e-9)


def test_the_closed_form_is_cr2_of_the_one_column_times_its_factor() -> None:
    mask, x, y = holes(), table(), table(seed=9)
    x, y = demean(x, mask), demean(y, mask)
    full = cr2(y[mask], x[mask][:, None], np.repeat(np.arange(6), 7).reshape(6, 7)[mask].tolist())
    ours = cluster_slope(x, y)
    assert ours is not None
    assert ours.slope == pytest.approx(full.coef[0], rel=1e-12)
    assert ours.se == pytest.approx(full.se[0] * np.sqrt(6 / 5), rel=1e-12)
    assert ours.df == pytest.approx(full.df[0], rel=1e-12)


def test_a_slope_carried_by_one_team_has_no_error() -> None:
    x, y = np.zeros((4, 3)), table(4, 3)
    assert cluster_slope(x + np.array([[1.0, -1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]), y) is None


@pytest.mark.parametrize(
    ("y", "x", "clusters", "weights", "words"),
    [
        ([1.0, 2], [[1.0]], ["a", "b"], None, "belong together"),
        ([1.0, 2], [[1.0], [2]], ["a", "a"], None, "two of them"),
        ([1.0, 2], [[1.0], [2]], ["a", "b"], [1.0, 0], "positive weight"),
        ([1.0, np.nan], [[1.0], [2]], ["a", "b"], None, "missing"),
        ([1.0, 2, 3], [[1.0, 1], [1, 1], [1, 1]], ["a", "b", "c"], None, "depend"),
    ],
)
def test_what_cannot_be_fitted_is_refused(
    y: object, x: object, clusters: list[str], weights: object, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        cr2(y, x, clusters, weights=weights)  # type: ignore[arg-type]
