"""Checks that every row of a file of imported results is marked, and that no cell is taken for a formula."""

import csv
import io

from reports.exports.earlier import EarlierExportRow, earlier_csv

ROW = EarlierExportRow(
    source="old", tool="=Tool", measure="strain", measure_name='Feels "strained"', description="percent of people",
    unit="A", team="", wave_on="2025-01-01", value="40 %", answers="20 to 49",
)  # fmt: skip


def test_every_row_is_marked_as_imported_and_reads_back():
    content = earlier_csv([ROW, ROW])
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row["origin"] for row in rows] == ["imported", "imported"]
    assert rows[0]["tool"] == "'=Tool"
    assert rows[0]["measure_name"] == 'Feels "strained"'
