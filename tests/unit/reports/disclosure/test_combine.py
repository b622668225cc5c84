"""Units as functions of the released cells of their crowds."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.disclosure.cells import Qualifier, RawCell, ReleasedCell, protect
from reports.disclosure.combine import combine
from reports.disclosure.policy import NBand
from reports.disclosure.reasons import Reason, Withheld


def cell(n: int, total: float, favourable: int, crowd: str = "c", measure: str = "m") -> ReleasedCell:
    made = protect(RawCell(crowd=crowd, measure=measure, n=n, total=total, favourable=favourable))
    assert isinstance(made, ReleasedCell)
    return made


def unit(*cells: ReleasedCell | Withheld) -> ReleasedCell:
    made = combine("unit", cells)
    assert isinstance(made, ReleasedCell)
    return made


def test_the_value_is_weighted_by_the_middle_of_the_bands() -> None:
    made = unit(cell(5, 15, 1), cell(9, 36, 6))  # 3.0 with weight 6, 4.0 with weight 9.5
    assert made.value == pytest.approx((3 * 6 + 4 * 9.5) / 15.5)
    assert (made.low, made.high) == (pytest.approx(made.value - 0.1), pytest.approx(made.value + 0.1))
    assert made.n_band == NBand(low=12, high=19)
    assert (made.crowd, made.qualifier, made.step) == ("unit", Qualifier.EXACT, 0.1)
    assert made.favourable.low == pytest.approx((0 * 6 + 2 / 3 * 9.5) / 15.5)


def test_the_variance_holds_rounding_and_the_doubt_about_the_weights() -> None:
    # By hand: weights 6 and 9.5 of 15.5; bands of 3 and 4 whole numbers have variances 8/12 and 15/12.
    made = unit(cell(5, 15, 1), cell(9, 36, 6))
    rounding = (Fraction(6) ** 2 + Fraction("9.5") ** 2) / Fraction("15.5") ** 2 * Fraction(1, 300)  # 0.2 ** 2 / 12
    weighting = ((3 - made.value) ** 2 * 8 + (4 - made.value) ** 2 * 15) / 12 / 15.5**2
    assert made.rounding_variance == pytest.approx(float(rounding) + weighting)


def test_one_crowd_alone_keeps_its_cell() -> None:
    one = cell(6, 21, 3, crowd="unit")
    assert combine("unit", [one]) == one


def test_many_small_crowds_make_a_figure_with_two_decimals() -> None:
    made = unit(*[cell(8, 28, 3)] * 7)
    assert (made.n_band, made.decimals) == (NBand(low=55, high=84), 2)


def test_one_withheld_crowd_withholds_the_unit() -> None:
    withheld = Withheld(reason=Reason.TOO_FEW_FOR_CUT)
    assert combine("unit", [cell(6, 21, 3), withheld]) == withheld


def test_clips_at_both_ends_make_a_range() -> None:
    assert unit(cell(6, 30, 6), cell(6, 18, 0)).qualifier is Qualifier.AT_LEAST
    assert unit(cell(6, 30, 6), cell(6, 6, 0)).qualifier is Qualifier.RANGE


def test_cells_of_several_measures_or_none_are_refused() -> None:
    with pytest.raises(ValueError, match="one measure"):
        combine("unit", [])
    with pytest.raises(ValueError, match="one measure"):
        combine("unit", [cell(6, 21, 3), cell(6, 21, 3, measure="other")])


CROWDS = st.lists(
    st.integers(5, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(n, 5 * n), st.integers(0, n))), min_size=1
)


@settings(max_examples=40, deadline=None)
@given(CROWDS)
def test_the_value_lies_between_its_ends_and_the_band_holds_the_number(crowds: list[tuple[int, int, int]]) -> None:
    made = unit(*[cell(*crowd) for crowd in crowds])
    n = sum(crowd[0] for crowd in crowds)
    assert made.low - 1e-9 <= made.value <= made.high + 1e-9
    assert made.n_low <= n <= made.n_high
    assert 0 <= made.favourable.low <= made.favourable.high <= 1
