"""The local level against Durbin & Koopman's Nile and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.datasets import nile
from statsmodels.tsa.statespace.structural import UnobservedComponents

from reports.stats.local_level import fit_local_level, smooth_levels
from reports.stats.results import LocalLevel
from reports.stats.series import Batch, Series, batches


@pytest.fixture(scope="module")
def flow() -> np.ndarray:
    return np.asarray(nile.load_pandas().data["volume"], dtype=np.float64)


@pytest.fixture(scope="module")
def fitted(flow: np.ndarray) -> LocalLevel:
    return fit_local_level(flow)


def test_the_nile_has_the_published_variances(fitted: LocalLevel) -> None:
    """Durbin & Koopman 2012, chapter 2: 1469.1 and 15099; R StructTS the same."""
    assert fitted.var_level == pytest.approx(1469.1, rel=1e-3)
    assert fitted.var_irregular == pytest.approx(15099, rel=1e-3)
    assert fitted.smoothed[1899 - 1871] == pytest.approx(950.93, rel=1e-3)


def test_level_and_band_are_those_of_statsmodels_with_an_exact_diffuse_start(
    flow: np.ndarray, fitted: LocalLevel
) -> None:
    """Its default start is a variance of 1e6, which is not vague beside 15,099: the first level would be pulled."""
    model = UnobservedComponents(flow, "llevel")
    model.ssm.initialize("diffuse")
    model.loglikelihood_burn = 0
    found = model.smooth([fitted.var_irregular, fitted.var_level])
    half = 1.959963984540054 * np.sqrt(found.smoothed_state_cov[0, 0])
    assert np.allclose(found.smoothed_state[0], fitted.smoothed, rtol=1e-6)
    assert np.allclose(np.array(fitted.high) - fitted.smoothed, half, rtol=1e-6)


def test_a_series_without_drift_has_a_level_that_never_moves() -> None:
    y = np.array([1.0, -1.0, 1.2, -0.9, 0.8, -1.1, 1.0, -1.0])
    found = fit_local_level(y)
    assert (found.var_level, found.signal) == (0.0, 0.0)
    assert found.smoothed == pytest.approx((y.mean(),) * 8)
    assert found.var_irregular == pytest.approx(y.var(ddof=1))


@pytest.mark.parametrize("y", [[1.0, 2.0], [1.0, np.nan, 2.0, 3.0]])
def test_what_has_no_level_is_refused(y: list[float]) -> None:
    with pytest.raises(ValueError, match="three values"):
        fit_local_level(y)


def organisation(step: float) -> list[Batch]:
    rng = np.random.default_rng(4)
    days = np.arange(16.0) * 14
    series = [
        Series(
            key=f"t{i}",
            days=days[: 16 - i % 2],
            values=(3.5 + 0.3 * rng.normal(size=16) + step * np.cumsum(rng.normal(size=16)))[: 16 - i % 2],
            n=np.full(16 - i % 2, 6.0),
            rounding_step=np.full(16 - i % 2, 0.1),
        )
        for i in range(8)
    ]
    return list(batches(series, range(8), unit=14.0, size=6.0, within=0.8))


def test_the_more_teams_wander_the_closer_the_level_follows_them() -> None:
    def left(step: float) -> float:
        groups = organisation(step)
        found = smooth_levels(groups, small_variance=0.1)
        moved = [np.square(b.values - x.level).mean() / b.values.var() for b, x in zip(groups, found, strict=True)]
        return float(np.mean(moved))

    assert left(0.5) < 0.2
    assert left(0.0) > 0.7


def test_each_batch_gets_its_level_inside_its_band() -> None:
    groups = organisation(0.1)
    for batch, found in zip(groups, smooth_levels(groups, small_variance=0.1), strict=True):
        assert found.level.shape == batch.values.shape
        assert bool(np.all((found.low < found.level) & (found.level < found.high)))


def test_one_team_alone_takes_the_documented_variance_and_no_team_is_no_error() -> None:
    lonely = [organisation(0.0)[0].take(np.array([0]))]
    small, large = (smooth_levels(lonely, small_variance=v)[0] for v in (0.01, 1.0))
    assert float((large.high - large.low).mean()) > float((small.high - small.low).mean())
    assert smooth_levels([], small_variance=0.1) == []


def test_series_that_do_not_inform_the_pool_get_a_level_all_the_same() -> None:
    groups = organisation(0.0)
    marks = [np.arange(len(b.index)) > 0 for b in groups]
    found = smooth_levels(groups, small_variance=0.1, pooled=marks)
    assert [x.level.shape[0] for x in found] == [len(b.index) for b in groups]
