"""A panel gives the figures that the tables show, and no setting of a table is left out of the orders."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from reports.calibration.link_runs import FEW, LinkTask, link_orders, t_test
from reports.calibration.link_worlds import LINK_WORLDS
from reports.calibration.runs import Order, run

NAMES = tuple(LINK_WORLDS)


def test_the_pair_alone_judges_like_the_whole() -> None:
    alone = LinkTask(world="ar", teams=5, waves=12, r=0.3)
    whole = LinkTask(world="ar", teams=5, waves=12, r=0.3, whole=True)
    found = [task(np.random.default_rng(1)) for task in (alone, whole)]
    assert set(found[0]) == {"rejects", "cr2", "excludes", "width", "covers"}
    assert {name: found[1][name] for name in found[0]} == found[0]
    assert {"never", "claims", "scan", "reverse_excludes", "usual_pooled", "usual_covers"} <= set(found[1])


@pytest.mark.parametrize(("waves", "is_judged"), [(25, False), (26, True)])
def test_the_company_is_judged_from_26_waves_on(waves: int, *, is_judged: bool) -> None:
    task = LinkTask(world="ar", teams=5, waves=waves, whole=True)
    assert ("company" in task(np.random.default_rng(1))) is is_judged


@pytest.mark.parametrize("teams", [teams for teams, _ in FEW])
def test_few_teams_get_no_link_but_are_told_so(teams: int) -> None:
    assert LinkTask(world="ar", teams=teams, waves=30, r=0.5, whole=True)(np.random.default_rng(1)) == {"never": (1, 1)}


def test_a_gate_that_is_not_met_leaves_nothing_to_count() -> None:
    """Five teams by twelve waves with 15 % missing are fewer than 60 team-waves."""
    found = LinkTask(world="missing", teams=5, waves=12, whole=True)(np.random.default_rng(1))
    assert found == {"never": (0, 1)}


def test_feedback_has_no_true_slope_to_cover() -> None:
    found = LinkTask(world="feedback", teams=5, waves=12, r=0.5, whole=True)(np.random.default_rng(1))
    assert "covers" not in found
    assert "usual_covers" not in found


def test_the_t_test_is_that_of_its_range() -> None:
    half = 0.2 * stats.t.ppf(0.95, 7)
    assert t_test(0.5, half, 7) == pytest.approx(2 * stats.t.sf(2.5, 7))
    assert t_test(half, half, 7) == pytest.approx(0.10)


def test_settings_with_and_without_a_link_see_the_same_draws() -> None:
    tasks = [LinkTask(world="ar", teams=5, waves=12, r=r) for r in (0.0, 0.5)]
    assert tasks[0].stream == tasks[1].stream
    found = run([Order(task=task, organisations=2) for task in tasks], seed=1)
    assert found.of(tasks[0], "width").value != found.of(tasks[1], "width").value


def test_orders_are_to_scale_and_name_no_other_world() -> None:
    orders = link_orders(["drift"], 100)
    assert {order.task.stream[1] for order in orders} == {"drift"}
    assert {order.organisations for order in orders} == {50, 100}
    tasks = {order.task for order in link_orders(NAMES, 100)}
    assert LinkTask(world="calendar", teams=10, waves=26, whole=True) in tasks
    assert LinkTask(world="calendar", teams=100, waves=52) in tasks
    assert LinkTask(world="feedback", teams=20, waves=26, r=0.3, whole=True) in tasks
