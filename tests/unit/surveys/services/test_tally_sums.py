"""Sums over crowds: checked by hand, against numpy, and against everything that k has to keep back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from surveys.instruments.library import load
from surveys.instruments.schema import Instrument, Item, Scale, Text, Topic
from surveys.instruments.scoring import score
from surveys.services import tally_sums
from surveys.services.tally_sums import scales_to_withhold, sum_crowds, sum_topics

CORE = load("core-1")


def item(code: str, scale: str, *, is_reversed: bool = False) -> Item:
    return replace(CORE.items[0], code=code, scale=scale, is_reversed=is_reversed)


def scale(code: str, *items: str) -> Scale:
    return replace(CORE.scales[0], code=code, items=items, minimum_answered=1)


SMALL = replace(
    CORE,
    code="small-1",
    modules=("small-1",),
    items=(item("plain", "pair"), item("turned", "pair", is_reversed=True), item("alone", "one")),
    scales=(scale("pair", "plain", "turned"), scale("one", "alone")),
)
Rows = Sequence[Mapping[str, object]]


def crowd(*ballots: tuple[int, int, int]) -> NDArray[np.int8]:
    return np.array(ballots, dtype=np.int8)


def sums(
    answers: NDArray[np.int8],
    crowds: Sequence[int] | NDArray[np.int64],
    labels: Sequence[str],
    k: int = 5,
    instrument: Instrument = SMALL,
) -> dict[str, Rows]:
    made = sum_crowds(instrument, answers, np.array(crowds), labels=labels, k=k, wave="w")
    return {name: list(rows) for name, rows in made.items()}


def totals(rows: dict[str, Rows]) -> dict[tuple[str, str], tuple[int, float, int]]:
    return {
        (str(row["crowd"]), str(row["measure"])): (
            int(str(row["n"])),
            float(str(row["total"])),
            int(str(row["favourable"])),
        )
        for row in rows["totals"]
    }


HALF_A_STEP = 0.005 + 1e-12
"""Moments are kept with two decimals."""

FIVE = crowd((5, 1, 3), (4, 2, 3), (2, 4, 1), (1, 5, 5), (3, 3, 4))


def test_sums_are_those_of_the_hand() -> None:
    """Keyed second answers are 5 4 2 1 3; both items add to 15, the scale of the two to 5 4 2 1 3 again."""
    made = sums(FIVE, [0] * 5, ["ant"])
    assert made["counts"] == [{"wave": "w", "crowd": "ant", "ballots": 5}]
    assert totals(made) == {
        ("ant", "alone"): (5, 16.0, 2),
        ("ant", "one"): (5, 16.0, 2),
        ("ant", "pair"): (5, 15.0, 2),
        ("ant", "plain"): (5, 15.0, 2),
        ("ant", "turned"): (5, 15.0, 2),
    }


def test_two_crowds_do_not_touch_one_another() -> None:
    both = np.concatenate([FIVE, np.full((6, 3), 2, dtype=np.int8)])
    made = totals(sums(both, [1] * 5 + [0] * 6, ["bee", "ant"]))
    assert {key: value for key, value in made.items() if key[0] == "ant"} == totals(sums(FIVE, [0] * 5, ["ant"]))
    assert made["bee", "plain"] == (6, 12.0, 0)
    assert made["bee", "turned"] == (6, 24.0, 6)


def test_an_item_with_fewer_than_k_answers_is_not_kept_at_all() -> None:
    answers = FIVE.copy()
    answers[0, 2] = 0
    made = totals(sums(answers, [0] * 5, ["ant"]))
    assert {measure for _, measure in made} == {"plain", "turned", "pair"}
    assert {measure for _, measure in totals(sums(FIVE, [0] * 5, ["ant"], k=6))} == set()


@pytest.mark.parametrize(("skipped", "is_kept"), [(0, True), (1, False), (4, False), (5, True), (7, True)])
def test_the_sum_of_a_scale_is_kept_back_where_one_to_four_people_skipped_one_item(skipped: int, is_kept: bool) -> None:
    answers = np.full((12, 3), 4, dtype=np.int8)
    answers[:skipped, 1] = 0
    assert scales_to_withhold(SMALL, answers, 5) == (frozenset() if is_kept else {"pair"})
    made = totals(sums(answers, [0] * 12, ["ant"]))
    assert (("ant", "pair") in made) is is_kept
    assert ("ant", "plain") in made


def test_skippers_of_different_items_are_looked_at_each_by_itself() -> None:
    answers = np.full((20, 3), 4, dtype=np.int8)
    answers[:6, 0] = 0
    answers[6:8, 1] = 0
    assert scales_to_withhold(SMALL, answers, 5) == {"pair"}


def test_who_skipped_a_whole_scale_gives_nothing_away() -> None:
    answers = np.full((9, 3), 4, dtype=np.int8)
    answers[:2, :2] = 0
    assert scales_to_withhold(SMALL, answers, 5) == frozenset()


@pytest.mark.parametrize(("n", "variances", "covariances"), [(49, 0, 0), (50, 5, 0), (199, 5, 0), (200, 5, 1)])
def test_moments_are_declared_from_fifty_and_two_hundred_answers_on(n: int, variances: int, covariances: int) -> None:
    answers = np.random.default_rng(1).integers(1, 6, (n, 3)).astype(np.int8)
    rows = sums(answers, [place % 2 for place in range(n)], ["ant", "bee"])["moments"]
    assert sum(1 for row in rows if not row["other"]) == variances
    assert [(row["measure"], row["other"]) for row in rows if row["other"]] == [("plain", "turned")] * covariances
    assert {row["scope"] for row in rows} <= {""}


def test_pooled_moments_are_those_of_numpy() -> None:
    """Sum of squares within each crowd by numpy's own variance, over answers minus crowds."""
    dice = np.random.default_rng(7)
    answers = dice.integers(0, 6, (240, 3)).astype(np.int8)
    crowds = dice.integers(0, 3, 240)
    scores = score(SMALL, answers)
    moments = {(row["measure"], row["other"]): row for row in sums(answers, list(crowds), ["a", "b", "c"])["moments"]}
    for measure in scores.measures:
        column = scores.column(measure.code)
        groups = [group[~np.isnan(group)] for place in range(3) if len(group := column[crowds == place])]
        squares = sum(group.var() * len(group) for group in groups)
        n = sum(map(len, groups))
        row = moments[measure.code, ""]
        assert (row["n"], row["value"]) == (n, pytest.approx(squares / (n - 3), abs=HALF_A_STEP))
    one, other = scores.column("plain"), scores.column("turned")
    both = ~np.isnan(one) & ~np.isnan(other)
    shared = sum(
        np.cov(one[both & (crowds == place)], other[both & (crowds == place)], bias=True)[0, 1]
        * (both & (crowds == place)).sum()
        for place in range(3)
    )
    pair = ("plain", "turned")
    if both.sum() >= tally_sums.COVARIANCE_FROM:
        assert moments[pair]["value"] == pytest.approx(shared / (both.sum() - 3), abs=HALF_A_STEP)
    else:
        assert pair not in moments


def test_a_covariance_is_that_of_numpy() -> None:
    answers = np.random.default_rng(3).integers(1, 6, (200, 3)).astype(np.int8)
    scores = score(SMALL, answers)
    rows = {(row["measure"], row["other"]): row for row in sums(answers, [0] * 200, ["ant"])["moments"]}
    expected = np.cov(scores.column("plain"), scores.column("turned"))[0, 1]
    assert rows["plain", "turned"]["value"] == pytest.approx(expected, abs=HALF_A_STEP)
    assert rows["plain", "turned"]["n"] == 200


@settings(max_examples=15)
@example(seed=3842)  # a variance that ends on a tie
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_ballots_changes_no_digit(seed: int) -> None:
    dice = np.random.default_rng(seed)
    pulse = load("core-1")
    answers = dice.integers(0, 6, (60, len(pulse.items))).astype(np.int8)
    answers = np.minimum(answers, [pulse.option_set(item).maximum for item in pulse.items]).astype(np.int8)
    crowds = dice.integers(0, 2, 60)
    order = dice.permutation(60)
    order = order[np.lexsort((*answers[order].T[::-1], crowds[order]))]
    base = np.lexsort((*answers.T[::-1], crowds))
    one = sums(answers[base], crowds[base], ["a", "b"], instrument=pulse)
    assert one["totals"]
    assert sums(answers[order], crowds[order], ["a", "b"], instrument=pulse) == one
    assert sums(answers[::-1], crowds[::-1], ["a", "b"], instrument=pulse) == one


def test_a_moment_leaves_out_every_crowd_whose_total_is_not_kept() -> None:
    """Two skippers in the second crowd: the sum of its scale is kept back, so it is in no moment of the scale."""
    answers = np.random.default_rng(5).integers(1, 6, (160, 3)).astype(np.int8)
    answers[80:82, 1] = 0
    made = sums(answers, [0] * 80 + [1] * 80, ["ant", "bee"])
    n = {row["measure"]: row["n"] for row in made["moments"] if not row["other"]}
    assert n == {"plain": 160, "turned": 158, "alone": 160, "one": 160, "pair": 80}
    assert ("bee", "pair") not in totals(made)


def test_a_covariance_leaves_out_crowds_where_few_answered_only_one_of_the_two() -> None:
    answers = np.random.default_rng(6).integers(1, 6, (410, 3)).astype(np.int8)
    answers[205:207, 1] = 0
    rows = sums(answers, [0] * 205 + [1] * 205, ["ant", "bee"])["moments"]
    assert [row["n"] for row in rows if row["other"]] == [205]


def test_a_crowd_without_freedom_declares_no_moment() -> None:
    made = sum_crowds(
        SMALL, np.zeros((60, 3), dtype=np.int8), np.zeros(60, dtype=np.int64), labels=["a"], k=5, wave="w"
    )
    assert list(made["moments"]) == list(made["totals"]) == []


def test_rows_come_in_the_order_of_their_keys() -> None:
    answers = np.full((50, 3), 3, dtype=np.int8)
    made = sums(answers, [1] * 25 + [0] * 25, ["zoo", "ant"])
    for table, keys in (("totals", ("crowd", "measure")), ("moments", ("measure", "other"))):
        found = [tuple(row[key] for key in keys) for row in made[table]]
        assert found == sorted(found)
        assert found


def test_in_a_crowd_that_segments_divide_a_scale_of_which_anybody_skipped_a_part_is_not_kept() -> None:
    """Seven skipped one item, which is enough for a sum of their own; cells may split the seven."""
    answers = np.full((24, 3), 4, dtype=np.int8)
    answers[:7, 1] = 0
    crowds = np.array([0] * 12 + [1] * 12)
    made = {
        divided: {
            (row["crowd"], row["measure"])
            for row in sum_crowds(SMALL, answers, crowds, labels=["ant", "bee"], k=5, wave="w", divided=divided)[
                "totals"
            ]
        }
        for divided in ((), ("ant", "bee"))
    }
    assert made[()] - made["ant", "bee"] == {("ant", "pair")}


def test_ticks_are_counted_by_crowd_and_topic_with_all_ballots_of_the_crowd() -> None:
    topics = tuple(Topic(code=code, label=Text(en=code, es=code)) for code in ("tools", "change"))
    ticked = np.array([[1, 0], [1, 1], [0, 0], [1, 0]], dtype=np.int8)
    rows = sum_topics(replace(SMALL, topics=topics), ticked, np.array([1, 1, 0, 1]), labels=["bee", "ant"], wave="w")
    assert [tuple(row.values()) for row in rows] == [
        ("w", "ant", "change", 3, 1),
        ("w", "ant", "tools", 3, 3),
        ("w", "bee", "change", 1, 0),
        ("w", "bee", "tools", 1, 0),
    ]


def test_sums_over_groups_are_those_of_numpy_with_skipped_answers() -> None:
    dice = np.random.default_rng(9)
    answers = dice.integers(0, 6, (90, 3)).astype(np.int8)
    groups = dice.integers(0, 4, 90)
    scores = score(SMALL, answers)
    made = tally_sums.sums(SMALL, answers, scores, groups, 5)
    for column in range(len(scores.measures)):
        for group in range(5):
            values = scores.values[groups == group, column]
            assert made.n[group, column] == np.count_nonzero(~np.isnan(values))
            assert made.total[group, column] == pytest.approx(np.nansum(values), rel=1e-12)
            assert made.favourable[group, column] == scores.favourable[groups == group, column].sum()
