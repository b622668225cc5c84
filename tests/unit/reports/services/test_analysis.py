"""The family of a whole release over arrays: the rule of the statistics, many at once."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from reports.services.analysis import judge_all, minima
from reports.services.analysis_plain import Plain
from reports.services.analysis_scale import _COLUMNS, ScaleTable
from reports.stats.multiplicity import hierarchical
from reports.stats.verdicts import Verdict, minimum_in_family


def scale(name: str, p: list[float | None], lines: list[float]) -> ScaleTable:
    """A table of sets with these p values and changes; None where the trend was not tested."""
    figures = np.zeros((len(p), len(_COLUMNS)))
    figures[:, _COLUMNS.index("p")] = [1.0 if each is None else each for each in p]
    figures[:, _COLUMNS.index("line")] = lines
    figures[:, _COLUMNS.index("df")] = 24.0
    figures[:, _COLUMNS.index("mde80")] = 0.9
    words = tuple("" if each is None else "step" for each in p)
    return ScaleTable(scale=name, figures=figures, shape=words, alert=words, standing=words, whole={})


def test_smallest_changes_are_those_of_one_cell_at_a_time() -> None:
    mde80, df, tested = np.array([0.9, 1.3, 0.4]), np.array([9.0, 24.0, 200.0]), np.array([1.0, 5.0, 60_000.0])
    wanted = [
        minimum_in_family(SimpleNamespace(mde80=own, df=free), int(family))  # type: ignore[arg-type]
        for own, free, family in zip(mde80, df, tested, strict=True)
    ]
    assert minima(mde80, df, tested).tolist() == pytest.approx(wanted)


def test_units_are_judged_first_and_then_their_scales() -> None:
    p: list[list[float | None]] = [[0.0001, 0.2, None, 0.6], [0.03, 0.3, 0.9, 0.7]]
    judged = judge_all([scale("a", p[0], [-1.0, 1.0, 0.0, 0.1]), scale("b", p[1], [1.0, 1.0, 1.0, 0.1])])
    wanted = hierarchical(
        {0: {"a": 0.0001, "b": 0.03}, 1: {"a": 0.2, "b": 0.3}, 2: {"b": 0.9}, 3: {"a": 0.6, "b": 0.7}}
    )
    assert 2 not in judged[0]
    assert judged[0][0].verdict is Verdict.FALLING
    assert [judged[1][number].p_adjusted for number in range(4)] == pytest.approx(
        [wanted[number]["b"].p_adjusted for number in range(4)]
    )
    assert {each.verdict for found in judged for number, each in found.items() if number} == {
        Verdict.NO_DETECTABLE_CHANGE
    }


def test_a_unit_of_clipped_values_has_no_smallest_change() -> None:
    table = scale("a", [0.5, 0.5], [0.0, 0.0])
    table.figures[0, _COLUMNS.index("clipped")] = 0.5
    (judged,) = judge_all([table])
    assert judged[0].minimum is None
    assert judged[1].minimum is not None


def test_a_family_without_tests_has_no_verdicts() -> None:
    assert judge_all([scale("a", [None, None], [0.0, 0.0])]) == [{}]


def test_a_small_p_value_alone_is_no_change_among_many() -> None:
    p: list[float | None] = [0.04, *[0.9] * 99]
    judged = judge_all([scale("a", p, [-1.0] * 100)])
    assert judged[0][0].verdict is Verdict.NO_DETECTABLE_CHANGE
    assert judged[0][0].p_adjusted == pytest.approx(0.9, abs=0.1)
    assert judged[0][0].minimum is not None
    assert judged[0][0].minimum > 0.9


def test_what_is_missing_in_a_document_is_told_from_nought() -> None:
    found = Plain({"zero": 0, "part": {"x": 1.5}, "list": [{"y": 1}, 3], "word": "w", "none": None, "yes": True})
    assert (found.count("zero"), found.count("absent"), found.has("zero"), found.has("none")) == (0, 0, True, False)
    part = found.part("part")
    assert part is not None
    assert part.number("x") == 1.5
    assert found.part("word") is None
    assert len(found.parts("list")) == 1
    assert found.texts("list") == ["{'y': 1}", "3"]
    with pytest.raises(KeyError):
        found.number("yes")
