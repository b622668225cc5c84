"""CSV files, read back with the standard reader."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.exports.cells import restore
from reports.exports.code_book import code_book
from reports.exports.csv_writer import CHECKSUMS, decimal_sign, write_csv
from reports.exports.table import COLUMNS, ExportRow, ExportTable
from surveys.errors import Refused
from surveys.i18n import translator

EN = translator("en")


def read(content: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_the_files_are_cells_code_book_units_and_checksums(table: ExportTable) -> None:
    files = write_csv(table, code_book(EN), EN)
    assert list(files) == ["barograph-cells.csv", "barograph-code-book.csv", "barograph-units.csv", CHECKSUMS]
    cells = read(files["barograph-cells.csv"])
    assert tuple(cells[0]) == COLUMNS
    assert [cell["value"] for cell in cells] == ["4.6", "", "4.6"]
    assert [entry["column"] for entry in read(files["barograph-code-book.csv"])] == list(COLUMNS)
    assert [unit["unit_name"] for unit in read(files["barograph-units.csv"])] == ["Billing", "Payments"]


def test_the_checksums_are_those_of_the_files(table: ExportTable) -> None:
    files = write_csv(table, code_book(EN), EN, stem="x", bom=True)
    sums = dict(line.split("  ")[::-1] for line in files.pop(CHECKSUMS).decode().splitlines())
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def test_the_same_rows_in_another_order_give_the_same_bytes(table: ExportTable) -> None:
    turned = ExportTable(rows=table.rows[::-1], bridge=table.bridge[::-1])
    assert write_csv(turned, code_book(EN), EN) == write_csv(table, code_book(EN), EN)


def test_the_byte_order_mark_is_a_choice(table: ExportTable) -> None:
    bom = b"\xef\xbb\xbf"
    assert write_csv(table, (), EN, bom=True)["barograph-cells.csv"].startswith(bom + b'"wave"')
    assert write_csv(table, (), EN)["barograph-cells.csv"].startswith(b'"wave"')


def test_a_decimal_comma_comes_with_semicolons(table: ExportTable) -> None:
    files = write_csv(table, (), EN, decimal=decimal_sign("es"))
    first = read(files["barograph-cells.csv"], ";")[0]
    assert (first["value"], first["low"], first["n_band_sort"]) == ("4,6", "4,5", "8")


def test_texts_are_quoted_and_numbers_are_bare(table: ExportTable) -> None:
    lines = write_csv(table, (), EN)["barograph-cells.csv"].decode().split("\r\n")
    assert ',4.6,4.5,5.0,">=","8 to 11",8,12,"half_or_more",' in lines[1]
    assert lines[-1] == ""


def test_decimal_signs_come_from_the_locale() -> None:
    assert (decimal_sign("en"), decimal_sign("es"), decimal_sign("de-CH")) == (".", ",", ".")
    for unknown in ("xx_YY", "no such locale", ""):
        with pytest.raises(Refused, match=r"The locale .* is not known"):
            decimal_sign(unknown)


TEXT = st.text(alphabet="=+-@＝＋－＠'\",;|\t\r\n\0 \ufeffaé😀", max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=TEXT, question=TEXT, decimal=st.sampled_from([".", ","]))
def test_names_come_back_as_given_and_no_cell_starts_a_formula(
    row: ExportRow, name: str, question: str, decimal: str
) -> None:
    changed = dataclasses.replace(row, crowd_name=name, item_text=question)
    files = write_csv(ExportTable(rows=(changed,), bridge=()), (), EN, bom=True, decimal=decimal)
    [cell] = read(files["barograph-cells.csv"], ";" if decimal == "," else ",")
    assert (restore(cell["crowd_name"]), restore(cell["item_text"])) == (name, question)
    assert not any(field.startswith(tuple("=+-@＝＋－＠\t\r\n\0")) for field in cell.values())
