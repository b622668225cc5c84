"""Commands that import roadmaps and show the pressure of a team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from app.cli import calendar_days, frame
from app.cli import roadmap_import as importing
from app.cli.connections import sync
from app.cli.roadmap_import import RoadmapAsked
from reports.services.pressure import ShownWeek, show_team
from surveys.errors import Problem
from surveys.i18n import Message
from surveys.importers.roadmap_formats import FORMATS
from surveys.importers.roadmap_model import SourceKind
from surveys.services.roadmap_feeds import Feed

CALENDAR = "ics"
KINDS = (*(kind.value for kind in FORMATS), CALENDAR)
_DAYS = {"dmy": True, "mdy": False, "iso": None}
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
_KIND = click.Choice(KINDS)
_DATES = click.Choice(tuple(_DAYS))


@click.group(cls=frame.Commands)
def roadmap() -> None:
    """Roadmaps: work items, their changes, plans with dates."""


roadmap.add_command(sync)


@roadmap.command("import")
@click.argument("file", type=_FILE)
@click.option("--kind", type=_KIND, required=True, help="Format of FILE; see roadmap formats.")
@click.option(
    "--map", "map_file", type=_FILE, help="What belongs to which team, and what words mean (TOML). It is kept."
)
@click.option("--name", default="roadmap", show_default=True, help="Name of the source; a repeat replaces it.")
@click.option("--history", type=_FILE, help="For csv and xlsx: the changes of the items, a second file.")
@click.option("--dates", type=_DATES, help="How FILE writes days: 31/05/2026, 05/31/2026 or 2026-05-31.")
@click.option("--zone", help="Time zone of times without an offset; without it that of the item's team.")
@frame.json_option
def import_file(
    *,
    file: Path,
    kind: str,
    map_file: Path | None,
    name: str,
    history: Path | None,
    dates: str | None,
    zone: str | None,
    as_json: bool,
) -> None:
    """Import the work items of FILE and compute the weekly pressure of every team they belong to.

    Titles, descriptions and who works on what are not stored. A map that is given is kept for the source and used
    again when the next import of that name gives none.
    """
    if kind == CALENDAR:
        _import_calendar(file, name, zone, as_json=as_json)
        return
    asked = RoadmapAsked(
        file=file,
        kind=SourceKind(kind),
        name=name,
        map_file=map_file,
        history=history,
        day_first=_DAYS.get(dates or ""),
        zone=zone,
    )
    if history is not None and not FORMATS[asked.kind].takes_history:
        raise click.UsageError("--history goes with --kind csv or xlsx.")
    found = importing.import_file(frame.opened(), asked)
    account = found.account
    _print_account(
        account.lines,
        {"items": account.items, "events": account.events, "plans": account.plans, "weeks": found.weeks},
        remarks=found.remarks,
        feeds=account.feeds,
        as_json=as_json,
    )


@roadmap.command()
@click.argument("file", type=_FILE)
@click.option("--kind", type=click.Choice([kind.value for kind in FORMATS]), required=True, help="Format of FILE.")
@click.option("--map", "map_file", type=_FILE, help="A map to try; without it the one kept for the source.")
@click.option("--name", default="roadmap", show_default=True, help="Name of the source.")
@click.option("--dates", type=_DATES, help="How FILE writes days.")
def words(*, file: Path, kind: str, map_file: Path | None, name: str, dates: str | None) -> None:
    """Print the words of FILE that a map decides about, with what they would mean. Nothing is stored."""
    asked = RoadmapAsked(
        file=file, kind=SourceKind(kind), name=name, map_file=map_file, day_first=_DAYS.get(dates or "")
    )
    tell = frame.say()
    for line in importing.lines_of(importing.words_of(frame.opened(), asked)):
        frame.print_line(tell.render(line))


@roadmap.command()
def formats() -> None:
    """List the formats: how each is exported, what it cannot feed, and what would."""
    tell = frame.say()
    for kind, known in FORMATS.items():
        frame.print_line(f"{kind.value}: {tell.t(known.label)}")
        frame.print_line(f"  {tell.t(known.how)}")
        frame.print_line(f"  {tell.t(known.lacks)}")


@roadmap.command()
@click.argument("team")
@frame.json_option
def show(*, team: str, as_json: bool) -> None:
    """Print the pressure of the last twelve weeks of TEAM, with the parts of the index."""
    with frame.opened().database.reading() as session:
        shown = show_team(session, team)
    tell = frame.say()
    if as_json:
        frame.print_json(
            {"team": team, "has_history": shown.has_history, "weeks": [_plain(week) for week in shown.weeks]}
        )
        return
    frame.print_rows([_row(week) for week in shown.weeks])
    if not shown.has_history:
        frame.print_line(tell.t("History is missing. The index reads about 5 points low."))


def _import_calendar(file: Path, name: str, zone: str | None, *, as_json: bool) -> None:
    """A calendar has no items: its days and dates are kept as barograph calendar import does."""
    asked = calendar_days.CalendarAsked(name=name, zone=zone or "UTC", words={})
    lines, counts, remarks = calendar_days.import_calendar(frame.opened(), file, asked)
    _print_account(lines, counts, remarks=remarks, feeds=(), as_json=as_json)


def _print_account(
    lines: Sequence[Message],
    counts: Mapping[str, object],
    *,
    remarks: Sequence[Problem],
    feeds: Sequence[Feed],
    as_json: bool,
) -> None:
    tell = frame.say()
    told = [tell.render(line) for line in lines]
    notes = [
        f"{note.source}{'' if note.line is None else f':{note.line}'}: {tell.render(note.reason)}" for note in remarks
    ]
    if as_json:
        fed = [
            {
                "indicator": feed.indicator,
                "state": feed.state.value,
                "reason": tell.render(feed.reason),
                "remedy": tell.render(feed.remedy),
            }
            for feed in feeds
        ]
        frame.print_json({**counts, "lines": told, "remarks": notes, "feeds": fed})
        return
    for line in told:
        frame.print_line(line)
    for note in notes:
        click.echo(note, err=True)


def _plain(week: ShownWeek) -> Mapping[str, object]:
    return {
        "monday": week.monday,
        "index": week.index,
        "coverage": week.coverage,
        "rolled_up": week.is_rolled_up,
        "parts": [
            {"code": part.code, "value": part.value, "points": part.points, "contribution": part.contribution}
            for part in week.parts
        ],
    }


def _row(week: ShownWeek) -> tuple[str, str, str, str]:
    tell = frame.say()
    if week.is_rolled_up:
        return (week.monday.isoformat(), tell.t("too few people"), "", "")
    coverage = tell.t("coverage {share} %", share=tell.number(100 * week.coverage, 0))
    if week.index is None:
        return (week.monday.isoformat(), tell.t("not enough data"), coverage, "")
    parts = "  ".join(f"{part.code} {tell.number(part.contribution, 0)}" for part in week.parts)
    return (week.monday.isoformat(), tell.number(week.index, 0), coverage, parts)
