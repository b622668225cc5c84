"""Commands for the organisation: teams and people come from two files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from app.cli import frame
from surveys.crowds.availability import availability
from surveys.importers.organisation import OrganisationFile, read_organisation
from surveys.services.organisation import OrganisationChanges, import_organisation
from surveys.store import accounts

_FILE = click.Path(path_type=Path)


@click.group("org", cls=frame.Commands)
def organisation() -> None:
    """Teams and people."""


@organisation.command("import")
@click.argument("teams", type=_FILE)
@click.argument("people", type=_FILE)
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@frame.json_option
def import_files(*, teams: Path, people: Path, dry_run: bool, as_json: bool) -> None:
    """Make the organisation be what TEAMS and PEOPLE say: everything is applied, or nothing.

    TEAMS is a CSV file with team,parent,name,leader_email,timezone and, if wanted, country (ES, or ES-MD for a part
    of it), whose public holidays are days off; PEOPLE one with email,name,team,language,starts_on,ends_on. Every bad
    row is printed with its file and line.
    """
    file = read_organisation(teams, people, teams_name=teams.name, people_name=people.name)
    inst, now = frame.opened(), frame.now()
    with inst.database.transaction() as session:
        changes = import_organisation(session, file, today=now.date())
        if dry_run:
            session.rollback()
        elif changes.lines:
            detail = {"teams": changes.teams, "people": changes.people, "changes": len(changes.lines)}
            accounts.add_audit_event(
                session, at=now, actor=frame.ACTOR, action="organisation.import", subject="", detail=detail
            )
    _print(changes, dry_run=dry_run, as_json=as_json)
    if not as_json:
        _print_size(file)


def _print_size(file: OrganisationFile) -> None:
    """Say what there is with this size and what there never will be, before anything is configured."""
    tell = frame.say()
    people = Counter(fact.team for fact in file.people)
    frame.print_line(tell.t("With your size:"))
    for entry in availability([people[team] for team in sorted(people)]):
        frame.print_line("- " + tell.render(entry.message))


def _print(changes: OrganisationChanges, *, dry_run: bool, as_json: bool) -> None:
    tell = frame.say()
    lines = [tell.render(line) for line in changes.lines]
    if as_json:
        frame.print_json({"teams": changes.teams, "people": changes.people, "changes": lines, "applied": not dry_run})
        return
    for line in lines:
        frame.print_line(line)
    counts: dict[str, object] = {"teams": changes.teams, "people": changes.people}
    if not lines:
        frame.print_line(tell.t("Nothing changes: {teams} teams and {people} people are as the files say.", **counts))
    elif dry_run:
        frame.print_line(
            tell.n(
                "One change would be made. Nothing was changed.",
                "{count} changes would be made. Nothing was changed.",
                len(lines),
            )
        )
    else:
        frame.print_line(
            tell.n("One change was made.", "{count} changes were made.", len(lines))
            + " "
            + tell.t("There are {teams} teams and {people} people in the files.", **counts)
        )
