"""Turns a tree of units and the people invited into crowds, before anybody has answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from surveys.crowds.merging import Block, Merging
from surveys.crowds.shapes import WHOLE_COMPANY, CountMerge, Crowd, Plan, Unit, label_of
from surveys.crowds.thresholds import DEFAULT_RESPONSE, K_FLOOR, least_invited
from surveys.crowds.tree import Tree
from surveys.errors import Refused
from surveys.i18n import Message, mark


def plan_crowds(
    units: Sequence[Unit],
    people: Mapping[str, str],
    *,
    k: int = K_FLOOR,
    response: float = DEFAULT_RESPONSE,
    previous: Iterable[CountMerge] = (),
) -> Plan:
    """Partition everybody invited into crowds of which at least k people are expected to answer.

    ``people`` maps an opaque person key to the key of the home unit; ``response`` is the expected share of answers in
    (0, 1]; ``previous`` are merges of earlier counts that are kept. The rule is section 6 of the design: a leader
    answers in the own leader's group; a team that is too small is joined with the smallest under the same leader, then
    upwards; a small group of leaders goes upwards, and at the root its people join the smallest crowds whose figures
    they do not receive. The order of the input has no influence. Raises :class:`Refused` below k people and ValueError
    for a broken tree, an unknown home unit or a k below 5.
    """
    if k < K_FLOOR:
        raise ValueError(f"k is at least {K_FLOOR}")
    if len(people) < k:
        text = mark("Only {invited} people are invited. A wave needs at least {k}, so that nobody can be singled out.")
        raise Refused(text, invited=len(people), k=k)
    planning = _Planning(units, people, least_invited(k, response))
    planning.keep(sorted(previous, key=lambda merge: merge.parts))
    planning.merge()
    return planning.plan(k)


class _Planning:
    """One plan in the making: the blocks of the merge and the people in them."""

    def __init__(self, units: Sequence[Unit], people: Mapping[str, str], minimum: int) -> None:
        self.units = tuple(sorted(units, key=lambda unit: unit.key))
        self.tree = Tree({unit.key: unit.parent for unit in self.units})
        self.merging = Merging(self.tree, minimum)
        self.dissolved = False
        self.placed: dict[str, Block] = {}
        self.led: dict[str, set[str]] = {}
        for unit in self.units:
            if unit.leader is not None and unit.leader in people:
                self.led.setdefault(unit.leader, set()).add(unit.key)
        self.top: str | None = None
        self.groups = self._groups(people)
        for key, members in self.groups.items():
            self.merging.add([key], self._led_by(members), len(members))

    def _groups(self, people: Mapping[str, str]) -> dict[str, list[str]]:
        """Return the people of each unit's group by unit; only the leader of the root is in none."""
        groups: dict[str, list[str]] = {}
        for person in sorted(people):
            unit: str | None = people[person]
            if unit not in self.tree.parents:
                raise ValueError(f"unknown home unit {unit}")
            if person in self.led:
                topmost = min(self.led[person], key=lambda key: (self.tree.depth[key], key))
                unit = self.tree.parents[topmost]
            if unit is None:
                self.top = person
            else:
                groups.setdefault(unit, []).append(person)
        return groups

    def _led_by(self, members: Iterable[str]) -> set[str]:
        return {unit for person in members for unit in self.led.get(person, ())}

    def keep(self, previous: Iterable[CountMerge]) -> None:
        """Join what was joined at an earlier count, as far as the units still have people and no leader is caught."""
        for merge in previous:
            first: Block | None = None
            for unit in merge.units:
                block = self.merging.block_of.get(unit)
                if block is None or block is first:
                    continue
                if first is None:
                    first = block
                elif not self.merging.clashes(first, block):
                    first = self.merging.join(first, block)

    def merge(self) -> None:
        """Run the procedure from the teams up; afterwards every person is in a block or placed in one."""
        self.merging.join_teams()
        self.merging.lift_leaders()
        homeless = self._dissolve_top()
        self.merging.finish()
        if len(self.merging.live) < 2:
            return
        for person in homeless:
            self._place(person, allowed=True)
        if self.top is not None:
            self._place(self.top, allowed=True)
        self._move_receivers()

    def _dissolve_top(self) -> list[str]:
        """Take the small group of leaders at the root apart and return its people."""
        block = self.merging.block_of.get(self.tree.root)
        if block is None or not self.merging.is_small(block) or any(self.tree.is_leaf(key) for key in block.units):
            return []
        people = [person for key in sorted(block.units) for person in self.groups[key]]
        self.merging.remove(block)
        self.dissolved = True
        return sorted(people)

    def _place(self, person: str, *, allowed: bool, without: Block | None = None) -> bool:
        """Put one person into the smallest block whose figures that person does not receive.

        Where there is none, the smallest block takes the person if ``allowed``. The leader of the root receives every
        figure, so for that unit the rule cannot hold.
        """
        led = self.led.get(person, set()) - {self.tree.root}
        blocks = sorted((block for block in self.merging.live if block is not without), key=lambda block: block.place)
        free = (block for block in blocks if not any(self.merging.receives(unit, block) for unit in led))
        target = next(free, blocks[0] if allowed else None)
        if target is None:
            return False
        target.size += 1
        target.leads |= self.led.get(person, set())
        self.placed[person] = target
        return True

    def _move_receivers(self) -> None:
        """Find another place for leaders who ended in a crowd whose figures they receive, where it can spare them."""
        moved: set[str] = set()
        for block in sorted(self.merging.live, key=lambda block: block.place):
            for unit in sorted(self._receiving(block) - {self.tree.root}):
                leader = next(key for key, led in self.led.items() if unit in led)
                spare = block.size > self.merging.minimum and leader != self.top and leader not in moved
                if spare and self._place(leader, allowed=False, without=block):
                    moved.add(leader)  # somebody who leads several units moves once
                    block.size -= 1
                    block.leads -= self.led[leader]

    def _receiving(self, block: Block) -> set[str]:
        return {unit for unit in block.leads if self.merging.receives(unit, block)}

    def plan(self, k: int) -> Plan:
        """Return the finished plan."""
        whole = len(self.merging.live) < 2
        crowds = [self._whole_company()] if whole else [self._crowd(block) for block in self.merging.live]
        assignment = dict.fromkeys((person for members in self.groups.values() for person in members), WHOLE_COMPANY)
        if self.top is not None:
            assignment[self.top] = WHOLE_COMPANY
        if not whole:
            labels = {block: label_of(block.units) for block in self.merging.live}
            homes = {p: self.merging.block_of.get(key) for key, members in self.groups.items() for p in members}
            found = {**{p: block for p, block in homes.items() if block is not None}, **self.placed}
            assignment = {person: labels[block] for person, block in found.items()}
        if Counter(assignment.values()) != {crowd.label: crowd.invited for crowd in crowds}:
            raise AssertionError("the crowds do not hold the people they say")
        return Plan(
            units=self.units,
            crowds=tuple(sorted(crowds, key=lambda crowd: crowd.label)),
            assignment=dict(sorted(assignment.items())),
            k=k,
            minimum=self.merging.minimum,
            notes=tuple(self._notes(crowds)),
        )

    def _notes(self, crowds: Sequence[Crowd]) -> Iterator[Message]:
        """Yield what a steward should know before opening."""
        if crowds[0].is_whole_company:
            yield Message("No team can stand alone. One report covers everybody, and the leaders answer in it too.")
            return
        teams = {key for key in self.tree.parents if self.tree.is_leaf(key)}
        alone = sum(crowd.units[0] in teams for crowd in crowds if len(crowd.units) == 1)
        yield Message("Teams with figures of their own: {alone} of {teams}.", {"alone": alone, "teams": len(teams)})
        if self.dissolved:
            yield Message(
                "The group at the top is too small. Its people answer in the smallest crowds of other leaders."
            )
        names = {unit.key: unit.name for unit in self.units}
        for crowd in crowds:
            for unit in crowd.receiving:
                text = mark("The leader of {team} receives the figures of the crowd in which this leader answers.")
                yield Message(text, {"team": names[unit]})

    def _crowd(self, block: Block) -> Crowd:
        return Crowd(
            label=label_of(block.units),
            units=tuple(sorted(block.units)),
            home=block.home,
            invited=block.size,
            leads=tuple(sorted(block.leads)),
            receiving=tuple(sorted(self._receiving(block))),
        )

    def _whole_company(self) -> Crowd:
        leads = tuple(sorted(self._led_by(self.led)))
        return Crowd(
            label=WHOLE_COMPANY,
            units=tuple(sorted(self.groups)),
            home=self.tree.root,
            invited=sum(map(len, self.groups.values())) + (self.top is not None),
            is_whole_company=True,
            leads=leads,
            receiving=leads,
        )
