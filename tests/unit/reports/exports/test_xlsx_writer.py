"""The workbook of an export, read back from the parts of its archive."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pytest

from reports.exports.table import CELLS, UNITS, Row, Table
from reports.exports.xlsx_writer import harmless, serial
from tests.support import exported
from tests.unit.reports.exports.conftest import Writing, bridge, row

Tables = dict[Table, list[Row]]
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.mark.slow
def test_a_workbook_has_typed_cells_frozen_heads_and_filters(writing: Writing, tables: Tables) -> None:
    folder = writing("xlsx", tables)
    assert [path.name for path in folder.iterdir()] == ["barograph.xlsx"]
    rows = exported.read_xlsx(folder)
    assert rows["cells"] == [CELLS.record(each) for each in tables[CELLS]]
    assert [each["unit"] for each in rows["units"]] == ["bill", "pay"]
    sheet = exported.xlsx_part(folder / "barograph.xlsx", "cells")
    pane = sheet.find(f".//{MAIN}pane")
    assert pane is not None
    assert (pane.get("state"), pane.get("ySplit")) == ("frozen", "1")
    found = sheet.find(f"{MAIN}autoFilter")
    assert found is not None
    assert found.get("ref") == "A1:AO3"
    assert sheet.findall(f".//{MAIN}f") == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["=1+1", "@x", "{=A1}", "<r><t>x</t></r>", "https://x.example", "12", "_x0041_", "a\x00\x1fb", " "]
)
def test_a_text_stays_a_text(writing: Writing, name: str) -> None:
    folder = writing("xlsx", {CELLS: [row(name=name)]})
    [cell] = exported.read_xlsx(folder)["cells"]
    assert cell["crowd_name"] in {name, harmless(name)}
    sheet = exported.xlsx_part(folder / "barograph.xlsx", "cells")
    assert sheet.findall(f".//{MAIN}f") == []
    assert sheet.findall(f".//{MAIN}hyperlink") == []


@pytest.mark.slow
def test_a_long_table_goes_on_in_the_next_sheet(writing: Writing) -> None:
    rows = [bridge(f"team{number}") for number in range(7)]
    folder = writing("xlsx", {UNITS: rows}, most_rows=4)
    assert exported.read_xlsx(folder)["units"] == [UNITS.record(each) for each in rows]
    with zipfile.ZipFile(folder / "barograph.xlsx") as archive:
        assert b'name="units 3"' in archive.read("xl/workbook.xml")


@pytest.mark.slow
def test_the_same_rows_give_the_same_bytes(writing: Writing, tables: Tables) -> None:
    first, again = (Path(writing("xlsx", tables), "barograph.xlsx").read_bytes() for _ in range(2))
    assert first == again


def test_a_day_is_counted_as_spreadsheets_do() -> None:
    # Day 60 is the leap day of 1900, which never was; later days are one more than days since 1899-12-31.
    assert (serial("1900-03-01"), serial("2026-02-06")) == (61, (dt.date(2026, 2, 6) - dt.date(1899, 12, 30)).days)


def test_only_what_looks_like_markup_gets_a_quote() -> None:
    assert [harmless(text) for text in ("<r>a</r>", "<r>", "a</r>", "=1")] == ["'<r>a</r>", "<r>", "a</r>", "=1"]
