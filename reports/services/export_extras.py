"""Turns one released wave into the rows of the tables of topics and segments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy.orm import Session

from reports.disclosure.policy import FavourableBand
from reports.disclosure.reasons import Reason, Withheld
from reports.exports.table import MEASURE_PART, UNIT_SEPARATOR, Part, Row, outcome_part, share_fields, withheld_part
from reports.services.export_wave import Pick, WaveExport, read_cell
from reports.store import export_rows
from reports.store.export_rows import SegmentCell
from surveys.instruments.parts import Segment

_NO_MEASURE: Part = (None,) * len(MEASURE_PART)


def topic_rows(session: Session, wave: WaveExport, pick: Pick) -> Iterator[Row]:
    """Yield the rows of the topics by crowd and topic; a wave without topics has none. Scales choose nothing here."""
    topics = sorted(wave.instrument.topics, key=lambda topic: topic.code)
    if not topics:
        return
    crowds = wave.chosen_crowds(pick.units)
    found = export_rows.iter_topics(session, wave.row.slug, [crowd.crowd for crowd in crowds])
    for crowd, (_, shares) in zip(crowds, found, strict=True):
        part = wave.crowd_part(crowd)
        for topic in topics:
            share = _share_part(wave, shares.get(topic.code))
            named = (topic.code, topic.label.to(wave.language), *share)
            yield wave.wave_part, part, named, wave.provenance_part


def segment_rows(session: Session, wave: WaveExport, pick: Pick) -> Iterator[Row]:
    """Yield the rows of the segments by unit, segment, cell and measure; a table that was declined has one row."""
    if not wave.instrument.segments:
        return
    admitted: dict[tuple[str, str], list[SegmentCell]] = {}
    for cell in export_rows.list_segment_cells(session, wave.row.slug):
        admitted.setdefault((cell.unit, cell.segment), []).append(cell)
    parts = {code: part for code, part in wave.measure_parts(pick.scales).items() if code in wave.asked}
    top = {unit for unit, parent in wave.parents.items() if parent == wave.root} | {unit for unit, _ in admitted}
    for unit in wave.chosen_units(pick.units):
        if unit in top:
            for segment in wave.instrument.segments:
                yield from _segment_rows(wave, unit, segment, admitted.get((unit, segment.code), []), parts)


def _segment_rows(
    wave: WaveExport, unit: str, segment: Segment, cells: list[SegmentCell], parts: Mapping[str, Part]
) -> Iterator[Row]:
    about = (unit, wave.names[unit], segment.code, segment.text.to(wave.language))
    if not cells:
        yield wave.wave_part, (*about, None, None), _NO_MEASURE, _declined(wave), wave.provenance_part
    for cell in cells:
        options = UNIT_SEPARATOR.join(_option(wave, segment, number) for number in cell.options)
        for code, words in parts.items():
            outcome = read_cell(cell.figures[code]) if code in cell.figures else wave.missing(code)
            figure = outcome_part(outcome, None, wave.tr)
            yield wave.wave_part, (*about, cell.cell, options), words, figure, wave.provenance_part


def _option(wave: WaveExport, segment: Segment, number: int) -> str:
    if number == 0:
        return wave.tr.t("No answer")
    return next(choice.label.to(wave.language) for choice in segment.choices if choice.code == number)


def _declined(wave: WaveExport) -> Part:
    if wave.row.is_none:
        return outcome_part(Withheld(reason=Reason.TOO_FEW_IN_ALL, k=wave.row.k), None, wave.tr)
    reason = wave.tr.t(
        "This division is not shown. It needs 100 answers in the unit, and together with all other figures it must "
        "not single out fewer than {k} people.",
        k=wave.row.k,
    )
    return withheld_part(Reason.DECLINED_BY_LEDGER.value, reason)


def _share_part(wave: WaveExport, share: FavourableBand | None) -> Part:
    if share is not None and not wave.row.is_none:
        return (*share_fields(share, wave.tr), None, None)
    reason = Reason.TOO_FEW_IN_ALL if wave.row.is_none else Reason.TOO_FEW_FOR_CUT
    withheld = Withheld(reason=reason, k=wave.row.k)
    return (None, None, None, None, withheld.reason_code, withheld.sentence(wave.tr))
