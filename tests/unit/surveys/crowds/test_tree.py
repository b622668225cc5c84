"""The tree: who lies under whom, and what is no tree."""

from collections.abc import Mapping

import pytest

from surveys.crowds.tree import Tree

TREE = Tree({"top": None, "b": "top", "a": "top", "a1": "a", "a2": "a", "b1": "b"})


def test_the_lowest_common_unit_may_be_one_of_the_two() -> None:
    assert TREE.common(["a1", "a2"]) == "a"
    assert TREE.common(["a1", "a"]) == "a"
    assert TREE.common(["a1", "a2", "b1"]) == "top"
    assert TREE.common(["b1"]) == "b1"


def test_a_unit_covers_itself_and_what_lies_below_it() -> None:
    assert TREE.covers("a", "a2")
    assert TREE.covers("a", "a")
    assert not TREE.covers("a", "b1")
    assert not TREE.covers("a1", "a")


def test_the_order_from_the_top_does_not_depend_on_the_input() -> None:
    assert TREE.top_down == ("top", "a", "b", "a1", "a2", "b1")


@pytest.mark.parametrize(
    ("parents", "reason"),
    [
        ({"a": None, "b": None}, "one root"),
        ({"a": None, "b": "x"}, "unknown parent"),
        ({"a": None, "b": "c", "c": "b"}, "cycle"),
        ({}, "one root"),
    ],
)
def test_what_is_no_tree_is_refused(parents: Mapping[str, str | None], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Tree(parents)
