"""Turns the bytes of a delimited file into rows by column name, each with the line it began on."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message
from surveys.importers.roadmap_text import MAX_BYTES, decode, unpack

MAX_CELL = 131_072
"""A longer cell in a column that is read is a bad row; in other columns it is dropped with the rest."""

_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Row:
    """The cells of one record by column, without outer spaces; ``line`` is where it begins, the header being 1."""

    line: int
    cells: Mapping[str, str]

    def get(self, column: str) -> str:
        """Return a cell; "" where the column is absent or the cell empty."""
        return self.cells.get(column, "")


@dataclass
class Table:
    """The rows of one file with its faults so far and the remarks on how it was read."""

    source: str
    columns: frozenset[str]
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)


def read_table(
    data: bytes,
    *,
    source: str,
    required: Sequence[str],
    optional: Sequence[str],
    aliases: Mapping[str, str],
    limit: int = MAX_BYTES,
) -> Table:
    """Read a file with a header; the delimiter is the one under which most known columns are found.

    Unknown columns are dropped. Faulty records are in ``problems``. Raises ``InvalidInput`` where the header lacks a
    required column or names a known one twice, where the file is too large, empty, or not text.
    """
    if len(data) > limit:
        reason = Message("The file holds more than {limit} MB.", {"limit": limit // 1024 // 1024})
        raise InvalidInput("{source} was not imported.", [Problem(source, None, reason)], source=source)
    text, remarks = decode(unpack(data, source=source, limit=limit), source=source)
    known = frozenset((*required, *optional))
    delimiter = max(_DELIMITERS, key=lambda sign: len(known & set(_names(_header(text, sign), aliases))))
    names = _names(_header(text, delimiter), aliases)
    _check_header(names, required=required, known=known, source=source)
    table = Table(source, known & frozenset(names), remarks=list(remarks))
    _fill(table, text, delimiter, names)
    return table


def _header(text: str, delimiter: str) -> list[str]:
    csv.field_size_limit(MAX_BYTES)
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return []


def _names(header: Sequence[str], aliases: Mapping[str, str]) -> list[str]:
    folded = [cell.strip().casefold() for cell in header]
    return [aliases.get(name, name) for name in folded]


def _check_header(names: Sequence[str], *, required: Sequence[str], known: frozenset[str], source: str) -> None:
    problems = [
        Problem(source, 1, Message("The column {column} is missing.", {"column": name}))
        for name in required
        if name not in names
    ]
    problems += [
        Problem(source, 1, Message("The column {column} comes twice.", {"column": name}))
        for name in sorted(known)
        if names.count(name) > 1
    ]
    if problems:
        raise InvalidInput("{source} was not imported.", problems, source=source)


def _fill(table: Table, text: str, delimiter: str, names: Sequence[str]) -> None:
    # A cell of any length may be read, so that a long description in a column nobody asked for does no harm.
    csv.field_size_limit(MAX_BYTES)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for number, cells in enumerate(reader):
            begins, line = line, reader.line_num + 1
            if number and any(cell.strip() for cell in cells):
                _add(table, begins, cells, names)
    except csv.Error as error:
        reason = Message("The quotes of this row do not match: {cause}.", {"cause": str(error)})
        table.problems.append(Problem(table.source, line, reason))


def _add(table: Table, line: int, cells: Sequence[str], names: Sequence[str]) -> None:
    if any(cell.strip() for cell in cells[len(names) :]):
        reason = Message(
            "The row has {cells} cells and the header {columns}.", {"cells": len(cells), "columns": len(names)}
        )
        table.problems.append(Problem(table.source, line, reason))
        return
    row = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name in table.columns}
    long = sorted(name for name, cell in row.items() if len(cell) > MAX_CELL)
    if long:
        reason = Message("The cell {column} is longer than {limit} characters.", {"column": long[0], "limit": MAX_CELL})
        table.problems.append(Problem(table.source, line, reason))
        return
    table.rows.append(Row(line, row))
