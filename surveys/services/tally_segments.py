"""Counts ballots by crowd and segment options, and sums them over the segment cells that were admitted.

Arrays in, rows for the segment tables out. A cell that was not admitted is summed nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from surveys.crowds.segments import SEGMENTS_FROM, Admit, Cell, SegmentCut, UnitCounts
from surveys.crowds.shapes import Crowd
from surveys.crowds.tree import Tree
from surveys.instruments.schema import Instrument
from surveys.instruments.scoring import Scores, score
from surveys.services.tally_sums import Rows, sums


@dataclass(frozen=True, kw_only=True)
class SegmentRows:
    """The rows of the two segment tables in the order of their keys, and the crowds that some table divides."""

    counts: Rows
    totals: Rows
    divided: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class _Part:
    """The ballots of one unit: answers (n, items) and options (n, segments) with 0 for none, crowds (n,) as places."""

    unit: str
    instrument: Instrument
    answers: NDArray[np.int8]
    options: NDArray[np.int8]
    crowds: NDArray[np.int64]
    labels: Sequence[str]


def count_segments(
    instrument: Instrument,
    answers: NDArray[np.int8],
    options: NDArray[np.int8],
    crowds: NDArray[np.int64],
    *,
    final: Sequence[Crowd],
    parents: Mapping[str, str | None],
    k: int,
    wave: str,
    admit: Admit,
) -> SegmentRows:
    """Return the rows of every admitted segment table.

    ``answers`` has the shape (ballots, items), ``options`` (ballots, segments), both with 0 for no answer; ``crowds``
    (ballots,) is the place of each one's crowd in ``final``. A cell leaves out what a crowd said on an item to which
    fewer than ``k`` of it gave an answer: no total of that is kept, and the cells minus the kept totals would be it. An
    item with fewer than ``k`` answers in a cell is not kept there. The sum of a scale is never kept: its released value
    is made of its items.

    Raises:
        ValueError: ``admit`` gave cells that are no partition of the options, or one of fewer than ``k`` ballots.
    """
    counts: Rows = []
    totals: Rows = []
    divided: set[str] = set()
    labels = [crowd.label for crowd in final]
    for unit, places in sorted(top_units(final, parents).items()):
        mine = np.isin(crowds, places)
        if not instrument.segments or np.count_nonzero(mine) < SEGMENTS_FROM:
            continue
        part = _Part(
            unit=unit,
            instrument=instrument,
            answers=_only_kept(answers[mine], crowds[mine], k),
            options=options[mine],
            crowds=crowds[mine],
            labels=labels,
        )
        cuts = admit(_joint_counts(part, k))
        scores = score(instrument, part.answers)
        for cut in sorted(cuts, key=lambda each: each.segment):
            _add_rows(counts, totals, part, scores, cut, k=k, wave=wave)
            divided.update(labels[place] for place in places)
    return SegmentRows(counts=counts, totals=totals, divided=frozenset(divided))


def top_units(final: Sequence[Crowd], parents: Mapping[str, str | None]) -> dict[str, list[int]]:
    """Return by unit right below the root the places of the crowds inside it.

    A crowd that only the root covers is in none of them. Where every crowd is one of these, the root is the unit.
    """
    tree = Tree(parents)
    units: dict[str, list[int]] = {}
    for place, crowd in enumerate(final):
        chain = list(tree.upwards(crowd.home))
        units.setdefault(chain[-2] if len(chain) > 1 else tree.root, []).append(place)
    return units if list(units) == [tree.root] else {unit: own for unit, own in units.items() if unit != tree.root}


def _only_kept(answers: NDArray[np.int8], crowds: NDArray[np.int64], k: int) -> NDArray[np.int8]:
    """Return the answers without those to items of which the crowd keeps no total."""
    kept = answers.copy()
    for column in kept.T:
        given = np.bincount(crowds[column != 0], minlength=int(crowds.max(initial=0)) + 1)
        column[given[crowds] < k] = 0
    return kept


def _joint_counts(part: _Part, k: int) -> UnitCounts:
    where = np.column_stack([part.crowds, part.options])
    found, at = np.unique(where, axis=0, return_inverse=True)
    at = at.ravel()
    given = part.answers != 0
    skipped = [column for column in range(given.shape[1]) if not given[:, column].all()]
    return UnitCounts(
        unit=part.unit,
        k=k,
        segments=part.instrument.segment_codes,
        options=tuple(segment.maximum for segment in part.instrument.segments),
        places=tuple((part.labels[crowd], tuple(chosen)) for crowd, *chosen in found.tolist()),
        ballots=np.bincount(at, minlength=len(found)),
        complete=np.bincount(at[given.all(axis=1)], minlength=len(found)),
        opinions={
            part.instrument.items[column].code: np.bincount(at[given[:, column]], minlength=len(found))
            for column in skipped
        },
    )


def _add_rows(counts: Rows, totals: Rows, part: _Part, scores: Scores, cut: SegmentCut, *, k: int, wave: str) -> None:
    cells = sorted(tuple(sorted(cell)) for cell in cut.cells)
    groups = _groups(part, cut.segment, cells)
    ballots = np.bincount(groups, minlength=len(cells)).tolist()
    if min(ballots) < k:
        raise ValueError(f"a cell of {cut.segment} in {part.unit} has fewer than {k} ballots")
    made = sums(part.instrument, part.answers, scores, groups, len(cells))
    items = sorted((item.code, column) for column, item in enumerate(part.instrument.items))
    named = sorted(((cell_key(cell), place) for place, cell in enumerate(cells)), key=lambda each: each[0])
    for cell, place in named:
        keys = {"wave": wave, "unit": part.unit, "segment": cut.segment, "cell": cell}
        counts.append({**keys, "options": list(cells[place]), "ballots": ballots[place]})
        totals.extend(
            {
                **keys,
                "measure": code,
                "n": int(made.n[place, column]),
                "total": float(made.total[place, column]),
                "favourable": int(made.favourable[place, column]),
            }
            for code, column in items
            if code not in cut.declined and made.n[place, column] >= k
        )


def _groups(part: _Part, segment: str, cells: Sequence[Cell]) -> NDArray[np.int64]:
    """Return the place of each ballot's cell (n,)."""
    column = part.instrument.segment_codes.index(segment)
    place_of = {option: place for place, cell in enumerate(cells) for option in cell}
    options = list(range(part.instrument.segments[column].maximum + 1))
    if sorted(option for cell in cells for option in cell) != options:
        raise ValueError(f"the cells of {segment} in {part.unit} do not hold every option exactly once")
    groups: NDArray[np.int64] = np.array([place_of[option] for option in options])[part.options[:, column]]
    return groups


def cell_key(cell: Iterable[int]) -> str:
    """Return the name of a cell: its option numbers with dashes between."""
    return "-".join(str(option) for option in sorted(cell))
