"""Computes the figures of reference cases about panels: fixed effects with CR2 errors, clustered by unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reports.stats.fixed_effects import cr2
from tests.support.reference_cases import Case, Floats, NotOffered, Row, column, matrix

Figures = dict[str, Any]


def clustered(case: Case) -> Figures:
    """Least squares with dummies for every effect, CR2 standard errors, Satterthwaite df; CR1 beside it."""
    y, x = case.names("y")[0], case.names("x")
    effects = case.names("fe") if "fe" in case.inputs else []
    cluster = next((case.names(key)[0] for key in ("cluster", "clusters", "group") if key in case.inputs), "")
    if not cluster:
        raise NotOffered("Whose rows belong together is not said.")
    weights = case.names("weights") if "weights" in case.inputs else []
    rows = case.rows(y, *x, *effects, cluster, *weights)
    design = _design(matrix(rows, x), rows, effects)
    found = cr2(
        column(rows, y),
        design,
        [row[cluster] for row in rows],
        weights=column(rows, weights[0]) if weights else None,
    )
    # Without effects there is an intercept in front, which some programs list and some do not.
    is_listed = len(case.expected.get("coef", ())) > len(x)
    kept = slice(0, len(x)) if effects else slice(0 if is_listed else 1, None)
    return {
        "coef": found.coef[kept].tolist(),
        "se_cr2": found.se[kept].tolist(),
        "se": found.se[kept].tolist(),
        "df": found.df[kept].tolist(),
        "df_satterthwaite": found.df[kept].tolist(),
        "t": (found.coef / found.se)[kept].tolist(),
        "p": found.p[kept].tolist(),
        "p_cr2": found.p[kept].tolist(),
        "se_cr1": found.cr1[kept].tolist(),
        "clusters": float(found.clusters),
        "n": float(len(rows)),
    }


def _design(x: Floats, rows: Sequence[Row], effects: Sequence[str]) -> Floats:
    """The regressors with dummies behind them; all levels of the first effect stand for the intercept."""
    if not effects:
        return np.column_stack([np.ones(len(rows)), x])
    parts = [x]
    for place, effect in enumerate(effects):
        levels = sorted({row[effect] for row in rows})
        dummies = np.array([[row[effect] == level for level in levels] for row in rows], dtype=np.float64)
        parts.append(dummies if place == 0 else dummies[:, 1:])
    return np.column_stack(parts)
