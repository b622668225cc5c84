from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.tsa.stattools import acf

from reports.stats.link_results import TeamSlopes
from reports.stats.results import TooEarly
from reports.stats.shrinkage import shrink
from reports.stats.slopes import lag_one, team_slopes

KEYS = tuple("abcdefgh")


def tables(teams: int = 8, waves: int = 20, spread: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(teams, waves))
    y = (0.4 + spread * rng.normal(size=(teams, 1))) * x + 0.5 * rng.normal(size=(teams, waves))
    return x, y, np.ones(x.shape, dtype=bool)


def test_slopes_are_shrunk_as_levels_are_with_the_pooled_error() -> None:
    x, y, mask = tables(spread=0.3)
    found = team_slopes(x, y, mask, KEYS, common=0.4)
    assert isinstance(found, TeamSlopes)
    own = np.array([stats.linregress(x[g], y[g]).slope for g in range(8)])
    through = np.sum(x * y, axis=1) / np.square(x).sum(axis=1)
    assert np.abs(own - through).max() < 0.1  # residuals lie around 0, so no intercept
    error = y - through[:, None] * x
    tied = lag_one(x, mask) * lag_one(error, mask)
    variance = np.square(error).sum() / (160 - 24) * (1 + tied) / (1 - tied) / np.square(x).sum(axis=1)
    theirs = shrink(through, variance)
    assert [slope.interval.estimate for slope in found.slopes] == pytest.approx(theirs.estimates.tolist())
    assert found.spread == pytest.approx(np.sqrt(theirs.tau2))
    assert [slope.key for slope in found.slopes] == list(KEYS)


def test_direction_is_counted_before_shrinkage() -> None:
    x, y, mask = tables()
    y[0] = -0.1 * x[0]
    found = team_slopes(x, y, mask, KEYS, common=0.4)
    assert isinstance(found, TeamSlopes)
    assert (found.same_direction, found.teams) == (7, 8)
    against = team_slopes(x, y, mask, KEYS, common=-0.4)
    assert isinstance(against, TeamSlopes)
    assert against.same_direction == 1


def test_a_team_whose_pressure_stands_still_is_left_out_and_three_are_too_few() -> None:
    x, y, mask = tables()
    x[2] = 0.0
    found = team_slopes(x, y, mask, KEYS, common=0.4)
    assert isinstance(found, TeamSlopes)
    assert [slope.key for slope in found.slopes] == list("abdefgh")
    assert isinstance(team_slopes(x[:3], y[:3], mask[:3], KEYS[:3], common=0.4), TooEarly)


def test_autocorrelation_is_that_of_statsmodels_corrected_for_mean_and_line() -> None:
    rng = np.random.default_rng(7)
    one = rng.normal(size=40).cumsum()
    one = one - one.mean()
    mask = np.ones((1, 40), dtype=bool)
    raw = acf(one, nlags=1)[1] * 40 / 39  # a mean of 39 products over a mean of 40 squares
    assert lag_one(one[None], mask) == pytest.approx(min((raw + 2 / 40) / (1 - 5 / 40), 0.95))
    assert lag_one(np.zeros((1, 40)), mask) == 0.0
    assert lag_one(one[None], np.tile([True, False], 20)[None]) == 0.0
