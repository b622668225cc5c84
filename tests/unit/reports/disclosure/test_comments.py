"""Where comments stand that a redactor kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.disclosure.comments import TOGETHER, Kept, least_answers, settle
from reports.disclosure.policy import n_band
from surveys.crowds.comments import Voices, place

CROWDS = [("ant", 11), ("bee", 19), ("cat", 7), ("root", 7)]
"""Home and upper end of the n band."""

TREE = {"root": None, "north": "root", "south": "root", "ant": "north", "bee": "north", "cat": "south"}


def kept(least: int = 20, /, **texts: Sequence[str]) -> Mapping[str, Kept]:
    return {unit: Kept(texts=tuple(own), least=least) for unit, own in texts.items()}


def test_three_stand_where_they_were_placed_and_in_alphabetical_order() -> None:
    assert settle(kept(ant=["b", "C", "a"]), TREE, CROWDS) == {"ant": ("a", "b", "C")}


def test_letters_with_marks_stand_beside_those_without() -> None:
    assert settle(kept(ant=["Zero", "Ñandú", "Nothing", "Open"]), TREE, CROWDS) == {
        "ant": ("Nothing", "Ñandú", "Open", "Zero")
    }


def test_two_go_to_the_unit_above_and_stand_there_among_its_own() -> None:
    assert settle(kept(ant=["d", "b"], north=["a", "c", "e"]), TREE, CROWDS) == {"north": ("a", "b", "c", "d", "e")}


def test_the_few_of_two_sisters_meet_above_them() -> None:
    assert settle(kept(ant=["d", "b"], bee=["a"]), TREE, CROWDS) == {"north": ("a", "b", "d")}


def test_what_is_too_little_at_the_root_is_not_shown() -> None:
    assert settle(kept(ant=["a"], cat=["b"]), TREE, CROWDS) == {}
    assert settle({}, TREE, CROWDS) == {}


def test_a_unit_without_kept_comments_is_left_out() -> None:
    assert settle(kept(ant=[], bee=["a", "b", "c"]), TREE, CROWDS) == {"bee": ("a", "b", "c")}


def test_never_so_many_are_shown_that_they_say_more_than_the_bands() -> None:
    everybody = tuple(f"{number:02}" for number in range(11))
    first, second = (
        settle({"ant": Kept(texts=order, least=8)}, TREE, CROWDS) for order in (everybody, everybody[::-1])
    )
    assert first == second
    assert len(first["ant"]) == 8


def test_where_ten_were_invited_comments_do_not_tell_that_all_ten_answered() -> None:
    """Comments need ten answers, and the band of a crowd of ten invited is 8 to 10: together they say ten of ten."""
    assert place([Voices(crowd="ant", home="ant", ballots=10, comments=5)], TREE) == {"ant": "ant"}
    texts = ("a", "b", "c", "d", "e")
    for invited, unit in ((10, "north"), (11, "ant")):
        band = n_band(10, invited=invited)
        crowds = [("ant", band.high), ("bee", 7)]
        assert settle({"ant": Kept(texts=texts, least=band.low)}, TREE, crowds) == {unit: texts}


def test_comments_that_would_tell_the_number_rise_past_units_that_cover_nobody_else() -> None:
    ten = Kept(texts=("a", "b", "c", "d", "e"), least=8)
    assert settle({"ant": ten}, TREE, [("ant", 10), ("cat", 7)]) == {"root": ten.texts}
    assert settle({"ant": ten}, TREE, [("ant", 10)]) == {}
    others = Kept(texts=("f", "g", "h"), least=12)  # shown at bee, so that at north only those of ant could stand
    assert settle({"ant": ten, "bee": others}, TREE, [("ant", 10), ("bee", 19)]) == {"bee": others.texts}


def test_an_unknown_unit_is_an_error() -> None:
    with pytest.raises(KeyError):
        settle(kept(fox=["a"]), TREE, CROWDS)


def test_the_comments_of_a_crowd_stand_at_the_first_unit_above_it_that_has_some() -> None:
    crowds = [("ant", 8), ("bee", 5), ("north", 12), ("cat", 20), ("root", 5)]
    assert least_answers(crowds, {"ant", "root"}, TREE) == {"ant": 8, "root": 42}
    assert least_answers(crowds, {"north"}, TREE) == {"north": 25}


KEPT = st.dictionaries(
    st.sampled_from(sorted(TREE)),
    st.builds(
        lambda texts, more: Kept(texts=tuple(texts), least=max(5, len(texts) + more)),
        st.lists(st.sampled_from("abcdefgh"), max_size=6),
        st.integers(-3, 3),
    ),
)


@settings(max_examples=15, deadline=None)
@given(own=KEPT)
def test_comments_only_rise_and_are_neither_too_few_nor_too_many(own: dict[str, Kept]) -> None:
    shown = settle(own, TREE, CROWDS)
    for unit, texts in shown.items():
        under = [each for place, each in own.items() if unit in _upwards(place)]
        assert TOGETHER <= len(texts) <= sum(each.least for each in under)
        assert not set(texts) - {text for each in under for text in each.texts}
    assert sum(map(len, shown.values())) <= sum(len(each.texts) for each in own.values())


def _upwards(unit: str) -> list[str]:
    above = TREE[unit]
    return [unit, *(_upwards(above) if above else [])]
