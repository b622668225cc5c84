"""What is collected about each scale of a unit, and how it comes together in the sentences of page 1."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import pytest

from reports.disclosure.participation import ResponseBand
from reports.document import Notice, Run
from reports.services.findings import Findings
from reports.services.history import FrozenUnit, History, WaveRecord
from reports.services.report_findings import ScaleFinding, collect
from reports.services.report_sentences import headings, scales_lead
from reports.services.report_traces import Sheet
from reports.services.trend_sets import TrendSet
from reports.stats.results import (
    AlertFit,
    AlertRule,
    AlertStatus,
    Interval,
    Look,
    Posterior,
    Shape,
    Shift,
    StepContrast,
    TrendFit,
    TrendResult,
    Watch,
)
from reports.stats.shrinkage import LevelFit, LevelStanding, TeamLevel, TooFew
from reports.store.releases import CrowdRecord
from surveys.enums import BallotMode
from surveys.i18n import translator
from surveys.instruments.library import load
from surveys.instruments.schema import Instrument

EN = translator("en")
PULSE = load("pulse-1")
SCALES = tuple(scale.code for scale in PULSE.scales)
START = dt.datetime(2025, 1, 6, 9, tzinfo=dt.UTC)
POSTERIOR = Posterior(phi=(0.5,), lam=(0.5,), weights=(1.0,), teams=5, days_per_wave=14, reference_n=8)
FLAT = Interval(estimate=0.2, low=-0.2, high=0.6)
FELL = Interval(estimate=-1.2, low=-1.8, high=-0.6)


@dataclass(frozen=True, kw_only=True)
class Case:
    """An organisation of one or two crowds with six waves, ``answered`` of ten in each."""

    answered: tuple[int, ...] = (8, 8, 8, 8, 8, 8)
    crowds: tuple[str, ...] = ("a", "b")
    instrument: Instrument = PULSE
    changes: tuple[Interval, ...] = (FLAT,) * len(SCALES)
    alerts: tuple[AlertStatus, ...] = (AlertStatus.QUIET,) * len(SCALES)

    def history(self) -> History:
        waves = tuple(self._wave(number, answered) for number, answered in enumerate(self.answered, start=1))
        return History(organisation="Acme", programme="p", timezone="UTC", waves=waves, variances={})

    def _wave(self, number: int, answered: int) -> WaveRecord:
        opened = START + number * dt.timedelta(days=14)
        whole = len(self.crowds) == 1
        return WaveRecord(
            slug=f"p-{number}", number=number, opened_on=opened.date(), closed_on=opened.date(), closed_at=opened,
            released_at=opened, mode=BallotMode.PROMISE, k=5, fingerprint="", policy_version="1", is_none=False,
            is_withdrawn=False, instrument=self.instrument,
            units={
                key: FrozenUnit(
                    key=key, parent=None if key == "root" else "root", name=key, leader_name="", timezone="UTC",
                    invited=10, joined=0, left=0,
                )
                for key in ("root", "a", "b")
            },
            crowds=tuple(
                CrowdRecord(
                    wave=f"p-{number}", crowd=units, home="root" if whole else units, units=tuple(units.split("+")),
                    invited=10, response=ResponseBand.HALF_OR_MORE, n_low=answered, n_high=answered,
                    is_whole_company=whole, hidden_from=frozenset(), cells={},
                )
                for units in self.crowds
            ),
        )  # fmt: skip

    def findings(self) -> Findings:
        scales = tuple(scale.code for scale in self.instrument.scales)
        units = frozenset("a") if len(self.crowds) > 1 else frozenset("ab")
        found = TrendSet(units=units)
        rows = dict(zip(scales, zip(self.changes, self.alerts, strict=False), strict=False))
        return Findings(
            sets={"a": found, "root": TrendSet(units=frozenset("ab"))},
            scales=scales,
            fits={
                code: TrendFit(results={found.key: trend(change)}, posterior=POSTERIOR)
                for code, (change, _) in rows.items()
            },
            alerts={
                code: AlertFit(
                    rule=AlertRule(rate=0.1, threshold=3.0, waves=26, years=10, seed=1),
                    results={found.key: watch(status)},
                )
                for code, (_, status) in rows.items()
            },
            levels={code: LevelFit(mu=3.4, se_mu=0.1, tau2=0.1, units=5, levels={found.key: level()}) for code in rows},
        )

    def collect(self, unit: str = "a") -> dict[str, ScaleFinding]:
        return {found.scale.code: found for found in collect(self.history(), self.findings(), unit)}

    def sentences(self, pressure: bool = True) -> list[str]:
        history = self.history()
        sheet = Sheet(history=history, unit="a", found=self.findings().sets["a"], tr=EN)
        said = headings(sheet, list(self.collect().values()), (Run(text="Pressure rose."),) if pressure else None)
        return ["".join(run.text for run in sentence) for sentence in said]


def trend(change: Interval) -> TrendResult:
    certain = change.excludes_zero
    return TrendResult(
        key="a", waves=6, span_days=70, change=change, slope_per_day=0.01, standard_error=0.2, df=10,
        p=0.0005 if certain else 0.4, mde80=0.9,
        shift=Shift(interval=change, shape=Shape.GRADUAL, p_step=0.1, since_day=1, since_low=1, since_high=1),
        contrast=StepContrast(interval=change, z=0.2, p=0.8, recent=3, earlier=3),
        days=(0.0, 70.0), line=(3.0, 3.1), level=(3.0, 3.1), level_low=(2.5, 2.6), level_high=(3.5, 3.6),
    )  # fmt: skip


def watch(status: AlertStatus) -> Watch:
    look = Look(day=70.0, z=3.2, is_alert=status is not AlertStatus.QUIET)
    contrast = StepContrast(interval=FLAT, z=3.2, p=0.001, recent=3, earlier=9)
    return Watch(key="a", looks=(look,), current=look, contrast=contrast, status=status)


def level() -> TeamLevel:
    interval = Interval(estimate=2.8, low=2.4, high=3.2)
    return TeamLevel(
        key="a", raw=2.5, interval=interval, weight=0.6, p=0.01, p_adjusted=0.05, standing=LevelStanding.CLEARLY_BELOW
    )


def alerts(**found: AlertStatus) -> tuple[AlertStatus, ...]:
    return tuple(found.get(code, AlertStatus.QUIET) for code in SCALES)


def changes(**found: Interval) -> tuple[Interval, ...]:
    return tuple(found.get(code, FLAT) for code in SCALES)


def test_every_scale_has_its_verdict_level_and_alert() -> None:
    found = Case(alerts=alerts(workload=AlertStatus.LOWER)).collect()
    assert tuple(found) == SCALES
    assert found["workload"].notice is Notice.LOWER
    assert found["clarity"].notice is None
    assert found["clarity"].level == level()


def test_everybody_together_has_no_level_against_the_organisation() -> None:
    assert all(each.level is None for each in Case(crowds=("a+b",)).collect().values())


def test_too_few_units_have_no_level() -> None:
    case = Case()
    findings = case.findings()
    few = Findings(
        sets=findings.sets, scales=findings.scales, fits=findings.fits, alerts={}, levels={"workload": TooFew(units=2)}
    )
    found = collect(case.history(), few, "a")
    assert all(each.level is None and each.notice is None for each in found)


def test_before_a_trend_can_be_tested_no_level_is_called_lasting() -> None:
    case = Case()
    findings = case.findings()
    young = Findings(
        sets=findings.sets, scales=findings.scales, fits={}, alerts=findings.alerts, levels=findings.levels
    )
    assert all(each.level is None for each in collect(case.history(), young, "a"))


def test_a_unit_without_a_page_has_nothing() -> None:
    assert Case().collect("c") == {}


@pytest.mark.parametrize("answered", [(8, 8, 8, 8, 8, 8), (8, 8, 8, 8, 7, 7)])
def test_a_response_that_hardly_moved_needs_no_bounds(answered: tuple[int, ...]) -> None:
    assert all(not each.bounds for each in Case(answered=answered).collect().values())


def test_where_the_response_fell_the_silent_pull_the_change_down() -> None:
    bounds = Case(answered=(10, 10, 10, 6, 6, 6)).collect()["workload"].bounds
    assert [bound.gap for bound in bounds] == [0.5, 1.0]
    assert [round(bound.change.estimate, 6) for bound in bounds] == [0.0, -0.2]


def test_on_a_scale_where_lower_is_better_they_pull_it_up() -> None:
    case = Case(answered=(10, 10, 10, 6, 6, 6), instrument=load("burnout-1"), changes=(FLAT,))
    (found,) = case.collect().values()
    assert [round(bound.change.estimate, 6) for bound in found.bounds] == [0.4, 0.6]
    assert (round(found.bounds[0].change.low, 6), round(found.bounds[0].change.high, 6)) == (0.0, 0.8)


def test_a_notice_comes_before_what_did_not_change_and_page_1_keeps_three_sentences() -> None:
    said = Case(alerts=alerts(energy=AlertStatus.LOWER)).sentences()
    assert len(said) == 3
    assert said[0].startswith("Energy after work: the last three waves lie lower than the nine before.")
    assert (
        said[1] == "Workload, clarity of task and vision, motivation and safety to speak up show no detectable change."
    )


def test_without_a_notice_the_page_says_what_would_have_been_seen() -> None:
    assert "would have been seen" in Case().sentences()[0]
    assert "would have been seen" not in "".join(Case(alerts=alerts(energy=AlertStatus.LOWER)).sentences())


def test_a_change_that_says_the_same_leaves_one_sentence() -> None:
    said = Case(changes=changes(workload=FELL), alerts=alerts(workload=AlertStatus.LOWER)).sentences()
    assert "Workload has become harder to carry" in said[0]
    assert "waves lie" not in "".join(said)
    assert len(said) == 3


def test_a_change_and_a_notice_of_another_scale_share_the_room_of_two_sentences() -> None:
    said = Case(changes=changes(workload=FELL), alerts=alerts(energy=AlertStatus.HIGHER)).sentences()
    assert len(said) == 3
    assert "the last three waves lie higher" in said[1]
    assert said[1].endswith("show no detectable change.")


def test_the_scales_page_says_that_the_response_moved() -> None:
    for answered, is_said in (((10, 10, 10, 6, 6, 6), True), ((8,) * 6, False)):
        case = Case(answered=answered)
        sheet = Sheet(history=case.history(), unit="a", found=case.findings().sets["a"], tr=EN)
        lead = scales_lead(sheet, list(case.collect().values()))
        assert ("each scale says what that could hide" in lead) is is_said
        assert "The levels and ranges below are those of this wave." in lead


@pytest.mark.parametrize(("days", "rate"), [(14, 0.10), (7, 0.19), (91, 0.016)])
def test_a_notice_says_how_often_it_comes_in_a_year_of_days(days: int, rate: float) -> None:
    case = Case(alerts=(AlertStatus.LOWER,) * len(SCALES))
    found = case.findings()
    rhythm = replace(POSTERIOR, days_per_wave=days)
    fits = {code: replace(fit, posterior=rhythm) for code, fit in found.fits.items()}
    collected = collect(case.history(), replace(found, fits=fits), "a")
    assert {round(each.rate, 3 if rate < 0.05 else 2) for each in collected} == {rate}
