"""Turns the bytes of a delimited text file into rows with true line numbers, and collects every fault on the way."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from surveys.errors import Problem
from surveys.i18n import Message

MAX_BYTES = 20 * 1024 * 1024
"""The largest file that is read; one that is larger is refused by its size alone."""

MAX_CELL = 1000
"""The longest cell, in characters. It also ends a quotation that was never closed."""

MAX_QUOTED = 60
"""How much of a cell a message may repeat, in characters."""

_DELIMITERS = ",;\t"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the line it starts on (the header is line 1) and its cells by column, stripped, never missing."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Table:
    """What a file holds: ``columns`` found, readable ``rows`` and every ``problem`` of form.

    ``readable`` is false where there was no usable header: then there are no rows, and rows of other files
    that refer to this one must not be judged by it.
    """

    source: str
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()
    readable: bool = True


def quote(cell: str) -> str:
    """Return ``cell`` as a message may repeat it: at most 60 characters, control characters made visible."""
    shown = cell[:MAX_QUOTED] if len(cell) <= MAX_QUOTED else cell[: MAX_QUOTED - 1] + "…"
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", shown)


def has_control(cell: str) -> bool:
    """Say whether ``cell`` holds a line break or another control character."""
    return _CONTROL.search(cell) is not None


def read_table(
    source: bytes | Path,
    *,
    name: str | None = None,
    required: Sequence[str],
    optional: Sequence[str] = (),
    ignore_unknown: bool = False,
    max_bytes: int = MAX_BYTES,
    max_cell: int = MAX_CELL,
) -> Table:
    """Read a delimited text file in UTF-8 (with or without byte order mark; comma, semicolon or tab).

    ``source`` is the content or a path; ``name`` is what messages call the file (default: the name of the path).
    Column names are compared without regard to case. A row shorter than the header is filled with empty cells, an
    empty row is left out. Nothing is raised: every fault is in ``problems``, rows without one are in ``rows``.
    """
    called = name or (source.name if isinstance(source, Path) else "file")
    content = _load(source, max_bytes)
    if isinstance(content, Message):
        return _unreadable(called, content)
    text, problems = _decode(content, called)
    if text is None:
        return Table(source=called, problems=tuple(problems), readable=False)
    reading = _Reading(called, text, [*required, *optional], max_cell=max_cell)
    reading.problems.extend(problems)
    if not reading.header(required, ignore_unknown=ignore_unknown):
        return Table(source=called, columns=reading.columns, problems=tuple(reading.problems), readable=False)
    rows = tuple(reading.rows())
    reading.problems.sort(key=lambda problem: problem.line or 0)
    return Table(source=called, columns=reading.columns, rows=rows, problems=tuple(reading.problems))


def _unreadable(called: str, reason: Message) -> Table:
    return Table(source=called, problems=(Problem(called, None, reason),), readable=False)


def _load(source: bytes | Path, max_bytes: int) -> bytes | Message:
    """Return the content, or why there is none. The size is looked at before anything is read."""
    too_large = Message("The file is larger than {limit} MB and was not read.", {"limit": max_bytes // (1024 * 1024)})
    if isinstance(source, bytes):
        return too_large if len(source) > max_bytes else source
    try:
        if not source.is_file():
            return Message("There is no such file.")
        if source.stat().st_size > max_bytes:
            return too_large
        with source.open("rb") as stream:  # it may have grown since: read one byte more than allowed, never all
            content = stream.read(max_bytes + 1)
    except OSError:
        return Message("The file cannot be read.")
    return too_large if len(content) > max_bytes else content


def _decode(content: bytes, called: str) -> tuple[str | None, list[Problem]]:
    """Return the text with damaged bytes replaced, and one problem for each damaged line."""
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        reason = Message("The file is in UTF-16. Save it as CSV in UTF-8.")
        return None, [Problem(called, None, reason)]
    content = content.removeprefix(b"\xef\xbb\xbf")
    if not content.strip():
        return None, [Problem(called, None, Message("The file is empty."))]
    problems = []
    if b"\0" in content:
        reason = Message("The line holds a NUL byte.")
        problems = [Problem(called, line, reason) for line, raw in _raw_lines(content) if b"\0" in raw]
        content = content.replace(b"\0", "\N{REPLACEMENT CHARACTER}".encode())
    try:
        return content.decode(), problems
    except UnicodeDecodeError:
        reason = Message("The line is not UTF-8 text.")
        problems += [Problem(called, line, reason) for line, raw in _raw_lines(content) if _is_damaged(raw)]
        return content.decode(errors="replace"), problems


def _raw_lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    # bytes.splitlines breaks at LF, CR and CRLF only, exactly as the text reader below does.
    return enumerate(content.splitlines(), start=1)


def _is_damaged(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return True
    return False


class _Reading:
    """One pass over a text: the header first, then the rows."""

    def __init__(self, called: str, text: str, known: Sequence[str], *, max_cell: int) -> None:
        self.called = called
        self.known = tuple(known)
        self.max_cell = max_cell
        self.problems: list[Problem] = []
        self.columns: tuple[str, ...] = ()
        self._records = _records(text, self._delimiter(text))

    def header(self, required: Sequence[str], *, ignore_unknown: bool) -> bool:
        """Read the header; false where rows cannot be understood with it."""
        line, cells = next(self._records)
        if isinstance(cells, str):
            self._add(line, Message("The quotation marks of the header do not match."))
            return False
        names = [cell.strip().lower() for cell in cells]
        while names and not names[-1]:
            names.pop()
        self.columns = tuple(names)
        missing = [column for column in required if column not in names]
        for column in missing:
            self._add(line, Message("The column {column} is missing.", {"column": column}))
        doubled = {column for column in names if column in self.known and names.count(column) > 1}
        for column in sorted(doubled):
            self._add(line, Message("The column {column} is there twice.", {"column": column}))
        if not ignore_unknown:
            for column in dict.fromkeys(names):
                if column not in self.known:
                    params = {"column": quote(column), "known": ", ".join(self.known)}
                    self._add(line, Message("The column “{column}” is unknown. Known are: {known}.", params))
        return not missing and not doubled

    def rows(self) -> Iterator[Row]:
        """Yield the rows that have the right form."""
        width = len(self.columns)
        wanted = [(place, column) for place, column in enumerate(self.columns) if column in self.known]
        absent = {column: "" for column in self.known if column not in self.columns}
        for line, cells in self._records:
            if isinstance(cells, str):
                self._add(line, self._form(cells))
                continue
            if not any(cell and not cell.isspace() for cell in cells):
                continue
            if len(cells) > width and any(cell.strip() for cell in cells[width:]):
                params = {"found": len(cells), "expected": width}
                self._add(line, Message("The row has {found} cells, the header has {expected}.", params))
                continue
            if max(map(len, cells)) > self.max_cell:
                self._add(line, self._form("long"))
                continue
            row = {column: cells[place].strip() if place < len(cells) else "" for place, column in wanted}
            row.update(absent)
            yield Row(line, row)

    def _form(self, fault: str) -> Message:
        if fault == "long":
            return Message("A cell is longer than {limit} characters.", {"limit": self.max_cell})
        return Message("The quotation marks of the row do not match.")

    def _delimiter(self, text: str) -> str:
        """Choose the delimiter with which the header names most of the known columns; a comma where none does."""
        first = next((line for line in io.StringIO(text, newline=None) if line.strip()), "")
        known = set(self.known)

        def named(delimiter: str) -> int:
            return len(known & {cell.strip(' "\t\n').lower() for cell in first.split(delimiter)})

        return max(_DELIMITERS, key=named)

    def _add(self, line: int, reason: Message) -> None:
        self.problems.append(Problem(self.called, line, reason))


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Yield the first line of each record with its cells, or with ``long`` or ``quotes`` where it has no form.

    Blank lines before, between and after the records are passed over.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, "long" if "limit" in str(error) else "quotes"
            continue
        if cells:
            yield line, cells
