"""Turns released waves and stored pressure into panels of teams and waves: what the link of the two is found in.

The rows are the smallest sets of teams that do not overlap, with the values that their own pages show: a wave in which
a leader does not get the figures of a crowd is no part of the set's series here either.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from reports.pressure.anchors import Indicator
from reports.services.analysis_data import (
    Mask,
    PlannedWave,
    Reading,
    Window,
    WindowPlan,
    ordered_scales,
    read_window,
)
from reports.services.analysis_sets import SetTable, SetValues, find_sets, set_values
from reports.services.history import check_is_released
from reports.services.link_pressure import LAGS, AskedTeam, PressureTable, Weeks, pressure_table
from reports.services.trend_sets import crowd_places, wave_days
from reports.stats.link_results import LinkPanel
from reports.stats.methods import METHOD_VERSION
from reports.stats.results import Floats
from reports.store import link as link_store
from reports.store import pressure as pressure_store
from reports.store.anchors import current_anchors
from surveys.enums import WaveStatus
from surveys.importers.roadmap_model import PlanKind
from surveys.instruments.schema import Direction, Instrument
from surveys.models.base import canonical_json
from surveys.services.questionnaires import instrument_of
from surveys.store import roadmap
from surveys.store import waves as wave_store
from surveys.store.roadmap import DatedPlan

LINK_WAVES = 52
"""Waves that the link looks back on: two years of fortnights, as far as its error rates were simulated."""

PRIMARY = "workload"
"""The scale of the one pair that is tested by itself; its strain is looked at."""

FLAG_KINDS = ("holiday", "shutdown", "reorganisation", "layoff", "leader_change", "incident")
"""Days of the calendar that may stand behind both; freezes and releases are part of the plan, so part of pressure."""

MOST_CHANGED = 0.3
"""A set of which a larger share of members came or went is treated as another one from that wave on."""

_EVENT_KINDS = (PlanKind.VERSION, PlanKind.MILESTONE, PlanKind.RELEASE)

_ENDS = 6.0
"""Sum of the two ends of a scale: strain is what is left of it."""

_DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class LinkRow:
    """A set of teams in the panel: its key, its units, and the units whose page shows it."""

    key: str
    units: tuple[str, ...]
    readers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The own group of a unit as frozen in a wave: people invited, and those who came and went before."""

    invited: int
    joined: int
    left: int


@dataclass(frozen=True, kw_only=True)
class _Facts:
    """What is known beside the releases: groups by wave, weeks of pressure, flagged days, plans, unmapped share."""

    groups: tuple[Mapping[str, Group], ...]
    weeks: Weeks
    flagged: tuple[tuple[str, dt.date, str], ...]
    unmapped: float | None
    plans: tuple[DatedPlan, ...]


@dataclass(frozen=True, kw_only=True)
class LinkInputs:
    """All that the link of a wave is made from; arrays are (rows, waves), oldest wave first.

    ``strain`` has by scale the released means turned so that more is worse, NaN where nothing was released; ``at_end``
    marks values that stand for an end of the scale. ``recall`` are by scale the days its questions ask about, by wave.
    ``tables`` have the pressure by such a sequence of days. ``names`` are names of units; ``opened_on`` the local days
    of the waves, ``mark`` tells this state of the data from others. ``plans`` are the dated releases and milestones of
    the teams; ``kept_from`` by row the units that must not see the figures of one of its crowds; ``held`` tells which
    cells are used.
    """

    wave: str
    programme: str
    waves: tuple[str, ...]
    opened_on: tuple[dt.date, ...]
    days: Floats
    rows: tuple[LinkRow, ...]
    instrument: Instrument
    scales: tuple[str, ...]
    strain: Mapping[str, Floats]
    at_end: Mapping[str, Mask]
    recall: Mapping[str, tuple[int, ...]]
    tables: Mapping[tuple[int, ...], PressureTable]
    response: Floats
    segments: NDArray[np.int64]
    flags: Mapping[str, Mapping[tuple[int, ...], Mask]]
    anchors: tuple[int, ...]
    names: Mapping[str, str]
    mark: str
    unmapped: float | None = None
    plans: tuple[DatedPlan, ...] = ()
    kept_from: tuple[tuple[str, ...], ...] = ()
    held: Mask = field(default_factory=lambda: np.zeros((0, 0), dtype=np.bool_))

    @cached_property
    def covered(self) -> tuple[int, ...]:
        """The rows that have pressure in any wave; the others say nothing about a link."""
        table = self.tables[self.recall[self.scales[0]]] if self.scales else None
        if table is None:
            return ()
        return tuple(np.flatnonzero(np.isfinite(table.index).any(axis=1)).tolist())

    def table(self, scale: str) -> PressureTable:
        """Return the pressure over the days that a scale asks about."""
        return self.tables[self.recall[scale]]

    def panel(self, scale: str, *, indicator: Indicator | None = None, with_lags: bool = False) -> LinkPanel:
        """Return the panel of a scale and the index, or one indicator's points, over the rows that have pressure."""
        rows, table = list(self.covered), self.table(scale)
        pressure = (table.index if indicator is None else table.points[indicator])[rows]
        recall = self.recall[scale]
        return LinkPanel(
            keys=tuple(self.rows[row].key for row in rows),
            days=self.days,
            pressure=pressure,
            sentiment=self.strain[scale][rows],
            mask=self.held[rows],
            coverage=table.coverage[rows],
            response=self.response[rows],
            segments=self.segments[rows],
            flags={kind: by_recall[recall][rows] for kind, by_recall in self.flags.items()},
            lagged=table.lagged[:, rows] if with_lags else None,
        )

    @cached_property
    def sha256(self) -> str:
        """Hash of all that a result is made from or tells; the same data have the same one."""
        parts = [
            METHOD_VERSION,
            self.waves,
            [[row.key, row.units, row.readers] for row in self.rows],
            self.kept_from,
            [day.isoformat() for day in self.opened_on],
            self.recall,
            self.anchors,
            "-" if self.unmapped is None else f"{self.unmapped:.{_DIGITS}f}",
            sorted([sorted(plan.teams), plan.name, str(plan.due), str(plan.done_on)] for plan in self.plans),
            {scale: mask.tolist() for scale, mask in self.at_end.items()},
            self.held.tolist(),
            {scale: _rounded(values) for scale, values in self.strain.items()},
            [[list(recall), _rounded(table.lagged), _rounded(table.coverage)] for recall, table in self.tables.items()],
            [
                [name.value, _rounded(points)]
                for table in self.tables.values()
                for name, points in sorted(table.points.items())
            ],
            _rounded(self.response),
            self.segments.tolist(),
            {kind: [mask.tolist() for mask in masks.values()] for kind, masks in self.flags.items()},
        ]
        return hashlib.sha256(canonical_json(parts).encode()).hexdigest()


def mark_of(session: Session, wave: str) -> str:
    """Return what tells the present state of all data behind a link from others, without reading any figure.

    Raises:
        NotFound: the wave is unknown, not released, or withdrawn.
    """
    plan = plan_link(session, wave=wave)
    flagged = link_store.list_flagged_days(session, FLAG_KINDS)
    parts = [
        METHOD_VERSION,
        plan.used,
        [list(mark) for mark in link_store.list_pressure_marks(session)],
        [[team, day.isoformat(), kind] for team, day, kind in flagged],
    ]
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()


def plan_link(session: Session, *, wave: str) -> WindowPlan:
    """Return which waves are read for the link of a wave: as for an analysis, and further back.

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
    ][-LINK_WAVES:]
    instruments = tuple(instrument_of(session, each.instrument_sha256) for each in rows)
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
        scales=ordered_scales(instruments),
        extra=(),
    )


def read_inputs(reading: Reading, *, wave: str) -> LinkInputs:
    """Read everything that the link of a released wave is made from; released rows and stored weeks only.

    Raises:
        NotFound: the wave is unknown, not released, or withdrawn.
        ReleaseRefused: an auditor found something wrong with a release of the window.
    """
    with reading() as session:
        plan, mark = plan_link(session, wave=wave), mark_of(session, wave)
    window = read_window(reading, plan, progress=lambda _done, _of: None)
    table = find_sets(window)
    pooled = np.flatnonzero(table.pooled).tolist()
    rows = tuple(
        LinkRow(key=table.sets[s].key, units=tuple(sorted(table.sets[s].units)), readers=table.units[s]) for s in pooled
    )
    recall = {scale: tuple(recall_days(each, scale) for each in window.instruments) for scale in window.scales}
    with reading() as session:
        facts = _facts(session, window, sorted({unit for row in rows for unit in row.units}))
    held = _held(window, table, pooled)
    values = {scale: set_values(window, table, scale) for scale in window.scales}
    opened = tuple(each.opened_on for each in window.waves)
    return LinkInputs(
        wave=wave,
        programme=window.programme,
        waves=tuple(each.slug for each in window.waves),
        opened_on=opened,
        days=np.array(wave_days(window.waves)),
        rows=rows,
        instrument=window.instrument,
        scales=window.scales,
        strain={scale: _strain(window, each, pooled, scale, held) for scale, each in values.items()},
        at_end={scale: each.clipped[pooled] > 0 for scale, each in values.items()},
        recall=recall,
        tables=_tables(rows, facts, opened, recall),
        response=_response(window, table, pooled),
        segments=np.array([_segments(row, facts.groups) for row in rows], dtype=np.int64).reshape(held.shape),
        flags=_flags(rows, opened, recall, facts.flagged),
        anchors=facts.weeks.versions,
        names=window.names,
        mark=mark,
        unmapped=facts.unmapped,
        plans=facts.plans,
        kept_from=tuple(_kept_from(window, table.sets[s].units) for s in pooled),
        held=held,
    )


def recall_days(instrument: Instrument, scale: str) -> int:
    """Return how many days the questions of a scale ask about, the longest where they differ."""
    for each in instrument.scales:
        if each.code == scale:
            return max(instrument.item(code).recall.days for code in each.items)
    return instrument.recall.days


def _groups(session: Session, wave: str) -> dict[str, Group]:
    return {row.unit: Group(row.invited, row.joined, row.left_count) for row in wave_store.list_units(session, wave)}


def _weeks(session: Session, window: Window, teams: Sequence[str]) -> Weeks:
    longest = max(item.recall.days for instrument in window.instruments for item in instrument.items)
    back = dt.timedelta(days=max(7 * LAGS + longest, 2 * longest) + 7)
    first, last = window.waves[0].opened_on - back, window.waves[-1].opened_on
    records = pressure_store.load_weeks(session, teams, first=first, last=last)
    return Weeks(records=records, anchors=current_anchors(session))


def _facts(session: Session, window: Window, teams: Sequence[str]) -> _Facts:
    return _Facts(
        groups=tuple(_groups(session, each.slug) for each in window.waves),
        weeks=_weeks(session, window, teams),
        flagged=tuple(link_store.list_flagged_days(session, FLAG_KINDS)),
        unmapped=_unmapped(session),
        plans=tuple(roadmap.list_dated_plans(session, teams, kinds=_EVENT_KINDS)),
    )


def _tables(
    rows: Sequence[LinkRow], facts: _Facts, opened: Sequence[dt.date], recall: Mapping[str, tuple[int, ...]]
) -> dict[tuple[int, ...], PressureTable]:
    asked = [[_asked(row, units) for units in facts.groups] for row in rows]
    return {
        days: pressure_table(facts.weeks, asked, opened_on=opened, recall_days=days)
        for days in dict.fromkeys(recall.values())
    }


def _unmapped(session: Session) -> float | None:
    """Return the share of imported items that belong to no team; None where no import tells."""
    total = without = 0.0
    for account in link_store.list_accounts(session).values():
        stored, unmapped = account.get("items"), account.get("unmapped")
        if isinstance(stored, int) and isinstance(unmapped, int):  # items without a team are counted, not stored
            total, without = total + stored + unmapped, without + unmapped
    return without / total if total else None


def _held(window: Window, table: SetTable, pooled: Sequence[int]) -> Mask:
    """Tell in which waves a set is a union of whole crowds of which no reader's leader is kept away."""
    held = np.zeros((len(pooled), len(window.waves)), dtype=np.bool_)
    for g, s in enumerate(pooled):
        found, readers = table.sets[s], frozenset(table.units[s])
        for w, wave in enumerate(window.waves):
            places = None if wave.slug in found.without else crowd_places(wave, found.units)
            held[g, w] = bool(places) and not any(readers & wave.crowds[place].hidden_from for place in places or ())
    return held


def _kept_from(window: Window, units: frozenset[str]) -> tuple[str, ...]:
    """Return the units whose leader answered in a crowd of the set in any wave."""
    return tuple(
        sorted(
            {
                unit
                for wave in window.waves
                for place in crowd_places(wave, units) or ()
                for unit in wave.crowds[place].hidden_from
            }
        )
    )


def _is_turned(window: Window, scale: str) -> bool:
    return window.instrument.scale(scale).higher_is is Direction.BETTER


def _strain(window: Window, values: SetValues, pooled: Sequence[int], scale: str, held: Mask) -> Floats:
    own = values.value[list(pooled)]
    strain = _ENDS - own if _is_turned(window, scale) else own
    found: Floats = np.where(values.present[list(pooled)] & held, strain, np.nan)
    return found


def _response(window: Window, table: SetTable, pooled: Sequence[int]) -> Floats:
    """Return the share who answered by the middle of the band, NaN where nobody was counted."""
    found = np.full((len(pooled), len(window.waves)), np.nan)
    for g, s in enumerate(pooled):
        for w, wave in enumerate(window.waves):
            places = crowd_places(wave, table.sets[s].units)
            if not places:
                continue
            invited = max(1, int(wave.invited[places].sum()))
            high = np.minimum(wave.n_high[places], np.maximum(wave.invited[places], wave.n_low[places]))
            found[g, w] = min(1.0, float((wave.n_low[places] + high).sum()) / 2 / invited)
    return found


def _asked(row: LinkRow, frozen: Mapping[str, Group]) -> tuple[AskedTeam, ...]:
    return tuple(AskedTeam(unit, frozen[unit].invited) for unit in row.units if unit in frozen)


def _segments(row: LinkRow, frozen: Sequence[Mapping[str, Group]]) -> list[int]:
    """Number the stretches between waves in which more than 30 % of the members came or went."""
    found, number = [], 0
    for w, units in enumerate(frozen):
        own = [units[unit] for unit in row.units if unit in units]
        people = max(1, sum(unit.invited for unit in own))
        changed = max(sum(unit.joined for unit in own), sum(unit.left for unit in own))
        number += w > 0 and changed > MOST_CHANGED * people
        found.append(number)
    return found


def _flags(
    rows: Sequence[LinkRow],
    opened: Sequence[dt.date],
    recall: Mapping[str, tuple[int, ...]],
    flagged: Sequence[tuple[str, dt.date, str]],
) -> dict[str, dict[tuple[int, ...], Mask]]:
    """Tell by kind and days asked about in which cells a day of the calendar falls; kinds without any are left out."""
    by_kind: dict[str, dict[str, set[dt.date]]] = {}
    for team, day, kind in flagged:
        by_kind.setdefault(kind, {}).setdefault(team, set()).add(day)
    found: dict[str, dict[tuple[int, ...], Mask]] = {}
    for kind, teams in by_kind.items():
        masks = {days: _flag_mask(rows, opened, days, teams) for days in dict.fromkeys(recall.values())}
        if any(mask.any() for mask in masks.values()):
            found[kind] = masks
    return found


def _flag_mask(
    rows: Sequence[LinkRow], opened: Sequence[dt.date], recall: Sequence[int], teams: Mapping[str, set[dt.date]]
) -> Mask:
    mask = np.zeros((len(rows), len(opened)), dtype=np.bool_)
    for g, row in enumerate(rows):
        days = set().union(*(teams.get(unit, set()) for unit in ("", *row.units)))
        for w, (opens_on, length) in enumerate(zip(opened, recall, strict=True)):
            mask[g, w] = any(opens_on - dt.timedelta(days=back) in days for back in range(1, length + 1))
    return mask


def _rounded(values: Floats) -> list[object]:
    """Return an array as text-safe lists: rounded, a missing value is a word."""
    found: list[object] = np.where(np.isnan(values), "-", np.char.mod(f"%.{_DIGITS}f", np.nan_to_num(values))).tolist()
    return found
