"""Deliberately weak ways to store an answer, in the product's own tables, so that every attack is seen to succeed.

None of this is what the product does: the content is readable, or the mark of the person and the answer share a
transaction, or rows carry a serial number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, text
from sqlalchemy.orm import Session

from app.extensions import Database
from surveys.ballots import sealing
from surveys.models.invitations import Invitation, Paper
from surveys.models.organisation import Person
from surveys.store import ballots as ballot_store

Answers = Mapping[str, int | None]


@dataclass(frozen=True, kw_only=True)
class Somebody:
    """A person invited, as the weak variants know everybody."""

    email: str
    person_id: str
    crowd: str


def list_invited(database: Database, wave: str) -> dict[str, Somebody]:
    """Return everybody invited to a wave by address."""
    query = (
        select(Person.email, Person.id, Invitation.crowd)
        .join(Invitation, Invitation.person_id == Person.id)
        .where(Invitation.wave == wave)
    )
    with database.reading() as session:
        return {row[0]: Somebody(email=row[0], person_id=row[1], crowd=row[2]) for row in session.execute(query)}


def readable(answers: Answers) -> bytes:
    """What a product without sealing would store."""
    return sealing.pad(answers)


def mark_of(person_id: str) -> bytes:
    """Return a mark that hangs on no key, so that whoever has the database can compute it for everybody."""
    return hashlib.sha256(person_id.encode()).digest()


def names(people: Mapping[str, Somebody]) -> dict[bytes, Somebody]:
    """Return who stands behind each weak mark."""
    return {mark_of(person.person_id): person for person in people.values()}


def mark(session: Session, wave: str, person: Somebody) -> None:
    """Note that somebody took the paper."""
    taken = hashlib.sha256(person.email.encode()).digest()
    session.execute(insert(Paper).values(wave=wave, mark=mark_of(person.person_id), paper_hash=taken))


def store(session: Session, wave: str, person: Somebody, content: bytes) -> None:
    """Store an answer under a random-looking key, as a blind token would give it."""
    key = hashlib.sha256(b"nonce of " + person.email.encode()).digest()
    assert ballot_store.put_ballot(session, wave=wave, nonce_hash=key, crowd=person.crowd, ciphertext=content)


def cast_in_one_transaction(database: Database, wave: str, person: Somebody, content: bytes) -> None:
    """Mark the person and store the answer together, so that no double vote can slip between: the classic mistake."""
    with database.transaction() as session:
        mark(session, wave, person)
        store(session, wave, person, content)


def take_paper(database: Database, wave: str, person: Somebody) -> None:
    """Mark the person alone."""
    with database.transaction() as session:
        mark(session, wave, person)


def drop_in(database: Database, wave: str, person: Somebody, content: bytes) -> None:
    """Store the answer alone."""
    with database.transaction() as session:
        store(session, wave, person, content)


SERIAL_TABLES = {
    True: (
        "CREATE TABLE weak_mark (id INTEGER PRIMARY KEY AUTOINCREMENT, person TEXT, crowd TEXT)",
        "CREATE TABLE weak_answer (id INTEGER PRIMARY KEY AUTOINCREMENT, crowd TEXT, content BLOB)",
    ),
    False: (
        "CREATE TABLE weak_mark (id BIGSERIAL PRIMARY KEY, person TEXT, crowd TEXT)",
        "CREATE TABLE weak_answer (id BIGSERIAL PRIMARY KEY, crowd TEXT, content BYTEA)",
    ),
}


def make_serial_tables(link: Connection, *, is_sqlite: bool) -> None:
    """Make two tables whose rows are numbered as they come."""
    for statement in SERIAL_TABLES[is_sqlite]:
        link.execute(text(statement))


def add_serial_rows(link: Connection, person: Somebody, content: bytes) -> None:
    """Mark a person and store an answer, each under the next number."""
    link.execute(
        text("INSERT INTO weak_mark (person, crowd) VALUES (:p, :c)"), {"p": person.person_id, "c": person.crowd}
    )
    link.execute(text("INSERT INTO weak_answer (crowd, content) VALUES (:c, :x)"), {"c": person.crowd, "x": content})
