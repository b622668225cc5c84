"""The reference runner understands cases that nobody has seen: other files, columns, levels, rules and tolerances.

The expected figures come from programs that the product does not use (statsmodels, pymannkendall) or from a formula
written out here.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pymannkendall
import pytest
import statsmodels.api as sm
from scipy import optimize, stats
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from statsmodels.tsa.statespace.structural import UnobservedComponents

from tests.support.reference_cases import VARIABLE, Case, case_files, read_cases
from tests.support.reference_compare import faults, tolerance_of
from tests.support.reference_registry import OFFERS, REFUSALS
from tests.support.reference_runner import Outcome, Status, run, table

RNG = np.random.default_rng(20)
PEOPLE = 90
MOOD = RNG.normal(size=PEOPLE)
ITEMS = np.clip(np.round(3 + MOOD[:, None] + RNG.normal(size=(PEOPLE, 4)) * 0.8), 1, 5)
TEAMS = np.repeat(np.arange(1, 16), 6)
WAVES = np.round(RNG.normal(size=30).cumsum() * 2) / 2 + np.arange(30) * 0.1


def write(path: Path, columns: Mapping[str, Sequence[Any]], delimiter: str = ",") -> str:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path.name


def make(
    folder: Path,
    statistic: str,
    inputs: Mapping[str, Any],
    expected: Any,
    *,
    data: Any = None,
    tolerance: Any = None,
    source: str = "",
) -> Case:
    """A case that went through a file, as all cases do."""
    raw = {
        "id": "never seen",
        "data": data,
        "statistic": statistic,
        "inputs": inputs,
        "expected": expected,
        "tolerance": tolerance or {"kind": "relative", "value": 1e-7},
        "source": source,
    }
    path = folder / "new_cases.json"
    path.write_text(json.dumps({"cases": [raw]}), encoding="utf-8")
    return next(iter(read_cases([path])))


def outcome(case: Case) -> Outcome:
    return run(case, OFFERS, REFUSALS)


def assert_agrees(case: Case) -> None:
    found = outcome(case)
    assert (found.status, found.faults, found.left_out) == (Status.AGREES, (), ())


def plain_alpha(items: np.ndarray) -> float:
    k = items.shape[1]
    return float(k / (k - 1) * (1 - items.var(axis=0, ddof=1).sum() / items.sum(axis=1).var(ddof=1)))


def generalised_q(y: np.ndarray, variances: np.ndarray) -> float:
    mean = float(np.average(y, weights=1 / variances))
    return float(((y - mean) ** 2 / variances).sum())


@pytest.mark.parametrize("reverse", [["Q2", "Q4"], [False, True, False, True], "Q2"])
def test_alpha_of_other_items_with_reversed_ones_and_missing_answers(tmp_path: Path, reverse: Any) -> None:
    flags = reverse if isinstance(reverse[0], bool) else [f"Q{i}" in reverse for i in range(1, 5)]
    answers = np.where(flags, 6 - ITEMS, ITEMS).astype(object)
    answers[[3, 17], [0, 2]] = ["NA", ""]
    keyed = np.delete(ITEMS, [3, 17], axis=0)
    data = write(tmp_path / "people.csv", {f"Q{i + 1}": answers[:, i] for i in range(4)}, delimiter=";")
    inputs = {"items": ["Q1", "Q2", "Q3", "Q4"], "reverse": reverse, "scale": [1, 5], "missing": "listwise deletion"}
    expected = {"n": PEOPLE - 2, "alpha": plain_alpha(keyed)}
    assert_agrees(make(tmp_path, "coefficient alpha (Cronbach) of four items", inputs, expected, data=data))


def test_alpha_within_teams_takes_their_means_away(tmp_path: Path) -> None:
    columns = {"team": [f"team {t}" for t in TEAMS], **{f"Q{i}": ITEMS[:, i] for i in range(4)}}
    left = ITEMS - np.array([ITEMS[t == TEAMS].mean(axis=0) for t in TEAMS])
    inputs = {"items": ["Q0", "Q1", "Q2"], "group": "team"}
    case = make(
        tmp_path,
        "Cronbach alpha within teams",
        inputs,
        {"alpha": plain_alpha(left[:, :3])},
        data=write(tmp_path / "x.csv", columns),
    )
    assert_agrees(case)


def test_a_rule_on_missing_values_that_is_not_ours_is_not_offered(tmp_path: Path) -> None:
    data = write(tmp_path / "x.csv", {"a": [1, 2, "", 3], "b": [2, 2, 3, 4]})
    inputs = {"items": ["a", "b"], "missing": "pairwise"}
    found = outcome(make(tmp_path, "Cronbach alpha", inputs, {"alpha": 0.5}, data=data))
    assert found.status is Status.NOT_OFFERED
    assert "pairwise" in found.reason


def test_a_rule_that_only_sounds_like_ours_is_not_ours(tmp_path: Path) -> None:
    data = write(tmp_path / "x.csv", {"a": [1, 2, "", 3], "b": [2, 2, 3, 4]})
    inputs = {"items": ["a", "b"], "missing": "pairwise complete"}
    assert outcome(make(tmp_path, "Cronbach alpha", inputs, {"alpha": 0.5}, data=data)).status is Status.NOT_OFFERED


@pytest.mark.parametrize("where", [{"wave": 2}, "wave == 2", {"wave": [2]}])
def test_only_the_rows_that_a_case_is_about_are_read(tmp_path: Path, where: Any) -> None:
    columns = {"wave": [1 + i % 2 for i in range(PEOPLE)], **{f"Q{i}": ITEMS[:, i] for i in range(3)}}
    inputs = {"items": ["Q0", "Q1", "Q2"], "where": where}
    expected = {"n": PEOPLE // 2, "alpha": plain_alpha(ITEMS[1::2, :3])}
    case = make(tmp_path, "Cronbach alpha", inputs, expected, data=write(tmp_path / "x.csv", columns))
    assert_agrees(case)
    odd = make(tmp_path, "Cronbach alpha", {**inputs, "where": "wave between 1 and 2"}, expected, data="x.csv")
    assert "not understood" in outcome(odd).reason


def test_a_trend_without_a_column_of_times_counts_the_rows(tmp_path: Path) -> None:
    theirs = stats.linregress(np.arange(1, 31), WAVES)
    expected = {"slope": theirs.slope, "intercept": theirs.intercept, "R squared": theirs.rvalue**2}
    data = write(tmp_path / "x.csv", {"level": WAVES})
    assert_agrees(make(tmp_path, "trend by ordinary least squares", {"y": "level"}, expected, data=data))


@pytest.mark.parametrize("null", [1.34, "slight skew"])
def test_agreement_with_another_null_and_groups_named_by_two_columns(tmp_path: Path, null: Any) -> None:
    columns = {"unit": np.where(TEAMS < 8, "A", "B"), "team": TEAMS, "mood": ITEMS[:, 0]}
    rwg = {
        f"{'A' if t < 8 else 'B'} {t}": max(0.0, 1 - ITEMS[t == TEAMS, 0].var(ddof=1) / 1.34) for t in np.unique(TEAMS)
    }
    values = list(rwg.values())
    expected = {"group_A 3": rwg["A 3"], "mean": np.mean(values), "max": max(values), "n_groups": 15}
    inputs = {"group": ["unit", "team"], "y": "mood", "null_variance": null, "categories": 5}
    case = make(tmp_path, "r_wg, slightly skewed null", inputs, expected, data=write(tmp_path / "x.csv", columns))
    assert_agrees(case)


def test_icc_of_a_mean_of_items_in_uneven_groups(tmp_path: Path) -> None:
    team = np.where(TEAMS == 1, 2, TEAMS)
    score = ITEMS.mean(axis=1)
    f = stats.f_oneway(*(score[team == t] for t in np.unique(team))).statistic
    expected = {"f": f, "icc2": 1 - 1 / f, "df": [13, 76], "groups": 14}
    columns = {"team": team, **{f"Q{i}": ITEMS[:, i] for i in range(4)}}
    inputs = {"group": "team", "y": ["Q0", "Q1", "Q2", "Q3"]}
    assert_agrees(make(tmp_path, "ICC(1) and ICC(2)", inputs, expected, data=write(tmp_path / "x.csv", columns)))


def test_one_way_icc_offers_no_two_way_figures(tmp_path: Path) -> None:
    columns = {f"J{i}": ITEMS[:20, i] for i in range(3)}
    case = make(
        tmp_path,
        "intraclass correlations",
        {"raters": list(columns)},
        {"icc_1_1": 2.0, "icc_2_1": 0.5},
        data=write(tmp_path / "x.csv", columns),
    )
    found = outcome(case)
    assert found.status is Status.DIFFERS
    assert found.left_out[0][0] == "icc_2_1"
    assert "judges" in found.left_out[0][1]


def test_mann_kendall_on_another_column_with_ties_and_sen_at_another_level(tmp_path: Path) -> None:
    ours = pymannkendall.original_test(WAVES)
    theirs = stats.theilslopes(WAVES, alpha=0.9)
    expected = {"S": ours.s, "var_S": ours.var_s, "z": ours.z, "p": ours.p, "slope": theirs.slope}
    expected |= {"tau_b": stats.kendalltau(np.arange(30), WAVES).statistic}
    data = write(tmp_path / "x.csv", {"wave": range(30), "level": WAVES})
    assert_agrees(make(tmp_path, "Mann-Kendall trend test, Sen slope", {"y": "level"}, expected, data=data))
    bounds = {"low": theirs.low_slope, "high": theirs.high_slope}
    case = make(
        tmp_path,
        "90% interval of the Sen slope",
        {"y": "level"},
        bounds,
        data=data,
        tolerance={"kind": "relative", "value": 0.05},
    )
    assert_agrees(case)


@pytest.mark.parametrize("level", [0.9, 90, None])
def test_wilson_at_another_level_given_as_input_or_in_words(tmp_path: Path, level: float | None) -> None:
    low, high = proportion_confint([3, 9], [11, 9], alpha=0.1, method="wilson")
    inputs = {"x": [3, 9], "n": [11, 9]} | ({"level": level} if level else {})
    words = "90% interval of a share by Wilson" if level is None else "Wilson score interval"
    expected = {"lower": low.tolist(), "upper": high.tolist()}
    assert_agrees(make(tmp_path, words, inputs, expected, tolerance={"kind": "absolute", "value": 1e-9}))


def test_one_share_may_be_a_number_and_not_a_list(tmp_path: Path) -> None:
    low, high = proportion_confint(5, 30, method="wilson")
    assert_agrees(make(tmp_path, "Wilson score interval", {"x": 5, "n": 30}, {"low": low, "high": high}))


def test_other_p_values_at_another_rate(tmp_path: Path) -> None:
    p = [0.2, 0.001, 0.03, 0.03, 0.9, 0.012]
    expected: dict[str, Any] = {}
    for name, method in {"bh": "fdr_bh", "by": "fdr_by", "holm": "holm", "bonferroni": "bonferroni"}.items():
        rejected, values = multipletests(p, alpha=0.1, method=method)[:2]
        expected |= {name: values.tolist(), f"rejected_{name}": int(rejected.sum())}
    assert_agrees(make(tmp_path, "adjusted p values (Benjamini-Hochberg and others)", {"p": p, "q": 0.1}, expected))


def test_p_values_may_stand_in_a_file(tmp_path: Path) -> None:
    p = [0.04, 0.01, 0.5]
    case = make(
        tmp_path,
        "Benjamini-Hochberg; rejections at 3%",
        {"p": "p_value"},
        {"bh": multipletests(p, method="fdr_bh")[1].tolist(), "rejected_bh": 1},
        data=write(tmp_path / "x.tsv", {"p_value": p}, delimiter="\t"),
    )
    assert_agrees(case)


def test_shrinkage_of_effects_that_are_given_with_their_variances(tmp_path: Path) -> None:
    y, v = [0.1, 0.5, -0.2, 0.9, 0.3, 0.7], [0.04, 0.05, 0.03, 0.06, 0.02, 0.05]
    theirs = combine_effects(np.array(y), np.array(v), method_re="chi2")
    root = optimize.brentq(lambda tau2: generalised_q(np.array(y), np.array(v) + tau2) - 5, 0, 5, xtol=1e-14)
    weight = theirs.tau2 / (theirs.tau2 + np.array(v))
    shrunk = theirs.mean_effect_re + weight * (np.array(y) - theirs.mean_effect_re)
    expected = {"mu": theirs.mean_effect_re, "tau2": theirs.tau2, "Q": theirs.q, "shrunk": shrunk.tolist()}
    expected |= {"tau2_paule_mandel": root, "shrunk_2": shrunk[1]}
    tolerance = {"kind": "relative", "value": 1e-6, "figures": {"tau2_paule_mandel": {"kind": "rel", "value": 1e-9}}}
    words = "random-effects meta-analysis, DerSimonian-Laird"
    assert_agrees(make(tmp_path, words, {"yi": y, "vi": v}, expected, tolerance=tolerance))


def test_a_random_intercept_of_other_groups(tmp_path: Path) -> None:
    score = ITEMS.mean(axis=1) + RNG.normal(size=15)[TEAMS - 1] * 0.5
    theirs = sm.MixedLM(score, np.ones((PEOPLE, 1)), groups=TEAMS).fit(reml=True)
    expected = {
        "intercept": theirs.fe_params[0],
        "var_between": theirs.cov_re[0, 0],
        "var_within": theirs.scale,
        "blup_group_4": theirs.random_effects[4].iloc[0],
        "reml_criterion": -2 * theirs.llf,
    }
    data = write(tmp_path / "x.csv", {"team": TEAMS, "score": score})
    tolerance = {"kind": "relative", "value": 1e-3}
    words = "random-intercept model by REML"
    found = outcome(make(tmp_path, words, {"group": "team", "y": "score"}, expected, data=data, tolerance=tolerance))
    assert (found.status, found.faults) == (Status.AGREES, ())
    assert [name for name, _ in found.left_out] == ["reml_criterion"]


def test_regression_with_weights_through_the_origin_and_of_a_higher_degree(tmp_path: Path) -> None:
    x, y = np.arange(1.0, 31), WAVES
    weights = np.linspace(1, 3, 30)
    data = write(tmp_path / "x.csv", {"x": x, "y": y, "w": weights})
    weighted = sm.WLS(y, sm.add_constant(x), weights=weights).fit()
    expected = {"coef": weighted.params.tolist(), "se": weighted.bse.tolist(), "resid_sd": math.sqrt(weighted.scale)}
    inputs = {"y": "y", "x": "x", "weights": "w"}
    assert_agrees(make(tmp_path, "weighted least squares regression", inputs, expected, data=data))
    origin = sm.OLS(y, x).fit()
    expected = {"slope": origin.params[0], "se_slope": origin.bse[0], "r2": origin.rsquared}
    words = "simple linear regression through the origin"
    assert_agrees(make(tmp_path, words, {"y": "y", "x": "x"}, expected, data=data))
    square = sm.OLS(y, np.column_stack([np.ones(30), x, x**2])).fit()
    expected = {"intercept": square.params[0], "coef": square.params[1:].tolist(), "f": square.fvalue}
    inputs = {"y": "y", "x": "x", "degree": 2}
    assert_agrees(make(tmp_path, "polynomial regression", inputs, expected, data=data))


def test_drivers_given_as_a_list_and_more_than_eight_refused(tmp_path: Path) -> None:
    columns = {"y": MOOD, **{f"Q{i}": ITEMS[:, i] for i in range(2)}}
    both = sm.OLS(MOOD, sm.add_constant(ITEMS[:, :2])).fit().rsquared
    alone = [sm.OLS(MOOD, sm.add_constant(ITEMS[:, i])).fit().rsquared for i in range(2)]
    first = (alone[0] + both - alone[1]) / 2
    expected = {"lmg": [first, both - first], "first": {"Q1": alone[1], "Q0": alone[0]}, "r2": both}
    data = write(tmp_path / "x.csv", columns)
    assert_agrees(make(tmp_path, "relative importance (LMG)", {"y": "y", "x": ["Q0", "Q1"]}, expected, data=data))
    many = {"y": MOOD, **{f"X{i}": RNG.normal(size=PEOPLE) for i in range(9)}}
    inputs = {"y": "y", "x": [name for name in many if name != "y"]}
    refused = make(tmp_path, "Shapley decomposition", inputs, {"r2": 0.1}, data=write(tmp_path / "z.csv", many))
    assert "8" in outcome(refused).reason


def test_a_local_level_names_its_rows_by_another_column(tmp_path: Path) -> None:
    walk = np.random.default_rng(5).normal(size=60).cumsum() + np.random.default_rng(6).normal(size=60)
    theirs = UnobservedComponents(walk, "llevel").fit(disp=False)
    noise, step = theirs.params
    expected = {"var_irregular": noise, "var_level": step, "smoothed_2031": theirs.smoothed_state[0, 31]}
    data = write(tmp_path / "x.csv", {"year": range(2000, 2060), "flow": walk})
    tolerance = {"kind": "relative", "value": 0.02}
    assert_agrees(make(tmp_path, "local level model", {"y": "flow"}, expected, data=data, tolerance=tolerance))


def test_a_chart_without_memory_has_the_textbook_run_length(tmp_path: Path) -> None:
    expected = {"arl": 1 / (2 * stats.norm.sf(3))}
    words = "average run length of the EWMA chart"
    assert_agrees(make(tmp_path, words, {"lambda": 1, "L": 3}, expected, tolerance={"kind": "rel", "value": 1e-3}))


def test_a_sample_whose_population_stands_in_a_column(tmp_path: Path) -> None:
    y = ITEMS[:12, 0]
    se = y.std(ddof=1) / math.sqrt(12)
    data = write(tmp_path / "x.csv", {"mood": y, "people": [40] * 12})
    expected = {"mean": y.mean(), "se_without": se, "se_fpc": se * math.sqrt(1 - 12 / 40)}
    words = "mean of a simple random sample"
    assert_agrees(make(tmp_path, words, {"y": "mood", "N": "people"}, expected, data=data))


def test_margins_without_a_headcount_have_no_correction(tmp_path: Path) -> None:
    expected = {"margin_points": [round(100 * 1.959964 * math.sqrt(0.43 * 0.57 / 119))]}
    case = make(tmp_path, "margin of error, rounded", {"responses": 120, "percent": 43}, expected)
    assert_agrees(case)


def test_variances_with_degrees_of_freedom_of_their_own(tmp_path: Path) -> None:
    s2, df = [1.0, 1.0, 1.0, 1.0], [3, 4, 5, 6]
    case = make(tmp_path, "moderated variances", {"s2": s2, "df": df}, {"posterior": s2})
    assert_agrees(case)


def test_columns_may_stand_in_the_case_itself(tmp_path: Path) -> None:
    data = {"score": [1, 2, 3, 5], "weight": [1, 1, 2, 0], "wave": ["a", "a", "b", "b"]}
    expected = {"weighted": {"a": 1.5, "b": 3.0}, "mean": 2.25}
    inputs = {"value": "score", "weight": "weight", "by": "wave"}
    assert_agrees(make(tmp_path, "weighted mean by wave", inputs, expected, data=data))


@pytest.mark.parametrize(
    ("words", "inputs", "said"),
    [
        ("Hamed-Rao corrected Mann-Kendall", {"y": [1, 2]}, "Rejected"),
        ("OLS with Newey-West errors", {"y": "y", "x": "x"}, "Newey-West"),
        ("something nobody has heard of", {"y": "y"}, "No method"),
        ("Wilson score interval", {"count": 3}, "needs the input x, n"),
        ("two-way fixed effects, CR2", {"y": "y"}, "needs the input x"),
        ("two-way fixed effects, Driscoll-Kraay errors", {"y": "y", "x": "x"}, "small-sample"),
        ("fixed effects, wild cluster bootstrap", {"y": "y", "x": "x"}, "Rejected"),
        ("cluster-robust errors, CR1", {"y": "y", "x": "x"}, "CR2"),
    ],
)
def test_what_is_not_offered_says_why(tmp_path: Path, words: str, inputs: dict[str, Any], said: str) -> None:
    found = outcome(make(tmp_path, words, inputs, {"x": 1}))
    assert found.status is Status.NOT_OFFERED
    assert said in found.reason


def test_a_figure_of_an_unknown_name_is_listed_and_a_wrong_one_is_a_fault(tmp_path: Path) -> None:
    right = make(tmp_path, "Benjamini-Hochberg", {"p": [0.01, 0.2]}, {"bh": [0.02, 0.2], "moon": 3})
    assert [name for name, _ in outcome(right).left_out] == ["moon"]
    assert "moon" in table([outcome(right)])
    wrong = make(tmp_path, "Benjamini-Hochberg", {"p": [0.01, 0.2]}, {"bh": [0.02, 0.21]})
    assert outcome(wrong).faults == ("bh[1]: 0.2 instead of 0.21",)
    short = make(tmp_path, "Benjamini-Hochberg", {"p": [0.01, 0.2]}, {"bh": [0.02]})
    assert outcome(short).faults == ("bh: 2 figures instead of 1",)


def test_the_id_of_a_case_decides_nothing(tmp_path: Path) -> None:
    case = make(tmp_path, "Benjamini-Hochberg", {"p": [0.01, 0.2]}, {"bh": [0.02, 0.2]})
    twin = Case({**case.raw, "id": "mk_nile"}, case.folder)
    assert outcome(twin).status is outcome(case).status is Status.AGREES


def test_a_column_that_the_data_lack_is_an_error_and_no_gap(tmp_path: Path) -> None:
    data = write(tmp_path / "x.csv", {"a": [1, 2, 3]})
    with pytest.raises(ValueError, match="no column b"):
        outcome(make(tmp_path, "Mann-Kendall test", {"y": "b"}, {"S": 3}, data=data))


@pytest.mark.parametrize(
    ("tolerance", "found", "is_right"),
    [
        ({"kind": "absolute", "value": 0.5}, 10.4, True),
        ({"kind": "absolute", "value": 0.5}, 10.6, False),
        ({"kind": "relative", "value": 0.01}, 10.09, True),
        ({"kind": "relative", "value": 0.01}, 10.11, False),
        ({"kind": "both", "value": 0.1}, 10.9, True),
        ({"kind": "exact"}, 10.0, True),
        ({"kind": "decimals", "value": 1}, 10.04, True),
        ({"kind": "decimals", "value": 1}, 10.06, False),
        ({"absolute": 0.5}, 10.4, True),
        ({"f": {"kind": "absolute", "value": 1}}, 10.9, True),
        (0.01, 10.09, True),
        ({"kind": "absolute", "value": 1}, math.nan, False),
    ],
)
def test_tolerances_of_every_kind(tolerance: Any, found: float, is_right: bool) -> None:
    assert (not list(faults(10.0, found, tolerance_of(tolerance, "f"), "f"))) is is_right


def test_a_tolerance_of_an_unknown_kind_is_an_error() -> None:
    with pytest.raises(ValueError, match="furlongs"):
        tolerance_of({"kind": "furlongs", "value": 1}, "f")


def test_several_files_are_read_and_a_named_one_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a", {}, {})
    (tmp_path / "more.json").write_text(json.dumps([{"id": 2, "statistic": "b"}]), encoding="utf-8")
    monkeypatch.setenv(VARIABLE, f"{tmp_path / 'new_cases.json'}:{tmp_path / 'more.json'}")
    assert [case.words for case in read_cases()] == ["a", "b"]
    monkeypatch.setenv(VARIABLE, str(tmp_path / "absent.json"))
    assert case_files()
    with pytest.raises(FileNotFoundError):
        list(read_cases())


@pytest.mark.parametrize("effects", [(), ("team",), ("team", "wave")])
def test_cr2_with_other_effects_and_columns(tmp_path: Path, effects: tuple[str, ...]) -> None:
    teams, waves = np.repeat(np.arange(8), 6), np.tile(np.arange(6), 8)
    pressure, mood = RNG.normal(size=(2, 48))
    columns = {"team": teams, "wave": waves, "pressure": pressure, "mood": mood}
    blocks = {"team": (teams[:, None] == np.arange(8)), "wave": (waves[:, None] == np.arange(1, 6))}
    design = np.column_stack([pressure, *(blocks[name] for name in effects)] if effects else [pressure, np.ones(48)])
    plain = sm.OLS(mood, design.astype(float)).fit(cov_type="cluster", cov_kwds={"groups": teams})
    factor = np.sqrt((48 - design.shape[1]) / 47)  # theirs counts columns, CR1 of the textbooks does not
    expected = {"coef": [plain.params[0]], "se_cr1": [plain.bse[0] * factor]}
    inputs = {"y": "mood", "x": "pressure", "cluster": "team", **({"fe": list(effects)} if effects else {})}
    data = write(tmp_path / "panel.csv", columns)
    assert_agrees(make(tmp_path, "panel regression with CR2 errors; CR1 beside it", inputs, expected, data=data))
