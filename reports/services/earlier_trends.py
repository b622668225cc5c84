"""Earlier results of one import in, one finding per measure out: paired changes of few waves, trends of many.

With two to four waves a trend has too few degrees of freedom: the mean change between consecutive waves over the units
present in all of them is the method, units as the sample (``reports.stats.paired``). From five waves on it is the
pooled trend (``reports.stats.trend``) of each such unit's value less the mean of them all in the same wave, so that
what all units share, a change of the questionnaire above all, is nobody's trend.

Everything is computed of values and numbers of answers as they are shown (``earlier_cells.coarse``), never of the
stored ones: a change of a unit of five, told exactly, would undo the bands in the table beside it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from reports.services.earlier_cells import EarlierMeasure, coarse
from reports.stats.estimate import PRIOR_SCALE_VARIANCE, rounding_variance
from reports.stats.paired import MIN_UNITS, PairedChange, TooFewUnits, paired_change
from reports.stats.results import Floats
from reports.stats.trend import LEAST_WAVES, Series, fit
from reports.stats.verdicts import (
    TREND_LEVEL,
    CommonVerdict,
    Judgement,
    ScatterVerdict,
    Verdict,
    judge,
    judge_common,
    judge_scatter,
)
from surveys.importers.history import EarlierCell
from surveys.importers.history_map import ValueKind

_STEPS = (1.0, 0.5, 0.1, 0.01, 0.001)
"""Steps to which tools round; the coarsest that fits all values is taken for theirs."""

_SAME = 1e-6
_ALL_WAVES = 1 << 20
"""No window: all imported waves are looked at."""


@dataclass(frozen=True, kw_only=True)
class WavePair:
    """Two consecutive waves and what changed between them."""

    before: dt.date
    after: dt.date
    change: PairedChange | TooFewUnits
    common: CommonVerdict
    scatter: ScatterVerdict


@dataclass(frozen=True, kw_only=True)
class PairedFinding:
    """The changes of the units present in all of two to four waves."""

    units: int
    others: int
    pairs: tuple[WavePair, ...]


@dataclass(frozen=True, kw_only=True)
class TrendFinding:
    """The trends of the units present in all waves, each against their mean.

    ``judgements`` are by unit, in scale points of 1 to 5; ``usual`` is how many a straight line without regard to
    moods (OLS at 5 %) would flag.
    """

    units: int
    others: int
    waves: tuple[dt.date, ...]
    judgements: Mapping[str, Judgement]
    usual: int

    @property
    def changed(self) -> tuple[str, ...]:
        """The units that rose or fell against the mean."""
        moved = {Verdict.RISING, Verdict.FALLING}
        return tuple(unit for unit, each in self.judgements.items() if each.verdict in moved)


@dataclass(frozen=True, kw_only=True)
class NoFinding:
    """Nothing can be compared: under two waves, or under three units that are present in all of them."""

    waves: int
    units: int


Finding = PairedFinding | TrendFinding | NoFinding


@dataclass(frozen=True, kw_only=True)
class Panel:
    """The units with a result in every wave, as shown; arrays are (units, waves).

    ``n`` is 0 where it is missing; ``steps`` are the widths of the steps and bands in which the values are shown, or
    the step to which the tool rounded where that is wider.
    """

    units: tuple[str, ...]
    waves: tuple[dt.date, ...]
    values: Floats
    n: Floats
    others: int
    steps: Floats


def analyse(
    measures: Iterable[tuple[EarlierMeasure, Sequence[EarlierCell]]], *, k: int, least: int
) -> dict[str, Finding]:
    """Return the finding of each measure of one import by code, in the order given.

    ``k``: smallest group of the import, ``least``: number of answers vouched for where none is known; both decide how
    coarse a value is. Two imports that are shown alike have the same findings, to the last digit.

    Common changes of all pairs of waves and measures are one family (Benjamini-Hochberg at 10 %); so are the trends of
    all units of one measure. The measures may come one after another: nothing of a measure is kept but its finding.
    """
    found: dict[str, Finding] = {}
    waiting: dict[tuple[str, int], tuple[Panel, PairedChange | TooFewUnits]] = {}
    for measure, cells in measures:
        panel = panel_of(measure, cells, k=k, least=least)
        number, units = len(panel.waves), len(panel.units)
        if number < 2 or units < MIN_UNITS:
            found[measure.code] = NoFinding(waves=number, units=units)
        elif number >= LEAST_WAVES:
            found[measure.code] = _trends(measure, panel)
        else:
            found[measure.code] = PairedFinding(units=units, others=panel.others, pairs=())
            for place in range(number - 1):
                waiting[measure.code, place] = panel, _pair(measure, panel, place)
    return found | _judged(found, waiting)


def panel_of(measure: EarlierMeasure, cells: Sequence[EarlierCell], *, k: int, least: int) -> Panel:
    """Return the units of one measure that have a result in every wave, by name, with their results as shown."""
    waves = tuple(sorted({cell.wave_on for cell in cells}))
    place = {day: number for number, day in enumerate(waves)}
    units: dict[str, dict[int, EarlierCell]] = {}
    for cell in cells:
        units.setdefault(cell.unit, {})[place[cell.wave_on]] = cell
    kept = sorted(unit for unit, own in units.items() if len(own) == len(waves))
    rows = [
        [
            coarse(measure, cell.value, cell.n, k=k, least=least)
            for cell in (units[unit][at] for at in range(len(waves)))
        ]
        for unit in kept
    ]
    shape = (len(kept), len(waves))
    values = np.array([[cell.value for cell in row] for row in rows], dtype=np.float64).reshape(shape)
    widths = np.array([[cell.width for cell in row] for row in rows], dtype=np.float64).reshape(shape)
    return Panel(
        units=tuple(kept),
        waves=waves,
        values=values,
        n=np.array([[cell.n or 0 for cell in row] for row in rows], dtype=np.float64).reshape(shape),
        others=len(units) - len(kept),
        steps=np.maximum(widths, rounding_step(values)),
    )


def rounding_step(values: Floats) -> float:
    """Return the step to which the values of a tool are rounded, 0 where none of the usual ones fits."""
    for step in _STEPS if values.size else ():
        if bool(np.all(np.abs(values / step - np.round(values / step)) < _SAME / step)):
            return step
    return 0.0


def usual_trends(values: Floats, days: Floats) -> int:
    """Count the series (g, t) whose straight line by ordinary least squares has a slope "significant" at 5 %."""
    x = days - days.mean()
    y = values - values.mean(axis=1, keepdims=True)
    slope = y @ x / (x @ x)
    rest = np.square(y - slope[:, np.newaxis] * x).sum(axis=1)
    df = x.size - 2
    error = np.sqrt(rest / df / (x @ x))
    t = np.divide(np.abs(slope), error, out=np.zeros_like(slope), where=error > 0)
    return int(np.sum(2 * special.stdtr(df, -t) < TREND_LEVEL))


def _pair(measure: EarlierMeasure, panel: Panel, place: int) -> PairedChange | TooFewUnits:
    # The spread inside units is not part of an import; a mean takes the documented prior of a scale, in its own unit.
    variance = PRIOR_SCALE_VARIANCE * measure.per_point**2
    both = slice(place, place + 2)
    values, steps = panel.values[:, both], panel.steps[:, both]
    is_share = measure.kind is ValueKind.PERCENT
    spread = values * (100 - values) if is_share else np.full_like(values, variance)
    finest = float(steps.min())
    n = _worth(panel.n[:, both], spread, rounding_variance(steps) - rounding_variance(finest))
    counts = [[int(each) or None for each in n[:, at].tolist()] for at in (0, 1)]
    return paired_change(
        values[:, 0],
        values[:, 1],
        counts[0],
        counts[1],
        keys=panel.units,
        kind=measure.kind.value,
        variance=variance,
        rounding=finest,
    )


def _worth(n: Floats, spread: Floats, coarseness: Floats) -> Floats:
    """Return how many answers a result is worth: as many as would err like its n answers and its coarse form together.

    All of shape (units, 2): ``n`` is 0 where unknown and stays so, ``spread`` the variance of single answers, and
    ``coarseness`` the variance that the form of the result adds beyond that of the finest result.
    """
    known = n > 0
    total = spread / np.where(known, n, 1.0) + np.maximum(coarseness, 0.0)
    worth = np.divide(spread, total, out=np.ones_like(n), where=total > 0)
    is_fine = coarseness <= _SAME
    return np.where(known, np.where(is_fine, n, np.maximum(np.floor(worth), 1.0)), 0.0)


def _judged(
    found: Mapping[str, Finding], waiting: Mapping[tuple[str, int], tuple[Panel, PairedChange | TooFewUnits]]
) -> dict[str, Finding]:
    common = judge_common({key: change for key, (_, change) in waiting.items()})
    pairs: dict[str, list[WavePair]] = {}
    for key, (panel, change) in waiting.items():
        scatter = judge_scatter(change) if isinstance(change, PairedChange) else ScatterVerdict.CANNOT_TELL
        before, after = panel.waves[key[1] : key[1] + 2]
        pair = WavePair(before=before, after=after, change=change, common=common[key], scatter=scatter)
        pairs.setdefault(key[0], []).append(pair)
    return {
        code: PairedFinding(units=old.units, others=old.others, pairs=tuple(pairs[code]))
        for code, old in found.items()
        if isinstance(old, PairedFinding)
    }


def _trends(measure: EarlierMeasure, panel: Panel) -> TrendFinding:
    """Fit and judge the trends of a panel on values relative to its mean in the same wave.

    A difference of values becomes one of scale points by the width of the measure: points = difference x 4 / (high -
    low), so 25 percent or 25 of 0 to 100 are one point. Where any number of answers is missing all count alike.
    """
    relative = (panel.values - panel.values.mean(axis=0)) / measure.per_point
    days = np.array([day.toordinal() for day in panel.waves], dtype=np.float64)
    n = panel.n if bool(np.all(panel.n > 0)) else np.ones_like(panel.n)
    series = [
        Series(key=unit, days=days, values=relative[row], n=n[row], rounding_step=panel.steps[row] / measure.per_point)
        for row, unit in enumerate(panel.units)
    ]
    fitted = fit(series, window_waves=_ALL_WAVES)
    return TrendFinding(
        units=len(panel.units),
        others=panel.others,
        waves=panel.waves,
        judgements=judge(fitted.results),
        usual=usual_trends(relative, days),
    )
