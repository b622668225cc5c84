"""The auditor against the usual rule, by hand-made faults and by brute force on small random trees."""

from __future__ import annotations

import itertools
import random
from collections.abc import Collection, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.disclosure.tree_audit import AuditAccount, audit_tree

TREE = {"all": None, "dept": "all", "a": "dept", "b": "dept", "c": "dept", "other": "all"}


def account(
    published: Mapping[str, Collection[str]], crowds: Mapping[str, int], answers: int | None = None, k: int = 5
) -> AuditAccount:
    total = sum(crowds.values()) if answers is None else answers
    return audit_tree(units=TREE, published=published, crowds=crowds, answers=total, k=k)


def words(found: AuditAccount) -> str:
    return " ".join(str(line) for line in found.lines)


def test_whole_crowds_pass_in_any_union() -> None:
    published = {"all": ["ab", "c", "o"], "dept": ["ab", "c"], "a": ["ab"], "b": ["ab"], "c": ["c"], "other": ["o"]}
    found = account(published, {"ab": 7, "c": 5, "o": 9})
    assert found.passed
    assert found.smallest == 5
    assert len(found.lines) == 3


def test_hiding_teams_under_five_and_showing_their_department_fails() -> None:
    # The usual rule: c has 3 answers and is hidden, its department is shown, and so are its neighbours.
    found = account({"dept": ["a", "b", "c"], "a": ["a"], "b": ["b"]}, {"a": 6, "b": 8, "c": 3})
    assert not found.passed
    assert found.smallest == 3
    assert "dept minus those inside it" in words(found)
    assert "fewer than 5 answers: c." in words(found)
    assert "nothing of it is visible" in words(found)


def test_two_hidden_neighbours_are_no_difference_but_no_crowds_either() -> None:
    found = account({"dept": ["a", "b", "c"], "a": ["a"]}, {"a": 6, "b": 4, "c": 3})
    assert found.smallest == 6
    assert not found.passed


def test_a_small_group_is_found_through_a_withheld_middle_level() -> None:
    published = {"all": ["a", "b", "c", "o"], "a": ["a"], "b": ["b"], "other": ["o"]}
    found = account(published, {"a": 6, "b": 8, "c": 2, "o": 9})
    assert found.smallest == 2
    assert "all minus those inside it" in words(found)


def test_a_small_published_team_is_named() -> None:
    assert "figures of a are about fewer" in words(account({"a": ["a"], "b": ["b"]}, {"a": 4, "b": 8}))


def test_k_can_be_higher() -> None:
    assert not account({"a": ["a"]}, {"a": 7}, k=8).passed
    with pytest.raises(ValueError, match="floor"):
        account({"a": ["a"]}, {"a": 7}, k=4)


def test_an_empty_crowd_may_exist_but_not_be_published() -> None:
    assert account({"a": ["a"]}, {"a": 7, "b": 0}).passed
    assert not account({"a": ["a"], "b": ["b"]}, {"a": 7, "b": 0}).passed


def test_nothing_published_isolates_nobody() -> None:
    found = account({}, {})
    assert found.passed
    assert found.smallest == 0


@pytest.mark.parametrize(("crowds", "answers"), [({"a": 7}, 8), ({"a": 7, "b": -1}, 6)])
def test_lost_or_doubled_answers_fail(crowds: dict[str, int], answers: int) -> None:
    found = account({"a": ["a"]}, crowds, answers)
    assert not found.passed
    assert "exactly once" in words(found)


def test_unknown_units_crowds_and_parents_fail() -> None:
    assert "not in the tree: x" in words(account({"x": ["a"]}, {"a": 7}))
    assert "never counted: y" in words(account({"a": ["y"]}, {"a": 7}))
    lost = audit_tree(units={"a": "gone"}, published={"a": ["a"]}, crowds={"a": 7}, answers=7)
    assert "not in the tree: gone" in words(lost)


def test_a_unit_inside_itself_fails() -> None:
    units = {"top": None, "x": "y", "y": "x"}
    found = audit_tree(units=units, published={"x": ["a"]}, crowds={"a": 7}, answers=7)
    assert not found.passed
    assert "lies inside itself" in words(found)


def test_a_long_list_of_small_crowds_is_cut() -> None:
    crowds = {f"c{number}": 2 for number in range(9)}
    found = account({"all": list(crowds)}, crowds)
    assert "c0, c1, c2, c3, c4 …" in words(found)


def test_no_count_of_a_group_stands_in_the_account() -> None:
    assert "3" not in words(account({"dept": ["a", "b", "c"], "a": ["a"], "b": ["b"]}, {"a": 6, "b": 8, "c": 3}))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 7))
def test_the_smallest_group_is_that_of_brute_force(seed: int, size: int) -> None:
    # Each unit has people of its own and covers all units under it; some units are published. Subtracting any choice
    # of published units inside a published unit must find the same smallest group as the auditor.
    draw = random.Random(seed)
    units: dict[str, str | None] = {"u0": None}
    for number in range(1, size):
        units[f"u{number}"] = f"u{draw.randrange(number)}"
    crowds = {unit: draw.choice([0, 1, 3, 4, 5, 6, 9]) for unit in units}
    covers = {unit: {unit} for unit in units}
    for unit in reversed(units):
        parent = units[unit]
        if parent is not None:
            covers[parent] |= covers[unit]
    published = {unit: covers[unit] for unit in units if draw.random() < 0.7}
    found = audit_tree(units=units, published=published, crowds=crowds, answers=sum(crowds.values()))
    smallest = brute_force(published, crowds)
    assert found.smallest == smallest
    leak = 0 < smallest < 5
    assert ("leaves fewer" in words(found)) is not leak
    if leak:
        assert not found.passed


def brute_force(published: Mapping[str, set[str]], crowds: Mapping[str, int]) -> int:
    sizes = set()
    for whole in published.values():
        inside = [part for part in published.values() if part < whole]
        for count in range(len(inside) + 1):
            for chosen in itertools.combinations(inside, count):
                left = whole.difference(*chosen)
                sizes.add(sum(crowds[crowd] for crowd in left))
    return min((size for size in sizes if size), default=0)
