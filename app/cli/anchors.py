"""Commands that show, set and take back the anchors and weights of the pressure index."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli import frame
from reports.pressure.anchor_files import read_anchors, to_plain, write_anchors
from reports.pressure.anchors import ANCHORS, VERSION_1, Anchors
from reports.services.pressure import compute_pressure
from reports.store.anchors import add_anchors, anchors_by_version, current_anchors, list_anchor_changes, next_version
from surveys.errors import NotFound, Refused
from surveys.services.roadmap import REWRITTEN_TABLES
from surveys.store import accounts, organisation

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
_LARGEST = 100_000


@click.group(cls=frame.Commands)
def anchors() -> None:
    """Anchors and weights of the pressure index, by version."""


@anchors.command()
@click.argument("version", required=False, type=int)
@frame.json_option
def show(*, version: int | None, as_json: bool) -> None:
    """Print the anchors that hold now, or those of VERSION, as a file that `anchors set` reads.

    Who set which version when and why is printed as a warning line each, so that the file stays a file.
    """
    with frame.opened().database.reading() as session:
        known, changes = anchors_by_version(session), list_anchor_changes(session)
        found = current_anchors(session) if version is None else known.get(version)
    if found is None:
        raise NotFound("There are no anchors of version {version}.", version=version)
    if as_json:
        rows = [
            {"version": change.anchors.version, "at": change.made_at, "by": change.made_by, "note": change.note}
            for change in changes
        ]
        frame.print_json({"version": found.version, **to_plain(found), "changes": rows})
        return
    tell = frame.say()
    frame.print_line(f"# {tell.t('version {version} of the anchors', version=found.version)}")
    frame.print_line(write_anchors(found).rstrip())
    for change in changes:
        line = tell.t(
            "{day}: version {version} was set by {who}: {note}",
            day=tell.date(change.made_at.date()),
            version=change.anchors.version,
            who=change.made_by,
            note=change.note,
        )
        frame.print_warning(line)


@anchors.command("set")
@click.argument("file", type=_FILE)
@click.option("--note", required=True, help="Why, for everybody who reads the version later.")
def set_(*, file: Path, note: str) -> None:
    """Let the anchors of FILE hold from now on, under a new version.

    All weeks are computed again with them; what was printed in a report stays as it was.
    """
    if file.stat().st_size > _LARGEST:
        raise Refused("{file} is too large to be anchors.", file=file.name)
    inst = frame.opened()
    with inst.database.reading() as session:
        version = next_version(session)
    _put(read_anchors(file.read_bytes(), source=file.name, version=version), note)


@anchors.command()
@click.option("--note", required=True, help="Why, for everybody who reads it later.")
def reset(*, note: str) -> None:
    """Go back to the anchors of the product; the versions set before stay readable."""
    _put(VERSION_1, note)


def _put(found: Anchors, note: str) -> None:
    if not note.strip():
        raise Refused("Say with --note why the anchors change.")
    inst, now = frame.opened(), frame.now()
    with inst.database.transaction() as session:
        holds = current_anchors(session)
        if holds == found or (found.version not in ANCHORS and to_plain(holds) == to_plain(found)):
            raise Refused("Version {version} holds already.", version=holds.version)
        add_anchors(session, found, now=now, by=frame.ACTOR, note=note.strip())
        detail: dict[str, object] = {
            "version": found.version,
            "own": found.version not in ANCHORS,
            "note": note.strip(),
        }
        accounts.add_audit_event(
            session, at=now, actor=frame.ACTOR, action="anchors.set", subject=str(found.version), detail=detail
        )
        zones = {team.key: team.timezone for team in organisation.list_teams(session) if team.is_active}
        weeks = compute_pressure(session, teams=zones, until=now.date())
    inst.database.rewrite(REWRITTEN_TABLES)  # hashes of people may have been counted on the way
    frame.print_line(
        frame.say().t("Version {version} holds now; {count} weeks stand on it.", version=found.version, count=weeks)
    )
