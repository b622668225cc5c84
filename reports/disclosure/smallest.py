"""Turns published groups that may overlap in any way into the smallest group of people that they give away.

Whoever adds and subtracts published figures gives every group a weight. What comes out is the figure of a group of
people where the weights of everybody's groups sum to 0 or to 1. A mixed integer programme looks for such weights with
1 to k - 1 people at 1. Only the proof that there are none passes: no time left or any other end is a failure. The rule
is from ``docs/privacy.md`` section 3; nothing here knows the planner of crowds.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack, identity, vstack

from reports.disclosure.policy import K_DEFAULT, check_k

SECONDS = 20.0
"""Time after which an audit has failed, for one call."""

_LARGEST_DENOMINATOR = 1_000
_OPTIMAL, _INFEASIBLE = 0, 2


class Verdict(StrEnum):
    """How an audit ended; only the first lets anything out."""

    PASSED = "passed"
    FAILED = "failed"
    UNPROVEN = "unproven"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was found; ``smallest`` is a number of people that stays inside.

    Of a failure ``smallest`` is the size of the smallest group that can be computed and ``example`` names (sorted) the
    published groups from which it is; otherwise they are None and empty.
    """

    verdict: Verdict
    smallest: int | None = None
    example: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether it is proven that no group of 1 to k - 1 people can be computed."""
        return self.verdict is Verdict.PASSED


@dataclass(frozen=True, kw_only=True)
class _Part:
    """Groups that share people, and the atoms under them: sizes and the places of the groups that hold each."""

    groups: tuple[str, ...]
    sizes: tuple[int, ...]
    members: tuple[tuple[int, ...], ...]


def smallest_inferable(
    groups: Mapping[str, Collection[str]],
    cells: Mapping[str, int],
    *,
    k: int = K_DEFAULT,
    seconds: float = SECONDS,
) -> Outcome:
    """Look for the smallest group of 1 to ``k`` - 1 people that the totals of the published ``groups`` give away.

    ``groups`` maps the name of each published group to the cells it is made of, ``cells`` every cell to its number of
    people. Cells without people and cells in no group have no say. ``seconds`` is the time for the whole call (wall
    clock of the solver). Raises ``ValueError`` for a ``k`` under the floor, a negative number of people or an unknown
    cell.
    """
    check_k(k)
    unknown = {cell for held in groups.values() for cell in held if cell not in cells}
    if unknown or any(people < 0 for people in cells.values()):
        raise ValueError(f"cells must be known and not negative: {sorted(unknown)}")
    end = time.monotonic() + seconds
    worst = Outcome(verdict=Verdict.PASSED)
    for part in _parts(groups, cells):
        if min(part.sizes) < k:  # else nothing but unions of parts of k and more can come out
            worst = _worse(worst, _search(part, k, end - time.monotonic()))
    return worst


def _worse(one: Outcome, other: Outcome) -> Outcome:
    """Return what weighs more: a found group, the smaller the heavier, then a missing proof, then a pass."""
    if one.smallest is not None and other.smallest is not None:
        return one if one.smallest <= other.smallest else other
    order = [Verdict.PASSED, Verdict.UNPROVEN, Verdict.FAILED]
    return max(one, other, key=lambda outcome: order.index(outcome.verdict))


def _parts(groups: Mapping[str, Collection[str]], cells: Mapping[str, int]) -> list[_Part]:
    """Put cells that no group tells apart together and split what shares no people; both change no outcome."""
    names = sorted(groups)
    held_by: dict[str, list[int]] = defaultdict(list)
    for place, name in enumerate(names):
        for cell in set(groups[name]):
            if cells[cell]:
                held_by[cell].append(place)
    atoms: dict[tuple[int, ...], int] = defaultdict(int)
    for cell, holders in held_by.items():
        atoms[tuple(holders)] += cells[cell]
    root = list(range(len(names)))

    def find(place: int) -> int:
        while root[place] != place:
            root[place] = root[root[place]]
            place = root[place]
        return place

    for atom in atoms:
        for place in atom[1:]:
            root[find(place)] = find(atom[0])
    found: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for atom in sorted(atoms):
        found[find(atom[0])].append(atom)
    return [_part(names, found[at], atoms) for at in sorted(found)]


def _part(names: Sequence[str], own: Sequence[tuple[int, ...]], atoms: Mapping[tuple[int, ...], int]) -> _Part:
    places = sorted({place for atom in own for place in atom})
    new = {place: number for number, place in enumerate(places)}
    return _Part(
        groups=tuple(names[place] for place in places),
        sizes=tuple(atoms[atom] for atom in own),
        members=tuple(tuple(new[place] for place in atom) for atom in own),
    )


def _search(part: _Part, k: int, seconds: float) -> Outcome:
    """Solve one part: weights of the groups and a 0 or 1 for every atom, as few people at 1 as can be."""
    if seconds <= 0:
        return Outcome(verdict=Verdict.UNPROVEN)
    count, atoms = len(part.groups), len(part.sizes)
    sizes = np.array(part.sizes, dtype=float)
    rows = [row for row, held in enumerate(part.members) for _ in held]
    columns = [place for held in part.members for place in held]
    holding = csr_array((np.ones(len(rows)), (rows, columns)), shape=(atoms, count))
    people = csr_array(np.concatenate([np.zeros(count), sizes])[None, :])
    matrix = vstack([hstack([holding, -identity(atoms)]), people], format="csc")
    found = milp(
        c=np.concatenate([np.zeros(count), sizes]),
        constraints=LinearConstraint(matrix, np.append(np.zeros(atoms), 1), np.append(np.zeros(atoms), k - 1)),
        integrality=np.concatenate([np.zeros(count), np.ones(atoms)]),
        # Weights have no bound: three partitions can need ones that double from group to group. An atom of k or more
        # people cannot be in a group of fewer.
        bounds=Bounds(
            np.concatenate([np.full(count, -np.inf), np.zeros(atoms)]),
            np.concatenate([np.full(count, np.inf), np.where(sizes < k, 1.0, 0.0)]),
        ),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    if found.status == _INFEASIBLE:
        return Outcome(verdict=Verdict.PASSED)
    if found.status != _OPTIMAL or found.x is None:
        return Outcome(verdict=Verdict.UNPROVEN)
    return _checked(part, k, np.asarray(found.x[:count], dtype=float))


def _checked(part: _Part, k: int, weights: NDArray[np.float64]) -> Outcome:
    """Repeat the solver's answer in whole fractions; an answer that does not hold exactly proves nothing."""
    exact = [Fraction(float(weight)).limit_denominator(_LARGEST_DENOMINATOR) for weight in weights]
    sums = [sum((exact[place] for place in held), Fraction(0)) for held in part.members]
    people = sum(size for size, total in zip(part.sizes, sums, strict=True) if total == 1)
    if any(total not in {0, 1} for total in sums) or not 1 <= people < k:
        return Outcome(verdict=Verdict.UNPROVEN)
    example = _alone(part, people) or tuple(name for name, weight in zip(part.groups, exact, strict=True) if weight)
    return Outcome(verdict=Verdict.FAILED, smallest=people, example=example)


def _alone(part: _Part, people: int) -> tuple[str, ...]:
    """Return the first published group that itself has this many people, the plainest example of all, or nothing."""
    held = [0] * len(part.groups)
    for size, places in zip(part.sizes, part.members, strict=True):
        for place in places:
            held[place] += size
    return next(((name,) for name, size in zip(part.groups, held, strict=True) if size == people), ())
