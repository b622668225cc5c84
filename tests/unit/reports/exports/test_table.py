"""Rows of an export as fields."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.disclosure.cells import RawCell, ReleasedCell, protect
from reports.disclosure.participation import response_band
from reports.disclosure.policy import FavourableBand
from reports.exports.table import CELLS, OUTCOME_PART, TABLES, list_names, outcome_part, outwards, share_fields
from surveys.i18n import translator
from tests.unit.reports.exports.conftest import row, withheld

EN = translator("en")


def test_a_released_cell_carries_its_figure_and_how_to_read_it() -> None:
    fields = CELLS.record(row())
    assert tuple(fields) == CELLS.names
    assert (fields["value"], fields["qualifier"], fields["low"], fields["high"]) == (4.6, ">=", 4.5, 5.0)
    assert (fields["n_band"], fields["n_low"], fields["n_high"], fields["n_band_sort"]) == ("8 to 11", 8, 11, 8)
    assert (fields["response_band"], fields["response_sort"]) == ("half_or_more", 4)
    assert (fields["favourable_band"], fields["favourable_low"], fields["favourable_sort"]) == (
        "two thirds or more", 0.6667, 67,
    )  # fmt: skip
    assert (fields["reason_code"], fields["reason"]) == (None, None)


def test_a_withheld_cell_carries_its_reason_and_no_trace_of_answers() -> None:
    fields = CELLS.record(withheld())
    assert (fields["reason_code"], fields["reason"]) == ("not_asked", "This was not asked in this wave.")
    assert {fields[column.name] for column in OUTCOME_PART[:-2]} == {None}


def test_no_field_tells_a_number_of_answers() -> None:
    # All numbers of answers of one band give one and the same record.
    def fields(n: int) -> tuple[object, ...]:
        raw = RawCell(crowd="c-pay", measure="m", n=n, total=3 * n, favourable=n // 2)
        return outcome_part(protect(raw), response_band(9, 14), EN)

    assert fields(8) == fields(9) == fields(10) == fields(11)


@settings(max_examples=50, deadline=None)
@given(n=st.integers(5, 200), share=st.floats(0, 1))
def test_the_ends_enclose_the_mean_and_the_value(n: int, share: float) -> None:
    total = n + round(share * 4 * n)
    cell = protect(RawCell(crowd="c", measure="m", n=n, total=total, favourable=0))
    assert isinstance(cell, ReleasedCell)
    value, low, high = outcome_part(cell, None, EN)[:3]
    assert isinstance(value, float)
    assert low <= value <= high  # type: ignore[operator]
    assert low <= total / n + 1e-9  # type: ignore[operator]
    assert total / n <= high + 1e-9  # type: ignore[operator]


@pytest.mark.parametrize(("end", "wanted"), [(2.8667, 2.87), (2.9, 2.9), (2.9000000001, 2.9), (-2.8667, -2.86)])
def test_an_upper_end_is_rounded_up_and_noise_does_not_count(end: float, wanted: float) -> None:
    assert outwards(end, 2) == wanted


def test_a_share_has_words_ends_and_something_to_sort_by() -> None:
    assert share_fields(FavourableBand(low=1 / 3, high=2 / 3), EN) == ("a third to two thirds", 0.3333, 0.6667, 33)


def test_very_many_names_are_cut_off() -> None:
    assert list_names([]) is None
    assert list_names(["a", "b"]) == "a | b"
    assert str(list_names([f"n{number}" for number in range(30)])).endswith("n19 | …")


def test_no_table_has_a_column_twice() -> None:
    for table in TABLES:
        assert len(set(table.names)) == len(table.names)
