"""SQL for invitations and mailings; identity side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Table, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveys.models.invitations import Delivery, Invitation, Mailing, Paper
from surveys.models.organisation import Person
from surveys.models.waves import Wave

REWRITTEN_TABLES = ("invitation", "paper", "delivery")
"""Tables whose deleted rows must leave no bytes in the files."""


@dataclass(frozen=True, kw_only=True)
class Addressee:
    """Somebody to whom a message of a mailing goes."""

    person_id: str
    email: str
    name: str
    language: str
    generation: int


@dataclass(frozen=True, kw_only=True)
class WaveNow:
    """What decides whether a wave issues papers at this moment."""

    status: str
    mode: str
    fingerprint: str | None
    closes_at: dt.datetime


@dataclass(frozen=True, kw_only=True)
class PaperPlace:
    """Who holds a code where papers are issued, and the crowd the paper is for."""

    wave: str
    person_id: str
    crowd: str


# Built once: making a statement takes longer than running it, and every paper pays for these.
_INVITED = Invitation.__table__
_PAPER = cast("Table", Paper.__table__)
_WAVE = Wave.__table__
_WAVE_NOW = select(_WAVE.c.status, _WAVE.c.mode, _WAVE.c.fingerprint, _WAVE.c.closes_at).where(
    _WAVE.c.slug == bindparam("wanted")
)
_SHARED_WAVE = _WAVE_NOW.with_for_update(read=True)
_PLACE = select(_INVITED.c.wave, _INVITED.c.person_id, _INVITED.c.crowd).where(
    _INVITED.c.code_hash == bindparam("wanted")
)
_PAPER_HASH = select(_PAPER.c.paper_hash).where(_PAPER.c.wave == bindparam("wave"), _PAPER.c.mark == bindparam("mark"))
_NOTE = {
    "sqlite": sqlite.insert(_PAPER).on_conflict_do_nothing(index_elements=["wave", "mark"]),
    "postgresql": postgresql.insert(_PAPER).on_conflict_do_nothing(index_elements=["wave", "mark"]),
}


def add_invitations(session: Session, rows: Sequence[Mapping[str, object]]) -> None:
    """Store the invitations of a wave."""
    if rows:
        session.execute(insert(Invitation), [dict(row) for row in rows])


def find_by_code_hash(session: Session, code_hash: str) -> Invitation | None:
    """Return the invitation with this code, or None."""
    return session.scalars(select(Invitation).where(Invitation.code_hash == code_hash)).one_or_none()


def find_wave_now(session: Session, wave: str) -> WaveNow | None:
    """Return what a wave is at this moment, or None; locks nothing."""
    return _wave_now(session, wave, is_shared=False)


def share_wave(session: Session, wave: str) -> WaveNow | None:
    """Return what a wave is now, or None; nobody moves it before the caller's transaction ends."""
    return _wave_now(session, wave, is_shared=True)


def _wave_now(session: Session, wave: str, *, is_shared: bool) -> WaveNow | None:
    row = session.connection().execute(_SHARED_WAVE if is_shared else _WAVE_NOW, {"wanted": wave}).one_or_none()
    if row is None:
        return None
    return WaveNow(status=row.status, mode=row.mode, fingerprint=row.fingerprint, closes_at=row.closes_at)


def find_paper_place(session: Session, code_hash: str) -> PaperPlace | None:
    """Return whose code this is as it is now, or None.

    The row is never locked: on PostgreSQL a lock would write into it which transaction took the paper.
    """
    row = session.connection().execute(_PLACE, {"wanted": code_hash}).one_or_none()
    return None if row is None else PaperPlace(wave=row.wave, person_id=row.person_id, crowd=row.crowd)


def note_paper(session: Session, *, wave: str, mark: bytes, paper_hash: bytes) -> bytes:
    """Note under a mark of 32 bytes that a paper was issued; returns the hash that stands there now.

    That is an earlier one where there was one. Of several at the same moment one inserts; the others wait and read it.
    """
    connection = session.connection()
    connection.execute(_NOTE[connection.dialect.name], {"wave": wave, "mark": mark, "paper_hash": paper_hash})
    return bytes(connection.execute(_PAPER_HASH, {"wave": wave, "mark": mark}).scalar_one())


def count_papers(session: Session, wave: str) -> int:
    """Return how many papers of a wave were issued; a number of the whole company."""
    return session.scalar(select(func.count()).select_from(Paper).where(Paper.wave == wave)) or 0


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
    """Drop invitations, papers and deliveries of a wave; the counts stay in the wave tables."""
    session.execute(delete(Delivery).where(Delivery.wave == wave))
    session.execute(delete(Paper).where(Paper.wave == wave))
    session.execute(delete(Invitation).where(Invitation.wave == wave))
