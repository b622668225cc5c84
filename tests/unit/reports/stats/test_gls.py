"""Generalised least squares against other software and against itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from reports.stats.gls import fit_gls


def test_a_unit_covariance_is_ordinary_regression() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=20), rng.normal(size=20)
    ours, theirs = fit_gls(y, np.column_stack([np.ones(20), x])), stats.linregress(x, y)
    assert ours.coef[1] == pytest.approx(theirs.slope)
    assert ours.se[1] == pytest.approx(theirs.stderr)


def test_a_multiple_of_the_covariance_changes_the_scale_alone() -> None:
    rng = np.random.default_rng(1)
    y, design = rng.normal(size=8), np.column_stack([np.ones(8), np.arange(8.0)])
    v = 0.6 ** np.abs(np.subtract.outer(np.arange(8), np.arange(8)))
    one, four = fit_gls(y, design, v), fit_gls(y, design, 4 * v)
    assert np.allclose(one.coef, four.coef)
    assert np.allclose(one.se, four.se)
    assert one.reml_loglik == pytest.approx(four.reml_loglik)
    assert one.loglik == pytest.approx(four.loglik)


def test_what_is_no_covariance_is_refused() -> None:
    with pytest.raises(np.linalg.LinAlgError):
        fit_gls([1.0, 2.0, 3.0], np.ones((3, 1)), -np.eye(3))
