"""SQL for invitations and mailings; identity side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from surveys.models.invitations import Delivery, Invitation, Mailing
from surveys.models.organisation import Person

REWRITTEN_TABLES = ("invitation", "delivery")
"""Tables whose deleted rows must leave no bytes in the files."""


@dataclass(frozen=True, kw_only=True)
class Addressee:
    """Somebody to whom a message of a mailing goes."""

    person_id: str
    email: str
    name: str
    language: str
    generation: int


def add_invitations(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Store the invitations of a wave."""
    if rows:
        session.execute(insert(Invitation), [dict(row) for row in rows])


def find_by_code_hash(session: Session, code_hash: str) -> Invitation | None:
    """Return the invitation with this code, or None."""
    return session.scalars(select(Invitation).where(Invitation.code_hash == code_hash)).one_or_none()


def find_for_email(session: Session, *, wave: str, email: str) -> Invitation | None:
    """Return the invitation of a person in a wave, or None."""
    query = (
        select(Invitation)
        .join(Person, Person.id == Invitation.person_id)
        .where(Invitation.wave == wave, Person.email == email)
    )
    return session.scalars(query).one_or_none()


def set_generation(session: Session, *, wave: str, person_id: str, generation: int, code_hash: str) -> None:
    """Replace the link of a person; the old one dies."""
    session.execute(
        update(Invitation)
        .where(Invitation.wave == wave, Invitation.person_id == person_id)
        .values(generation=generation, code_hash=code_hash)
    )


def count_invitations(session: Session, wave: str) -> int:
    """Return how many people are invited and not yet reduced to counts."""
    return session.scalar(select(func.count()).select_from(Invitation).where(Invitation.wave == wave)) or 0


def start_mailing(session: Session, *, wave: str, kind: str) -> None:
    """Note that a mailing exists; a repeat changes nothing."""
    if session.get(Mailing, (wave, kind)) is None:
        session.add(Mailing(wave=wave, kind=kind, recipients=count_invitations(session, wave), finished_at=None))
        session.flush()


def list_undelivered(session: Session, *, wave: str, kind: str) -> Sequence[Addressee]:
    """Return everyone invited to whom this mailing was not yet handed over, by person."""
    query = (
        select(Person.id, Person.email, Person.name, Invitation.language, Invitation.generation)
        .join(Invitation, Invitation.person_id == Person.id)
        .outerjoin(
            Delivery,
            (Delivery.wave == Invitation.wave) & (Delivery.kind == kind) & (Delivery.person_id == Person.id),
        )
        .where(Invitation.wave == wave, Delivery.person_id.is_(None))
        .order_by(Person.id)
    )
    return [
        Addressee(person_id=row[0], email=row[1], name=row[2], language=row[3], generation=row[4])
        for row in session.execute(query)
    ]


def add_delivery(session: Session, *, wave: str, kind: str, person_id: str) -> None:
    """Note that one message was handed over."""
    session.execute(insert(Delivery).values(wave=wave, kind=kind, person_id=person_id))


def finish_mailing(session: Session, *, wave: str, kind: str, now: dt.datetime) -> None:
    """Note that the last message was handed over."""
    session.execute(update(Mailing).where(Mailing.wave == wave, Mailing.kind == kind).values(finished_at=now))


def find_mailing(session: Session, *, wave: str, kind: str) -> Mailing | None:
    """Return a mailing or None."""
    return session.get(Mailing, (wave, kind))


def delete_invitations(session: Session, wave: str) -> None:
    """Drop invitations and deliveries of a wave; the counts stay in the wave tables."""
    session.execute(delete(Delivery).where(Delivery.wave == wave))
    session.execute(delete(Invitation).where(Invitation.wave == wave))
