"""The declared variance: all answer sets of one crowd of fifty and more, as mean, favourable band and spread show them.

An installation of one crowd is the worst case, for its pooled variance is about this crowd alone.
"""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from reports.disclosure.cells import RawCell, ReleasedCell, protect
from reports.disclosure.policy import (
    LEAST_VARIANCE,
    clip_edges,
    declared_variance,
    favourable_edges,
    mean_step,
    n_band,
)

Counts = NDArray[np.int64]
PARTS = ("favourable", "not favourable")


@cache
def answer_sets(n: int) -> Counts:
    """Every way in which n people can answer, as numbers of people per option, shape (sets, 5)."""
    bars = np.array(list(itertools.combinations(range(n + 4), 4)), dtype=np.int64)
    edges = np.hstack([np.full((len(bars), 1), -1), bars, np.full((len(bars), 1), n + 4)])
    counts: Counts = np.diff(edges, axis=1) - 1
    return counts


def shown(counts: Counts, n: int, *, strict: bool) -> Counts:
    """The released mean (in steps) and favourable band of each set; the same as the policy, for many at once."""
    low = n_band(n).low
    step = float(mean_step(low))
    lowest, highest = (round(float(edge) / step) for edge in clip_edges(low, low=1, high=5, strict=strict))
    values = np.clip(np.rint(counts @ np.arange(1, 6) / n / step).astype(np.int64), lowest, highest)
    edges = [float(edge) for edge in favourable_edges(low)]
    bands = np.searchsorted(edges, counts[:, 3:].sum(axis=1) / n + 1e-12, side="right")
    told: Counts = np.column_stack([values, bands])
    return told


def variances(counts: Counts, n: int, least: float) -> Counts:
    """The declared variance of each set in hundredths, with some floor."""
    options = np.arange(1, 6)
    totals = counts @ options
    exact = (counts @ options**2 - totals**2 / n) / (n - 1)
    hundredths: Counts = np.rint(np.maximum(np.round(exact, 2), least) * 100).astype(np.int64)
    return hundredths


def most_certain(n: int, *, strict: bool, least: float | None) -> dict[str, int]:
    """How many people at most are certain to be in a group, for a reader who even knows n; None: no variance."""
    counts = answer_sets(n)
    told = shown(counts, n, strict=strict)
    if least is not None:
        told = np.column_stack([told, variances(counts, n, least)])
    _, which = np.unique(told, axis=0, return_inverse=True)
    groups = {
        "favourable": counts[:, 3:].sum(axis=1),
        "unfavourable": counts[:, :2].sum(axis=1),
        "not favourable": counts[:, :3].sum(axis=1),
        **{f"option {option}": counts[:, option - 1] for option in range(1, 6)},
    }
    found = {}
    for name, people in groups.items():
        fewest = np.full(which.max() + 1, n)
        np.minimum.at(fewest, which.ravel(), people)
        found[name] = int(fewest.max())
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("strict", "others"), [(False, 1), (True, 2)])
@pytest.mark.parametrize("n", [50, 54, 55])
def test_the_variance_proves_of_nobody_what_mean_and_band_leave_open(n: int, strict: bool, others: int) -> None:
    with_it = most_certain(n, strict=strict, least=LEAST_VARIANCE)
    assert max(with_it.values()) <= n - others
    without = most_certain(n, strict=strict, least=None)
    assert {name: people for name, people in with_it.items() if name in PARTS} == {
        name: people for name, people in without.items() if name in PARTS
    }
    # With a spread a reader is surer of single options, yet never of all but one.
    assert all(people <= n - 2 for name, people in with_it.items() if name.startswith("option"))


@pytest.mark.slow
@pytest.mark.parametrize("least", [0.0, 0.1, 0.2])
def test_a_lower_floor_would_prove_that_everybody_was_favourable(least: float) -> None:
    assert most_certain(50, strict=False, least=least)["favourable"] == 50


def test_one_person_may_have_said_two_among_fives() -> None:
    # By hand: one 2 among fifty, 9 x 49 / 50 / 49 = 0.18; two of them 18 - 36 / 50 over 49 = 0.35.
    assert declared_variance(0.0) == declared_variance(0.18) == declared_variance(0.35) == LEAST_VARIANCE
    assert declared_variance(0.8249) == 0.82


def test_the_short_way_of_this_test_is_the_policy() -> None:
    for counts in ([0, 0, 0, 0, 50], [0, 1, 9, 20, 20], [30, 10, 8, 2, 0], [0, 0, 48, 0, 2]):
        total = sum(option * count for option, count in enumerate(counts, 1))
        cell = protect(RawCell(crowd="c", measure="m", n=50, total=total, favourable=counts[3] + counts[4]))
        assert isinstance(cell, ReleasedCell)
        value, band = shown(np.array([counts]), 50, strict=False)[0]
        assert cell.value == pytest.approx(value * cell.step)
        edges = [0.0, *map(float, favourable_edges(50)), 1.0]
        assert (cell.favourable.low, cell.favourable.high) == pytest.approx((edges[band], edges[band + 1]))
