"""Looks at simulated organisations: how often a trend is called, how well its range covers (docs/calibration.md, 4.2).

The product's trend test sees released values; the usual practice beside it, least squares and Mann-Kendall, sees the
exact means of the same draws, as it would in a tool that prints them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from reports.calibration.practice import mann_kendall, ols
from reports.calibration.runs import Order, Sums, count
from reports.calibration.worlds import EXTRA_WORLDS, MOODS, Drawn, draw, ramp, scenario
from reports.stats.results import TrendResult
from reports.stats.trend import fit

LEVEL = 0.05
WAVES = (6, 12, 26)
TEAMS = (1, 5, 50)
SMALL, LARGE = (8,), (13,)
SIZES = (SMALL, LARGE)
DROPS = (0.5, 1.0)
MANY = 50


@dataclass(frozen=True, kw_only=True)
class LookTask:
    """One look at ``waves`` waves of an organisation of ``teams`` teams; every team changes by ``points`` steadily."""

    world: str
    invited: tuple[int, ...]
    waves: int
    teams: int
    points: float = 0.0
    block: int = field(default=4, compare=False)

    @property
    def stream(self) -> tuple[object, ...]:
        """The same draws for every size of the change."""
        return ("look", self.world, self.invited, self.waves, self.teams)

    def __call__(self, rng: np.random.Generator) -> Sums:
        """Figures: rejects, covers, mde (printed minimum detectable change) and ols_/mk_ rejects, ols_covers."""
        drawn = draw_changing(rng, self)
        results = trends(drawn)
        sums = _ours(results, self.points)
        if self.teams == MANY:
            sums |= _usual(drawn, list(results), self.points)
        return sums


def draw_changing(rng: np.random.Generator, task: LookTask) -> Drawn:
    """One organisation of the task's world in which every team changes steadily."""
    world = scenario(task.world, teams=task.teams, waves=task.waves, invited=task.invited)
    if task.points:
        world = replace(world, shift=np.asarray(world.shift) + ramp(task.points, task.waves))
    return draw(rng, world)


def trends(drawn: Drawn, scale: int = 0) -> dict[int, TrendResult]:
    """The product's trends of the teams that have one, by row."""
    fitted = fit(drawn.series(scale), within_variance=drawn.within_variance(scale))
    return {g: r for g, r in enumerate(fitted.results.values()) if isinstance(r, TrendResult)}


def _ours(results: dict[int, TrendResult], points: float) -> dict[str, tuple[float, float]]:
    found = list(results.values())
    return {
        "rejects": count(r.p < LEVEL for r in found),
        "covers": count(r.change.low <= points <= r.change.high for r in found),
        "mde": (sum(r.mde80 for r in found), len(found)),
        "change": (sum(r.change.estimate for r in found), len(found)),
    }


def _usual(drawn: Drawn, rows: list[int], points: float) -> dict[str, tuple[float, float]]:
    """The usual practice on the same teams' exact means."""
    exact = drawn.exact[0][rows]
    span = float(drawn.days.size - 1)
    line = ols(exact)
    return {
        "ols_rejects": count(line.p < LEVEL),
        "ols_covers": count((line.low * span <= points) & (points <= line.high * span)),
        "mk_rejects": count(mann_kendall(exact).p < LEVEL),
    }


def look_orders(worlds: Sequence[str], runs: int) -> list[Order]:
    """``runs`` organisations of 50 teams per setting, four times as many of 5 and ten times as many of 1."""
    orders: list[Order] = []
    for world in worlds:
        for invited in SIZES if world in MOODS else (SMALL,):
            for waves in WAVES:
                orders += _orders_of(world, invited, waves, runs)
    return orders


def _orders_of(world: str, invited: tuple[int, ...], waves: int, runs: int) -> Iterator[Order]:
    many = LookTask(world=world, invited=invited, waves=waves, teams=MANY)
    yield Order(task=many, organisations=runs)
    if world in EXTRA_WORLDS:
        return
    for teams, factor, block in ((5, 4, 16), (1, 10, 40)):
        yield Order(task=replace(many, teams=teams, block=block), organisations=runs * factor)
    for points in DROPS:
        yield Order(task=replace(many, points=-points), organisations=max(2, runs // 2))
