"""SQL for connections to delivery tools and for what a running sync has read; holds no credential."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from surveys.errors import NotFound
from surveys.models.roadmap import RoadmapConnection, RoadmapStaged

STAGED_TABLE = RoadmapStaged.__tablename__
_MANY = 500


def list_connections(session: Session) -> Sequence[RoadmapConnection]:
    """Return all connections by name."""
    return session.scalars(select(RoadmapConnection).order_by(RoadmapConnection.name)).all()


def find_connection(session: Session, name: str) -> RoadmapConnection | None:
    """Return a connection or None."""
    return session.get(RoadmapConnection, name)


def get_connection(session: Session, name: str) -> RoadmapConnection:
    """Return a connection.

    Raises:
        NotFound: there is none of this name.
    """
    found = find_connection(session, name)
    if found is None:
        raise NotFound("There is no connection {name}.", name=name[:60])
    return found


def lock_connection(session: Session, name: str) -> RoadmapConnection:
    """Return a connection that no other transaction changes until this one ends; raises as :func:`get_connection`."""
    found = session.get(RoadmapConnection, name, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound("There is no connection {name}.", name=name[:60])
    return found


def add_connection(session: Session, connection: RoadmapConnection) -> None:
    """Store a new connection."""
    session.add(connection)
    session.flush()


def delete_connection(session: Session, name: str) -> None:
    """Delete a connection and what its sync has read; what was imported stays."""
    clear_staged(session, name)
    session.execute(delete(RoadmapConnection).where(RoadmapConnection.name == name))


def stage(session: Session, connection: str, bodies: Mapping[str, Mapping[str, object]]) -> None:
    """Store packed items by key; one of the same key is replaced."""
    keys = sorted(bodies)
    for start in range(0, len(keys), _MANY):
        part = keys[start : start + _MANY]
        session.execute(
            delete(RoadmapStaged)
            .where(RoadmapStaged.connection == connection, RoadmapStaged.key.in_(part))
            .execution_options(synchronize_session=False)
        )
        rows = [{"connection": connection, "key": key, "body": dict(bodies[key])} for key in part]
        session.execute(insert(RoadmapStaged), rows)


def find_staged(session: Session, connection: str, keys: Sequence[str]) -> dict[str, Mapping[str, object]]:
    """Return the packed items of some keys, those that are there."""
    found: dict[str, Mapping[str, object]] = {}
    for start in range(0, len(keys), _MANY):
        query = select(RoadmapStaged.key, RoadmapStaged.body).where(
            RoadmapStaged.connection == connection, RoadmapStaged.key.in_(keys[start : start + _MANY])
        )
        found.update((key, body) for key, body in session.execute(query))
    return found


def iter_staged(session: Session, connection: str) -> Iterator[Mapping[str, object]]:
    """Yield all packed items by key, a few hundred in memory at a time."""
    after = ""
    while True:
        query = (
            select(RoadmapStaged.key, RoadmapStaged.body)
            .where(RoadmapStaged.connection == connection, RoadmapStaged.key > after)
            .order_by(RoadmapStaged.key)
            .limit(_MANY)
        )
        rows = session.execute(query).all()
        yield from (body for _, body in rows)
        if len(rows) < _MANY:
            return
        after = rows[-1][0]


def count_staged(session: Session, connection: str) -> int:
    """Return how many items a running sync has read."""
    query = select(func.count()).select_from(RoadmapStaged).where(RoadmapStaged.connection == connection)
    return session.scalar(query) or 0


def clear_staged(session: Session, connection: str) -> None:
    """Delete what a sync has read."""
    session.execute(
        delete(RoadmapStaged).where(RoadmapStaged.connection == connection).execution_options(synchronize_session=False)
    )
