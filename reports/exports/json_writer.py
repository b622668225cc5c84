"""Turns an export table into one JSON document with code book and bridge, and its checksum."""

from __future__ import annotations

import json
from collections.abc import Sequence

from reports.exports.code_book import CodeBookEntry
from reports.exports.csv_writer import CHECKSUMS, checksums
from reports.exports.table import ExportTable
from surveys.i18n import Translator

FORMAT = "barograph-export/1"
"""Names the shape of the document; a reader checks it."""


def write_json(
    table: ExportTable, code_book: Sequence[CodeBookEntry], tr: Translator, *, stem: str = "barograph"
) -> dict[str, bytes]:
    """Return ``<stem>.json`` and ``SHA256SUMS`` by name.

    The document has ``format``, ``language``, ``cells``, ``units`` (the bridge) and ``code_book``, each a list of
    objects. A field without content is ``null``: there is no value, and the reason stands beside it. UTF-8, sorted
    rows; same input, same bytes.
    """
    document = {
        "format": FORMAT,
        "language": tr.language,
        "cells": [
            {column: None if field == "" else field for column, field in record.items()} for record in table.records(tr)
        ],
        "units": table.bridge_records(),
        "code_book": [entry.fields() for entry in code_book],
    }
    files = {f"{stem}.json": (json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()}
    return {**files, CHECKSUMS: checksums(files)}
