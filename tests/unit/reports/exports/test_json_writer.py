"""The JSON document of an export."""

from __future__ import annotations

import json

from reports.exports.json_writer import FORMAT
from reports.exports.table import CELLS, TABLES, UNITS, Row, Table
from tests.unit.reports.exports.conftest import Writing, row

Tables = dict[Table, list[Row]]


def test_the_document_has_a_list_for_each_table_and_what_stands_beside(writing: Writing, tables: Tables) -> None:
    folder = writing("json", tables)
    assert [path.name for path in folder.iterdir()] == ["barograph.json"]
    document = json.loads((folder / "barograph.json").read_text(encoding="utf-8"))
    assert list(document) == ["format", "language", *(table.name for table in TABLES), "code_book", "read_me"]
    assert (document["format"], document["language"]) == (FORMAT, "en")
    assert [tuple(cell) for cell in document["cells"]] == [CELLS.names] * 2
    assert [cell["value"] for cell in document["cells"]] == [None, 4.6]
    assert (len(document["units"]), document["segments"], len(document["code_book"])) == (2, [], 2)


def test_rows_that_come_in_turns_make_whole_lists(writing: Writing, tables: Tables) -> None:
    once = json.loads((writing("json", tables) / "barograph.json").read_text(encoding="utf-8"))
    folder = writing("json", {CELLS: [], UNITS: tables[UNITS]})
    assert json.loads((folder / "barograph.json").read_text(encoding="utf-8"))["units"] == once["units"]


def test_signs_that_json_escapes_come_back(writing: Writing) -> None:
    folder = writing("json", {CELLS: [row(name='"\\\x00\n\u2028é')]})
    document = json.loads((folder / "barograph.json").read_text(encoding="utf-8"))
    assert document["cells"][0]["crowd_name"] == '"\\\x00\n\u2028é'
