"""Tests the trends of all units of a release at once and judges the cells of one report together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from reports.disclosure.cells import ReleasedCell
from reports.services.history import History, WaveRecord
from reports.services.scale_fits import fit_scale
from reports.services.trend_sets import (
    TrendSet,
    cell_of,
    clipped_share,
    crowds_of,
    disjoint,
    trend_set,
    wave_days,
    whole_sets,
    window,
)
from reports.stats.estimate import PRIOR_SCALE_VARIANCE, band_midpoint
from reports.stats.results import AlertFit, NeverHere, TooEarly, TrendFit, TrendResult
from reports.stats.series import Series
from reports.stats.shrinkage import LevelFit, TooFew
from reports.stats.verdicts import Judgement, judge
from surveys.enums import MeasureKind
from surveys.instruments.scoring import measures

MIN_WAVES = 5
"""Released values a series needs before its trend is tested."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """The statistics of a release: the set of each unit, and by scale what was fitted over all sets.

    The results of ``fits``, ``alerts`` and ``levels`` have the keys of sets. A scale without any released value is in
    none of them; where too few sets have a level, ``levels`` says so.
    """

    sets: Mapping[str, TrendSet]
    fits: Mapping[str, TrendFit]
    scales: tuple[str, ...]
    alerts: Mapping[str, AlertFit] = field(default_factory=dict)
    levels: Mapping[str, LevelFit | TooFew] = field(default_factory=dict)

    def judgements(self, unit: str, *, response_moved: bool) -> dict[str, Judgement]:
        """Return the verdict on every scale of a unit's report, with false-discovery control over them."""
        family = {scale: self._finding(unit, scale) for scale in self.scales}
        return judge(family, response_moved=dict.fromkeys(family, response_moved))

    def _finding(self, unit: str, scale: str) -> TrendResult | TooEarly | NeverHere:
        found = self.sets.get(unit)
        if found is None:
            return NeverHere(reason="no_figures")
        fitted = self.fits.get(scale)
        if fitted is None or found.key not in fitted.results:
            return TooEarly(waves_left=MIN_WAVES)
        return fitted.results[found.key]


def find_trends(history: History) -> Findings:
    """Fit trends, alerts and levels of every unit of the last wave, scale by scale.

    Scales are those asked in the last wave, the ones asked in every wave first.
    """
    sets = {unit: found for unit in history.last.units if (found := trend_set(history.waves, unit)) is not None}
    distinct = {found.key: found for found in sets.values()}
    informing = disjoint(list(distinct.values()))
    whole = whole_sets(distinct.values(), history.last)
    scales = _scales(history)
    fits: dict[str, TrendFit] = {}
    alerts: dict[str, AlertFit] = {}
    levels: dict[str, LevelFit | TooFew] = {}
    for scale in scales:
        series = [each for found in distinct.values() if (each := _series(history.waves, found, scale)) is not None]
        if not series:
            continue
        variance = history.variances.get(scale, (PRIOR_SCALE_VARIANCE, 0))[0]
        names = {each.key for each in series}
        own = fit_scale(
            series, pooled=[key for key in informing if key in names], whole=whole, within_variance=variance
        )
        fits[scale], alerts[scale], levels[scale] = own.trends, own.alerts, own.levels
    return Findings(sets=sets, fits=fits, scales=scales, alerts=alerts, levels=levels)


def _scales(history: History) -> tuple[str, ...]:
    """Return the scales of the last wave: those asked in every wave of the window first, then the others."""
    counted: dict[str, int] = {}
    for wave in window(history.waves):
        for measure in measures(wave.instrument):
            if measure.kind is MeasureKind.SCALE:
                counted[measure.code] = counted.get(measure.code, 0) + 1
    last = [measure.code for measure in measures(history.last.instrument) if measure.kind is MeasureKind.SCALE]
    always = [code for code in last if counted[code] == max(counted.values())]
    return (*always, *(code for code in last if code not in always))


def _series(waves: Sequence[WaveRecord], found: TrendSet, scale: str) -> Series | None:
    days, values, n, steps, clipped = [], [], [], [], []
    held = window(waves)
    for wave, day in zip(held, wave_days(held), strict=True):
        crowds = crowds_of(wave, found.units)
        if crowds is None or wave.slug in found.without:
            continue
        cell = cell_of(wave, crowds, scale)
        if not isinstance(cell, ReleasedCell):
            continue
        invited = sum(record.invited for record in crowds)
        days.append(day)
        values.append(cell.value)
        n.append(band_midpoint(cell.n_low, cell.n_high, max(invited, cell.n_low)))
        steps.append(float(np.sqrt(12 * cell.rounding_variance)))
        clipped.append(clipped_share(crowds, scale))
    if not days:
        return None
    return Series(
        key=found.key,
        days=np.array(days),
        values=np.array(values),
        n=np.array(n),
        rounding_step=np.array(steps),
        clipped=float(np.mean(clipped)),
    )
