"""Reads the files of an export back, each format with a reader that is not its writer, into rows of plain values."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow.parquet as pq

from reports.exports.cells import restore
from reports.exports.table import TABLES, Column, Kind, Scalar

Records = dict[str, list[dict[str, Scalar]]]
"""The rows of each table, each as values by column; days are texts in ISO form, nothing is None."""

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def read(folder: Path, file_format: str, stem: str = "barograph") -> Records:
    """Return what the files of a format hold."""
    return {"csv": read_csv, "xlsx": read_xlsx, "parquet": read_parquet, "json": read_json}[file_format](folder, stem)


def read_csv(folder: Path, stem: str = "barograph", *, separator: str = ",", decimal: str = ".") -> Records:
    """Read the CSV files; an empty field without quotes is nothing, numbers are numbers by their column."""
    return {
        table.name: [
            {column.name: _number(row[column.name], column, decimal) for column in table.columns}
            for row in csv_rows(folder / f"{stem}-{table.name}.csv", separator)
        ]
        for table in TABLES
    }


def csv_rows(path: Path, separator: str = ",") -> list[dict[str, str]]:
    """Read one CSV file as texts."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=separator))


def read_json(folder: Path, stem: str = "barograph") -> Records:
    """Read the JSON document."""
    document = json.loads((folder / f"{stem}.json").read_text(encoding="utf-8"))
    return {table.name: document[table.name] for table in TABLES}


def read_parquet(folder: Path, stem: str = "barograph") -> Records:
    """Read the Parquet files."""
    return {
        table.name: [
            {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in row.items()}
            for row in pq.read_table(folder / f"{stem}-{table.name}.parquet").to_pylist()
        ]
        for table in TABLES
    }


def read_xlsx(folder: Path, stem: str = "barograph") -> Records:
    """Read the workbook by the parts of its archive; a table may go on in further sheets."""
    with zipfile.ZipFile(folder / f"{stem}.xlsx") as archive:
        sheets = dict(_sheets(archive))
        found: Records = {}
        for table in TABLES:
            rows: list[dict[str, Scalar]] = []
            for name in sorted((n for n in sheets if n.split(" ")[0] == table.name), key=lambda n: (len(n), n)):
                head, *lines = _lines(archive, sheets[name])
                assert [head[place] for place in range(len(head))] == list(table.names)
                rows += [
                    {column.name: _cell(line.get(place), column) for place, column in enumerate(table.columns)}
                    for line in lines
                ]
            found[table.name] = rows
        return found


def xlsx_part(path: Path, sheet: str) -> ET.Element:
    """Return the XML of a sheet by its name."""
    with zipfile.ZipFile(path) as archive:
        return ET.fromstring(archive.read(dict(_sheets(archive))[sheet]))  # noqa: S314 - our own file


def _sheets(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    links = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314 - our own file
    targets = {link.get("Id"): link.get("Target") for link in links}
    book = ET.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - our own file
    for sheet in book.iter(f"{_MAIN}sheet"):
        yield str(sheet.get("name")), f"xl/{targets[sheet.get(f'{_LINK}id')]}"


def _lines(archive: zipfile.ZipFile, part: str) -> Iterator[dict[int, str | float]]:
    root = ET.fromstring(archive.read(part))  # noqa: S314 - our own file
    for row in root.iter(f"{_MAIN}row"):
        yield {_place(str(cell.get("r"))): _value(cell) for cell in row}


def _place(reference: str) -> int:
    number = 0
    for letter in re.sub(r"\d", "", reference):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _value(cell: ET.Element) -> str | float:
    assert cell.get("t") in {None, "inlineStr"}, "a cell that is neither text nor number"
    if cell.get("t") == "inlineStr":
        text = "".join(each.text or "" for each in cell.iter(f"{_MAIN}t"))
        return re.sub(r"_x([0-9A-F]{4})_", lambda found: chr(int(found.group(1), 16)), text)
    return float(str(cell.findtext(f"{_MAIN}v")))


def _cell(value: str | float | None, column: Column) -> Scalar:
    if column.kind is Kind.DATE and value is not None:
        return (dt.date(1899, 12, 30) + dt.timedelta(days=float(value))).isoformat()
    if column.kind is Kind.INTEGER and value is not None:
        return int(value)
    return value


def _number(text: str, column: Column, decimal: str) -> Scalar:
    if text == "":
        return None
    if column.kind is Kind.INTEGER:
        return int(text)
    if column.kind is Kind.DECIMAL:
        return float(text.replace(decimal, "."))
    return restore(text)
