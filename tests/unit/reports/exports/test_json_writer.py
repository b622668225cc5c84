"""The JSON document of an export."""

from __future__ import annotations

import hashlib
import json

from reports.exports.code_book import code_book
from reports.exports.csv_writer import CHECKSUMS
from reports.exports.json_writer import FORMAT, write_json
from reports.exports.table import COLUMNS, ExportTable
from surveys.i18n import translator

EN = translator("en")


def test_the_document_has_cells_units_and_code_book(table: ExportTable) -> None:
    files = write_json(table, code_book(EN), EN)
    document = json.loads(files["barograph.json"])
    assert (document["format"], document["language"]) == (FORMAT, "en")
    assert [tuple(cell) for cell in document["cells"]] == [COLUMNS] * 3
    assert [cell["value"] for cell in document["cells"]] == [4.6, None, 4.6]
    assert len(document["units"]) == 2
    assert [entry["column"] for entry in document["code_book"]] == list(COLUMNS)


def test_the_document_is_the_same_for_any_order_and_has_its_checksum(table: ExportTable) -> None:
    files = write_json(table, code_book(EN), EN)
    assert write_json(ExportTable(rows=table.rows[::-1], bridge=table.bridge[::-1]), code_book(EN), EN) == files
    assert files[CHECKSUMS].decode() == f"{hashlib.sha256(files['barograph.json']).hexdigest()}  barograph.json\n"
