"""The words of verdicts: which way is worse, how sure, and when an improvement is not called one."""

from __future__ import annotations

import pytest

from reports.document import Tone, Value
from reports.services.report_findings import ScaleFinding
from reports.services.report_words import change_sentence, chip_of, level_text, minimum_sentence
from reports.stats.results import Interval, Shape, Shift, StepContrast, TrendResult
from reports.stats.verdicts import Judgement, judge
from surveys.i18n import translator
from surveys.instruments.library import load

EN = translator("en")
WORKLOAD = load("pulse-1").scale("workload")
BURNOUT = load("burnout-1").scales[0]


def trend(change: float, p: float = 0.0005, clipped: float = 0.0) -> TrendResult:
    interval = Interval(estimate=change, low=change - 0.4, high=change + 0.4)
    return TrendResult(
        key="a", waves=26, span_days=350, change=interval, slope_per_day=change / 350, standard_error=0.2, df=24, p=p,
        mde80=0.8,
        shift=Shift(
            interval=interval, shape=Shape.STEP, p_step=0.9, since_day=739400, since_low=739390, since_high=739410
        ),
        contrast=StepContrast(interval=interval, z=-3.0, p=0.01, recent=3, earlier=9),
        days=(0.0, 350.0), line=(3.0, 2.0), level=(3.0, 2.0), level_low=(2.5, 1.5), level_high=(3.5, 2.5),
        clipped=clipped,
    )  # fmt: skip


def judged(change: float, *, p: float = 0.0005, moved: bool = False) -> Judgement:
    return judge({"a": trend(change, p)}, response_moved={"a": moved})["a"]


def words(finding: ScaleFinding) -> str:
    return "".join(run.text for run in change_sentence(finding, EN))


def test_a_fall_of_workload_is_worse_and_says_by_how_much_and_how_sure() -> None:
    finding = ScaleFinding(scale=WORKLOAD, judgement=judged(-1.5))
    text = words(finding)
    assert text.startswith("Workload has become harder to carry: it fell by 1.5 since about May 2025")
    assert "(lasting change, likely range 1.1 to 1.9)" in text
    assert "fewer than 1 of 200 teams" in text
    assert chip_of(finding, EN).tone is Tone.LESS


def test_a_rise_of_burnout_risk_is_worse_although_the_value_rises() -> None:
    finding = ScaleFinding(scale=BURNOUT, judgement=judged(1.0))
    assert finding.is_worse
    assert chip_of(finding, EN).tone is Tone.LESS
    assert "it rose by 1.0" in words(finding)


@pytest.mark.parametrize(("scale", "change"), [(WORKLOAD, 1.0), (BURNOUT, -1.0)])
def test_no_improvement_is_claimed_where_those_who_answered_changed(scale: object, change: float) -> None:
    finding = ScaleFinding(scale=scale, judgement=judged(change, moved=True))  # type: ignore[arg-type]
    assert "has become" not in words(finding)
    assert "not called an improvement" in words(finding)
    assert chip_of(finding, EN).tone is Tone.NONE


def test_a_worsening_is_told_even_where_those_who_answered_changed() -> None:
    finding = ScaleFinding(scale=WORKLOAD, judgement=judged(-1.0, moved=True))
    assert "has become harder to carry" in words(finding)


def test_what_would_have_been_seen_stands_beside_no_detectable_change() -> None:
    finding = ScaleFinding(scale=WORKLOAD, judgement=judged(-0.2, p=0.6))
    assert chip_of(finding, EN).sub == "0.8 points would have been seen"
    assert minimum_sentence(finding, EN).startswith("A lasting change of 0.8 points over these 26 waves")


def test_where_many_values_are_clipped_the_words_say_so_and_name_no_change() -> None:
    finding = ScaleFinding(scale=WORKLOAD, judgement=judge({"a": trend(-0.2, 0.6, clipped=0.5)})["a"])
    words = "any values stand at the end of what may be shown, so a change there cannot be seen"
    chip = chip_of(finding, EN)
    assert (chip.text, chip.sub) == ("No detectable change", f"m{words}")
    assert minimum_sentence(finding, EN) == f"M{words}."


def test_a_level_is_banded_by_what_is_better() -> None:
    value = Value(mean=1.8, low=1.4, high=2.2)
    assert "very strained" in level_text(value, "1.8", EN, lower_is_better=False)
    assert "very good" in level_text(value, "1.8", EN, lower_is_better=True)


def test_how_sure_it_is_knows_how_many_scales_were_looked_at() -> None:
    """Six scales give chance six tries; a team without change shows a lone p of .01 far more often than 1 in 100."""
    family = {"a": trend(-1.5, 0.005), **{str(n): trend(0.1, 0.5) for n in range(5)}}
    finding = ScaleFinding(scale=WORKLOAD, judgement=judge(family)["a"])
    assert "fewer than 1 of 10 teams" in words(finding)
    lone = ScaleFinding(scale=WORKLOAD, judgement=judged(-1.5, p=0.005))
    assert "fewer than 1 of 50 teams" in words(lone)
