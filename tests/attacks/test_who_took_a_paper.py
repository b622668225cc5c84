"""Who took a paper: read a backup from the middle of a wave, after its close, for who has answered and who has not."""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set

import pytest
from sqlalchemy import bindparam, inspect, select, text, update

from app.extensions import Database
from app.installation import Installation
from surveys.models.invitations import Paper
from surveys.models.organisation import Person
from tests.attacks import account
from tests.attacks.evidence import Evidence
from tests.attacks.spy import MARKS

CONTEXT = "barograph/paper-mark/1"
"""The program is public, so the attacker knows how a mark is made."""


def rows(database: Database) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield every row of a database with the name of its table."""
    with database.engine.connect() as link:
        for table in inspect(link).get_table_names():
            for row in link.execute(text(f'SELECT * FROM "{table}"')).mappings():  # noqa: S608 - its own names
                yield table, dict(row)


def told_by_columns(database: Database, people: Set[str]) -> dict[str, frozenset[str]]:
    """Sort people by each column of each table that names them; returns the groups, by column and value.

    Whether a column is empty is a group of its own, since that is how a plain mark would show.
    """
    groups: dict[str, set[str]] = defaultdict(set)
    for table, row in rows(database):
        for person in {value for value in row.values() if isinstance(value, str) and value in people}:
            for column, value in row.items():
                groups[f"{table}.{column} = {value!r}"].add(person)
                groups[f"{table}.{column} {'is' if value is None else 'is not'} empty"].add(person)
    return {name: frozenset(group) for name, group in groups.items()}


def guesses(database: Database) -> set[bytes]:
    """Return everything in a database that a mark could hang on: each value as bytes, and what it spells in hex."""
    found = {b""}
    for _, row in rows(database):
        for value in row.values():
            if isinstance(value, str):
                found.add(value.encode())
                if len(value) == 64 and not set(value) - set("0123456789abcdef"):
                    found.add(bytes.fromhex(value))
            elif isinstance(value, bytes):
                found.add(value)
    return {each for each in found if len(each) < 200}


def mark(key: bytes, wave: str, person: str) -> bytes:
    """A mark as the product makes it, with any key."""
    return hmac.new(key, "\x1f".join((CONTEXT, wave, person)).encode(), hashlib.sha256).digest()


def told_by_marks(database: Database, wave: str, people: Set[str], keys: Set[bytes]) -> set[str]:
    """Return the people whose mark is among those stored, trying every key on everybody."""
    with database.engine.connect() as link:
        stored = {bytes(each) for each in link.scalars(text(MARKS))}
    return {
        person
        for person in people
        for key in keys
        if {mark(key, wave, person), hashlib.sha256(key + person.encode()).digest()} & stored
    }


def keys_left(evidence: Evidence) -> set[bytes]:
    """Return what the key folder holds after the close, and what is derived from it."""
    files = {path.read_bytes() for path in evidence.inst.keys.folder.iterdir()}
    return {*files, evidence.inst.keys.ballot_key().private, evidence.inst.keys.ballot_key().public}


def took(evidence: Evidence) -> set[str]:
    return {evidence.persons[email] for email in evidence.voted}


def test_weakened_a_column_at_the_invitation_tells_everybody(restored: Installation, evidence: Evidence) -> None:
    """The hash of the blinded nonce beside the person, dropped at the count; the backup keeps it."""
    people = set(evidence.persons.values())
    with restored.database.engine.begin() as link:
        link.execute(text("ALTER TABLE invitation ADD COLUMN paper_hash VARCHAR"))
        link.execute(
            text("UPDATE invitation SET paper_hash = person_id WHERE person_id IN :people").bindparams(
                bindparam("people", expanding=True)
            ),
            {"people": sorted(took(evidence))},
        )
    told = told_by_columns(restored.database, people)
    assert told["invitation.paper_hash is not empty"] == took(evidence)
    assert told["invitation.paper_hash is empty"] == people - took(evidence)
    account.weakened("who took a paper", f"{evidence.kind}, a column at the invitation: all {len(people)} people told")


@pytest.mark.parametrize("what", ["the public key of the installation", "the installation key", "nothing"])
def test_weakened_a_mark_that_hangs_on_what_is_left_tells_everybody(
    restored: Installation, evidence: Evidence, what: str
) -> None:
    people = set(evidence.persons.values())
    key = {
        "the public key of the installation": evidence.inst.keys.ballot_key().public,
        "the installation key": evidence.inst.keys.installation_key(),
        "nothing": b"",
    }[what]
    with restored.database.transaction() as session:
        behind = {mark(evidence.wave_key, evidence.wave.slug, person): person for person in people}
        for stored in session.scalars(select(Paper.mark)).all():
            weak = mark(key, evidence.wave.slug, behind[stored])
            session.execute(update(Paper).where(Paper.mark == stored).values(mark=weak))
    keys = guesses(restored.database) | keys_left(evidence)
    assert told_by_marks(restored.database, evidence.wave.slug, people, keys) == took(evidence)
    account.weakened("who took a paper", f"{evidence.kind}, a mark that hangs on {what}: all {len(people)} people told")


def test_a_backup_of_an_open_wave_does_not_tell_who_took_a_paper(restored: Installation, evidence: Evidence) -> None:
    people, slug = set(evidence.persons.values()), evidence.wave.slug
    with restored.database.reading() as session:
        assert people <= set(session.scalars(select(Person.id)))  # who was invited is there
        assert len(session.scalars(select(Paper.mark)).all()) == len(evidence.voted)  # and how many took one
    told = told_by_columns(restored.database, people)
    assert [name for name, group in told.items() if group in (took(evidence), people - took(evidence))] == []
    keys = guesses(restored.database) | keys_left(evidence)
    assert len(keys) > 100
    assert evidence.wave_key not in keys
    assert told_by_marks(restored.database, slug, people, keys) == set()
    assert told_by_marks(restored.database, slug, people, {evidence.wave_key}) == took(evidence)  # what was destroyed
    account.product("who took a paper", f"{evidence.kind}, all keys that are left: 0 of {len(people)} people told")


def test_no_paper_is_left_after_the_count(evidence: Evidence) -> None:
    with evidence.inst.database.reading() as session:
        assert session.scalars(select(Paper.mark)).all() == []
