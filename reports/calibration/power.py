"""Steady drops of several sizes in, the smallest that is seen with 80 % power beside the printed one out (4.4)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import special

from reports.calibration.looks import MANY, SIZES, WAVES, LookTask
from reports.calibration.runs import Estimate, Order, Results, share_error
from reports.calibration.worlds import MOODS

POWER = 0.8
# Changes around the expected smallest one, as shares of a first guess by waves and mood.
AROUND = (0.7, 0.85, 1.0, 1.15, 1.3)
GUESS = {
    ("white", 6): 1.1,
    ("base", 6): 1.3,
    ("strong", 6): 1.45,
    ("white", 12): 0.9,
    ("base", 12): 1.15,
    ("strong", 12): 1.4,
    ("white", 26): 0.65,
    ("base", 26): 0.9,
    ("strong", 26): 1.25,
}
LARGE_FACTOR = 0.85


def drops(world: str, invited: tuple[int, ...], waves: int) -> tuple[float, ...]:
    """The drops that are simulated for a setting, in points."""
    guess = GUESS[world, waves] * (1.0 if invited == SIZES[0] else LARGE_FACTOR)
    return tuple(round(guess * share, 3) for share in AROUND)


def power_orders(worlds: Sequence[str], runs: int) -> list[Order]:
    """A third of ``runs`` organisations of 50 teams per setting and drop."""
    count = max(2, runs // 3)
    return [
        Order(task=task, organisations=count)
        for world in worlds
        if world in MOODS
        for invited in SIZES
        for waves in WAVES
        for task in tasks(world, invited, waves)
    ]


def tasks(world: str, invited: tuple[int, ...], waves: int) -> list[LookTask]:
    """One task per drop."""
    still = LookTask(world=world, invited=invited, waves=waves, teams=MANY)
    return [replace(still, points=-drop) for drop in drops(world, invited, waves)]


def smallest_seen(results: Results, world: str, invited: tuple[int, ...], waves: int) -> Estimate:
    """The drop with 80 % power: a straight line of the probit of power on the drop, by weighted least squares.

    Its error follows from those of the powers (delta method); infinite where power does not rise with the drop.
    """
    found = [results.of(task, "rejects") for task in tasks(world, invited, waves)]
    sizes = np.array(drops(world, invited, waves))
    usable = [e.units > 0 for e in found]
    if sum(usable) < 2:
        return Estimate(value=math.nan, error=math.inf, units=0.0, organisations=0)
    x = sizes[usable]
    kept = [e for e in found if e.units > 0]
    share = np.array([min(max(e.value, 0.5 / e.units), 1 - 0.5 / e.units) for e in kept])
    probit = special.ndtri(share)
    error = np.array([share_error(e) for e in kept]) * math.sqrt(2 * math.pi) * np.exp(np.square(probit) / 2)
    weight = 1 / np.square(error)
    design = np.column_stack([np.ones_like(x), x])
    cross = np.linalg.inv(design.T @ (weight[:, np.newaxis] * design))
    level, rise = cross @ (design.T @ (weight * probit))
    value = (special.ndtri(POWER) - level) / rise
    gradient = np.array([-1 / rise, -value / rise])
    spread = math.sqrt(float(gradient @ cross @ gradient)) if rise > 0 else math.inf
    organisations = sum(e.organisations for e in kept)
    return Estimate(value=float(value), error=spread, units=sum(e.units for e in kept), organisations=organisations)


def printed(results: Results, world: str, invited: tuple[int, ...], waves: int) -> Estimate:
    """The mean minimum detectable change that the product prints beside "no detectable change" of single tests."""
    return results.of(LookTask(world=world, invited=invited, waves=waves, teams=MANY), "mde")


def ratio(one: Estimate, other: Estimate) -> Estimate:
    """One estimate over another that was drawn apart from it, with the error of the ratio."""
    value = one.value / other.value if other.value else math.nan
    error = abs(value) * math.hypot(one.error / one.value, other.error / other.value) if one.value else math.inf
    return Estimate(value=value, error=error, units=one.units, organisations=one.organisations)
