"""Checks the reading of tables: repeated headers, wide rows, encodings, line numbers, and headers without items."""

import csv
import gzip
import io

import pytest

from surveys.errors import InvalidInput
from surveys.importers import roadmap_table
from surveys.importers.roadmap_table import Layout, open_table, plain
from surveys.importers.roadmap_text import unpacked

LAYOUT = Layout(
    required=("key", "created"),
    optional=("sprint", "label", "size"),
    aliases={"issue key": "key", "labels": "label", "custom field (story points)": "size"},
    titles={"key": "Issue key"},
    repeated=frozenset({"sprint", "label"}),
    spills=True,
)


def table(content, *, layout=LAYOUT, **more):
    data = content if isinstance(content, bytes) else content.encode()
    return open_table(io.BytesIO(data), source="export.csv", layout=layout, **more)


def faults(content, **more):
    with pytest.raises(InvalidInput) as refused:
        table(content, **more)
    return [str(problem) for problem in refused.value.problems]


def test_repeated_headers_keep_all_their_cells():
    found = table("Issue key,Created,Sprint,Sprint,Labels,Sprint\nA-1,x,S1,,urgent,S2\n")
    row = next(found.rows())
    assert (row.get("sprint"), row.all("sprint"), row.all("label")) == ("S1", ("S1", "S2"), ("urgent",))


def test_rows_wider_than_the_header_are_read_and_noted_where_the_tool_writes_such():
    found = table("Issue key,Created\nA-1,x,more,more\nA-2,y\n")
    assert [row.get("key") for row in found.rows()] == ["A-1", "A-2"]
    assert found.spilled == [2]


def test_rows_wider_than_the_header_are_bad_rows_elsewhere():
    found = table("key,created\nA-1,x,more\n", layout=Layout(required=("key", "created")))
    assert list(found.rows()) == []
    assert [str(problem) for problem in found.problems] == ["export.csv:2: The row has 3 cells and the header 2."]


def test_rows_narrower_than_the_header_have_empty_cells():
    row = next(table("Issue key,Created,Sprint,Labels\nA-1,x\n").rows())
    assert row.get("sprint") == ""


def test_six_hundred_columns_with_long_descriptions_are_no_trouble():
    header = ["Issue key", "Created", *(f"Custom field ({n})" for n in range(600)), "Description"]
    out = io.StringIO()
    csv.writer(out).writerows([header, ["A-1", "x", *[""] * 600, "secret " * 20_000]])
    row = next(table(out.getvalue()).rows())
    assert dict(row.cells) == {"key": ["A-1"], "created": ["x"]}


def test_byte_order_mark_crlf_and_line_breaks_in_quotes_keep_line_numbers_true():
    data = b'\xef\xbb\xbfIssue key,Created,Description\r\nA-1,x,"one\r\ntwo\r\nthree"\r\n\r\nA-2,y,\r\n'
    assert [(row.get("key"), row.line) for row in table(data).rows()] == [("A-1", 2), ("A-2", 6)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters_are_found(encoding, delimiter):
    content = "Issue key,Created,Labels\nA-1,x,mañana\n".replace(",", delimiter).encode(encoding)
    found = table(content)
    assert next(found.rows()).get("label") == "mañana"
    assert bool(found.remarks) == (encoding == "cp1252")


def test_a_bad_byte_far_into_the_file_is_found_with_its_line(monkeypatch):
    monkeypatch.setattr(roadmap_table, "_PIECE", 16)
    content = b"Issue key,Created\n" + b"A,x\n" * 50 + "Ñ,x\n".encode("cp1252")
    assert str(table(content).remarks[0]).startswith("export.csv:52: This is not UTF-8.")


def test_rows_can_be_read_twice_and_faults_are_not_doubled():
    found = table('Issue key,Created\nA-1,x\n"A-2,y\n')
    first, second = list(found.rows()), list(found.rows())
    assert (first, len(found.problems)) == (second, 1)
    assert "quotes" in str(found.problems[0])


def test_a_map_points_to_columns_before_their_usual_names():
    content = "Ref,Issue key,Created,Opened on\nA-1,old,x,y\n"
    row = next(table(content, columns={"key": "ref", "created": "Opened On"}).rows())
    assert (row.all("key"), row.all("created")) == (("A-1",), ("y",))


def test_a_column_of_the_map_that_is_not_there_is_named():
    found = faults("Issue key,Created\nA-1,x\n", columns={"size": "Weight"})
    assert found == ["export.csv:1: The map names the column Weight, and the file has none."]


def test_a_hint_finds_custom_fields_and_is_a_remark_where_it_fails():
    content = "Issue key,Created,Custom field (Effort points)\nA-1,x,5\n"
    assert next(table(content, hints={"size": "Effort Points"}).rows()).get("size") == "5"
    assert "no column has it" in str(table(content, hints={"size": "customfield_10016"}).remarks[0])


def test_a_file_of_sums_is_told_what_is_missing():
    found = faults("repo,boardid,sprintid,vel_starttime\napache,1,8,0\n")
    assert found[0].startswith("export.csv:1: The file names no work items: no column is called Issue key.")
    assert found[1:] == [
        "export.csv:1: The column Issue key is missing.",
        "export.csv:1: The column created is missing.",
    ]


@pytest.mark.parametrize("content", [b"", b"\x81\x8d\xff not text", b"\xff\xfe\x00"])
def test_what_is_no_text_is_refused(content):
    assert faults(content)


def test_a_file_above_the_limit_is_refused_by_its_size():
    assert faults("Issue key,Created\n" + "A" * 100, limit=50)


def test_gzip_is_unpacked_for_those_who_hand_over_bytes():
    assert plain(b"abc", source="x").read() == b"abc"


def test_a_stream_that_unpacks_on_the_way_is_read_as_often_as_needed():
    packed = io.BytesIO(gzip.compress(b"Issue key,Created\n" + b"A-1,x\n" * 300))
    found = open_table(unpacked(packed, source="export.csv.gz"), source="export.csv.gz", layout=LAYOUT)
    assert sum(1 for _ in found.rows()) == sum(1 for _ in found.rows()) == 300


def test_rows_that_were_not_read_to_the_end_may_outlive_their_file():
    found = table("Issue key,Created\nA-1,x\nA-2,y\n")
    rows = found.rows()
    next(rows)
    found.stream.close()
    rows.close()
