"""The smoothed level against its textbook formula."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from reports.stats.covariance import GRID_LAMBDA, GRID_PHI, Fits, scan
from reports.stats.levels import smooth
from reports.stats.pooling import Nuisance
from reports.stats.series import Series, batches


@pytest.mark.parametrize("point", [0, 29, 66])
def test_level_and_band_are_the_best_linear_prediction_of_line_plus_mood(point: int) -> None:
    rng = np.random.default_rng(8)
    row = Series(
        key="a",
        days=np.array([0.0, 14, 28, 57, 70, 84]),
        values=3.5 + rng.normal(size=6),
        n=np.array([6, 9.5, 6, 6, 15.5, 6.0]),
        rounding_step=np.zeros(6),
    )
    batch = next(batches([row], [0], unit=14.0, size=6.0, within=0.8))
    whole = scan(batch).fits
    fits = Fits(**{name: getattr(whole, name)[:, [point]] for name in Fits.__annotations__})
    one = np.ones(1)
    nuisance = Nuisance(
        points=(point,),
        phi=GRID_PHI[[point]],
        lam=GRID_LAMBDA[[point]],
        weights=one,
        prior_df=one,
        prior_variance=one,
        df_limit=1e3,
    )
    found = smooth(batch, nuisance, fits, np.full((1, 1), 0.3), np.full((1, 1), 7.0))

    x = np.column_stack([np.ones(6), batch.column()[0]])
    mood = GRID_LAMBDA[point] * GRID_PHI[point] ** (np.abs(np.subtract.outer(row.days, row.days)) / 14)
    inverse = np.linalg.inv(mood + np.diag(6 / row.n))
    c = np.linalg.inv(x.T @ inverse @ x)
    line = x @ c @ x.T @ inverse @ row.values
    left = x - mood @ inverse @ x
    spread = mood - mood @ inverse @ mood + left @ c @ left.T
    assert np.allclose(found.line[0], line)
    assert np.allclose(found.level[0], line + mood @ inverse @ (row.values - line))
    assert np.allclose(found.high - found.level, stats.t.ppf(0.975, 7) * np.sqrt(0.3 * np.diag(spread)))
    assert np.allclose(found.high - found.level, found.level - found.low)
