"""Assembles the export of every released cell for HR, with code book and checksums, and records it in the ledger."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence

from sqlalchemy.orm import Session

from reports.disclosure.reasons import Reason, Withheld
from reports.exports.code_book import code_book
from reports.exports.csv_writer import decimal_sign, write_csv
from reports.exports.json_writer import write_json
from reports.exports.table import BridgeRow, ExportRow, ExportTable
from reports.services.history import WaveRecord, load_history
from reports.store import releases
from reports.store.releases import CrowdRecord
from surveys.enums import MeasureKind, WaveStatus
from surveys.errors import NotFound, Refused
from surveys.i18n import Translator, translator
from surveys.instruments.schema import Direction
from surveys.instruments.scoring import Measure, measures
from surveys.store import waves as wave_store

FORMATS = ("csv", "json")


def export_files(
    session: Session,
    *,
    waves: Sequence[str] | None,
    language: str,
    file_format: str,
    actor: str,
    now: dt.datetime,
    locale: str | None = None,
    stem: str = "barograph",
) -> dict[str, bytes]:
    """Return the files of an export by name and note in the ledger who got it.

    ``waves`` are slugs, all released waves where None. ``locale`` (such as ``es_ES``) sets the decimal sign of CSV.

    Raises:
        NotFound: a wave is unknown or not released.
        Refused: the format is not offered.
    """
    if file_format not in FORMATS:
        raise Refused("There is no export format {format}. Choose csv or json.", format=file_format[:20])
    tr = translator(language)
    chosen = released_slugs(session) if waves is None else list(waves)
    if not chosen:
        raise NotFound("Nothing has been released yet.")
    table = build_table(session, waves=chosen, language=language)
    book = code_book(tr)
    if file_format == "csv":
        files = write_csv(table, book, tr, stem=stem, bom=True, decimal=decimal_sign(locale) if locale else ".")
    else:
        files = write_json(table, book, tr, stem=stem)
    digest = hashlib.sha256(b"".join(files[name] for name in sorted(files))).hexdigest()
    subject = f"{file_format}: {chosen[0]}" + (f" .. {chosen[-1]}" if len(chosen) > 1 else "")
    releases.add_ledger_entry(
        session, at=now, actor=actor, kind="export", subject=subject, cells=len(table.rows), sha256=digest
    )
    return files


def released_slugs(session: Session) -> list[str]:
    """Return the slugs of all released waves, oldest close first."""
    rows = wave_store.list_waves(session, status=WaveStatus.RELEASED)
    return [wave.slug for wave in sorted(rows, key=lambda wave: (wave.closes_at, wave.slug))]


def build_table(session: Session, *, waves: Sequence[str], language: str) -> ExportTable:
    """Return every released cell of the waves, and for every unit the crowds its people are reported in."""
    rows: list[ExportRow] = []
    bridge: list[BridgeRow] = []
    loaded: dict[str, WaveRecord] = {}
    for slug in reversed(waves):  # the newest first: its history holds the older ones too
        if slug not in loaded:
            loaded.update({wave.slug: wave for wave in load_history(session, wave=slug).waves})
        wave = loaded[slug]
        for crowd in wave.crowds:
            rows.extend(_rows(wave, crowd, translator(language)))
        bridge.extend(
            BridgeRow(wave=slug, unit=unit, unit_name=wave.units[unit].name, crowd=crowd.crowd)
            for crowd in wave.crowds
            for unit in crowd.units
            if unit in wave.units
        )
    return ExportTable(rows=tuple(rows), bridge=tuple(bridge))


def _rows(wave: WaveRecord, crowd: CrowdRecord, tr: Translator) -> list[ExportRow]:
    names = tuple(wave.names(crowd.units))
    return [
        ExportRow(
            wave=wave.slug,
            wave_closed_on=wave.closed_on,
            crowd=crowd.crowd,
            crowd_name=tr.join(names) if names else crowd.crowd,
            units=names,
            measure=measure.code,
            measure_kind=measure.kind,
            **_wording(wave, measure, tr),
            outcome=crowd.cells.get(measure.code, Withheld(reason=Reason.TOO_FEW_FOR_CUT, k=wave.k)),
            invited=crowd.invited,
            response=crowd.response,
            policy_version=wave.policy_version,
            fingerprint=wave.fingerprint,
            mode=wave.mode,
            is_lower_better=measure.higher_is is Direction.WORSE,
        )
        for measure in measures(wave.instrument)
    ]


def _wording(wave: WaveRecord, measure: Measure, tr: Translator) -> dict[str, str]:
    if measure.kind is MeasureKind.ITEM:
        item = wave.instrument.item(measure.code)
        text = item.text.to(tr.language)
        return {"measure_name": text, "item_text": text, "source": item.source, "licence": item.licence}
    scale = wave.instrument.scale(measure.code)
    return {"measure_name": scale.name.to(tr.language), "item_text": "", "source": "", "licence": ""}
