"""The bars of the link fail where they should, and every figure of a table is one that was ordered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from reports.calibration.bars import limit_text
from reports.calibration.link_bars import NOTE_POWER, judge_link_bars
from reports.calibration.link_runs import POWER_SIZES, SIZES_OF_R, LinkTask, few_tasks, link_orders
from reports.calibration.link_sheet import link_outcome
from reports.calibration.link_worlds import LINK_WORLDS
from reports.calibration.runs import Estimate, Results, Task
from reports.calibration.tables import Figure, record, render
from reports.stats.link_power import power_at
from surveys.i18n import translator

EN = translator("en")
NAMES = tuple(LINK_WORLDS)
NULL = LinkTask(world="calendar", teams=10, waves=26, whole=True)
POWER = LinkTask(world="ar", teams=20, waves=26, r=0.3)


def share(value: float, *, error: float = 0.004, units: float = 10_000.0) -> Estimate:
    return Estimate(value=value, error=error, units=units, organisations=int(units))


def missed(found: Mapping[Task, Mapping[str, Estimate]]) -> list[str]:
    return [bar.what.text for bar in judge_link_bars(Results(found=found), NAMES) if not bar.holds]


@pytest.mark.parametrize(
    ("value", "count"),
    [(0.05, 0), (0.085, 0), (0.09, 1), (0.10, 2), (0.01, 1)],
)
def test_with_shocks_a_test_of_5_per_cent_rejects_3_to_8_and_never_more_than_7_and_a_half(
    value: float, count: int
) -> None:
    assert len(missed({NULL: {"rejects": share(value)}})) == count


@pytest.mark.parametrize(("value", "holds"), [(0.83, False), (0.88, True), (0.97, False)])
def test_a_90_per_cent_range_covers_85_to_95(value: float, *, holds: bool) -> None:
    for task in (NULL, replace(NULL, r=0.3), replace(NULL, whole=False, released=True)):
        assert (missed({task: {"covers": share(value)}}) == []) is holds


def test_a_limit_of_seven_and_a_half_is_printed_as_such() -> None:
    limits = [
        str(limit_text(bar, EN)) for bar in judge_link_bars(Results(found={NULL: {"rejects": share(0.05)}}), NAMES)
    ]
    assert limits == ["at most 0.075", "0.03 to 0.08"]


def test_fifty_panels_that_are_all_covered_are_no_fault() -> None:
    assert missed({NULL: {"covers": share(1.0, error=0.0, units=50.0)}}) == []
    assert len(missed({NULL: {"covers": share(1.0, error=0.0, units=500.0)}})) == 1


def test_the_strongest_of_nine_lags_may_be_called_real_in_8_of_100() -> None:
    assert missed({NULL: {"scan": share(0.08)}}) == []
    assert missed({NULL: {"scan": share(0.10)}}) == ["the strongest of nine lags is called real where nothing is"]


def test_power_may_not_fall_below_that_of_the_note() -> None:
    assert NOTE_POWER["ar"][20, 26][SIZES_OF_R.index(0.3)] == 1.0
    assert missed({POWER: {"rejects": share(0.96)}}) == []
    assert len(missed({POWER: {"rejects": share(0.90)}})) == 1
    assert {size for world in NOTE_POWER.values() for size in world} == set(POWER_SIZES)


def test_the_printed_power_stands_midway_between_two_worlds() -> None:
    middle = replace(POWER, r=0.2)
    right = power_at(20, 26, 0.2)
    for off, count in ((0.0, 0), (0.105, 0), (0.15, 1)):
        both: dict[Task, dict[str, Estimate]] = {
            replace(middle, world=world): {"rejects": share(right + off)} for world in ("ar", "calendar")
        }
        bars = [bar for bar in judge_link_bars(Results(found=both), NAMES) if "printed" in bar.what.text]
        assert [bar.holds for bar in bars] == [not count]
        assert bars[0].estimate.value == pytest.approx(-off)


def test_one_link_told_to_three_teams_is_one_too_many() -> None:
    task = next(iter(few_tasks(["ar"])))
    assert missed({task: {"never": share(1.0)}}) == []
    assert len(missed({task: {"never": share(0.9999)}})) == 1


def test_company_means_that_walk_have_no_bar() -> None:
    walk = replace(NULL, world="walk")
    assert missed({walk: {"company": share(0.5)}}) == []
    assert len(missed({NULL: {"company": share(0.5)}})) == 1


def test_every_table_can_be_made_of_nothing_and_stands_under_one_heading() -> None:
    found = link_outcome(Results(found={}), NAMES)
    assert len(found.tables) == 7
    assert found.bars == ()
    for table in found.tables:
        assert render(table, EN).startswith("### ")
        assert record(table, EN)["rows"]


@pytest.mark.parametrize("names", [NAMES, ("drift",), ("ar",)])
def test_every_figure_of_the_tables_is_one_that_was_ordered(names: tuple[str, ...]) -> None:
    """With a figure for everything that is ordered no column of a table stays empty."""
    everything = dict.fromkeys(
        (
            *("rejects", "claims", "cr2", "scan", "company", "covers", "width", "never", "followed"),
            *("reverse_excludes", "reverse_rejects", "usual_pooled", "usual_within", "usual_best"),
            *("usual_company", "usual_covers"),
        ),
        share(0.05),
    )
    results = Results(found={order.task: everything for order in link_orders(names, 10)})
    for table in link_outcome(results, names).tables:
        for column in range(len(table.head)):
            figures = [row[column] for row in table.rows if isinstance(row[column], Figure)]
            assert not figures or any(isinstance(each, Figure) and each.estimate.units for each in figures)
