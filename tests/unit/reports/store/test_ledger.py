"""The ledger is only ever added to, its old rows keep their hashes, and every change made behind its back shows."""

from __future__ import annotations

import datetime as dt
import hashlib
import json

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.orm import Session

from app.extensions import Database
from reports.models import LedgerEntry
from reports.store import releases

NOW = dt.datetime(2025, 1, 6, 9, tzinfo=dt.timezone(dt.timedelta(hours=2)))
HOUR = dt.timedelta(hours=1)
DETAIL = {"waves": ["pulse-1"], "units": ["ant"], "measures": "all", "policy": "2", "format": "ñ"}


def note(session: Session, count: int, *, detail: dict[str, object] | None = None) -> None:
    for number in range(count):
        releases.add_ledger_entry(
            session, at=NOW + number * HOUR, actor="hr", kind="export", subject=f"s{number}", cells=number,
            sha256="a" * 64, detail=detail,
        )  # fmt: skip


def test_rows_are_whole_with_and_without_detail(database: Database) -> None:
    with database.transaction() as session:
        assert releases.broken_ledger_number(session) is None
        note(session, 2)
        note(session, 2, detail=DETAIL)  # type: ignore[arg-type]
    with database.reading() as session:
        rows = releases.list_ledger(session)
        assert [row.number for row in rows] == [1, 2, 3, 4]
        assert [row.previous_hash for row in rows] == [releases.FIRST_HASH, *(row.hash for row in rows[:3])]
        assert [row.detail for row in rows] == [None, None, DETAIL, DETAIL]
        assert releases.broken_ledger_number(session) is None
        assert [row.number for row in releases.list_ledger_rows(session, [1, 3])] == [3, 1]


def test_a_row_without_detail_keeps_the_hash_it_always_had(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.transaction() as session:
        note(session, 1)
        row = releases.list_ledger(session)[0]
        # Written out by hand, as version 0.1 hashed it: what stands in the databases of old must not change.
        old = '[1,"2025-01-06T07:00:00+00:00","hr","export","s0",0,"' + "a" * 64 + '","' + "0" * 64 + '"]'
        assert row.hash == hashlib.sha256(old.encode()).hexdigest()
        note(session, 1, detail=DETAIL)  # type: ignore[arg-type]
        new = releases.list_ledger(session)[1]
        values = [2, "2025-01-06T07:00:00+00:00", "hr", "export", "s0", 0, "a" * 64, DETAIL, row.hash]
        written = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert new.hash == hashlib.sha256(written.encode()).hexdigest()
    database.dispose()


@pytest.mark.parametrize(
    "changed",
    ["actor = 'eve'", "kind = 'api'", "subject = 's9'", "cells = 9", "sha256 = 'b'", "detail = NULL",
     "detail = '{\"waves\":[]}'", "at = '2024-01-01 00:00:00.000000'", "hash = '0'", "previous_hash = '1'",
     "number = 9"],
)  # fmt: skip
def test_a_changed_row_breaks_the_chain_at_its_place(sqlite_url: str, changed: str) -> None:
    database = Database(sqlite_url)
    with database.transaction() as session:
        note(session, 3, detail=DETAIL)  # type: ignore[arg-type]
        session.execute(text(f"UPDATE ledger_entry SET {changed} WHERE number = 2"))  # noqa: S608 - words of our own
        session.expire_all()
        assert releases.broken_ledger_number(session) == 2
    database.dispose()


def test_a_detail_put_into_an_old_row_breaks_the_chain(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.transaction() as session:
        note(session, 3)
        session.execute(text("UPDATE ledger_entry SET detail = '{}' WHERE number = 2"))
        session.expire_all()
        assert releases.broken_ledger_number(session) == 2
    database.dispose()


@pytest.mark.parametrize("gone", [1, 2])
def test_a_removed_row_breaks_the_chain(sqlite_url: str, gone: int) -> None:
    database = Database(sqlite_url)
    with database.transaction() as session:
        note(session, 3)
        session.execute(text(f"DELETE FROM ledger_entry WHERE number = {gone}"))  # noqa: S608 - a number
        session.expire_all()
        assert releases.broken_ledger_number(session) == gone
    database.dispose()


def test_two_rows_that_change_places_break_the_chain(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.transaction() as session:
        note(session, 3)
        for before, after in ((1, 9), (2, 1), (9, 2)):
            session.execute(text(f"UPDATE ledger_entry SET number = {after} WHERE number = {before}"))  # noqa: S608
        session.expire_all()
        assert releases.broken_ledger_number(session) == 1
    database.dispose()


def test_the_program_neither_changes_nor_removes_a_row(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.transaction() as session:
        note(session, 1)
    with pytest.raises(TypeError, match="neither changed nor removed"), database.transaction() as session:
        releases.list_ledger(session)[0].cells = 9
    with pytest.raises(TypeError, match="neither changed nor removed"), database.transaction() as session:
        session.delete(releases.list_ledger(session)[0])
    with pytest.raises(TypeError, match="neither changed nor removed"), database.transaction() as session:
        session.execute(update(LedgerEntry).values(cells=9))
    with pytest.raises(TypeError, match="neither changed nor removed"), database.transaction() as session:
        session.execute(delete(LedgerEntry))
    with database.reading() as session:
        assert [row.cells for row in releases.list_ledger(session)] == [0]
    database.dispose()


def test_a_hand_out_is_found_again_since_a_moment_only(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.transaction() as session:
        note(session, 3)
        thing = {"actor": "hr", "kind": "export", "sha256": "a" * 64}
        assert releases.was_handed_out(session, **thing, subject="s1", since=NOW + HOUR)
        assert not releases.was_handed_out(session, **thing, subject="s1", since=NOW + 2 * HOUR)
        assert not releases.was_handed_out(session, **thing, subject="s7", since=NOW)
        assert not releases.was_handed_out(session, **{**thing, "actor": "eva"}, subject="s1", since=NOW)
    database.dispose()
