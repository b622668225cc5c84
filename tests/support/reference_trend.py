"""Computes the figures of reference cases about single series: least squares, AR(1) lines, ranks, local levels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import optimize, stats

from reports.calibration.practice import ewma_run_length, mann_kendall, ols, sen_slope
from reports.stats.gls import GlsFit, fit_gls
from tests.support.reference_cases import Case, Floats, column, matrix

Figures = dict[str, Any]


def regression(case: Case) -> Figures:
    """Least squares with one or several regressors, with weights, powers of x, or through the origin.

    Without a regressor it is a trend on 1, 2, 3 and so on.
    """
    names = case.names("x") if "x" in case.inputs else []
    weights = case.names("weights") if "weights" in case.inputs else []
    rows = case.rows(case.names("y")[0], *names, *weights)
    y = column(rows, case.names("y")[0])
    x = matrix(rows, names) if names else np.arange(1.0, y.size + 1)[:, None]
    degree = int(case.number("degree", "order", default=1))
    x = np.column_stack([x**power for power in range(1, degree + 1)])
    is_through_origin = case.says(r"without (an )?intercept|no intercept|through the origin")
    design = x if is_through_origin else np.column_stack([np.ones(y.size), x])
    fitted = fit_gls(y, design, np.diag(1 / column(rows, weights[0])) if weights else None)
    total = float(np.sum(np.square(y if is_through_origin else y - y.mean())))
    return _least_squares(case, fitted, total, free=not is_through_origin, has_weights=bool(weights))


def _least_squares(case: Case, fitted: GlsFit, total: float, *, free: bool, has_weights: bool) -> Figures:
    start = 1 if free else 0
    # Some programs list the intercept among the coefficients, some beside them.
    kept = 0 if len(case.expected.get("coef", ())) == fitted.coef.size else start
    t = fitted.coef / fitted.se
    p = 2 * stats.t.sf(np.abs(t), fitted.df)
    figures: Figures = {
        "coef": fitted.coef[kept:].tolist(),
        "se": fitted.se[kept:].tolist(),
        "t": t[kept:].tolist(),
        "p": p[kept:].tolist(),
        "resid_sd": fitted.sigma,
        "df": fitted.df,
        "loglik": fitted.loglik,
        "slope": float(fitted.coef[start]),
        "se_slope": float(fitted.se[start]),
        "p_slope": float(p[start]),
        "t_slope": float(t[start]),
    }
    if free:
        figures |= {"intercept": float(fitted.coef[0]), "se_intercept": float(fitted.se[0])}
    if not has_weights:
        rss, regressors = fitted.sigma**2 * fitted.df, fitted.coef.size - start
        r2 = 1 - rss / total
        f = (total - rss) / regressors / fitted.sigma**2
        figures |= {"r2": r2, "f": f, "rss": rss, "adj_r2": 1 - (1 - r2) * (fitted.df + regressors) / fitted.df}
    return figures


def ar1_line(case: Case) -> Figures:
    """Straight line with AR(1) errors: phi by the best restricted and by the best full likelihood of our fit."""
    y, x = series(case)
    distance = np.abs(x[:, None] - x)
    is_even = bool(np.allclose(distance, np.round(distance)))
    design = np.column_stack([np.ones(y.size), x])

    def best(likelihood: Callable[[GlsFit], float]) -> tuple[float, GlsFit]:
        def loss(phi: float) -> float:
            return -likelihood(fit_gls(y, design, phi**distance))

        # A negative phi has a meaning for whole distances only.
        grid = np.linspace(-0.95 if is_even else 0.0, 0.99, 40)
        nearest = float(min(grid, key=loss))
        found = optimize.minimize_scalar(
            loss,
            bounds=(max(grid[0], nearest - 0.06), min(0.9999, nearest + 0.06)),
            method="bounded",
            options={"xatol": 1e-9},
        )
        return float(found.x), fit_gls(y, design, float(found.x) ** distance)

    both = {
        "reml": _ar1_figures(*best(lambda fitted: fitted.reml_loglik), likelihood="reml_loglik"),
        "ml": _ar1_figures(*best(lambda fitted: fitted.loglik), likelihood="loglik"),
    }
    if {"reml", "ml"} & set(case.expected):
        return both
    return both["ml" if case.says(r"\bML\b|maximum likelihood") and not case.says("REML|restricted") else "reml"]


def _ar1_figures(phi: float, fitted: GlsFit, *, likelihood: str) -> Figures:
    t = float(fitted.coef[1] / fitted.se[1])
    df = fitted.df
    return {
        "intercept": float(fitted.coef[0]),
        "slope": float(fitted.coef[1]),
        "se": float(fitted.se[1]),
        "se_slope": float(fitted.se[1]),
        "se_intercept": float(fitted.se[0]),
        "t": t,
        "p": float(2 * stats.t.sf(abs(t), df)),
        "phi": phi,
        "sigma": fitted.sigma,
        "loglik": getattr(fitted, likelihood),
    }


def series(case: Case) -> tuple[Floats, Floats]:
    """The values and their times; without a column of times they are 1, 2, 3 and so on."""
    time = next((case.inputs[key] for key in ("x", "time", "t", "date") if isinstance(case.inputs.get(key), str)), None)
    given = case.inputs["y"]
    if not isinstance(given, str):
        y = np.asarray(given, dtype=np.float64)
        times = next((case.inputs[key] for key in ("x", "time", "t") if key in case.inputs), None)
        return y, np.arange(1.0, y.size + 1) if times is None else np.asarray(times, dtype=np.float64)
    rows = case.rows(given, *([time] if time else []))
    y = column(rows, given)
    return y, column(rows, time) if time else np.arange(1.0, y.size + 1)


def rank_trend(case: Case) -> Figures:
    """Mann-Kendall, Sen slope, its interval and the intercept, as the usual practice has them."""
    y, x = series(case)
    test, line = mann_kendall(y, x), sen_slope(y, x, level=case.level())
    least = ols(y, x, level=case.level())
    tau_b = float(test.tau_b[0])
    slope, low, high = (float(part[0]) for part in (line.slope, line.low, line.high))
    return {
        "S": float(test.s[0]),
        "var_S": float(test.variance[0]),
        "sd_S": float(np.sqrt(test.variance[0])),
        "z": float(test.z[0]),
        "p": float(test.p[0]),
        "tau_a": float(test.tau_a[0]),
        "tau_b": tau_b,
        "tau": float(test.tau_a[0]) if case.says(r"tau-?a\b") else tau_b,
        "n": float(y.size),
        "slope": slope,
        "sen_slope": slope,
        "theil_sen": slope,
        "intercept": float(line.intercept[0]),
        "low": low,
        "high": high,
        "slope_low": low,
        "slope_high": high,
        "ols_slope": float(least.slope[0]),
        "ols_p": float(least.p[0]),
    }


def ewma_lengths(case: Case) -> Figures:
    """Average run lengths for each design and shift."""
    weight = case.numbers("lam" if "lam" in case.inputs else "lambda")
    limit = case.numbers("L" if "L" in case.inputs else "limit")
    key = next((name for name in ("shift_sd", "shift", "mu", "delta") if name in case.inputs), None)
    shift = case.numbers(key) if key else np.zeros(1)
    designs = np.broadcast_arrays(weight, limit, shift)
    lengths = [ewma_run_length(float(w), float(edge), shift=float(s)) for w, edge, s in zip(*designs, strict=True)]
    return {"arl": lengths, "arl0": lengths, "average_run_length": lengths}
