"""Turns released waves into what people get: a PDF for every leader, the findings and the export for HR."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from app.demo.organisation import Organisation
from app.demo.progress import Progress
from app.installation import Installation
from app.jobs.leader_reports import ReportMaker, pdf_of, report_path, write_file
from reports.document import LeaderReport
from reports.services.analysis import make_analysis
from reports.services.hr_export import FORMATS, export_files
from surveys.i18n import translator

_SUMS = "SHA256SUMS"


@dataclass(frozen=True, kw_only=True)
class _Order:
    """One report to be printed, and where to."""

    document: LeaderReport
    kept: Path
    shown: Path


def write_reports(
    inst: Installation, organisation: Organisation, *, wave: str, folder: Path, now: dt.datetime, progress: Progress
) -> tuple[Path, ...]:
    """Freeze the report of every team in its leader's language and print it; returns the files in ``folder``.

    The PDF is kept where the jobs of a running installation keep theirs, and linked from ``folder`` by team.
    """
    languages = {person.identity.email: person.identity.language for person in organisation.people}
    tr = translator(inst.settings.language)
    make = ReportMaker()
    orders = []
    for team in progress.track(organisation.teams, tr.t("Reports frozen")):
        language = languages[team.leader]
        report = make.get(inst, wave=wave, unit=team.key, language=language, now=now)
        kept = report_path(inst, wave=wave, unit=team.key, language=language)
        orders.append(_Order(document=report.document, kept=kept, shown=folder / f"{team.key}.pdf"))
    workers = min(os.cpu_count() or 1, len(orders))
    # Started afresh, not forked: a fork would share the open database with its parent.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        printed = [pool.submit(_print, order) for order in orders]
        for done in progress.track(printed, tr.t("Reports printed")):
            done.result()
    return tuple(order.shown for order in orders)


def make_findings(inst: Installation, *, wave: str, now: dt.datetime, progress: Progress) -> None:
    """Analyse a wave over all units, as the schedule of a running installation does after a release."""
    label = translator(inst.settings.language).t("Findings over all units")
    for slug in progress.track([wave], label):
        make_analysis(inst.database.reading, inst.database.transaction, wave=slug, now=now)


def write_exports(inst: Installation, *, actor: str, folder: Path, now: dt.datetime) -> tuple[Path, ...]:
    """Write every released cell in all formats, with one file of checksums; returns the files."""
    contents: dict[str, bytes] = {}
    sums = b""
    for file_format in FORMATS:
        with inst.database.transaction() as session:
            files = export_files(
                session,
                waves=None,
                language=inst.settings.language,
                file_format=file_format,
                actor=actor,
                now=now,
            )
        sums += files.get(_SUMS, b"")
        contents |= files
    return _write_all(folder, contents | {_SUMS: sums})


def _write_all(folder: Path, contents: dict[str, bytes]) -> tuple[Path, ...]:
    paths: Sequence[Path] = [folder / name for name in sorted(contents)]
    for path in paths:
        write_file(path, contents[path.name])
    return tuple(paths)


def _print(order: _Order) -> None:
    """Print one report; runs in a process of its own."""
    write_file(order.kept, pdf_of(order.document))
    os.link(order.kept, order.shown)
