"""Turns blocks of people that are too small into blocks that are large enough, the same way ahead and at the count."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from surveys.crowds.tree import Tree

_LOOKAHEAD = 200
"""How many partners are tried in order that no unit above team level loses its last whole crowd."""

Entry = tuple[bool, int, str, "Block"]


@dataclass(eq=False, slots=True)
class Block:
    """People who will be counted together: the units whose groups it holds and the units that its people lead."""

    units: set[str]
    leads: set[str]
    size: int
    home: str
    siblings: bool
    """All units are teams directly under one leader."""
    of_teams: bool
    """All units are teams without units below them."""
    first: str = ""
    gone: bool = False
    counted: bool = False
    """It is among the whole blocks of its home and of the units above."""
    alone: bool = False
    """It is one unit large enough to have figures of its own, which a join would take from it."""

    @property
    def place(self) -> tuple[int, str]:
        """The place in the fixed order of size: the smallest first, then by the first of the keys."""
        return (self.size, self.first)

    def entry(self) -> Entry:
        """Return the block with its place among partners: those that lose nothing by a join first, then by size."""
        return (self.alone, *self.place, self)

    def __lt__(self, other: Block) -> bool:
        """Compare as :meth:`entry` does; a heap asks for it where it holds one block twice."""
        return (self.alone, *self.place) < (other.alone, *other.place)


class Merging:
    """The state of a merge: which block every unit's group is in, and how many whole blocks every unit has below it."""

    def __init__(self, tree: Tree, minimum: int) -> None:
        """``minimum`` is the size from which a block stands alone."""
        self.tree = tree
        self.minimum = minimum
        self.block_of: dict[str, Block] = {}
        self.live: dict[Block, None] = {}
        self._whole = dict.fromkeys(tree.parents, 0)

    def add(self, units: Iterable[str], leads: Iterable[str], size: int) -> Block:
        """Bring in a block; the order of the calls has no influence on the result."""
        keys = set(units)
        parents = {self.tree.parents[key] for key in keys}
        of_teams = all(self.tree.is_leaf(key) for key in keys)
        block = Block(
            units=keys,
            leads=set(leads),
            size=size,
            home=self.tree.common(keys),
            siblings=of_teams and len(parents) == 1,
            of_teams=of_teams,
            first=min(keys),
            alone=len(keys) == 1 and size >= self.minimum,
        )
        self.live[block] = None
        self.block_of.update(dict.fromkeys(keys, block))
        self._count(block)
        return block

    def remove(self, block: Block) -> None:
        """Take a block out; its people find other places one by one."""
        block.gone = True
        del self.live[block]
        for key in block.units:
            del self.block_of[key]
        self._discount(block)

    def join(self, one: Block, other: Block) -> Block:
        """Make one block of two and return it."""
        if len(other.units) > len(one.units):
            one, other = other, one
        self._discount(one)
        self._discount(other)
        same_parent = self.tree.parents[one.first] == self.tree.parents[other.first]
        one.siblings = one.siblings and other.siblings and same_parent
        one.of_teams = one.of_teams and other.of_teams
        one.units |= other.units
        one.leads |= other.leads
        one.size += other.size
        one.home = self.tree.common((one.home, other.home))
        one.first = min(one.first, other.first)
        one.alone = False
        self._count(one)
        self.block_of.update(dict.fromkeys(other.units, one))
        other.gone = True
        del self.live[other]
        return one

    def receives(self, unit: str, block: Block) -> bool:
        """Say whether the leader of ``unit`` gets the figures of ``block``, on the unit's own page or a joint one."""
        if self.tree.covers(unit, block.home):
            return True
        return unit in block.units and self._whole[unit] == 0

    def is_small(self, block: Block) -> bool:
        """Say whether a block is too small to stand alone."""
        return block.size < self.minimum

    def clashes(self, one: Block, other: Block) -> bool:
        """Say whether joining the two would let a leader answer in a crowd whose figures that leader receives."""
        return self._clash(one, other, self._lost(one, other))

    def join_teams(self) -> None:
        """Join small teams with the smallest under the same leader, then one level up, and so on to the root."""
        near: dict[str, list[Entry]] = {}
        far: dict[str, list[Entry]] = {}
        for block in self.live:
            if block.of_teams:
                place = (self.tree.parents[block.first] or block.home) if block.siblings else block.home
                (near if block.siblings else far).setdefault(place, []).append(block.entry())
        for leader in reversed(self.tree.top_down):
            heaps = (near.pop(leader, []), far.pop(leader, []))
            if heaps[0] or heaps[1]:
                below = self._settle(leader, heaps)
                parent = self.tree.parents[leader]
                if parent is not None:
                    far[parent] = _united(far.get(parent, []), below)

    def lift_leaders(self) -> None:
        """Join small groups of leaders with the group of the next unit above that can take them."""
        waiting: dict[str, list[Block]] = {}
        for block in sorted(self.live, key=lambda each: each.place):
            if not block.of_teams:
                waiting.setdefault(block.home, []).append(block)
        for unit in reversed(self.tree.top_down):
            for block in waiting.get(unit, []):
                if block.gone or block.home != unit or not self.is_small(block):
                    continue
                target = self._group_above(block)
                if target is not None:
                    joined = self.join(block, target)
                    waiting.setdefault(joined.home, []).append(joined)

    def finish(self) -> None:
        """Join what is still small with the smallest block that can take it, else with the smallest of all."""
        heap = [block.entry() for block in self.live]
        heapq.heapify(heap)
        while _top([heap]) and self.is_small(heap[0][-1]) and len(self.live) > 1:
            block = heapq.heappop(heap)[-1]
            partner = self._partner(block, [heap], may_cost=False) or self._partner(block, [heap], may_cost=True)
            if partner is None:
                partner = min((other for other in self.live if other is not block), key=Block.entry)
            heapq.heappush(heap, self.join(block, partner).entry())

    def _settle(self, leader: str, heaps: tuple[list[Entry], list[Entry]]) -> list[Entry]:
        """Join the small blocks under one leader; return the heap of all that are left, small ones included."""
        near, far = heaps
        stuck: list[Entry] = []
        heapq.heapify(near)
        heapq.heapify(far)
        while (top := _top(heaps)) is not None and self.is_small(top[0][-1]):
            block = heapq.heappop(top)[-1]
            partner = self._partner_under(leader, block, heaps)
            if partner is None:
                stuck.append(block.entry())
                continue
            joined = self.join(block, partner)
            if joined.of_teams:
                heapq.heappush(near if self._is_under(leader, joined) else far, joined.entry())
        return _united(_united(near, far), stuck)

    def _partner_under(self, leader: str, block: Block, heaps: tuple[list[Entry], list[Entry]]) -> Block | None:
        if self._is_under(leader, block):
            partner = self._partner(block, heaps[:1], may_cost=False)
            if partner is not None:
                return partner
            own = self.block_of.get(leader)
            large = own is not None and own is not block and own.size + block.size >= self.minimum
            if own is not None and large and not self.clashes(block, own):
                return own
        partner = self._partner(block, heaps, may_cost=False)
        if partner is None and leader == self.tree.root:
            partner = self._partner(block, heaps, may_cost=True)
        return partner

    def _is_under(self, leader: str, block: Block) -> bool:
        return block.siblings and self.tree.parents[block.first] == leader

    def _partner(self, block: Block, heaps: Iterable[list[Entry]], *, may_cost: bool) -> Block | None:
        """Return the block of the heaps that ``block`` may join, and leave the heaps as they were.

        It is the first in the fixed order that takes no unit above team level its last whole crowd. Where there is
        none and it ``may_cost``, it is the one that takes it from the fewest units.
        """
        pools = tuple(heaps)
        found: Block | None = None
        least = 0
        passed: list[tuple[list[Entry], Block]] = []
        while (top := _top(pools)) is not None and len(passed) < _LOOKAHEAD:
            other = heapq.heappop(top)[-1]
            if other is block:
                continue
            passed.append((top, other))
            cost = self._cost(block, other)
            if cost is not None and (found is None or cost < least) and (cost == 0 or may_cost):
                found, least = other, cost
            if found is not None and least == 0:
                break
        for heap, other in passed:
            heapq.heappush(heap, other.entry())
        return found

    def _cost(self, block: Block, other: Block) -> int | None:
        """Return how many units above team level a join takes their last whole crowd; None where leaders forbid it."""
        lost = self._lost(block, other)
        if self._clash(block, other, lost):
            return None
        if self.is_small(other):
            return 0
        above = self._below(other.home, self.tree.common((block.home, other.home)))
        return sum(key in lost and not self.tree.is_leaf(key) for key in above)

    def _group_above(self, block: Block) -> Block | None:
        above = self.tree.upwards(block.home)
        next(above)
        for unit in above:
            target = self.block_of.get(unit)
            if target is not None and target is not block and not self.clashes(block, target):
                return target
        return None

    def _clash(self, one: Block, other: Block, lost: set[str]) -> bool:
        for unit in lost:
            block = self.block_of.get(unit)
            if block is not None:
                leads = one.leads | other.leads if block in (one, other) else block.leads
                if unit in leads:
                    return True
        crossing = (one.units & other.leads) | (other.units & one.leads)
        return any(self._whole[unit] == 0 for unit in crossing)

    def _lost(self, one: Block, other: Block) -> set[str]:
        """Return the units that would have no whole block below them any more."""
        home = self.tree.common((one.home, other.home))
        paths = [self._below(block.home, home) for block in (one, other) if block.counted]
        return {key for path in paths for key in path if self._whole[key] == 1}

    def _count(self, block: Block) -> None:
        # A small group of leaders is about to go upwards: the units below must not rely on it.
        block.counted = block.of_teams or not self.is_small(block)
        if block.counted:
            for key in self.tree.upwards(block.home):
                self._whole[key] += 1

    def _discount(self, block: Block) -> None:
        if block.counted:
            for key in self.tree.upwards(block.home):
                self._whole[key] -= 1

    def _below(self, start: str, end: str) -> Iterator[str]:
        """Yield the units from ``start`` upwards, without ``end``."""
        for key in self.tree.upwards(start):
            if key == end:
                return
            yield key


def _top(heaps: Iterable[list[Entry]]) -> list[Entry] | None:
    """Return the heap with the smallest valid entry; entries of blocks that have changed since are thrown away."""
    best: list[Entry] | None = None
    for heap in heaps:
        while heap and (heap[0][-1].gone or heap[0][:-1] != heap[0][-1].entry()[:-1]):
            heapq.heappop(heap)
        if heap and (best is None or heap[0] < best[0]):
            best = heap
    return best


def _united(one: list[Entry], other: list[Entry]) -> list[Entry]:
    """Put two heaps together, the smaller into the larger."""
    if len(one) < len(other):
        one, other = other, one
    for entry in other:
        heapq.heappush(one, entry)
    return one
