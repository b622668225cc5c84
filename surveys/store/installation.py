"""SQL for the mark that ties a database to one installation key: the public half of it, in one row."""

from __future__ import annotations

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from surveys.models.waves import InstallationMark


def find_mark(session: Session) -> str | None:
    """Return the public key (hex) of the installation that this database belongs to, or None where it has no mark."""
    return session.scalar(select(InstallationMark.public_key))


def add_mark(session: Session, public_key: str) -> str:
    """Write the mark where there is none yet, and return the one that stands there now.

    Of two processes that set an installation up at once, the second waits and finds the mark of the first.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE installation_mark IN EXCLUSIVE MODE"))
    found = find_mark(session)
    if found is None:
        session.execute(insert(InstallationMark).values(public_key=public_key))
    return found or public_key
