"""Segment cells: counted by crowd and option, summed where they were admitted, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from surveys.crowds.segments import SegmentCut, UnitCounts
from surveys.crowds.shapes import Crowd
from surveys.instruments.library import load
from surveys.instruments.schema import Item, ResponseOption, Scale, Segment, Text
from surveys.services.tally_segments import SegmentRows, cell_key, count_segments, top_units

CORE = load("core-1")
PARENTS = {"all": None, "dept": "all", "ant": "dept", "bee": "dept", "far": "all"}


def item(code: str) -> Item:
    return replace(CORE.items[0], code=code, scale="pair", is_reversed=False)


def segment(code: str, options: int) -> Segment:
    name = Text(en=code, es=code)
    return Segment(
        code=code, text=name, choices=tuple(ResponseOption(code=each + 1, label=name) for each in range(options))
    )


SMALL = replace(
    CORE,
    code="small-1",
    modules=("small-1",),
    items=(item("one"), item("two")),
    scales=(replace(CORE.scales[0], code="pair", items=("one", "two"), minimum_answered=1),),
    segments=(segment("site", 3), segment("tenure_band", 2)),
)
assert isinstance(SMALL.scales[0], Scale)


def crowd(label: str, home: str) -> Crowd:
    return Crowd(label=label, units=(label,), home=home, invited=60)


FINAL = [crowd("ant", "ant"), crowd("bee", "bee"), crowd("dept", "dept"), crowd("far", "far"), crowd("all", "all")]
DICE = np.random.default_rng(2)
CROWDS: NDArray[np.int64] = np.repeat(np.arange(5), [40, 40, 30, 99, 20])
ANSWERS = DICE.integers(1, 6, (229, 2)).astype(np.int8)
OPTIONS = np.column_stack([DICE.integers(0, 4, 229), DICE.integers(0, 3, 229)]).astype(np.int8)


class Ledger:
    """Admits what it is told and remembers what it was asked."""

    def __init__(self, *cuts: SegmentCut) -> None:
        self.cuts = cuts
        self.asked: list[UnitCounts] = []

    def __call__(self, counts: UnitCounts) -> Sequence[SegmentCut]:
        self.asked.append(counts)
        return self.cuts


SITES = SegmentCut(segment="site", cells=((2, 3), (0, 1)))


def counted(ledger: Ledger, answers: NDArray[np.int8] = ANSWERS) -> SegmentRows:
    return count_segments(SMALL, answers, OPTIONS, CROWDS, final=FINAL, parents=PARENTS, k=5, wave="w", admit=ledger)


def test_units_right_below_the_root_hold_the_crowds_inside_them_and_the_root_its_own_only_where_all_are() -> None:
    assert top_units(FINAL, PARENTS) == {"dept": [0, 1, 2], "far": [3]}
    assert top_units([crowd("all", "all"), crowd("x", "all")], PARENTS) == {"all": [0, 1]}


def test_the_ledger_is_asked_for_units_of_a_hundred_answers_with_counts_only() -> None:
    ledger = Ledger()
    made = counted(ledger)
    assert [asked.unit for asked in ledger.asked] == ["dept"], "far has 99 answers and all is no unit of its own"
    asked = ledger.asked[0]
    assert (asked.segments, asked.options, asked.opinions) == (("site", "tenure_band"), (3, 2), {})
    assert asked.ballots.sum() == asked.complete.sum() == 110
    for (label, chosen), people in zip(asked.places, asked.ballots, strict=True):
        here = [each.label for each in FINAL].index(label) == CROWDS
        assert people == int((here & (chosen == OPTIONS).all(axis=1)).sum())
    assert (made.counts, made.totals, made.divided) == ([], [], frozenset())


def test_an_admitted_table_is_summed_as_by_hand_and_names_the_crowds_it_divides() -> None:
    made = counted(Ledger(SITES))
    inside = CROWDS < 3
    assert made.divided == {"ant", "bee", "dept"}
    assert [(row["cell"], row["options"], row["ballots"]) for row in made.counts] == [
        (key, options, int((inside & np.isin(OPTIONS[:, 0], options)).sum()))
        for key, options in (("0-1", [0, 1]), ("2-3", [2, 3]))
    ]
    totals = {(row["cell"], row["measure"]): row for row in made.totals}
    assert set(totals) == {(cell, measure) for cell in ("0-1", "2-3") for measure in ("one", "two")}, "no scale"
    mine = ANSWERS[inside & np.isin(OPTIONS[:, 0], [2, 3]), 0]
    row = totals["2-3", "one"]
    assert (row["n"], row["total"], row["favourable"]) == (len(mine), float(mine.sum()), int((mine >= 4).sum()))
    keys = [(row["unit"], row["segment"], row["cell"], row["measure"]) for row in made.totals]
    assert keys == sorted(keys)


def test_an_item_is_left_out_of_a_cell_with_fewer_than_k_answers_and_of_a_table_that_declines_it() -> None:
    answers = ANSWERS.copy()
    there = np.flatnonzero((CROWDS < 3) & np.isin(OPTIONS[:, 0], [2, 3]))
    answers[there[4:], 1] = 0
    made = counted(Ledger(SITES), answers)
    assert {(row["cell"], row["measure"]) for row in made.totals} == {("0-1", "one"), ("0-1", "two"), ("2-3", "one")}
    made = counted(Ledger(replace(SITES, declined=frozenset({"one"}))))
    assert {row["measure"] for row in made.totals} == {"two"}


def test_a_cell_leaves_out_what_a_crowd_said_of_which_no_total_is_kept() -> None:
    """Four people of bee answered the second item: the cells minus ant and dept would be their sum."""
    answers = ANSWERS.copy()
    answers[44:80, 1] = 0
    ledger = Ledger(SITES)
    made = counted(ledger, answers)
    asked = ledger.asked[0]
    assert set(asked.opinions) == {"two"}
    assert {label for (label, _), people in zip(asked.places, asked.opinions["two"], strict=True) if people} == {
        "ant",
        "dept",
    }
    assert asked.complete.tolist() == asked.opinions["two"].tolist()
    assert sum(int(str(row["n"])) for row in made.totals if row["measure"] == "two") == 70
    total = sum(float(str(row["total"])) for row in made.totals if row["measure"] == "two")
    assert total == answers[(CROWDS == 0) | (CROWDS == 2), 1].sum()


@pytest.mark.parametrize(
    "cells", [((0, 1), (2,)), ((0, 1, 2), (2, 3)), ((0, 1), (2, 3, 4))], ids=["one missing", "one twice", "unknown"]
)
def test_cells_that_are_no_partition_are_a_mistake(cells: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(ValueError, match="exactly once"):
        counted(Ledger(SegmentCut(segment="site", cells=cells)))


def test_a_cell_of_fewer_than_k_ballots_is_a_mistake_whoever_admitted_it() -> None:
    options = OPTIONS.copy()
    options[:, 0] = 1
    options[:4, 0] = 2
    with pytest.raises(ValueError, match="fewer than 5"):
        count_segments(
            SMALL, ANSWERS, options, CROWDS, final=FINAL, parents=PARENTS, k=5, wave="w", admit=Ledger(SITES)
        )


def test_a_questionnaire_without_segments_asks_nothing() -> None:
    ledger = Ledger(SITES)
    made = count_segments(
        replace(SMALL, segments=()), ANSWERS, OPTIONS[:, :0], CROWDS, final=FINAL, parents=PARENTS, k=5, wave="w",
        admit=ledger,
    )  # fmt: skip
    assert (ledger.asked, made.counts) == ([], [])


def test_a_cell_is_named_by_its_options_in_order() -> None:
    assert cell_key((3, 0, 11)) == "0-3-11"
