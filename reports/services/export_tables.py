"""Turns one released wave into the rows of the tables of cells, totals and units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy.orm import Session

from reports.disclosure.cells import ReleasedCell
from reports.disclosure.combine import combine
from reports.disclosure.participation import unit_response
from reports.disclosure.reasons import Reason, Withheld
from reports.exports.table import ExportRow, Level, Part, Relation, Row, list_names, outcome_part
from reports.services.export_places import upwards
from reports.services.export_wave import Outcome, Pick, WaveExport, words_of
from reports.store.export_rows import CrowdFact
from surveys.enums import MeasureKind
from surveys.instruments.parts import Direction


@dataclass(frozen=True)
class Gathering:
    """The cells of whole crowds on their way into the totals of the units above; equal cells are one object."""

    wave: WaveExport
    units: tuple[str, ...]
    measures: Mapping[str, Part]
    cells: dict[tuple[str, str], list[Outcome]] = field(default_factory=dict)

    @cached_property
    def wanted(self) -> frozenset[str]:
        """The units, to look one up."""
        return frozenset(self.units)

    def add(self, crowd: CrowdFact, cells: Mapping[str, str]) -> None:
        """Take the stored cells of a crowd for every unit that the whole crowd lies in."""
        for unit in upwards(crowd.home, self.wave.parents):
            if unit in self.wanted:
                for measure in self.measures:
                    if measure in self.wave.asked:
                        self.cells.setdefault((unit, measure), []).append(self.wave.outcome(measure, cells))

    def rows(self) -> Iterator[Row]:
        """Yield the rows of the totals by unit and measure."""
        wave = self.wave
        by_label = {crowd.crowd: crowd for crowd in wave.crowds}
        for unit in self.units:
            crowds = [by_label[label] for label in wave.places[unit].inside]
            invited = sum(crowd.invited for crowd in crowds)
            part = _unit_part(wave, unit, len(crowds), invited)
            for measure, words in self.measures.items():
                outcome = self._outcome(unit, measure)
                yield wave.wave_part, part, words, _total_part(wave, unit, outcome, invited), wave.provenance_part

    def _outcome(self, unit: str, measure: str) -> Outcome:
        wave = self.wave
        if wave.row.is_none or measure not in wave.asked:
            return wave.missing(measure)
        if (unit, measure) not in self.cells:
            outside = {other for units in wave.places[unit].across.values() for other in units}
            names = words_of(wave.names_of(sorted(outside)), wave.tr)
            return Withheld(reason=Reason.JOINED_WITH, k=wave.row.k, names=(names,) if names else ())
        return combine(unit, self.cells[unit, measure])


def gathering(wave: WaveExport, pick: Pick) -> Gathering:
    """Return an empty gathering for the units above team level that were picked."""
    units = tuple(unit for unit in wave.chosen_units(pick.units) if unit in wave.with_children)
    return Gathering(wave=wave, units=units, measures=wave.measure_parts(pick.scales))


def cell_rows(
    session: Session,
    wave: WaveExport,
    pick: Pick,
    *,
    after: tuple[str, str] = ("", ""),
    gathered: Gathering | None = None,
) -> Iterator[Row]:
    """Yield the rows of the cells by crowd and measure, those behind the place ``after`` (crowd, measure).

    The crowds that are read are handed on to ``gathered``, so that totals need no second reading.
    """
    parts = wave.measure_parts(pick.scales)
    crowds = [crowd for crowd in wave.chosen_crowds(pick.units) if crowd.crowd >= after[0]]
    for crowd, cells in wave.iter_cells(session, crowds):
        if gathered is not None:
            gathered.add(crowd, cells)
        part = wave.crowd_part(crowd)
        for measure, words in parts.items():
            if (crowd.crowd, measure) > after:
                outcome = wave.outcome_part(measure, cells, crowd.response)
                yield wave.wave_part, part, words, outcome, wave.provenance_part


def total_rows(session: Session, wave: WaveExport, pick: Pick) -> Iterator[Row]:
    """Yield the rows of the totals by unit and measure; reads the cells of the wave once."""
    gathered = gathering(wave, pick)
    if gathered.units:
        for crowd, cells in wave.iter_cells(session, wave.chosen_crowds(pick.units)):
            gathered.add(crowd, cells)
    yield from gathered.rows()


def unit_rows(wave: WaveExport, pick: Pick) -> Iterator[Row]:
    """Yield the rows of the bridge by unit and crowd; a unit as which nobody is counted has one without a crowd."""
    by_label = {crowd.crowd: crowd for crowd in wave.crowds}
    for unit in wave.chosen_units(pick.units):
        place = wave.places[unit]
        own: Part = (unit, wave.names[unit], wave.parents[unit], _level(wave, unit).value)
        for label in sorted({*place.inside, *place.across}):
            name = wave.crowd_name(by_label[label])
            yield wave.wave_part, own, (label, name, *_relation(wave, unit, label))
        if not place.inside and not place.across:
            reason = wave.tr.t("Nobody is counted as this unit: its people answer in the crowds of others.")
            yield wave.wave_part, own, (None, None, Relation.NONE.value, None, Reason.JOINED_WITH.value, reason)


def page_rows(session: Session, wave: WaveExport) -> list[ExportRow]:
    """Return all scales of a programme by crowd for a page, with figures or reasons; none of a wave without crowds."""
    if wave.row.is_none:
        return []
    names = {
        code: known.instrument.scale(code).name.to(wave.language)
        for code, known in sorted(wave.known.items())
        if known.measure.kind is MeasureKind.SCALE
    }
    return [
        ExportRow(
            crowd=crowd.crowd,
            crowd_name=wave.crowd_name(crowd),
            units=crowd.units,
            measure=code,
            measure_name=name,
            outcome=wave.outcome(code, cells),
            invited=crowd.invited,
            is_lower_better=wave.known[code].measure.higher_is is Direction.WORSE,
        )
        for crowd, cells in wave.iter_cells(session, wave.crowds)
        for code, name in names.items()
    ]


def _relation(wave: WaveExport, unit: str, label: str) -> Part:
    """Return the last fields of a row of the bridge: relation, joined with whom, reason code and reason."""
    if wave.row.is_none:
        sentence = Withheld(reason=Reason.TOO_FEW_IN_ALL, k=wave.row.k).sentence(wave.tr)
        relation = Relation.INSIDE if unit == wave.root else Relation.ACROSS
        return (relation.value, None, Reason.TOO_FEW_IN_ALL.value, sentence)
    outside = wave.places[unit].across.get(label)
    if outside is None:
        return (Relation.INSIDE.value, None, None, None)
    names = wave.names_of(outside)
    sentence = Withheld(reason=Reason.JOINED_WITH, names=(words_of(names, wave.tr),)).sentence(wave.tr)
    return (Relation.ACROSS.value, list_names(names), Reason.JOINED_WITH.value, sentence)


def _level(wave: WaveExport, unit: str) -> Level:
    if unit == wave.root:
        return Level.COMPANY
    return Level.UNIT if unit in wave.with_children else Level.TEAM


def _unit_part(wave: WaveExport, unit: str, crowds: int, invited: int) -> Part:
    level = _level(wave, unit).value
    if wave.row.is_none:
        return (unit, wave.names[unit], wave.parents[unit], level, None, None, None, invited or None)
    place = wave.places[unit]
    outside = sorted({other for units in place.across.values() for other in units})
    missing = list_names(wave.names_of(sorted(set(place.missing))))
    joined = list_names(wave.names_of(outside))
    return (unit, wave.names[unit], wave.parents[unit], level, crowds, missing, joined, invited or None)


def _total_part(wave: WaveExport, unit: str, outcome: Outcome, invited: int) -> Part:
    if isinstance(outcome, ReleasedCell):
        return outcome_part(outcome, unit_response(outcome.n_band, invited), wave.tr)
    if outcome.reason is Reason.TOO_FEW_FOR_CUT and len(wave.places[unit].inside) > 1:
        reason = wave.tr.t(
            "In one of its groups fewer than {k} people gave an opinion on this. A total needs all its groups.",
            k=outcome.k,
        )
        return outcome_part(outcome, None, wave.tr, reason=reason)
    return outcome_part(outcome, None, wave.tr)
