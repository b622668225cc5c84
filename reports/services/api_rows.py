"""Reads the lists of the interface for programs, a page at a time; their rows are those of the export."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy.orm import Session

from reports.exports.code_book import CODE_BOOK_COLUMNS, code_book
from reports.exports.table import (
    CELLS,
    CROWD_PART,
    MEASURE_PART,
    PROVENANCE_PART,
    SEGMENTS,
    TOPICS,
    TOTALS,
    UNITS,
    WAVE_PART,
    Column,
    Kind,
    Level,
    Table,
)
from reports.services import export_extras, export_tables
from reports.services.api_pages import MOST_LIGHT_WAVES, Keyed, Page, Selection, number_of, page_of, slice_of
from reports.services.export_tables import Gathering
from reports.services.export_wave import Pick, WaveExport, known_measures, load_wave
from reports.services.history import check_is_released
from reports.store import releases
from surveys.i18n import translator
from surveys.services.questionnaires import instrument_of
from surveys.store import waves as wave_store

_UNIT_PART = UNITS.parts[1]

WAVES = Table(name="waves", parts=(WAVE_PART, PROVENANCE_PART))
MEASURES = Table(name="measures", parts=(WAVE_PART, MEASURE_PART))
TREE = Table(name="units", parts=(WAVE_PART, _UNIT_PART))
CROWDS = Table(name="crowds", parts=(WAVE_PART, CROWD_PART))
CODE_BOOK = Table(name="code_book", parts=(tuple(Column(name) for name in CODE_BOOK_COLUMNS),))
LEDGER = Table(
    name="ledger",
    parts=(
        (Column("number", Kind.INTEGER), Column("at"), Column("actor"), Column("kind", Kind.CODE), Column("subject"),
         Column("detail"), Column("cells", Kind.INTEGER), Column("sha256"), Column("previous_hash"), Column("hash")),
    ),
)  # fmt: skip
"""The columns of the ledger; ``detail`` is an object."""


def read_waves(session: Session, selection: Selection) -> Page:
    """Return a page of the released waves."""
    return page_of(session, selection, WAVES, load=_facts, read=_waves, keys=0, most=MOST_LIGHT_WAVES)


def read_measures(session: Session, selection: Selection) -> Page:
    """Return a page of the items and scales of each wave."""
    return page_of(session, selection, MEASURES, load=_facts, read=_measures, keys=1, most=MOST_LIGHT_WAVES)


def read_units(session: Session, selection: Selection) -> Page:
    """Return a page of the frozen units of each wave."""
    return page_of(session, selection, TREE, load=_whole, read=_units, keys=1)


def read_crowds(session: Session, selection: Selection) -> Page:
    """Return a page of the final crowds of each wave."""
    return page_of(session, selection, CROWDS, load=_whole, read=_crowds, keys=1)


def read_cells(session: Session, selection: Selection) -> Page:
    """Return a page of the cells: crowd by measure and wave."""
    return page_of(session, selection, CELLS, load=_whole, read=_cells, keys=2)


def read_totals(session: Session, selection: Selection) -> Page:
    """Return a page of the totals: unit above team level by measure and wave."""
    return page_of(session, selection, TOTALS, load=_whole, read=_totals, keys=2)


def read_bridge(session: Session, selection: Selection) -> Page:
    """Return a page of the bridge from units to crowds."""
    return page_of(session, selection, UNITS, load=_whole, read=_bridge, keys=2)


def read_topics(session: Session, selection: Selection) -> Page:
    """Return a page of the topics: crowd by topic and wave."""
    return page_of(session, selection, TOPICS, load=_whole, read=_topics, keys=2)


def read_segments(session: Session, selection: Selection) -> Page:
    """Return a page of the segments: unit, segment and cell by measure and wave."""
    return page_of(session, selection, SEGMENTS, load=_whole, read=_segments, keys=4)


def read_code_book(_session: Session, selection: Selection) -> Page:
    """Return a page of the code book."""
    entries = code_book(translator(selection.language))
    return slice_of([dict(entry.fields()) for entry in entries], selection, place=number_of(selection.after))


def read_ledger(session: Session, selection: Selection) -> Page:
    """Return a page of the ledger, the oldest row first."""
    first = number_of(selection.after) + 1
    rows = releases.list_ledger_rows(session, range(first, first + selection.limit + 1))[::-1]
    records = [
        {name: row.at.isoformat() if name == "at" else getattr(row, name) for name in LEDGER.names}
        for row in rows[: selection.limit]
    ]
    return Page(rows=tuple(records), after=(str(first + selection.limit - 1),) if len(rows) > selection.limit else None)


def _whole(session: Session, slug: str, language: str) -> WaveExport:
    return load_wave(session, slug, language=language)


def _facts(session: Session, slug: str, language: str) -> WaveExport:
    """Load a wave without its tree and its crowds, which take most of the time."""
    row = check_is_released(session, slug)
    release = releases.find_release(session, slug)
    return WaveExport(
        row=row,
        timezone=wave_store.get_programme(session, row.programme_slug).timezone,
        policy_version=release.policy_version if release else "",
        instrument=instrument_of(session, row.instrument_sha256),
        names={},
        parents={},
        crowds=(),
        known=known_measures(session, row.programme_slug),
        language=language,
    )


def _waves(_session: Session, wave: WaveExport, _selection: Selection, _first: str) -> Iterator[Keyed]:
    yield Keyed(place=(), row=(wave.wave_part, wave.provenance_part))


def _measures(_session: Session, wave: WaveExport, selection: Selection, _first: str) -> Iterator[Keyed]:
    for code, part in wave.measure_parts(selection.scales).items():
        if code in wave.asked:
            yield Keyed(place=(code,), row=(wave.wave_part, part))


def _units(_session: Session, wave: WaveExport, selection: Selection, first: str) -> Iterator[Keyed]:
    units = wave.chosen_units(selection.units)
    for unit in units[bisect_left(units, first) :]:
        yield Keyed(
            place=(unit,), row=(wave.wave_part, (unit, wave.names[unit], wave.parents[unit], _level(wave, unit)))
        )


def _crowds(_session: Session, wave: WaveExport, selection: Selection, first: str) -> Iterator[Keyed]:
    for crowd in _from(wave, first).chosen_crowds(selection.units):
        yield Keyed(place=(crowd.crowd,), row=(wave.wave_part, wave.crowd_part(crowd)))


def _cells(session: Session, wave: WaveExport, selection: Selection, first: str) -> Iterator[Keyed]:
    units = {crowd.crowd: crowd.units for crowd in wave.crowds}
    for row in export_tables.cell_rows(session, _from(wave, first), _pick(selection)):
        crowd, measure = str(row[1][0]), str(row[2][0])
        yield Keyed(place=(crowd, measure), row=row, units=units[crowd])


def _totals(session: Session, wave: WaveExport, selection: Selection, first: str) -> Iterator[Keyed]:
    """Yield totals; only the crowds of as many units are read as a page may be about."""
    measures = wave.measure_parts(selection.scales)
    units = [unit for unit in wave.chosen_units(selection.units) if unit in wave.with_children and unit >= first]
    at_once = selection.limit // max(1, len(measures)) + 2
    for start in range(0, len(units), at_once):
        chosen = tuple(units[start : start + at_once])
        labels = {label for unit in chosen for label in wave.places[unit].inside}
        gathered = Gathering(wave=wave, units=chosen, measures=measures)
        for crowd, cells in wave.iter_cells(session, [crowd for crowd in wave.crowds if crowd.crowd in labels]):
            gathered.add(crowd, cells)
        for row in gathered.rows():
            unit = str(row[1][0])
            yield Keyed(place=(unit, str(row[2][0])), row=row, units=(unit,))


def _bridge(_session: Session, wave: WaveExport, selection: Selection, _first: str) -> Iterator[Keyed]:
    for row in export_tables.unit_rows(wave, _pick(selection)):
        yield Keyed(place=(str(row[1][0]), str(row[2][0] or "")), row=row)


def _topics(session: Session, wave: WaveExport, selection: Selection, first: str) -> Iterator[Keyed]:
    units = {crowd.crowd: crowd.units for crowd in wave.crowds}
    for row in export_extras.topic_rows(session, _from(wave, first), _pick(selection)):
        crowd = str(row[1][0])
        yield Keyed(place=(crowd, str(row[2][0])), row=row, units=units[crowd])


def _segments(session: Session, wave: WaveExport, selection: Selection, _first: str) -> Iterator[Keyed]:
    found = []
    for row in export_extras.segment_rows(session, wave, _pick(selection)):
        unit, _, segment, _, cell, _ = (str(field or "") for field in row[1])
        found.append(Keyed(place=(unit, segment, cell, str(row[2][0] or "")), row=row, units=(unit,)))
    yield from sorted(found, key=lambda each: each.place)


def _level(wave: WaveExport, unit: str) -> str:
    if unit == wave.root:
        return Level.COMPANY.value
    return Level.UNIT.value if unit in wave.with_children else Level.TEAM.value


def _pick(selection: Selection) -> Pick:
    return Pick(units=selection.units, scales=selection.scales)


def _from(wave: WaveExport, first: str) -> WaveExport:
    """Return the wave with those of its crowds that stand at a label or behind it."""
    return replace(wave, crowds=tuple(crowd for crowd in wave.crowds if crowd.crowd >= first))
