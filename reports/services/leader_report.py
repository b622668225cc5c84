"""Builds the report of a unit from released cells, freezes it, and hands out the frozen one ever after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from reports.document import LeaderReport, Provenance, Trace, WaveFacts, from_json, to_json
from reports.document import sha256 as document_hash
from reports.document_roadmap import RoadmapPages
from reports.models import ReportDocument
from reports.services import ledger, report_pressure
from reports.services.auditing import check_released
from reports.services.findings import Findings, find_trends
from reports.services.history import History, check_is_released, latest_released, load_history
from reports.services.link_page import link_page
from reports.services.report_drivers import drivers_page
from reports.services.report_findings import collect
from reports.services.report_imported import imported_of
from reports.services.report_method import conversation, mode_text, paragraphs, setting_lines
from reports.services.report_pressure import PressureFindings
from reports.services.report_run_up import run_up_page
from reports.services.report_sentences import (
    headings,
    member_units,
    response_text,
    scales_lead,
    standing_of,
    trace_note,
    who_answered,
)
from reports.services.report_side import side_page
from reports.services.report_traces import Sheet, focus_of, sections_of, traces_of
from reports.services.trend_sets import page_crowds, window
from reports.stats.methods import METHOD_VERSION
from reports.store import releases
from surveys.ballots.manifest import words
from surveys.errors import NotFound
from surveys.i18n import Translator, translator
from surveys.version import PROGRAM_VERSION


@dataclass(frozen=True, kw_only=True)
class StoredReport:
    """A frozen report with its hash."""

    document: LeaderReport
    sha256: str
    wave: str


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A released wave with its history and trends, loaded once for many reports."""

    history: History
    findings: Findings


def load_batch(session: Session, *, wave: str | None = None) -> Batch:
    """Return what all reports of a wave share; the wave released last where none is named.

    Raises:
        NotFound: the wave is unknown or not released.
        ReleaseRefused: a wave of it does not pass the auditors any more.
    """
    history = load_history(session, wave=wave or latest_released(session))
    check_released(session, [each.slug for each in window(history.waves) if not each.is_withdrawn])
    return Batch(history=history, findings=find_trends(history))


def list_units(batch: Batch) -> tuple[str, ...]:
    """Return the keys of all units that get a report, in the order of their keys."""
    return tuple(sorted(batch.history.last.units))


def find_frozen(session: Session, *, unit: str, wave: str, language: str) -> StoredReport | None:
    """Return the frozen report of a unit, or None where there is none yet.

    Raises:
        NotFound: the wave is not released, or was withdrawn.
        ReleaseRefused: the wave does not pass the auditors any more.
    """
    check_is_released(session, wave)
    check_released(session, [wave])
    found = releases.find_latest_report(session, wave=wave, unit=unit, language=language)
    if found is None:
        return None
    return StoredReport(document=from_json(found.document), sha256=found.sha256, wave=wave)


def freeze_report(session: Session, *, batch: Batch, unit: str, language: str, now: dt.datetime) -> StoredReport:
    """Make and store the report of a unit as of the release day; an existing one is returned unchanged."""
    last = batch.history.last
    as_of = last.released_at.astimezone(ZoneInfo(batch.history.timezone)).date()
    found = releases.find_report(session, wave=last.slug, unit=unit, language=language, as_of=as_of)
    if found is not None:
        return StoredReport(document=from_json(found.document), sha256=found.sha256, wave=last.slug)
    # Read back at once: decimals are rounded when it is stored, and the first print must be that of every later one.
    text = to_json(build_report(session, batch=batch, unit=unit, language=language, as_of=as_of))
    document = from_json(text)
    digest = document_hash(document)
    releases.add_report(
        session,
        ReportDocument(wave=last.slug, unit=unit, language=language, as_of=as_of, sha256=digest, document=text),
    )
    releases.add_ledger_entry(
        session,
        at=now,
        actor="reports",
        kind=ledger.REPORT,
        subject=ledger.report_subject(last.slug, unit, language),
        cells=sum(len(section.rows) for section in document.scales),
        sha256=digest,
        detail=_cells_of(batch, unit, document),
    )
    return StoredReport(document=document, sha256=digest, wave=last.slug)


def _cells_of(batch: Batch, unit: str, document: LeaderReport) -> dict[str, object]:
    """Return which cells a report rests on: the waves of its trend, the unit, and the measures it shows."""
    held = [wave.slug for wave in window(batch.history.waves) if not wave.is_withdrawn]
    held = held if document.scales else [document.wave.slug]
    shown = {section.code for section in document.scales}
    shown.update(row.code for section in document.scales for row in section.rows)
    return {
        "waves": held,
        "units": _units_of(batch, unit, document),
        "measures": sorted(shown),
        "policy": document.provenance.policy,
    }


def _units_of(batch: Batch, unit: str, document: LeaderReport) -> list[str]:
    """Return the unit, and where page A has a row for each of its crowds, the units that these hold."""
    rows = document.roadmap.side.rows if document.roadmap is not None and document.roadmap.side is not None else ()
    held = {key for record in page_crowds(batch.history.last, unit) for key in record.units} if len(rows) > 1 else set()
    return sorted({unit} | held)


def build_report(session: Session, *, batch: Batch, unit: str, language: str, as_of: dt.date) -> LeaderReport:
    """Return the report of a unit as data: a function of released records, imported results and roadmap facts up to
    ``as_of``.
    """
    history, last = batch.history, batch.history.last
    if unit not in last.units:
        raise NotFound("There is no report of {unit} in wave {wave}.", unit=unit[:60], wave=last.slug)
    tr = translator(language)
    standing = standing_of(history, unit, tr)
    sheet = Sheet(history=history, unit=unit, found=batch.findings.sets.get(unit), tr=tr)
    findings = collect(history, batch.findings, unit)
    pressure = report_pressure.pressure_of(
        session,
        members=member_units(last, unit),
        opened_on=last.opened_on,
        recall_days=last.instrument.recall.days,
        as_of=as_of,
        first_on=window(history.waves)[0].opened_on,
        tr=tr,
    )
    traces = traces_of(sheet, findings)
    scales = sections_of(sheet, findings) if page_crowds(last, unit) else ()
    return LeaderReport(
        language=tr.language,
        organisation=history.organisation,
        unit=standing,
        wave=_wave_facts(history, tr),
        provenance=_provenance(history, tr),
        headings=headings(sheet, findings, pressure.heading),
        traces=traces,
        trace_note=trace_note(sheet, [trace.change for trace in traces]),
        response_text=response_text(sheet),
        pressure=pressure.trace,
        no_pressure_text=pressure.absent_text,
        who_answered=who_answered(sheet),
        focus=focus_of(sheet),
        cannot_tell=tr.t("Who answered what, and why. For the why, ask the room, and let people pass."),
        scales=scales,
        scales_lead=scales_lead(sheet, findings),
        method=paragraphs(
            history,
            tr,
            has_pressure=pressure.trace is not None,
            has_levels=any(section.standpoint for section in scales),
            has_bounds=any(section.silent_text for section in scales),
        ),
        conversation=None if standing.standing.value == "own" else conversation(tr),
        smallest_group=last.k,
        imported=imported_of(session, unit, tr, wave=last.slug),
        roadmap=_roadmap(session, sheet, pressure, traces, as_of),
    )


def _roadmap(
    session: Session, sheet: Sheet, pressure: PressureFindings, traces: Sequence[Trace], as_of: dt.date
) -> RoadmapPages | None:
    """Return the pages on the roadmap; None for a unit without weekly pressure that may be shown."""
    if pressure.series is None:
        return None
    return RoadmapPages(
        side=side_page(session, sheet=sheet, findings=pressure, as_of=as_of),
        run_up=run_up_page(pressure.series, pressure.plans, traces, as_of=as_of, tr=sheet.tr),
        drivers=drivers_page(
            session,
            pressure,
            sheet.tr,
            zones={key: each.timezone for key, each in sheet.history.last.units.items()},
        ),
        link=link_page(session, wave=sheet.history.last.slug, unit=sheet.unit, tr=sheet.tr),
    )


def _wave_facts(history: History, tr: Translator) -> WaveFacts:
    last = history.last
    released_on = last.released_at.astimezone(ZoneInfo(history.timezone)).date()
    return WaveFacts(
        slug=last.slug,
        label=tr.t("Wave {number}", number=last.number),
        opened_on=last.opened_on,
        closed_on=last.closed_on,
        released_on=released_on,
        dates_text=tr.t(
            "Wave {number}, {start} to {end}. Released {released}",
            number=last.number,
            start=tr.date(last.opened_on, "d MMM"),
            end=tr.date(last.closed_on, "d MMM y"),
            released=tr.date(released_on, "d MMM y"),
        ),
    )


def _provenance(history: History, tr: Translator) -> Provenance:
    last = history.last
    return Provenance(
        data_cutoff=last.closed_at,
        data_cutoff_text=tr.moment(last.closed_at, ZoneInfo(history.timezone)),
        program=PROGRAM_VERSION,
        method=METHOD_VERSION,
        instrument=last.instrument.code,
        policy=last.policy_version,
        fingerprint_words=words(last.fingerprint),
        fingerprint_hex=last.fingerprint,
        mode=last.mode.value,
        mode_text=mode_text(last.mode, tr),
        settings=setting_lines(tr),
    )
