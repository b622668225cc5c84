"""Turns imported results of other tools into what people read: findings and tables for HR, a table for a leader."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from reports.services.earlier_cells import EarlierMeasure, ShownCell, shown
from reports.services.earlier_trends import analyse
from reports.services.earlier_words import Statement, beside, method_sentences, statements, wave_words
from surveys.enums import WaveStatus
from surveys.errors import NotFound
from surveys.i18n import Translator
from surveys.importers.history import EarlierCell
from surveys.importers.history_map import ValueKind
from surveys.models.imported import ImportedMeasure, ImportedSource
from surveys.store import imported as store
from surveys.store import waves as wave_store


@dataclass(frozen=True, kw_only=True)
class EarlierSource:
    """One import: whose results they are, how many, and what the map declares about missing numbers of answers.

    ``least`` is the number of answers that a result without one rests on at least.
    """

    name: str
    tool: str
    programme: str | None
    smallest_group: int
    least: int
    cells: int
    units: int
    first_on: dt.date | None
    last_on: dt.date | None
    declared: str
    measures: tuple[EarlierMeasure, ...]


@dataclass(frozen=True, kw_only=True)
class MeasureFindings:
    """What is said about one measure."""

    measure: EarlierMeasure
    statements: tuple[Statement, ...]


@dataclass(frozen=True, kw_only=True)
class EarlierFindings:
    """What is said about an import: by measure, how it was found, and where it stands beside our own results."""

    source: EarlierSource
    measures: tuple[MeasureFindings, ...]
    methods: tuple[str, ...]
    beside: str


@dataclass(frozen=True, kw_only=True)
class UnitRow:
    """The results of one unit by wave; None where there is none. ``team`` is the key of the team of ours it is."""

    unit: str
    team: str | None
    cells: tuple[ShownCell | None, ...]


@dataclass(frozen=True, kw_only=True)
class UnitTable:
    """The results of one measure: units by waves, the waves as days and in words."""

    measure: EarlierMeasure
    days: tuple[dt.date, ...]
    waves: tuple[str, ...]
    rows: tuple[UnitRow, ...]


@dataclass(frozen=True, kw_only=True)
class EarlierRow:
    """One earlier wave of a team: its day in words, the value as printed, and the band of answers behind it."""

    on: dt.date
    wave: str
    value: str
    answers: str


@dataclass(frozen=True, kw_only=True)
class EarlierGroup:
    """The earlier waves of a team on one measure; ``marked`` names the tool and says that it is imported."""

    source: str
    tool: str
    marked: str
    measure: str
    description: str
    is_lower_better: bool
    scale: str | None
    rows: tuple[EarlierRow, ...]


@dataclass(frozen=True, kw_only=True)
class EarlierTable:
    """The table of a leader report: a group per measure, and the sentence that belongs under it."""

    groups: tuple[EarlierGroup, ...]
    sentence: str


def list_sources(session: Session, tr: Translator) -> tuple[EarlierSource, ...]:
    """Return all imports by name."""
    return tuple(_source(session, row, tr) for row in store.list_sources(session))


def get_source(session: Session, name: str, tr: Translator) -> EarlierSource:
    """Return one import.

    Raises:
        NotFound: there is none of this name.
    """
    return _source(session, store.get_source(session, name), tr)


def findings(session: Session, name: str, tr: Translator, *, measure: str | None = None) -> EarlierFindings:
    """Return what is said about an import, about all measures or one.

    All measures are judged together either way, so that a choice of what to read changes no verdict.

    Raises:
        NotFound: there is no import of this name, or it has no such measure.
    """
    source = get_source(session, name, tr)
    wanted = source.measures if measure is None else (_measure_of(source, measure),)
    found = analyse(_read(session, source), k=source.smallest_group, least=source.least)
    return EarlierFindings(
        source=source,
        measures=tuple(
            MeasureFindings(measure=each, statements=statements(each, found[each.code], tr)) for each in wanted
        ),
        methods=method_sentences([found[each.code] for each in wanted], tr),
        beside=beside([source.tool], tr),
    )


def unit_table(session: Session, name: str, measure: str, tr: Translator) -> UnitTable:
    """Return all results of one measure of an import, by unit.

    Raises:
        NotFound: there is no import of this name, or it has no such measure.
    """
    row = store.get_source(session, name)
    chosen = _measure_of(_source(session, row, tr), measure)
    cells = store.list_cells(session, name, measure)
    days = sorted({cell.wave_on for cell in cells})
    words = wave_words(days, tr)
    units: dict[str, dict[dt.date, EarlierCell]] = {}
    for cell in cells:
        units.setdefault(cell.unit, {})[cell.wave_on] = cell
    return UnitTable(
        measure=chosen,
        days=tuple(days),
        waves=tuple(words[day] for day in days),
        rows=tuple(
            UnitRow(
                unit=unit,
                team=next(iter(own.values())).team,
                cells=tuple(_shown(row, chosen, own[day], tr) if day in own else None for day in days),
            )
            for unit, own in sorted(units.items())
        ),
    )


def for_team(session: Session, team: str, tr: Translator, *, wave: str) -> EarlierTable | None:
    """Return the earlier results of a team for its leader report, None where there are none.

    ``wave`` is the wave of the report. Shown are imports that name its programme, and of them only waves before the
    day on which the first released wave of the programme opened: of a period that we measured ourselves nothing of
    another tool stands in the report. The table has no figure of ours and no trend.

    Raises:
        NotFound: there is no such wave.
    """
    programme = wave_store.get_wave(session, wave).programme_slug
    before = _first_own_day(session, programme)
    groups: list[EarlierGroup] = []
    for row in store.list_sources(session):
        if row.programme == programme:
            cells = store.list_team_cells(session, source=row.name, team=team, before=before)
            groups += _groups(session, row, cells, tr)
    if not groups:
        return None
    tools = list(dict.fromkeys(group.tool for group in groups))
    return EarlierTable(groups=tuple(groups), sentence=beside(tools, tr))


def _groups(
    session: Session, row: ImportedSource, cells: Sequence[EarlierCell], tr: Translator
) -> Iterator[EarlierGroup]:
    words = wave_words(sorted({cell.wave_on for cell in cells}), tr)
    for known in store.list_measures(session, row.name) if cells else ():
        measure = _measure(row, known)
        own = [cell for cell in cells if cell.measure == measure.code]
        if own:
            yield EarlierGroup(
                source=row.name,
                tool=row.tool,
                marked=marked(row.tool, tr),
                measure=measure.name,
                description=measure.describe(tr),
                is_lower_better=measure.is_lower_better,
                scale=measure.scale,
                rows=tuple(_row(row, measure, cell, words[cell.wave_on], tr) for cell in own),
            )


def marked(tool: str, tr: Translator) -> str:
    """Return the words that stand in every group of imported rows."""
    return tr.t("Imported from {tool}", tool=tool)


def _row(row: ImportedSource, measure: EarlierMeasure, cell: EarlierCell, wave: str, tr: Translator) -> EarlierRow:
    made = _shown(row, measure, cell, tr)
    return EarlierRow(on=cell.wave_on, wave=wave, value=made.value, answers=made.answers)


def _shown(row: ImportedSource, measure: EarlierMeasure, cell: EarlierCell, tr: Translator) -> ShownCell:
    return shown(measure, cell.value, cell.n, k=row.smallest_group, least=_least(row), tr=tr)


def _least(row: ImportedSource) -> int:
    declared = row.declared.get("least")
    return declared if isinstance(declared, int) else row.smallest_group


def _first_own_day(session: Session, programme: str) -> dt.date | None:
    """Return the local day on which the first wave opened that was ever released; a withdrawn one counts."""
    zone = ZoneInfo(wave_store.get_programme(session, programme).timezone)
    ever = {WaveStatus.RELEASED, WaveStatus.WITHDRAWN}
    opened = [
        (wave.opened_at or wave.opens_at).astimezone(zone).date()
        for wave in wave_store.list_waves(session, programme=programme)
        if wave.status in ever
    ]
    return min(opened, default=None)


def _source(session: Session, row: ImportedSource, tr: Translator) -> EarlierSource:
    size = store.size_of(session, row.name)
    declared = ""
    if row.declared:
        declared = tr.t(
            "{by} vouches that results without a number of answers rest on {least} or more: {because}",
            by=row.declared["by"],
            least=row.declared["least"],
            because=row.declared["because"],
        )
    return EarlierSource(
        name=row.name,
        tool=row.tool,
        programme=row.programme,
        smallest_group=row.smallest_group,
        least=_least(row),
        cells=size.cells,
        units=size.units,
        first_on=size.first_on,
        last_on=size.last_on,
        declared=declared,
        measures=tuple(_measure(row, each) for each in store.list_measures(session, row.name)),
    )


def _measure(row: ImportedSource, known: ImportedMeasure) -> EarlierMeasure:
    return EarlierMeasure(
        source=row.name,
        tool=row.tool,
        code=known.measure,
        name=known.name,
        kind=ValueKind(known.kind),
        low=known.low,
        high=known.high,
        is_lower_better=known.is_lower_better,
        scale=known.scale,
    )


def _measure_of(source: EarlierSource, code: str) -> EarlierMeasure:
    found = next((each for each in source.measures if each.code == code), None)
    if found is None:
        raise NotFound("The import {name} has no measure {measure}.", name=source.name, measure=code[:60])
    return found


def _read(session: Session, source: EarlierSource) -> Iterator[tuple[EarlierMeasure, list[EarlierCell]]]:
    for measure in source.measures:
        yield measure, store.list_cells(session, source.name, measure.code)
