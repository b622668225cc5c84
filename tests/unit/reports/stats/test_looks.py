"""One look at a unit against plain least squares and Student's t."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from reports.stats.gls import fit_gls
from reports.stats.looks import ROWS, Reference, Rows, look, matched, normal_score, raise_alerts, reference
from reports.stats.results import Posterior


def covariance(*, variance: float = 0.2, df: float = 1e-9) -> Reference:
    return Reference(phi=np.array(0.6), lam=np.array(0.8), variance=np.array(variance), df=np.array(df), df_limit=1e9)


def rows(values: np.ndarray, missing: int = 0) -> Rows:
    white = np.linspace(0.6, 1.4, values.size)
    present = (np.arange(values.size) >= missing).astype(np.float64)
    return Rows(
        values=(values * present)[np.newaxis],
        white=white[np.newaxis],
        gaps=np.where(np.arange(values.size) == 5, 2.0, 1.0)[np.newaxis],
        present=present[np.newaxis],
    )


@pytest.mark.parametrize("missing", [0, 2, 6])
def test_a_look_is_the_plain_fit_of_a_step_before_the_last_three_rows(missing: int) -> None:
    y = np.random.default_rng(1).normal(size=ROWS)
    one = rows(y, missing)
    found = look(one, covariance())
    kept = np.arange(ROWS) >= missing
    days = np.cumsum(one.gaps[0])
    v = 0.8 * 0.6 ** np.abs(np.subtract.outer(days, days)) + np.diag(one.white[0])
    design = np.column_stack([np.ones(ROWS), np.arange(ROWS) >= ROWS - 3]).astype(np.float64)
    plain = fit_gls(y[kept], design[kept], v[np.ix_(kept, kept)])
    assert found.estimate[0, 0] == pytest.approx(plain.coef[1])
    assert found.error[0, 0] == pytest.approx(plain.se[1], rel=1e-6)
    assert found.df[0, 0] == pytest.approx(kept.sum() - 2)
    assert bool(found.valid[0, 0])


def test_a_look_at_five_rows_is_none() -> None:
    assert not look(rows(np.zeros(ROWS), 7), covariance()).valid.any()


def test_a_strong_prior_takes_the_place_of_the_own_variance() -> None:
    calm, wild = (look(rows(s * np.random.default_rng(1).normal(size=ROWS)), covariance(df=1e9)) for s in (0.1, 10))
    assert calm.error == pytest.approx(wild.error)


@pytest.mark.parametrize("df", [3.0, 10.0, 50.0])
def test_the_normal_score_has_the_tail_area_of_t(df: float) -> None:
    t = np.array([-4.0, -2.0, 0.0, 1.0, 4.0])
    exact = np.sign(t) * -special.ndtri(special.stdtr(df, -np.abs(t)))
    assert normal_score(t, np.full(5, df)) == pytest.approx(exact, abs=0.03)
    assert normal_score(t, np.full(5, np.inf)) == pytest.approx(t, abs=1e-6)


def test_after_an_alert_come_three_looks_of_silence() -> None:
    z = np.array([[0.0, 3.0, 4.0, 4.0, 4.0, -3.0, 0.0, 0.0, 0.0, -5.0]])
    raised = raise_alerts(z, np.ones_like(z, dtype=bool), 2.5)
    assert np.flatnonzero(raised[0]).tolist() == [1, 5, 9]
    seen = np.ones_like(z, dtype=bool)
    seen[0, 1] = False
    assert np.flatnonzero(raise_alerts(z, seen, 2.5)[0]).tolist() == [2, 9]


def test_the_reference_keeps_mean_variances_and_the_covariance_of_neighbours() -> None:
    phi, lam, weights = np.array([0.3, 0.9, 0.5]), np.array([1.0, 2.0, 7.0]), np.array([0.25, 0.75, 0.0])
    variances, dfs = np.array([0.4, 0.2, 0.0]), np.array([10.0, 30.0, 0.0])
    posterior = Posterior(
        phi=tuple(phi), lam=tuple(lam), weights=tuple(weights), teams=9, days_per_wave=14, reference_n=6,
        white_variance=0.25, prior_df=20.0, prior_variances=tuple(variances), prior_dfs=tuple(dfs), pooled_df=99.0,
    )  # fmt: skip
    found = reference(posterior)
    assert found.variance == pytest.approx(0.25)
    assert found.variance * found.lam == pytest.approx(0.25 * 0.4 + 0.75 * 0.4)
    assert found.variance * found.lam * found.phi == pytest.approx(0.25 * 0.4 * 0.3 + 0.75 * 0.4 * 0.9)
    assert found.df == pytest.approx(1 / (0.25 / 10 + 0.75 / 30))
    still = matched(phi, np.zeros(3), weights, variances, np.full(3, 5.0), df_limit=9.0)
    assert (float(still.phi), float(still.lam)) == (0.0, 0.0)
