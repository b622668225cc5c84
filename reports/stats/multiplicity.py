"""p values of a family of tests in, adjusted p values out.

Formulas: Benjamini & Hochberg 1995 (JRSS B 57:289), Holm 1979, Benjamini & Yekutieli 2001. Checked against R
``p.adjust`` (reference case bh1995).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from reports.stats.results import Floats


def _family(p: ArrayLike) -> Floats:
    values = np.asarray(p, dtype=np.float64)
    if values.ndim != 1 or bool(np.any(~((values >= 0) & (values <= 1)))):
        raise ValueError("a family is a flat list of p values between 0 and 1")
    return values


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """Adjusted p values that control the false discovery rate; shape (m,) to shape (m,), an empty family is empty.

    Rejecting where the adjusted value is at most q keeps the expected share of false findings at q for independent or
    positively dependent tests. Raises ValueError for values outside 0 to 1 or missing ones.
    """
    values = _family(p)
    return np.asarray(stats.false_discovery_control(values), dtype=np.float64) if values.size else values


def benjamini_yekutieli(p: ArrayLike) -> Floats:
    """As :func:`benjamini_hochberg`, valid under any dependence; shape (m,) to shape (m,)."""
    values = _family(p)
    return np.asarray(stats.false_discovery_control(values, method="by"), dtype=np.float64) if values.size else values


def holm(p: ArrayLike) -> Floats:
    """Adjusted p values that control the chance of any false finding (Holm 1979); shape (m,) to shape (m,)."""
    values = _family(p)
    order = np.argsort(values, kind="stable")
    steps = values[order] * np.arange(values.size, 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0) if values.size else steps
    return adjusted
