"""The heat table of HR bands a figure by what is better."""

from __future__ import annotations

import datetime as dt

import pytest

from app.web.hr.heat import heat_table
from reports.disclosure.cells import Qualifier, ReleasedCell
from reports.disclosure.participation import ResponseBand
from reports.disclosure.policy import FavourableBand, NBand
from reports.exports.table import ExportRow, ExportTable
from surveys.enums import BallotMode, MeasureKind
from surveys.i18n import translator


def row(*, is_lower_better: bool) -> ExportRow:
    cell = ReleasedCell(
        crowd="c", measure="m", value=1.8, qualifier=Qualifier.EXACT, low=1.7, high=1.9, step=0.2,
        rounding_variance=0.2**2 / 12, n_band=NBand(low=8, high=11), favourable=FavourableBand(low=0.0, high=0.5),
    )  # fmt: skip
    return ExportRow(
        wave="w", wave_closed_on=dt.date(2026, 1, 1), crowd="c", crowd_name="C", units=("C",), measure="m",
        measure_kind=MeasureKind.SCALE, measure_name="M", item_text="", source="", licence="", outcome=cell,
        invited=12, response=ResponseBand.HALF_OR_MORE, policy_version="2", fingerprint="", mode=BallotMode.PROMISE,
        is_lower_better=is_lower_better,
    )  # fmt: skip


@pytest.mark.parametrize(("is_lower_better", "place"), [(False, 1), (True, 5)])
def test_a_low_value_is_very_good_where_lower_is_better(is_lower_better: bool, place: int) -> None:
    table = ExportTable(rows=(row(is_lower_better=is_lower_better),), bridge=())
    made = heat_table(table, translator("en"), {})
    assert made.rows[0].cells[0].place == place
