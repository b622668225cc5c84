"""Turns export tables into CSV files for spreadsheet programs, one for each table, with code book and read-me."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from babel import Locale, UnknownLocaleError
from babel.numbers import get_decimal_symbol

from reports.exports.cells import neutralise
from reports.exports.code_book import CODE_BOOK_COLUMNS
from reports.exports.table import TABLES, Part, Row, Scalar, Table
from reports.exports.writer import Beside, batches
from surveys.errors import Refused

_KEPT = 1 << 13
"""Rendered parts that are kept: rows of one crowd follow one another, and figures repeat."""

_BATCH = 2000
_BUFFER = 1 << 20


def decimal_sign(locale: str) -> str:
    """Return the decimal sign of a locale such as ``es`` or ``de_CH``; ``Refused`` where it is unknown."""
    try:
        return get_decimal_symbol(Locale.parse(locale.replace("-", "_")))
    except (ValueError, UnknownLocaleError) as error:
        raise Refused("The locale {locale} is not known.", locale=locale) from error


class CsvWriter:
    """Writes ``<stem>-cells.csv`` and so on: UTF-8 with byte order mark, which Excel needs, and CRLF.

    Every text stands in quotes and is safe against formulas, numbers are bare, nothing is an empty field. With a
    decimal comma the fields are separated by semicolons, as programs of such locales expect. Same rows, same bytes.
    """

    def __init__(self, folder: Path, beside: Beside, *, stem: str = "barograph", decimal: str = ".") -> None:
        self._folder, self._stem, self._beside = folder, stem, beside
        self._decimal = decimal
        self._separator = ";" if decimal == "," else ","
        self._open = ExitStack()
        self._streams: dict[str, TextIO] = {}
        self._renders: dict[str, tuple[Callable[[Part], str], ...]] = {}

    def __enter__(self) -> Self:
        """Open a file for each table and write its head."""
        for table in TABLES:
            path = self._folder / f"{self._stem}-{table.name}.csv"
            stream = path.open("w", encoding="utf-8-sig", newline="", buffering=_BUFFER)
            self._streams[table.name] = self._open.enter_context(stream)
            stream.write(self._line(table.names))
            self._renders[table.name] = tuple(lru_cache(maxsize=_KEPT)(self._part) for _ in table.parts)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files."""
        self._open.close()

    def add(self, table: Table, rows: Iterable[Row]) -> int:
        """Append rows to a table; returns how many."""
        stream, renders, separator = self._streams[table.name], self._renders[table.name], self._separator
        count = 0
        for batch in batches(rows, _BATCH):
            lines = [separator.join([render(part) for render, part in zip(renders, row, strict=True)]) for row in batch]
            stream.write("\r\n".join(lines) + "\r\n")
            count += len(batch)
        return count

    def finish(self) -> None:
        """Write code book and read-me."""
        self._open.close()
        entries = [entry.fields() for entry in self._beside.code_book]
        lines = [self._line(CODE_BOOK_COLUMNS)]
        lines += [self._line([entry[column] for column in CODE_BOOK_COLUMNS]) for entry in entries]
        path = self._folder / f"{self._stem}-code-book.csv"
        path.write_text("".join(lines), encoding="utf-8-sig", newline="")
        write_read_me(self._folder / f"{self._stem}-read-me.txt", self._beside)

    def _line(self, values: Sequence[Scalar]) -> str:
        return self._part(tuple(values)) + "\r\n"

    def _part(self, part: Part) -> str:
        # Written here and not by the csv module, which cannot write a bare number with a decimal comma.
        return self._separator.join([self._field(value) for value in part])

    def _field(self, value: Scalar) -> str:
        if value is None:
            return ""
        if isinstance(value, str):
            return '"' + neutralise(value).replace('"', '""') + '"'
        return repr(value).replace(".", self._decimal)


def write_read_me(path: Path, beside: Beside) -> None:
    """Write the read-me as a text file, a paragraph for each line."""
    path.write_text("\n\n".join(beside.read_me) + "\n", encoding="utf-8-sig", newline="")
