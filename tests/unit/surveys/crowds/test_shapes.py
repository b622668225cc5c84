"""Labels are a function of the unit keys: stable, short and never the same for two crowds."""

from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.crowds.shapes import MAX_LABEL, CountMerge, label_of


def test_one_team_gives_its_own_key_and_several_a_stable_digest() -> None:
    assert label_of(["payments"]) == "payments"
    assert label_of(["search", "payments"]) == label_of(["payments", "search"]) == "payments~9404e836adef"


@settings(max_examples=50, deadline=None)
@given(
    sets=st.lists(
        st.frozensets(st.text("ab~", min_size=1, max_size=50), min_size=1, max_size=3), min_size=2, max_size=2
    )
)
def test_different_units_have_different_labels_of_at_most_forty_characters(sets: list[frozenset[str]]) -> None:
    labels = {label_of(units) for units in sets}
    assert len(labels) == len(set(sets))
    assert all(len(label) <= MAX_LABEL for label in labels)


def test_a_merge_knows_all_its_units() -> None:
    assert CountMerge(parts=(("a", "d"), ("b",))).units == ("a", "b", "d")
