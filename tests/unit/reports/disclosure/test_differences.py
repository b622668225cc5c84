"""The proof that no sum is about few, against ranks of all small sets of people and cases worked out by hand."""

from __future__ import annotations

import itertools
import random
from collections import Counter, defaultdict

import numpy as np
import pytest

from reports.disclosure.differences import is_about_enough
from reports.disclosure.smallest import smallest_inferable

K = 5
Person = tuple[str, ...]
"""The groups that hold a person."""


def passes(people: Counter[Person], seconds: float = 5.0) -> bool:
    return is_about_enough(*shown(people), k=K, seconds=seconds)


def shown(people: Counter[Person]) -> tuple[dict[str, list[str]], dict[str, int]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for holders in people:
        for holder in holders:
            groups[holder].append(str(holders))
    return groups, {str(holders): count for holders, count in people.items()}


def by_rank(people: Counter[Person]) -> bool:
    """Whether nobody's shares are free: without the rows of any fewer than k people the rank is what it was."""
    names = sorted({holder for holders in people for holder in holders})
    rows = np.array([[float(name in holders) for name in names] for holders in people])
    sizes, rank = list(people.values()), np.linalg.matrix_rank(rows)
    for number in range(1, K):
        for few in itertools.combinations(range(len(sizes)), number):
            rest = [place for place in range(len(sizes)) if place not in few]
            if sum(sizes[place] for place in few) < K and (not rest or np.linalg.matrix_rank(rows[rest]) < rank):
                return False
    return True


def sites(crossing: int) -> Counter[Person]:
    """Ten teams in two sites; of the first team of each site so many are in the other."""
    people: Counter[Person] = Counter()
    for team in range(10):
        people[f"team {team}", f"site {team % 2}"] = 12 - (crossing if team < 2 else 0)
    people["team 0", "site 1"] = people["team 1", "site 0"] = crossing
    return +people


def test_one_person_minus_another_is_found_although_it_is_nobodys_figure() -> None:
    """Site 0 minus its five teams is the one of team 1 in site 0 minus the one of team 0 in site 1."""
    assert smallest_inferable(*shown(sites(1)), k=K).passed
    assert not passes(sites(1))


@pytest.mark.parametrize(("crossing", "is_safe"), [(0, True), (1, False), (2, False), (3, True)])
def test_from_five_people_on_in_the_difference_it_is_safe(crossing: int, is_safe: bool) -> None:
    assert passes(sites(crossing)) is is_safe


def test_without_time_nothing_passes_that_needs_a_search_and_nobody_is_always_safe() -> None:
    needs_search = sites(1)
    assert not passes(needs_search, seconds=0.0)
    assert passes(Counter())


@pytest.mark.parametrize("seed", range(12))
def test_the_answer_is_that_of_the_ranks(seed: int) -> None:
    dice = random.Random(seed)
    people: Counter[Person] = Counter()
    for crowd in range(dice.randint(2, 3)):
        home, faithful = dice.randrange(2), dice.random()
        for _ in range(dice.choice([5, 6, 8])):
            cell = home if dice.random() < faithful else dice.randrange(3)
            people[f"crowd {crowd}", f"cell {cell}", f"other {dice.choice([0, 0, 0, 1])}"] += 1
    assert passes(people) is by_rank(people)
