"""Parquet files, read back with pyarrow."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from reports.exports.parquet_writer import schema_of
from reports.exports.table import CELLS, UNITS, Row, Table
from tests.support import exported
from tests.unit.reports.exports.conftest import Writing, bridge

Tables = dict[Table, list[Row]]


def test_a_file_for_each_table_holds_its_rows_typed(writing: Writing, tables: Tables) -> None:
    folder = writing("parquet", tables)
    rows = exported.read_parquet(folder)
    assert rows["cells"] == [CELLS.record(each) for each in tables[CELLS]]
    assert rows["topics"] == []
    schema = pq.read_schema(folder / "barograph-cells.parquet")
    assert schema == schema_of(CELLS.columns)
    assert [schema.field(name).type for name in ("value", "n_low", "wave_closed_on", "crowd")] == [
        pa.float64(), pa.int32(), pa.date32(), pa.string(),
    ]  # fmt: skip


def test_rows_are_written_in_groups_that_fill_up(writing: Writing) -> None:
    rows = [bridge(f"team{number}") for number in range(7)]
    folder = writing("parquet", {UNITS: rows}, row_group=3)
    file = pq.ParquetFile(folder / "barograph-units.parquet")
    assert [file.metadata.row_group(place).num_rows for place in range(file.num_row_groups)] == [3, 3, 1]
    assert exported.read_parquet(folder)["units"] == [UNITS.record(each) for each in rows]


def test_the_same_rows_give_the_same_bytes(writing: Writing, tables: Tables) -> None:
    first, again = ((writing("parquet", tables) / "barograph-cells.parquet").read_bytes() for _ in range(2))
    assert first == again
