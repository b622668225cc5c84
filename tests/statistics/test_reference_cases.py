"""Compares the statistics with figures that nobody on the project wrote.

Reads every case file named in BAROGRAPH_REFERENCE_CASES (colon-separated; by default ../shared/reference/cases.json
beside the repository). A case is matched to our function by its statistic and its inputs, never by its id. Run as a
program it prints a table of all cases: `python -m tests.statistics.test_reference_cases` from the repository.
"""

from __future__ import annotations

import csv
import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import optimize, stats

from reports.stats.estimate import sample_mean, share_margin, weighted_mean, wilson
from reports.stats.gls import fit_gls
from reports.stats.moderation import squeeze_variances
from reports.stats.multiplicity import benjamini_hochberg, benjamini_yekutieli, holm
from reports.stats.results import TooEarly, TrendFit
from reports.stats.trend import Series, fit
from reports.stats.verdicts import Verdict, judge

DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "reference" / "cases.json"
Rows = Sequence[Mapping[str, str]]
Figures = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One reference case and where its data file would be."""

    raw: Mapping[str, Any]
    folder: Path

    @property
    def inputs(self) -> Mapping[str, Any]:
        return self.raw["inputs"]

    def rows(self) -> Rows:
        if self.raw.get("data") is None:
            return []
        with (self.folder / self.raw["data"]).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))


def read_cases() -> Iterator[Case]:
    named = os.environ.get("BAROGRAPH_REFERENCE_CASES")
    for path in [Path(p) for p in named.split(":") if p] if named else [DEFAULT]:
        # A file that was named must exist; only the default may be absent.
        if named or path.is_file():
            yield from (Case(raw, path.parent) for raw in json.loads(path.read_text(encoding="utf-8"))["cases"])


def column(rows: Rows, name: str) -> NDArray[np.float64]:
    return np.array([float(row[name]) for row in rows])


def regression(inputs: Mapping[str, Any], rows: Rows) -> Figures:
    names = [inputs["x"]] if isinstance(inputs["x"], str) else inputs["x"]
    y = column(rows, inputs["y"])
    fitted = fit_gls(y, np.column_stack([np.ones(y.size), *(column(rows, n) for n in names)]))
    rss, total = fitted.sigma**2 * fitted.df, float(np.sum(np.square(y - y.mean())))
    figures: Figures = {"intercept": fitted.coef[0], "resid_sd": fitted.sigma, "r2": 1 - rss / total}
    if len(names) == 1:
        figures |= {"slope": fitted.coef[1], "se_intercept": fitted.se[0], "se_slope": fitted.se[1]}
        return figures | {"f": (total - rss) / fitted.sigma**2}
    return figures | {"coef": fitted.coef[1:].tolist(), "se": fitted.se[1:].tolist()}


def ar1_trend(inputs: Mapping[str, Any], rows: Rows) -> Figures:
    y = column(rows, inputs["y"])
    time = np.arange(1.0, y.size + 1)
    design, distance = np.column_stack([np.ones(y.size), time]), np.abs(time[:, None] - time)

    def best(name: str) -> float:
        found = optimize.minimize_scalar(
            lambda phi: -getattr(fit_gls(y, design, phi**distance), name),
            bounds=(0, 0.999),
            method="bounded",
            options={"xatol": 1e-9},
        )
        return float(found.x)

    reml, ml = best("reml_loglik"), best("loglik")
    by_reml, by_ml = fit_gls(y, design, reml**distance), fit_gls(y, design, ml**distance)
    t = by_reml.coef[1] / by_reml.se[1]
    return {
        "reml": {
            "slope": by_reml.coef[1],
            "se": by_reml.se[1],
            "t": t,
            "p": 2 * stats.t.sf(abs(t), by_reml.df),
            "phi": reml,
            "sigma": by_reml.sigma,
            "loglik": by_reml.reml_loglik,
        },
        "ml": {"slope": by_ml.coef[1], "phi": ml, "loglik": by_ml.loglik},
    }


def moderated(inputs: Mapping[str, Any], rows: Rows) -> Figures:
    found = squeeze_variances(inputs["s2"], inputs["df"])
    return {
        "prior_df": found.prior_df[0],
        "prior_variance": found.prior_variance[0],
        "posterior": found.posterior[:, 0].tolist(),
    }


def adjusted(inputs: Mapping[str, Any], rows: Rows) -> Figures:
    p = inputs["p"]
    by_bh = benjamini_hochberg(p)
    return {
        "bh": by_bh.tolist(),
        "holm": holm(p).tolist(),
        "by": benjamini_yekutieli(p).tolist(),
        "rejected_bh": int((by_bh <= 0.05).sum()),
        "rejected_bonferroni": sum(x * len(p) <= 0.05 for x in p),
    }


def finite_mean(inputs: Mapping[str, Any], rows: Rows) -> Figures:
    y = column(rows, inputs["y"])
    mean, with_fpc = sample_mean(y, inputs["N"])
    return {"mean": mean, "se_fpc": with_fpc, "se_without": sample_mean(y)[1]}


def margins(inputs: Mapping[str, Any], rows: Rows) -> Figures:
    triples = zip(inputs["percent"], inputs["responses"], inputs["headcount"], strict=True)
    return {"margin_points": [round(100 * share_margin(p / 100, n, size)) for p, n, size in triples]}


def wilson_intervals(inputs: Mapping[str, Any], rows: Rows) -> Figures:
    found = [wilson(x, n) for x, n in zip(inputs["x"], inputs["n"], strict=True)]
    return {"low": [i.low for i in found], "high": [i.high for i in found]}


def weighted_by_year(inputs: Mapping[str, Any], rows: Rows) -> Figures:
    value, weight = inputs["value"], inputs["weight"]
    full = [r for r in rows if _number(r[value]) is not None and _number(r[weight])]
    means = {}
    for year in sorted({r["year"] for r in full}):
        part = [r for r in full if r["year"] == year]
        means[year] = weighted_mean(column(part, value), column(part, weight))
    return {"own_weighted": means, "published_official": means}


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def published_series(inputs: Mapping[str, Any], rows: Rows) -> Figures:
    row = next(r for r in rows if r["Measure"] == inputs["measure"])
    return {"series": [float(v) for name, v in row.items() if name.isdigit()]}


@dataclass(frozen=True)
class Offer:
    """A statistic that the product computes: words of its description, inputs it needs, the function."""

    words: str
    needs: frozenset[str]
    compute: Callable[[Mapping[str, Any], Rows], Figures]

    def fits(self, case: Case) -> bool:
        described = re.search(self.words, case.raw["statistic"], re.IGNORECASE) is not None
        return described and self.needs <= set(case.inputs)


OFFERS = (
    Offer(r"^(simple linear|multiple) regression", frozenset({"y", "x"}), regression),
    Offer(r"^linear trend .*AR\(1\) errors by REML", frozenset({"y"}), ar1_trend),
    Offer(r"moderated variances", frozenset({"s2", "df"}), moderated),
    Offer(r"Benjamini-Hochberg", frozenset({"p"}), adjusted),
    Offer(r"mean and SE .*finite population correction", frozenset({"y", "N"}), finite_mean),
    Offer(r"margin of error .*finite population", frozenset({"headcount", "responses", "percent"}), margins),
    Offer(r"Wilson score interval without", frozenset({"x", "n"}), wilson_intervals),
    Offer(r"respondent-weighted mean .*by year", frozenset({"value", "weight"}), weighted_by_year),
    Offer(r"published .*index .*by year", frozenset({"measure"}), published_series),
)


def find_offer(case: Case) -> Offer | None:
    return next((offer for offer in OFFERS if offer.fits(case)), None)


def flatten(value: Any, path: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from flatten(part, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for i, part in enumerate(value):
            yield from flatten(part, f"{path}[{i}]")
    else:
        yield path, float(value)


def differences(case: Case, figures: Figures) -> list[str]:
    """What differs by more than the tolerance, and every expected figure that was not computed."""
    tolerance = case.raw["tolerance"]
    found = dict(flatten(figures))
    faults = []
    for name, expected in flatten(case.raw["expected"]):
        allowed = tolerance["value"]
        if tolerance["kind"] == "relative" and expected != 0:
            allowed *= abs(expected)
        if name not in found or not math.fabs(found[name] - expected) <= allowed:
            faults.append(f"{name}: {found.get(name, 'not computed')} instead of {expected}")
    return faults


CASES = list(read_cases())


@pytest.mark.shared
@pytest.mark.skipif(not CASES, reason="no reference cases beside the repository")
@pytest.mark.parametrize("case", CASES, ids=[str(c.raw["id"]) for c in CASES])
def test_our_figure_is_the_published_one(case: Case) -> None:
    offer = find_offer(case)
    if offer is None:
        pytest.skip(f"not offered: {case.raw['statistic']}")
    assert differences(case, offer.compute(case.inputs, case.rows())) == []


@pytest.mark.shared
def test_a_wrong_figure_is_found() -> None:
    case = next((c for c in CASES if find_offer(c) is not None and c.raw.get("data") is None), None)
    if case is None:
        pytest.skip("no reference cases beside the repository")
    offer = find_offer(case)
    assert offer is not None
    spoiled = {k: np.asarray(v, dtype=float) * 2 + 1 for k, v in offer.compute(case.inputs, []).items()}
    assert differences(case, {k: v.tolist() for k, v in spoiled.items()})


def engagement_trend(values: Sequence[float]) -> TrendFit:
    """The yearly index as one series on 1 to 5, some 300,000 answers a year, printed to whole points."""
    t = np.arange(float(len(values)))
    size = np.full(t.size, 3e5)
    row = Series(
        key="all", days=365.25 * t, values=1 + 4 * np.array(values), n=size, rounding_step=np.full(t.size, 0.04)
    )
    return fit([row])


@pytest.mark.shared
def test_civil_service_engagement_rises_over_twelve_years_and_not_over_the_first_four() -> None:
    case = next((c for c in CASES if c.inputs.get("measure") == "EES"), None)
    if case is None:
        pytest.skip("no reference cases beside the repository")
    series = published_series(case.inputs, case.rows())["series"]
    assert judge(engagement_trend(series).results)["all"].verdict is Verdict.RISING
    assert engagement_trend(series[:4]).results["all"] == TooEarly(waves_left=1)


def main() -> None:
    for case in CASES:
        offer = find_offer(case)
        outcome = "not offered"
        if offer is not None:
            outcome = "; ".join(differences(case, offer.compute(case.inputs, case.rows()))) or "agrees"
        sys.stdout.write(f"{case.raw['id']:28} {outcome:14} {case.raw['statistic']}\n")


if __name__ == "__main__":
    main()
