"""What the findings of a release say in words: summary, reasons, cells; with no words of cause."""

from __future__ import annotations

import pytest

from reports.services.analysis_cells import FindingCell, finding_line
from reports.services.analysis_words import Section, overview_of
from reports.store.findings import FindingRow
from surveys.i18n import translator
from surveys.instruments.library import load

EN = translator("en")
SCALES = {scale.code: scale for scale in (*load("pulse-1").scales, *load("burnout-1").scales)}
RULE = {"rate": 0.1, "waves": 26}
ROWS = {"changed": 0, "worse": 0, "better": 0, "doubtful": 0, "alert": 0, "below": 0, "above": 0}


def document(**changes: object) -> dict[str, object]:
    alerts = {"watched": 500, "lower": 2, "higher": 1, "flagged_in_window": 40}
    return {
        "waves": ["p-1", "p-2"],
        "units": {"rows": 500, "without": 0},
        "family": {"rows": 500, "tests": 500, "level": 0.05, "rate": 0.1},
        "rows": ROWS,
        "scales": {"energy": {"alerts": alerts, "alert_rule": RULE, "verdicts": {"falling": 3}}},
        "companions": {"reason": "no_outcome"},
        **changes,
    }


def section(title: str, **changes: object) -> Section:
    overview = overview_of(document(**changes), SCALES, EN)
    return next(each for each in overview.sections if each.title == title)


def test_nothing_found_is_said_as_such() -> None:
    summary = overview_of(document(), SCALES, EN).summary
    assert summary[0] == "In 2 waves there is no detectable change in the 500 units tested."
    # 500 units, each flagged with 10 % in 26 waves: 500 x -ln(0.9) / 26 = 2.03 in one of them.
    assert summary[1] == (
        "Alerts in this wave: 2 of lower and 1 of higher values than before; about 2 would be expected if nothing had "
        "changed anywhere."
    )
    assert len(summary) == 2


def test_a_wave_without_alerts_says_how_many_chance_would_give() -> None:
    alerts = {"watched": 500, "lower": 0, "higher": 0, "flagged_in_window": 0}
    scales = {"energy": {"alerts": alerts, "alert_rule": RULE, "verdicts": {}}}
    said = overview_of(document(scales=scales), SCALES, EN).summary[1]
    assert said == "No alert in this wave; about 2 would be expected if nothing had changed anywhere."


def test_units_that_were_not_tested_are_not_called_unchanged() -> None:
    family = {"rows": 1, "tests": 3, "level": 0.05, "rate": 0.1}
    summary = overview_of(document(family=family), SCALES, EN).summary
    assert summary[0] == "In 2 waves there is no detectable change in the 1 unit tested."


def test_how_often_calm_units_are_flagged_is_said_in_waves() -> None:
    """The rule holds its rate in so many waves, whatever their rhythm."""
    assert section("Alerts").sentences == (
        "About one in ten units without any change is flagged on each scale in 26 waves.",
    )


def test_changes_are_counted_by_direction_and_what_chance_gives_is_named() -> None:
    rows = {**ROWS, "changed": 12, "worse": 9, "better": 2, "doubtful": 1, "below": 4, "above": 3}
    summary = overview_of(document(rows=rows, units={"rows": 500, "without": 2}), SCALES, EN).summary
    assert summary[0] == (
        "In 2 waves 12 of 500 units tested changed on at least one scale: 9 towards the unfavourable end, 2 towards "
        "the favourable end."
    )
    assert "one in ten" in summary[1]
    assert summary[2].startswith("In 1 unit the mean moved towards the favourable end while those who answered changed")
    assert "4 units lie clearly on the unfavourable side" in summary[4]
    assert summary[5] == "2 units have no figures of their own and no row here."


@pytest.mark.parametrize(
    ("companions", "said"),
    [
        ({"reason": "no_outcome"}, "None of the waves asked about satisfaction"),
        ({"reason": "too_few_teams", "outcome": "energy", "teams": 12, "needed": 30}, "This needs 30 teams"),
        ({"reason": "too_few_scales", "outcome": "energy"}, "share no question"),
        ({"reason": "no_differences", "outcome": "energy"}, "Teams do not differ"),
    ],
)
def test_the_reason_why_nothing_goes_together_is_told(companions: dict[str, object], said: str) -> None:
    found = section("What goes together", companions=companions)
    assert said in found.sentences[0]
    assert found.table is None
    assert "no cause" in found.about


def test_what_goes_together_has_ranges_and_no_cause() -> None:
    part = {"estimate": 0.31, "low": 0.1, "high": 0.45}
    companions = {
        "outcome": "motivation", "teams": 40, "r2": part,
        "scales": [{"scale": "energy", "verdict": "higher_together", "share": part, "correlation": part}],
    }  # fmt: skip
    found = section("What goes together", companions=companions)
    assert found.table is not None
    assert found.table.rows == (("Energy after work", "goes together with Motivation", "31 % (10 to 45 %)"),)
    said = "these scales go together with 31 % of the differences in Motivation (likely range 10 to 45 %)"
    assert said in found.sentences[0]


def test_reliability_needs_covariances_and_says_so() -> None:
    assert section("Reliability of the scales").sentences == (
        (
            "A scale of two questions and more has figures here where the lower ends of the bands of all groups add up "
            "to 200 answers and more, and the spreads of its questions and of their sums are large enough to be shown."
        ),
    )


def row(measure: str, verdict: str, *, alert: str = "quiet", **document: object) -> FindingRow:
    trend = {
        "change": -0.8, "low": -1.2, "high": -0.3, "shape": "step", "since": "2025-03-17", "minimum": 1.14,
        "waves": 12, "response_moved": False,
    }  # fmt: skip
    own = {"units": ["a", "b"], "trend": trend, "alert": {"change": -0.5}, "level": None, "this_wave": None}
    return FindingRow(unit="a", measure=measure, verdict=verdict, alert=alert, document={**own, **document})


def cell_of(found: FindingRow, code: str = "energy") -> FindingCell:
    line = finding_line({code: found}, [SCALES[code]], {"a": "Ant", "b": "Bee"}, EN)
    assert (line.name, line.is_joint) == ("Ant and Bee", True)
    (cell,) = line.cells
    assert cell is not None
    return cell


def test_a_change_is_told_with_its_size_and_range() -> None:
    cell = cell_of(row("energy", "falling", alert="lower"))
    assert (cell.chip, cell.tone) == ("Falling", "less")
    assert cell.line == "by 0.8 since about March 2025 (likely range 0.3 to 1.2)"
    assert "0.5 points lower" in cell.alert


def test_a_fall_on_a_scale_where_high_is_worse_is_no_bad_news() -> None:
    cell = cell_of(row("burnout", "falling"), "burnout")
    assert cell.tone == "more"


def test_a_rise_while_those_who_answer_change_is_not_dressed_as_good_news() -> None:
    trend = {
        "change": 0.8, "low": 0.3, "high": 1.2, "shape": "gradual", "since": None, "minimum": 1.1, "waves": 12,
        "response_moved": True,
    }  # fmt: skip
    cell = cell_of(row("energy", "rising", trend=trend))
    assert cell.tone == ""
    assert cell.line.endswith("; not called an improvement: the share who answered moved by more than 15 points")
    worse = cell_of(row("burnout", "rising", trend=trend), "burnout")
    assert worse.tone == "less"
    assert worse.line.endswith("(likely range 0.3 to 1.2); the share who answered moved by more than 15 points")


def response(verdict: str, **more: object) -> Section:
    found = {
        "verdict": verdict, "points": 0.15, "moved": 0, "waves": 26, "first": 0.823, "last": 0.611,
        "odds": {"estimate": 0.34, "low": 0.2, "high": 0.55}, **more,
    }  # fmt: skip
    return section("Who answered", response=found, rows={**ROWS, "doubtful": found["moved"]})


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("falling", "The share who answered fell: 82 % in the first third of 26 waves, 61 % in the last."),
        ("rising", "The share who answered rose: 82 % in the first third of 26 waves, 61 % in the last."),
        (
            "no_detectable_change",
            "No detectable change of the share who answered: 82 % in the first third of 26 waves, 61 % in the last.",
        ),
    ],
)
def test_the_response_of_the_whole_has_its_own_sentence(verdict: str, said: str) -> None:
    found = response(verdict)
    ratio = "The ratio of the odds of answering, end to start of the window, is 0.34 (likely range 0.20 to 0.55); "
    assert found.sentences == (
        said,
        f"{ratio}1 means no change.",
        "In no unit did the share move by more than 15 points.",
    )


def test_units_with_a_moved_response_are_counted_beside_it() -> None:
    early = response("too_early", odds=None, moved=2)
    assert early.sentences[0] == "It is too early to tell whether the share changes: this needs five released waves."
    assert early.sentences[1].startswith("In 2 units the share moved by more than 15 points; ")
    assert early.sentences[2] == "This keeps the word from 2 units now."


def test_an_analysis_that_did_not_look_at_the_response_has_no_panel() -> None:
    assert "Who answered" not in [each.title for each in overview_of(document(), SCALES, EN).sections]


def test_no_change_says_what_would_have_been_seen_and_too_early_how_long() -> None:
    assert cell_of(row("energy", "no_detectable_change")).line == "1.1 points would have been seen"
    early = cell_of(row("energy", "too_early", alert="too_early", trend=None, waves_left=2))
    assert (early.tone, early.line) == ("early", "2 more waves needed")


def test_where_many_values_are_clipped_no_change_is_said_to_have_been_seen() -> None:
    trend = {"minimum": None, "change": 0.0, "low": 0.0, "high": 0.0, "shape": "gradual", "waves": 12}
    line = cell_of(row("energy", "no_detectable_change", trend=trend)).line
    assert line == "many values stand at the end of what may be shown, so a change there cannot be seen"


def test_a_level_that_is_not_distinguishable_does_not_stand_out() -> None:
    near = cell_of(row("energy", "no_detectable_change", level={"standing": "not_distinguishable"}))
    far = cell_of(row("energy", "no_detectable_change", level={"standing": "clearly_below"}))
    assert (near.level, near.is_level) == ("Level: not distinguishable", False)
    assert (far.level, far.is_level) == ("Level: clearly below", True)
