"""Computes the figures of reference cases about items and groups: reliability, agreement, shrinkage, drivers, levels.

Where the product works on declared moments (means, numbers and variances of groups), the moments are made here from the
single answers of the reference data and the product's function gets the moments alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reports.stats.agreement import (
    SLIGHT_SKEW_5,
    anova_icc,
    average_deviation,
    one_way_icc,
    rwg,
    rwg_j,
    uniform_null,
)
from reports.stats.drivers import dominance, relative_weights
from reports.stats.local_level import fit_local_level
from reports.stats.reliability import cronbach, omega
from reports.stats.scoring import key
from reports.stats.shrinkage import METAFOR_TOLERANCE, Method, between_variance, shrink
from tests.support.reference_cases import (
    Case,
    Floats,
    NotOffered,
    Row,
    column,
    groups,
    is_missing,
    matrix,
    per_group,
    picked,
    summary,
)

Figures = dict[str, Any]
Parts = Mapping[str, NDArray[np.intp]]


def items_of(case: Case, *others: str) -> tuple[Sequence[Row], Floats]:
    """The complete rows and their keyed items (rows, items); ``others`` are columns that must be there too."""
    names = case.names("items")
    rows = case.rows(*names, *others)
    answers = matrix(rows, names)
    given = case.inputs.get("reverse", case.inputs.get("reversed", ()))
    is_mask = bool(given) and not isinstance(given, str) and all(isinstance(flag, bool) for flag in given)
    flags = list(given) if is_mask else [name in ([given] if isinstance(given, str) else given) for name in names]
    if not any(flags):
        return rows, answers
    low, high = (float(end) for end in case.inputs.get("scale", (answers.min(), answers.max())))
    return rows, key(answers, flags, low, high)


def centred(values: Floats, parts: Parts) -> Floats:
    """Values without their group's mean, (rows, k)."""
    left = values.copy()
    for rows in parts.values():
        left[rows] -= values[rows].mean(axis=0)
    return left


def alpha(case: Case) -> Figures:
    """Cronbach's alpha of the items' covariance; within groups where the words and the inputs say so."""
    by = case.names("group") if "group" in case.inputs and case.says("within") else []
    rows, answers = items_of(case, *by)
    covariance = np.cov(answers, rowvar=False)
    if by:
        parts = groups(rows, by)
        left = centred(answers, parts)
        covariance = left.T @ left / (len(rows) - len(parts))
    found = cronbach(covariance, len(rows), level=case.level())
    return {
        "n": len(rows),
        "items": answers.shape[1],
        "alpha": found.alpha,
        "raw_alpha": found.alpha,
        "alpha_standardised": found.standardised,
        "alpha_standardized": found.standardised,
        "std_alpha": found.standardised,
        "average_r": found.average_r,
        "low": found.low,
        "high": found.high,
    }


def omega_total(case: Case) -> Figures:
    """McDonald's omega of one factor."""
    rows, answers = items_of(case)
    found = omega(np.cov(answers, rowvar=False))
    return {
        "n": len(rows),
        "omega": found.omega,
        "omega_total": found.omega,
        "loadings": [float(value) for value in found.loadings],
    }


def answers_of(case: Case) -> tuple[Floats, Parts]:
    """One value per row (a column, or the mean of several) and the groups."""
    by = case.names("group")
    names = case.names("y" if "y" in case.inputs else "items")
    rows = case.rows(*names, *by)
    return matrix(rows, names).mean(axis=1), groups(rows, by)


def group_icc(case: Case) -> Figures:
    """ICC(1) and ICC(2) from the groups' means, numbers and pooled variance within."""
    y, parts = answers_of(case)
    means = np.array([y[rows].mean() for rows in parts.values()])
    n = np.array([float(rows.size) for rows in parts.values()])
    within = sum(float(np.sum(np.square(y[rows] - y[rows].mean()))) for rows in parts.values()) / (y.size - n.size)
    found = anova_icc(means, n, within)
    return {
        "icc1": found.icc1,
        "icc2": found.icc2,
        "icc_1": found.icc1,
        "icc_2": found.icc2,
        "ms_between": found.ms_between,
        "ms_within": found.ms_within,
        "f": found.f,
        "df_between": found.df_between,
        "df_within": found.df_within,
        "df": [found.df_between, found.df_within],
        "groups": found.groups,
        "n": found.n,
        "mean_group_size": found.n / found.groups,
    }


def judges_icc(case: Case) -> Figures:
    """One-way intraclass correlations of targets by judges."""
    names = case.names(next(name for name in ("raters", "judges", "items") if name in case.inputs))
    found = one_way_icc(matrix(case.rows(*names), names))
    return {
        "icc_1_1": found.icc1,
        "icc_1_k": found.icc2,
        "f": found.f,
        "df": [found.df_between, found.df_within],
        "ms_between": found.ms_between,
        "ms_within": found.ms_within,
    }


def null_of(case: Case) -> float:
    """The variance of answers under no agreement: a number, or a shape over so many categories."""
    given = case.inputs.get("null_variance", case.inputs.get("null", "uniform"))
    if not isinstance(given, str):
        return float(given)
    found = re.search(r"(\d+)(?:[ -]point)? categor|(\d+) (?:options|points)", case.words)
    categories = case.inputs.get("categories") or (int(found.group(1) or found.group(2)) if found else 5)
    if "skew" not in given:
        return uniform_null(int(categories))
    if int(categories) != 5:
        raise NotOffered("The variance of a skewed null is tabled for five categories.")
    return SLIGHT_SKEW_5


def agreement(case: Case) -> Figures:
    """r_wg of one item, r_wg(j) of several and AD_M in each group, from the groups' variances and histograms."""
    by = case.names("group")
    names = case.names("items" if "items" in case.inputs else "y")
    rows = case.rows(*names, *by)
    answers = matrix(rows, names)
    parts = {label: part for label, part in groups(rows, by).items() if part.size > 1}
    deviation = per_group(parts, lambda part: _deviation(answers[part]))
    figures: Figures = {
        "groups": list(parts),
        "size": [int(part.size) for part in parts.values()],
        "n_groups": len(parts),
        "ad_m": list(deviation.values()),
        "ad": list(deviation.values()),
    }
    if case.says(r"average deviation") and not case.says(r"wg"):
        return summary(deviation) | figures
    null = null_of(case)

    def one(part: NDArray[np.intp]) -> float:
        variance = float(answers[part].var(axis=0, ddof=1).mean())
        return float(rwg(variance, null) if len(names) == 1 else rwg_j(variance, len(names), null))

    found = per_group(parts, one)
    high = float(np.mean([value >= 0.7 for value in found.values()]))
    return summary(found) | figures | {"rwg": list(found.values()), "rwg_j": list(found.values()), "share_70": high}


def _deviation(answers: Floats) -> float:
    """AD_M of one group from its histograms: how often each category was chosen, item by item."""
    categories = np.unique(answers)
    return average_deviation(np.array([(item[:, None] == categories).sum(axis=0) for item in answers.T]), categories)


def moments_for_shrinkage(case: Case) -> tuple[list[str], Floats, Floats]:
    """Labels, means and sampling variances: given as lists, or made from the answers of groups.

    Words with "pooled" (or a random-intercept model, whose groups share one variance) take the pooled variance within.
    """
    given = case.inputs.get("y", case.inputs.get("yi"))
    if given is not None and not isinstance(given, str) and not isinstance(given[0], str):
        variances = next((case.inputs[k] for k in ("v", "vi", "sampling_variance", "variances") if k in case.inputs), 0)
        if isinstance(variances, int | float) and not variances:
            variances = np.square(np.asarray(case.inputs["se"], dtype=np.float64))
        return [str(i) for i in range(1, len(given) + 1)], np.asarray(given, float), np.asarray(variances, float)
    if "group" not in case.inputs:
        names = [case.names(k)[0] for k in ("y", "yi", "v", "vi", "sampling_variance") if k in case.inputs]
        rows = case.rows(*names)
        return [str(i) for i in range(1, len(rows) + 1)], column(rows, names[0]), column(rows, names[1])
    y, parts = answers_of(case)
    n = np.array([float(rows.size) for rows in parts.values()])
    own = np.array([float(y[rows].var(ddof=1)) if rows.size > 1 else np.nan for rows in parts.values()])
    rule = str(case.inputs.get("sampling_variance", ""))
    if "pool" in rule or case.says("random.intercept") or bool(np.isnan(own).any()):
        own = np.full(n.size, float(np.nansum(own * (n - 1)) / (n - 1).sum()))
    return list(parts), np.array([y[rows].mean() for rows in parts.values()]), own / n


METHODS: dict[str, Method] = {"DL": "dersimonian-laird", "PM": "paule-mandel", "REML": "reml"}
WORDS = {"DL": r"DerSimonian|\bDL\b", "PM": r"Paule|\bPM\b", "REML": r"\bREML\b|restricted"}


def shrinkage(case: Case) -> Figures:
    """Empirical-Bayes levels of groups with known sampling variances, under the estimator that the words name."""
    labels, y, v = moments_for_shrinkage(case)
    named = [code for code, words in WORDS.items() if case.says(words)] or ["PM"]
    found = shrink(y, v, method=METHODS[named[0]])
    shrunk = dict(zip(labels, (float(value) for value in found.estimates), strict=True))
    tau2 = {code: between_variance(y, v, method) for code, method in METHODS.items()}
    if re.search("metafor", str(case.raw.get("source", "")), re.IGNORECASE):
        # Its search for this root stops early, and so the printed digits are known by the same early stop only.
        tau2["PM"] = between_variance(y, v, METHODS["PM"], tolerance=METAFOR_TOLERANCE)
    figures: Figures = {
        "mu": found.mu,
        "se_mu": found.se_mu,
        "tau2": tau2[named[0]],
        "tau": tau2[named[0]] ** 0.5,
        "Q": found.q,
        "weights": [float(weight) for weight in found.weights],
        "tau2_dl": tau2["DL"],
        "tau2_dersimonian_laird": tau2["DL"],
        "tau2_pm": tau2["PM"],
        "tau2_paule_mandel": tau2["PM"],
        "tau2_reml": tau2["REML"],
        "i2": max(0.0, 1 - (y.size - 1) / found.q),
    }
    return figures | picked(case, "shrunk", shrunk) | picked(case, "eb", shrunk)


def random_intercept(case: Case) -> Figures:
    """A random-intercept model by our route: within variance declared (pooled), between variance by REML from means."""
    labels, y, v = moments_for_shrinkage(case)
    found = shrink(y, v, method="reml")
    effects = {label: float(value) - found.mu for label, value in zip(labels, found.estimates, strict=True)}
    _, parts = answers_of(case)
    within = float(v[0] * next(iter(parts.values())).size)
    figures: Figures = {
        "intercept": found.mu,
        "se_intercept": found.se_mu,
        "var_between": found.tau2,
        "var_within": within,
        "sd_residual": within**0.5,
        "sd_between": found.tau2**0.5,
        f"sd_{case.names('group')[0].lower()}": found.tau2**0.5,
        "sd_of_blups": float(np.std(list(effects.values()), ddof=1)),
        "icc": found.tau2 / (found.tau2 + within),
    }
    return figures | picked(case, "blups?", effects)


def driver_shares(case: Case) -> Figures:
    """General dominance, first and last of each regressor."""
    outcome, names = case.names("y")[0], case.names("x")
    rows = case.rows(outcome, *names)
    y, x = column(rows, outcome), matrix(rows, names)
    try:
        found = dominance(y, x, names)
    except ValueError as refusal:
        raise NotOffered(f"The product refuses it: {refusal}.") from refusal
    johnson = relative_weights(y, x, names)
    return {
        "lmg": found.general,
        "general": found.general,
        "general_dominance": found.general,
        "shapley": found.general,
        "lmg_rescaled": {name: value / found.r2 for name, value in found.general.items()},
        "first": found.first,
        "last": found.last,
        "r2": found.r2,
        "johnson": johnson,
        "relative_weights": johnson,
        "genizi": johnson,
    }


def local_level(case: Case) -> Figures:
    """Local level by maximum likelihood; ``smoothed_<label>`` names a row by any other column of the data."""
    name = case.names("y")[0]
    rows = case.rows(name)
    found = fit_local_level(column(rows, name))
    figures: Figures = {
        "var_level": found.var_level,
        "var_irregular": found.var_irregular,
        "var_observation": found.var_irregular,
        "signal": found.signal,
        "smoothed": list(found.smoothed),
    }
    for asked in case.expected:
        match = re.fullmatch(r"smoothed_(.+)", asked)
        if match:
            figures[asked] = found.smoothed[_row_named(rows, match.group(1), name)]
    return figures


def _row_named(rows: Sequence[Row], label: str, values: str) -> int:
    for other in rows[0]:
        found = [i for i, row in enumerate(rows) if row[other].strip() == label]
        if other != values and len(found) == 1 and not is_missing(label):
            return found[0]
    if label.isdigit() and 1 <= int(label) <= len(rows):
        return int(label) - 1
    raise ValueError(f"no row is named {label}")
