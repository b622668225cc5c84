"""Commands that import roadmaps and show the pressure of a team."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from app.cli import frame
from app.installation import Installation
from reports.services.pressure import ShownWeek, compute_pressure, show_team
from surveys.errors import Refused
from surveys.importers.roadmap_csv import read_csv
from surveys.importers.roadmap_jira import read_jira
from surveys.importers.roadmap_map import RoadmapMap, read_map
from surveys.importers.roadmap_model import RoadmapFile
from surveys.services.roadmap import REWRITTEN_TABLES, import_roadmap
from surveys.store import accounts, organisation

KINDS = ("csv", "jira-json")
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
_LARGEST_MB = 500


@click.group(cls=frame.Commands)
def roadmap() -> None:
    """Roadmaps: work items, their changes, plans with dates."""


@roadmap.command("import")
@click.argument("file", type=_FILE)
@click.option("--kind", type=click.Choice(KINDS), required=True, help="Format of FILE.")
@click.option("--map", "map_file", type=_FILE, help="Which items belong to which team, and what words mean (TOML).")
@click.option("--name", default="roadmap", show_default=True, help="Name of the source; a repeat replaces it.")
@click.option("--history", type=_FILE, help="For csv: the changes of the items, a second file.")
@frame.json_option
def import_file(
    *, file: Path, kind: str, map_file: Path | None, name: str, history: Path | None, as_json: bool
) -> None:
    """Import the work items of FILE and compute the weekly pressure of every team they belong to.

    Titles, descriptions and who works on what are not stored.
    """
    if history is not None and kind != "csv":
        raise click.UsageError("--history goes with --kind csv.")
    if map_file is None and kind != "csv":
        raise click.UsageError("--kind jira-json needs --map, which says what belongs to which team.")
    inst, now = frame.opened(), frame.now()
    zones = _zones(inst)
    contents = {path: _content(path) for path in (file, map_file, history) if path is not None}
    mapping = (
        RoadmapMap() if map_file is None else read_map(contents[map_file], source=map_file.name, teams=sorted(zones))
    )
    read = (
        _read(inst, file, contents, mapping, zones, history=history)
        if kind == "csv"
        else read_jira(contents[file], source=file.name, mapping=mapping, secret=inst.keys.installation_key())
    )
    digest = hashlib.sha256(b"".join(contents[path] for path in (file, history) if path is not None)).hexdigest()
    with inst.database.transaction() as session:
        account = import_roadmap(session, read, name=name, file_sha256=digest, now=now)
        detail = {"items": account.items, "plans": account.plans, "sha256": digest}
        accounts.add_audit_event(
            session, at=now, actor=frame.ACTOR, action="roadmap.import", subject=name, detail=detail
        )
    with inst.database.transaction() as session:
        weeks = compute_pressure(session, teams=zones, until=read.covered_to)
    inst.database.rewrite(REWRITTEN_TABLES)  # the hashes of people were needed for the count only
    _print_account(
        [frame.say().render(line) for line in account.lines],
        {"items": account.items, "events": account.events, "plans": account.plans, "weeks": weeks},
        remarks=read,
        as_json=as_json,
    )


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
        frame.print_line(tell.t("History is missing. The index reads about 7 points low."))


def _zones(inst: Installation) -> dict[str, str]:
    with inst.database.reading() as session:
        return {team.key: team.timezone for team in organisation.list_teams(session) if team.is_active}


def _content(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST_MB * 1024 * 1024:
        raise Refused("{file} is larger than {limit} MB and was not read.", file=path.name, limit=_LARGEST_MB)
    return path.read_bytes()


def _read(
    inst: Installation,
    file: Path,
    contents: Mapping[Path, bytes],
    mapping: RoadmapMap,
    zones: Mapping[str, str],
    *,
    history: Path | None,
) -> RoadmapFile:
    named: dict[str, dt.tzinfo] = {team: ZoneInfo(zone) for team, zone in zones.items()}
    return read_csv(
        contents[file],
        source=file.name,
        secret=inst.keys.installation_key(),
        teams=sorted(zones),
        mapping=mapping,
        zones=named,
        history=None if history is None else (history.name, contents[history]),
    )


def _print_account(lines: list[str], counts: Mapping[str, int], *, remarks: RoadmapFile, as_json: bool) -> None:
    tell = frame.say()
    notes = [
        f"{note.source}{'' if note.line is None else f':{note.line}'}: {tell.render(note.reason)}"
        for note in remarks.problems
    ]
    if as_json:
        frame.print_json({**counts, "lines": lines, "remarks": notes})
        return
    for line in lines:
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


def _row(week: ShownWeek) -> tuple[str, str, str]:
    tell = frame.say()
    if week.is_rolled_up:
        return (week.monday.isoformat(), tell.t("too few people"), "")
    if week.index is None:
        return (week.monday.isoformat(), tell.t("not enough data"), "")
    parts = "  ".join(f"{part.code} {tell.number(part.contribution, 0)}" for part in week.parts)
    return (week.monday.isoformat(), tell.number(week.index, 0), parts)
