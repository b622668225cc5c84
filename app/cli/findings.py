"""The command that analyses a released wave over all units and prints what was found."""

from __future__ import annotations

import sys

import click
from sqlalchemy.orm import Session
from tqdm import tqdm

from app.cli import frame
from app.installation import Installation
from reports.services import analysis_view
from reports.services.analysis import make_analysis
from reports.services.analysis_view import StoredAnalysis
from reports.services.history import latest_released
from surveys.errors import NotFound

_MOST = 50
"""So many units are listed; the page and --json have all."""


@click.command()
@click.argument("wave", required=False)
@click.option("--remake", is_flag=True, help="Analyse again even where today's methods did so already.")
@frame.json_option
def findings(*, wave: str | None, remake: bool, as_json: bool) -> None:
    """Print what the statistics find over all units of WAVE, or of the wave released last.

    Where nothing is stored yet the analysis is made first. It is made of released figures only, so making it again
    gives the same. The ledger notes who got all of it as data (--json).
    """
    inst = frame.opened()
    with inst.database.reading() as session:
        slug = latest_released(session) if wave is None else wave
    _make(inst, slug, remake=remake)
    with inst.database.reading() as session:
        found = analysis_view.load_analysis(session, slug)
        if found is None:  # withdrawn in between
            raise NotFound("Wave {wave} has not been analysed.", wave=slug)
        if not as_json:
            _print(session, found)
            return
        plain = analysis_view.as_plain(session, found)
    with inst.database.transaction() as session:
        analysis_view.note_plain(session, found, plain, actor=frame.ACTOR, now=frame.now())
    frame.print_json(plain)


def _make(inst: Installation, wave: str, *, remake: bool) -> None:
    label = frame.say().t("Findings of {wave}", wave=wave)
    with tqdm(desc=label, file=sys.stderr, disable=None, leave=False) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        make_analysis(
            inst.database.reading, inst.database.transaction, wave=wave, now=frame.now(), remake=remake, progress=show
        )


def _print(session: Session, found: StoredAnalysis) -> None:
    tr = frame.say()
    overview = found.overview(tr)
    for sentence in overview.summary:
        frame.print_line(sentence)
    scales = tuple(found.scales.values())
    units = analysis_view.list_units(session, found, scale=None, shown="standing-out")
    lines = analysis_view.list_lines(session, found, units[:_MOST], scales=scales, tr=tr)
    rows = [
        (line.name, cell.scale, cell.chip, cell.line, cell.alert)
        for line in lines
        for cell in line.cells
        if cell is not None and (cell.is_change or cell.is_alert)
    ]
    if rows:
        frame.print_line("")
        frame.print_rows(rows)
    if len(units) > _MOST:
        frame.print_line(tr.t("{more} more units stand out; --json has all.", more=tr.number(len(units) - _MOST, 0)))
    for section in overview.sections:
        frame.print_line("")
        frame.print_line(f"{section.title}. {section.about}")
        for sentence in section.sentences:
            frame.print_line(sentence)
        if section.table is not None:
            frame.print_rows([section.table.columns, *section.table.rows])
    frame.print_line("")
    for rule in overview.rules:
        frame.print_line(rule)
    frame.print_line(
        tr.t("Method version {version}, made {moment} (UTC).", version=found.method_version, moment=found.made_at)
    )
