"""Every released value can be made by every number of answers of its band, so that no value tells the number."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache

import pytest

from reports.disclosure.cells import Qualifier, RawCell, ReleasedCell, protect_crowd
from reports.disclosure.policy import NBand, mean_step, n_band

LAST = 120
"""Lower ends of bands are looked at up to here; the bands themselves end a little later."""

INVITED = [*range(7, LAST + 10), None]
Shown = tuple[float, Qualifier]


def bands(k: int) -> set[NBand]:
    """Every band in which a crowd can be shown: those of the policy and, by the number invited, their last ones."""
    return {
        n_band(n, k=k, invited=invited)
        for invited in INVITED
        for n in range(k, LAST + 1)
        if invited is None or n <= invited
    }


BANDS = sorted({band for k in (5, 6, 7, 8, 10, 16, 30) for band in bands(k) if band.high - band.low >= 2})
STANDARD = sorted({n_band(n) for n in range(5, LAST + 1)} | {NBand(low=5, high=8), NBand(low=8, high=13)})


def invited_for(band: NBand) -> int | None:
    """An invited number with which all numbers of the band get this band, where k is 5; None for any large one."""
    return None if n_band(band.low) == band else band.high


def released(sums: tuple[int, ...], n: int, band: NBand) -> tuple[ReleasedCell, ...]:
    """The cells of a crowd of ``n``: one for each item with this sum and, for several items, one for their scale."""
    items = [RawCell(crowd="c", measure=f"item {at}", n=n, total=total, favourable=0) for at, total in enumerate(sums)]
    names = [item.measure for item in items]
    scale = RawCell(crowd="c", measure="scale", n=n, total=Fraction(sum(sums), len(sums)), favourable=0)
    made = protect_crowd([*items, scale], scales={"scale": names}, ballots=n, invited=invited_for(band), k=5)
    cells = tuple(cell for cell in made.values() if isinstance(cell, ReleasedCell))
    assert len(cells) == len(sums) + 1
    assert {cell.n_band for cell in cells} == {band}
    return cells


@cache
def sums_by_value(n: int, n_low: int) -> dict[Shown, int]:
    """What an item of ``n`` answers can be released as under the step of ``n_low``, with one sum that does so."""
    # A second item with the fewest opinions sets step and clip, as in a crowd whose band starts at n_low.
    few = RawCell(crowd="c", measure="few", n=n_low, total=3 * n_low, favourable=0)
    items = [RawCell(crowd="c", measure=str(total), n=n, total=total, favourable=0) for total in range(n, 5 * n + 1)]
    k = 5 if n_band(n_low).low == n_low else n_low  # a raised k cuts the first band
    made = protect_crowd([few, *items], scales={}, ballots=n, k=k)
    found: dict[Shown, int] = {}
    for item in items:
        cell = made[item.measure]
        assert isinstance(cell, ReleasedCell)
        assert cell.step == float(mean_step(n_low))
        found[cell.value, cell.qualifier] = int(item.total)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("band", BANDS, ids=lambda band: f"{band.low}-{band.high}")
def test_every_value_of_an_item_can_be_made_by_every_number_of_its_band(band: NBand) -> None:
    values = {n: sums_by_value(n, band.low).keys() for n in range(band.low, band.high + 1)}
    for n, own in values.items():
        assert own == values[band.low], (n, sorted(own ^ values[band.low]))


def walk(values: list[Shown], parts: int, stride: int) -> Iterator[tuple[Shown, ...]]:
    """Items that climb from the lowest to the highest value in turn, so that every mean of theirs comes by."""
    for height in range(0, parts * (len(values) - 1) + 1, stride):
        yield tuple(values[(height + item) // parts] for item in range(parts))


@pytest.mark.slow
@pytest.mark.parametrize("parts", [2, 3, 4])
@pytest.mark.parametrize("band", STANDARD, ids=lambda band: f"{band.low}-{band.high}")
def test_every_value_of_a_scale_can_be_made_by_every_number_of_its_band(band: NBand, parts: int) -> None:
    by_n = {n: sums_by_value(n, band.low) for n in range(band.low, band.high + 1)}
    steps = list(walk(sorted(by_n[band.low]), parts, stride=1 if band.high < 20 else 7))
    expected = [scale_of(step, by_n[band.low], band.low, band) for step in steps]
    assert {value for value, _ in expected} >= {value for value, _ in by_n[band.low]} or band.high >= 20
    for n, sums in by_n.items():
        assert [scale_of(step, sums, n, band) for step in steps] == expected


def scale_of(step: tuple[Shown, ...], sums: dict[Shown, int], n: int, band: NBand) -> Shown:
    *items, scale = released(tuple(sums[shown] for shown in step), n, band)
    assert tuple((item.value, item.qualifier) for item in items) == step
    return scale.value, scale.qualifier


def test_a_step_of_a_tenth_would_give_the_number_of_few_answers_away() -> None:
    # The reason for the steps, by hand. In tenths 3.3 can be 20/6 and 23/7, but 5 answers make 3.2 and 3.4 and
    # 8 answers 3.2 (26/8, a tie) and 3.4 (27/8). In fifths all of them make all values from 1.0 to 5.0.
    def values(n: int, steps: int) -> set[int]:
        return {round(Fraction(total, n) * steps) for total in range(n, 5 * n + 1)}

    assert [n for n in (5, 6, 7, 8) if 33 in values(n, 10)] == [6, 7]
    assert [values(n, 5) == set(range(5, 26)) for n in (5, 6, 7, 8)] == [True] * 4
