"""The sentences beside the verdicts: notices once, a word against the organisation, and what silence could hide."""

from __future__ import annotations

import pytest

from reports.document import Notice, Place
from reports.services.report_findings import ScaleFinding
from reports.services.report_notices import counted, notice_sentence, notice_words, silent_text, standpoint_of
from reports.services.report_words import chip_of
from reports.stats.results import (
    AlertStatus,
    Bound,
    Interval,
    Look,
    Shape,
    Shift,
    StepContrast,
    TooEarly,
    TrendResult,
    Watch,
)
from reports.stats.shrinkage import LevelStanding, TeamLevel
from reports.stats.verdicts import Judgement, Verdict
from surveys.i18n import translator
from surveys.instruments.library import load

EN = translator("en")
PULSE = load("pulse-1")
WORKLOAD, ENERGY = PULSE.scale("workload"), PULSE.scale("energy")
BURNOUT = load("burnout-1").scales[0]
CALM = Interval(estimate=0.1, low=-0.3, high=0.5)


def trend(change: Interval = CALM) -> TrendResult:
    return TrendResult(
        key="a", waves=26, span_days=350, change=change, slope_per_day=0.001, standard_error=0.2, df=24, p=0.5,
        mde80=0.8,
        shift=Shift(interval=change, shape=Shape.GRADUAL, p_step=0.1, since_day=1, since_low=1, since_high=1),
        contrast=StepContrast(interval=change, z=0.2, p=0.8, recent=3, earlier=9),
        days=(0.0, 350.0), line=(3.0, 3.1), level=(3.0, 3.1), level_low=(2.5, 2.6), level_high=(3.5, 3.6),
    )  # fmt: skip


def watch(status: AlertStatus, earlier: int = 9) -> Watch:
    look = Look(day=350.0, z=3.2, is_alert=status is not AlertStatus.QUIET)
    contrast = StepContrast(interval=CALM, z=3.2, p=0.001, recent=3, earlier=earlier)
    return Watch(key="a", looks=(look,), current=look, contrast=contrast, status=status)


def finding(
    status: AlertStatus, verdict: Verdict = Verdict.NO_DETECTABLE_CHANGE, scale: object = WORKLOAD, **more: object
) -> ScaleFinding:
    judgement = Judgement(
        verdict=verdict, finding=trend(), p=0.5, p_adjusted=0.5, minimum=0.9, response_moved=False
    )  # fmt: skip
    facts = {"scale": scale, "judgement": judgement, "watch": watch(status), "rate": 0.1}
    return ScaleFinding(**(facts | more))  # type: ignore[arg-type]


def said(*findings: ScaleFinding) -> str:
    return "".join(run.text for run in notice_sentence(findings, EN) or ())


def test_a_notice_says_which_waves_lie_where_and_how_often_that_comes_without_any_change() -> None:
    assert said(finding(AlertStatus.LOWER)) == (
        "Workload: the last three waves lie lower than the nine before. "
        "On a scale without any change about one in ten teams gets such a notice once a year."
    )


def test_two_scales_with_the_same_notice_share_a_sentence_and_the_rate_is_said_once() -> None:
    text = said(finding(AlertStatus.LOWER), finding(AlertStatus.LOWER, scale=ENERGY), finding(AlertStatus.HIGHER))
    assert text.startswith("Workload and energy after work: the last three waves lie lower")
    assert "Workload: the last three waves lie higher" in text
    assert text.count("once a year") == 1


@pytest.mark.parametrize(
    ("status", "verdict", "notice"),
    [
        (AlertStatus.LOWER, Verdict.FALLING, None),
        (AlertStatus.HIGHER, Verdict.RISING, None),
        (AlertStatus.HIGHER, Verdict.FALLING, Notice.HIGHER),
        (AlertStatus.LOWER, Verdict.NO_DETECTABLE_CHANGE, Notice.LOWER),
        (AlertStatus.QUIET, Verdict.NO_DETECTABLE_CHANGE, None),
    ],
)
def test_where_the_verdict_says_the_same_there_is_one_sentence(
    status: AlertStatus, verdict: Verdict, notice: Notice | None
) -> None:
    found = finding(status, verdict)
    assert found.notice is notice
    assert bool(said(found)) is (notice is not None)


def test_shorter_pasts_are_counted_as_they_are() -> None:
    assert "than the five before" in said(finding(AlertStatus.LOWER, watch=watch(AlertStatus.LOWER, earlier=5)))
    assert [counted(number, EN) for number in (1, 2, 10, 20)] == ["1", "two", "ten", "20"]


def test_the_chip_carries_the_notice_below_it() -> None:
    found = finding(AlertStatus.LOWER)
    assert chip_of(found, EN).sub == notice_words(found, EN) == "the last three waves lie lower"
    assert chip_of(finding(AlertStatus.QUIET), EN).sub == "0.9 points would have been seen"


@pytest.mark.parametrize("standing", list(LevelStanding))
def test_a_level_stands_in_one_of_three_words_with_its_range_and_no_rank(standing: LevelStanding) -> None:
    level = TeamLevel(
        key="a", raw=2.4, interval=Interval(estimate=2.613, low=2.204, high=3.0), weight=0.6, p=0.01,
        p_adjusted=0.04, standing=standing,
    )  # fmt: skip
    found = standpoint_of(finding(AlertStatus.QUIET, level=level), EN)
    assert found is not None
    assert found.place is Place(standing.value)
    assert found.text.startswith("Lasting level 2.6 (likely range 2.2 to 3.0): ")
    assert standing.value.replace("_", " ") in found.text
    assert (found.value.mean, found.value.low, found.value.high) == (2.61, 2.2, 3.0)


def test_no_level_is_no_word() -> None:
    assert standpoint_of(finding(AlertStatus.QUIET), EN) is None


BOUNDS = tuple(
    Bound(gap=gap, change=Interval(estimate=0.1 - gap / 5, low=-0.3 - gap / 5, high=0.5 - gap / 5))
    for gap in (0.5, 1.0)
)


def test_where_the_response_moved_the_change_is_printed_with_both_bounds() -> None:
    assert silent_text(finding(AlertStatus.QUIET, bounds=BOUNDS), EN) == (
        "Lasting change as answered: 0.1 (likely range −0.3 to 0.5). If those who were silent had stood 0.5 points "
        "lower: 0.0 (likely range −0.4 to 0.4); 1.0 points lower: −0.1 (likely range −0.5 to 0.3)."
    )


def test_on_a_scale_where_lower_is_better_the_silent_who_suffer_stand_higher() -> None:
    assert "0.5 points higher:" in silent_text(finding(AlertStatus.QUIET, scale=BURNOUT, bounds=BOUNDS), EN)


def test_without_bounds_or_a_trend_nothing_is_said_of_the_silent() -> None:
    assert silent_text(finding(AlertStatus.QUIET), EN) == ""
    early = Judgement(
        verdict=Verdict.TOO_EARLY, finding=TooEarly(waves_left=2), p=None, p_adjusted=None, minimum=None,
        response_moved=True,
    )  # fmt: skip
    assert silent_text(finding(AlertStatus.QUIET, judgement=early, bounds=BOUNDS), EN) == ""
