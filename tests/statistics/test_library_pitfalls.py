"""What the statistical libraries do otherwise than one expects: the reasons for what the product does by itself.

statsmodels and pymannkendall are comparisons only; of scipy the product uses what these tests say it may rely on.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pymannkendall
import pytest
import statsmodels.api as sm
from scipy import optimize, stats
from statsmodels.stats.proportion import proportion_confint
from statsmodels.tsa.arima.model import ARIMA
from statsmodels.tsa.statespace.structural import UnobservedComponents

from reports.calibration.practice import mann_kendall, sen_slope
from reports.stats.agreement import anova_icc
from reports.stats.estimate import wilson
from reports.stats.gls import fit_gls
from reports.stats.local_level import fit_local_level
from reports.stats.multiplicity import benjamini_hochberg
from reports.stats.shrinkage import METAFOR_TOLERANCE, between_variance
from tests.support.reference_cases import column, groups, read_rows

TIED = np.array([3.0, 1.0, 2.0, 2.0, 4.0, 4.0, 4.0, 5.0, 3.0, 6.0])


def test_theil_sen_joint_changes_the_intercept_only() -> None:
    x = np.array([0.0, 1, 2, 3, 5, 6, 8, 9, 11, 14])
    y = np.square(TIED)
    separate = stats.theilslopes(y, x, method="separate")
    joint = stats.theilslopes(y, x, method="joint")
    assert (joint.slope, joint.low_slope, joint.high_slope) == (
        separate.slope,
        separate.low_slope,
        separate.high_slope,
    )
    assert joint.intercept != separate.intercept
    ours = sen_slope(y, x)
    assert ours.slope[0] == pytest.approx(separate.slope)
    assert ours.intercept[0] == pytest.approx(separate.intercept)


def test_theil_sen_reads_its_alpha_as_a_level_from_a_half_on() -> None:
    assert stats.theilslopes(TIED, alpha=0.9).low_slope == stats.theilslopes(TIED, alpha=0.1).low_slope


def test_kendalltau_is_tau_b_and_its_p_is_not_that_of_mann_kendall() -> None:
    time = np.arange(TIED.size)
    theirs, test, ours = stats.kendalltau(time, TIED), pymannkendall.original_test(TIED), mann_kendall(TIED)
    assert ours.tau_b[0] == pytest.approx(theirs.statistic)
    assert ours.tau_a[0] == pytest.approx(test.Tau) != pytest.approx(theirs.statistic)
    # No continuity correction: the same z without the one that is taken off S.
    assert theirs.pvalue == pytest.approx(2 * stats.norm.sf(ours.s[0] / np.sqrt(ours.variance[0])))
    assert ours.p[0] == pytest.approx(test.p)
    assert theirs.pvalue < test.p


def test_false_discovery_control_adjusts_each_column_by_itself_and_ours_takes_one_family_only() -> None:
    table = np.array([[0.01, 0.2], [0.04, 0.03]])
    by_column = stats.false_discovery_control(table)
    assert by_column[:, 0].tolist() == stats.false_discovery_control(table[:, 0]).tolist()
    assert by_column.ravel().tolist() != stats.false_discovery_control(table.ravel()).tolist()
    with pytest.raises(ValueError, match="flat"):
        benjamini_hochberg(table)


@pytest.mark.parametrize("wrong", [[0.2, np.nan], [1.2], [-0.1]])
def test_no_p_value_outside_its_range_is_adjusted(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="p"):
        stats.false_discovery_control(wrong)
    with pytest.raises(ValueError, match="between 0 and 1"):
        benjamini_hochberg(wrong)


def test_a_family_without_tests_stays_empty() -> None:
    assert benjamini_hochberg([]).tolist() == []


def test_proportion_confint_is_normal_unless_it_is_told() -> None:
    assert proportion_confint(0, 20) == (0.0, 0.0)
    ours = wilson(0, 20)
    assert (ours.low, ours.high) == pytest.approx(proportion_confint(0, 20, method="wilson"), abs=1e-12)
    assert ours.high > 0.1


def test_the_default_of_yue_and_wang_makes_trends_of_white_noise() -> None:
    """Autocorrelations over all lags add up to minus a half, so that the correction shrinks the variance."""
    series = np.random.default_rng(3).normal(size=(120, 26))
    centred = series - series.mean(axis=1, keepdims=True)
    lags = sum((centred[:, k:] * centred[:, : 26 - k]).sum(axis=1) for k in range(1, 26))
    assert lags / np.square(centred).sum(axis=1) == pytest.approx(-0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # roots of negative variances
        corrected = np.mean([pymannkendall.yue_wang_modification_test(row).p < 0.05 for row in series])
    plain = float(np.mean(mann_kendall(series).p < 0.05))
    assert corrected > 0.3
    assert plain < 0.1


@pytest.fixture
def lake(shared_dir: Path) -> np.ndarray:
    return column(read_rows(shared_dir / "reference" / "data" / "lakehuron.csv"), "level")


@pytest.fixture
def nile(shared_dir: Path) -> np.ndarray:
    return column(read_rows(shared_dir / "reference" / "data" / "nile.csv"), "flow")


@pytest.mark.shared
def test_yue_and_wang_at_one_lag_disagrees_between_programs(nile: np.ndarray) -> None:
    # R modifiedmk gives -2.79.
    assert pymannkendall.yue_wang_modification_test(nile, lag=1).z == pytest.approx(-3.13, abs=0.005)


@pytest.mark.shared
def test_hamed_and_rao_is_the_one_of_modifiedmk(nile: np.ndarray) -> None:
    assert pymannkendall.hamed_rao_modification_test(nile).z == pytest.approx(-2.81997919564514, rel=1e-9)


@pytest.mark.shared
def test_glsar_is_iterated_least_squares_and_surer_than_reml(lake: np.ndarray) -> None:
    time = np.arange(1.0, 99)
    design = sm.add_constant(time)
    theirs = sm.GLSAR(lake, design, rho=1).iterative_fit(maxiter=50)
    reml = fit_gls(lake, design, 0.824767412422436 ** np.abs(time[:, None] - time))
    assert float(sm.OLS(lake, design).fit().pvalues[1]) < 1e-7
    assert float(theirs.bse[1]) < 0.95 * float(reml.se[1])
    assert 2 * stats.t.sf(abs(reml.coef[1] / reml.se[1]), reml.df) == pytest.approx(0.128, abs=0.001)


@pytest.mark.shared
def test_arima_prints_other_errors_than_r_unless_it_is_told(lake: np.ndarray) -> None:
    model = ARIMA(lake, exog=np.arange(1875.0, 1973) - 1920, order=(2, 0, 0), trend="c")
    default, approximate = (model.fit(cov_type=kind).bse[1] for kind in (None, "approx"))
    assert default == pytest.approx(0.0089, abs=0.0002)
    assert approximate == pytest.approx(0.0081, abs=0.0001)


@pytest.mark.shared
def test_hac_errors_need_lags_and_have_no_small_sample_factor_by_themselves(shared_dir: Path) -> None:
    rows = [r for r in read_rows(shared_dir / "reference" / "data" / "investment_greene.csv") if r["RealInt"]]
    rows = [r for r in rows if r["RealInt"] != "NA"]
    design = sm.add_constant(np.column_stack([column(rows, "RealGNP"), column(rows, "RealInt")]))
    model = sm.OLS(column(rows, "RealInv"), design)
    with pytest.raises(KeyError, match="maxlags"):
        model.fit(cov_type="HAC")
    plain = model.fit(cov_type="HAC", cov_kwds={"maxlags": 4}).bse
    corrected = model.fit(cov_type="HAC", cov_kwds={"maxlags": 4, "use_correction": True}).bse
    assert plain == pytest.approx([18.9582981317969, 0.0167507858601934, 3.34237535268281], rel=1e-6)
    assert corrected == pytest.approx(plain * np.sqrt(len(rows) / (len(rows) - 3)))


@pytest.mark.shared
def test_the_likelihood_of_a_local_level_is_flat(nile: np.ndarray) -> None:
    irregular, level = UnobservedComponents(nile, "llevel").fit(disp=False).params
    ours = fit_local_level(nile)
    assert ours.var_level == pytest.approx(1469.1, rel=0.001)
    assert level == pytest.approx(1469.1, rel=0.015)
    assert irregular == pytest.approx(15098.6, rel=0.015)


@pytest.mark.shared
def test_icc_of_textbooks_has_another_group_size(shared_dir: Path) -> None:
    rows = read_rows(shared_dir / "reference" / "data" / "bh1996.csv")
    y, parts = column(rows, "WBEING"), groups(rows, ["GRP"])
    n = np.array([float(part.size) for part in parts.values()])
    within = sum(float(np.square(y[part] - y[part].mean()).sum()) for part in parts.values()) / (y.size - n.size)
    ours = anova_icc([y[part].mean() for part in parts.values()], n, within)
    size = (n.sum() - np.square(n).sum() / n.sum()) / (n.size - 1)
    textbook = (ours.ms_between - within) / (ours.ms_between + (size - 1) * within)
    assert ours.icc1 == pytest.approx(0.0433690500771082, rel=1e-9)
    assert abs(textbook - ours.icc1) > 0.0001


@pytest.mark.shared
def test_metafor_stops_early_and_our_root_is_exact(shared_dir: Path) -> None:
    rows = read_rows(shared_dir / "reference" / "data" / "bh1996.csv")
    y, parts = column(rows, "WBEING"), groups(rows, ["GRP"])
    means = np.array([y[part].mean() for part in parts.values()])
    noise = np.array([y[part].var(ddof=1) / part.size for part in parts.values()])

    def excess(tau2: float) -> float:
        weight = 1 / (noise + tau2)
        return float(weight @ np.square(means - weight @ means / weight.sum())) - (means.size - 1)

    assert excess(between_variance(means, noise)) == pytest.approx(0, abs=1e-9)
    printed = optimize.brentq(excess, 0, 100, xtol=METAFOR_TOLERANCE)
    assert printed == pytest.approx(0.03474674078714, rel=1e-9)
    assert abs(excess(printed)) > 0.005
