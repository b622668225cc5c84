"""Which fixed set of teams makes a unit's trend when the crowds differ from wave to wave."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pytest

from reports.disclosure.cells import Qualifier, ReleasedCell
from reports.disclosure.participation import ResponseBand
from reports.disclosure.policy import FavourableBand, NBand
from reports.disclosure.reasons import Reason, Withheld
from reports.services.findings import _series
from reports.services.history import FrozenUnit, WaveRecord
from reports.services.trend_sets import (
    WINDOW_WAVES,
    TrendSet,
    cell_of,
    clipped_share,
    crowds_of,
    page_crowds,
    trend_set,
    wave_days,
    window,
)
from reports.store.releases import CrowdRecord
from surveys.crowds.tree import Tree
from surveys.enums import BallotMode
from surveys.instruments.library import load

PARENTS: dict[str, str | None] = {
    "root": None, "east": "root", "west": "root", "e1": "east", "e2": "east", "e3": "east", "w1": "west", "w2": "west",
}  # fmt: skip
START = dt.datetime(2025, 1, 6, 9, tzinfo=dt.UTC)
PULSE = load("pulse-1")
APART = ("e1", "e2", "e3", "w1", "w2")
JOINED = ("e1+e2", "e3", "w1", "w2")


def cell(value: float, n: int = 9) -> ReleasedCell:
    return ReleasedCell(
        crowd="c", measure="workload", value=value, qualifier=Qualifier.EXACT, low=value, high=value, step=0.1,
        rounding_variance=0.0, n_band=NBand(low=n, high=n), favourable=FavourableBand(low=0.0, high=0.5),
    )  # fmt: skip


def lowest(units: Sequence[str]) -> str:
    chains = [list(Tree(PARENTS).upwards(unit)) for unit in units]
    return next(unit for unit in chains[0] if all(unit in chain for chain in chains))


def record(
    units: str,
    *,
    hidden: Iterable[str] = (),
    whole: bool = False,
    cells: Mapping[str, ReleasedCell | Withheld] | None = None,
) -> CrowdRecord:
    members = tuple(sorted(units.split("+")))
    return CrowdRecord(
        wave="p", crowd=units, home=lowest(members), units=members, invited=10,
        response=ResponseBand.HALF_OR_MORE, n_low=8, n_high=11, is_whole_company=whole,
        hidden_from=frozenset(hidden), cells=cells or {},
    )  # fmt: skip


def wave(number: int, *crowds: str | CrowdRecord) -> WaveRecord:
    opened = START + number * dt.timedelta(days=14)
    return WaveRecord(
        slug=f"p-{number}", number=number, opened_on=opened.date(), closed_on=opened.date(), closed_at=opened,
        released_at=opened, mode=BallotMode.PROMISE, k=5, fingerprint="", policy_version="1", is_none=not crowds,
        is_withdrawn=False, instrument=PULSE,
        units={
            key: FrozenUnit(
                key=key, parent=parent, name=key, leader_name="", timezone="UTC", invited=5, joined=0, left=0
            )
            for key, parent in PARENTS.items()
        },
        crowds=tuple(record(each) if isinstance(each, str) else each for each in crowds),
    )  # fmt: skip


def waves(*plans: tuple[str, ...]) -> list[WaveRecord]:
    return [wave(number, *plan) for number, plan in enumerate(plans)]


def units_of(found: object) -> set[str] | None:
    return None if found is None else set(found.units)  # type: ignore[attr-defined]


def test_a_team_that_always_stands_alone_is_its_own_set() -> None:
    found = trend_set(waves(*[APART] * 6), "e1")
    assert units_of(found) == {"e1"}
    assert found is not None
    assert found.key == "e1"


def test_an_area_is_the_set_of_its_whole_teams() -> None:
    found = trend_set(waves(*[APART] * 6), "east")
    assert found is not None
    assert found.key == "e1|e2|e3"
    assert units_of(trend_set(waves(*[APART] * 6), "root")) == set(APART)


def test_teams_that_are_joined_now_and_then_have_the_joint_set() -> None:
    """Joined in every other wave: only the union of the two is a union of whole crowds in all of them."""
    found = trend_set(waves(APART, JOINED, APART, JOINED, APART, JOINED), "e1")
    assert units_of(found) == {"e1", "e2"}
    assert units_of(trend_set(waves(APART, JOINED, APART, JOINED), "e2")) == {"e1", "e2"}
    assert units_of(trend_set(waves(APART, JOINED, APART, JOINED), "e3")) == {"e3"}


@pytest.mark.parametrize(("joined", "expected"), [(0, {"e1"}), (1, {"e1"}), (2, {"e1"}), (3, {"e1", "e2"})])
def test_a_set_needs_to_hold_in_four_of_five_waves(joined: int, expected: set[str]) -> None:
    """Ten waves, the team alone in all but 0 to 3: at 8 of 10 it still has a series of its own."""
    assert units_of(trend_set(waves(*[JOINED] * joined, *[APART] * (10 - joined)), "e1")) == expected


def test_partners_that_change_grow_the_set_until_it_holds() -> None:
    found = trend_set(waves(("e1+e2", "e3", "w1+w2"), ("e1", "e2+e3", "w1+w2"), ("e1+e3", "e2", "w1+w2")), "e1")
    assert units_of(found) == {"e1", "e2", "e3"}


def test_waves_that_counted_nobody_do_not_weigh() -> None:
    plans: list[tuple[str, ...]] = [APART, (), APART, (), APART]
    assert units_of(trend_set(waves(*plans), "e1")) == {"e1"}
    assert trend_set(waves((), ()), "e1") is None
    assert trend_set([], "e1") is None


def test_a_unit_without_a_page_in_the_last_wave_has_no_trend() -> None:
    before = [wave(number, *APART) for number in range(4)]
    hidden = wave(4, record("e1", hidden=["e1"]), "e2", "e3", "w1", "w2")
    assert trend_set([*before, hidden], "e1") is None
    assert units_of(trend_set([*before, hidden], "e2")) == {"e2"}


def test_only_the_last_26_waves_are_looked_at() -> None:
    old = [wave(number, *JOINED) for number in range(30)]
    new = [wave(number, *APART) for number in range(30, 30 + WINDOW_WAVES)]
    assert window([*old, *new]) == tuple(new)
    assert units_of(trend_set([*old, *new], "e1")) == {"e1"}
    assert units_of(trend_set([*old, *new[:3]], "e1")) == {"e1", "e2"}


def test_in_whole_company_mode_every_unit_has_the_one_set() -> None:
    everything = record("+".join(PARENTS), whole=True)
    history = [wave(number, everything) for number in range(5)]
    assert {units_of(trend_set(history, unit)) == set(PARENTS) for unit in PARENTS} == {True}


def test_a_set_is_made_of_whole_crowds_or_of_none() -> None:
    now = wave(1, *JOINED)
    assert [each.crowd for each in crowds_of(now, frozenset({"e1", "e2", "e3"})) or []] == ["e1+e2", "e3"]
    assert crowds_of(now, frozenset({"e1"})) is None
    assert crowds_of(now, frozenset({"root"})) is None
    assert crowds_of(wave(1), frozenset({"e1"})) is None


def test_the_page_of_a_unit_shows_its_whole_crowds_or_the_joint_one() -> None:
    now = wave(1, *JOINED)
    assert [each.crowd for each in page_crowds(now, "east")] == ["e1+e2", "e3"]
    assert [each.crowd for each in page_crowds(now, "e1")] == ["e1+e2"]
    assert page_crowds(wave(2), "e1") == []


def test_the_value_of_a_set_is_that_of_its_crowds_together() -> None:
    crowds = [record("e1", cells={"workload": cell(4.0, 10)}), record("e2", cells={"workload": cell(2.0, 30)})]
    found = cell_of(wave(1, *crowds), crowds, "workload")
    assert isinstance(found, ReleasedCell)
    assert found.value == pytest.approx(2.5)


def test_one_withheld_crowd_withholds_the_set_with_its_reason() -> None:
    crowds = [
        record("e1", cells={"workload": cell(4.0)}),
        record("e2", cells={"workload": Withheld(reason=Reason.TOO_FEW_FOR_CUT)}),
    ]
    outcome = cell_of(wave(1, *crowds), crowds, "workload")
    assert isinstance(outcome, Withheld)
    assert outcome.reason is Reason.TOO_FEW_FOR_CUT


def test_what_was_not_asked_and_who_was_not_counted_say_so() -> None:
    now = wave(1, "e1")
    missing = cell_of(now, list(now.crowds), "burnout")
    nobody = cell_of(now, [], "workload")
    assert isinstance(missing, Withheld)
    assert isinstance(nobody, Withheld)
    assert (missing.reason, nobody.reason) == (Reason.NOT_ASKED, Reason.TOO_FEW_IN_ALL)


def test_a_new_team_is_judged_by_the_waves_that_knew_it() -> None:
    early = [wave(number, "e1", "e3", "w1", "w2") for number in range(20)]
    for each in early:
        each.units.pop("e2")  # type: ignore[attr-defined]
    assert units_of(trend_set([*early, wave(20, *APART), wave(21, *APART)], "e2")) == {"e2"}


def test_a_wave_whose_crowd_is_hidden_from_the_leader_is_no_part_of_the_series() -> None:
    plain = [wave(number, *APART) for number in range(9)]
    caught = wave(9, record("e1", hidden=["e1"]), "e2", "e3", "w1", "w2")
    found = trend_set([*plain, caught, wave(10, *APART)], "e1")
    assert found is not None
    assert found.without == {"p-9"}
    other = trend_set([*plain, caught, wave(10, *APART)], "e2")
    assert other is not None
    assert other.without == frozenset()
    assert found.key != replace(found, without=frozenset()).key


def test_two_waves_of_one_day_have_days_that_increase() -> None:
    held = waves(APART, APART, APART)
    twice = [held[0], held[1], replace(held[2], opened_on=held[1].opened_on)]
    first, second, third = wave_days(twice)
    assert (first, second) == (held[0].opened_on.toordinal(), held[1].opened_on.toordinal())
    assert third == pytest.approx(second + 1 / 24)
    earlier = [held[1], held[0], held[2]]
    assert wave_days(earlier) == sorted(set(wave_days(earlier)))


def test_two_waves_of_one_day_make_a_series_of_the_reports() -> None:
    crowds = tuple(record(label, cells={"workload": cell(3.4)}) for label in APART)
    held = [wave(number, *crowds) for number in range(4)]
    held[3] = replace(held[3], opened_on=held[2].opened_on)
    series = _series(held, TrendSet(units=frozenset({"e1"})), "workload")
    assert series is not None
    assert series.days.tolist() == wave_days(held)


def test_crowds_count_by_their_answers_in_what_is_clipped() -> None:
    ends = {"a": replace(cell(4.4, n=6), qualifier=Qualifier.AT_LEAST), "b": cell(3.4, n=18)}
    crowds = [record("e1", cells={"workload": ends["a"]}), record("e2", cells={"workload": ends["b"]})]
    assert clipped_share(crowds[:1], "workload") == 1.0
    assert clipped_share(crowds, "workload") == pytest.approx(0.25)
    assert clipped_share([record("e1")], "workload") == 0.0


def test_a_series_tells_in_how_many_of_its_rows_the_value_is_clipped() -> None:
    high = replace(cell(4.4), qualifier=Qualifier.AT_LEAST)
    held = [wave(number, record("e1", cells={"workload": high if number else cell(3.4)})) for number in range(4)]
    series = _series(held, TrendSet(units=frozenset({"e1"})), "workload")
    assert series is not None
    assert series.clipped == 0.75
