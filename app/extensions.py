"""The database of an installation: one engine, write transactions that queue fairly, and the rewrite after a count."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.orm import Session

from surveys.errors import Refused

_POSTGRES_OPTIONS = {
    "connect_timeout": 3,
    "tcp_user_timeout": 3000,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "options": "-c statement_timeout=60000 -c idle_in_transaction_session_timeout=60000",
}
_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # NORMAL loses acknowledged answers on a power cut
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA busy_timeout=10000",
)


class AdvisoryLock:
    """A lock of the PostgreSQL server, held by one connection and given back when that connection ends."""

    def __init__(self, connection: Connection, key: int) -> None:
        self._connection = connection
        self._key = key

    def take(self) -> bool:
        """Try to take the lock; returns at once."""
        return bool(self._connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": self._key}))

    def check(self) -> None:
        """Raise a database error where the connection, and with it the lock, is lost."""
        self._connection.execute(text("SELECT 1"))


class Database:
    """Opens transactions on one database address; the caller at the edge decides where they begin and end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        name = make_url(url).database
        self._lock_path = Path(f"{name}.lock") if self.is_sqlite and name else None

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a write transaction; commits at the end of the block, rolls back on any exception."""
        with self._turn(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            if self.is_sqlite:
                session.connection(execution_options={"barograph_write": True})
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that is always rolled back."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session
            session.rollback()

    def rewrite(self, tables: tuple[str, ...]) -> None:
        """Rewrite the files so that deleted rows of ``tables`` leave no bytes behind; may be repeated at will."""
        if self.is_sqlite:
            self._rewrite_sqlite()
            return
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in tables:
                connection.execute(text(f'VACUUM (FULL) "{table}"'))

    def _rewrite_sqlite(self) -> None:
        """Rewrite the file and empty its log.

        Raises:
            Refused: a reader holds the old pages, so they cannot be overwritten yet.
        """
        with self._turn():
            connection = self.engine.raw_connection()
            try:
                cursor = connection.cursor()
                for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                    cursor.execute(statement)
                    if any(is_busy for is_busy, *_ in cursor.fetchall()):
                        raise Refused(
                            "The database file is being read, so deleted ballots cannot be wiped from it yet. "
                            "Close the wave again in a moment."
                        )
                cursor.close()
            finally:
                connection.close()

    @contextmanager
    def advisory_lock(self, key: int) -> Iterator[AdvisoryLock]:
        """Open a connection of its own for a lock named by ``key``; PostgreSQL only."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield AdvisoryLock(connection, key)

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for this writer's turn: the kernel queues on the file lock, SQLite's own busy wait starves writers."""
        if self._lock_path is None:
            yield
            return
        with self._lock_path.open("a") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(stream, fcntl.LOCK_UN)


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_size=5, pool_timeout=5, pool_pre_ping=True, connect_args=_POSTGRES_OPTIONS)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": 10, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we send BEGIN ourselves, see below
        cursor = connection.cursor()
        for pragma in _SQLITE_PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        is_write = connection.get_execution_options().get("barograph_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")

    return engine
