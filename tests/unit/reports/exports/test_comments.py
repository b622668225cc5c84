"""The file of released comments: RFC 4180 with BOM, formulas neutralised."""

from __future__ import annotations

import csv
import io

from reports.exports.cells import restore
from reports.exports.comments import COLUMNS, comments_csv

ROWS = [
    ("pulse-1", "ant", "Team ant", '=HYPERLINK("http://x.example";"y")'),
    ("pulse-1", "ant", "Team ant", 'She said "no", twice'),
    ("pulse-1", "bee", "-bee", "ich bin’s, ñandú"),
]


def test_a_reader_gets_back_what_was_written() -> None:
    content = comments_csv(ROWS)
    assert content.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert tuple(read[0]) == COLUMNS
    assert [tuple(map(restore, row)) for row in read[1:]] == ROWS


def test_no_field_begins_like_a_formula() -> None:
    read = list(csv.reader(io.StringIO(comments_csv(ROWS).decode("utf-8-sig"), newline="")))
    assert [field for row in read for field in row if field[:1] in "=+-@\t\r"] == []
