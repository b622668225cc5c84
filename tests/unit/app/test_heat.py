"""The heat table of HR bands a figure by what is better, and tells hidden from not asked."""

from __future__ import annotations

import pytest

from app.web.hr.heat import heat_table
from reports.disclosure.cells import Qualifier, ReleasedCell
from reports.disclosure.policy import FavourableBand, NBand
from reports.disclosure.reasons import Reason, Withheld
from reports.exports.table import ExportRow
from surveys.i18n import translator

EN = translator("en")
CELL = ReleasedCell(
    crowd="c", measure="m", value=1.8, qualifier=Qualifier.EXACT, low=1.7, high=1.9, step=0.2,
    rounding_variance=0.2**2 / 12, n_band=NBand(low=8, high=11), favourable=FavourableBand(low=0.0, high=0.5),
)  # fmt: skip


def row(
    outcome: ReleasedCell | Withheld = CELL, *, is_lower_better: bool = False, crowd: str = "c", measure: str = "m"
) -> ExportRow:
    return ExportRow(
        crowd=crowd, crowd_name=crowd.upper(), units=(crowd,), measure=measure,
        measure_name=measure.upper(), outcome=outcome, invited=12, is_lower_better=is_lower_better,
    )  # fmt: skip


@pytest.mark.parametrize(("is_lower_better", "place"), [(False, 1), (True, 5)])
def test_a_low_value_is_very_good_where_lower_is_better(is_lower_better: bool, place: int) -> None:
    made = heat_table([row(is_lower_better=is_lower_better)], EN, {})
    assert made.rows[0].cells[0].place == place


def test_what_is_hidden_and_what_was_not_asked_are_two_things() -> None:
    hidden, missing = Withheld(reason=Reason.TOO_FEW_FOR_CUT), Withheld(reason=Reason.NOT_ASKED)
    made = heat_table([row(), row(hidden, measure="h"), row(missing, measure="n")], EN, {})
    assert [(cell.place, cell.is_withheld) for cell in made.rows[0].cells] == [(1, False), (0, True), (0, False)]
    assert made.reasons == (hidden.sentence(EN),)
    assert made.not_asked == ("N",)


def test_rows_stand_in_the_order_of_their_names() -> None:
    made = heat_table([row(crowd="b"), row(crowd="a")], EN, {})
    assert [each.name for each in made.rows] == ["A", "B"]
