"""The search for the smallest group against every subset tried one by one, against the tree audit and by hand."""

from __future__ import annotations

import itertools
import random
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import milp

from reports.disclosure import smallest
from reports.disclosure.smallest import Outcome, Verdict, smallest_inferable
from reports.disclosure.tree_audit import audit_tree

ALL = 1_000
"""A k above everybody: then the smallest group of all is found."""


def spans(groups: Sequence[Collection[str]], wanted: Mapping[str, int]) -> bool:
    """Tell by elimination in fractions whether weights of the groups give exactly the wanted sums."""
    cells = sorted(wanted)
    rows = [[Fraction(cell in group) for group in groups] + [Fraction(wanted[cell])] for cell in cells]
    for column in range(len(groups)):
        pivot = next((row for row in rows if row[column] and not any(row[:column])), None)
        if pivot is None:
            continue
        for row in rows:
            if row is not pivot and row[column]:
                factor = row[column] / pivot[column]
                row[:] = [own - factor * other for own, other in zip(row, pivot, strict=True)]
    return all(any(row[:-1]) or not row[-1] for row in rows)


def by_hand(groups: Mapping[str, Collection[str]], cells: Mapping[str, int]) -> int | None:
    """Try every set of cells that hold people; returns the size of the smallest that the groups give away."""
    held = [cell for cell, people in sorted(cells.items()) if people]
    sizes = [
        sum(cells[cell] for cell in chosen)
        for count in range(1, len(held) + 1)
        for chosen in itertools.combinations(held, count)
        if spans(list(groups.values()), {cell: int(cell in chosen) for cell in held})
    ]
    return min(sizes, default=None)


def tables(seed: int) -> tuple[dict[str, list[str]], dict[str, int]]:
    """Return up to five groups that overlap as they like over up to seven cells of 0 to 4 people."""
    rng = random.Random(seed)
    cells = {f"c{number}": rng.randint(0, 4) for number in range(rng.randint(1, 7))}
    groups = {f"g{number}": [cell for cell in cells if rng.random() < 0.5] for number in range(rng.randint(0, 5))}
    return groups, cells


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
@example(seed=0)
def test_it_finds_what_trying_every_set_finds(seed: int) -> None:
    groups, cells = tables(seed)
    found = smallest_inferable(groups, cells, k=ALL)
    expected = by_hand(groups, cells)
    assert found.smallest == expected
    assert found.verdict is (Verdict.PASSED if expected is None else Verdict.FAILED)
    for k in (5, 6, 9):
        under = expected is not None and expected < k
        assert smallest_inferable(groups, cells, k=k).passed is not under


@given(seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_in_trees_it_finds_what_the_tree_audit_finds(seed: int) -> None:
    rng = random.Random(seed)
    units: dict[str, str | None] = {"root": None}
    for number in range(rng.randint(1, 9)):
        units[f"u{number}"] = rng.choice(sorted(units))
    crowds = {unit: rng.randint(1, 9) for unit in units}
    inside: dict[str, list[str]] = {unit: [] for unit in units}
    for unit in units:
        above: str | None = unit
        while above is not None:
            inside[above].append(unit)
            above = units[above]
    published = {unit: held for unit, held in inside.items() if rng.random() < 0.7}
    tree = audit_tree(units=units, published=published, crowds=crowds, answers=sum(crowds.values()))
    assert (smallest_inferable(published, crowds, k=ALL).smallest or 0) == tree.smallest


NAIVE = {"dept": ["a", "b", "c"], "a": ["a"], "b": ["b"]}
PEOPLE = {"a": 6, "b": 8, "c": 3}


def test_the_usual_rule_leaves_three_and_the_crowd_rule_five() -> None:
    found = smallest_inferable(NAIVE, PEOPLE)
    assert found == Outcome(verdict=Verdict.FAILED, smallest=3, example=("a", "b", "dept"))
    crowds = {"dept": ["a", "bc"], "a": ["a"], "bc": ["bc"]}
    assert smallest_inferable(crowds, {"a": 5, "bc": 11}).passed
    assert smallest_inferable(crowds, {"a": 5, "bc": 11}, k=6).smallest == 5


def test_two_tables_of_large_cells_give_one_person_away() -> None:
    # Two teams of six and two jobs; one welder sits in the first team, and everybody else of that team is a clerk.
    cells = {"1 clerk": 5, "1 welder": 1, "2 welder": 6}
    groups = {"team 1": ["1 clerk", "1 welder"], "team 2": ["2 welder"], "welders": ["1 welder", "2 welder"]}
    found = smallest_inferable(groups, cells)
    assert (found.smallest, found.example) == (1, ("team 2", "welders"))


def test_half_weights_are_found() -> None:
    # (12 + 13 + 23) / 2 - 23 = 1: nobody gets there by adding and subtracting whole groups alone.
    groups = {"12": ["1", "2"], "13": ["1", "3"], "23": ["2", "3"]}
    found = smallest_inferable(groups, {"1": 4, "2": 7, "3": 9})
    assert found.smallest == 4
    assert len(found.example) == 3


def test_cells_without_people_have_no_say() -> None:
    # The rest of the department would be cells b and c; b is empty, so the four people of c are alone.
    assert smallest_inferable({"dept": ["b", "c"]}, {"b": 0, "c": 4}).smallest == 4
    assert smallest_inferable({"dept": ["b", "c"]}, {"b": 0, "c": 5, "outside": 1}).passed


def test_the_smallest_of_several_parts_counts() -> None:
    groups = {"a": ["a"], "b": ["b"], "c": ["c"]}
    found = smallest_inferable(groups, {"a": 4, "b": 2, "c": 9})
    assert (found.smallest, found.example) == (2, ("b",))


def test_nothing_published_gives_nobody_away() -> None:
    assert smallest_inferable({}, {"a": 1}).passed
    assert smallest_inferable({"empty": []}, {}).passed


def test_without_time_nothing_is_proven() -> None:
    assert smallest_inferable(NAIVE, PEOPLE, seconds=0).verdict is Verdict.UNPROVEN


def test_parts_of_k_and_more_need_no_solver_and_no_time() -> None:
    groups = {f"crowd {number}": [str(number)] for number in range(2_000)}
    everybody = {**groups, "all": [str(number) for number in range(2_000)]}
    assert smallest_inferable(everybody, {str(number): 5 for number in range(2_000)}, seconds=0).passed


@pytest.mark.parametrize("status", [1, 3, 4])
def test_any_other_end_of_the_solver_is_no_proof(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smallest, "milp", lambda **_rest: SimpleNamespace(status=status, x=None))
    found = smallest_inferable(NAIVE, PEOPLE)
    assert found.verdict is Verdict.UNPROVEN
    assert not found.passed


@pytest.mark.parametrize("weights", [[-1.0, -0.5, 1.0], [0.3, 0.3, 0.3], [1.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
def test_an_answer_of_the_solver_that_does_not_hold_in_fractions_proves_nothing(
    weights: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = np.array([*weights, 0.0, 0.0, 1.0])
    monkeypatch.setattr(smallest, "milp", lambda **_rest: SimpleNamespace(status=0, x=wrong))
    assert smallest_inferable(NAIVE, PEOPLE).verdict is Verdict.UNPROVEN


def test_a_found_group_weighs_more_than_a_missing_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = itertools.count()
    no_end = SimpleNamespace(status=1, x=None)
    monkeypatch.setattr(smallest, "milp", lambda **rest: milp(**rest) if next(calls) else no_end)
    found = smallest_inferable({"a": ["a"], "b": ["b"]}, {"a": 4, "b": 3})
    assert (found.verdict, found.smallest) == (Verdict.FAILED, 3)


def test_impossible_input_is_refused() -> None:
    with pytest.raises(ValueError, match="known"):
        smallest_inferable({"a": ["nowhere"]}, {})
    with pytest.raises(ValueError, match="negative"):
        smallest_inferable({"a": ["a"]}, {"a": -1})
    with pytest.raises(ValueError, match="floor"):
        smallest_inferable({}, {}, k=4)


def doubling(levels: int) -> tuple[dict[str, list[str]], dict[str, int]]:
    """Return crowds and three tables in which one person comes out with weights that double from level to level.

    Two people of one crowd who are both left out give an equation between weights of cells. Those of each level make
    the cells of all tables as far apart as those of the first, and those of the next level twice as far.
    """
    crowds = [{(1, 0, 0): 1, (0, 0, 0): 9}]
    for level in range(levels):
        low, high = 2 * level, 2 * level + 1
        crowds.append({(high, low, 0): 6, (low, high, 0): 6})
        crowds.append({(high, 0, low): 6, (low, 0, high): 6})
        if level + 1 < levels:
            crowds.append({(high + 2, low, low): 6, (low + 2, high, high): 6})
    groups: dict[str, list[str]] = {}
    cells: dict[str, int] = {}
    for number, crowd in enumerate(crowds):
        for atom, people in crowd.items():
            name = f"{number}: {atom}"
            cells[name] = people
            for group in (f"crowd {number}", *(f"table {table}, cell {cell}" for table, cell in enumerate(atom))):
                groups.setdefault(group, []).append(name)
    return groups, cells


@pytest.mark.parametrize("levels", [2, 9, 14])
def test_somebody_is_found_however_large_the_weights_have_to_be(levels: int) -> None:
    assert smallest_inferable(*doubling(levels)).smallest == 1


def test_weights_that_double_give_somebody_away_by_elimination_too() -> None:
    groups, cells = doubling(2)
    assert spans(list(groups.values()), {cell: int(people == 1) for cell, people in cells.items()})
