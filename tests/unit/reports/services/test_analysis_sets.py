"""Values of sets of teams from arrays: the same as those of the reports, cell by cell."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from reports.disclosure.cells import Qualifier, ReleasedCell
from reports.disclosure.combine import combine
from reports.disclosure.policy import FavourableBand, NBand
from reports.services.analysis_data import CellTable, Layout, Window, WindowWave
from reports.services.analysis_sets import find_sets, series_of, set_values, this_wave_range
from reports.services.levels import likely_range
from reports.stats.estimate import band_midpoint
from reports.store.findings import CrowdShape
from surveys.instruments.library import load

PARENTS: dict[str, str | None] = {"root": None, "east": "root", "e1": "east", "e2": "east", "w1": "root"}
PULSE = load("pulse-1")
DECLARED = (0.9, 295)


def shape(units: str, *, hidden: frozenset[str] = frozenset()) -> CrowdShape:
    members = tuple(units.split("+"))
    return CrowdShape(units, members[0] if len(members) == 1 else "east", members, False, hidden)


def layout(*crowds: CrowdShape) -> Layout:
    return Layout(units=PARENTS, crowds=tuple(sorted(crowds, key=lambda each: each.crowd)))


APART, JOINED = layout(shape("e1"), shape("e2"), shape("w1")), layout(shape("e1+e2"), shape("w1"))


def cells_of(values: list[tuple[float, int, int]], *, more: int = -1) -> CellTable:
    """A table of one scale: value and band of each crowd; 0 as the lower end is a withheld cell."""
    value, low, high = (np.array([column]) for column in zip(*values, strict=True))
    or_more = np.zeros(value.shape, dtype=np.bool_)
    if more >= 0:
        or_more[0, more] = True
    return CellTable(
        value=value.astype(np.float64),
        rounding=np.where(low > 0, 0.2**2 / 12, 0.0),
        low=low.astype(np.int32),
        high=high.astype(np.int32),
        or_less=np.zeros(value.shape, dtype=np.bool_),
        or_more=or_more,
    )


def window(*waves: tuple[Layout, CellTable], declared: tuple[float, int] | None = None) -> Window:
    made = [
        WindowWave(
            slug=f"p-{number}",
            opened_on=dt.date(2025, 1, 6) + number * dt.timedelta(days=14),
            layout=own,
            invited=np.array([9 * len(crowd.units) for crowd in own.crowds], dtype=np.int32),
            n_low=cells.low[0],
            n_high=cells.high[0],
        )
        for number, (own, cells) in enumerate(waves)
    ]
    last = made[-1].slug
    return Window(
        programme="Pulse",
        waves=tuple(made),
        cells=tuple(cells for _, cells in waves),
        instruments=(PULSE,) * len(made),
        scales=("energy",),
        extra=(),
        variances={} if declared is None else {last: {"energy": declared}},
        covariances={},
        used=tuple(wave.slug for wave in made),
    )


def released(value: float, low: int, high: int, qualifier: Qualifier = Qualifier.EXACT) -> ReleasedCell:
    return ReleasedCell(
        crowd="c", measure="energy", value=value, qualifier=qualifier, low=value, high=value, step=0.2,
        rounding_variance=0.2**2 / 12, n_band=NBand(low=low, high=high), favourable=FavourableBand(low=0.0, high=0.5),
    )  # fmt: skip


THREE = [(3.4, 5, 7), (2.8, 8, 11), (4.4, 5, 9)]


def test_a_unit_of_several_crowds_has_the_value_that_the_reports_give_it() -> None:
    held = window((APART, cells_of(THREE)))
    table = find_sets(held)
    found = set_values(held, table, "energy")
    for unit, parts in (("east", THREE[:2]), ("root", THREE), ("w1", THREE[2:])):
        number = next(place for place, units in enumerate(table.units) if unit in units)
        wanted = combine(unit, [released(*part) for part in parts])
        assert isinstance(wanted, ReleasedCell)
        assert found.value[number, 0] == pytest.approx(wanted.value)
        assert found.rounding[number, 0] == pytest.approx(wanted.rounding_variance)
        assert (found.low[number, 0], found.high[number, 0]) == (wanted.n_low, wanted.n_high)
        assert found.n[number, 0] == band_midpoint(wanted.n_low, wanted.n_high, max(9 * len(parts), wanted.n_low))


def test_one_withheld_crowd_withholds_the_units_that_hold_it() -> None:
    held = window((APART, cells_of([(0.0, 0, 0), *THREE[1:]])))
    table = find_sets(held)
    present = set_values(held, table, "energy").present[:, 0]
    shown = {units[0] for units, is_there in zip(table.units, present, strict=True) if is_there}
    assert shown == {"e2", "w1"}


def test_teams_that_are_counted_together_are_one_set() -> None:
    held = window((JOINED, cells_of(THREE[:2])), (JOINED, cells_of(THREE[:2])))
    table = find_sets(held)
    assert ("e1", "e2", "east") in [tuple(sorted(units)) for units in table.units]
    assert [units for units, is_whole in zip(table.units, table.whole, strict=True) if is_whole] == [("root",)]
    assert sum(table.pooled) == 2


def test_a_wave_in_which_a_set_is_no_union_of_crowds_is_no_part_of_its_series() -> None:
    waves = [(APART, cells_of(THREE))] * 5 + [(JOINED, cells_of(THREE[:2]))] + [(APART, cells_of(THREE))]
    held = window(*waves)
    table = find_sets(held)
    number = next(place for place, units in enumerate(table.units) if units == ("e1",))
    series = {each.key: each for each in series_of(held, set_values(held, table, "energy"))}
    assert series[str(number)].days.size == 6
    east = next(place for place, units in enumerate(table.units) if "east" in units)
    assert series[str(east)].days.size == 7


def test_this_wave_has_the_likely_range_of_the_heat_table() -> None:
    held = window((APART, cells_of(THREE, more=2)), declared=DECLARED)
    table = find_sets(held)
    values = set_values(held, table, "energy")
    for number, units in enumerate(table.units):
        if units[0] not in {"e1", "w1"}:
            continue
        place = {"e1": 0, "w1": 2}[units[0]]
        sign = Qualifier.AT_LEAST if place == 2 else Qualifier.EXACT
        wanted = likely_range(released(*THREE[place], sign), invited=9, declared=DECLARED)
        assert this_wave_range(held, table, values, "energy", number) == wanted


def test_the_share_of_answers_is_seen_to_move() -> None:
    many, few = [(3.0, 9, 9)] * 3, [(3.0, 5, 5)] * 3
    held = window(*[(APART, cells_of(many))] * 3, *[(APART, cells_of(few))] * 3)
    assert find_sets(held).moved.all()
    assert not find_sets(window(*[(APART, cells_of(many))] * 6)).moved.any()


def test_two_waves_of_one_day_make_a_series() -> None:
    held = window(*[(APART, cells_of(THREE))] * 3)
    days = (held.waves[0], held.waves[1], replace(held.waves[2], opened_on=held.waves[1].opened_on))
    held = replace(held, waves=days)
    series = series_of(held, set_values(held, find_sets(held), "energy"))
    assert all(each.days.tolist() == sorted(set(each.days.tolist())) for each in series)
    assert series[0].days[2] - series[0].days[1] == pytest.approx(1 / 24)


def test_what_is_clipped_counts_by_the_answers_of_its_crowds() -> None:
    held = window((APART, cells_of(THREE, more=2)), (APART, cells_of(THREE)))
    table = find_sets(held)
    series = {each.key: each for each in series_of(held, set_values(held, table, "energy"))}
    found = {units[0]: series[str(number)].clipped for number, units in enumerate(table.units)}
    # The middles of the bands are 6, 9.5 and 7; w1 is clipped in one of the two waves.
    assert (found["e1"], found["w1"]) == (0.0, 0.5)
    assert found["root"] == pytest.approx(0.5 * 7 / 22.5)
