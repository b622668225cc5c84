"""Says what the declared moments and team means of a window tell of its scales: reliability, agreement, companions.

Everything here is about the whole organisation and never about a team; nothing is made of answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from reports.services.analysis_data import OUTCOMES, Window
from reports.services.analysis_sets import SetTable, set_values
from reports.stats.agreement import SLIGHT_SKEW_5, anova_icc, mean_reliability, rwg_j, uniform_null
from reports.stats.drivers import MAX_NAMES, DriverFit, find_drivers
from reports.stats.estimate import PRIOR_SCALE_VARIANCE
from reports.stats.reliability import LEAST_ITEMS_OMEGA, cronbach, omega
from reports.stats.results import Estimand, Interval
from reports.stats.verdicts import judge_drivers
from surveys.instruments.schema import Instrument

CATEGORIES = 5
AGREEMENT_FROM = 100
"""Answers from which the agreement inside teams is told."""

_DIGITS = 6
_LEAST_GROUPS = 2

Plain = dict[str, object]


def reliability_of(window: Window, scale: str) -> Plain | None:
    """Return alpha and omega of a scale from the latest wave of the window that declares its covariances, or None."""
    for place in range(len(window.waves) - 1, -1, -1):
        wave, instrument = window.waves[place], window.instruments[place]
        items = _items(instrument, scale)
        found = _matrix(window, wave.slug, items)
        if found is not None:
            matrix, answers = found
            return _reliability(matrix, answers, groups=len(wave.crowds)) | {"wave": wave.slug}
    return None


def agreement_of(window: Window, scale: str) -> Plain | None:
    """Return how far teams differ on a scale in the last wave and how far their members agree, or None.

    None where no variance is declared yet, or fewer than two crowds have a value.
    """
    declared = window.variances.get(window.last.slug, {})
    row, cells = window.measures.index(scale), window.cells[-1]
    held = np.flatnonzero(cells.low[row] > 0)
    if scale not in declared or held.size < _LEAST_GROUPS:
        return None
    within, answers = declared[scale]
    size = (cells.low[row, held] + cells.high[row, held]) / 2
    icc = anova_icc(cells.value[row, held], size, within, rounding=cells.rounding[row, held])
    made: Plain = {
        "estimand": Estimand.THIS_WAVE.value,
        "wave": window.last.slug,
        "groups": icc.groups,
        "within_variance": within,
        "icc1": _round(icc.icc1),
        "icc2": _round(icc.icc2) if np.isfinite(icc.icc2) else None,
        "chance_share": _round(icc.chance_share),
        "of_eight": _round(float(mean_reliability(icc.icc1, 8.0))),
    }
    items = _items(window.instrument, scale)
    if answers >= AGREEMENT_FROM and all(item in declared for item in items):
        spread = float(np.mean([declared[item][0] for item in items]))
        made["agreement"] = _round(float(rwg_j(spread, len(items), uniform_null(CATEGORIES))))
        made["agreement_skewed"] = _round(float(rwg_j(spread, len(items), SLIGHT_SKEW_5)))
    return made


def companions(window: Window, table: SetTable) -> Plain:
    """Return which scales go together with the overall one over teams, or why that cannot be told."""
    outcome, others = _chosen(window)
    if outcome is None:
        return {"reason": "no_outcome"}
    names = (outcome, *others)
    if len(names) <= _LEAST_GROUPS:
        return {"reason": "too_few_scales", "outcome": outcome}
    pooled = np.flatnonzero(table.pooled)
    shape = (pooled.size, len(window.waves), len(names))
    values, noise, present = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=np.bool_)
    for place, name in enumerate(names):
        own = set_values(window, table, name)
        declared = window.variance(name)
        variance = PRIOR_SCALE_VARIANCE if declared is None else declared[0]
        held = own.present[pooled]
        values[:, :, place], present[:, :, place] = own.value[pooled], held
        noise[:, :, place] = np.where(held, variance / np.maximum(own.n[pooled], 1.0) + own.rounding[pooled], 0.0)
    try:
        fitted = find_drivers(values, present, outcome, names, noise=noise)
    except ValueError:  # a scale on which no two teams differ
        return {"reason": "no_differences", "outcome": outcome}
    if not isinstance(fitted, DriverFit):
        return {"reason": "too_few_teams", "outcome": outcome, "teams": fitted.teams, "needed": fitted.needed}
    return _companions(fitted)


def _companions(fitted: DriverFit) -> Plain:
    verdicts = judge_drivers(fitted)
    return {
        "estimand": fitted.estimand.value,
        "outcome": fitted.outcome,
        "teams": fitted.teams,
        "waves": fitted.waves,
        "rows": fitted.rows,
        "draws": fitted.draws,
        "seed": fitted.seed,
        "r2": _interval(fitted.r2),
        "noise_share": None if fitted.noise_share is None else _round(fitted.noise_share),
        "scales": [
            {
                "scale": driver.name,
                "verdict": verdicts[driver.name].value,
                "share": _interval(driver.share),
                "relative_weight": _round(driver.relative_weight),
                "correlation": _interval(driver.correlation),
                "noise_share": None if driver.noise_share is None else _round(driver.noise_share),
            }
            for driver in fitted.drivers
        ],
    }


def _chosen(window: Window) -> tuple[str | None, tuple[str, ...]]:
    """Return the outcome scale and those asked beside it most often; no two of them share a question.

    Scales that share one would go together by it. A scale that is asked in other waves than the rest would leave no
    wave in which all were asked: half of the waves of the scale asked most often with the outcome have to stay.
    """
    items = {scale.code: frozenset(scale.items) for instrument in window.instruments for scale in instrument.scales}
    outcome = next((code for code in OUTCOMES if code in window.measures), None)
    if outcome is None:
        return None, ()
    asked = [frozenset(scale.code for scale in instrument.scales) for instrument in window.instruments]
    common = [codes for codes in asked if outcome in codes]
    taken = set(items[outcome])
    counted = {code: sum(code in codes for codes in common) for code in window.scales if code != outcome}
    others: list[str] = []
    for code in sorted(counted, key=lambda each: -counted[each]):
        left = [codes for codes in common if code in codes]
        if len(others) < MAX_NAMES and taken.isdisjoint(items[code]) and 2 * len(left) >= max(1, *counted.values()):
            common = left
            taken |= items[code]
            others.append(code)
    return outcome, tuple(others)


def _matrix(window: Window, wave: str, items: Sequence[str]) -> tuple[list[list[float]], int] | None:
    variances, pairs = window.variances.get(wave, {}), window.covariances.get(wave, {})
    if len(items) < _LEAST_GROUPS:
        return None
    matrix, answers = [[0.0] * len(items) for _ in items], []
    for a, one in enumerate(items):
        for b, other in enumerate(items):
            found = variances.get(one) if one == other else pairs.get((min(one, other), max(one, other)))
            if found is None:
                return None
            matrix[a][b] = found[0]
            answers.append(found[1])
    return matrix, min(answers)


def _reliability(matrix: list[list[float]], answers: int, *, groups: int) -> Plain:
    found = cronbach(matrix, max(2, answers - groups + 1))
    made: Plain = {
        "items": found.items,
        "answers_from": answers,
        "alpha": {"estimate": _round(found.alpha), "low": _round(found.low), "high": _round(found.high)},
        "average_r": _round(found.average_r),
        "omega": None,
    }
    if found.items >= LEAST_ITEMS_OMEGA:
        factor = omega(matrix)
        made["omega"] = None if factor.is_boundary else _round(factor.omega)
    return made


def _items(instrument: Instrument, scale: str) -> Sequence[str]:
    return next((each.items for each in instrument.scales if each.code == scale), ())


def _interval(interval: Interval) -> Mapping[str, float]:
    return {"estimate": _round(interval.estimate), "low": _round(interval.low), "high": _round(interval.high)}


def _round(value: float) -> float:
    return round(float(value), _DIGITS)
