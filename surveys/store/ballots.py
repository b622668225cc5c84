"""SQL for sealed ballots: one way in, one reader for the count, one way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

from sqlalchemy import Table, bindparam, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveys.enums import WaveStatus
from surveys.models.ballots import Ballot
from surveys.models.waves import Wave

REWRITTEN_TABLES = ("ballot",)
"""Tables whose deleted rows must leave no bytes in the files."""

_CHUNK = 5_000


def _upsert(build: Callable[[Table], sqlite.Insert | postgresql.Insert]) -> sqlite.Insert | postgresql.Insert:
    statement = build(_TABLE)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["wave", "nonce_hash"], set_={"crowd": new.crowd, "ciphertext": new.ciphertext}
    )


# Built once: making a statement takes longer than running it, and every ballot pays for it.
_TABLE = cast("Table", Ballot.__table__)
_STATUS = select(Wave.__table__.c.status).where(Wave.__table__.c.slug == bindparam("slug")).with_for_update(read=True)
_UPSERT = {"sqlite": _upsert(sqlite.insert), "postgresql": _upsert(postgresql.insert)}


def put_ballot(session: Session, *, wave: str, nonce_hash: bytes, crowd: str, ciphertext: bytes) -> bool:
    """Store a ballot while the wave is open; the same hash replaces. Returns False where the wave is not open.

    The wave row is read under a lock in the same transaction, so that nothing is stored after the close.
    """
    connection = session.connection()
    if connection.execute(_STATUS, {"slug": wave}).scalar() != WaveStatus.OPEN:
        return False
    values = {"wave": wave, "nonce_hash": nonce_hash, "crowd": crowd, "ciphertext": ciphertext}
    connection.execute(_UPSERT[connection.dialect.name], values)
    return True


def add_ballots(session: Session, rows: list[dict[str, object]]) -> None:
    """Store many new ballots at once; used by measurements of the count."""
    session.execute(insert(Ballot), rows)


def count_ballots(session: Session, wave: str) -> int:
    """Return the number of ballots of a wave; never shown below the company."""
    return session.scalar(select(func.count()).select_from(Ballot).where(Ballot.wave == wave)) or 0


def read_sealed(session: Session, wave: str) -> Iterator[tuple[str, bytes]]:
    """Yield crowd and ciphertext of every ballot in the order of the hashes, in chunks."""
    for _, crowd, ciphertext in read_ballots(session, wave):
        yield crowd, ciphertext


def read_ballots(session: Session, wave: str) -> Iterator[tuple[bytes, str, bytes]]:
    """Yield hash, crowd and ciphertext of every ballot in the order of the hashes, in chunks."""
    query = (
        select(Ballot.nonce_hash, Ballot.crowd, Ballot.ciphertext)
        .where(Ballot.wave == wave)
        .order_by(Ballot.nonce_hash)
        .execution_options(yield_per=_CHUNK)
    )
    with session.execute(query) as rows:  # whoever stops early leaves no cursor open on the server
        for row in rows:
            yield row.nonce_hash, row.crowd, row.ciphertext


def delete_ballots(session: Session, wave: str) -> int:
    """Delete every ballot of a wave; returns how many there were."""
    return int(session.execute(delete(Ballot).where(Ballot.wave == wave)).rowcount)  # type: ignore[attr-defined]
