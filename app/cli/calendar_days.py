"""Commands for the days that matter: public holidays, freezes, reorganisations, and calendars with releases."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from app.cli import frame
from app.installation import Installation
from reports.services.pressure import compute_pressure
from surveys.errors import InvalidInput, Problem, Refused
from surveys.i18n import Message
from surveys.importers.calendar_kinds import KIND_NAMES, SKIP, DayKind
from surveys.importers.organisation_cells import timezone_fault
from surveys.importers.roadmap_ics import read_calendar
from surveys.importers.roadmap_raw import Reading
from surveys.importers.roadmap_schedule import read_schedule
from surveys.importers.roadmap_text import read_file
from surveys.services import calendar_days as service
from surveys.services.roadmap import REWRITTEN_TABLES
from surveys.store import accounts, organisation
from surveys.store.calendar_days import ALL_TEAMS, BY_HAND

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
_KINDS = click.Choice([kind.value for kind in service.TYPED_KINDS])
_DAY = click.DateTime(["%Y-%m-%d"])


@dataclass(frozen=True, kw_only=True)
class CalendarAsked:
    """What is asked of the import of a calendar: its name, its team (empty: all), zone, and what words mean."""

    name: str = "calendar"
    team: str = ALL_TEAMS
    zone: str = "UTC"
    words: Mapping[str, DayKind | None]
    others: DayKind | None = None


@click.group("calendar", cls=frame.Commands)
def calendar() -> None:
    """Days that matter: holidays, freezes, reorganisations, incidents, and calendars with releases."""


@calendar.command("import")
@click.argument("file", type=_FILE)
@click.option("--name", default="calendar", show_default=True, help="Name of the calendar; a repeat replaces it.")
@click.option("--team", default=ALL_TEAMS, help="The team whose calendar it is; all teams where none is given.")
@click.option("--zone", default="UTC", show_default=True, help="Time zone in which times in UTC count as days.")
@click.option("--as", "words", multiple=True, metavar="WORD=KIND", help="What a category or a word of a title means.")
@click.option("--others", type=_KINDS, help="What all remaining entries are; without it they are left out.")
@frame.json_option
def import_file(
    *, file: Path, name: str, team: str, zone: str, words: Sequence[str], others: str | None, as_json: bool
) -> None:
    """Make the days and dates of a calendar be what FILE says.

    FILE is a calendar (.ics), or a table (.csv) with a release per row and a column per kind of date. Releases,
    milestones and freezes become dates of the plan. Known words decide what an entry or a column is; --as m1=milestone
    adds one, --as lunch=skip leaves entries out. Titles of all other entries are not stored.
    """
    asked = CalendarAsked(
        name=name, team=team, zone=zone, words=words_of(words), others=DayKind(others) if others else None
    )
    lines, counts, remarks = import_calendar(frame.opened(), file, asked)
    _print(lines, counts, remarks=remarks, as_json=as_json)


def import_calendar(
    inst: Installation, file: Path, asked: CalendarAsked
) -> tuple[tuple[Message, ...], Mapping[str, object], tuple[Problem, ...]]:
    """Import a calendar file, compute the weeks that it touches, and return sentences, counts and remarks."""
    if timezone_fault(asked.zone) is not None:
        raise Refused("Unknown time zone “{timezone}”. Write it as Europe/Madrid.", timezone=asked.zone)
    now, content = frame.now(), read_file(file)
    first, last = service.reading_window(now)
    reading = Reading(source=file.name, secret=b"", zone=ZoneInfo(asked.zone))
    if file.suffix.lower() == ".csv":
        read = read_schedule(content, reading=reading, first=first, last=last, words=asked.words)
    else:
        read = read_calendar(content, reading=reading, first=first, last=last, words=asked.words, others=asked.others)
    digest = hashlib.sha256(content).hexdigest()
    teams = _teams(inst)
    with inst.database.transaction() as session:
        account = service.import_calendar(
            session, read, name=asked.name, file_sha256=digest, teams=sorted(teams.zones), team=asked.team, now=now
        )
        detail = {"added": account.added, "removed": account.removed, "plans": account.plans, "sha256": digest}
        accounts.add_audit_event(
            session, at=now, actor=frame.ACTOR, action="calendar.import", subject=asked.name, detail=detail
        )
    counts = {"added": account.added, "removed": account.removed, "plans": account.plans}
    return account.lines, {**counts, "weeks": _compute(inst, teams, now)}, read.problems


@calendar.command()
@frame.json_option
def holidays(*, as_json: bool) -> None:
    """Store the public holidays of each team's country (column country of teams.csv), as far as roadmaps reach."""
    inst, now = frame.opened(), frame.now()
    teams = _teams(inst)
    with inst.database.transaction() as session:
        account = service.import_holidays(session, countries=teams.countries, today=now.date())
        detail = {"added": account.added, "removed": account.removed}
        accounts.add_audit_event(
            session, at=now, actor=frame.ACTOR, action="calendar.holidays", subject="", detail=detail
        )
    counts = {"added": account.added, "removed": account.removed, "weeks": _compute(inst, teams, now)}
    _print(account.lines, counts, as_json=as_json)


@calendar.command()
@click.argument("kind", type=_KINDS)
@click.argument("first", type=_DAY)
@click.argument("last", type=_DAY, required=False)
@click.option("--team", default=ALL_TEAMS, help="The team; all teams where none is given.")
def add(*, kind: str, first: dt.datetime, last: dt.datetime | None, team: str) -> None:
    """Add the days from FIRST to LAST (one day where LAST is left out), written as 2026-03-31."""
    inst, now = frame.opened(), frame.now()
    teams = _teams(inst)
    until = (last or first).date()
    with inst.database.transaction() as session:
        count = service.add_days(
            session, kind=DayKind(kind), first=first.date(), last=until, team=team, teams=sorted(teams.zones)
        )
        detail = {"first": first.date().isoformat(), "last": until.isoformat(), "team": team}
        accounts.add_audit_event(session, at=now, actor=frame.ACTOR, action="calendar.add", subject=kind, detail=detail)
    _compute(inst, teams, now)
    frame.print_line(frame.say().n("One day was added.", "{count} days were added.", count))


@calendar.command()
@frame.json_option
def show(*, as_json: bool) -> None:
    """Print all days by range, the public holidays by team, and the dates that calendars gave."""
    inst = frame.opened()
    teams = _teams(inst)
    with inst.database.reading() as session:
        found = service.overview(session, countries=teams.countries)
    if as_json:
        frame.print_json(_plain(found))
        return
    tell = frame.say()
    frame.print_rows(
        [
            (
                each.first.isoformat(),
                each.last.isoformat(),
                tell.t(KIND_NAMES[each.kind]),
                each.team or tell.t("all teams"),
                each.source,
            )
            for each in found.ranges
        ]
    )
    for name, plans in found.plans.items():
        frame.print_line(tell.t("Dates of the calendar {name}:", name=name))
        frame.print_rows([(plan.due.isoformat() if plan.due else "", plan.name) for plan in plans])
    for team in found.holidays:
        country = team.country or tell.t("no country")
        frame.print_line(
            tell.t("{team} ({country}): {count} public holidays", team=team.team, country=country, count=team.count)
        )


@calendar.command()
@click.argument("name")
@click.option("--kind", type=_KINDS, help="Only days of this kind, with --first and --last.")
@click.option("--first", type=_DAY, help="First of the days to remove.")
@click.option("--last", type=_DAY, help="Last of the days to remove.")
@click.option("--team", default=ALL_TEAMS, help="The team of the days; those of all teams where none is given.")
def remove(*, name: str, kind: str | None, first: dt.datetime | None, last: dt.datetime | None, team: str) -> None:
    """Remove the calendar NAME, the public holidays (NAME holidays) or days that were typed in (NAME hand)."""
    if (kind is None) != (first is None) or (name == BY_HAND and kind is None):
        raise click.UsageError("Give --kind and --first together; days of hand need them.")
    inst, now = frame.opened(), frame.now()
    teams = _teams(inst)
    with inst.database.transaction() as session:
        if kind is None or first is None:
            count = service.remove_calendar(session, name)
        else:
            until = (last or first).date()
            count = service.remove_days(
                session, kind=DayKind(kind), first=first.date(), last=until, team=team, source=name
            )
        accounts.add_audit_event(
            session, at=now, actor=frame.ACTOR, action="calendar.remove", subject=name, detail={"days": count}
        )
    _compute(inst, teams, now)
    frame.print_line(frame.say().n("One day was removed.", "{count} days were removed.", count))


def words_of(pairs: Sequence[str]) -> dict[str, DayKind | None]:
    """Read WORD=KIND pairs; the kind ``skip`` leaves entries out. Raises ``InvalidInput`` with every bad pair."""
    found: dict[str, DayKind | None] = {}
    problems = []
    for pair in pairs:
        word, _, kind = pair.rpartition("=")
        if not word.strip() or kind not in {SKIP, *DayKind}:
            known = ", ".join([*DayKind, SKIP])
            reason = Message("“{pair}” must be a word and a kind. Known are: {known}.", {"pair": pair, "known": known})
            problems.append(Problem("--as", None, reason))
        else:
            found[word.strip()] = None if kind == SKIP else DayKind(kind)
    if problems:
        raise InvalidInput("The calendar was not imported.", problems)
    return found


@dataclass(frozen=True, kw_only=True)
class _Teams:
    """Zone and country of every active team."""

    zones: Mapping[str, str]
    countries: Mapping[str, str]


def _teams(inst: Installation) -> _Teams:
    with inst.database.reading() as session:
        active = [team for team in organisation.list_teams(session) if team.is_active]
        return _Teams(
            zones={team.key: team.timezone for team in active}, countries={team.key: team.country for team in active}
        )


def _compute(inst: Installation, teams: _Teams, now: dt.datetime) -> int:
    """Compute the weeks that days off touch and return their number."""
    with inst.database.transaction() as session:
        weeks = compute_pressure(session, teams=teams.zones, until=now.date())
    inst.database.rewrite(REWRITTEN_TABLES)  # hashes of people may have been counted on the way
    return weeks


def _print(
    lines: Sequence[Message], counts: Mapping[str, object], *, remarks: Sequence[Problem] = (), as_json: bool
) -> None:
    tell = frame.say()
    notes = [f"{note.source}: {tell.render(note.reason)}" for note in remarks]
    if as_json:
        frame.print_json({**counts, "lines": [tell.render(line) for line in lines], "remarks": notes})
        return
    for line in lines:
        frame.print_line(tell.render(line))
    for note in notes:
        click.echo(note, err=True)


def _plain(found: service.CalendarOverview) -> Mapping[str, object]:
    return {
        "days": [
            {"source": each.source, "team": each.team, "kind": each.kind, "first": each.first, "last": each.last}
            for each in found.ranges
        ],
        "plans": [
            {"calendar": name, "name": plan.name, "kind": plan.kind, "due": plan.due}
            for name, plans in found.plans.items()
            for plan in plans
        ],
        "holidays": [
            {"team": each.team, "country": each.country, "count": each.count, "last": each.last}
            for each in found.holidays
        ],
    }
