"""Turns released waves into the export for HR: files in a folder, written wave by wave, and their ledger entry."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.orm import Session

from reports.exports.code_book import code_book, read_me
from reports.exports.csv_writer import CsvWriter, decimal_sign
from reports.exports.json_writer import JsonWriter
from reports.exports.parquet_writer import ParquetWriter
from reports.exports.power_query import power_query
from reports.exports.table import CELLS, SEGMENTS, TOPICS, TOTALS, UNITS, ExportRow
from reports.exports.writer import Beside, Writer, sha256_of, write_checksums
from reports.exports.xlsx_writer import XlsxWriter
from reports.services.auditing import check_released
from reports.services.export_extras import segment_rows, topic_rows
from reports.services.export_tables import cell_rows, gathering, page_rows, unit_rows
from reports.services.export_wave import KnownMeasure, Pick, codes_of, known_measures, load_wave
from reports.services.history import check_is_released
from reports.store import export_rows, releases
from surveys.enums import MeasureKind, WaveStatus
from surveys.errors import NotFound, Refused
from surveys.i18n import translator
from surveys.store import waves as wave_store

FORMATS = ("csv", "xlsx", "parquet", "json")
DEFAULT_ADDRESS = "http://127.0.0.1:8000"

Reading = Callable[[], AbstractContextManager[Session]]
"""Opens a reading transaction; each wave is read in one of its own, so that none stays open for long."""


@dataclass(frozen=True, kw_only=True)
class ExportOrder:
    """What is wanted: ``None`` means all; ``address`` is where programs find the installation."""

    file_format: str
    language: str
    waves: tuple[str, ...] | None = None
    units: tuple[str, ...] | None = None
    scales: tuple[str, ...] | None = None
    locale: str | None = None
    stem: str = "barograph"
    address: str = DEFAULT_ADDRESS


@dataclass(frozen=True, kw_only=True)
class Export:
    """Files that were written: their paths, the number of cells, a checksum over all, and what the ledger notes."""

    files: tuple[Path, ...]
    waves: tuple[str, ...]
    cells: int
    sha256: str
    subject: str
    detail: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """The waves of an order, oldest close first, with their policies and the measures that its scales mean."""

    waves: tuple[str, ...]
    pick: Pick
    measures: tuple[str, ...] | None
    policies: tuple[str, ...]


def write_export(reading: Reading, order: ExportOrder, folder: Path) -> Export:
    """Write the files of an export into an empty folder. Call :func:`note_export` before anybody gets them.

    Rows are written as they are read; the memory it takes depends on the size of one wave's tree, not on the number of
    rows. ``locale`` (such as ``es_ES``) sets decimal sign and separator of CSV. Same released rows, same bytes.

    Raises:
        NotFound: a wave is unknown or not released, a unit is in none of the waves, or a scale was never asked.
        Refused: the format or the locale is not known.
        ReleaseRefused: an auditor found something wrong with a release.
    """
    if order.file_format not in FORMATS:
        raise Refused(
            "There is no export format {format}. Choose csv, xlsx, parquet or json.", format=order.file_format[:20]
        )
    tr = translator(order.language)
    beside = Beside(code_book=code_book(tr), read_me=read_me(tr), language=order.language)
    decimal = decimal_sign(order.locale) if order.locale else "."
    with reading() as session:
        plan = _plan(session, order)
    cells = 0
    with _writer(order, folder, beside, decimal) as writer:
        for slug in plan.waves:
            with reading() as session:
                check_released(session, [slug])
                cells += _write_wave(session, writer, slug, plan.pick, order.language)
        writer.finish()
    (folder / f"{order.stem}.pq").write_text(power_query(order.address), encoding="utf-8", newline="")
    files = write_checksums(folder)
    return Export(
        files=files,
        waves=plan.waves,
        cells=cells,
        sha256=sha256_of(files[-1]),
        subject=f"{order.file_format}: {plan.waves[0]}" + (f" .. {plan.waves[-1]}" if len(plan.waves) > 1 else ""),
        detail={
            "waves": list(plan.waves),
            "units": "all" if order.units is None else sorted(order.units),
            "measures": "all" if plan.measures is None else list(plan.measures),
            "policy": ", ".join(plan.policies),
            "format": order.file_format,
        },
    )


def note_export(session: Session, export: Export, *, actor: str, now: dt.datetime) -> None:
    """Note in the ledger who gets an export.

    Raises:
        NotFound: one of its waves was withdrawn while the files were written; they must not be handed out.
    """
    for slug in export.waves:
        check_is_released(session, slug)
    releases.add_ledger_entry(
        session,
        at=now,
        actor=actor,
        kind="export",
        subject=export.subject,
        cells=export.cells,
        sha256=export.sha256,
        detail=export.detail,
    )


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
    """Return the files of a small export by name, all in memory, and note in the ledger who got it.

    Raises as :func:`write_export` does.
    """
    order = ExportOrder(
        file_format=file_format,
        language=language,
        waves=None if waves is None else tuple(waves),
        locale=locale,
        stem=stem,
    )
    with TemporaryDirectory() as folder:
        export = write_export(lambda: nullcontext(session), order, Path(folder))
        note_export(session, export, actor=actor, now=now)
        return {path.name: path.read_bytes() for path in export.files}


def released_slugs(session: Session) -> list[str]:
    """Return the slugs of all released waves, oldest close first."""
    rows = wave_store.list_waves(session, status=WaveStatus.RELEASED)
    return [wave.slug for wave in sorted(rows, key=lambda wave: (wave.closes_at, wave.slug))]


def list_scales(session: Session, waves: Sequence[str], *, language: str) -> dict[str, str]:
    """Return code and name of every scale that the programmes of some released waves asked, by code."""
    programmes = sorted({wave_store.get_wave(session, wave).programme_slug for wave in waves})
    return {
        code: known.instrument.scale(code).name.to(language)
        for programme in programmes
        for code, known in sorted(known_measures(session, programme).items())
        if known.measure.kind is MeasureKind.SCALE
    }


def list_units(session: Session, wave: str) -> list[tuple[str, str]]:
    """Return key and name of every unit of a wave, by name and key."""
    return sorted(
        ((unit, name) for unit, _, name in export_rows.list_tree(session, wave)), key=lambda pair: (pair[1], pair[0])
    )


def heat_rows(session: Session, wave: str, *, language: str) -> list[ExportRow]:
    """Return the scales of a released wave by crowd, for a page.

    Raises:
        NotFound: the wave is unknown or not released.
        ReleaseRefused: an auditor found something wrong with its release.
    """
    check_is_released(session, wave)
    check_released(session, [wave])
    return page_rows(session, load_wave(session, wave, language=language))


def _plan(session: Session, order: ExportOrder) -> _Plan:
    for slug in order.waves or ():
        check_is_released(session, slug)
    waves = tuple(slug for slug in released_slugs(session) if order.waves is None or slug in order.waves)
    if not waves:
        raise NotFound("Nothing has been released yet.")
    for unit in sorted(set(order.units or ()) - export_rows.known_units(session, waves, order.units or ())):
        raise NotFound("There is no unit {unit} in these waves.", unit=unit[:60])
    found = [releases.find_release(session, slug) for slug in waves]
    return _Plan(
        waves=waves,
        pick=Pick(units=order.units, scales=order.scales),
        measures=_measures(session, waves, order.scales),
        policies=tuple(sorted({release.policy_version for release in found if release is not None})),
    )


def _measures(session: Session, waves: Sequence[str], scales: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return the codes of scales and their items; None where no scale was named, and refuse an unknown one."""
    if scales is None:
        return None
    known: dict[str, KnownMeasure] = {}
    for programme in sorted({wave_store.get_wave(session, wave).programme_slug for wave in waves}):
        known |= known_measures(session, programme)
    for scale in scales:
        if scale not in known or known[scale].measure.kind is not MeasureKind.SCALE:
            raise NotFound("There is no scale {scale} in these waves.", scale=scale[:60])
    return tuple(sorted(codes_of(known, scales)))


def _writer(order: ExportOrder, folder: Path, beside: Beside, decimal: str) -> Writer:
    if order.file_format == "csv":
        return CsvWriter(folder, beside, stem=order.stem, decimal=decimal)
    if order.file_format == "json":
        return JsonWriter(folder, beside, stem=order.stem)
    if order.file_format == "parquet":
        return ParquetWriter(folder, beside, stem=order.stem)
    return XlsxWriter(folder, beside, stem=order.stem)


def _write_wave(session: Session, writer: Writer, slug: str, pick: Pick, language: str) -> int:
    """Write the rows of one wave to every table; returns the number of cells."""
    wave = load_wave(session, slug, language=language)
    gathered = gathering(wave, pick)
    cells = writer.add(CELLS, cell_rows(session, wave, pick, gathered=gathered))
    writer.add(TOTALS, gathered.rows())
    writer.add(UNITS, unit_rows(wave, pick))
    writer.add(TOPICS, topic_rows(session, wave, pick))
    writer.add(SEGMENTS, segment_rows(session, wave, pick))
    return cells
