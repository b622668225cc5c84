"""Rows of an export as fields."""

from __future__ import annotations

import dataclasses

from reports.disclosure.cells import RawCell, protect
from reports.exports.table import COLUMNS, ExportRow, ExportTable
from surveys.i18n import translator


def test_a_released_cell_carries_its_figure_and_how_to_read_it(row: ExportRow) -> None:
    [fields] = ExportTable(rows=(row,), bridge=()).records(translator("en"))
    assert tuple(fields) == COLUMNS
    assert (fields["value"], fields["qualifier"], fields["low"], fields["high"]) == (4.6, ">=", 4.5, 5.0)
    assert (fields["n_band"], fields["n_band_sort"], fields["invited"]) == ("8 to 11", 8, 12)
    assert (fields["response_band"], fields["favourable_band"]) == ("half_or_more", "two thirds or more")
    assert (fields["reason_code"], fields["reason"], fields["units"]) == ("", "", "Payments | Billing")


def test_a_withheld_cell_carries_its_reason_and_no_trace_of_answers(table: ExportTable) -> None:
    fields = next(record for record in table.records(translator("en")) if record["measure"] == "burnout")
    assert (fields["reason_code"], fields["reason"]) == ("not_asked", "This was not asked in this wave.")
    for column in ("value", "low", "high", "qualifier", "n_band", "n_band_sort", "response_band", "favourable_band"):
        assert fields[column] == ""


def test_rows_are_sorted_by_wave_crowd_and_measure(table: ExportTable) -> None:
    order = [(record["wave"], record["measure"]) for record in table.records(translator("en"))]
    assert order == [("2026-02", "workload.pace"), ("2026-03", "burnout"), ("2026-03", "workload.pace")]
    assert [record["unit"] for record in table.bridge_records()] == ["bill", "pay"]


def test_no_field_tells_a_number_of_answers(row: ExportRow) -> None:
    # All numbers of answers of one band give one and the same record.
    def fields(n: int) -> dict[str, str | int | float]:
        raw = RawCell(crowd="c-pay", measure="m", n=n, total=3 * n, favourable=n // 2)
        changed = dataclasses.replace(row, outcome=protect(raw))
        return ExportTable(rows=(changed,), bridge=()).records(translator("en"))[0]

    assert fields(8) == fields(9) == fields(10) == fields(11)
