"""Commands that print leader reports as PDF."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click
from tqdm import tqdm

from app.cli import frame
from app.installation import Installation
from app.jobs.leader_reports import ReportMaker, pdf_of, report_path, write_file
from reports.document import LeaderReport
from reports.services import leader_report
from reports.services.history import latest_released
from surveys.errors import NotFound
from surveys.i18n import LANGUAGES
from surveys.store import organisation


@dataclass(frozen=True, kw_only=True)
class _Order:
    """One report to be printed: what it says, where its PDF is kept, and where it is wanted."""

    document: LeaderReport
    kept: Path
    wanted: Path


@click.command()
@click.argument("team", required=False)
@click.option("--wave", help="The wave; the one released last if left out.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The PDF file of one team.")
@click.option("--leader", help="Print the reports of all teams of this leader (e-mail address).")
@click.option("--all", "all_teams", is_flag=True, help="Print the reports of all teams.")
@click.option("--dir", "folder", type=click.Path(path_type=Path, file_okay=False), help="The folder for several PDFs.")
@click.option("--language", type=click.Choice(LANGUAGES), help="The language; the command line's if left out.")
@frame.json_option
def report(
    *,
    team: str | None,
    wave: str | None,
    out: Path | None,
    leader: str | None,
    all_teams: bool,
    folder: Path | None,
    language: str | None,
    as_json: bool,
) -> None:
    """Print the leader report of TEAM, of all teams of a leader, or of all teams.

    A report is frozen when it is first made; printing it again gives the same bytes.
    """
    if sum((team is not None, leader is not None, all_teams)) != 1:
        raise click.UsageError("Give exactly one of TEAM, --leader EMAIL and --all.")
    if (folder if team is not None else out) is not None:
        raise click.UsageError("--out goes with TEAM, --dir with --leader and --all.")
    inst = frame.opened()
    slug = _wave(inst, wave)
    units: tuple[str, ...]
    if team is not None:
        units = (team,)
    elif leader is not None:
        units = _teams_led_by(inst, leader, slug)
    else:
        units = leader_report.list_units(ReportMaker().batch(inst, slug))
    wanted = {unit: out or (folder or Path()) / f"{unit}-{slug}.pdf" for unit in units}
    files = _print_all(inst, slug, wanted, language or frame.say().language)
    if as_json:
        frame.print_json({"wave": slug, "files": [str(path) for path in files]})
    for path in () if as_json else files:
        frame.print_line(str(path))


def _wave(inst: Installation, wave: str | None) -> str:
    if wave is not None:
        return wave
    with inst.database.reading() as session:
        return latest_released(session)


def _teams_led_by(inst: Installation, email: str, wave: str) -> tuple[str, ...]:
    known = set(leader_report.list_units(ReportMaker().batch(inst, wave)))
    with inst.database.reading() as session:
        found = tuple(team for team in organisation.teams_led_by(session, email) if team in known)
    if not found:
        raise NotFound("{email} leads no team of wave {wave}.", email=email[:80], wave=wave)
    return found


def _print_all(inst: Installation, wave: str, wanted: dict[str, Path], language: str) -> list[Path]:
    """Freeze the reports one by one, then print them side by side; a PDF that is kept already is copied."""
    make, now = ReportMaker(), frame.now()
    tell = frame.say()
    orders = [
        _Order(
            document=make.get(inst, wave=wave, unit=unit, language=language, now=now, reader=frame.ACTOR).document,
            kept=report_path(inst, wave=wave, unit=unit, language=language),
            wanted=path,
        )
        for unit, path in tqdm(
            wanted.items(), desc=tell.t("Reports frozen"), disable=not _shows_progress(wanted), file=sys.stderr
        )
    ]
    if len(orders) == 1:
        _print(orders[0])
    else:
        _print_side_by_side(orders, tell.t("Reports printed"))
    return [order.wanted for order in orders]


def _print_side_by_side(orders: Sequence[_Order], label: str) -> None:
    workers = max(1, min(os.cpu_count() or 1, len(orders)))
    # Started afresh, not forked: a fork would share the open database with its parent.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for _ in tqdm(pool.map(_print, orders), total=len(orders), desc=label, file=sys.stderr):
            pass


def _print(order: _Order) -> None:
    """Print one report; runs in a process of its own where there are several."""
    if not order.kept.exists():
        write_file(order.kept, pdf_of(order.document))
    write_file(order.wanted, order.kept.read_bytes())


def _shows_progress(wanted: dict[str, Path]) -> bool:
    return len(wanted) > 1
