"""Turns a live database into one file and back: SQLite by its own copy of pages, PostgreSQL by its own programs."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing, suppress
from pathlib import Path

from app.extensions import Database
from app.jobs.worker import QUEUE_SCHEMA
from surveys.errors import Refused
from surveys.i18n import Message

_PUBLIC_KEY = re.compile("[0-9a-f]{64}")


def write(database: Database, file: Path) -> int:
    """Write a consistent copy of the database while others use it; returns its size in bytes.

    Raises:
        Refused: the file exists, or the copy cannot be made.
    """
    if file.exists():
        raise Refused("The file {file} exists already. A backup overwrites nothing.", file=str(file))
    beside = file.with_name(f".{file.name}.new")
    beside.unlink(missing_ok=True)
    try:
        # Addresses of people are in it, so nobody else on the machine may read it.
        os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        if database.is_sqlite:
            _copy_sqlite(Path(database.engine.url.database or ""), beside)
        else:
            _run(database, "pg_dump", "--format=custom", f"--exclude-schema={QUEUE_SCHEMA}", f"--file={beside}")
        beside.replace(file)
    except OSError as error:
        raise Refused(
            "The backup cannot be written to {file}: {reason}.", file=str(file), reason=error.strerror or "?"
        ) from None
    finally:
        beside.unlink(missing_ok=True)
    return file.stat().st_size


def read(database: Database, file: Path) -> None:
    """Replace the content of the database by a backup, all or nothing.

    Raises:
        Refused: the file is not a whole backup of this kind of database; nothing was changed.
    """
    if not database.is_sqlite:
        _run(
            database,
            "pg_restore",
            "--clean",
            "--if-exists",
            "--no-owner",
            "--single-transaction",
            f"--dbname={database.engine.url.database}",
            str(file),
        )
        return
    _check_backup(file)
    database.dispose()
    _copy_sqlite(file, Path(database.engine.url.database or ""))


def mark_of(database: Database, file: Path) -> str | None:
    """Return the public key (hex) of the installation that a backup belongs to; None where it is too old to say.

    Raises:
        Refused: the file is not a whole backup of this kind of database.
    """
    if database.is_sqlite:
        _check_backup(file)
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection, suppress(sqlite3.Error):
            row = connection.execute("SELECT public_key FROM installation_mark").fetchone()
            return None if row is None else str(row[0])
        return None
    rows = _run(database, "pg_restore", "--data-only", "--table=installation_mark", "--file=-", str(file))
    return next((line for line in rows.splitlines() if _PUBLIC_KEY.fullmatch(line)), None)


def file_faults(database: Database) -> list[Message]:
    """Return what the database itself finds wrong with its files; PostgreSQL looks after its own."""
    if not database.is_sqlite:
        return []
    with closing(sqlite3.connect(database.engine.url.database or "")) as connection:
        return _integrity(connection)


def _copy_sqlite(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(target, timeout=10)) as copy:
        origin.backup(copy)


def _check_backup(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            faults = _integrity(connection)
            known = connection.execute("SELECT count(*) FROM alembic_version").fetchone()[0]
            pages, each = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
            # A cut within the last page goes unnoticed where that page happens to be a free one.
            known = known and pages * each == file.stat().st_size
    except sqlite3.Error:
        faults, known = [], 0
    if faults or not known:
        raise Refused("The file {file} is not a whole backup of Barograph. Nothing was changed.", file=str(file))


def _integrity(connection: sqlite3.Connection) -> list[Message]:
    lines = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
    if lines == ["ok"]:
        return []
    return [Message("The database file is damaged: {detail}.", {"detail": lines[0]})]


def _run(database: Database, program: str, *arguments: str) -> str:
    """Run a program of PostgreSQL and return what it printed."""
    path = shutil.which(program)
    if path is None:
        raise Refused(
            "The program {program} of PostgreSQL is not installed on this machine. Nothing was done.", program=program
        )
    url = database.engine.url
    places = {"PGHOST": url.host, "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password}
    environment = os.environ | {name: str(value) for name, value in places.items() if value}
    if program == "pg_dump":
        arguments = (*arguments, f"--dbname={url.database}")
    done = subprocess.run([path, *arguments], env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - found on the path, arguments are ours
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["?"])[-1]
        raise Refused("{program} failed: {reason}", program=program, reason=reason)
    return done.stdout
