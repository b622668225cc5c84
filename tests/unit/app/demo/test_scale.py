"""The latent scale of the simulated people gives the shares of the note, and levels can be found back."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from app.demo.scale import SHARES, THRESHOLDS, expected, level_for, options


def test_the_thresholds_are_the_normal_quantiles_of_the_cumulated_shares() -> None:
    assert np.allclose(THRESHOLDS, stats.norm.ppf(np.cumsum(SHARES)[:-1]), atol=1e-12)


def test_a_latent_value_becomes_the_option_whose_interval_holds_it() -> None:
    assert options(np.array([-9.0, -1.0, -0.5, 0.0, 2.0])).tolist() == [1, 2, 3, 4, 5]


def test_the_expected_option_of_the_whole_organisation_is_the_mean_of_the_shares() -> None:
    assert expected(np.zeros(1), 1.0) == pytest.approx(sum(code * share for code, share in enumerate(SHARES, 1)))


@pytest.mark.parametrize("mean", [1.5, 2.3, 3.8, 4.6])
def test_the_level_for_a_mean_gives_that_mean(mean: float) -> None:
    offsets = np.array([-1.0, -0.2, 0.4, 1.3])
    assert expected(offsets + level_for(mean, offsets, 0.7), 0.7) == pytest.approx(mean, abs=1e-9)
