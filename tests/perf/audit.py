"""Prints the seconds of every auditor on an organisation of many teams and on units with segment tables.

    python -m tests.perf.audit [--teams 10000] [--unit-teams 160]

The organisation is a tree of teams of 5 to 15 answers, ten under every leader, each a crowd of its own but every
fourth, which is joined with its neighbour. The units have 5 to 11 answers a team and three segments.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from typing import TypeVar

from reports.disclosure.cells import RawCell, ReleasedCell, protect
from reports.disclosure.smallest import smallest_inferable
from reports.disclosure.tree_audit import audit_tree
from reports.disclosure.wave_audit import AuditedCrowd, AuditedWave, audit_wave, top_units

_Found = TypeVar("_Found")
_WIDTHS = ((40, 25, 20, 10, 5), (30, 30, 20, 20), (60, 20, 15, 5))
"""How often each option of the three segments is chosen, in per cent."""


def main() -> None:
    """Make the organisation and the units, audit them, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, default=10_000)
    parser.add_argument("--unit-teams", type=int, default=160)
    arguments = parser.parse_args()
    wave, cells = organisation(arguments.teams, random.Random(1))
    sizes = {label: crowd.people for label, crowd in wave.crowds.items()}
    print(f"{arguments.teams} teams, {len(sizes)} crowds, {sum(sizes.values())} answers")
    tree = timed(
        "tree audit",
        lambda: audit_tree(units=wave.parents, published=wave.published, crowds=sizes, answers=wave.answers),
    )
    groups = {**wave.published, **{f"crowd {label}": [label] for label in sizes}}
    whole = timed("smallest group, whole wave at once", lambda: smallest_inferable(groups, sizes))
    every = timed(f"all auditors, {len(set(top_units(wave.parents).values()))} units", lambda: audit_wave(wave))
    ranges = timed(f"the same with {len(cells)} figures of joint crowds", lambda: audit_wave(wave, cells=cells))
    assert all(found.passed for found in (tree, whole, every, ranges))
    teams = 6
    while teams <= arguments.unit_teams:
        segments(teams, random.Random(teams))
        teams *= 2


def organisation(teams: int, rng: random.Random) -> tuple[AuditedWave, list[ReleasedCell]]:
    """Return a wave over a tree of ten teams under every leader, and the figures of its joint crowds."""
    parents: dict[str, str | None] = {"root": None}
    level, left = ["root"], teams
    while left:
        below = []
        for leader in level:
            for _ in range(min(10, left)):
                below.append(f"t{teams - left}")
                parents[below[-1]] = leader
                left -= 1
        level = below
    leaders = {parent for parent in parents.values() if parent}
    leaves = [unit for unit in parents if unit not in leaders]
    crowds: dict[str, AuditedCrowd] = {unit: alone(unit, rng) for unit in sorted(leaders)}
    cells = []
    for number, unit in enumerate(leaves):
        before = leaves[number - 1]
        if number % 4 == 3 and parents[before] == parents[unit] and before in crowds:
            del crowds[before]
            people = rng.randint(6, 15)
            crowds[unit] = AuditedCrowd(home=parents[unit] or "root", units={unit: 6, before: 6}, people=people)
            for item in range(15):
                total = rng.randint(2 * people, 5 * people)
                cell = protect(RawCell(crowd=unit, measure=f"i{item}", n=people, total=total, favourable=0))
                assert isinstance(cell, ReleasedCell)
                cells.append(cell)
        else:
            crowds[unit] = alone(unit, rng)
    published: dict[str, list[str]] = {unit: [] for unit in parents}
    for label, crowd in crowds.items():
        at: str | None = crowd.home
        while at is not None:
            published[at].append(label)
            at = parents[at]
        for unit in crowd.units:
            published[unit] = published[unit] or [label]
    answers = sum(crowd.people for crowd in crowds.values())
    pages = {unit: labels for unit, labels in published.items() if labels}
    return AuditedWave(parents=parents, published=pages, crowds=crowds, answers=answers), cells


def alone(unit: str, rng: random.Random) -> AuditedCrowd:
    """Return the crowd of one unit."""
    return AuditedCrowd(home=unit, units={unit: 15}, people=rng.randint(5, 15))


def segments(teams: int, rng: random.Random) -> None:
    """Ask for each of three segment tables of a unit in turn, with those that passed before."""
    cells: dict[str, int] = {}
    places: dict[str, tuple[int, ...]] = {}
    for team in range(teams):
        for _ in range(rng.randint(5, 11)):
            chosen = tuple(rng.choices(range(len(weights)), weights)[0] for weights in _WIDTHS)
            places[str((team, chosen))] = (team, *chosen)
            cells[str((team, chosen))] = cells.get(str((team, chosen)), 0) + 1
    groups: dict[str, list[str]] = {}
    for cell, place in places.items():
        groups.setdefault(f"team {place[0]}", []).append(cell)
    for at in range(1, len(_WIDTHS) + 1):
        asked = {name: list(held) for name, held in groups.items()}
        for cell, place in places.items():
            asked.setdefault(f"segment {at} {place[at]}", []).append(cell)
        label = f"{teams} teams, {sum(cells.values())} answers, {len(cells)} cells, segment {at}"
        found = timed(label, lambda asked=asked: smallest_inferable(asked, cells))  # type: ignore[misc]
        print(f"    {found.verdict.value}")
        groups = asked if found.passed else groups


def timed(label: str, work: Callable[[], _Found]) -> _Found:
    """Do the work once and print its seconds."""
    began = time.perf_counter()
    found = work()
    print(f"{label}: {time.perf_counter() - began:.3f} s")
    return found


if __name__ == "__main__":
    main()
