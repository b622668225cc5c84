"""The best that any planner could do, computed exactly: an oracle for tests, far too slow and too bare for the product.

A plan publishes some nodes of the tree. What a published node covers beyond the published nodes inside it must be
nobody or at least k people. Hiding a team that has k answers, or a unit above teams, has a cost. No leader occurs.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

Parents = Mapping[str, str | None]
UNIT_COST = 1_000
"""A unit above team level outweighs any number of teams: its figure is lost only where it cannot be kept."""


@dataclass(frozen=True, kw_only=True)
class Optimum:
    """How many teams with k answers, and how many units above team level, go without a figure of their own at least."""

    teams: int
    units: int

    @property
    def cost(self) -> int:
        """Both as one number."""
        return self.teams + UNIT_COST * self.units


def children_of(parents: Parents) -> dict[str, list[str]]:
    """Return the children of every node."""
    found: dict[str, list[str]] = {key: [] for key in parents}
    for key, parent in parents.items():
        if parent is not None:
            found[parent].append(key)
    return found


def upwards(parents: Parents) -> list[str]:
    """Return all nodes, children before parents."""
    children = children_of(parents)
    order = [key for key, parent in parents.items() if parent is None]
    for key in order:
        order.extend(children[key])
    return order[::-1]


def optimum(parents: Parents, counts: Mapping[str, int], k: int) -> Optimum:
    """Return the exact optimum by dynamic programming over the tree; the state is what is uncovered, capped at k.

    ``counts`` are the answers of each node's own group. Raises ValueError where fewer than k answered in all.
    """
    if sum(counts.values()) < k:
        raise ValueError("nothing can be published")
    children = children_of(parents)
    best: dict[str, list[float]] = {}
    for key in upwards(parents):
        state = [math.inf] * (k + 1)
        state[min(counts.get(key, 0), k)] = 0
        for child in children[key]:
            state = _sum(state, best.pop(child), k)
        best[key] = _choose(state, k, is_team=not children[key])
    (last,) = best.values()
    cost = int(min(last[0], last[k]))
    return Optimum(teams=cost % UNIT_COST, units=cost // UNIT_COST)


def _sum(one: list[float], other: list[float], k: int) -> list[float]:
    found = [math.inf] * (k + 1)
    for left, first in enumerate(one):
        for right, second in enumerate(other):
            at = min(left + right, k)
            found[at] = min(found[at], first + second)
    return found


def _choose(state: list[float], k: int, *, is_team: bool) -> list[float]:
    """Publish the node, so that nothing is left uncovered above, or hide it, so that all of it is."""
    if is_team:
        hidden = [cost + (1 if at == k else 0) for at, cost in enumerate(state)]
    else:
        hidden = [cost + UNIT_COST for cost in state]
    published = min(state[0], state[k])
    return [min(hidden[0], published), *hidden[1:]]


def optimum_by_milp(parents: Parents, counts: Mapping[str, int], k: int) -> Optimum:
    """Return the same by mixed-integer programming (``scipy.optimize.milp``), which checks the dynamic programme."""
    keys = sorted(parents)
    children = children_of(parents)
    place = {key: at for at, key in enumerate(keys)}
    n, big = len(keys), sum(counts.values()) + k
    # Columns: published (0 or 1), not empty (0 or 1), passed up (people); one of each per node.
    rows: list[np.ndarray] = []
    low: list[float] = []
    high: list[float] = []

    def row(least: float, most: float, **parts: Mapping[int, float]) -> None:
        line = np.zeros(3 * n)
        for offset, entries in enumerate((parts.get("y", {}), parts.get("z", {}), parts.get("p", {}))):
            for at, weight in entries.items():
                line[offset * n + at] += weight
        rows.append(line)
        low.append(least)
        high.append(most)

    cost = np.zeros(3 * n)
    constant = 0.0
    for key in keys:
        at, own = place[key], counts.get(key, 0)
        weight = UNIT_COST if children[key] else (1 if own >= k else 0)
        cost[at] -= weight
        constant += weight
        inside = {place[child]: 1.0 for child in children[key]}  # uncovered = own + what the children pass up
        row(-math.inf, big, p={at: 1.0}, y={at: big})
        row(own, math.inf, p={at: 1.0, **dict.fromkeys(inside, -1.0)}, y={at: big})
        row(-math.inf, own, p={at: 1.0, **dict.fromkeys(inside, -1.0)})
        # Published: uncovered >= k where not empty, and 0 otherwise.
        row(-own - big, math.inf, p=inside, z={at: -k}, y={at: -big})
        row(-math.inf, big - own, p=inside, z={at: -big}, y={at: big})
    root = next(place[key] for key, parent in parents.items() if parent is None)
    integrality = np.concatenate([np.ones(2 * n), np.zeros(n)])
    upper = np.concatenate([np.ones(2 * n), np.full(n, float(big))])
    lower = np.zeros(3 * n)
    lower[root] = 1
    found = milp(
        cost,
        constraints=LinearConstraint(np.array(rows), low, high),
        integrality=integrality,
        bounds=Bounds(lower, upper),
    )
    if not found.success:
        raise AssertionError(found.message)
    total = round(found.fun + constant)
    return Optimum(teams=total % UNIT_COST, units=total // UNIT_COST)


def sample_company(
    teams: int, seed: int, *, smallest: int = 3, largest: int = 15
) -> tuple[dict[str, str | None], dict[str, int]]:
    """Return a tree with leaders of 3 to 9 teams or units each, and the people invited in each node's own group.

    Teams have 3 to 15 people without their leader, who is counted one level up, as the product does.
    """
    chance = random.Random(seed)
    parents: dict[str, str | None] = {}
    invited: dict[str, int] = {}
    level = [f"t{place:05}" for place in range(teams)]
    invited.update({key: chance.randint(smallest, largest) for key in level})
    depth = 0
    while len(level) > 1:
        above: list[str] = []
        rest = list(level)
        while rest:
            size = min(chance.randint(3, 9), len(rest))
            if len(rest) - size in {1, 2}:
                size = len(rest)
            key = f"u{depth}-{len(above):05}"
            for child in rest[:size]:
                parents[child] = key
            invited[key] = size
            above.append(key)
            rest = rest[size:]
        level, depth = above, depth + 1
    parents[level[0]] = None
    return parents, invited


def answers(invited: Mapping[str, int], seed: int, *, response: float = 0.7) -> dict[str, int]:
    """Return how many of each group answered, each person by chance."""
    chance = np.random.default_rng(seed)
    return {key: int(chance.binomial(number, response)) for key, number in invited.items()}
