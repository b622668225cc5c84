"""Turns the first sheet of an XLSX workbook into CSV text, a line for each row, so that one reader judges both."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET

from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message, mark
from surveys.importers.tables import MAX_BYTES

MOST_UNPACKED = 10 * MAX_BYTES
"""The largest part of a workbook, in bytes, once unpacked."""

MOST_TAGS = 10_000_000
"""Start and end tags of the largest part of a workbook."""

MOST_COLUMNS = 16_384
MOST_ROWS = 1_048_576

_ZIP = b"PK\x03\x04"
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINKS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})", re.ASCII)
_QUOTED = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
# Built-in number formats of days (ECMA-376, part 1, 18.8.30); times alone are no days.
_DAY_FORMATS = frozenset({14, 15, 16, 17, 22})
# Day 0 of the serial numbers: before March 1900 they are one off, which no survey of ours reaches.
_EPOCHS = {False: dt.datetime(1899, 12, 30), True: dt.datetime(1904, 1, 1)}  # noqa: DTZ001 - a sheet has no zone


def is_workbook(data: bytes) -> bool:
    """Say whether ``data`` is a packed workbook and not text."""
    return data.startswith(_ZIP)


def workbook_text(data: bytes, *, source: str, as_shown: bool = False) -> bytes:
    """Return the first sheet as CSV in UTF-8; line n holds row n, so that faults are found by the sheet's own numbers.

    Days become ``2026-03-31``, numbers stay as they are stored, line breaks in cells become blanks. Raises
    ``InvalidInput`` where the file is no workbook, is too large, or has a cell with a formula or an error: a formula
    shows what a program last computed, which nobody has checked. With ``as_shown``, for sheets whose cells are mostly
    not read, a formula and an error stand as the sheet shows them, and a day with a time keeps its time.
    """
    if len(data) > MAX_BYTES:
        raise _refused(source, [(None, Message(_TOO_LARGE, {"limit": MAX_BYTES // 1024**2}))])
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sheet = _Sheet(archive, source, as_shown=as_shown)
            text = sheet.text()
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        LookupError,
        ValueError,
        ET.ParseError,
        OverflowError,
        RuntimeError,
    ) as error:
        raise _refused(source, [(None, Message("This is not a readable XLSX file."))]) from error
    if sheet.faults:
        raise _refused(source, sheet.faults)
    return text


_TOO_LARGE = mark("The file is larger than {limit} MB and was not read.")


def _refused(source: str, faults: list[tuple[int | None, Message]]) -> InvalidInput:
    problems = [Problem(source, line, reason) for line, reason in faults]
    return InvalidInput("{source} was not imported.", problems, source=source)


class _Sheet:
    """Reads one sheet of a workbook that is open."""

    def __init__(self, archive: zipfile.ZipFile, source: str, *, as_shown: bool) -> None:
        self.archive, self.source, self.as_shown = archive, source, as_shown
        self.faults: list[tuple[int | None, Message]] = []
        book = self.part("xl/workbook.xml")
        properties = book.find(f"{_MAIN}workbookPr")
        is_1904 = properties is not None and properties.get("date1904") in {"1", "true"}
        self.epoch = _EPOCHS[is_1904]
        self.path = self.first_sheet(book)
        self.shared = [_joined(entry) for entry in self.optional("xl/sharedStrings.xml")]
        self.days = self.day_styles()

    def text(self) -> bytes:
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\n")
        line = 0
        for number, cells in self.rows():
            if number <= line or number > MOST_ROWS:
                raise ValueError("rows are out of order")
            out.write("\n" * (number - line - 1))
            line = number
            width = max(cells, default=0)
            writer.writerow([cells.get(column, "") for column in range(1, width + 1)] or [""])
            if out.tell() > MAX_BYTES:  # one cell far to the right in every row fills memory with separators
                raise _refused(self.source, [(None, Message(_TOO_LARGE, {"limit": MAX_BYTES // 1024**2}))])
        return out.getvalue().encode()

    def rows(self) -> Iterator[tuple[int, Mapping[int, str]]]:
        length = 0
        for row in self.part(self.path).iter(f"{_MAIN}row"):
            number = int(row.get("r", "0"))
            cells: dict[int, str] = {}
            for cell in row.iter(f"{_MAIN}c"):
                found = _PLACE.fullmatch(cell.get("r", ""))
                if found is None:
                    raise ValueError("a cell has no place")
                column = _column(found[1])
                value = self.value(cell, number)
                length += len(value)
                if length > MAX_BYTES:  # a few bytes point at one long text again and again
                    raise _refused(self.source, [(None, Message(_TOO_LARGE, {"limit": MAX_BYTES // 1024**2}))])
                cells[column] = " ".join(value.split())
            yield number, cells

    def value(self, cell: ET.Element, line: int) -> str:
        kind, place = cell.get("t", "n"), cell.get("r", "")
        if not self.as_shown and cell.find(f"{_MAIN}f") is not None:
            reason = Message("The cell {place} holds a formula. Paste its value in its place.", {"place": place})
            self.faults.append((line, reason))
            return ""
        if kind == "inlineStr":
            return _joined(cell)
        stored = cell.findtext(f"{_MAIN}v") or ""
        if kind == "s":
            return self.shared[int(stored)]
        if kind == "e" and not self.as_shown:
            self.faults.append((line, Message("The cell {place} holds an error.", {"place": place})))
            return ""
        if kind == "n" and stored and cell.get("s", "0") in self.days:
            return self.moment(float(stored))
        return stored

    def moment(self, serial: float) -> str:
        """Return the ISO day of a serial number, with its time to the second where the reader asked for what shows."""
        at = self.epoch + dt.timedelta(days=int(serial), seconds=round((serial - int(serial)) * 86_400))
        has_time = self.as_shown and at.time() != dt.time()
        return at.isoformat(sep=" ") if has_time else at.date().isoformat()

    def first_sheet(self, book: ET.Element) -> str:
        sheet = book.find(f"{_MAIN}sheets/{_MAIN}sheet")
        if sheet is None:
            raise ValueError("the workbook has no sheet")
        for link in self.part("xl/_rels/workbook.xml.rels").iter(f"{_LINKS}Relationship"):
            if link.get("Id") == sheet.get(_ID):
                target = link.get("Target", "")
                return target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        raise ValueError("the sheet has no part")

    def day_styles(self) -> frozenset[str]:
        """Return the numbers of the cell styles that show days."""
        styles = self.optional("xl/styles.xml")
        own = {entry.get("numFmtId", ""): entry.get("formatCode", "") for entry in styles.iter(f"{_MAIN}numFmt")}
        cells = styles.find(f"{_MAIN}cellXfs")
        found = set()
        for number, style in enumerate(cells if cells is not None else ()):
            code = style.get("numFmtId", "0")
            if int(code) in _DAY_FORMATS or _shows_days(own.get(code, "")):
                found.add(str(number))
        return frozenset(found)

    def optional(self, name: str) -> ET.Element:
        return self.part(name) if name in self.archive.namelist() else ET.Element("none")

    def part(self, name: str) -> ET.Element:
        if self.archive.getinfo(name).file_size > MOST_UNPACKED:
            raise _refused(self.source, [(None, Message(_TOO_LARGE, {"limit": MOST_UNPACKED // 1024**2}))])
        if self.archive.getinfo(name).compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise ValueError("no way in which workbooks are packed")
        with self.archive.open(name) as stream:
            content = stream.read(MOST_UNPACKED + 1)
        if content.count(b"<") > MOST_TAGS:  # each takes far more memory than room in the file
            raise _refused(self.source, [(None, Message(_TOO_LARGE, {"limit": MAX_BYTES // 1024**2}))])
        if len(content) > MOST_UNPACKED or b"<!DOCTYPE" in content or b"\0" in content:
            raise ValueError("no part of a workbook")
        return ET.fromstring(content)  # noqa: S314 - without a document type there are no entities to expand


def _joined(entry: ET.Element) -> str:
    """Return the text of a cell; readings of East Asian signs are not part of it."""
    parts = [entry.findtext(f"{_MAIN}t") or ""]
    parts += [run.findtext(f"{_MAIN}t") or "" for run in entry.iter(f"{_MAIN}r")]
    inner = entry.find(f"{_MAIN}is")
    return "".join(parts) if inner is None else _joined(inner)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    if number > MOST_COLUMNS:
        raise ValueError("a cell lies beyond the last column")
    return number


def _shows_days(code: str) -> bool:
    bare = _QUOTED.sub("", code).lower()
    return "y" in bare or "d" in bare
