"""Estimates carry the error between organisations, and the same seed gives the same figures however it is spread."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest

from reports.calibration.runs import (
    NOTHING,
    Estimate,
    Order,
    Sums,
    count,
    estimate,
    organisations,
    pieces,
    run,
    share_error,
)


@dataclass(frozen=True, kw_only=True)
class Coin:
    """Throws ten coins."""

    chance: float
    block: int = field(default=3, compare=False)

    @property
    def stream(self) -> tuple[object, ...]:
        return ("coin",)

    def __call__(self, rng: np.random.Generator) -> Sums:
        return {"heads": count(rng.random(10) < self.chance)}


def test_the_error_is_that_between_organisations() -> None:
    """Two organisations of ten teams, all or none: the error is 0.5, not that of twenty teams."""
    found = estimate([(10.0, 10.0), (0.0, 10.0)])
    assert (found.value, found.units, found.organisations) == (0.5, 20.0, 2)
    assert found.error == pytest.approx(0.5)


def test_a_share_without_events_still_has_an_error() -> None:
    never = estimate([(0.0, 50.0)] * 4)
    assert never.error == 0
    assert share_error(never) == pytest.approx(math.sqrt(0.0025 * 0.9975 / 200))
    assert share_error(NOTHING) == math.inf


def test_one_organisation_tells_no_error_and_none_tells_nothing() -> None:
    assert estimate([(1.0, 2.0)]).error == math.inf
    assert estimate([(0.0, 0.0)]) == NOTHING


def test_blocks_do_not_change_the_draws() -> None:
    one = run([Order(task=Coin(chance=0.5, block=1), organisations=7)], seed=3)
    other = run([Order(task=Coin(chance=0.5, block=5), organisations=7)], seed=3)
    assert one.found == other.found
    assert run([Order(task=Coin(chance=0.5), organisations=7)], seed=4).found != one.found


def test_tasks_of_one_stream_see_the_same_draws() -> None:
    found = run([Order(task=Coin(chance=p), organisations=20) for p in (0.4, 0.6)], seed=1)
    assert found.of(Coin(chance=0.4), "heads").value < found.of(Coin(chance=0.6), "heads").value


def test_work_is_told_in_pieces_and_a_task_ordered_twice_is_done_once() -> None:
    orders = [Order(task=Coin(chance=0.5), organisations=7), Order(task=Coin(chance=0.5), organisations=4)]
    told: list[int] = []
    run(orders, seed=1, told=lambda: told.append(1))
    assert len(told) == pieces(orders) == 3
    assert organisations(orders) == 7


def test_what_was_not_simulated_is_nothing() -> None:
    assert run([], seed=1).of(Coin(chance=0.5), "heads") == NOTHING


def test_count_counts() -> None:
    assert count([True, False, 1, 0]) == (2.0, 4.0)
    assert isinstance(estimate([(1, 1), (1, 1)]), Estimate)
