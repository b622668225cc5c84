"""Turns released comments into a CSV file for spreadsheet programs, with formulas neutralised."""

from __future__ import annotations

from collections.abc import Iterable

from reports.exports.cells import neutralise

COLUMNS = ("wave", "unit", "unit_name", "comment")

_BOM = b"\xef\xbb\xbf"


def comments_csv(rows: Iterable[tuple[str, str, str, str]]) -> bytes:
    """Return the file for rows of wave, unit, name of the unit and text: UTF-8 with BOM, commas, CR LF, all quoted."""
    lines = [COLUMNS, *rows]
    return _BOM + "".join(",".join(map(_field, line)) + "\r\n" for line in lines).encode()


def _field(value: str) -> str:
    return '"' + neutralise(value).replace('"', '""') + '"'
