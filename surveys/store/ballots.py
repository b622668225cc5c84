"""SQL for sealed ballots: one way in, one reader for the count, one way out."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from surveys.enums import WaveStatus
from surveys.models.ballots import Ballot
from surveys.models.waves import Wave

REWRITTEN_TABLES = ("ballot",)
"""Tables whose deleted rows must leave no bytes in the files."""

_CHUNK = 5_000


def put_ballot(session: Session, *, wave: str, nonce_hash: bytes, crowd: str, ciphertext: bytes) -> bool:
    """Store a ballot while the wave is open; the same hash replaces. Returns False where the wave is not open.

    The wave row is read under a lock in the same transaction, so that nothing is stored after the close.
    """
    status = session.scalar(select(Wave.status).where(Wave.slug == wave).with_for_update(read=True))
    if status != WaveStatus.OPEN:
        return False
    table = Ballot.__table__
    values = {"wave": wave, "nonce_hash": nonce_hash, "crowd": crowd, "ciphertext": ciphertext}
    dialect = session.get_bind().dialect.name
    statement = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table).values(values)  # type: ignore[arg-type]
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["wave", "nonce_hash"], set_={"crowd": crowd, "ciphertext": ciphertext}
        )
    )
    return True


def add_ballots(session: Session, rows: list[dict[str, object]]) -> None:
    """Store many new ballots at once; used by measurements of the count."""
    session.execute(insert(Ballot), rows)


def count_ballots(session: Session, wave: str) -> int:
    """Return the number of ballots of a wave; never shown below the company."""
    return session.scalar(select(func.count()).select_from(Ballot).where(Ballot.wave == wave)) or 0


def read_sealed(session: Session, wave: str) -> Iterator[tuple[str, bytes]]:
    """Yield crowd and ciphertext of every ballot in the order of the hashes, in chunks."""
    query = (
        select(Ballot.crowd, Ballot.ciphertext)
        .where(Ballot.wave == wave)
        .order_by(Ballot.nonce_hash)
        .execution_options(yield_per=_CHUNK)
    )
    for row in session.execute(query):
        yield row.crowd, row.ciphertext


def delete_ballots(session: Session, wave: str) -> int:
    """Delete every ballot of a wave; returns how many there were."""
    return int(session.execute(delete(Ballot).where(Ballot.wave == wave)).rowcount)  # type: ignore[attr-defined]
