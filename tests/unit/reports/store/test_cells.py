"""Cells survive being stored, to the last digit that is shown."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.disclosure.cells import Qualifier, RawCell, ReleasedCell, protect_crowd
from reports.disclosure.reasons import Reason, Withheld
from reports.store.cells import from_plain, to_plain


@settings(max_examples=25)
@given(st.integers(5, 60), st.data())
def test_a_released_cell_survives(n: int, data: st.DataObject) -> None:
    total = data.draw(st.integers(n, 5 * n))
    raw = RawCell(crowd="ant", measure="item", n=n, total=total, favourable=0)
    cell = protect_crowd([raw], scales={}, ballots=n, invited=n + 9, k=5)["item"]
    assert isinstance(cell, ReleasedCell)
    plain = json.loads(json.dumps(to_plain(cell)))
    back = from_plain("ant", "item", plain)
    assert isinstance(back, ReleasedCell)
    assert (back.value, back.low, back.high) == pytest.approx((cell.value, cell.low, cell.high), abs=1e-10)
    assert (back.n_band, back.qualifier, back.step) == (cell.n_band, cell.qualifier, cell.step)
    assert back.rounding_variance == pytest.approx(cell.rounding_variance, abs=1e-10)
    assert to_plain(back) == plain


@pytest.mark.parametrize("reason", Reason)
def test_a_withheld_cell_survives(reason: Reason) -> None:
    cell = Withheld(reason=reason, k=7, names=("Ant", "Bee"))
    assert from_plain("ant", "item", json.loads(json.dumps(to_plain(cell)))) == cell


def test_the_stored_form_holds_no_exact_number_of_answers() -> None:
    cell = protect_crowd(
        [RawCell(crowd="ant", measure="item", n=9, total=30, favourable=4)], scales={}, ballots=9, invited=20, k=5
    )["item"]
    plain = to_plain(cell)
    assert plain["n"] == [8, 11]
    assert set(plain) == {"value", "qualifier", "low", "high", "step", "rounding_variance", "n", "favourable"}
    assert plain["qualifier"] in {each.value for each in Qualifier}
