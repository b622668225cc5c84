"""Hundred teams of which ten truly fall in, realised false discovery rate and power of the families out (4.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from reports.calibration.looks import LEVEL, trends
from reports.calibration.practice import mann_kendall, ols
from reports.calibration.runs import Order, Sums
from reports.calibration.worlds import MOODS, Drawn, World, draw, ramp, scenario
from reports.stats.multiplicity import FALSE_DISCOVERY_RATE, benjamini_hochberg
from reports.stats.results import TrendResult
from reports.stats.verdicts import Judgement, Verdict, judge, judge_release

TEAMS = 100
WAVES = 12
FALLING = 10
POINTS = -1.0
SCALES = 5
FALLING_SCALES = 2
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class OneScaleTask:
    """A hundred teams of 8 over twelve waves, the first ``falling`` of them by one point; one scale."""

    world: str
    falling: int = FALLING
    block: int = field(default=2, compare=False)

    @property
    def stream(self) -> tuple[object, ...]:
        """The same draws whether or not anything changes."""
        return ("family", self.world)

    def __call__(self, rng: np.random.Generator) -> Sums:
        """Figures by method: fdr, any (whether anything was found), power."""
        drawn = draw(rng, _world(self.world, self.falling, scales=1))
        results = trends(drawn)
        rows = np.array(list(results))
        truth = rows < self.falling
        verdicts = judge({str(g): r for g, r in results.items()})
        line, kendall = ols(drawn.exact[0][rows]), mann_kendall(drawn.exact[0][rows])
        p_line, slope = np.nan_to_num(line.p, nan=1.0), line.slope
        found = {
            "ours": _fell_rose([verdicts[str(g)] for g in results]),
            "ols": _by_p(p_line < LEVEL, slope),
            "ols_bh": _by_p(benjamini_hochberg(p_line) <= FALSE_DISCOVERY_RATE, slope),
            "mk_bh": _by_p(benjamini_hochberg(kendall.p) <= FALSE_DISCOVERY_RATE, kendall.s),
        }
        return {f"{name}_{k}": v for name, pair in found.items() for k, v in _measure(pair, truth).items()}


@dataclass(frozen=True, kw_only=True)
class ManyScalesTask:
    """The same with five scales of one questionnaire; the falling teams fall in two of them.

    Judged as a whole release is, units first and then scales, and beside it by one plain family of all cells.
    """

    world: str
    falling: int = FALLING
    block: int = field(default=1, compare=False)

    @property
    def stream(self) -> tuple[object, ...]:
        """The same draws whether or not anything changes."""
        return ("families", self.world)

    def __call__(self, rng: np.random.Generator) -> Sums:
        """Figures: tree_ and flat_ fdr, any, power over cells; tree_units_fdr and tree_inside_fdr as it promises."""
        drawn = draw(rng, _world(self.world, self.falling, scales=SCALES))
        families = _families(drawn)
        tree = judge_release(families)
        flat = judge({f"{unit}.{scale}": r for unit, family in families.items() for scale, r in family.items()})
        cells = [(unit, scale) for unit, family in families.items() for scale in family]
        truth = np.array([int(unit) < self.falling and int(scale) < FALLING_SCALES for unit, scale in cells])
        sums: dict[str, tuple[float, float]] = {}
        found = {
            "tree": _fell_rose([tree[unit][scale] for unit, scale in cells]),
            "flat": _fell_rose([flat[f"{unit}.{scale}"] for unit, scale in cells]),
        }
        for name, pair in found.items():
            sums |= {f"{name}_{k}": v for k, v in _measure(pair, truth).items()}
        return sums | _promised(cells, found["tree"], truth, self.falling)


def _world(name: str, falling: int, *, scales: int) -> World:
    world = scenario(name, teams=TEAMS, waves=WAVES)
    falls = np.zeros((scales, TEAMS, WAVES))
    falls[:FALLING_SCALES, :falling] = ramp(POINTS, WAVES)
    return replace(world, scales=scales, shift=np.asarray(world.shift) + falls)


def _families(drawn: Drawn) -> Mapping[str, Mapping[str, TrendResult]]:
    found: dict[str, dict[str, TrendResult]] = {}
    for scale in range(drawn.released.shape[0]):
        for g, result in trends(drawn, scale).items():
            found.setdefault(str(g), {})[str(scale)] = result
    return found


def _fell_rose(verdicts: Sequence[Judgement]) -> tuple[Flags, Flags]:
    fell = np.array([j.verdict is Verdict.FALLING for j in verdicts])
    return fell, np.array([j.verdict is Verdict.RISING for j in verdicts])


def _by_p(rejected: Flags, slope: NDArray[np.float64]) -> tuple[Flags, Flags]:
    return rejected & (slope < 0), rejected & (slope > 0)


def _measure(found: tuple[Flags, Flags], truth: Flags) -> dict[str, tuple[float, float]]:
    """False share of what was found (0 where nothing was), whether anything was, share of the true falls found.

    A rise is false, also of a cell that fell.
    """
    fell, rose = found
    number = int(fell.sum() + rose.sum())
    false = int((fell & ~truth).sum() + rose.sum())
    return {
        "fdr": (false / max(number, 1), 1.0),
        "any": (float(number > 0), 1.0),
        "power": (float((fell & truth).sum()), float(truth.sum())),
    }


def _promised(
    cells: Sequence[tuple[str, str]], found: tuple[Flags, Flags], truth: Flags, falling: int
) -> dict[str, tuple[float, float]]:
    """What the hierarchical rule promises: false units among those found, and the mean false share inside them."""
    fell, rose = found
    flagged, false = fell | rose, (fell & ~truth) | rose
    units = np.array([int(unit) for unit, _ in cells])
    selected = np.unique(units[flagged])
    inside = [float(false[units == unit].sum() / flagged[units == unit].sum()) for unit in selected]
    return {
        "tree_units_fdr": (float(np.mean(selected >= falling)) if selected.size else 0.0, 1.0),
        "tree_inside_fdr": (float(np.mean(inside)) if inside else 0.0, 1.0),
    }


def family_orders(worlds: Sequence[str], runs: int) -> list[Order]:
    """Five times ``runs`` organisations with one scale and as many as ``runs`` with five, with and without changes."""
    orders: list[Order] = []
    for world in worlds:
        if world in MOODS:
            orders.append(Order(task=OneScaleTask(world=world), organisations=5 * runs))
            orders.append(Order(task=OneScaleTask(world=world, falling=0), organisations=2 * runs))
            orders.append(Order(task=ManyScalesTask(world=world), organisations=runs))
    return orders
