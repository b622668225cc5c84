"""The command that prints what links roadmap pressure and survey strain at a release, or why nothing can be said."""

from __future__ import annotations

import click

from app.cli import frame
from app.jobs.link import find_link
from reports.services import link_view
from reports.services.history import latest_released
from reports.services.link_view import StoredLink
from surveys.errors import NotFound


@click.command()
@click.argument("wave", required=False)
@click.option("--remake", is_flag=True, help="Find it again even where today's data were looked at already.")
@frame.json_option
def link(*, wave: str | None, remake: bool, as_json: bool) -> None:
    """Print what links roadmap pressure and strain up to WAVE, or up to the wave released last.

    It is found first where the data or the methods changed since. It is made of released means and stored pressure
    only, so making it again gives the same. The ledger notes who got all of it as data (--json).
    """
    inst = frame.opened()
    with inst.database.reading() as session:
        slug = latest_released(session) if wave is None else wave
    find_link(inst, wave=slug, now=frame.now(), remake=remake)
    with inst.database.reading() as session:
        found = link_view.load_link(session, slug)
    if found is None:  # withdrawn, or new data in between
        raise NotFound("The link of wave {wave} has not been looked for.", wave=slug)
    if not as_json:
        _print(found)
        return
    plain = link_view.as_plain(found)
    with inst.database.transaction() as session:
        link_view.note_plain(session, found, plain, actor=frame.ACTOR, now=frame.now())
    frame.print_json(plain)


def _print(found: StoredLink) -> None:
    tr = frame.say()
    overview = link_view.overview_of(found, tr)
    frame.print_line(f"{overview.title}.")
    for sentence in overview.lead:
        frame.print_line(sentence)
    for section in overview.sections:
        frame.print_line("")
        frame.print_line(f"{section.title}. {section.about}")
        for sentence in section.sentences:
            frame.print_line(sentence)
        if section.table is not None:
            frame.print_rows([section.table.columns, *section.table.rows])
    frame.print_line("")
    frame.print_line(tr.t("Do not conclude:"))
    for sentence in overview.conclusions:
        frame.print_line(f"- {sentence}")
