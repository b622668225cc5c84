"""Computes the figures of reference cases about samples, shares, families of p values and published tables."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from scipy import stats

from reports.stats.estimate import sample_mean, share_margin, weighted_mean, wilson
from reports.stats.moderation import squeeze_variances
from reports.stats.multiplicity import benjamini_hochberg, benjamini_yekutieli, holm, simes
from tests.support.reference_cases import Case, column, groups, is_missing

Figures = dict[str, Any]


def moderated(case: Case) -> Figures:
    """Moderated variances with their prior; degrees of freedom may be one number or one per variance."""
    found = squeeze_variances(case.numbers("s2" if "s2" in case.inputs else "variances"), case.numbers("df"))
    return {
        "prior_df": float(found.prior_df[0]),
        "df_prior": float(found.prior_df[0]),
        "prior_variance": float(found.prior_variance[0]),
        "var_prior": float(found.prior_variance[0]),
        "posterior": found.posterior[:, 0].tolist(),
        "var_post": found.posterior[:, 0].tolist(),
        "posterior_df": found.df[:, 0].tolist(),
    }


def adjusted(case: Case) -> Figures:
    """Adjusted p values of one family and how many are rejected at the level of the case."""
    p = case.numbers("p")
    alpha = case.number("alpha", "q", "level", default=_alpha_in_words(case))
    by_bh, by_by, by_holm = benjamini_hochberg(p), benjamini_yekutieli(p), holm(p)
    bonferroni = np.minimum(p * p.size, 1.0)
    figures: Figures = {"simes": simes(p)}
    for name, values in (("bh", by_bh), ("by", by_by), ("holm", by_holm), ("bonferroni", bonferroni)):
        # The thresholds of the step-up rules are met with equality in printed examples; 1e-12 is for the last digit.
        figures |= {name: values.tolist(), f"rejected_{name}": int((values <= alpha + 1e-12).sum())}
    return figures | {"fdr": figures["bh"], "rejected": figures["rejected_bh"]}


def _alpha_in_words(case: Case) -> float:
    found = re.search(r"at (?:the )?(\d+(?:\.\d+)?) ?%", case.words)
    return float(found.group(1)) / 100 if found else 0.05


def finite_mean(case: Case) -> Figures:
    """Mean and standard errors of a simple random sample; N is a number, or a column that holds it in every row."""
    name = case.names("y")[0]
    given = case.inputs.get("N", case.inputs.get("population", case.inputs.get("fpc")))
    rows = case.rows(name)
    y = column(rows, name)
    size = column(rows, given)[0] if isinstance(given, str) else given
    mean, without = sample_mean(y)
    figures: Figures = {"mean": mean, "n": float(y.size), "se_without": without, "se_srs": without}
    if size is None:
        return figures | {"se": without}
    with_correction = sample_mean(y, float(size))[1]
    half = stats.t.ppf((1 + case.level()) / 2, y.size - 1) * with_correction
    return figures | {
        "se_fpc": with_correction,
        "se": with_correction,
        "fpc": (with_correction / without) ** 2,
        "low": mean - half,
        "high": mean + half,
    }


def margins(case: Case) -> Figures:
    """Margins of error of percentages, in points; without a headcount the population is endless."""
    inputs = case.inputs
    percent, answers = case.numbers("percent"), case.numbers("responses" if "responses" in inputs else "n")
    key = next((name for name in ("headcount", "N", "population") if name in inputs), None)
    sizes = case.numbers(key) if key else np.full(percent.size, math.inf)
    triples = zip(*np.broadcast_arrays(percent, answers, sizes), strict=True)
    points = [100 * share_margin(p / 100, n, size, level=case.level()) for p, n, size in triples]
    if case.says(r"round"):
        points = [float(round(point)) for point in points]
    return {"margin_points": points, "margin": points}


def wilson_intervals(case: Case) -> Figures:
    """Wilson score intervals of counts."""
    pairs = zip(*np.broadcast_arrays(case.numbers("x"), case.numbers("n")), strict=True)
    found = [wilson(float(x), float(n), level=case.level()) for x, n in pairs]
    low, high = [i.low for i in found], [i.high for i in found]
    share = [i.estimate for i in found]
    return {"low": low, "high": high, "lower": low, "upper": high, "estimate": share, "p": share, "share": share}


def weighted_by_group(case: Case) -> Figures:
    """Weighted means of one column by the groups of another, by default by year, and over all rows."""
    value, weight = case.names("value")[0], case.names("weight")[0]
    by = next((case.names(key) for key in ("by", "group", "year") if key in case.inputs), None)
    if by is None:
        by = ["year"] if "year" in case.all_rows[0] else []
    rows = [r for r in case.all_rows if not any(is_missing(r[name]) for name in (value, weight, *by))]
    rows = [r for r in rows if float(r[weight]) > 0]
    y, w = column(rows, value), column(rows, weight)
    means = {label: weighted_mean(y[part], w[part]) for label, part in groups(rows, by).items()}
    whole = weighted_mean(y, w)
    return {
        **means,
        "own_weighted": means,
        "published_official": means,
        "weighted": means,
        "mean": whole,
        "overall": whole,
    }


def published_series(case: Case) -> Figures:
    """The row of a wide table that any of its text columns names, by its columns that are years."""
    wanted = case.names("measure")[0]
    rows = [r for r in case.all_rows if wanted in r.values()]
    if len(rows) != 1:
        raise ValueError(f"{len(rows)} rows are named {wanted}")
    years = {name: float(v) for name, v in rows[0].items() if name.isdigit() and not is_missing(v)}
    return {"series": list(years.values()), **years}
