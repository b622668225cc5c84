"""Freezes leader reports and keeps their PDF files in the data folder; a report that is there is left alone."""

from __future__ import annotations

import atexit
import datetime as dt
import os
from functools import cache
from pathlib import Path

from app.installation import Installation
from reports.document import LeaderReport
from reports.pdf.child import Renderer
from reports.services import leader_report, ledger
from reports.services.history import latest_released
from reports.services.leader_report import Batch, StoredReport
from surveys.enums import WaveStatus
from surveys.store import waves


class ReportMaker:
    """Makes reports of one installation; what the reports of a wave share is loaded once."""

    def __init__(self) -> None:
        self._batches: dict[str, tuple[tuple[str, ...], Batch]] = {}

    def __call__(self, inst: Installation, wave: str, unit: str, language: str, now: dt.datetime) -> None:
        """Freeze one report and write its PDF file."""
        path = report_path(inst, wave=wave, unit=unit, language=language)
        if not path.exists():
            write_file(path, pdf_of(self.get(inst, wave=wave, unit=unit, language=language, now=now).document))

    def get(
        self,
        inst: Installation,
        *,
        wave: str | None,
        unit: str,
        language: str,
        now: dt.datetime,
        reader: str | None = None,
    ) -> StoredReport:
        """Return the frozen report, of the wave released last where none is named; it is made where there is none.

        ``reader`` is the account that opens it as page or PDF; the ledger notes it once a day. None: nobody reads yet.

        Raises:
            NotFound: the wave is not released, or the unit was not part of it.
        """
        found = self._find_or_freeze(inst, wave=wave, unit=unit, language=language, now=now)
        if reader is not None:
            _note_reading(inst, found, unit=unit, language=language, now=now, reader=reader)
        return found

    def _find_or_freeze(
        self, inst: Installation, *, wave: str | None, unit: str, language: str, now: dt.datetime
    ) -> StoredReport:
        with inst.database.reading() as session:
            slug = wave or latest_released(session)
            found = leader_report.find_frozen(session, unit=unit, wave=slug, language=language)
            if found is not None:
                return found
        batch = self.batch(inst, slug)  # before the write transaction: it takes the longest
        with inst.database.transaction() as session:
            return leader_report.freeze_report(session, batch=batch, unit=unit, language=language, now=now)

    def batch(self, inst: Installation, wave: str) -> Batch:
        """Return what the reports of a wave share."""
        with inst.database.reading() as session:
            released = tuple(row.slug for row in waves.list_waves(session, status=WaveStatus.RELEASED))
            known = self._batches.get(wave)
            if known is not None and known[0] == released:
                return known[1]
            batch = leader_report.load_batch(session, wave=wave)
        # One wave at a time: its history may be large, and the next wave's makes it useless.
        self._batches = {wave: (released, batch)}
        return batch


def _note_reading(
    inst: Installation, report: StoredReport, *, unit: str, language: str, now: dt.datetime, reader: str
) -> None:
    """Note in the ledger that an account opens a report, unless it did today; two at once are noted once."""
    facts = {"actor": reader, "wave": report.wave, "unit": unit, "language": language, "sha256": report.sha256}
    with inst.database.reading() as session:
        if ledger.is_reading_noted(session, **facts, now=now):
            return
    with inst.database.transaction() as session:
        ledger.note_reading(session, **facts, now=now)


def report_path(inst: Installation, *, wave: str, unit: str, language: str) -> Path:
    """Return where the PDF of a report is kept."""
    return inst.settings.data_dir / "reports" / wave / f"{unit}.{language}.pdf"


def pdf_of(report: LeaderReport) -> bytes:
    """Return the PDF of a frozen report, dated by the day of its release: same report, same bytes.

    It is drawn in a forked child of a warm helper, with limits; each process that asks keeps one helper.
    """
    return _renderer().render(report, released_on=dt.datetime.combine(report.wave.released_on, dt.time(), dt.UTC))


@cache
def _renderer() -> Renderer:
    renderer = Renderer()
    atexit.register(renderer.close)
    return renderer


def write_file(path: Path, content: bytes) -> None:
    """Write beside and rename, so that a crash leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(path)
