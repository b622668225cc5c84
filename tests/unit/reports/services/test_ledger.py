"""What auditors read of the ledger: filters, pages, files, and the words for its state."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.extensions import Database
from reports.services import ledger
from reports.store import releases
from surveys.i18n import translator

NOW = dt.datetime(2025, 1, 6, 9, tzinfo=dt.UTC)


@pytest.fixture
def session(sqlite_url: str) -> Iterator[Session]:
    database = Database(sqlite_url)
    with database.transaction() as opened:
        yield opened
        opened.rollback()
    database.dispose()


def note(session: Session, *, kind: str = "export", subject: str = "x", **detail: object) -> None:
    releases.add_ledger_entry(
        session, at=NOW, actor="hr@x.example", kind=kind, subject=subject, cells=3, sha256="a" * 64,
        detail=detail or None,
    )  # fmt: skip


def numbers(page: ledger.LedgerPage) -> list[int]:
    return [entry.row.number for entry in page.entries]


def test_rows_are_found_by_wave_and_kind_newest_first(session: Session) -> None:
    note(session, waves=["pulse-1", "pulse-2"], units="all", measures="all", policy="2", format="csv")
    note(session, kind="api", waves=["pulse-1"], units=["ant"], measures=["vision-goals"])
    note(session, kind="release", subject="pulse-10")
    assert numbers(ledger.ledger_page(session)) == [3, 2, 1]
    assert numbers(ledger.ledger_page(session, wave="pulse-1")) == [2, 1]
    assert numbers(ledger.ledger_page(session, wave="pulse-1", kind="api")) == [2]
    assert numbers(ledger.ledger_page(session, wave="pulse-10")) == [3]
    assert numbers(ledger.ledger_page(session, wave="pulse")) == []
    first = ledger.ledger_page(session).entries[-1]
    assert (first.is_all_units, first.is_all_measures, first.policy, first.format) == (True, True, "2", "csv")
    assert ledger.ledger_page(session).kinds == ("api", "export", "release")


@pytest.mark.parametrize(
    ("kind", "subject", "waves"),
    [("release", "pulse-1", ("pulse-1",)), ("report", "pulse-2 ant en", ("pulse-2",)),
     ("export", "csv: pulse-1", ("pulse-1",)), ("export", "json: pulse-1 .. pulse-3", ("pulse-1", "pulse-3"))],
)  # fmt: skip
def test_rows_of_old_name_their_waves_in_the_subject(
    session: Session, kind: str, subject: str, waves: tuple[str, ...]
) -> None:
    note(session, kind=kind, subject=subject)
    assert ledger.entries_of(session)[0].waves == waves


def test_pages_hold_fifty_rows_and_end_at_the_last(session: Session) -> None:
    for _ in range(2 * ledger.PAGE_ROWS + 1):
        note(session)
    first, last = ledger.ledger_page(session), ledger.ledger_page(session, page=99)
    assert (first.page, first.pages, first.found) == (1, 3, 101)
    assert numbers(first)[0] == 101
    assert (last.page, numbers(last)) == (3, [1])
    assert ledger.ledger_page(session, page=-4).page == 1


def test_an_empty_ledger_is_whole_and_has_one_empty_page(session: Session) -> None:
    page = ledger.ledger_page(session)
    assert (page.entries, page.pages, page.chain.is_whole, page.chain.head) == ((), 1, True, "0" * 64)


def test_the_state_in_words_names_the_row_that_does_not_fit(session: Session) -> None:
    note(session)
    note(session)
    session.execute(text("UPDATE ledger_entry SET cells = 9 WHERE number = 2"))
    chain = ledger.chain_state(session)
    assert (chain.broken, chain.is_whole) == (2, False)
    assert [str(each) for each in chain.sentences()] == [
        "The chain of the ledger is broken at row 2: a row was changed, removed or put in."
    ]


def test_both_files_hold_every_row_and_no_formula(session: Session) -> None:
    note(session, subject="=1+1", waves=["pulse-1"], units=["ant", "bee"], measures="all", policy="2", format="csv")
    entries, chain = ledger.entries_of(session), ledger.chain_state(session)
    content = ledger.to_csv(entries)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert tuple(rows[0]) == ledger.COLUMNS
    assert (rows[0]["subject"], rows[0]["units"], rows[0]["measures"]) == ("'=1+1", "ant bee", "all")
    document = json.loads(ledger.to_json(entries, chain))
    assert document["format"] == "barograph-ledger/1"
    assert document["chain"] == {"entries": 1, "first_broken": None, "head": entries[0].row.hash, "lacking": []}
    assert document["entries"][0]["subject"] == "=1+1"
    assert document["entries"][0]["hash"] == entries[0].row.hash


def test_a_report_is_noted_once_for_each_account_and_day(session: Session) -> None:
    thing = {"wave": "pulse-1", "unit": "ant", "language": "en", "sha256": "a" * 64}
    note(session, kind="report", subject="pulse-1 ant en", waves=["pulse-1"], units=["ant"], measures=["energy"])
    for actor, hours in (("lena", 0), ("lena", 14.9), ("pau", 1), ("lena", 15), ("lena", 16)):
        now = NOW + dt.timedelta(hours=hours)
        ledger.note_reading(session, actor=actor, now=now, **thing)
        assert ledger.is_reading_noted(session, actor=actor, now=now, **thing)
    found = ledger.entries_of(session, kind=ledger.READING)
    assert [(entry.row.actor, entry.row.at.day) for entry in found] == [("lena", 6), ("pau", 6), ("lena", 7)]
    assert {entry.measures for entry in found} == {("energy",)}
    assert {entry.row.cells for entry in found} == {3}


def test_an_unknown_kind_is_shown_as_it_is_written() -> None:
    assert ledger.kind_word("fax", translator("en")) == "fax"
    assert ledger.kind_word("api", translator("en")) == "read by a program"
