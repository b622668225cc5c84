"""Single waves and silent members in: does this wave's range cover, and is silence ever called an improvement (4.6).

Two dangers of reading a mean: the range for "how did these people feel" has to cover the mean of everybody, also of
those who did not answer, and a mean that rises because those who suffer fall silent is no improvement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import special

from reports.calibration.looks import LEVEL, trends
from reports.calibration.runs import Order, Sums, count
from reports.calibration.worlds import FALLING_FROM, FALLING_TO, MOODS, Drawn, World, draw, scenario
from reports.stats.estimate import PooledVariance, this_wave
from reports.stats.verdicts import Verdict, judge, response_moved

SIZES = ((8,), (13,), (40,))
TEAMS = 100
SILENT_TEAMS = 50
SILENT_WAVES = 12
SILENT_SIZES = ((8,), (13,), (60,))
GAMMAS = (0.5, 1.0)


@dataclass(frozen=True, kw_only=True)
class ThisWaveTask:
    """One wave of a hundred teams; silence has nothing to do with mood."""

    world: str
    invited: tuple[int, ...]
    block: int = field(default=20, compare=False)

    @property
    def stream(self) -> tuple[object, ...]:
        """One stream per setting."""
        return ("wave", self.world, self.invited)

    def __call__(self, rng: np.random.Generator) -> Sums:
        """Figures: covers, half width; t_covers and t_half of the usual range without correction, on exact answers."""
        drawn = draw(rng, scenario(self.world, teams=TEAMS, waves=1, invited=self.invited))
        rows = np.flatnonzero(np.isfinite(drawn.released[0, :, 0]))
        ranges = [_range(drawn, int(g)) for g in rows]
        truth = drawn.truth[0, rows, 0]
        exact, n = drawn.exact[0, rows, 0], drawn.answers[rows, 0]
        half = special.stdtrit(n - 1, 0.975) * np.sqrt(drawn.variance[0, rows, 0] / n)
        return {
            "covers": count(low <= mean <= high for (low, high), mean in zip(ranges, truth, strict=True)),
            "half": (sum((high - low) / 2 for low, high in ranges), len(ranges)),
            "t_covers": count(np.abs(truth - exact) <= half),
            "t_half": (float(half.sum()), float(rows.size)),
        }


def _range(drawn: Drawn, g: int) -> tuple[float, float]:
    """The product's likely range of one released cell, in the way ``reports.services.levels`` asks for it."""
    value = float(drawn.released[0, g, 0])
    low_clipped, high_clipped = (bool(flag) for flag in drawn.clipped[0, g, 0])
    degrees = float(np.nansum(drawn.answers[:, 0] - 1))
    found = this_wave(
        value,
        band=(int(drawn.low[g, 0]), int(drawn.high[g, 0])),
        invited=int(drawn.invited[g]),
        step=float(drawn.step[0, g, 0]),
        variance=PooledVariance(value=drawn.within_variance(), df=degrees),
        clip=(value if low_clipped else 1.0, value if high_clipped else 5.0),
    )
    return found.interval.low, found.interval.high


@dataclass(frozen=True, kw_only=True)
class SilenceTask:
    """Twelve waves in which response falls from 95 to 55 % and those who feel worse fall silent first."""

    invited: tuple[int, ...]
    gamma: float
    block: int = field(default=4, compare=False)

    @property
    def stream(self) -> tuple[object, ...]:
        """One stream per setting."""
        return ("silence", self.invited, self.gamma)

    def __call__(self, rng: np.random.Generator) -> Sums:
        """Figures: rejects (either direction), rising, improving (what a report may say), change, moved, true_rise."""
        rates = np.linspace(FALLING_FROM, FALLING_TO, SILENT_WAVES)
        world = World(teams=SILENT_TEAMS, waves=SILENT_WAVES, invited=self.invited, response=rates, silence=self.gamma)
        drawn = draw(rng, world)
        results = trends(drawn)
        moved = {g: response_moved(drawn.response_bands(g)) for g in results}
        # Each team alone: the family that is the least strict with it.
        judged = [judge({"scale": r}, response_moved={"scale": moved[g]})["scale"] for g, r in results.items()]
        bias = drawn.exact[0] - drawn.truth[0]
        return {
            "rejects": count(r.p < LEVEL for r in results.values()),
            "rising": count(j.verdict is Verdict.RISING for j in judged),
            "improving": count(j.may_say_improving for j in judged),
            "moved": count(moved.values()),
            "change": (sum(r.change.estimate for r in results.values()), len(results)),
            "bias_rise": _rise(bias),
        }


def _rise(bias: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> tuple[float, float]:
    """Sum over teams of how much rosier the mean is in the last than in the first wave, and how many teams."""
    both = np.isfinite(bias[:, 0]) & np.isfinite(bias[:, -1])
    return float((bias[both, -1] - bias[both, 0]).sum()), float(both.sum())


def wave_orders(worlds: Sequence[str], runs: int) -> list[Order]:
    """As many organisations of a hundred teams as ``runs`` per mood and size."""
    return [
        Order(task=ThisWaveTask(world=world, invited=invited), organisations=2 * runs)
        for world in worlds
        if world in MOODS
        for invited in SIZES
    ]


def silence_orders(worlds: Sequence[str], runs: int) -> list[Order]:
    """``runs`` organisations of 50 teams per size and strength, where the world "silence" is asked for."""
    if "silence" not in worlds:
        return []
    return [
        Order(task=SilenceTask(invited=invited, gamma=gamma), organisations=runs)
        for invited in SILENT_SIZES
        for gamma in GAMMAS
    ]
