"""Turns the storage of an open wave into traces: which mark and which stored answer appeared at which moment.

On SQLite the spy keeps a reader open, so that the log is never recycled, and replays it commit by commit; on
PostgreSQL it asks each row for the transaction that wrote it. Neither needs more than reading the storage.

A mark names nobody without the key of the wave. The spy is told who stands behind each one all the same, so that what
keeps people and answers apart is tested without this help; that the marks are silent has an attack of its own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import text

from app.extensions import Database
from surveys.ballots import codes
from tests.attacks.tools import Trace, replay_wal, rows_of
from tests.attacks.weak import Somebody

Names = Mapping[bytes, Somebody]
"""Who stands behind each mark."""

MARKS = "SELECT mark FROM paper"
STORED = "SELECT nonce_hash, crowd, ciphertext FROM ballot"


def names(people: Mapping[str, Somebody], *, wave: str, wave_key: bytes) -> dict[bytes, Somebody]:
    """Return who stands behind each mark of the product; needs the private key of the wave."""
    return {codes.paper_mark(wave_key, wave=wave, person_id=person.person_id): person for person in people.values()}


class Spy:
    """Watches one database from the moment it is made until :meth:`stop`."""

    def __init__(self, database: Database, names: Names) -> None:
        self._database, self._names = database, names
        self._reader: sqlite3.Connection | None = None
        self._base = b""
        if database.is_sqlite:
            self._watch_file(Path(database.engine.url.database or ""))

    def _watch_file(self, path: Path) -> None:
        self._path = path
        with self._database.engine.connect() as link:
            assert link.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar() == 0
            link.rollback()
        self._base = path.read_bytes()
        self._reader = sqlite3.connect(path, isolation_level=None)
        self._reader.execute("BEGIN")
        self._reader.execute("SELECT count(*) FROM wave").fetchall()

    def traces(self) -> tuple[list[Trace], list[Trace]]:
        """Return the marks of people and the stored answers, each with its moment; replaced answers come again."""
        if self._reader is None:
            return self._from_rows()
        marks: set[bytes] = set()
        stored: dict[object, object] = {}
        papers: list[Trace] = []
        ballots: list[Trace] = []
        for moment, image in enumerate(self.images()):
            for (mark,) in rows_of(image, MARKS):
                assert isinstance(mark, bytes)
                if mark not in marks:
                    marks.add(mark)
                    papers.append(_trace(self._names[mark], moment))
            for key, crowd, content in rows_of(image, STORED):
                assert isinstance(content, bytes)
                if stored.get(key) != content:
                    stored[key] = content
                    ballots.append(Trace(what=content, crowd=str(crowd), moment=moment))
        return papers, ballots

    def images(self) -> Iterator[bytes]:
        """Yield the SQLite file after each commit since the spy began; nothing on PostgreSQL."""
        yield from replay_wal(*self.files())

    def files(self) -> tuple[bytes, bytes]:
        """Return the SQLite file as it was at the beginning and the whole log since; empty on PostgreSQL."""
        if self._reader is None:
            return b"", b""
        return self._base, self._path.with_name(self._path.name + "-wal").read_bytes()

    def stop(self) -> None:
        """Let go of the database."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _from_rows(self) -> tuple[list[Trace], list[Trace]]:
        with self._database.engine.connect() as link:
            marks = link.execute(text(MARKS.replace("SELECT", "SELECT xmin::text::bigint,", 1))).all()
            stored = link.execute(text(STORED.replace("SELECT", "SELECT xmin::text::bigint,", 1))).all()
        papers = [_trace(self._names[bytes(row[1])], int(row[0])) for row in marks]
        ballots = [Trace(what=bytes(row[3]), crowd=row[2], moment=int(row[0])) for row in stored]
        return papers, ballots


def _trace(person: Somebody, moment: int) -> Trace:
    return Trace(what=person.person_id, crowd=person.crowd, moment=moment)


def in_storage_order(database: Database, names: Names) -> tuple[list[Trace], list[Trace]]:
    """Return marks and stored answers in the order in which the storage itself keeps the rows."""
    place = "" if database.is_sqlite else " ORDER BY ctid"
    with database.engine.connect() as link:
        marks = link.execute(text(MARKS + place)).all()
        stored = link.execute(text(STORED + place)).all()
    papers = [_trace(names[bytes(row[0])], at) for at, row in enumerate(marks)]
    ballots = [Trace(what=bytes(row[2]), crowd=row[1], moment=at) for at, row in enumerate(stored)]
    return papers, ballots
