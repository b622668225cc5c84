"""Turns a validated organisation file into teams, people and memberships, and tells beforehand what would change."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from surveys.i18n import Message
from surveys.importers.organisation import OrganisationFile, PersonFact
from surveys.models.base import new_id
from surveys.models.organisation import Membership, Person, Team
from surveys.store import organisation as store


@dataclass(frozen=True, kw_only=True)
class OrganisationChanges:
    """What an import changes: one sentence per team, person or membership; empty where nothing does."""

    lines: tuple[Message, ...]
    teams: int
    people: int


@dataclass
class _Work:
    """The state of one import: what is there by key, and what was said so far."""

    teams: dict[str, Team]
    people: dict[str, Person]
    memberships: dict[str, list[Membership]]
    lines: list[Message] = field(default_factory=list)
    new_rows: list[object] = field(default_factory=list)
    dropped: list[tuple[str, str, dt.date]] = field(default_factory=list)

    def say(self, text: str, /, **params: object) -> None:
        self.lines.append(Message(text, params))


def import_organisation(session: Session, file: OrganisationFile, *, today: dt.date) -> OrganisationChanges:
    """Make the organisation be what the file says and return every change; the caller commits or rolls back.

    The file is the whole truth about today: a team it does not name becomes inactive, a membership it does not name
    ends yesterday. Memberships that ended before stay as history. Importing the same file again changes nothing.
    """
    work = _load(session)
    for facts in _by_email(file).values():
        _put_person(work, facts[0])
    _put_teams(work, file)
    session.flush()
    store.add_all(session, work.new_rows)
    work.new_rows.clear()
    _put_leaders(work, file)
    _put_memberships(work, file, today)
    store.add_all(session, work.new_rows)
    store.delete_memberships(session, work.dropped)
    session.flush()
    return OrganisationChanges(
        lines=tuple(work.lines),
        teams=len(file.teams),
        people=len({fact.email for fact in file.people}),
    )


def _load(session: Session) -> _Work:
    people = {person.email: person for person in store.list_people(session)}
    memberships: dict[str, list[Membership]] = {person.id: [] for person in people.values()}
    for membership in store.list_memberships(session):
        memberships[membership.person_id].append(membership)
    return _Work(teams={team.key: team for team in store.list_teams(session)}, people=people, memberships=memberships)


def _by_email(file: OrganisationFile) -> dict[str, list[PersonFact]]:
    grouped: dict[str, list[PersonFact]] = {}
    for fact in file.people:
        grouped.setdefault(fact.email, []).append(fact)
    return grouped


def _put_person(work: _Work, fact: PersonFact) -> None:
    person = work.people.get(fact.email)
    if person is None:
        person = Person(id=new_id(), email=fact.email, name=fact.name, language=fact.language)
        work.people[fact.email] = person
        work.memberships[person.id] = []
        work.new_rows.append(person)
        work.say("New person {email}", email=fact.email)
    elif (person.name, person.language) != (fact.name, fact.language):
        person.name, person.language = fact.name, fact.language
        work.say("Changed person {email}", email=fact.email)


def _put_teams(work: _Work, file: OrganisationFile) -> None:
    named = {fact.key for fact in file.teams}
    for fact in file.teams:
        team = work.teams.get(fact.key)
        if team is None:
            team = Team(
                key=fact.key,
                parent_key=fact.parent,
                name=fact.name,
                timezone=fact.timezone,
                country=fact.country or "",
                leader_id=None,
                is_active=True,
            )
            work.teams[fact.key] = team
            work.new_rows.append(team)
            work.say("New team {team}", team=fact.key)
            continue
        # A file without the column of countries says nothing about them, so those that are known stay.
        country = team.country if fact.country is None else fact.country
        wanted = (fact.parent, fact.name, fact.timezone, country, True)
        if (team.parent_key, team.name, team.timezone, team.country, team.is_active) != wanted:
            team.parent_key, team.name, team.timezone, team.country, team.is_active = wanted
            work.say("Changed team {team}", team=fact.key)
    for key in sorted(set(work.teams) - named):
        if work.teams[key].is_active:
            work.teams[key].is_active = False
            work.say("Team {team} is no longer active", team=key)


def _put_leaders(work: _Work, file: OrganisationFile) -> None:
    for fact in file.teams:
        leader = work.people[fact.leader_email].id if fact.leader_email else None
        team = work.teams[fact.key]
        if team.leader_id != leader:
            team.leader_id = leader
            work.say("Team {team} is now led by {email}", team=fact.key, email=fact.leader_email or "-")


def _put_memberships(work: _Work, file: OrganisationFile, today: dt.date) -> None:
    facts = _by_email(file)
    for email, person in work.people.items():
        present = {(row.team_key, row.starts_on): row for row in work.memberships[person.id]}
        kept: set[tuple[str, dt.date]] = set()
        named = {fact.team for fact in facts.get(email, [])}
        past = [row for row in present.values() if row.team_key not in named]
        for fact in facts.get(email, []):
            start = fact.starts_on or _start(present, fact.team, today)
            key = (fact.team, max(start, _first_free_day(past, today)))
            kept.add(key)
            row = present.get(key)
            if row is None:
                work.new_rows.append(
                    Membership(person_id=person.id, team_key=key[0], starts_on=key[1], ends_on=fact.ends_on)
                )
                work.say("{email} joins {team}", email=email, team=fact.team)
            elif row.ends_on != fact.ends_on:
                row.ends_on = fact.ends_on
                work.say("{email} in {team}: last day changed", email=email, team=fact.team)
        _end_others(work, email, [row for key, row in present.items() if key not in kept], today)


def _start(present: dict[tuple[str, dt.date], Membership], team: str, today: dt.date) -> dt.date:
    """Return the first day of a membership whose file gives none: the running one's, else today."""
    running = [
        key[1] for key, row in present.items() if key[0] == team and (row.ends_on is None or row.ends_on >= today)
    ]
    return max(running, default=today)


def _first_free_day(rows: list[Membership], today: dt.date) -> dt.date:
    """Return the day after the last one on which a person was in a team that the file no longer names.

    A move that is told with a first day of long ago counts from the import: who was asked in which team at earlier
    waves has happened, and whether a roster changed since is read from it.
    """
    yesterday = today - dt.timedelta(days=1)
    ends = [min(row.ends_on or yesterday, yesterday) for row in rows if row.starts_on <= yesterday]
    return max(ends) + dt.timedelta(days=1) if ends else dt.date.min


def _end_others(work: _Work, email: str, rows: list[Membership], today: dt.date) -> None:
    yesterday = today - dt.timedelta(days=1)
    for row in rows:
        if row.ends_on is not None and row.ends_on <= yesterday:
            continue
        if row.starts_on > yesterday:
            work.dropped.append((row.person_id, row.team_key, row.starts_on))
        else:
            row.ends_on = yesterday
        work.say("{email} leaves {team}", email=email, team=row.team_key)
