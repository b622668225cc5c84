"""Turns a delimited file with any number of columns, repeated ones too, into rows with the line each began on."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message, mark
from surveys.importers.roadmap_text import MAX_BYTES, unpack

MAX_CELL = 131_072
"""A longer cell in a column that is read is a bad row; in other columns it is dropped with the rest."""

MOST_COLUMNS = 16_384
"""As many columns as a workbook has."""

_DELIMITERS = ",;\t|"
_PIECE = 1 << 20
_UTF_16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_NO_ITEMS = mark(
    "The file names no work items: no column is called {column}. Each row must be one item with its key, the day it "
    "was created and the day it was done. Sums per week or per sprint are not enough; export the items themselves, or "
    "name the columns in the map."
)


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one record; ``line`` is where it begins, the header being 1.

    ``cells`` holds, by column, the cells that are not empty, without outer spaces, in the order of the file: a column
    whose name comes several times in the header has several.
    """

    line: int
    cells: Mapping[str, Sequence[str]]

    def get(self, column: str) -> str:
        """Return the first cell of a column; "" where the column is absent or empty."""
        return next(iter(self.cells.get(column, ())), "")

    def all(self, column: str) -> tuple[str, ...]:
        """Return all cells of a column, each text once."""
        return tuple(dict.fromkeys(self.cells.get(column, ())))


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Which columns a reader knows, by the names it uses.

    Of each group in ``either`` one column must be there. ``aliases`` leads from other names of a column (case-folded)
    to ours; several columns of the file may lead to one. ``titles`` are the usual headers, for messages. ``repeated``
    are the columns that may come several times. With ``spills`` a row may be wider than the header: its further cells
    belong to no column and are dropped.
    """

    required: Sequence[str]
    either: Sequence[Sequence[str]] = ()
    optional: Sequence[str] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    repeated: frozenset[str] = frozenset()
    spills: bool = False

    @property
    def known(self) -> frozenset[str]:
        """All columns that are read."""
        return frozenset((*self.required, *self.optional, *(name for group in self.either for name in group)))


@dataclass
class Table:
    """One file that can be read row by row, as often as needed; nothing but one row is held in memory."""

    source: str
    stream: BinaryIO
    encoding: str
    delimiter: str
    names: Sequence[str]
    titles: Mapping[str, str]
    layout: Layout
    remarks: list[Problem] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    spilled: list[int] = field(default_factory=list)

    @property
    def columns(self) -> frozenset[str]:
        """The known columns that the file has."""
        return self.layout.known & frozenset(self.names)

    def title(self, column: str) -> str:
        """Return what the file calls a column of ours, for messages."""
        return self.titles.get(column) or self.layout.titles.get(column, column)

    def rows(self) -> Iterator[Row]:
        """Yield the rows that have the right form; ``problems`` and ``spilled`` then hold the lines that have not."""
        self.problems, self.spilled = [], []
        wanted = [(place, name) for place, name in enumerate(self.names) if name in self.layout.known]
        with _text(self.stream, self.encoding) as text:
            # Line breaks stand inside quotes too, so the reader's own count of lines is the true one.
            reader = csv.reader(text, delimiter=self.delimiter, strict=True)
            line = 1
            try:
                for number, cells in enumerate(reader):
                    begins, line = line, reader.line_num + 1
                    if number and any(cells):
                        row = self._row(begins, cells, wanted)
                        if row is not None:
                            yield row
            except csv.Error as error:
                reason = Message("The quotes of this row do not match: {cause}.", {"cause": str(error)})
                self.problems.append(Problem(self.source, line, reason))

    def _row(self, line: int, cells: Sequence[str], wanted: Sequence[tuple[int, str]]) -> Row | None:
        if any(cell.strip() for cell in cells[len(self.names) :]):
            if not self.layout.spills:
                params: dict[str, object] = {"cells": len(cells), "columns": len(self.names)}
                reason = Message("The row has {cells} cells and the header {columns}.", params)
                self.problems.append(Problem(self.source, line, reason))
                return None
            self.spilled.append(line)
        found: dict[str, list[str]] = {}
        for place, name in wanted:
            if place >= len(cells):
                break
            cell = cells[place]
            if not cell:
                continue
            cell = cell.strip()
            if len(cell) > MAX_CELL:
                params = {"column": self.title(name), "limit": MAX_CELL}
                reason = Message("The cell {column} is longer than {limit} characters.", params)
                self.problems.append(Problem(self.source, line, reason))
                return None
            if cell:
                found.setdefault(name, []).append(cell)
        return Row(line, found) if found or any(cell.strip() for cell in cells) else None


def open_table(
    stream: BinaryIO,
    *,
    source: str,
    layout: Layout,
    columns: Mapping[str, str] | None = None,
    hints: Mapping[str, str] | None = None,
    limit: int = MAX_BYTES,
) -> Table:
    """Open a file with a header; the delimiter is the one under which most known columns are found.

    ``columns`` names, for columns of ours, the column of the file that stands for it; it goes before every other name.
    ``hints`` does the same for fields of a tool (``Story Points`` also finds ``Custom field (Story Points)``), and one
    that is not there is a remark. Unknown columns are dropped. UTF-8, UTF-16 and Windows-1252 are read, with or without
    byte order mark. Raises ``InvalidInput`` where the header lacks a required column, names twice one that may stand
    once, or lacks one that ``columns`` names, and where the file is too large, empty or not text.
    """
    csv.field_size_limit(MAX_BYTES)  # a long description in a column nobody asked for does no harm
    _check_size(stream, source, limit)
    encoding, remarks = _encoding(stream, source)
    pointers = _Pointers(source, layout, columns or {}, hints or {})
    _check_width(stream, encoding, source)
    read = {sign: pointers.names(_header(stream, encoding, sign)) for sign in _DELIMITERS}
    delimiter = max(_DELIMITERS, key=lambda sign: len(layout.known & set(read[sign])))
    header, names = _header(stream, encoding, delimiter), read[delimiter]
    pointers.check(header, names)
    titles = {name: cell.strip() for name, cell in reversed(list(zip(names, header, strict=True)))}
    remarks += pointers.lost_hints(header)
    return Table(source, stream, encoding, delimiter, names, titles, layout, remarks)


def headers(stream: BinaryIO, *, source: str, limit: int = MAX_BYTES) -> tuple[str, ...]:
    """Return the names of all columns as the file has them, once each; the delimiter is the one that parts most.

    Raises ``InvalidInput`` where the file is too large or not text.
    """
    _check_size(stream, source, limit)
    encoding, _ = _encoding(stream, source)
    _check_width(stream, encoding, source)
    widest = max((_header(stream, encoding, sign) for sign in _DELIMITERS), key=len)
    return tuple(dict.fromkeys(cell.strip() for cell in widest if cell.strip()))


def plain(data: bytes, *, source: str, limit: int = MAX_BYTES) -> BinaryIO:
    """Return ``data``, unpacked where it is gzip, as a stream that can be read again."""
    return io.BytesIO(unpack(data, source=source, limit=limit))


def _check_size(stream: BinaryIO, source: str, limit: int) -> None:
    """Refuse a stream that is too long; it is read, since one that unpacks on the way does not know its length."""
    stream.seek(0)
    size = 0
    while piece := stream.read(_PIECE):
        size += len(piece)
        if size > limit:
            reason = Message("The file holds more than {limit} MB.", {"limit": limit // 1024 // 1024})
            raise _refused(source, None, reason)


@contextlib.contextmanager
def _text(stream: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    """Read ``stream`` from its start as text, and leave it open for the next reading."""
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    try:
        yield text
    finally:
        if not stream.closed:  # rows that were not read to the end may outlive their file
            text.detach()


def _encoding(stream: BinaryIO, source: str) -> tuple[str, list[Problem]]:
    """Return the encoding under which the whole stream is text, with a remark where it had to be guessed."""
    stream.seek(0)
    start = stream.read(4)
    if start[:2] in _UTF_16:
        return _strict(stream, _UTF_16[start[:2]], source), []
    for place, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if start[place : place + 1] == b"\0":
            return _strict(stream, name, source), []
    bad = _bad_line(stream, "utf-8")
    if bad is None:
        return "utf-8-sig", []
    reason = Message("This is not UTF-8. The file was read as Windows-1252; check the accents.")
    return _strict(stream, "cp1252", source), [Problem(source, bad, reason)]


def _strict(stream: BinaryIO, encoding: str, source: str) -> str:
    bad = _bad_line(stream, encoding)
    if bad is not None:
        raise _refused(source, bad, Message("The bytes are not readable text. Save the file as UTF-8."))
    return encoding


def _bad_line(stream: BinaryIO, encoding: str) -> int | None:
    """Return the line of the first bytes that are no text in ``encoding``, or ``None`` where all are."""
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    while True:
        piece = stream.read(_PIECE)
        try:
            lines += decoder.decode(piece, final=not piece).count("\n")
        except UnicodeDecodeError as error:
            return lines + error.object[: error.start].count(b"\n")
        if not piece:
            return None


def _check_width(stream: BinaryIO, encoding: str, source: str) -> None:
    """Refuse a header of more columns than any program writes, before its names are looked up one by one."""
    if any(len(_header(stream, encoding, sign)) > MOST_COLUMNS for sign in _DELIMITERS):
        raise _refused(source, 1, Message("The header has more than {limit} columns.", {"limit": MOST_COLUMNS}))


def _header(stream: BinaryIO, encoding: str, delimiter: str) -> list[str]:
    with _text(stream, encoding) as text:
        try:
            return next(csv.reader(text, delimiter=delimiter), [])
        except csv.Error:
            return []


def _folded(cell: str) -> str:
    return " ".join(cell.split()).casefold()


class _Pointers:
    """Finds our columns in a header, by what a map says and by their usual names."""

    def __init__(self, source: str, layout: Layout, told: Mapping[str, str], hints: Mapping[str, str]) -> None:
        self.source, self.layout, self.told, self.hints = source, layout, told, hints
        self.ours = {_folded(name): ours for ours, name in told.items()}

    def names(self, header: Sequence[str]) -> list[str]:
        """Return our name for each column; a column of ours that was pointed elsewhere loses its usual names."""
        folded = [_folded(cell) for cell in header]
        ours = {name: column for column, wanted in self.hints.items() for name in _spellings(wanted) if name in folded}
        ours |= self.ours
        taken = {column for name, column in ours.items() if name in folded}
        result = []
        for name in folded:
            usual = self.layout.aliases.get(name, name)
            result.append(ours.get(name) or ("" if usual in taken else usual))
        return result

    def lost_hints(self, header: Sequence[str]) -> list[Problem]:
        """Return a remark for each hint that no column answers."""
        folded = {_folded(cell) for cell in header}
        lost = [wanted for wanted in self.hints.values() if not folded & set(_spellings(wanted))]
        return [
            Problem(self.source, 1, Message("The map names the field {field}, and no column has it.", {"field": name}))
            for name in sorted(lost)
        ]

    def check(self, header: Sequence[str], names: Sequence[str]) -> None:
        """Raise ``InvalidInput`` with all that makes the header unusable."""
        problems = [*self._lacking(header, names), *self._twice(names)]
        key = self.layout.required[0]
        if problems and key not in names:
            problems.insert(0, Problem(self.source, 1, Message(_NO_ITEMS, {"column": self._title(key)})))
        if problems:
            raise InvalidInput("{source} was not imported.", problems, source=self.source)

    def _lacking(self, header: Sequence[str], names: Sequence[str]) -> list[Problem]:
        folded = {_folded(cell) for cell in header}
        problems = [
            Problem(
                self.source, 1, Message("The map names the column {column}, and the file has none.", {"column": name})
            )
            for name in sorted(self.told.values())
            if _folded(name) not in folded
        ]
        groups = [(name,) for name in self.layout.required if name not in self.told] + [*self.layout.either]
        return problems + [
            Problem(self.source, 1, Message("The column {column} is missing.", {"column": self._title(group[0])}))
            for group in groups
            if not set(group) & {*names, *self.told}
        ]

    def _twice(self, names: Sequence[str]) -> list[Problem]:
        return [
            Problem(self.source, 1, Message("The column {column} comes twice.", {"column": self._title(name)}))
            for name in sorted(self.layout.known - self.layout.repeated)
            if names.count(name) > 1
        ]

    def _title(self, column: str) -> str:
        return self.layout.titles.get(column, column)


def _spellings(field: str) -> tuple[str, str]:
    """Return the two headers under which Jira shows one field of its own or of the site."""
    return _folded(field), f"custom field ({_folded(field)})"


def _refused(source: str, line: int | None, reason: Message) -> InvalidInput:
    return InvalidInput("{source} was not imported.", [Problem(source, line, reason)], source=source)
