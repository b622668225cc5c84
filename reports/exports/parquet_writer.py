"""Turns export tables into Parquet files with a typed schema, written in row groups."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from reports.exports.code_book import CODE_BOOK_COLUMNS
from reports.exports.csv_writer import write_read_me
from reports.exports.table import TABLES, Column, Kind, Row, Scalar, Table, flat
from reports.exports.writer import Beside

ROW_GROUP = 20_000
"""Rows of a group: what is in memory at a time for each table."""

_TYPES = {
    Kind.TEXT: pa.string(),
    Kind.CODE: pa.string(),
    Kind.INTEGER: pa.int32(),
    Kind.DECIMAL: pa.float64(),
    Kind.DATE: pa.date32(),
}


class ParquetWriter:
    """Writes ``<stem>-cells.parquet`` and so on; a field without content is null. Same rows, same bytes."""

    def __init__(self, folder: Path, beside: Beside, *, stem: str = "barograph", row_group: int = ROW_GROUP) -> None:
        self._folder, self._stem, self._beside, self._row_group = folder, stem, beside, row_group
        self._open = ExitStack()
        self._files: dict[str, _File] = {}

    def __enter__(self) -> Self:
        """Open a file for each table."""
        for table in TABLES:
            self._files[table.name] = self._file(table.name, table.columns)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files."""
        self._open.close()

    def add(self, table: Table, rows: Iterable[Row]) -> int:
        """Append rows to a table; returns how many. Groups fill up over several calls."""
        waiting, coming, count = self._files[table.name], iter(rows), 0
        while batch := [tuple(flat(row)) for row in islice(coming, self._row_group - len(waiting.rows))]:
            waiting.rows += batch
            count += len(batch)
            if len(waiting.rows) == self._row_group:
                waiting.flush()
        return count

    def finish(self) -> None:
        """Write the last groups, the code book and the read-me."""
        book = self._file("code-book", tuple(Column(name) for name in CODE_BOOK_COLUMNS))
        book.rows.extend(tuple(entry.fields().values()) for entry in self._beside.code_book)
        for file in (*self._files.values(), book):
            file.flush()
        self._open.close()
        write_read_me(self._folder / f"{self._stem}-read-me.txt", self._beside)

    def _file(self, name: str, columns: Sequence[Column]) -> _File:
        path = self._folder / f"{self._stem}-{name}.parquet"
        return _File(self._open, path, columns)


class _File:
    """A file with the rows that wait for the next group."""

    def __init__(self, stack: ExitStack, path: Path, columns: Sequence[Column]) -> None:
        self.rows: list[tuple[Scalar, ...]] = []
        self._columns = columns
        self._schema = schema_of(columns)
        # Snappy is what every reader of the format knows.
        self._writer = stack.enter_context(pq.ParquetWriter(path, self._schema, compression="snappy"))

    def flush(self) -> None:
        """Write the waiting rows as one group."""
        if self.rows:
            arrays = [
                pa.array([None if value is None else _day(str(value)) for value in values], field.type)
                if column.kind is Kind.DATE
                else pa.array(values, field.type)
                for column, field, values in zip(self._columns, self._schema, zip(*self.rows, strict=True), strict=True)
            ]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema), row_group_size=len(self.rows))
            self.rows.clear()


def schema_of(columns: Sequence[Column]) -> pa.Schema:
    """Return the typed schema of columns; every field may be null."""
    return pa.schema([pa.field(column.name, _TYPES[column.kind]) for column in columns])


@lru_cache(maxsize=1024)
def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)
