"""Where comments are shown: whole crowds only, enough ballots and comments, nothing kept of the rest."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.crowds.comments import LEAST_BALLOTS, LEAST_COMMENTS, Voices, is_enough, place
from surveys.crowds.tree import Tree

PARENTS = {"all": None, "dept": "all", "ant": "dept", "bee": "dept", "cat": "dept", "far": "all"}


def crowd(label: str, ballots: int, comments: int, home: str | None = None) -> Voices:
    return Voices(crowd=label, home=home or label, ballots=ballots, comments=comments)


def test_a_crowd_with_enough_keeps_its_comments_at_its_own_unit() -> None:
    assert place([crowd("ant", 10, 5), crowd("bee", 9, 9)], PARENTS) == {"ant": "ant"}


@pytest.mark.parametrize(("ballots", "comments"), [(10, 5), (9, 5), (10, 4), (400, 4), (9, 9)])
def test_ten_ballots_and_five_comments_are_needed(ballots: int, comments: int) -> None:
    expected = {"ant": "ant"} if (ballots, comments) == (10, 5) else {}
    assert place([crowd("ant", ballots, comments)], PARENTS) == expected
    assert is_enough(ballots, comments) is bool(expected)


def test_what_has_too_few_waits_for_the_unit_above_with_its_neighbours() -> None:
    found = place([crowd("ant", 7, 3), crowd("bee", 8, 2), crowd("far", 9, 9)], PARENTS)
    assert found == {"ant": "dept", "bee": "dept"}


def test_a_pool_leaves_out_the_crowds_that_a_unit_below_has_taken() -> None:
    crowds = [crowd("ant", 12, 6), crowd("bee", 8, 4), crowd("far", 20, 1)]
    assert place(crowds, PARENTS) == {"ant": "ant", "bee": "all", "far": "all"}


def test_what_is_left_at_the_root_has_no_place() -> None:
    assert place([crowd("ant", 12, 6), crowd("bee", 8, 4), crowd("far", 1, 0)], PARENTS) == {"ant": "ant"}
    assert place([], PARENTS) == {}


def test_a_crowd_over_several_units_is_placed_where_all_of_them_are_covered() -> None:
    assert place([crowd("ant~1", 10, 5, home="dept")], PARENTS) == {"ant~1": "dept"}


def test_more_comments_than_ballots_count_as_one_a_ballot() -> None:
    assert place([crowd("ant", 4, 9), crowd("bee", 96, 0)], PARENTS) == {}
    assert place([crowd("ant", 5, 9), crowd("bee", 95, 0)], PARENTS) == {"ant": "dept", "bee": "dept"}


@st.composite
def organisations(draw: st.DrawFn) -> tuple[dict[str, str | None], list[Voices]]:
    size = draw(st.integers(1, 8))
    parents: dict[str, str | None] = {"u0": None}
    parents |= {f"u{number}": f"u{draw(st.integers(0, number - 1))}" for number in range(1, size)}
    sizes = draw(st.lists(st.tuples(st.integers(5, 14), st.integers(0, 14), st.integers(0, size - 1)), max_size=8))
    return parents, [
        Voices(crowd=f"c{number}", home=f"u{home}", ballots=ballots, comments=min(ballots, comments))
        for number, (ballots, comments, home) in enumerate(sizes)
    ]


@settings(max_examples=20)
@given(organisations(), st.randoms(use_true_random=False))
def test_every_pool_is_large_enough_covers_its_crowds_and_hangs_on_no_order(
    organisation: tuple[dict[str, str | None], list[Voices]], dice: object
) -> None:
    parents, crowds = organisation
    found = place(crowds, parents)
    tree = Tree(parents)
    pools: dict[str, list[Voices]] = {}
    for each in crowds:
        if each.crowd in found:
            assert tree.covers(found[each.crowd], each.home)
            pools.setdefault(found[each.crowd], []).append(each)
    for pool in pools.values():
        assert sum(each.ballots for each in pool) >= LEAST_BALLOTS
        assert sum(each.comments for each in pool) >= LEAST_COMMENTS
    shuffled: Sequence[Voices] = list(crowds)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert place(shuffled, dict(reversed(parents.items()))) == found


@settings(max_examples=20)
@given(organisations())
def test_no_unit_below_could_have_shown_them_and_nothing_left_could_be_shown(
    organisation: tuple[dict[str, str | None], list[Voices]],
) -> None:
    parents, crowds = organisation
    found = place(crowds, parents)
    tree = Tree(parents)
    for unit in parents:
        # Crowds below this unit that were shown above it or nowhere are too few together.
        passed = [
            each
            for each in crowds
            if tree.covers(unit, each.home) and (each.crowd not in found or not tree.covers(unit, found[each.crowd]))
        ]
        assert not is_enough(sum(each.ballots for each in passed), sum(each.comments for each in passed))
