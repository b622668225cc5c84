"""What is derived from cells is a function of what was released: other answers behind the same cells change nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.disclosure.cells import RawCell, ReleasedCell, protect_crowd
from reports.disclosure.combine import combine
from reports.disclosure.intervals import narrowest_part
from reports.disclosure.participation import unit_response
from reports.disclosure.policy import declared_variance, n_band
from reports.services.levels import likely_range

Behind = tuple[int, int, int]
"""People, sum and favourable count of one question of one crowd."""

INVITED = {5: 9, 8: 15, 12: 24}


@cache
def alike(low: int, strict: bool) -> tuple[tuple[Behind, ...], ...]:
    """What can stand behind a cell of a crowd whose band starts there, by cell; only where there is a choice."""
    found: dict[ReleasedCell, list[Behind]] = defaultdict(list)
    band = n_band(low)
    for n in range(band.low, band.high + 1):
        for favourable in range(n + 1):
            for total in range(n + 3 * favourable, 3 * n + 2 * favourable + 1):
                found[cell((n, total, favourable), low, strict)].append((n, total, favourable))
    return tuple(tuple(behind) for behind in found.values() if len(behind) > 1)


@cache
def cell(behind: Behind, low: int, strict: bool) -> ReleasedCell:
    n, total, favourable = behind
    raw = RawCell(crowd=f"crowd of {low}", measure="item", n=n, total=total, favourable=favourable)
    made = protect_crowd([raw], scales={}, ballots=n, invited=INVITED[low], strict=strict)["item"]
    assert isinstance(made, ReleasedCell)
    return made


def derived(cells: Sequence[ReleasedCell], variance: float) -> list[object]:
    """Every kind of number that is made of cells: unit, response, likely ranges, four waves, a difference, a part."""
    invited = sum(INVITED[each] for each in (5, 8, 12))
    unit = combine("unit", cells)
    assert isinstance(unit, ReleasedCell)
    declared = (declared_variance(variance), 50)
    return [
        unit,
        unit_response(unit.n_band, invited),
        likely_range(unit, invited=invited, declared=declared),
        *(likely_range(each, invited=25, declared=declared) for each in cells),
        sum(each.value for each in (*cells, unit)) / 4,
        cells[0].value - cells[1].value,
        narrowest_part(cells[0], 4),
    ]


@st.composite
def two_companies(draw: st.DrawFn) -> tuple[list[Behind], list[Behind], bool]:
    """Two sets of answers of three crowds with the same cells."""
    strict = draw(st.booleans())
    pairs = []
    for low in (5, 8, 12):
        behind = draw(st.sampled_from(alike(low, strict)))
        pairs.append((draw(st.sampled_from(behind)), draw(st.sampled_from(behind))))
    return [one for one, _ in pairs], [other for _, other in pairs], strict


@settings(max_examples=60, deadline=None)
@given(two_companies(), st.floats(0, 0.45), st.floats(0, 0.45))
def test_other_answers_behind_the_same_cells_derive_the_same_numbers(
    companies: tuple[list[Behind], list[Behind], bool], first: float, second: float
) -> None:
    one, other, strict = companies
    lows = (5, 8, 12)
    made = [[cell(behind, low, strict) for behind, low in zip(each, lows, strict=True)] for each in (one, other)]
    assert derived(made[0], first) == derived(made[1], second)


def test_there_are_other_numbers_of_people_behind_most_cells() -> None:
    # The test above would say nothing if a cell told its sums: nearly all leave open how many people answered.
    for low in (5, 8, 12):
        groups = alike(low, False)
        open_groups = [group for group in groups if len({n for n, _, _ in group}) > 1]
        assert len(open_groups) >= 0.9 * len(groups)
