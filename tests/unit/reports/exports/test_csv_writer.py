"""CSV files, read back with the standard reader."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.exports.cells import restore
from reports.exports.code_book import CODE_BOOK_COLUMNS
from reports.exports.csv_writer import decimal_sign
from reports.exports.table import CELLS, Row, Table
from surveys.errors import Refused
from tests.support.exported import csv_rows
from tests.unit.reports.exports.conftest import Writing, row

Tables = dict[Table, list[Row]]


def test_there_is_a_file_for_each_table_with_code_book_and_read_me(writing: Writing, tables: Tables) -> None:
    folder = writing("csv", tables, stem="march")
    assert sorted(path.name for path in folder.iterdir()) == [
        f"march-{name}"
        for name in (
            "cells.csv",
            "code-book.csv",
            "read-me.txt",
            "segments.csv",
            "topics.csv",
            "totals.csv",
            "units.csv",
        )
    ]
    assert tuple(csv_rows(folder / "march-cells.csv")[0]) == CELLS.names
    assert tuple(csv_rows(folder / "march-code-book.csv")[0]) == CODE_BOOK_COLUMNS


def test_every_file_begins_with_the_byte_order_mark_once(writing: Writing, tables: Tables) -> None:
    for path in writing("csv", tables).iterdir():
        assert path.read_bytes().count(b"\xef\xbb\xbf") == 1
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_decimal_comma_comes_with_semicolons(writing: Writing, tables: Tables) -> None:
    last = csv_rows(writing("csv", tables, decimal=decimal_sign("es")) / "barograph-cells.csv", ";")[-1]
    assert (last["value"], last["low"], last["n_band_sort"]) == ("4,6", "4,5", "8")


def test_texts_are_quoted_numbers_bare_and_nothing_is_empty(writing: Writing, tables: Tables) -> None:
    lines = (writing("csv", tables) / "barograph-cells.csv").read_bytes().decode("utf-8-sig").split("\r\n")
    assert ',4.6,4.5,5.0,">=","8 to 11",8,11,8,"half_or_more",4,' in lines[2]
    assert ',,,,,,,,,,,,,,"not_asked","This was not asked in this wave.",' in lines[1]
    assert lines[3:] == [""]


def test_decimal_signs_come_from_the_locale() -> None:
    assert (decimal_sign("en"), decimal_sign("es"), decimal_sign("de-CH")) == (".", ",", ".")
    for unknown in ("xx_YY", "no such locale", ""):
        with pytest.raises(Refused, match=r"The locale .* is not known"):
            decimal_sign(unknown)


TEXT = st.text(alphabet="=+-@＝＋－＠'\",;|\t\r\n\0 \ufeffaé😀", max_size=8)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=TEXT, question=TEXT, decimal=st.sampled_from([".", ","]))
def test_names_come_back_as_given_and_no_cell_starts_a_formula(
    writing: Writing, name: str, question: str, decimal: str
) -> None:
    folder = writing("csv", {CELLS: [row(name=name, text=question)]}, decimal=decimal)
    [cell] = csv_rows(folder / "barograph-cells.csv", ";" if decimal == "," else ",")
    assert (restore(cell["crowd_name"]), restore(cell["item_text"])) == (name, question)
    assert not any(field.startswith(tuple("=+-@＝＋－＠\t\r\n\0")) for field in cell.values())
