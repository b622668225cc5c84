"""Turns how the people of a unit spread over crowds and segments into the segment tables that may be stored.

The ledger of ``docs/privacy.md`` section 3.5: the crowds of the unit are admitted first, then each segment in its fixed
order, in the finest version that is safe together with everything admitted before it: no sum or difference of figures
is about fewer than k people, be it the figure of a few or one person minus another. A version is made coarser by
joining its two smallest cells. What is declined here is never stored, so it can never come out later. Every crowd
counts as published: whoever does not get its figures, others do.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reports.disclosure.differences import is_about_enough
from reports.disclosure.policy import check_k
from reports.disclosure.spread import Atom, is_proven
from surveys.crowds.segments import SEGMENTS_FROM, Cell, SegmentCut, UnitCounts

QUESTION_SECONDS = 5.0
"""Time for one question to the auditor; without an answer the version is refused."""

UNIT_SECONDS = 30.0
"""Time for all questions about one unit: the count holds up every other writer of the database."""

_USUAL = 0.9
"""Part of the ballots from which an item counts as one that people usually answer."""

_People = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class _Table:
    """A segment by its place in the order, and its cells."""

    at: int
    cells: tuple[Cell, ...]


@dataclass(kw_only=True)
class _Ledger:
    """What is admitted so far, and the time that is left for the auditor. People are counted by place."""

    counts: UnitCounts
    end: float
    tables: list[_Table] = field(default_factory=list)

    def passes(self, people: _People, tables: Sequence[_Table], sure: _People | None = None) -> bool:
        """Tell whether no sum of crowds and cells of at least k of these people is about fewer than k of them.

        With ``sure`` it has to be proven for everything between them and ``people``, and nobody is asked.
        """
        k = self.counts.k
        atom_of = self._atoms(tables)
        atoms = _held(atom_of, people)
        if is_proven(atoms, k=k, sure=atoms if sure is None else _held(atom_of, sure)):
            return True
        left = min(QUESTION_SECONDS, self.end - time.monotonic())
        if sure is not None or left <= 0:
            return False
        groups: dict[str, list[str]] = defaultdict(list)
        for (crowd, atom), name in zip(atoms, map(str, atoms), strict=True):
            groups[f"crowd {crowd}"].append(name)
            for number, cell in enumerate(atom):
                groups[f"table {number}, cell {cell}"].append(name)
        people_of = {str(atom): count for atom, count in atoms.items()}
        shown = {name: own for name, own in groups.items() if sum(people_of[each] for each in own) >= k}
        return is_about_enough(shown, people_of, k=k, seconds=left)

    def _atoms(self, tables: Sequence[_Table]) -> list[tuple[str, Atom]]:
        """Return by place its crowd and its cell of each table."""
        cell_of = [
            (table.at, {option: number for number, cell in enumerate(table.cells) for option in cell})
            for table in tables
        ]
        return [(crowd, tuple(own[chosen[at]] for at, own in cell_of)) for crowd, chosen in self.counts.places]

    def add(self, table: _Table) -> None:
        """Admit a table in the finest version that passes with those admitted before; one cell is no table."""
        sizes = _sizes(self.counts, self.counts.ballots, table.at)
        while len(table.cells) > 1 and not self.passes(self.counts.ballots, [*self.tables, table]):
            table = _Table(at=table.at, cells=_join_smallest(table.cells, sizes))
        if len(table.cells) > 1:
            self.tables.append(table)

    def declines(self, people: _People) -> frozenset[int]:
        """Return the segments in whose tables an item may not stand that only these people answered."""
        if self.passes(people, self.tables):
            return frozenset()
        kept: list[_Table] = []
        for table in self.tables:
            if self.passes(people, [*kept, table]):
                kept.append(table)
        return frozenset(table.at for table in self.tables if table not in kept)


def admit(counts: UnitCounts, *, seconds: float = UNIT_SECONDS) -> tuple[SegmentCut, ...]:
    """Return the tables of one unit that may be stored, in the order of its segments.

    Cells in which some usual question got fewer than k answers are joined before anything is asked. A segment of which
    one cell is left is not published, and none is under 100 ballots. An option that nobody chose goes with the smallest
    cell, so that nobody learns of it. An item that some skipped is looked at by itself among those who answered it,
    table after table, and declined where its own figures would give somebody away. Without an answer of the auditor in
    ``seconds`` for the whole unit, what is not admitted by then is declined. Ties are decided by option numbers.
    """
    check_k(counts.k)
    ledger = _Ledger(counts=counts, end=time.monotonic() + seconds)
    if counts.ballots.sum() < SEGMENTS_FROM:
        return ()
    finest = [_Table(at=at, cells=_finest(counts, at)) for at in range(len(counts.segments))]
    finest = [table for table in finest if len(table.cells) > 1]
    # Fewer tables tell less: where all pass at once, they would pass one by one as well.
    is_safe = ledger.passes(counts.ballots, finest, counts.complete)
    if is_safe or ledger.passes(counts.ballots, finest):
        ledger.tables = finest
    else:
        for table in finest:
            ledger.add(table)
    declined = {} if is_safe else {item: ledger.declines(own) for item, own in sorted(counts.opinions.items())}
    return tuple(
        SegmentCut(
            segment=counts.segments[table.at],
            cells=_whole(table, counts),
            declined=frozenset(item for item, at in declined.items() if table.at in at),
        )
        for table in ledger.tables
    )


def _finest(counts: UnitCounts, at: int) -> tuple[Cell, ...]:
    """Return every option that somebody chose as a cell, those with too few joined."""
    total = counts.ballots.sum()
    usual = [own for own in counts.opinions.values() if own.sum() >= _USUAL * total]
    sizes = _sizes(counts, counts.ballots, at)
    fewest = np.minimum.reduce([sizes, *(_sizes(counts, own, at) for own in usual)])
    cells: tuple[Cell, ...] = tuple((int(option),) for option in np.flatnonzero(sizes))
    while len(cells) > 1 and any(fewest[list(cell)].sum() < counts.k for cell in cells):
        cells = _join_smallest(cells, fewest)
    return cells


def _whole(table: _Table, counts: UnitCounts) -> tuple[Cell, ...]:
    """Return the cells with the options that nobody chose."""
    sizes = _sizes(counts, counts.ballots, table.at)
    smallest = min(table.cells, key=lambda cell: (sizes[list(cell)].sum(), cell))
    empty = [int(option) for option in np.flatnonzero(sizes == 0)]
    others = [cell for cell in table.cells if cell != smallest]
    return tuple(sorted([tuple(sorted([*smallest, *empty])), *others]))


def _join_smallest(cells: Sequence[Cell], sizes: _People) -> tuple[Cell, ...]:
    """Join the two cells with the fewest people, of equal ones those with the lowest option numbers."""
    first, second, *others = sorted(cells, key=lambda cell: (sizes[list(cell)].sum(), cell))
    return tuple(sorted([tuple(sorted(first + second)), *others]))


def _sizes(counts: UnitCounts, people: _People, at: int) -> _People:
    """Return how many of the people chose each option of a segment."""
    chosen = np.array([place[1][at] for place in counts.places])
    return np.bincount(chosen, weights=people, minlength=counts.options[at] + 1).astype(np.int64)


def _held(atom_of: Sequence[tuple[str, Atom]], people: _People) -> Counter[tuple[str, Atom]]:
    held: Counter[tuple[str, Atom]] = Counter()
    for atom, count in zip(atom_of, people.tolist(), strict=True):
        held[atom] += count
    return +held
