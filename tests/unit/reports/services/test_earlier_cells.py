"""Checks in which form an imported result may be shown: coarse for few answers, never telling what all said."""

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.services.earlier_cells import EarlierMeasure, shown
from surveys.i18n import translator
from surveys.importers.history_map import ValueKind

EN = translator("en")
SHARE = EarlierMeasure(
    source="old", tool="Old Tool", code="strain", name="Strained", kind=ValueKind.PERCENT, low=0, high=100,
    is_lower_better=True, scale=None,
)  # fmt: skip
MEAN = EarlierMeasure(
    source="old", tool="Old Tool", code="energy", name="Energy", kind=ValueKind.MEAN, low=1, high=5,
    is_lower_better=False, scale=None,
)  # fmt: skip
INDEX = EarlierMeasure(
    source="old", tool="Old Tool", code="index", name="Index", kind=ValueKind.MEAN, low=0, high=100,
    is_lower_better=False, scale=None,
)  # fmt: skip


def texts(measure, value, n, *, k=5, least=10):
    cell = shown(measure, value, n, k=k, least=least, tr=EN)
    return cell.value, cell.answers


def test_a_share_of_many_is_as_fine_as_three_heads_allow_with_the_band_of_answers():
    assert texts(SHARE, 29.949, 2640) == ("30.0 %", "about 2640")
    assert texts(SHARE, 30.31, 2640)[0] == "30.4 %"
    assert texts(SHARE, 30.31, 260) == ("30 %", "about 260")


def test_a_share_of_few_is_a_band_in_words():
    assert texts(SHARE, 33.3, 9) == ("a third to two thirds", "8 to 11")
    assert texts(SHARE, 100.0, 6) == ("half or more", "5 to 7")


def test_nobody_learns_that_all_or_none_of_many_said_so():
    assert texts(SHARE, 0.0, 60)[0] == "6 % or less"
    assert texts(SHARE, 100.0, 60)[0] == "94 % or more"


def test_a_mean_of_few_has_the_step_and_the_edges_of_our_own():
    assert texts(MEAN, 3.47, 6) == ("3.4", "5 to 7")
    assert texts(MEAN, 5.0, 6)[0] == "4.4 or more"
    assert texts(MEAN, 1.0, 15)[0] == "1.3 or less"
    assert texts(MEAN, 3.4567, 300)[0] == "3.46"


def test_another_range_has_the_same_steps_in_proportion():
    assert texts(INDEX, 63.0, 300) == ("63.0", "about 300")
    assert texts(INDEX, 63.0, 15)[0] == "65"
    assert texts(INDEX, 100.0, 15)[0] == "90 or more"


def test_without_a_number_of_answers_the_least_that_is_vouched_for_decides():
    assert texts(INDEX, 63.0, None, least=10) == ("65", "not known, 10 or more vouched for")


@settings(max_examples=25, deadline=None)
@given(st.integers(5, 400), st.data())
def test_of_few_answers_no_share_is_shown_that_only_one_count_of_heads_can_make(n, data):
    heads = data.draw(st.integers(0, n))
    text = texts(SHARE, 100 * heads / n, n)
    same = [each for each in range(n + 1) if texts(SHARE, 100 * each / n, n) == text]
    assert heads in same
    if heads in {0, n} or n < 50:
        assert len(same) >= 3
