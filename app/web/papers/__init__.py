"""The identity side of the web: turns a typed code into a place on the answer side, in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable

from app.extensions import Database
from surveys.services.invitations import Place, find_place
from surveys.store.keys import KeyStore


def place_finder(database: Database, keys: KeyStore) -> Callable[[str], Place]:
    """Return the callable that the answer side is given; it returns a place and never a person.

    The callable raises :class:`surveys.errors.Refused` for every code that opens nothing.
    """

    def find(typed: str) -> Place:
        with database.reading() as session:
            return find_place(session, keys, typed)

    return find
