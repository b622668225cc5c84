"""Loads what the tables of one released wave share: its tree, crowds, questionnaire, and the parts of its rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from reports.disclosure.cells import ReleasedCell
from reports.disclosure.participation import ResponseBand
from reports.disclosure.reasons import Reason, Withheld
from reports.exports.table import UNIT_SEPARATOR, Part, iso, list_names, outcome_part
from reports.services.export_places import UnitPlace, places, subtrees
from reports.services.history import check_is_released
from reports.store import export_rows, releases
from reports.store.cells import from_plain
from reports.store.export_rows import CrowdFact
from surveys.crowds.shapes import WHOLE_COMPANY
from surveys.enums import MeasureKind, WaveStatus
from surveys.i18n import Translator, translator
from surveys.instruments.schema import Instrument
from surveys.instruments.scoring import Measure, measures
from surveys.models.waves import Wave
from surveys.services.questionnaires import instrument_of
from surveys.store import waves as wave_store

Outcome = ReleasedCell | Withheld

_MOST_IN_SENTENCE = 5
_KEPT = 1 << 14
"""Cells are rounded and banded, so that few of them differ: this many are kept instead of made again."""


@dataclass(frozen=True, kw_only=True)
class Pick:
    """Which rows are wanted; ``None`` means all. A pick chooses rows and never makes a number."""

    units: tuple[str, ...] | None = None
    scales: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class KnownMeasure:
    """A measure of a programme with the questionnaire of the last wave that asked it."""

    measure: Measure
    instrument: Instrument

    def part(self, tr: Translator, *, is_asked: bool = True) -> Part:
        """Return the fields of ``MEASURE_PART``; the words of a question that was not asked are left out."""
        code, higher = self.measure.code, self.measure.higher_is.value
        if self.measure.kind is MeasureKind.SCALE:
            name = self.instrument.scale(code).name.to(tr.language)
            return (code, self.measure.kind.value, code, name, None, higher, None, None, None)
        item = self.instrument.item(code)
        text = item.text.to(tr.language)
        origin = (item.source or None, item.attribution or None, item.licence or None)
        return (code, self.measure.kind.value, item.scale, text, text if is_asked else None, higher, *origin)


@dataclass(frozen=True)
class WaveExport:
    """A released wave as its tables need it; ``known`` are the measures of its programme by code, wave or not."""

    row: Wave
    timezone: str
    policy_version: str
    instrument: Instrument
    names: Mapping[str, str]
    parents: Mapping[str, str | None]
    crowds: tuple[CrowdFact, ...]
    known: Mapping[str, KnownMeasure]
    language: str

    @property
    def tr(self) -> Translator:
        """The words of the reader's language."""
        return translator(self.language)

    @cached_property
    def asked(self) -> frozenset[str]:
        """The codes of the items and scales of this wave."""
        return frozenset(measure.code for measure in measures(self.instrument))

    @cached_property
    def root(self) -> str:
        """The unit without one above."""
        return next(unit for unit, parent in self.parents.items() if parent is None)

    @cached_property
    def with_children(self) -> frozenset[str]:
        """The units above team level, and the root in any case."""
        return frozenset(parent for parent in self.parents.values() if parent is not None) | {self.root}

    @cached_property
    def places(self) -> dict[str, UnitPlace]:
        """Where the people of each unit are counted."""
        return places(self.parents, self.crowds)

    @cached_property
    def wave_part(self) -> Part:
        """The fields of ``WAVE_PART``."""
        zone, row = ZoneInfo(self.timezone), self.row
        opened = (row.opened_at or row.opens_at).astimezone(zone).date()
        closed = (row.closed_at or row.closes_at).astimezone(zone).date()
        return (row.slug, row.programme_slug, row.number, iso(opened), iso(closed))

    @cached_property
    def provenance_part(self) -> Part:
        """The fields of ``PROVENANCE_PART``."""
        modules = UNIT_SEPARATOR.join(self.instrument.modules)
        return (modules, self.row.instrument_sha256, self.policy_version, self.row.fingerprint, self.row.mode)

    def measure_parts(self, scales: Sequence[str] | None) -> dict[str, Part]:
        """Return the fields of ``MEASURE_PART`` by code, sorted: of all measures, or of some scales and their items."""
        wanted = sorted(self.known) if scales is None else sorted(codes_of(self.known, scales))
        return {code: self.known[code].part(self.tr, is_asked=code in self.asked) for code in wanted}

    def chosen_crowds(self, units: Sequence[str] | None) -> tuple[CrowdFact, ...]:
        """Return the crowds by label: all, or those with people of the subtrees of some units."""
        if units is None:
            return self.crowds
        inside = subtrees(units, self.parents)
        is_whole = self.crowds[:1] and self.crowds[0].crowd == WHOLE_COMPANY
        return tuple(crowd for crowd in self.crowds if inside and (is_whole or not inside.isdisjoint(crowd.units)))

    def chosen_units(self, units: Sequence[str] | None) -> tuple[str, ...]:
        """Return the keys of the units, sorted: all, or those of the subtrees of some."""
        return tuple(sorted(self.parents if units is None else subtrees(units, self.parents)))

    def crowd_part(self, crowd: CrowdFact) -> Part:
        """Return the fields of ``CROWD_PART``."""
        keys = (crowd.home,) if crowd.is_whole_company else crowd.units
        names = self.names_of(keys)
        joined = list_names(names) if len(crowd.units) > 1 or crowd.is_whole_company else None
        name = self.crowd_name(crowd)
        return (crowd.crowd, name, list_names(sorted(keys)), list_names(names), joined, crowd.invited)

    def crowd_name(self, crowd: CrowdFact) -> str:
        """Return the names of the teams of a crowd in words; the name of the company for one that joins everybody."""
        names = self.names_of((crowd.home,) if crowd.is_whole_company else crowd.units)
        return words_of(names, self.tr) or crowd.crowd

    def names_of(self, units: Sequence[str]) -> list[str]:
        """Return the names of units in alphabetical order."""
        return sorted(self.names[unit] for unit in units if unit in self.names)

    def outcome(self, code: str, cells: Mapping[str, str]) -> Outcome:
        """Return the cell of a measure from the stored cells of a crowd, or why there is none."""
        return read_cell(cells[code]) if code in cells else self.missing(code)

    def missing(self, code: str) -> Withheld:
        """Return why a crowd has no cell of a measure."""
        if code not in self.asked:
            return Withheld(reason=Reason.NOT_ASKED, k=self.row.k)
        return Withheld(reason=Reason.TOO_FEW_IN_ALL if self.row.is_none else Reason.TOO_FEW_FOR_CUT, k=self.row.k)

    def outcome_part(self, code: str, cells: Mapping[str, str], response: ResponseBand) -> Part:
        """Return the fields of ``OUTCOME_PART`` for a measure of a crowd."""
        if code in cells:
            return _stored_part(cells[code], response, self.language)
        return _missing_part(self.missing(code), self.language)

    def iter_cells(self, session: Session, crowds: Sequence[CrowdFact]) -> Iterator[tuple[CrowdFact, dict[str, str]]]:
        """Yield the crowds with their stored cells by measure, a few of them in memory at a time."""
        found = export_rows.iter_cells(session, self.row.slug, [crowd.crowd for crowd in crowds])
        for crowd, (_, cells) in zip(crowds, found, strict=True):
            yield crowd, cells


def load_wave(session: Session, slug: str, *, language: str) -> WaveExport:
    """Load a released wave.

    A wave that was released as none has one crowd of the whole company, of which every measure is withheld.

    Raises:
        NotFound: the wave is unknown, not released, or withdrawn.
    """
    row = check_is_released(session, slug)
    release = releases.find_release(session, slug)
    tree = export_rows.list_tree(session, slug)
    parents = {unit: parent for unit, parent, _ in tree}
    crowds = export_rows.list_crowd_facts(session, slug)
    if row.is_none:
        crowds = [
            CrowdFact(
                crowd=WHOLE_COMPANY,
                home=next(unit for unit, parent in parents.items() if parent is None),
                units=tuple(parents),
                invited=export_rows.count_invited(session, slug),
                response=ResponseBand.NOT_SHOWN,
                is_whole_company=True,
            )
        ]
    return WaveExport(
        row=row,
        timezone=wave_store.get_programme(session, row.programme_slug).timezone,
        policy_version=release.policy_version if release else "",
        instrument=instrument_of(session, row.instrument_sha256),
        names={unit: name for unit, _, name in tree},
        parents=parents,
        crowds=tuple(crowds),
        known=known_measures(session, row.programme_slug),
        language=language,
    )


def known_measures(session: Session, programme: str) -> dict[str, KnownMeasure]:
    """Return every measure that a released wave of a programme asked, as the last of them asked it."""
    found: dict[str, KnownMeasure] = {}
    rows = wave_store.list_waves(session, programme=programme, status=WaveStatus.RELEASED)
    for sha256 in dict.fromkeys(row.instrument_sha256 for row in rows):
        instrument = instrument_of(session, sha256)
        found |= {each.code: KnownMeasure(measure=each, instrument=instrument) for each in measures(instrument)}
    return found


@lru_cache(maxsize=_KEPT)
def read_cell(stored: str) -> Outcome:
    """Return a stored cell; it names neither its crowd nor its measure, so that equal ones are one object."""
    return from_plain("", "", json.loads(stored))


@lru_cache(maxsize=_KEPT)
def _stored_part(stored: str, response: ResponseBand, language: str) -> Part:
    return outcome_part(read_cell(stored), response, translator(language))


@lru_cache(maxsize=256)
def _missing_part(withheld: Withheld, language: str) -> Part:
    return outcome_part(withheld, None, translator(language))


def words_of(names: Sequence[str], tr: Translator) -> str:
    """Return names as a list in words, cut off where they are many."""
    if len(names) <= _MOST_IN_SENTENCE:
        return tr.join(names)
    others = len(names) - _MOST_IN_SENTENCE
    shown = ", ".join(names[:_MOST_IN_SENTENCE])
    return tr.n("{names} and {count} other", "{names} and {count} others", others, names=shown)


def codes_of(known: Mapping[str, KnownMeasure], scales: Sequence[str]) -> set[str]:
    """Return the codes of some scales and of their items; codes that are no scales are left out."""
    found: set[str] = set()
    for scale in scales:
        if scale in known and known[scale].measure.kind is MeasureKind.SCALE:
            found |= {scale, *known[scale].instrument.scale(scale).items}
    return found & set(known)
