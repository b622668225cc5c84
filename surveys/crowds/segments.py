"""The shapes in which the count asks which segment tables of a unit may be stored, and is answered.

Counts only: no answer to any question occurs here, and nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SEGMENTS_FROM = 100
"""Answers that a unit needs for any segment table."""

Cell = tuple[int, ...]
"""Options of one segment that are counted together, by number; 0 is no answer."""

Place = tuple[str, tuple[int, ...]]
"""Where a ballot stands: the label of its crowd, and its option of each segment in their order."""


@dataclass(frozen=True, kw_only=True, eq=False)
class UnitCounts:
    """How many ballots of one unit stand at each place.

    ``segments`` are codes in their fixed order, ``options`` the highest option number of each, ``places`` those where
    somebody stands. By place: ``ballots``, how many of them have an opinion on every item (``complete``), and by item
    on which not everybody has one, how many have (``opinions``). Where fewer than k of a crowd have an opinion on an
    item, these do not count.
    """

    unit: str
    k: int
    segments: tuple[str, ...]
    options: tuple[int, ...]
    places: tuple[Place, ...]
    ballots: NDArray[np.int64]
    complete: NDArray[np.int64]
    opinions: Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True, kw_only=True)
class SegmentCut:
    """A segment table that may be stored: its cells, which hold every option and "no answer" exactly once.

    ``declined`` are the items whose sums are not kept in it.
    """

    segment: str
    cells: tuple[Cell, ...]
    declined: frozenset[str] = frozenset()


Admit = Callable[[UnitCounts], Sequence[SegmentCut]]
"""Says which tables of a unit may be stored; a segment that is not among them is not published for this unit."""
