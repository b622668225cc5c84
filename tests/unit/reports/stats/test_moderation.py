"""Moderated variances: what many noisy variances say about one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from reports.stats.moderation import inverse_trigamma, squeeze_variances


def test_inverse_trigamma_undoes_trigamma() -> None:
    x = np.array([0.01, 0.3, 1.0, 7.0, 400.0])
    assert np.allclose(inverse_trigamma(special.polygamma(1, x)), x, rtol=1e-9)


def test_equal_variances_are_taken_for_one() -> None:
    found = squeeze_variances([2.0, 2.0, 2.0, 2.0], 5)
    assert np.allclose(found.posterior, 2.0)
    assert found.prior_df[0] >= 1e8


def test_a_variance_moves_towards_the_prior_and_not_past_it() -> None:
    own = np.array([0.05, 0.4, 1.0, 2.5, 9.0])
    found = squeeze_variances(own, 4)
    prior = found.prior_variance[0]
    assert np.all(np.abs(found.posterior[:, 0] - prior) <= np.abs(own - prior))


def test_sets_are_moderated_apart() -> None:
    a, b = np.array([0.1, 1.0, 4.0]), np.array([0.5, 0.6, 0.9])
    both = squeeze_variances(np.column_stack([a, b]), 6)
    assert np.allclose(both.posterior[:, 0], squeeze_variances(a, 6).posterior[:, 0])
    assert np.allclose(both.posterior[:, 1], squeeze_variances(b, 6).posterior[:, 0])


def test_more_own_degrees_of_freedom_keep_more_of_the_own_variance() -> None:
    found = squeeze_variances([4.0, 4.0, 0.1, 1.0, 0.5], np.array([3, 30, 10, 10, 10]))
    assert found.posterior[1, 0] > found.posterior[0, 0]


def test_zero_variances_do_not_break_the_logarithm() -> None:
    assert np.all(np.isfinite(squeeze_variances([0.0, 0.0, 1.0], 4).posterior))
    assert np.all(np.isfinite(squeeze_variances([0.0, 0.0, 0.0], 4).posterior))


def test_one_variance_has_no_prior() -> None:
    with pytest.raises(ValueError, match="at least two"):
        squeeze_variances([1.0], 4)
