"""Which sentence a link gets: chosen by its verdict, with range and p beside every estimate, and never a cause."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.services.link_looks import extra_sentences, gate_rows, robust_sentences, setting_rows
from reports.services.link_record import Absence, ExtraPair, LinkRecord, RecordRow, from_plain, to_plain
from reports.services.link_terms import gate_number, p_text, signed, swing_text
from reports.services.link_words import (
    company_sentences,
    must_not_conclude,
    not_identifiable,
    sentences_of,
    study_sentences,
    title_of,
)
from reports.stats.event_study import EventStudy, ReleaseEffect
from reports.stats.link import find_link
from reports.stats.link_results import (
    LinkFit,
    LinkGate,
    LinkPanel,
    LinkVerdict,
    NoIdentification,
    NotIdentifiable,
    TeamLink,
)
from reports.stats.results import Interval
from surveys.i18n import translator

EN = translator("en")
STUDY = EventStudy(
    effects=(ReleaseEffect(day=738000.0, effect=0.31, inside=8, outside=20),),
    mean=Interval(estimate=0.12, low=-0.01, high=0.25, level=0.9), p=0.12, positive=16, releases=20,
    p_sign=0.012, teams_positive=7, teams=11, skipped=0, merged=0,
)  # fmt: skip


def panel(*, teams: int = 8, waves: int = 30, slope: float = 0.0, shared: bool = False, seed: int = 3) -> LinkPanel:
    rng = np.random.default_rng(seed)
    pressure = 50 + 10 * rng.standard_normal((teams, waves))
    if shared:
        pressure = np.broadcast_to(50 + 10 * rng.standard_normal(waves), (teams, waves)).copy()
    strain = 3 + slope * (pressure - 50) / 10 + 0.2 * rng.standard_normal((teams, waves))
    full = np.ones((teams, waves), dtype=np.bool_)
    return LinkPanel(
        keys=tuple(f"t{g}" for g in range(teams)),
        days=np.arange(waves) * 14.0,
        pressure=pressure,
        sentiment=strain,
        mask=full,
        coverage=full.astype(np.float64),
        response=full * 0.75,
        segments=np.zeros((teams, waves), dtype=np.int64),
    )


def record(fit: LinkFit | None, *, absence: Absence = Absence.NONE, rows: int = 8, **changes: object) -> LinkRecord:
    made = LinkRecord(
        wave="w-9",
        waves=("w-8", "w-9"),
        first_on=dt.date(2026, 1, 5),
        last_on=dt.date(2026, 1, 19),
        mark="",
        scale="workload",
        recall_days=14,
        absence=absence,
        all_rows=rows,
        known_rows=rows,
        rows=tuple(RecordRow(key=f"t{g}", units=(f"t{g}",), readers=(), kept_from=()) for g in range(rows)),
        fit=fit,
        previous=None,
        extras=(),
        flags=(),
        study=None,
        frame=(),
        anchors=(1,),
        unmapped=0.04,
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "verdict", "title", "first"),
    [
        (panel(slope=0.3), LinkVerdict.HIGHER_TOGETHER, "More pressure goes with more strain", "reported more strain"),
        (panel(slope=-0.3), LinkVerdict.LOWER_TOGETHER, "More pressure goes with less strain", "reported less strain"),
        (panel(teams=12, waves=90), LinkVerdict.NO_LARGER_LINK, "No larger link fits the data", "No link of more than"),
        (panel(teams=5, waves=13), LinkVerdict.UNCERTAIN, "Too early to say", "Too early to say whether"),
        (panel(shared=True), LinkVerdict.SHARED_CALENDAR, "Teams cannot be compared", "rose and fell together"),
        (panel(teams=6, waves=8), LinkVerdict.TOO_EARLY, "Too early to say", "Too early to say whether"),
        (panel(teams=3, waves=60), LinkVerdict.NEVER_HERE, "Too few teams for a link", "no number of waves can tell"),
    ],
)
def test_the_sentence_follows_the_verdict(made: LinkPanel, verdict: LinkVerdict, title: str, first: str) -> None:
    fit = find_link(made, pairings=199)
    assert fit.verdict is verdict
    found = record(fit, rows=len(made.keys))
    assert title_of(found, EN) == title
    assert first in sentences_of(found, "Workload", EN)[0]


def test_a_link_is_told_with_range_direction_and_deals() -> None:
    fit = find_link(panel(slope=0.3), pairings=199)
    first, teams, deals, again, plans = sentences_of(record(fit), "Workload", EN)
    assert "likely range +0." in first
    assert "(90 %)" in first
    assert teams == "8 of 8 teams point in that direction."
    assert deals.startswith("The pressure of the teams was dealt among them anew 199 times.")
    assert again.startswith("This is looked at after every wave.")
    assert "teams of a department share plan and mood" in plans


def test_few_hidden_teams_are_not_told_by_a_count() -> None:
    found = record(find_link(panel(slope=0.3), pairings=99))
    assert sentences_of(found, "Workload", EN, hidden=1)[1] == "Most teams point in that direction."
    assert sentences_of(found, "Workload", EN, hidden=7)[1] == "8 of 8 teams point in that direction."


def test_a_leader_reads_no_list_of_releases_and_nothing_where_one_row_is_hidden() -> None:
    found = record(None, study=STUDY)
    assert len(study_sentences(found, "Workload", EN)) == 3
    assert len(study_sentences(found, "Workload", EN, hidden=0)) == 2
    assert study_sentences(found, "Workload", EN, hidden=1) == []


def test_one_moving_team_is_told_as_such() -> None:
    source = panel(teams=6)
    still = source.pressure.copy()
    still[1:] = 50
    found = record(find_link(dataclasses.replace(source, pressure=still), pairings=9))
    assert title_of(found, EN) == "Only one team moved enough to compare"
    assert "mostly that of one team" in sentences_of(found, "Workload", EN)[0]


def test_three_waves_of_nine_teams_are_nine_teams() -> None:
    said = sentences_of(record(find_link(panel(teams=9, waves=3), pairings=9)), "Workload", EN)
    assert not any("Teams or joint groups" in each for each in said)
    assert said[-1] == "With 9 teams a link of r = 0.3 would show after about 28 waves, 25 more than now."


def test_what_misses_a_limit_never_looks_as_if_it_met_it() -> None:
    assert gate_number(LinkGate.COVERAGE, 0.798, EN) == "79 %"
    assert gate_number(LinkGate.COVERAGE, 0.8, EN) == "80 %"
    shared = NotIdentifiable(reason=NoIdentification.SHARED_CALENDAR, share_left=0.0499)
    assert "4.9 % of its movement" in not_identifiable(shared, EN)
    assert [p_text(p, EN) for p in (0.05, 0.0504, 0.05001)] == ["0.050", "0.0504", "just above 0.05"]
    assert [swing_text(points, EN) for points in (12.3, 3.24, 0.2)] == ["12", "3.2", "0.20"]


def test_every_other_deal_is_told_as_such() -> None:
    said = sentences_of(record(find_link(panel(teams=6, slope=0.3)), rows=6), "Workload", EN)[2]
    assert "anew in all 719 other ways" in said


def test_too_early_names_what_is_missing_and_when_a_link_would_show() -> None:
    found = sentences_of(record(find_link(panel(teams=9, waves=8), pairings=99)), "Workload", EN)
    assert "Waves with a value of both: 8 of 12 needed." in found
    assert "With 9 teams a link of r = 0.3 would show after about" in found[-1]


def test_three_teams_never_get_a_figure_whatever_the_number_of_waves() -> None:
    made = record(find_link(panel(teams=3, waves=104, slope=1.0), pairings=99), rows=3)
    said = " ".join([*sentences_of(made, "Workload", EN), *company_sentences(made, EN)])
    assert "There are 3 teams or joint groups" in said
    assert "r =" not in said
    assert "slope" not in said


def test_without_data_the_reason_is_told_and_no_verdict() -> None:
    nothing = record(None, absence=Absence.NO_PRESSURE, rows=0)
    assert title_of(nothing, EN) == "Nothing to compare"
    assert "No delivery data cover the days" in sentences_of(nothing, "Workload", EN)[0]
    few = record(find_link(panel(teams=3), pairings=99), absence=Absence.FEW_COVERED, rows=3, all_rows=9)
    assert "for 3 of 9 teams" in sentences_of(few, "Workload", EN)[0]
    unasked = record(None, absence=Absence.NOT_ASKED)
    assert "does not ask about workload" in sentences_of(unasked, "", EN)[0]


def test_the_other_direction_forbids_to_say_which_follows() -> None:
    rng = np.random.default_rng(5)
    made = panel(teams=10, waves=40)
    after = made.pressure.copy()
    after[:, 1:] = 50 + 15 * (made.sentiment[:, :-1] - 3) / 0.2 + rng.standard_normal((10, 39))
    fit = find_link(dataclasses.replace(made, pressure=after), pairings=99)
    assert isinstance(fit.team, TeamLink)
    said = robust_sentences(record(fit), fit.team, EN)[0]
    assert said.startswith("The other direction shows as well")
    assert said.endswith("So neither may be said to follow the other.")


def test_the_company_figure_always_has_its_caution() -> None:
    fit = find_link(panel(waves=30), pairings=99)
    figure, caution = company_sentences(record(fit), EN)
    assert figure.startswith("All teams together: r = ")
    assert caution == "Everything else that happened to all teams in the same weeks is in this figure too."


def test_finds_among_many_are_worth_a_look_and_no_more() -> None:
    wide = Interval(estimate=0.2, low=0.05, high=0.35, level=0.9)
    pairs = (
        ExtraPair(scale="energy", indicator="", slope=wide, p=0.004, p_adjusted=0.04, is_worth_a_look=True),
        ExtraPair(scale="workload", indicator="C", slope=wide, p=0.4, p_adjusted=0.6, is_worth_a_look=False),
    )
    found = extra_sentences(record(None, extras=pairs), {"energy": "Energy"}, EN)
    assert found[0].startswith("2 other pairs")
    assert "none is a finding" in found[0]
    assert found[1:] == ["Energy and the index: +0.20 points, likely range +0.05 to +0.35 (90 %)."]
    none = extra_sentences(record(None, extras=pairs[1:]), {}, EN)
    assert none == ["1 other pair of a scale and a part of pressure was tried. None stands out beyond chance."]


def test_the_run_up_to_releases_names_range_and_both_tests() -> None:
    first, caution, each = study_sentences(record(None, study=STUDY), "Workload", EN)
    assert "+0.12 points" in first
    assert "16 of 20 releases (p 0.12 by the mean, 0.012 by the direction)" in first
    assert "Whatever is planned along with releases" in caution
    assert each == "Release by release, in points: 29 Jul 2021 +0.3."


def test_the_conditions_and_settings_stand_in_tables() -> None:
    fit = find_link(panel(teams=6, waves=20), pairings=99)
    assert gate_rows(fit.gates, EN)[0] == ("Teams or joint groups with delivery data", "6", "5", True)
    assert gate_rows(fit.gates, EN)[3][1:] == ("100 %", "80 %", True)
    found = dict(setting_rows(record(fit), "Workload", EN))
    assert found["Items that belong to no team"] == "4 %"
    assert found["Pressure"] == "mean index of the 14 days before a wave opens"


def test_all_conclusions_that_must_not_be_drawn_are_there() -> None:
    said = " ".join(must_not_conclude(EN))
    for word in ("caused", "person", "works harder", "calm team", "looks best", "missing delivery data", "goal"):
        assert word in said


def test_no_sentence_claims_a_cause_or_shouts() -> None:
    for made in (panel(slope=0.3), panel(waves=60), panel(shared=True), panel(teams=6, waves=8), panel(teams=3)):
        fit = find_link(made, pairings=99)
        found = record(fit)
        said = [*sentences_of(found, "Workload", EN), *company_sentences(found, EN)]
        if isinstance(fit.team, TeamLink):
            said += robust_sentences(found, fit.team, EN)
        for sentence in said:
            assert not set("!{}") & set(sentence)
            assert not any(word in sentence for word in ("cause", "because of", "leads to", "due to", "followed by"))


@settings(max_examples=4)
@given(slope=st.floats(-0.5, 0.5), teams=st.integers(2, 7), waves=st.integers(6, 20))
def test_a_record_comes_back_as_it_was_stored(slope: float, teams: int, waves: int) -> None:
    plain = to_plain(record(find_link(panel(teams=teams, waves=waves, slope=slope), pairings=19)))
    assert to_plain(from_plain(plain)) == plain


def test_numbers_have_signs_and_small_p_a_limit() -> None:
    assert [signed(value, 1, EN) for value in (0.12, -0.12, 0.01, -0.01)] == ["+0.1", "−0.1", "0.0", "0.0"]
    assert [p_text(p, EN) for p in (0.0005, 0.012, 0.4)] == ["under 0.001", "0.012", "0.40"]
