"""Turns export tables into one XLSX workbook of typed cells, written row by row with one row in memory."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from reports.exports.code_book import CODE_BOOK_COLUMNS
from reports.exports.table import TABLES, Column, Kind, Row, Table
from reports.exports.writer import Beside

MOST_ROWS = 1 << 20
"""Rows of a sheet, the head among them; a longer table goes on in a second sheet."""

CREATED = dt.datetime(1980, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None)
"""Written into every workbook, so that the same rows give the same bytes."""

_DAY_ZERO = dt.date(1899, 12, 30)
_WIDE = frozenset({"item_text", "reason", "units", "unit_names", "joined_with", "not_included", "crowd_name", "source"})
_MARKUP = ("<r>", "</r>")


class XlsxWriter:
    """Writes ``<stem>.xlsx``: a sheet for each table, code book and read-me, with frozen heads and filters.

    Texts are texts: no cell is a formula, a link or a number by accident. A field without content is an empty cell.
    """

    def __init__(self, folder: Path, beside: Beside, *, stem: str = "barograph", most_rows: int = MOST_ROWS) -> None:
        self._beside, self._most_rows = beside, most_rows
        self._parts = folder / ".xlsx"
        self._parts.mkdir()
        self._book = Workbook(
            str(folder / f"{stem}.xlsx"),
            {
                "constant_memory": True,
                "tmpdir": str(self._parts),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        self._book.use_zip64()
        self._book.set_properties({"created": CREATED, "title": "Barograph"})
        self._head = self._book.add_format({"bold": True, "bottom": 1})
        self._wrapped = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._formats = {
            Kind.DATE: self._book.add_format({"num_format": "yyyy-mm-dd"}),
            Kind.DECIMAL: self._book.add_format({"num_format": "0.0###"}),
            Kind.INTEGER: self._book.add_format({"num_format": "0"}),
        }
        self._sheets: dict[str, _Sheet] = {}

    def __enter__(self) -> Self:
        """Begin the sheets."""
        for table in TABLES:
            self._sheets[table.name] = self._sheet(table.name, table.columns)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the workbook, which puts the sheets together, and remove what they were made of."""
        if not self._book.fileclosed:
            self._book.close()
        shutil.rmtree(self._parts, ignore_errors=True)

    def add(self, table: Table, rows: Iterable[Row]) -> int:
        """Append rows to a table; returns how many."""
        sheet, count = self._sheets[table.name], 0
        for row in rows:
            if sheet.next >= self._most_rows:
                sheet.end()
                number = sheet.number + 1
                sheet = self._sheet(f"{table.name} {number}", table.columns, number)
                self._sheets[table.name] = sheet
            sheet.write(row)
            count += 1
        return count

    def finish(self) -> None:
        """Write code book and read-me, and close the workbook."""
        for sheet in self._sheets.values():
            sheet.end()
        book = self._sheet("code book", tuple(Column(name) for name in CODE_BOOK_COLUMNS))
        for entry in self._beside.code_book:
            book.write([tuple(entry.fields().values())])
        book.end()
        page = self._book.add_worksheet("read me")
        page.set_column(0, 0, 100)
        for place, line in enumerate(self._beside.read_me):
            page.write_string(place, 0, harmless(line), self._wrapped)
        self._book.close()

    def _sheet(self, name: str, columns: Sequence[Column], number: int = 1) -> _Sheet:
        page = self._book.add_worksheet(name)
        page.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            page.set_column(place, place, 40 if column.name in _WIDE else 14, self._formats.get(column.kind))
            page.write_string(0, place, column.name, self._head)
        return _Sheet(page, columns, number)


class _Sheet:
    """A sheet that is being written from its second row on."""

    def __init__(self, page: Worksheet, columns: Sequence[Column], number: int) -> None:
        self._page, self.number, self.next = page, number, 1
        self._is_date = tuple(column.kind is Kind.DATE for column in columns)

    def write(self, row: Sequence[Sequence[str | int | float | None]]) -> None:
        page, line, place, is_date = self._page, self.next, 0, self._is_date
        for part in row:
            for value in part:
                if value is None:
                    pass
                elif isinstance(value, str):
                    if is_date[place]:
                        page.write_number(line, place, serial(value))
                    else:
                        page.write_string(line, place, harmless(value))
                else:
                    page.write_number(line, place, value)
                place += 1
        self.next += 1

    def end(self) -> None:
        """Set the filter over what was written."""
        self._page.autofilter(0, 0, self.next - 1, len(self._is_date) - 1)


def harmless(text: str) -> str:
    """Return a text that the library cannot take for its own markup, with a quote before it where it looks like it."""
    return "'" + text if text.startswith(_MARKUP[0]) and text.endswith(_MARKUP[1]) else text


@lru_cache(maxsize=1024)
def serial(day: str) -> int:
    """Return a day in ISO form as a spreadsheet program counts it."""
    return (dt.date.fromisoformat(day) - _DAY_ZERO).days
