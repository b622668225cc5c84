"""Checks that a workbook reads like the CSV file of the same rows, and that formulas and errors are refused."""

import contextlib
import datetime as dt
import io
import random
import zipfile

import pytest
import xlsxwriter

from surveys.errors import InvalidInput
from surveys.importers import history_xlsx
from surveys.importers.history import read_history
from surveys.importers.history_map import read_history_map
from surveys.importers.history_xlsx import workbook_text
from tests.support.earlier import SMALL_MAP

HEAD = ("Unit", "Day", "Strain", "Answers")


def workbook(fill, **options):
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True, **options}) as book:
        sheet = book.add_worksheet("Results")
        for column, name in enumerate(HEAD):
            sheet.write(0, column, name)
        fill(book, sheet)
        book.add_worksheet("Notes").write(0, 0, "not read")
    return stream.getvalue()


def repacked(data, part, change):
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return stream.getvalue()


def read(data):
    mapping = read_history_map(SMALL_MAP.encode(), source="map.toml")
    return read_history(data, source="old.xlsx", mapping=mapping, today=dt.date(2026, 6, 1))


def faults(data):
    with pytest.raises(InvalidInput) as refused:
        read(data)
    return [str(problem) for problem in refused.value.problems]


def plain(book, sheet):
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet.write_string(1, 0, "Pay & \nCo")
    sheet.write_datetime(1, 1, dt.date(2025, 3, 31), day)
    sheet.write_number(1, 2, 40.1)
    sheet.write_number(1, 3, 20)
    sheet.write_row(4, 0, ["B", "2025-03-31", "41", "9"])


@pytest.mark.parametrize("options", [{}, {"date_1904": True}])
def test_a_workbook_gives_the_cells_of_its_first_sheet_with_days(options):
    file = read(workbook(plain, **options))
    assert [(cell.unit, cell.wave_on, cell.value, cell.n) for cell in file.cells] == [
        ("B", dt.date(2025, 3, 31), 41.0, 9),
        ("Pay & Co", dt.date(2025, 3, 31), 40.1, 20),
    ]


def test_a_fault_has_the_row_of_the_sheet_as_its_line():
    def fill(book, sheet):
        plain(book, sheet)
        sheet.write_row(6, 0, ["C", "2025-03-31", 40, 2])

    (problem,) = faults(workbook(fill))
    assert problem.startswith("old.xlsx:7: ")


def test_a_formula_and_an_error_are_refused_with_their_place():
    def fill(book, sheet):
        sheet.write_row(1, 0, ["A", "2025-03-31"])
        sheet.write_formula(1, 2, "=20*2", None, 40)
        sheet.write_number(1, 3, 20)

    (problem,) = faults(workbook(fill))
    assert problem == "old.xlsx:2: The cell C2 holds a formula. Paste its value in its place."
    broken = repacked(
        workbook(plain), "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b'<c r="D2"><v>20</v></c>', b'<c r="D2" t="e"><v>#N/A</v></c>'),
    )  # fmt: skip
    assert "The cell D2 holds an error" in faults(broken)[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda xml: b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + xml,
        lambda xml: xml[:-20],
        lambda xml: xml.replace(b'r="A2"', b'r="ZZZ2"'),
        lambda xml: xml.replace(b'r="A2"', b'r="?"'),
        lambda xml: xml.replace(b'<row r="5"', b'<row r="1"'),
        lambda xml: xml.replace(b'<c r="D2"><v>20</v></c>', b'<c r="D2" t="s"><v>999</v></c>'),
        lambda xml: xml.replace(b"<v>45747</v>", b"<v>1e300</v>"),
    ],
)
def test_what_is_no_sheet_is_refused_and_breaks_nothing(change):
    data = workbook(plain)
    changed = repacked(data, "xl/worksheets/sheet1.xml", change)
    assert changed != data
    assert "not a readable XLSX file" in faults(changed)[0]


def test_a_packed_file_that_is_no_workbook_is_refused():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.txt", "hello")
    for data in (stream.getvalue(), b"PK\x03\x04 nothing", workbook(plain)[:2000]):
        assert "not a readable XLSX file" in faults(data)[0]


def test_a_part_that_unpacks_to_too_much_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr("surveys.importers.history_xlsx.MOST_UNPACKED", 100)
    with pytest.raises(InvalidInput) as refused:
        workbook_text(workbook(plain), source="old.xlsx")
    assert "larger than" in str(refused.value.problems[0])


def test_cells_far_to_the_right_do_not_fill_the_memory(monkeypatch):
    """16,384 columns in each of 2,000 rows are 33 MB of separators, in a file of 11 kB; a million rows 17 GB."""
    monkeypatch.setattr(history_xlsx, "MAX_BYTES", 1024**2)
    cells = "".join(f'<row r="{row}"><c r="XFD{row}"><v>1</v></c></row>' for row in range(1, 101))
    sheet = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{cells}</worksheet>'
    data = repacked(workbook(plain), "xl/worksheets/sheet1.xml", lambda _: sheet.encode())
    assert "larger than 1 MB" in faults(data)[0]


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_workbook_is_refused_however_it_is_packed(packing):
    whole = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(plain))) as old, zipfile.ZipFile(whole, "w", packing) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    draw = random.Random(1)
    for _ in range(300):
        data = bytearray(whole.getvalue())
        for _ in range(4):
            data[draw.randrange(4, len(data))] = draw.randrange(256)
        with contextlib.suppress(InvalidInput):
            workbook_text(bytes(data), source="old.xlsx")


def test_many_cells_that_point_at_one_long_text_are_refused_before_the_row_is_built(monkeypatch):
    monkeypatch.setattr(history_xlsx, "MAX_BYTES", 100_000)
    data = workbook(lambda _, sheet: [sheet.write(1, column, "x" * 20_000) for column in range(40)])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        rows = history_xlsx._Sheet(archive, "a.xlsx", as_shown=True).rows()
        next(rows)
        with pytest.raises(InvalidInput) as refused:
            next(rows)
    assert "larger than" in str(refused.value.problems[0])
