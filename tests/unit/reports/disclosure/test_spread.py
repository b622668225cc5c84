"""The proof that few cannot be isolated, against the auditor and against cases worked out by hand."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

import pytest

from reports.disclosure import spread
from reports.disclosure.smallest import Verdict, smallest_inferable
from reports.disclosure.spread import Atom

People = Counter[tuple[str, Atom]]


def is_proven(people: People, k: int = 5, sure: People | None = None) -> bool:
    return spread.is_proven(people, k=k, sure=people if sure is None else sure)


def audited(people: People, k: int = 5) -> Verdict:
    groups: dict[str, list[str]] = defaultdict(list)
    for crowd, atom in people:
        name = str((crowd, atom))
        groups[f"crowd {crowd}"].append(name)
        for table, cell in enumerate(atom):
            groups[f"table {table}, cell {cell}"].append(name)
    return smallest_inferable(groups, {str(each): count for each, count in people.items()}, k=k).verdict


def spread_out(crowds: int, size: int, cells: int, tables: int = 1) -> People:
    """Everybody in a cell by turns, so that every crowd has people in all of them."""
    people: People = Counter()
    for crowd in range(crowds):
        for person in range(size):
            people[str(crowd), tuple((crowd + person * (table + 1)) % cells for table in range(tables))] += 1
    return people


@pytest.mark.parametrize("tables", [1, 2, 3])
def test_people_who_spread_over_all_cells_of_many_crowds_are_proven_safe(tables: int) -> None:
    assert is_proven(spread_out(12, 9, 3, tables), k=5)


def test_crowds_that_stand_in_one_cell_each_are_safe_although_no_equation_crosses_the_cells() -> None:
    people: People = Counter({(str(crowd), (crowd % 3,)): 7 for crowd in range(9)})
    assert is_proven(people, k=5)
    assert audited(people) is Verdict.PASSED


def test_one_person_beside_a_crowd_that_fills_the_rest_of_the_cell_is_not_proven_safe() -> None:
    """Cell 1 holds the crowd b and one person of a: the cell minus b is that person."""
    people = Counter({("a", (0,)): 7, ("a", (1,)): 1, ("b", (1,)): 8, ("c", (0,)): 90})
    assert not is_proven(people, k=5)
    assert audited(people) is Verdict.FAILED


@pytest.mark.parametrize(("there", "is_safe"), [(4, False), (5, True)])
def test_five_people_in_a_cell_beside_others_of_their_crowds_are_enough_and_four_are_not(
    there: int, is_safe: bool
) -> None:
    people: People = Counter({(str(crowd), (0,)): 8 for crowd in range(8)})
    people.update({(str(crowd), (1,)): 1 for crowd in range(there)})
    assert is_proven(people, k=5) is is_safe
    assert (audited(people) is Verdict.PASSED) is is_safe


def test_a_crowd_of_fewer_than_k_is_never_safe_and_nobody_always_is() -> None:
    assert not is_proven(Counter({("a", (0,)): 4, ("b", (0,)): 50}), k=5)
    assert is_proven(Counter(), k=5)
    assert is_proven(Counter({("a", (0,)): 0, ("b", (0,)): 5}), k=5)


def test_a_question_too_large_for_the_arithmetic_is_left_to_the_auditor() -> None:
    assert is_proven(spread_out(20, 44, 44), k=5)
    assert not is_proven(spread_out(20, 45, 45), k=5)
    assert not is_proven(spread_out(20, 9, 2, tables=4), k=5)


def uneven(dice: random.Random) -> People:
    people: People = Counter()
    options = [dice.randint(2, 3) for _ in range(dice.randint(1, 2))]
    for crowd in range(dice.randint(2, 9)):
        own = [dice.randrange(number) for number in options]
        for _ in range(dice.randint(5, 8)):
            cell = [
                usual if dice.random() < 0.5 else dice.randrange(number)
                for usual, number in zip(own, options, strict=True)
            ]
            people[str(crowd), tuple(cell)] += 1
    return people


@pytest.mark.slow
def test_what_is_proven_the_auditor_never_refuses_and_what_he_refuses_is_never_proven() -> None:
    dice = random.Random(21)
    seen: Counter[tuple[bool, Verdict]] = Counter()
    for _ in range(150):
        people = uneven(dice)
        seen[is_proven(people, k=5), audited(people)] += 1
    assert seen[True, Verdict.FAILED] == 0
    assert seen[True, Verdict.PASSED] > 20
    assert seen[False, Verdict.FAILED] > 20
