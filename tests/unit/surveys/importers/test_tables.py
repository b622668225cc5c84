"""The reader of delimited files: every fault of form is found, with the line a text editor would show."""

from pathlib import Path

import pytest

from surveys.importers.tables import MAX_BYTES, Table, quote, read_table

HEADER = b"key,name\n"


def read(content: bytes | Path, **options: object) -> Table:
    return read_table(content, name="t.csv", required=("key", "name"), **options)  # type: ignore[arg-type]


def faults(table: Table) -> list[str]:
    return [str(problem) for problem in table.problems]


def test_a_plain_file_becomes_rows_with_the_line_they_stand_on() -> None:
    table = read(HEADER + b"a, Alpha \n\n,\nb,Beta")
    assert [(row.line, row.cells) for row in table.rows] == [
        (2, {"key": "a", "name": "Alpha"}),
        (5, {"key": "b", "name": "Beta"}),
    ]
    assert table.problems == ()


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfkey,name\r\na,Alpha\r\n",
        b"key;name\ra;Alpha\r",
        b"KEY\tName\na\tAlpha\n",
        b'"key";"name";;\n"a";"Alpha";;\n',
        b"name,key\nAlpha,a\n",
    ],
    ids=["byte order mark and CRLF", "semicolon and CR", "tab and capitals", "quoted, empty columns", "other order"],
)
def test_the_dialects_of_spreadsheets_are_understood(content: bytes) -> None:
    table = read(content)
    assert faults(table) == []
    assert [row.cells for row in table.rows] == [{"key": "a", "name": "Alpha"}]


def test_a_line_break_inside_a_cell_does_not_shift_later_lines() -> None:
    table = read(HEADER + b'a,"two\r\nlines"\nb,Beta,extra\n')
    assert table.rows[0].cells["name"] == "two\r\nlines"
    assert faults(table) == ["t.csv:4: The row has 3 cells, the header has 2."]


def test_every_damaged_line_is_named_and_the_others_are_read() -> None:
    table = read(HEADER + b"a,\xff\nb,Beta\nc,\xc3\n")
    assert faults(table) == ["t.csv:2: The line is not UTF-8 text.", "t.csv:4: The line is not UTF-8 text."]
    assert [row.cells["key"] for row in table.rows] == ["a", "b", "c"]


def test_a_nul_byte_is_named_with_its_line() -> None:
    assert faults(read(HEADER + b"a,Al\0pha\nb,Beta\n")) == ["t.csv:2: The line holds a NUL byte."]


def test_a_quotation_that_never_ends_is_one_fault_at_its_start() -> None:
    table = read(HEADER + b'a,Alpha\nb,"Beta\nc,Gamma\n')
    assert faults(table) == ["t.csv:3: The quotation marks of the row do not match."]
    assert [row.cells["key"] for row in table.rows] == ["a"]


def test_text_after_a_closing_quotation_mark_spoils_one_row_only() -> None:
    table = read(HEADER + b'a,"Al"pha\nb,Beta\n')
    assert faults(table) == ["t.csv:2: The quotation marks of the row do not match."]
    assert [(row.line, row.cells["key"]) for row in table.rows] == [(3, "b")]


@pytest.mark.parametrize("length", [1001, 200_000])
def test_a_cell_that_is_too_long_is_refused_without_being_repeated(length: int) -> None:
    assert faults(read(HEADER + b"a," + b"x" * length + b"\n")) == ["t.csv:2: A cell is longer than 1000 characters."]


def test_missing_and_unknown_columns_are_all_named() -> None:
    table = read(b"key,nome,x\na,b,c\n")
    assert faults(table) == [
        "t.csv:1: The column name is missing.",
        "t.csv:1: The column “nome” is unknown. Known are: key, name.",
        "t.csv:1: The column “x” is unknown. Known are: key, name.",
    ]
    assert not table.readable
    assert table.rows == ()


def test_unknown_columns_may_be_passed_over_and_optional_ones_are_filled() -> None:
    table = read(b"key,x,name\na,1,Alpha\n", optional=("note",), ignore_unknown=True)
    assert table.rows[0].cells == {"key": "a", "name": "Alpha", "note": ""}
    assert faults(table) == []


def test_a_column_named_twice_makes_the_file_unreadable() -> None:
    table = read(b"key,name,key\na,b,c\n")
    assert faults(table) == ["t.csv:1: The column key is there twice."]
    assert not table.readable


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf\r\n"])
def test_an_empty_file_says_so(content: bytes) -> None:
    assert faults(read(content)) == ["t.csv: The file is empty."]


def test_utf_16_is_named_for_what_it_is() -> None:
    assert faults(read("key,name\n".encode("utf-16"))) == ["t.csv: The file is in UTF-16. Save it as CSV in UTF-8."]


def test_content_above_the_limit_is_refused() -> None:
    assert faults(read(b"x" * 11, max_bytes=10)) == ["t.csv: The file is larger than 0 MB and was not read."]


def test_a_file_of_200_megabytes_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as stream:
        stream.truncate(200 * 1024 * 1024)  # sparse: it takes no room and no time
    table = read_table(path, required=("key",))
    assert faults(table) == ["huge.csv: The file is larger than 20 MB and was not read."]
    assert MAX_BYTES == 20 * 1024 * 1024


def test_a_missing_file_and_a_folder_are_no_tables(tmp_path: Path) -> None:
    assert faults(read(tmp_path / "absent.csv")) == ["t.csv: There is no such file."]
    assert faults(read(tmp_path)) == ["t.csv: There is no such file."]


def test_a_message_repeats_at_most_sixty_characters_and_no_control_character() -> None:
    assert len(quote("x" * 500)) == 60
    assert quote("a\x1b[2J\nb") == "a\ufffd[2J\ufffdb"
