"""The code book explains every column."""

from __future__ import annotations

import pytest

from reports.disclosure.reasons import Reason
from reports.exports.code_book import CODE_BOOK_COLUMNS, code_book
from reports.exports.table import COLUMNS
from surveys.i18n import translator


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_column_is_explained_in_its_order(language: str) -> None:
    entries = code_book(translator(language))
    assert tuple(entry.column for entry in entries) == COLUMNS
    assert all(entry.name and entry.meaning and entry.type for entry in entries)


def test_the_value_says_not_to_average_it() -> None:
    book = {entry.column: entry for entry in code_book(translator("en"))}
    assert "Do not average" in book["value"].note
    assert book["reason_code"].allowed == ", ".join(Reason)
    assert tuple(book["value"].fields()) == CODE_BOOK_COLUMNS
