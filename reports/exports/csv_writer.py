"""Turns an export table into CSV files for spreadsheet programs: cells, code book, bridge and checksums."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from babel import Locale, UnknownLocaleError
from babel.numbers import get_decimal_symbol

from reports.exports.cells import neutralise
from reports.exports.code_book import CODE_BOOK_COLUMNS, CodeBookEntry
from reports.exports.table import BRIDGE_COLUMNS, COLUMNS, ExportTable, Scalar
from surveys.errors import Refused
from surveys.i18n import Translator

CHECKSUMS = "SHA256SUMS"
"""Name of the checksum file; ``sha256sum -c`` reads it."""

_BOM = b"\xef\xbb\xbf"


def decimal_sign(locale: str) -> str:
    """Return the decimal sign of a locale such as ``es`` or ``de_CH``; ``Refused`` where it is unknown."""
    try:
        return get_decimal_symbol(Locale.parse(locale.replace("-", "_")))
    except (ValueError, UnknownLocaleError) as error:
        raise Refused("The locale {locale} is not known.", locale=locale) from error


def write_csv(
    table: ExportTable,
    code_book: Sequence[CodeBookEntry],
    tr: Translator,
    *,
    stem: str = "barograph",
    bom: bool = False,
    decimal: str = ".",
) -> dict[str, bytes]:
    """Return the files by name: ``<stem>-cells.csv``, ``-code-book.csv``, ``-units.csv`` and ``SHA256SUMS``.

    UTF-8, CRLF, every text in quotes and safe against formulas, numbers bare. ``bom`` puts the byte order mark that
    Excel needs. With a decimal comma the fields are separated by semicolons, as programs of such locales expect.
    Same input, same bytes.
    """
    separator = ";" if decimal == "," else ","
    pages: dict[str, tuple[Sequence[str], Sequence[Mapping[str, Scalar]]]] = {
        f"{stem}-cells.csv": (COLUMNS, table.records(tr)),
        f"{stem}-code-book.csv": (CODE_BOOK_COLUMNS, [entry.fields() for entry in code_book]),
        f"{stem}-units.csv": (BRIDGE_COLUMNS, table.bridge_records()),
    }
    head = _BOM if bom else b""
    files = {name: head + _page(columns, records, separator, decimal) for name, (columns, records) in pages.items()}
    return {**files, CHECKSUMS: checksums(files)}


def checksums(files: Mapping[str, bytes]) -> bytes:
    """Return the SHA-256 of each file, one per line in the form of ``sha256sum``, sorted by name."""
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items())]
    return "".join(lines).encode()


def _page(columns: Sequence[str], records: Sequence[Mapping[str, Scalar]], separator: str, decimal: str) -> bytes:
    lines = [separator.join(_field(column, decimal) for column in columns)]
    lines += [separator.join(_field(record[column], decimal) for column in columns) for record in records]
    return "".join(line + "\r\n" for line in lines).encode()


def _field(value: Scalar, decimal: str) -> str:
    # Written here and not by the csv module, which cannot write a bare number with a decimal comma.
    if isinstance(value, str):
        return '"' + neutralise(value).replace('"', '""') + '"'
    return repr(value).replace(".", decimal)
