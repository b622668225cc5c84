"""Turns imported results of other tools into a CSV file for spreadsheet programs, every row marked as imported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields

from reports.exports.cells import neutralise

ORIGIN = "imported"
"""Stands in every row, so that no row of another tool is taken for one of ours once files are put together."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, kw_only=True)
class EarlierExportRow:
    """One row: whose result it is, of what, when, the value as shown, and the band of answers behind it."""

    origin: str = ORIGIN
    source: str
    tool: str
    measure: str
    measure_name: str
    description: str
    unit: str
    team: str
    wave_on: str
    value: str
    answers: str


def earlier_csv(rows: Iterable[EarlierExportRow]) -> bytes:
    """Return the file: UTF-8 with BOM, commas, CR LF, every text in quotes and safe against formulas."""
    lines = [",".join(_field(each.name) for each in fields(EarlierExportRow))]
    lines += [",".join(_field(value) for value in astuple(row)) for row in rows]
    return _BOM + "".join(f"{line}\r\n" for line in lines).encode()


def _field(value: str) -> str:
    return '"' + neutralise(value).replace('"', '""') + '"'
