"""One verdict per cell, from a closed list, decided by the family."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports.stats.results import Interval, NeverHere, Shape, Shift, StepContrast, TooEarly, TrendResult
from reports.stats.verdicts import CLOSED_LISTS, Verdict, judge, judge_release, minimum_in_family, response_moved


def trend(p: float, change: float = -1.0, shift: Interval | None = None) -> TrendResult:
    interval = Interval(estimate=change, low=change - 0.5, high=change + 0.5)
    return TrendResult(
        key="a",
        waves=12,
        span_days=154,
        change=interval,
        slope_per_day=change / 154,
        standard_error=0.25,
        df=12,
        p=p,
        mde80=0.8,
        shift=Shift(
            interval=shift or interval, shape=Shape.STEP, p_step=0.9, since_day=70, since_low=56, since_high=84
        ),
        contrast=StepContrast(interval=interval, z=-1.0, p=0.3, recent=3, earlier=9),
        days=(0.0, 154.0),
        line=(3.0, 2.0),
        level=(3.0, 2.0),
        level_low=(2.5, 1.5),
        level_high=(3.5, 2.5),
    )


def test_where_more_than_a_third_is_clipped_there_is_no_smallest_change() -> None:
    found = judge({"a": replace(trend(0.5), clipped=0.34), "b": replace(trend(0.5), clipped=1 / 3)})
    assert (found["a"].minimum, found["a"].is_clipped) == (None, True)
    assert found["a"].verdict is Verdict.NO_DETECTABLE_CHANGE
    assert found["b"].minimum is not None
    assert not found["b"].is_clipped


def test_a_clear_fall_falls_and_a_clear_rise_rises() -> None:
    found = judge({"a": trend(0.001), "b": trend(0.001, change=1.0)})
    assert [j.verdict for j in found.values()] == [Verdict.FALLING, Verdict.RISING]


def test_above_five_per_cent_nothing_is_detected_even_alone() -> None:
    assert judge({"a": trend(0.06)})["a"].verdict is Verdict.NO_DETECTABLE_CHANGE


def test_a_large_family_takes_more_than_five_per_cent() -> None:
    family = {"a": trend(0.03)} | {f"calm-{i}": trend(0.5) for i in range(9)}
    assert judge({"a": trend(0.03)})["a"].verdict is Verdict.FALLING
    found = judge(family)["a"]
    assert found.verdict is Verdict.NO_DETECTABLE_CHANGE
    assert found.p_adjusted == pytest.approx(0.3)


def test_untested_cells_do_not_count_in_the_family() -> None:
    family = (
        {"a": trend(0.03)} | {f"new-{i}": TooEarly(waves_left=2) for i in range(9)} | {"no": NeverHere(reason="size")}
    )
    found = judge(family)
    assert found["a"].p_adjusted == pytest.approx(0.03)
    assert (found["new-0"].verdict, found["new-0"].p) == (Verdict.TOO_EARLY, None)
    assert (found["no"].verdict, found["no"].p_adjusted) == (Verdict.NEVER_HERE, None)


def test_an_empty_family_has_no_verdicts() -> None:
    assert judge({}) == {}


def test_a_rise_is_no_improvement_where_the_response_moved() -> None:
    family = {"a": trend(0.001, change=1.0), "b": trend(0.001)}
    assert judge(family)["a"].may_say_improving
    assert not judge(family, response_moved={"a": True})["a"].may_say_improving
    assert not judge(family)["b"].may_say_improving


def test_one_odd_wave_is_no_moved_response() -> None:
    more, less = (0.75, 1.0), (0.5, 0.75)
    assert not response_moved([more] * 5 + [less] + [more] * 6)
    assert response_moved([more] * 6 + [less] * 6)
    assert response_moved([less] * 6 + [more] * 6)
    assert not response_moved([more])


def test_the_amount_is_the_shift_unless_only_the_line_excludes_zero() -> None:
    clear, vague = Interval(estimate=-0.8, low=-1.2, high=-0.3), Interval(estimate=-0.6, low=-1.3, high=0.1)
    assert trend(0.01, shift=clear).amount == clear
    assert trend(0.01, shift=vague).amount == trend(0.01).change
    calm = replace(trend(0.5, shift=vague), change=Interval(estimate=-0.2, low=-0.9, high=0.5))
    assert calm.amount == vague


def test_the_smallest_change_seen_grows_with_the_family() -> None:
    """Expected factor for df 12 by the t quantiles of SciPy and of printed tables: (3.055 + .873) / (2.179 + .873)."""
    alone = judge({"a": trend(0.5)})["a"].minimum
    ten = judge({name: trend(0.5) for name in "abcdefghij"})["a"].minimum
    assert alone == pytest.approx(0.8)
    assert ten == pytest.approx(0.8 * (3.055 + 0.873) / (2.179 + 0.873), rel=1e-3)
    assert judge({"a": TooEarly(waves_left=2)})["a"].minimum is None


def test_a_release_is_judged_units_first() -> None:
    families = {
        "changed": {"a": trend(0.0004), "b": trend(0.03), "c": TooEarly(waves_left=1)},
        "calm": {"a": trend(0.4), "b": trend(0.6)},
        "small": {"a": NeverHere(reason="size")},
        "empty": {},
    }
    found = judge_release(families, response_moved={"changed": {"a": True}})
    assert list(found) == list(families)
    assert [j.verdict for j in found["changed"].values()] == [Verdict.FALLING, Verdict.FALLING, Verdict.TOO_EARLY]
    assert {j.verdict for j in found["calm"].values()} == {Verdict.NO_DETECTABLE_CHANGE}
    assert (found["small"]["a"].verdict, found["empty"]) == (Verdict.NEVER_HERE, {})
    assert (found["changed"]["a"].response_moved, found["changed"]["b"].response_moved) == (True, False)
    # Inside the one selected unit of two the limit is 5 %, and the second of two values keeps its own.
    assert found["changed"]["b"].p_adjusted == pytest.approx(0.06)
    # Two units with two tested scales: alone, a cell would need 10 % / 4.
    assert found["calm"]["a"].minimum == pytest.approx(minimum_in_family(trend(0.4), 4))


def test_a_unit_whose_best_scale_is_not_enough_changes_nowhere() -> None:
    families = {"a": {"x": trend(0.04), "y": trend(0.5)}} | {f"calm-{i}": {"x": trend(0.7)} for i in range(8)}
    assert judge_release(families)["a"]["x"].verdict is Verdict.NO_DETECTABLE_CHANGE


def test_every_closed_list_states_the_rule_of_each_member() -> None:
    for closed in CLOSED_LISTS:
        assert all(member.name in (closed.__doc__ or "") for member in closed)
