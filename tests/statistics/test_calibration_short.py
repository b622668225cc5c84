"""The calibration with few runs, through the same code as `barograph calibrate`: every bar of docs/calibration.md.

A bar fails here as there: missed by more than three Monte Carlo standard errors. With these runs only gross faults are
found; the long run by hand finds the small ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from reports.calibration.bars import judge_bars
from reports.calibration.families import ManyScalesTask, OneScaleTask
from reports.calibration.looks import LookTask
from reports.calibration.power import power_orders
from reports.calibration.runs import Order, Results, run
from reports.calibration.waves import SilenceTask, ThisWaveTask
from reports.calibration.worlds import MOODS, World, draw, step
from reports.calibration.years import YearTask, live_task
from reports.stats.results import TrendResult
from reports.stats.trend import fit
from reports.stats.verdicts import Verdict, judge

pytestmark = pytest.mark.slow
SEED = 7
EIGHT = (8,)


def simulate(orders: Sequence[Order]) -> Results:
    return run(orders, seed=SEED)


def missed(results: Results, worlds: Sequence[str] = tuple(MOODS)) -> list[str]:
    bars = judge_bars(results, worlds)
    assert bars
    return [f"{bar.what}; {bar.where}: {bar.estimate}" for bar in bars if not bar.holds]


def test_teams_without_change_are_rarely_called_changed() -> None:
    many = [LookTask(world=world, invited=EIGHT, waves=waves, teams=50) for world in MOODS for waves in (6, 12, 26)]
    few = [LookTask(world=world, invited=EIGHT, waves=12, teams=teams) for world in MOODS for teams in (1, 5)]
    results = simulate([
        *(Order(task=task, organisations=5) for task in many),
        *(Order(task=task, organisations=40 // task.teams) for task in few),
    ])  # fmt: skip
    assert missed(results) == []
    strong = results.of(LookTask(world="strong", invited=EIGHT, waves=26, teams=50), "ols_rejects")
    assert strong.value > 0.15, "the usual practice must look as bad as it is, or the world is too tame"


def test_ranges_cover_a_true_drop_in_teams_of_thirteen() -> None:
    task = LookTask(world="base", invited=(13,), waves=12, teams=50, points=-1.0)
    results = simulate([Order(task=task, organisations=5)])
    assert missed(results) == []
    assert results.of(task, "rejects").value > 0.5


def test_quiet_years_are_rarely_alarmed_and_a_fall_of_one_point_is_noticed() -> None:
    tasks = [YearTask(world=world, invited=EIGHT) for world in MOODS]
    fall = YearTask(world="base", invited=EIGHT, points=-1.0)
    results = simulate([*(Order(task=task, organisations=3) for task in tasks), Order(task=fall, organisations=6)])
    assert missed(results) == []
    assert results.of(tasks[0], "points_alarmed").value > 0.95


def test_few_teams_watched_wave_by_wave_are_rarely_alarmed() -> None:
    task = live_task("strong", 5)
    results = simulate([Order(task=task, organisations=5)])
    assert missed(results, ["strong"]) == []
    assert results.of(task, "ours_10_alarmed").units == 25


def test_the_printed_detectable_change_is_the_simulated_one() -> None:
    results = simulate([
        *(order for order in power_orders(["base"], 9) if order.task.stream == ("look", "base", EIGHT, 12, 50)),
        Order(task=LookTask(world="base", invited=EIGHT, waves=12, teams=50), organisations=4),
    ])  # fmt: skip
    assert missed(results, ["base"]) == []


def test_families_keep_their_share_of_false_findings() -> None:
    one = [Order(task=OneScaleTask(world=world), organisations=6) for world in MOODS]
    many = [Order(task=ManyScalesTask(world=world), organisations=3) for world in ("white", "base")]
    assert missed(simulate([*one, *many])) == []


def test_this_wave_s_range_covers_the_mean_of_everybody_invited() -> None:
    orders = [Order(task=ThisWaveTask(world="base", invited=(size,)), organisations=15) for size in (8, 13, 40)]
    assert missed(simulate(orders)) == []


def test_falling_response_is_not_sold_as_improvement() -> None:
    tasks = [SilenceTask(invited=(size,), gamma=gamma) for size in (8, 13, 60) for gamma in (0.5, 1.0)]
    results = simulate([Order(task=task, organisations=3) for task in tasks])
    assert missed(results) == []
    assert results.of(tasks[-1], "bias_rise").value > 0.15, "those who suffer have to fall silent in this world"


def test_a_lasting_fall_is_seen_and_its_size_is_given() -> None:
    """Four of 32 teams fall by 1.5 points from wave 16 of 26 on and stay there."""
    rng = np.random.default_rng(10)
    fall = step(-1.5, 26, 15) * (np.arange(32) < 4)[:, np.newaxis]
    drawn = [draw(rng, World(teams=32, waves=26, invited=(8, 10), shift=fall)) for _ in range(8)]
    fits = [fit(each.series(), within_variance=each.within_variance()).results for each in drawn]
    names = [f"team-{g:03d}" for g in range(4)]
    verdicts = [judge(found)[name].verdict for found in fits for name in names]
    team = [result for found in fits for name in names if isinstance(result := found[name], TrendResult)]
    amounts = np.array([result.amount.estimate for result in team])
    assert np.mean([verdict is Verdict.FALLING for verdict in verdicts]) >= 0.85
    assert abs(amounts.mean() + 1.5) < 0.2
    assert np.mean([result.amount.low <= -1.5 <= result.amount.high for result in team]) >= 0.85
    assert np.median([abs(result.shift.since_day - 15 * 14) for result in team]) <= 14


def test_teams_of_very_different_sizes_keep_the_error_rate() -> None:
    rng = np.random.default_rng(9)
    drawn = [draw(rng, World(teams=50, waves=12, invited=(8, 40))) for _ in range(4)]
    results = [r for each in drawn for r in fit(each.series(), within_variance=each.within_variance()).results.values()]
    assert np.mean([r.p < 0.05 for r in results if isinstance(r, TrendResult)]) <= 0.10
