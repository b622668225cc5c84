"""The database of an installation: engine, fair write transactions, rewrite after a count, and what its log keeps."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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

_TELLTALES = {
    "log_statement": ("none",),
    "log_duration": ("off",),
    "log_min_duration_statement": ("-1",),
    "log_min_duration_sample": ("-1",),
    "log_transaction_sample_rate": ("0",),
    "log_parameter_max_length_on_error": ("0",),
    "auto_explain.log_min_duration": ("-1",),
    "pgaudit.log": ("none", ""),
    "track_commit_timestamp": ("off",),
}
"""Settings of PostgreSQL that keep statements or times beside the data, with the values that do not; first: remedy."""

_OLDER_READERS = """
SELECT count(*) FROM (
    SELECT backend_xmin AS held FROM pg_stat_activity
        WHERE (datname = current_database() OR backend_type = 'walsender') AND pid <> pg_backend_pid()
    UNION ALL SELECT transaction FROM pg_prepared_xacts WHERE database = current_database()
    UNION ALL SELECT xmin FROM pg_replication_slots
) AS holders
WHERE held IS NOT NULL AND age(held) >= age(CAST(:now AS xid))
"""
"""How many may still see rows that were deleted before a transaction number."""

_WAITS = (0.05, 0.2, 0.5, 1.0)
"""Seconds between looks at those who may still see deleted rows."""

_SETTINGS = text(
    "SELECT name, setting, source FROM pg_settings WHERE name = ANY(:names) OR name = 'log_statement_sample_rate'"
)


@dataclass(frozen=True, kw_only=True)
class ServerLog:
    """What a database server keeps that tells who answered when, and the SQL that ends it; empty where all is well."""

    settings: tuple[str, ...]
    remedy: str


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
            self._await_older_readers(connection)
            for table in tables:
                connection.execute(text(f'VACUUM (FULL) "{table}"'))

    def _await_older_readers(self, connection: Connection) -> None:
        """Wait a moment for those who may still see deleted rows: PostgreSQL keeps such rows through a rewrite.

        Raises:
            Refused: somebody still does, such as a backup that is running.
        """
        now = connection.execute(text("SELECT CAST(pg_current_xact_id() AS xid)::text")).scalar_one()
        for wait in (*_WAITS, None):
            if not connection.execute(text(_OLDER_READERS), {"now": now}).scalar_one():
                return
            if wait is not None:
                time.sleep(wait)
        raise Refused(
            "Somebody still reads the database as it was before, such as a backup that is running, so deleted rows "
            "cannot be wiped from it yet. Try again when that has ended."
        )

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
                            "The database file is being read, so deleted rows cannot be wiped from it yet. "
                            "Try the same again in a moment."
                        )
                cursor.close()
            finally:
                connection.close()

    def is_apart_from(self, folder: Path) -> bool:
        """Tell whether the data lie on another device than a folder, as far as can be told from here.

        SQLite: the device numbers differ. PostgreSQL: the server has another address than this machine.
        """
        if self.is_sqlite:
            return Path(self.engine.url.database or "").resolve().parent.stat().st_dev != folder.stat().st_dev
        with self.engine.connect() as connection:
            row = connection.execute(text("SELECT inet_client_addr() = inet_server_addr()")).scalar()
        return row is False  # a socket has no address

    def server_log(self) -> ServerLog:
        """Return what the server keeps in its log or beside the rows; an SQLite file keeps nothing."""
        if self.is_sqlite:
            return ServerLog(settings=(), remedy="")
        with self.engine.connect() as connection:
            rows = connection.execute(_SETTINGS, {"names": list(_TELLTALES)}).all()
            role, name = connection.execute(text("SELECT current_user, current_database()")).one()
        values = {row.name: row.setting for row in rows}
        if values.get("log_statement_sample_rate") == "0":
            values["log_min_duration_sample"] = "-1"
        told = [row for row in rows if row.name in _TELLTALES and values[row.name] not in _TELLTALES[row.name]]
        quote = self.engine.dialect.identifier_preparer.quote_identifier
        places = {
            "database": f"DATABASE {quote(name)}",
            "user": f"ROLE {quote(role)}",
            "database user": f"ROLE {quote(role)} IN DATABASE {quote(name)}",
        }
        orders = [
            f"ALTER {places.get(row.source, 'SYSTEM')} SET {row.name} = '{_TELLTALES[row.name][0]}';" for row in told
        ]
        return ServerLog(
            settings=tuple(f"{row.name} = {row.setting}" for row in told),
            remedy=" ".join([*orders, "SELECT pg_reload_conf();"]) if told else "",
        )

    def logs_connections(self) -> bool:
        """Tell whether the server notes each connection: then its log tells when the program worked, not for whom."""
        if self.is_sqlite:
            return False
        with self.engine.connect() as connection:
            return connection.execute(text("SHOW log_connections")).scalar() not in {"off", ""}

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
        return create_engine(
            parsed,
            hide_parameters=True,
            pool_size=5,
            pool_timeout=5,
            pool_pre_ping=True,
            connect_args=_POSTGRES_OPTIONS,
        )
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, hide_parameters=True, connect_args={"timeout": 10, "check_same_thread": False})

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
