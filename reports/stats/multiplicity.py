"""p values of a family of tests in, adjusted p values and the selected tests out.

Formulas: Benjamini & Hochberg 1995 (JRSS B 57:289), Holm 1979, Benjamini & Yekutieli 2001, Simes 1986 (Biometrika
73:751), Benjamini & Bogomolov 2014 (JRSS B 76:297). Checked against R ``p.adjust`` (reference case bh1995).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from reports.stats.results import Floats

# The share of false findings among the findings that a report accepts on average.
FALSE_DISCOVERY_RATE = 0.10
U = TypeVar("U", bound=Hashable)
M = TypeVar("M", bound=Hashable)


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One measure of one unit: ``p_adjusted`` is the smallest rate q at which it is selected, ``selected`` at ours."""

    selected: bool
    p_adjusted: float


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


def simes(p: ArrayLike) -> float:
    """One p value for "nothing at all changed here": the smallest m p_(i) / i over the m sorted values, shape (m,).

    Valid for independent and positively dependent tests (Simes 1986; Sarkar & Chang 1997). It is the smallest value
    that :func:`benjamini_hochberg` gives. Raises ValueError for an empty family.
    """
    adjusted = benjamini_hochberg(p)
    if not adjusted.size:
        raise ValueError("a family without tests has no p value")
    return float(adjusted.min())


def hierarchical(
    families: Mapping[U, Mapping[M, float]], q: float = FALSE_DISCOVERY_RATE
) -> dict[U, dict[M, Decision]]:
    """Select units, then measures inside the selected units; keys keep their order, units without tests stay empty.

    A unit is selected where its Simes p value is rejected by Benjamini-Hochberg at ``q`` over all m units with tests;
    with R units selected, a measure is selected inside its unit by Benjamini-Hochberg at q R / m. A selected unit has
    at least one selected measure.

    What is controlled at ``q``, for tests that are independent or positively dependent inside a unit and for
    independent units: (1) the expected share of units without any change among the selected units; (2) the expected
    mean, over the selected units, of the share of false measures among the unit's selected ones (0 where no unit is
    selected; Benjamini & Bogomolov 2014, theorem 1). The share of false measures among all selected measures pooled is
    not covered by the theorem; docs/decisions/0032 has what simulation gave. Raises ValueError for values outside 0
    to 1.
    """
    units = [unit for unit, tests in families.items() if tests]
    found: dict[U, dict[M, Decision]] = {unit: {} for unit in families}
    if not units:
        return found
    sizes = np.array([len(families[unit]) for unit in units])
    flat = _family([p for unit in units for p in families[unit].values()])
    held = np.arange(sizes.max()) < sizes[:, None]
    table = np.full(held.shape, np.inf)
    table[held] = flat
    rates = iter(_smallest_rates(_adjust_rows(table, sizes))[held].tolist())
    for unit in units:
        for measure in families[unit]:
            rate = next(rates)
            found[unit][measure] = Decision(selected=rate <= q, p_adjusted=rate)
    return found


def _adjust_rows(table: Floats, sizes: NDArray[np.int64]) -> Floats:
    """Benjamini-Hochberg in every row; (g, k), infinite beyond a row's size, to (g, k)."""
    order = np.argsort(table, axis=1, kind="stable")
    steps = np.take_along_axis(table, order, axis=1) * (sizes[:, None] / np.arange(1, table.shape[1] + 1))
    lowest = np.minimum.accumulate(steps[:, ::-1], axis=1)[:, ::-1]
    adjusted = np.empty_like(table)
    np.put_along_axis(adjusted, order, lowest, axis=1)
    return adjusted


def _smallest_rates(adjusted: Floats) -> Floats:
    """The smallest q that selects each measure, from the values adjusted inside units; (g, k) to (g, k).

    At q the units with the j smallest Simes values are in where S_(j) <= q j / g, and a measure needs an adjusted value
    a <= q j / g for such a j. So q is the least g max(S_(j), a) / j over all j; a measure's own unit is then in, since
    its S is at most a.
    """
    units = adjusted.shape[0]
    ranked = np.sort(adjusted.min(axis=1))
    places = np.arange(1, units + 1)
    ahead = np.append(np.minimum.accumulate((ranked * (units / places))[::-1])[::-1], np.inf)
    below = np.searchsorted(ranked, adjusted, side="right")
    rates: Floats = np.minimum(np.minimum(adjusted * (units / np.maximum(below, 1)), ahead[below]), 1.0)
    return rates
