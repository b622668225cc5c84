"""Reads the window of a wave for an analysis: crowds as shapes, and the cells of scales as small arrays per wave."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from reports.disclosure.cells import Qualifier
from reports.services.auditing import check_released
from reports.services.history import check_is_released
from reports.services.pages import published
from reports.services.trend_sets import WINDOW_WAVES
from reports.stats.results import Floats
from reports.store import export_rows
from reports.store import findings as store
from reports.store.findings import CrowdShape
from surveys.crowds.shapes import Crowd
from surveys.enums import MeasureKind, WaveStatus
from surveys.instruments.schema import Instrument
from surveys.instruments.scoring import measures
from surveys.services.questionnaires import instrument_of
from surveys.store import waves as wave_store

Reading = Callable[[], AbstractContextManager[Session]]
"""Opens a reading transaction; each wave is read in one of its own, so that none stays open for long."""

Progress = Callable[[int, int], None]
"""Is told how many steps are done, and of how many."""

OUTCOMES = ("overall", "motivation")
"""Scales that others may go together with; the first one that was asked is taken."""

Ints = NDArray[np.int32]
Mask = NDArray[np.bool_]

_OR_LESS = frozenset({Qualifier.AT_MOST.value, Qualifier.RANGE.value})
_OR_MORE = frozenset({Qualifier.AT_LEAST.value, Qualifier.RANGE.value})


@dataclass(frozen=True, kw_only=True)
class CellTable:
    """The cells of some scales over the crowds of a wave, arrays (scales, crowds).

    ``value`` in scale points, ``rounding`` its rounding variance, ``low`` and ``high`` the ends of the band of
    answers; ``or_less`` and ``or_more`` where a value stands for an end of the scale. ``low`` is 0 where nothing was
    released; the other arrays hold zeros there.
    """

    value: Floats
    rounding: Floats
    low: Ints
    high: Ints
    or_less: Mask
    or_more: Mask


@dataclass(frozen=True)
class Layout:
    """The tree of a wave (unit to the one above) and its crowds; waves with the same one share it."""

    units: Mapping[str, str | None]
    crowds: tuple[CrowdShape, ...]

    @cached_property
    def places(self) -> dict[str, int]:
        """By unit the place of the crowd that holds its own group."""
        return {unit: place for place, shape in enumerate(self.crowds) for unit in shape.units}

    @cached_property
    def by_label(self) -> dict[str, CrowdShape]:
        """The crowds by label."""
        return {shape.crowd: shape for shape in self.crowds}

    @cached_property
    def pages(self) -> dict[str, tuple[str, ...]]:
        """The labels of the crowds on each unit's page; a unit without a page is left out."""
        if not self.crowds:
            return {}
        crowds = [
            Crowd(
                label=shape.crowd,
                units=shape.units,
                home=shape.home,
                invited=0,
                is_whole_company=shape.is_whole_company,
            )
            for shape in self.crowds
        ]
        return published(crowds, self.units, {shape.crowd: shape.hidden_from for shape in self.crowds})


@dataclass(frozen=True, kw_only=True)
class WindowWave:
    """A wave of the window: its layout and, by place of the crowd, the numbers of invited and the bands of answers."""

    slug: str
    opened_on: dt.date
    layout: Layout
    invited: Ints
    n_low: Ints
    n_high: Ints

    @property
    def units(self) -> Mapping[str, str | None]:
        """The units at its opening and the unit above each."""
        return self.layout.units

    @property
    def crowds(self) -> tuple[CrowdShape, ...]:
        """Its released crowds."""
        return self.layout.crowds

    @property
    def places(self) -> Mapping[str, int]:
        """By unit the place of its crowd."""
        return self.layout.places

    @property
    def by_label(self) -> Mapping[str, CrowdShape]:
        """The crowds by label."""
        return self.layout.by_label

    @property
    def pages(self) -> Mapping[str, tuple[str, ...]]:
        """The labels of the crowds on each unit's page."""
        return self.layout.pages


@dataclass(frozen=True, kw_only=True)
class Window:
    """All that an analysis works with, oldest wave first.

    ``variances`` and ``covariances`` are those declared with each wave: value and lower end of the band of answers.
    ``names`` are the names of the units of the last wave; ``used`` are the waves of which figures are used.
    """

    programme: str
    waves: tuple[WindowWave, ...]
    cells: tuple[CellTable, ...]
    instruments: tuple[Instrument, ...]
    scales: tuple[str, ...]
    extra: tuple[str, ...]
    variances: Mapping[str, Mapping[str, tuple[float, int]]]
    covariances: Mapping[str, Mapping[tuple[str, str], tuple[float, int]]]
    used: tuple[str, ...]
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def last(self) -> WindowWave:
        """The wave that is analysed."""
        return self.waves[-1]

    @property
    def instrument(self) -> Instrument:
        """Its questionnaire."""
        return self.instruments[-1]

    @property
    def measures(self) -> tuple[str, ...]:
        """The scales of the rows of each cell table: those of the last wave, then others that are looked at."""
        return (*self.scales, *self.extra)

    def variance(self, measure: str) -> tuple[float, int] | None:
        """Return the latest declared variance of a measure in the window, and the answers behind it."""
        found = [self.variances[wave][measure] for wave in self.used if measure in self.variances.get(wave, {})]
        return found[-1] if found else None


@dataclass(frozen=True, kw_only=True)
class PlannedWave:
    """A wave to be read; one that was withdrawn is a gap without figures."""

    slug: str
    opened_on: dt.date
    is_released: bool


@dataclass(frozen=True, kw_only=True)
class WindowPlan:
    """The waves that will be read, oldest first, and the scales of their questionnaires."""

    programme: str
    rows: tuple[PlannedWave, ...]
    instruments: tuple[Instrument, ...]
    scales: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def steps(self) -> int:
        """How many steps reading takes."""
        return len(self.rows)

    @property
    def used(self) -> tuple[str, ...]:
        """The released waves among them."""
        return tuple(row.slug for row in self.rows if row.is_released)


def plan_window(session: Session, *, wave: str) -> WindowPlan:
    """Return what has to be read for the analysis of a wave.

    Raises:
        NotFound: the wave is unknown, not released, or withdrawn.
    """
    last = check_is_released(session, wave)
    programme = wave_store.get_programme(session, last.programme_slug)
    zone = ZoneInfo(programme.timezone)
    shown = {WaveStatus.RELEASED, WaveStatus.WITHDRAWN}
    rows = [
        each
        for each in wave_store.list_waves(session, programme=last.programme_slug)
        if each.number <= last.number and each.status in shown and each.released_at is not None
    ][-WINDOW_WAVES:]
    instruments = tuple(instrument_of(session, each.instrument_sha256) for each in rows)
    scales = ordered_scales(instruments)
    asked = {scale.code for instrument in instruments for scale in instrument.scales}
    return WindowPlan(
        programme=programme.name,
        rows=tuple(
            PlannedWave(
                slug=each.slug,
                opened_on=(each.opened_at or each.opens_at).astimezone(zone).date(),
                is_released=each.status == WaveStatus.RELEASED,
            )
            for each in rows
        ),
        instruments=instruments,
        scales=scales,
        extra=tuple(code for code in OUTCOMES[:1] if code in asked and code not in scales),
    )


def ordered_scales(instruments: Sequence[Instrument]) -> tuple[str, ...]:
    """Return the scales of the last questionnaire: those asked in every wave first, then the others."""
    counted: dict[str, int] = {}
    for instrument in instruments:
        for measure in measures(instrument):
            if measure.kind is MeasureKind.SCALE:
                counted[measure.code] = counted.get(measure.code, 0) + 1
    last = [measure.code for measure in measures(instruments[-1]) if measure.kind is MeasureKind.SCALE]
    always = [code for code in last if counted[code] == max(counted.values())]
    return (*always, *(code for code in last if code not in always))


def read_window(reading: Reading, plan: WindowPlan, *, progress: Progress) -> Window:
    """Read all waves of a plan, one transaction each; the auditors pass each before it is read.

    Raises:
        ReleaseRefused: an auditor found something wrong with a release.
    """
    waves: list[WindowWave] = []
    tables: list[CellTable] = []
    measured = (*plan.scales, *plan.extra)
    for done, row in enumerate(plan.rows, start=1):
        with reading() as session:
            if row.is_released:
                check_released(session, [row.slug])
            waves.append(_read_wave(session, row, waves[-1].layout if waves else None))
            tables.append(_read_cells(session, waves[-1], measured))
        progress(done, plan.steps)
    with reading() as session:
        tree = export_rows.list_tree(session, plan.rows[-1].slug)
        variances = store.list_variances(session, plan.used)
        covariances = store.list_covariances(session, plan.used)
    return Window(
        programme=plan.programme,
        waves=tuple(waves),
        cells=tuple(tables),
        instruments=plan.instruments,
        scales=plan.scales,
        extra=plan.extra,
        variances=variances,
        covariances=covariances,
        used=plan.used,
        names={unit: name for unit, _, name in tree},
    )


def _read_wave(session: Session, row: PlannedWave, before: Layout | None) -> WindowWave:
    found = store.list_shapes(session, row.slug) if row.is_released else []
    numbers = np.array([rest for _, *rest in found], dtype=np.int32).reshape(-1, 3)
    layout = Layout(
        units={unit: parent for unit, parent, _ in export_rows.list_tree(session, row.slug)},
        crowds=tuple(shape for shape, *_ in found),
    )
    return WindowWave(
        slug=row.slug,
        opened_on=row.opened_on,
        layout=before if before is not None and before == layout else layout,
        invited=numbers[:, 0],
        n_low=numbers[:, 1],
        n_high=numbers[:, 2],
    )


def _read_cells(session: Session, wave: WindowWave, measured: Sequence[str]) -> CellTable:
    shape = (len(measured), len(wave.crowds))
    table = CellTable(
        value=np.zeros(shape),
        rounding=np.zeros(shape),
        low=np.zeros(shape, dtype=np.int32),
        high=np.zeros(shape, dtype=np.int32),
        or_less=np.zeros(shape, dtype=np.bool_),
        or_more=np.zeros(shape, dtype=np.bool_),
    )
    if not wave.crowds:
        return table
    rows = {measure: place for place, measure in enumerate(measured)}
    columns = {shaped.crowd: place for place, shaped in enumerate(wave.crowds)}
    for crowd, measure, text in store.read_cells(session, wave.slug, measured):
        cell = json.loads(text)
        if "reason" in cell:
            continue
        at = rows[measure], columns[crowd]
        table.value[at], table.rounding[at] = cell["value"], cell["rounding_variance"]
        table.low[at], table.high[at] = cell["n"]
        table.or_less[at], table.or_more[at] = cell["qualifier"] in _OR_LESS, cell["qualifier"] in _OR_MORE
    return table
