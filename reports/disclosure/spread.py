"""Turns how people of crowds spread over segment cells into a proof, where there is one, that few cannot be isolated.

A search (``differences``) decides every case that it has the time for; this decides the large and plain ones at once.

Give every published group (crowd or cell) a weight. What somebody computes is about few people, fewer than k, if the
weights of everybody's groups sum to 0 for all but these. Two people of one crowd who both have 0 tell
that the weights of their cells are the same in sum: one equation. Where k sets of people, none of them in two, each
give all equations that the unit's crowds give at all, fewer than k people leave one set untouched. Then the cells of
any two people of one crowd have the same weight, and the crowd has it as a whole. A crowd has k people.

Ranks are taken modulo the prime 2**61 - 1. An equation has at most six entries other than 0, each 1 or -1, so that no
determinant of 44 of them reaches the prime (Hadamard: 6**22): the rank is the one over the real numbers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

_PRIME = 2**61 - 1
_LARGEST_RANK = 44
_MOST_TABLES = 3

Atom = tuple[int, ...]
"""The cell of each table in which people stand, by number."""

_NOBODY: Counter[Atom] = Counter()


def is_proven(people: Mapping[tuple[str, Atom], int], *, k: int, sure: Mapping[tuple[str, Atom], int]) -> bool:
    """Tell whether it is proven that the totals of crowds and of cells give away nobody among fewer than ``k`` people.

    ``people`` are their numbers by crowd and cells, ``sure`` the part of them from whom the equations are taken. Then
    it is proven at once for every set of people between the two that has no crowd of 1 to ``k`` - 1. All cells are
    taken to be published; a figure fewer can only give away less. False says nothing: the auditor is to be asked.
    """
    crowds = _by_crowd(people)
    if any(own.total() < k for own in crowds.values()):
        return False
    unit = _Unit(crowds)
    if not unit.is_small:
        return False
    return any(
        all(_take_set(left, unit, wanted) for _ in range(k))
        for left, wanted in ((_by_crowd(sure), rank) for rank in unit.ranks(crowds))
    )


def _by_crowd(people: Mapping[tuple[str, Atom], int]) -> dict[str, Counter[Atom]]:
    crowds: dict[str, Counter[Atom]] = defaultdict(Counter)
    for (crowd, atom), count in sorted(people.items()):
        if count:
            crowds[crowd][atom] += count
    return crowds


class _Unit:
    """Numbers the cells of all tables one after the other, and orders people by how common their cells are.

    ``levels`` are the crowds and cells of people by the size of the smallest of their cells, the largest first, each
    with the number of equations that cells of this size and more can give at most.
    """

    def __init__(self, crowds: Mapping[str, Counter[Atom]]) -> None:
        self.held: Counter[tuple[int, int]] = Counter()
        for own in crowds.values():
            for atom, count in own.items():
                for cell in enumerate(atom):
                    self.held[cell] += count
        self.columns = {cell: place for place, cell in enumerate(sorted(self.held))}
        tables = len({table for table, _ in self.held})
        self.is_small = len(self.columns) <= _LARGEST_RANK and tables <= _MOST_TABLES
        by_level: dict[int, list[tuple[str, Atom]]] = defaultdict(list)
        for crowd, own in crowds.items():
            for atom in own:
                by_level[self.rarity(atom)].append((crowd, atom))
        self.levels = [(self._most(level), by_level[level]) for level in sorted(by_level, reverse=True)]

    def ranks(self, crowds: Mapping[str, Counter[Atom]]) -> Iterator[int]:
        """Yield with how many equations nothing is left open: first the most there can be, then what is wanted here."""
        yield self._most(0)
        rank = self._rank(crowds)
        if rank < self._most(0):
            yield rank

    def rarity(self, atom: Atom) -> int:
        """Return the number of people in the smallest of the cells."""
        return min((self.held[cell] for cell in enumerate(atom)), default=0)

    def _most(self, level: int) -> int:
        cells = Counter(table for (table, _), people in self.held.items() if people >= level)
        return sum(count - 1 for count in cells.values())

    def _rank(self, crowds: Mapping[str, Counter[Atom]]) -> int:
        """Return how many independent equations all pairs of people of one crowd give."""
        equations = _Equations(self.columns)
        most = self._most(0)
        seen = set()
        for own in crowds.values():
            first, *others = own
            for atom in others:
                if equations.rank == most:
                    return most
                if (first, atom) not in seen:
                    seen.add((first, atom))
                    equations.add(first, atom)
        return equations.rank


class _Equations:
    """Independent equations between the weights of cells, each freed of the leading terms of those before it."""

    def __init__(self, columns: Mapping[tuple[int, int], int]) -> None:
        self._columns = columns
        self._rows: dict[int, list[int]] = {}

    @property
    def rank(self) -> int:
        """How many there are."""
        return len(self._rows)

    def add(self, one: Atom, other: Atom) -> bool:
        """Add that people in these cells have equal weights; tell whether that says anything new."""
        row = [0] * len(self._columns)
        for table, (own, its) in enumerate(zip(one, other, strict=True)):
            if own != its:
                row[self._columns[table, own]] += 1
                row[self._columns[table, its]] -= 1
        for lead, known in self._rows.items():
            if factor := row[lead]:
                row = [(value - factor * each) % _PRIME for value, each in zip(row, known, strict=True)]
        if not any(row):
            return False
        lead = next(place for place, value in enumerate(row) if value)
        inverse = pow(row[lead], -1, _PRIME)
        self._rows[lead] = [value * inverse % _PRIME for value in row]
        return True


def _take_set(left: Mapping[str, Counter[Atom]], unit: _Unit, wanted: int) -> bool:
    """Take people out of ``left`` who by themselves give ``wanted`` equations; false where they were not found.

    Those in common cells are taken first, so that few of the others are needed. The first of a crowd needs one more
    person of it to be compared with.
    """
    equations = _Equations(unit.columns)
    compared: dict[str, Atom] = {}
    for most, people in unit.levels:
        for crowd, atom in people:
            if not left.get(crowd, _NOBODY)[atom]:
                continue
            if equations.rank in {most, wanted}:
                break
            own = left[crowd]
            others = [compared[crowd]] if crowd in compared else _more_common(own, atom, unit)
            other = next((each for each in others if equations.add(atom, each)), None)
            if other is not None:
                own[atom] -= 1
                if crowd not in compared:
                    compared[crowd] = other
                    own[other] -= 1
    return equations.rank == wanted


def _more_common(own: Counter[Atom], atom: Atom, unit: _Unit) -> list[Atom]:
    """Return the other cells of a crowd that still have people and are no rarer, the most common first."""
    rarity = unit.rarity(atom)
    others = [(unit.rarity(other), other) for other, count in own.items() if count and other != atom]
    return [other for level, other in sorted(others, key=lambda each: (-each[0], each[1])) if level >= rarity]
