"""The code book explains every column of every table, and the read-me what to know first."""

from __future__ import annotations

import pytest

from reports.disclosure.reasons import Reason
from reports.exports.code_book import CODE_BOOK_COLUMNS, code_book, read_me
from reports.exports.table import TABLES
from surveys.i18n import translator


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_column_is_explained_in_its_order(language: str) -> None:
    entries = code_book(translator(language))
    assert [entry.column for entry in entries] == list(dict.fromkeys(n for table in TABLES for n in table.names))
    assert all(entry.name and entry.meaning and entry.type for entry in entries)


def test_an_entry_names_the_tables_that_have_the_column() -> None:
    book = {entry.column: entry for entry in code_book(translator("en"))}
    for table in TABLES:
        assert {name for name in table.names if table.name not in book[name].tables.split(", ")} == set()
    assert book["relation"].tables == "units"


def test_the_value_says_not_to_average_it() -> None:
    book = {entry.column: entry for entry in code_book(translator("en"))}
    assert "Do not average" in book["value"].note
    assert book["reason_code"].allowed == ", ".join(Reason)
    assert tuple(book["value"].fields()) == CODE_BOOK_COLUMNS
    assert any("Do not average" in line for line in read_me(translator("en")))
