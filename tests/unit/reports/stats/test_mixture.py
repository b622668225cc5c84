"""Mixtures of t distributions against SciPy's single ones."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from reports.stats import mixture as module
from reports.stats.mixture import Mixture


def some(k: int = 6) -> Mixture:
    rng = np.random.default_rng(4)
    return Mixture(
        weights=rng.dirichlet(np.ones(k), size=30),
        mean=rng.normal(0, 3, (30, k)),
        scale=rng.uniform(0.05, 2, (30, k)),
        df=rng.uniform(3, 40, (30, k)),
    )


def test_a_mixture_of_one_is_student_s_t() -> None:
    one = np.ones((1, 1))
    mixture = Mixture(weights=one, mean=2 * one, scale=0.5 * one, df=7 * one)
    assert mixture.quantile(0.975)[0] == pytest.approx(2 + 0.5 * stats.t.ppf(0.975, 7))
    assert mixture.two_sided_p()[0] == pytest.approx(2 * stats.t.sf(4, 7))
    assert mixture.expectation()[0] == 2
    assert mixture.standard_error()[0] == 0.5


@pytest.mark.parametrize("probability", [0.025, 0.5, 0.975])
def test_quantiles_have_their_probability_below_them(probability: float) -> None:
    mixture = some()
    assert np.allclose(mixture.below(mixture.quantile(probability)), probability, atol=1e-9)


def test_a_quantile_that_ran_out_of_steps_is_still_between_its_components(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_STEPS", 2)
    found = some().quantile(0.975)
    single = some().mean + some().scale * stats.t.ppf(0.975, some().df)
    assert np.all((found >= single.min(axis=1)) & (found <= single.max(axis=1)))


def test_p_is_below_five_per_cent_exactly_where_the_interval_excludes_zero() -> None:
    mixture = some()
    excludes = (mixture.quantile(0.025) > 0) | (mixture.quantile(0.975) < 0)
    assert np.array_equal(mixture.two_sided_p() < 0.05, excludes)


def test_both_tails_add_up_to_one() -> None:
    mixture = some()
    x = np.linspace(-2, 2, 30)
    assert np.allclose(mixture.below(x) + mixture.above(x), 1)
