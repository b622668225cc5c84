"""A bar fails where it is missed by more than three errors, and only there."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

from reports.calibration.bars import Bar, bar_record, bars_table, judge_bars, trend_limit
from reports.calibration.looks import LookTask
from reports.calibration.power import printed, ratio, smallest_seen, tasks
from reports.calibration.runs import Estimate, Results, Task
from reports.calibration.sheets import median_delay
from reports.calibration.study import orders, outcome
from reports.calibration.tables import Figure, Table, record, render
from reports.calibration.worlds import ALL_WORLDS, MOODS
from reports.calibration.years import LIVE, YearTask, live_task
from surveys.i18n import Message, translator

LOOK = LookTask(world="base", invited=(8,), waves=12, teams=50)
EN = translator("en")


def share(value: float, *, error: float = 0.01, units: float = 1000.0) -> Estimate:
    return Estimate(value=value, error=error, units=units, organisations=20)


def results(found: Mapping[Task, Mapping[str, Estimate]]) -> Results:
    return Results(found=found)


@pytest.mark.parametrize(("value", "holds"), [(0.05, True), (0.099, True), (0.101, False), (0.5, False)])
def test_a_bar_allows_three_errors(value: float, *, holds: bool) -> None:
    bars = judge_bars(results({LOOK: {"rejects": share(value)}}), ["base"])
    assert [bar.holds for bar in bars] == [holds]


def test_the_limits_are_those_of_the_notes() -> None:
    assert [trend_limit(world, 12) for world in ("white", "base", "strong")] == [0.07, 0.07, 0.11]
    assert trend_limit("strong", 26) == 0.10


def test_a_bar_with_two_ends_is_missed_on_either_side() -> None:
    def bar(value: float) -> Bar:
        return Bar(what=Message("x"), where=Message("y"), estimate=share(value), error=0.001, low=0.93, high=0.97)

    assert [bar(value).holds for value in (0.92, 0.931, 0.95, 0.98)] == [False, True, True, False]
    assert bar_record(bar(0.92), EN)["holds"] is False


def test_a_bar_that_could_hardly_be_missed_says_so() -> None:
    task = live_task("strong", 5)
    for error, word in ((0.02, "holds"), (0.06, "too few runs to tell"), (math.inf, "too few runs to tell")):
        bars = judge_bars(results({task: {"ours_10_alarmed": share(0.1, error=error)}}), ["strong"])
        assert bars[0].holds
        assert f"| {word}" in render(bars_table(bars, EN), EN).splitlines()[4]
        assert bar_record(bars[0], EN)["can_tell"] is (word == "holds")
    bars = judge_bars(results({task: {"ours_10_alarmed": share(0.4, error=0.06)}}), ["strong"])
    assert not bars[0].holds
    assert bars[0].can_tell


def test_what_few_teams_notice_has_no_bar() -> None:
    for teams, count in ((50, 1), (5, 0), (1, 0)):
        noticed = results({live_task("base", teams, 1.0): {"ours_10_noticed": share(0.5)}})
        assert len(judge_bars(noticed, ["base"])) == count


def test_a_missed_bar_stands_first_and_says_so() -> None:
    bars = judge_bars(results({LOOK: {"rejects": share(0.5), "covers": share(0.95)}}), ["base"])
    text = render(bars_table(bars, EN), EN)
    first = text.splitlines()[4]
    assert "MISSED" in first
    assert "at most 0.07" in first
    assert text.count("holds") == 1


def test_nothing_is_judged_that_was_not_simulated() -> None:
    assert judge_bars(results({}), ["white", "base", "strong"]) == []


def test_eighty_per_cent_power_is_read_off_the_curve() -> None:
    """Powers made by a probit line through 0.8 at 1.0 point give 1.0 point back."""
    found: dict[Task, dict[str, Estimate]] = {
        task: {"rejects": share(0.5 * math.erfc(-(0.8416212 + 2.5 * (-task.points - 1.0)) / math.sqrt(2)))}
        for task in tasks("base", (8,), 12)
    }
    seen = smallest_seen(results(found), "base", (8,), 12)
    assert seen.value == pytest.approx(1.0, abs=1e-3)
    assert 0 < seen.error < 0.05
    assert not smallest_seen(results({}), "base", (8,), 12).units


def test_a_ratio_carries_both_errors() -> None:
    found = ratio(share(1.0, error=0.03), share(2.0, error=0.08))
    assert found.value == 0.5
    assert found.error == pytest.approx(0.5 * 0.05)
    assert printed(results({LOOK: {"mde": share(1.1)}}), "base", (8,), 12).value == 1.1


def test_the_median_delay_is_that_of_the_noticed() -> None:
    task = YearTask(world="base", invited=(8,), points=-1.0)
    shares = dict(zip(range(1, 7), (0.0, 0.2, 0.3, 0.1, 0.0, 0.0), strict=True))
    found = results({task: {f"ours_10_at_{k}": share(value) for k, value in shares.items()}})
    assert median_delay(found, task, "ours_10") == "3"


def test_every_table_can_be_made_of_nothing() -> None:
    made = outcome(results({}), ALL_WORLDS)
    assert {table.section for table in made.tables} == {"4.1", "4.2", "4.3", "4.4", "4.5", "4.6"}
    assert made.holds
    for table in made.tables:
        assert record(table, EN)["rows"]


def test_everything_that_a_table_shows_is_ordered() -> None:
    wanted = {order.task for order in orders(ALL_WORLDS, 10)}
    assert LOOK in wanted
    assert YearTask(world="base", invited=(13,), points=-1.0) in wanted
    assert {live_task(world, teams) for world in MOODS for teams in LIVE} <= wanted
    assert {live_task("base", teams, 1.0) for teams in LIVE} <= wanted
    assert YearTask(world="moody", invited=(8,)) in wanted


def test_columns_are_aligned_and_figures_stand_with_their_error() -> None:
    table = Table(
        section="4.2",
        title=Message("Title"),
        head=(Message("name"), Message("value")),
        rows=(("a", Figure(estimate=share(0.05))), ("long name", Figure(estimate=share(math.nan)))),
        notes=(Message("A note."),),
    )
    lines = render(table, EN).splitlines()
    assert lines[0] == "## Title (4.2)"
    assert len({len(line) for line in lines[2:6]}) == 1
    assert "0.050 ± 0.010 |" in lines[4]
    assert "– |" in lines[5]
    assert lines[-1] == "A note."
