"""Settings to simulate in, estimates with Monte Carlo errors out, the same for any number of processes.

Every organisation is drawn from a seed of its own that depends on nothing but the run's seed, the task's stream and the
organisation's number. Teams of one organisation share what is estimated about its covariance, so
errors are taken between organisations, never between teams.
"""

from __future__ import annotations

import math
import multiprocessing
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from reports.calibration.worlds import Floats

Sums = Mapping[str, tuple[float, float]]
"""What one organisation gave: by figure the sum and the number of units (teams, looks) that it is a sum over."""

Flags = NDArray[np.bool_]
Estimates = Mapping[str, "Estimate"]


class Task(Protocol):
    """One setting to simulate: called with a generator it draws and measures one organisation. Hashable, no state."""

    @property
    def stream(self) -> tuple[object, ...]:
        """Names the random numbers: tasks of one stream see the same draws."""
        ...

    @property
    def block(self) -> int:
        """Organisations that are simulated in one piece; some seconds of work."""
        ...

    def __call__(self, rng: np.random.Generator) -> Sums:
        """Draw one organisation and measure it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean over units with its Monte Carlo standard error between ``organisations``; ``units`` counted in all."""

    value: float
    error: float
    units: float
    organisations: int


NOTHING = Estimate(value=math.nan, error=math.inf, units=0.0, organisations=0)


@dataclass(frozen=True, kw_only=True)
class Order:
    """A task and how many organisations it is to be simulated for."""

    task: Task
    organisations: int


@dataclass(frozen=True, kw_only=True)
class Results:
    """What was estimated, by task."""

    found: Mapping[Task, Estimates]

    def of(self, task: Task, figure: str) -> Estimate:
        """One figure; without units and with an infinite error where the task was not simulated or had no unit."""
        return self.found.get(task, {}).get(figure, NOTHING)


@dataclass(frozen=True, kw_only=True)
class _Block:
    task: Task
    seeds: tuple[tuple[int, int, int], ...]


def run(
    orders: Sequence[Order],
    *,
    seed: int,
    processes: int = 0,
    told: Callable[[], object] = lambda: None,
) -> Results:
    """Simulate all orders and estimate every figure of each; an order that is given twice is simulated once.

    ``told`` is called after each of the :func:`pieces` of work. With one or more ``processes`` they are spread over so
    many fresh interpreters, with 0 they run here; the result is the same.
    """
    wanted = _distinct(orders)
    blocks = [block for task, count in wanted.items() for block in _blocks(task, count, seed)]
    gathered: dict[Task, dict[str, list[tuple[float, float]]]] = {task: {} for task in wanted}
    for block, found in zip(blocks, _results(blocks, processes), strict=True):
        for sums in found:
            for name, pair in sums.items():
                gathered[block.task].setdefault(name, []).append(pair)
        told()
    return Results(
        found={task: {name: estimate(pairs) for name, pairs in sums.items()} for task, sums in gathered.items()}
    )


def pieces(orders: Sequence[Order]) -> int:
    """How many pieces of work the orders make."""
    return sum(math.ceil(count / task.block) for task, count in _distinct(orders).items())


def organisations(orders: Sequence[Order]) -> int:
    """How many organisations the orders simulate."""
    return sum(_distinct(orders).values())


def _distinct(orders: Sequence[Order]) -> dict[Task, int]:
    wanted: dict[Task, int] = {}
    for order in orders:
        wanted[order.task] = max(order.organisations, wanted.get(order.task, 0))
    return wanted


def estimate(pairs: Sequence[tuple[float, float]]) -> Estimate:
    """The ratio of all sums to all units, with the standard error of a ratio between organisations (Cochran 1977, 6.4).

    ``pairs``: sum and units of each organisation. A single organisation, or none with units, has an infinite error.
    """
    table: Floats = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    table = table[table[:, 1] > 0]
    count, units = table.shape[0], float(table[:, 1].sum())
    if count == 0:
        return NOTHING
    value = float(table[:, 0].sum()) / units
    residual = table[:, 0] - value * table[:, 1]
    error = math.sqrt(float(np.square(residual).sum()) * count / (count - 1)) / units if count > 1 else math.inf
    return Estimate(value=value, error=error, units=units, organisations=count)


def share_error(found: Estimate) -> float:
    """The error of a share: that between organisations, at least that of as many independent units.

    A few organisations without any event would have an error of 0 otherwise.
    """
    if not found.units:
        return math.inf
    inside = min(max(found.value, 0.5 / found.units), 1 - 0.5 / found.units)
    return max(found.error, math.sqrt(inside * (1 - inside) / found.units))


def _blocks(task: Task, organisations: int, seed: int) -> Iterator[_Block]:
    stream = zlib.crc32(repr(task.stream).encode())
    seeds = [(seed, stream, number) for number in range(organisations)]
    for start in range(0, len(seeds), task.block):
        yield _Block(task=task, seeds=tuple(seeds[start : start + task.block]))


def _results(blocks: Sequence[_Block], processes: int) -> Iterator[list[Sums]]:
    if processes < 1:
        yield from map(_simulate, blocks)
        return
    # Fresh interpreters: a fork of a process with threads (BLAS, a database) may stand still.
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(_simulate, blocks)


def _simulate(block: _Block) -> list[Sums]:
    return [block.task(np.random.default_rng(seed)) for seed in block.seeds]


def count(flags: Iterable[object]) -> tuple[float, float]:
    """How many are true, and of how many."""
    values = [bool(flag) for flag in flags]
    return float(sum(values)), float(len(values))
