"""Turns published groups that may overlap in any way into a proof that no sum of them is about fewer than k people.

``smallest`` looks for the figure of a group. A difference can be about few without being that: the people of one site
minus the crowds of that site may be one person minus another. Two favourable counts that differ by one then tell of
both. So of every weighted sum of the totals at least k people must have a share, whatever it is.

Atoms are people whom no group tells apart. Most of them are ruled out at once: where disjoint sets of k people each
give the share of an atom by equations, a share of it other than 0 is one of somebody in each of these sets. For what
is left, scaled so that the largest share is 1, a mixed integer programme looks for such a sum, once for every atom that
may have the largest. Only proven infeasibility passes.

Ranks are taken modulo the prime 2**521 - 1. A row has at most four ones, so that no determinant of 500 of them reaches
the prime (Hadamard: 2**500), and what holds modulo the prime holds for the real numbers.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack, identity, vstack

from reports.disclosure.policy import K_DEFAULT, check_k

_INFEASIBLE = 2
_PRIME = 2**521 - 1
_MOST_GROUPS = 500
_MOST_HOLDERS = 4


@dataclass(frozen=True, kw_only=True)
class _Atoms:
    """By atom its number of people and the groups that hold it, by number; ``groups`` is how many there are."""

    sizes: tuple[int, ...]
    members: tuple[tuple[int, ...], ...]
    groups: int


def is_about_enough(
    groups: Mapping[str, Collection[str]], cells: Mapping[str, int], *, k: int = K_DEFAULT, seconds: float
) -> bool:
    """Tell whether it is proven that every weighted sum of the groups' totals is about nobody or at least ``k`` people.

    ``groups`` maps the name of each published group to the cells it is made of, ``cells`` every cell to its number of
    people. False after ``seconds`` (wall clock) without an answer. Raises ``ValueError`` for a ``k`` under the floor.
    """
    check_k(k)
    end = time.monotonic() + seconds
    atoms = _atoms(groups, cells)
    out = _ruled_out(atoms, k, end)
    open_ones = [place for place in range(len(atoms.sizes)) if place not in out]
    return all(_is_impossible(atoms, open_ones, place, k, end) for place in open_ones)


def _atoms(groups: Mapping[str, Collection[str]], cells: Mapping[str, int]) -> _Atoms:
    names = sorted(groups)
    held_by: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(names):
        for cell in set(groups[name]):
            held_by[cell].append(number)
    people: dict[tuple[int, ...], int] = defaultdict(int)
    for cell, holders in held_by.items():
        if cells[cell]:
            people[tuple(holders)] += cells[cell]
    found = sorted(people)
    return _Atoms(sizes=tuple(people[atom] for atom in found), members=tuple(found), groups=len(names))


def _ruled_out(atoms: _Atoms, k: int, end: float) -> frozenset[int]:
    """Return atoms that have no share in any sum that is about fewer than k people."""
    out = frozenset(place for place, size in enumerate(atoms.sizes) if size >= k)
    if atoms.groups > _MOST_GROUPS or max(map(len, atoms.members), default=0) > _MOST_HOLDERS:
        return out
    while time.monotonic() < end:
        more = out | _spanned(atoms, out, k)
        if more == out:
            break
        out = more
    return out


def _spanned(atoms: _Atoms, out: Collection[int], k: int) -> frozenset[int]:
    """Return atoms whose share is given, beside those ruled out, by the shares of each of enough disjoint sets."""
    known = _Span(atoms.members[place] for place in sorted(out))
    left = list(atoms.sizes)
    given = [0] * len(left)
    for _ in range(k):
        span = known.copy()
        for place in sorted(range(len(left)), key=lambda place: (-left[place], place)):
            if left[place] and place not in out and span.add(atoms.members[place]):
                left[place] -= 1
        for place, members in enumerate(atoms.members):
            given[place] += span.holds(members)
    # Who is in none of the sets comes on top. What those ruled out give by themselves is ruled out too.
    return frozenset(
        place for place, sets in enumerate(given) if sets + left[place] >= k or known.holds(atoms.members[place])
    )


class _Span:
    """Rows, each freed of the leading terms of those before it; a row is 1 at its numbers and 0 elsewhere."""

    def __init__(self, rows: Iterable[Sequence[int]] = ()) -> None:
        self._rows: dict[int, dict[int, int]] = {}
        for row in rows:
            self.add(row)

    def copy(self) -> _Span:
        other = _Span()
        other._rows = dict(self._rows)
        return other

    def add(self, row: Sequence[int]) -> bool:
        """Add a row; tell whether it says anything new."""
        rest = self._rest(row)
        if not rest:
            return False
        lead = min(rest)
        inverse = pow(rest[lead], -1, _PRIME)
        self._rows[lead] = {place: value * inverse % _PRIME for place, value in rest.items()}
        return True

    def holds(self, row: Sequence[int]) -> bool:
        """Tell whether a row is a sum of those that were added."""
        return not self._rest(row)

    def _rest(self, row: Sequence[int]) -> dict[int, int]:
        rest = dict.fromkeys(row, 1)
        waiting = sorted(rest)
        while waiting:
            lead = waiting.pop(0)
            factor = rest.get(lead, 0)
            known = self._rows.get(lead)
            if not factor or known is None:
                continue
            for place, value in known.items():
                changed = (rest.get(place, 0) - factor * value) % _PRIME
                if changed:
                    rest[place] = changed
                else:
                    rest.pop(place, None)
            waiting = sorted(place for place in rest if place > lead)
        return rest


def _is_impossible(atoms: _Atoms, open_ones: Sequence[int], place: int, k: int, end: float) -> bool:
    """Tell whether no weights of the groups give this atom 1, others -1 to 1, and all but k - 1 people nothing.

    The variables are the weights, and for every atom that is not ruled out whether it has a share.
    """
    left = end - time.monotonic()
    if left <= 0:
        return False
    count = len(atoms.sizes)
    held = [(row, group) for row, members in enumerate(atoms.members) for group in members]
    rows, columns = zip(*held, strict=True)
    members = csr_array((np.ones(len(held)), (rows, columns)), shape=(count, atoms.groups))
    has_share = identity(count, format="csc")[:, list(open_ones)]
    sizes = np.array([atoms.sizes[each] for each in open_ones], dtype=float)
    people = csr_array(np.concatenate([np.zeros(atoms.groups), sizes])[None, :])
    floor = np.concatenate([np.zeros(count), np.full(count, -np.inf), [1]])
    ceiling = np.concatenate([np.full(count, np.inf), np.zeros(count), [k - 1]])
    floor[count + place] = 0  # its share is as large as it can be
    own = np.array([float(each == place) for each in open_ones])
    found = milp(
        c=np.zeros(atoms.groups + len(own)),
        constraints=LinearConstraint(
            vstack([hstack([members, has_share]), hstack([members, -has_share]), people], format="csc"), floor, ceiling
        ),
        integrality=np.concatenate([np.zeros(atoms.groups), np.ones(len(own))]),
        bounds=Bounds(
            np.concatenate([np.full(atoms.groups, -np.inf), own]),
            np.concatenate([np.full(atoms.groups, np.inf), np.ones(len(own))]),
        ),
        options={"time_limit": left},
    )
    return bool(found.status == _INFEASIBLE)
