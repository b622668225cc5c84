"""Scoring of plain tables, by the rule that the questionnaires of the product are scored by."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reports.stats.scoring import key, least_answered, percent_favourable, reverse, scale_mean, to_percent
from surveys.instruments.library import compose, load
from surveys.instruments.schema import Direction
from surveys.instruments.scoring import NO_ANSWER, measures, score

CORE = compose([load("core-1"), load("burnout-1")])


@given(answers=hnp.arrays(np.int8, (5, len(CORE.items)), elements=st.integers(0, 5)))
@settings(max_examples=8, deadline=None)
def test_scales_score_as_the_questionnaire_scores_them(answers: np.ndarray) -> None:
    expected = score(CORE, answers)
    codes = list(CORE.item_codes)
    flags = [item.is_reversed for item in CORE.items]
    keyed = key(np.where(answers == NO_ANSWER, 1, answers), flags, 1, 5)
    for scale in CORE.scales:
        if scale.minimum_answered != least_answered(len(scale.items)):
            continue
        columns = [codes.index(code) for code in scale.items]
        found = scale_mean(keyed[:, columns], answers[:, columns] != NO_ANSWER)
        whole = expected.column(scale.code)
        assert np.array_equal(found.scored, ~np.isnan(whole))
        assert np.allclose(found.values, whole[found.scored])


@given(answers=hnp.arrays(np.int8, (6, len(CORE.items)), elements=st.integers(1, 5)))
@settings(max_examples=5, deadline=None)
def test_favourable_shares_are_those_of_the_questionnaire(answers: np.ndarray) -> None:
    expected = score(CORE, answers)
    for number, measure in enumerate(measures(CORE)):
        share = percent_favourable(
            expected.values[:, number],
            measure.favourable_edge,
            is_higher_better=measure.higher_is is Direction.BETTER,
        )
        assert share == pytest.approx(100 * expected.favourable[:, number].mean())


def test_a_reversed_item_of_the_personality_inventory_is_seven_less_the_answer() -> None:
    # R psych, bfi: "reverse" of a six-point item is max + min - x.
    assert reverse([1, 2, 6], 1, 6).tolist() == [6, 5, 1]
    assert key([[2, 3], [6, 1]], [True, False], 1, 6).tolist() == [[5, 3], [1, 1]]


@pytest.mark.parametrize("value", [0, 5.5, float("nan")])
def test_an_answer_outside_its_scale_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        reverse([3, value], 1, 5)


def test_flags_and_masks_must_fit_the_table() -> None:
    with pytest.raises(ValueError, match="flag"):
        key([[1, 2]], [True], 1, 5)
    with pytest.raises(ValueError, match="mask"):
        scale_mean([[1, 2]], [[True]])
    with pytest.raises(ValueError, match="mask"):
        scale_mean(np.empty((3, 0)))


@pytest.mark.parametrize(("items", "least"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (6, 3)])
def test_half_of_the_items_and_two_of_three_are_enough(items: int, least: int) -> None:
    assert least_answered(items) == least
    answered = np.arange(items) < np.arange(items + 1)[:, np.newaxis]
    found = scale_mean(np.full((items + 1, items), 4.0), answered)
    assert found.scored.tolist() == [n >= least for n in range(items + 1)]
    assert np.all(found.values == 4.0)


def test_what_was_not_answered_does_not_count_whatever_stands_there() -> None:
    found = scale_mean([[1, 5, 99], [2, 2, 2], [3, 99, 99]], [[1, 1, 0], [1, 1, 1], [1, 0, 0]])
    assert found.values.tolist() == [3.0, 2.0]
    assert found.scored.tolist() == [True, True, False]


def test_percent_runs_from_nothing_to_a_hundred() -> None:
    # UK Civil Service People Survey: answers of the engagement index score 0, 25, 50, 75, 100.
    assert to_percent([1, 2, 3, 4, 5]).tolist() == [0, 25, 50, 75, 100]


def test_a_share_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        percent_favourable([], 4)
