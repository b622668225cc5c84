"""Some rows of each kind for the tests of the writers of exports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reports.disclosure.cells import RawCell, protect
from reports.disclosure.participation import response_band
from reports.disclosure.reasons import Reason, Withheld
from reports.exports.code_book import code_book, read_me
from reports.exports.csv_writer import CsvWriter
from reports.exports.json_writer import JsonWriter
from reports.exports.parquet_writer import ParquetWriter
from reports.exports.table import CELLS, UNITS, Part, Row, Table, outcome_part
from reports.exports.writer import Beside, Writer
from reports.exports.xlsx_writer import XlsxWriter
from surveys.i18n import translator

EN = translator("en")
WAVE: Part = ("2026-03", "2026", 3, "2026-01-23", "2026-02-06")
PROVENANCE: Part = ("pulse-1", "cd" * 32, "2", "ab" * 32, "sealed")

Writing = Callable[..., Path]


def measure(code: str, *, text: str | None = '"My workload is sustainable", says who?') -> Part:
    """The fields of a measure."""
    return (code, "item", "workload", "Pace", text, "better", "own", None, "AGPL-3.0-or-later")


def crowd(name: str = "Payments and Billing") -> Part:
    """The fields of a crowd of two teams."""
    return ("c-pay", name, "bill | pay", "Billing | Payments", "Billing | Payments", 12)


def row(*, name: str = "Payments and Billing", text: str | None = "How?", code: str = "pace") -> Row:
    """One cell of eight people, of whom most chose the best answer."""
    cell = protect(RawCell(crowd="c-pay", measure="pace", n=8, total=37, favourable=7))
    return WAVE, crowd(name), measure(code, text=text), outcome_part(cell, response_band(8, 12), EN), PROVENANCE


def withheld() -> Row:
    """The same crowd on something that was not asked."""
    outcome = outcome_part(Withheld(reason=Reason.NOT_ASKED), None, EN)
    return WAVE, crowd(), measure("burnout", text=None), outcome, PROVENANCE


def bridge(unit: str) -> Row:
    """A row of the bridge."""
    joined = ("c-pay", "Payments and Billing", "across", "Billing", "joined_with", "Too few people answered.")
    return WAVE, (unit, unit.title(), "root", "team"), joined


@pytest.fixture
def beside() -> Beside:
    return Beside(code_book=code_book(EN)[:2], read_me=read_me(EN)[:2], language="en")


@pytest.fixture
def writing(tmp_path: Path, beside: Beside) -> Writing:
    """Writes tables in a format into a new folder and returns it."""
    kinds: dict[str, Callable[..., Writer]] = {
        "csv": CsvWriter,
        "xlsx": XlsxWriter,
        "parquet": ParquetWriter,
        "json": JsonWriter,
    }
    made = 0

    def write(file_format: str, tables: dict[Table, list[Row]], **options: object) -> Path:
        nonlocal made
        made += 1
        folder = tmp_path / str(made)
        folder.mkdir()
        with kinds[file_format](folder, beside, **options) as writer:
            for table, rows in tables.items():
                assert writer.add(table, rows) == len(rows)
            writer.finish()
        return folder

    return write


@pytest.fixture
def tables() -> dict[Table, list[Row]]:
    return {CELLS: [withheld(), row()], UNITS: [bridge("bill"), bridge("pay")]}
