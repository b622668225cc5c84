"""Turns published figures into the range in which the mean of a group that has none of its own must lie.

The classical attack on a table: every published mean is a linear condition on the totals of its cells, every answer
lies on the scale, and a linear programme gives the lowest and the highest mean of a hidden group that fit. Published
means are given as the ranges that were released (rounding and clips), never as exact totals. A mean is a quotient of
two unknowns, so the programme runs over total and number of each cell, scaled so that the hidden group sums to one
(Charnes and Cooper, "Programming with linear fractional functionals", 1962).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from reports.disclosure.cells import FIVE_POINTS, Bounds, Qualifier, ReleasedCell
from reports.disclosure.policy import K_FLOOR, clip_edges, mean_step

LEAST_WIDTH = 1.0
"""Points of the scale that have to stay open about a hidden group."""

LEAST_WIDTH_CLIPPED = 0.8
"""The same where the figure is clipped at an end: of five people who nearly all agree, four cannot differ by more."""

_FEWEST = (K_FLOOR, 8, 12, 50, 100)
"""Numbers of answers from which on steps or clips of means differ."""

_NO_ANSWER = 3e-7
"""Far above the error of the solver and far below every step."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """From the lowest to the highest mean that fits what is published, in points of the scale."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """Points between the two; 0 where the mean of the hidden group is known exactly."""
        return self.high - self.low


@dataclass(frozen=True, kw_only=True)
class Published:
    """What is known of one measure.

    ``groups`` maps published groups to their cells, ``means`` each of them to the lowest and highest mean that its
    figure leaves open, ``people`` every cell to the least and greatest number of its answers (from one on), ``sums``
    published groups to the same of theirs. ``bounds`` are the lowest and the highest answer.
    """

    groups: Mapping[str, Collection[str]]
    means: Mapping[str, Bounds]
    people: Mapping[str, tuple[int, int]]
    sums: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    bounds: Bounds = FIVE_POINTS


def hidden_range(known: Published, hidden: Collection[str]) -> Range:
    """Return the range of the mean of the cells ``hidden``, weighted by their answers.

    Raises ``ValueError`` where there is no hidden cell, where a cell may be empty, or where the published figures
    contradict one another.
    """
    cells = sorted(known.people)
    if not hidden or not set(hidden) <= set(cells) or any(low < 1 for low, _ in known.people.values()):
        raise ValueError("hidden cells must be known and every cell must hold people")
    limits = _limits(known, cells)
    count = len(cells)
    inside = np.array([float(cell in hidden) for cell in cells])
    # Unknowns: total of every cell, then its number of answers, then the scale itself; all over the hidden number.
    chosen = np.concatenate([inside, np.zeros(count + 1)])
    scaled = np.concatenate([np.zeros(count), inside, [0.0]])[None, :]
    ends = []
    for sign in (1.0, -1.0):
        found = linprog(sign * chosen, A_ub=limits, b_ub=np.zeros(len(limits)), A_eq=scaled, b_eq=[1.0])
        if found.status != 0 or found.x is None:
            raise ValueError("the published figures contradict one another")
        ends.append(float(chosen @ found.x))
    low, high = ends
    return Range(low=low, high=low if high - low < _NO_ANSWER else high)


def _limits(known: Published, cells: list[str]) -> NDArray[np.float64]:
    """Return all conditions as rows of a matrix whose product with the unknowns is not above zero."""
    count = len(cells)
    rows: list[NDArray[np.float64]] = []

    def at_most(held: Collection[str], total: float, number: float, scale: float) -> None:
        inside = np.array([float(cell in held) for cell in cells])
        rows.append(np.concatenate([total * inside, number * inside, [scale]]))

    lowest, highest = known.bounds
    for cell in cells:
        least, most = known.people[cell]
        at_most([cell], 1.0, -highest, 0.0)
        at_most([cell], -1.0, lowest, 0.0)
        at_most([cell], 0.0, 1.0, -float(most))
        at_most([cell], 0.0, -1.0, float(least))
    for name, (low, high) in known.means.items():
        at_most(known.groups[name], 1.0, -high, 0.0)
        at_most(known.groups[name], -1.0, low, 0.0)
    for name, (least, most) in known.sums.items():
        at_most(known.groups[name], 0.0, 1.0, -float(most))
        at_most(known.groups[name], 0.0, -1.0, float(least))
    return np.array(rows).reshape(len(rows), 2 * count + 1)


def fewest_answers(cells: Iterable[ReleasedCell]) -> int:
    """Return the fewest answers that fit every figure of one crowd; all of its means are clipped as of one number.

    A mean that stands beyond the edge of five answers without being clipped, or is clipped further out, was made of
    more. Edges of the strict option lie further inwards, so under it fewer are excluded than could be.
    """
    fits = [True] * len(_FEWEST)
    for cell in cells:
        for place, least in enumerate(_FEWEST):
            low, high = (float(edge) for edge in clip_edges(least, low=FIVE_POINTS[0], high=FIVE_POINTS[1]))
            is_inside = low + _NO_ANSWER < cell.value < high - _NO_ANSWER
            is_at_most_there = low - _NO_ANSWER <= cell.value <= high + _NO_ANSWER
            fits[place] &= is_inside if cell.qualifier is Qualifier.EXACT else is_at_most_there
    return next((least for place, least in enumerate(_FEWEST) if fits[place]), K_FLOOR)


def narrowest_part(cell: ReleasedCell, people: int, *, bounds: Bounds = FIVE_POINTS, fewest: int = K_FLOOR) -> Range:
    """Return what ``cell`` tells at most of ``people`` among those whose figure it is.

    Taken at its worst: whoever asks knows the number of answers of the hidden part, and the whole has the fewest that
    fit its band. ``fewest`` is what the other figures of its crowd leave (:func:`fewest_answers`). At least one answer
    is outside the part. Raises ``ValueError`` for a step that no figure has.
    """
    whole = cell.n_low
    if float(mean_step(whole)) != cell.step:
        # Fewer had an opinion on this measure than cast a ballot: the fewest that have this step.
        having = [least for least in _FEWEST if float(mean_step(least)) == cell.step]
        if not having:
            raise ValueError(f"no figure has the step {cell.step}")
        whole = next((least for least in having if least >= fewest), having[0])
    inside = min(people, whole - 1)
    return _part((cell.low, cell.high), inside, whole - inside, bounds)


def is_open(cell: ReleasedCell, found: Range) -> bool:
    """Tell whether a range leaves enough open for a figure of this kind."""
    return found.width >= (LEAST_WIDTH if cell.qualifier is Qualifier.EXACT else LEAST_WIDTH_CLIPPED) - _NO_ANSWER


@lru_cache(maxsize=65_536)
def _part(mean: Bounds, inside: int, outside: int, bounds: Bounds) -> Range:
    known = Published(
        groups={"all": ("part", "rest")},
        means={"all": mean},
        people={"part": (inside, inside), "rest": (outside, outside)},
        bounds=bounds,
    )
    return hidden_range(known, ("part",))
