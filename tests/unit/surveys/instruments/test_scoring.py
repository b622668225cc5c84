"""Keying, scale scores, favourable answers, and answers as rows."""

import dataclasses
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from surveys.enums import MeasureKind
from surveys.errors import Refused
from surveys.instruments.library import comments, compose, load, shipped
from surveys.instruments.schema import Direction, Instrument, ResponseOption, Segment, Text
from surveys.instruments.scoring import (
    decode,
    encode_answers,
    encode_segments,
    encode_topics,
    key,
    measures,
    score,
)

CORE = load("core-1")
LEVERS = load("levers-1")
EVERYTHING = compose([load(code) for code in ("pulse-1", "core-1", "burnout-1", "levers-1")])


def ballots(instrument: Instrument, most: int = 6) -> st.SearchStrategy[np.ndarray]:
    shape = st.tuples(st.integers(1, most), st.just(len(instrument.items)))
    return hnp.arrays(np.int8, shape, elements=st.integers(0, 5))


def one(instrument: Instrument, **answers: int) -> np.ndarray:
    return encode_answers(instrument, {code.replace("_", "-"): value for code, value in answers.items()})[None, :]


def by_hand(instrument: Instrument, row: np.ndarray, scale_code: str) -> float:
    """The definition of a scale score written down item by item, as the slow second route."""
    scale = instrument.scale(scale_code)
    found = []
    for item, answer in zip(instrument.items, row, strict=True):
        if item.code in scale.items and answer:
            found.append(6 - int(answer) if item.is_reversed else int(answer))
    if len(found) * 2 < len(scale.items):
        return float("nan")
    return sum(found) / len(found)


@given(answers=hnp.arrays(np.int8, (4, 3), elements=st.integers(0, 7)))
@settings(max_examples=8, deadline=None)
def test_keying_twice_gives_the_answer_back(answers: np.ndarray) -> None:
    once = key(answers, 7, is_reversed=True)
    assert (key(once, 7, is_reversed=True) == answers).all()
    assert (key(answers, 7, is_reversed=False) == answers).all()


@pytest.mark.parametrize(("maximum", "keyed"), [(3, [0, 3, 2, 1]), (5, [0, 5, 4, 3]), (7, [0, 7, 6, 5])])
def test_a_reversed_answer_is_one_plus_the_maximum_minus_it(maximum: int, keyed: list[int]) -> None:
    answers = np.array([0, 1, 2, 3], dtype=np.int8)
    assert key(answers, maximum, is_reversed=True).tolist() == keyed


@settings(max_examples=8, deadline=None)
@given(answers=ballots(EVERYTHING))
def test_every_scale_agrees_with_its_definition(answers: np.ndarray) -> None:
    scores = score(EVERYTHING, answers)
    for scale in EVERYTHING.scales:
        expected = [by_hand(EVERYTHING, row, scale.code) for row in answers]
        np.testing.assert_array_equal(scores.column(scale.code), expected)


@settings(max_examples=8, deadline=None)
@given(answers=ballots(CORE), seed=st.integers(0, 1000))
def test_ballots_do_not_influence_each_other(answers: np.ndarray, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(answers))
    plain, shuffled = score(CORE, answers), score(CORE, answers[order])
    np.testing.assert_array_equal(plain.values[order], shuffled.values)
    np.testing.assert_array_equal(plain.favourable[order], shuffled.favourable)


@settings(max_examples=8, deadline=None)
@given(answers=ballots(CORE), column=st.integers(0, 13))
def test_a_missing_item_changes_only_its_own_measures(answers: np.ndarray, column: int) -> None:
    without = answers.copy()
    without[:, column] = 0
    before, after = score(CORE, answers), score(CORE, without)
    code = CORE.item_codes[column]
    assert np.isnan(after.column(code)).all()
    for scale in CORE.scales:
        if code not in scale.items:
            np.testing.assert_array_equal(before.column(scale.code), after.column(scale.code))


@settings(max_examples=8, deadline=None)
@given(answers=ballots(EVERYTHING))
def test_scores_stay_on_the_scale_and_nothing_unscored_is_favourable(answers: np.ndarray) -> None:
    scores = score(EVERYTHING, answers)
    scored = ~np.isnan(scores.values)
    assert ((scores.values[scored] >= 1) & (scores.values[scored] <= 5)).all()
    assert not scores.favourable[~scored].any()


def test_a_scale_of_three_needs_two_answers() -> None:
    two = score(CORE, one(CORE, work_accomplishment=4, job_inspires=5))
    single = score(CORE, one(CORE, work_accomplishment=4))
    assert two.column("motivation-core")[0] == 4.5
    assert np.isnan(single.column("motivation-core")[0])
    assert single.column("motivation")[0] == 4


def test_a_scale_of_four_needs_two_answers_and_a_scale_of_two_needs_one() -> None:
    scores = score(CORE, one(CORE, task_expected=2))
    assert scores.column("clarity")[0] == 2
    assert np.isnan(scores.column("clarity-core")[0])
    assert score(CORE, one(CORE, task_expected=2, unit_goals=3)).column("clarity-core")[0] == 2.5


def test_a_ballot_without_answers_scores_nothing() -> None:
    scores = score(CORE, np.zeros((1, 14), dtype=np.int8))
    assert np.isnan(scores.values).all()
    assert not scores.favourable.any()


def test_no_ballots_give_empty_scores() -> None:
    assert score(CORE, np.zeros((0, 14), dtype=np.int8)).values.shape == (0, 24)


def test_contradicting_priorities_lower_the_coherence_of_priorities() -> None:
    scores = score(LEVERS, one(LEVERS, priorities_conflict=5))
    assert scores.column("priorities-conflict")[0] == 1
    assert scores.column("priorities")[0] == 1


@pytest.mark.parametrize(("answer", "is_favourable"), [(1, False), (3, False), (4, True), (5, True)])
def test_the_top_two_options_are_favourable(answer: int, is_favourable: bool) -> None:
    scores = score(CORE, one(CORE, workload_reasonable=answer))
    column = [measure.code for measure in scores.measures].index("workload")
    assert scores.favourable[0, 0] == scores.favourable[0, column] == is_favourable


@pytest.mark.parametrize(("answer", "is_favourable"), [(1, True), (2, True), (3, False), (4, False), (5, False)])
def test_for_a_reversed_item_the_bottom_two_options_are_favourable(answer: int, is_favourable: bool) -> None:
    scores = score(LEVERS, one(LEVERS, priorities_conflict=answer))
    column = LEVERS.item_codes.index("priorities-conflict")
    assert scores.favourable[0, column] == is_favourable


@pytest.mark.parametrize(("answer", "is_favourable"), [(1, True), (2, True), (3, False), (5, False)])
def test_being_hardly_worn_out_is_the_favourable_side_of_the_burnout_item(answer: int, is_favourable: bool) -> None:
    scores = score(load("burnout-1"), one(load("burnout-1"), worn_out_by_work=answer))
    assert scores.values.tolist() == [[answer, answer]]
    assert scores.favourable.tolist() == [[is_favourable, is_favourable]]


def test_a_scale_mean_of_four_out_of_thirds_is_favourable() -> None:
    scores = score(CORE, one(CORE, work_accomplishment=3, job_inspires=4, talents_used=5))
    column = [measure.code for measure in scores.measures].index("motivation-core")
    assert scores.values[0, column] == 4
    assert scores.favourable[0, column]


def test_measures_are_the_items_and_then_the_scales() -> None:
    found = measures(CORE)
    assert tuple(measure.code for measure in found[:14]) == CORE.item_codes
    assert {measure.kind for measure in found[:14]} == {MeasureKind.ITEM}
    assert [measure.code for measure in found[14:]] == [scale.code for scale in CORE.scales]
    assert {measure.kind for measure in found[14:]} == {MeasureKind.SCALE}
    assert len({measure.code for measure in measures(EVERYTHING)}) == len(measures(EVERYTHING))


def test_an_item_has_the_direction_of_its_scale() -> None:
    item, scale = measures(load("burnout-1"))
    assert item.higher_is is scale.higher_is is Direction.WORSE


@pytest.mark.parametrize(
    "answers",
    [
        np.zeros((2, 13), dtype=np.int8),
        np.zeros(14, dtype=np.int8),
        np.full((1, 14), 6, dtype=np.int8),
        np.full((1, 14), -1, dtype=np.int8),
        np.full((1, 14), np.nan),
    ],
    ids=["too few items", "one dimension", "too high", "negative", "no whole numbers"],
)
def test_rows_that_no_ballot_can_hold_are_refused(answers: np.ndarray) -> None:
    with pytest.raises(ValueError, match="answers"):
        score(CORE, answers)


def test_an_option_code_that_would_overflow_a_small_number_is_refused() -> None:
    with pytest.raises(ValueError, match="none of the options"):
        score(CORE, np.full((1, 14), 257, dtype=np.int16))


@settings(max_examples=8, deadline=None)
@given(answers=ballots(EVERYTHING, most=1))
def test_a_row_survives_decoding_and_encoding(answers: np.ndarray) -> None:
    assert (encode_answers(EVERYTHING, decode(EVERYTHING, answers[0])) == answers[0]).all()


def test_no_answer_and_an_item_left_out_are_the_same() -> None:
    assert encode_answers(CORE, {"energy-left": None}).tolist() == encode_answers(CORE, {}).tolist() == [0] * 14


def test_an_unknown_question_is_refused_by_name() -> None:
    with pytest.raises(Refused, match="no question “salary”"):
        encode_answers(CORE, {"energy-left": 3, "salary": 3})


@pytest.mark.parametrize("answer", [0, 6, -1, True, 2.0, "3", 10**30])
def test_an_unknown_option_is_refused(answer: object) -> None:
    with pytest.raises(Refused, match="options 1 to 5 only"):
        encode_answers(CORE, {"energy-left": answer})  # type: ignore[dict-item]


@pytest.mark.parametrize("row", [[1] * 13, [1] * 15, [9] + [0] * 13, []])
def test_a_row_of_another_shape_is_refused(row: list[int]) -> None:
    with pytest.raises(Refused):
        decode(CORE, row)


def test_every_shipped_instrument_can_be_scored() -> None:
    for code in shipped():
        instrument = load(code)
        scores = score(instrument, np.full((2, len(instrument.items)), 3, dtype=np.int8))
        assert (scores.values == 3).all()


def test_an_unknown_measure_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        score(CORE, np.zeros((1, 14), dtype=np.int8)).column("salary")


def test_a_stricter_scale_keeps_its_own_minimum() -> None:
    strict = tuple(dataclasses.replace(scale, minimum_answered=len(scale.items)) for scale in CORE.scales)
    instrument = dataclasses.replace(CORE, scales=strict)
    assert np.isnan(score(instrument, one(CORE, task_expected=2)).column("clarity")[0])


@pytest.mark.slow
def test_a_hundred_thousand_ballots_are_scored_in_well_under_a_second() -> None:
    wave = compose([load("core-1"), load("burnout-1")])
    answers = np.random.default_rng(1).integers(0, 6, (100_000, len(wave.items)), dtype=np.int8)
    started = time.perf_counter()
    score(wave, answers)
    assert time.perf_counter() - started < 0.8


def wave_with_segments() -> Instrument:
    def segment(code: str, count: int) -> Segment:
        choices = [ResponseOption(code=n, label=Text(en=f"{n}", es=f"{n}")) for n in range(1, count + 1)]
        return Segment(code=code, text=Text(en="?", es="?"), choices=tuple(choices))

    return compose([load("pulse-1")], segments=[segment("tenure_band", 4), segment("site", 2)], asked=comments())


def test_answers_to_segments_are_a_row_of_their_own_and_never_scored() -> None:
    wave = wave_with_segments()
    answers: dict[str, int | None] = {"workload-reasonable": 4, "tenure_band": 3, "site": None}
    assert encode_segments(wave, answers).tolist() == [0, 3]
    assert (
        encode_answers(wave, answers).tolist() == encode_answers(load("pulse-1"), {"workload-reasonable": 4}).tolist()
    )
    assert encode_segments(load("pulse-1"), {}).shape == (0,)
    assert measures(wave) == measures(load("pulse-1"))


@pytest.mark.parametrize("answer", [0, 3, -1, True, "1", 1.0])
def test_an_option_that_a_segment_lacks_is_refused(answer: Any) -> None:
    with pytest.raises(Refused, match="“site” has the options 1 to 2 only"):
        encode_segments(wave_with_segments(), {"site": answer})


def test_ticked_topics_are_a_row_in_the_order_shown() -> None:
    wave = wave_with_segments()
    row = encode_topics(wave, ["tools", "workload"])
    assert row.tolist() == [code in {"tools", "workload"} for code in wave.topic_codes]
    with pytest.raises(Refused, match="no topic “pay”"):
        encode_topics(wave, ["pay"])
    with pytest.raises(Refused, match="no question “site”"):
        encode_answers(load("pulse-1"), {"site": 1})
