"""SQL for teams, people and memberships; identity side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from surveys.models.organisation import Membership, Person, Team


@dataclass(frozen=True, kw_only=True)
class RosterEntry:
    """Somebody who belongs to a team on a day."""

    person_id: str
    team: str
    language: str


def list_teams(session: Session) -> Sequence[Team]:
    """Return all teams by key, inactive ones included."""
    return session.scalars(select(Team).order_by(Team.key)).all()


def list_people(session: Session) -> Sequence[Person]:
    """Return all people by e-mail."""
    return session.scalars(select(Person).order_by(Person.email)).all()


def list_memberships(session: Session) -> Sequence[Membership]:
    """Return all memberships by person, team and first day."""
    query = select(Membership).order_by(Membership.person_id, Membership.team_key, Membership.starts_on)
    return session.scalars(query).all()


def list_roster(session: Session, on: dt.date) -> Sequence[RosterEntry]:
    """Return who belongs to an active team on a day, by person; one entry per person, the latest membership wins."""
    query = (
        select(Membership.person_id, Membership.team_key, Person.language)
        .join(Person, Person.id == Membership.person_id)
        .join(Team, Team.key == Membership.team_key)
        .where(
            Team.is_active.is_(True),
            Membership.starts_on <= on,
            or_(Membership.ends_on.is_(None), Membership.ends_on >= on),
        )
        .order_by(Membership.person_id, Membership.starts_on, Membership.team_key)
    )
    latest = {row[0]: RosterEntry(person_id=row[0], team=row[1], language=row[2]) for row in session.execute(query)}
    return [latest[person] for person in sorted(latest)]


def names_of_people(session: Session) -> dict[str, str]:
    """Return the names of all people by identifier."""
    return {row[0]: row[1] for row in session.execute(select(Person.id, Person.name).order_by(Person.id))}


def teams_led_by(session: Session, email: str) -> list[str]:
    """Return the keys of the active teams led by the person with this address."""
    query = (
        select(Team.key)
        .join(Person, Person.id == Team.leader_id)
        .where(Person.email == email.lower(), Team.is_active.is_(True))
        .order_by(Team.key)
    )
    return list(session.scalars(query))


def leader_emails(session: Session) -> list[tuple[str, str, str]]:
    """Return e-mail, name and language of everybody who leads an active team."""
    query = (
        select(Person.email, Person.name, Person.language)
        .join(Team, Team.leader_id == Person.id)
        .where(Team.is_active.is_(True))
        .distinct()
        .order_by(Person.email)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def add_all(session: Session, rows: Sequence[object]) -> None:
    """Store new rows."""
    session.add_all(rows)
    session.flush()


def delete_memberships(session: Session, keys: Sequence[tuple[str, str, dt.date]]) -> None:
    """Delete memberships by person, team and first day."""
    for person_id, team_key, starts_on in keys:
        session.execute(
            delete(Membership).where(
                Membership.person_id == person_id,
                Membership.team_key == team_key,
                Membership.starts_on == starts_on,
            )
        )
