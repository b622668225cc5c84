"""The analysis of a release over all units: the same figures as the reports, stored once, made anew when asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest
from sqlalchemy import update

from reports.models import Analysis
from reports.services import analysis, analysis_view
from reports.services.analysis import make_analysis
from reports.services.analysis_plain import Plain
from reports.services.findings import find_trends
from reports.services.history import load_history
from reports.stats.methods import METHOD_VERSION
from reports.stats.results import TooEarly, TrendResult, Watch
from reports.stats.shrinkage import LevelFit
from reports.stats.verdicts import judge_release
from reports.store import findings as store
from reports.store.findings import FindingRow
from surveys.enums import WaveStatus
from surveys.errors import NotFound
from surveys.i18n import translator
from surveys.store import waves as wave_store
from tests.integration.findings.conftest import WORLD, Filled
from tests.support.filled import team

NOW = dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC)


def made(filled: Filled, *, remake: bool = False) -> analysis.AnalysisAccount:
    database = filled.inst.database
    return make_analysis(database.reading, database.transaction, wave=filled.last, now=NOW, remake=remake)


def rows(filled: Filled) -> dict[tuple[str, str], FindingRow]:
    made(filled)
    with filled.inst.database.reading() as session:
        units = store.list_finding_units(session, filled.last)
        return {(row.unit, row.measure): row for row in store.list_findings(session, filled.last, units)}


def part(row: FindingRow, name: str) -> Plain:
    found = Plain(row.document).part(name)
    assert found is not None
    return found


def test_an_analysis_is_made_once_and_again_when_asked(filled: Filled) -> None:
    first = made(filled, remake=True)
    assert (first.already_made, first.findings) == (False, len(rows(filled)))
    assert made(filled).already_made
    before = rows(filled)
    assert not made(filled, remake=True).already_made
    assert rows(filled) == before


def test_progress_goes_up_to_its_end(filled: Filled) -> None:
    steps: list[tuple[int, int]] = []
    database = filled.inst.database
    make_analysis(
        database.reading, database.transaction, wave=filled.last, now=NOW, remake=True,
        progress=lambda done, total: steps.append((done, total)),
    )  # fmt: skip
    assert steps == sorted(steps)
    assert steps[-1][0] == steps[-1][1]
    assert len({total for _, total in steps}) == 1


def test_there_is_one_row_per_set_of_teams_and_scale(filled: Filled) -> None:
    found = rows(filled)
    units = {unit for unit, _ in found}
    assert len(found) == len(units) * WORLD.scales
    # Teams 30 and 31 are one crowd and one row, which both of them share; every other unit has its own.
    assert team(31) not in units
    assert Plain(found[team(30), "energy"].document).texts("units") == [team(30), team(31)]
    assert units >= {team(number) for number in range(40) if number != 31} | {"root", "u1-0000"}


def test_the_figures_are_those_of_the_reports(filled: Filled) -> None:
    """The leader reports load the same waves by another road; the fits are the same to the last stored digit."""
    found = rows(filled)
    with filled.inst.database.reading() as session:
        trends = find_trends(load_history(session, wave=filled.last))
    for unit in (team(5), team(8), team(30), "u1-0001", "root"):
        key = trends.sets[unit].key
        for scale in ("workload", "energy", "overall"):
            row, fitted = found[unit, scale], trends.fits[scale].results[key]
            assert isinstance(fitted, TrendResult)
            trend, alert = part(row, "trend"), part(row, "alert")
            assert trend.number("p") == pytest.approx(fitted.p, abs=2e-6)
            assert trend.number("change") == pytest.approx(fitted.amount.estimate, abs=2e-6)
            assert trend.number("low") == pytest.approx(fitted.amount.low, abs=2e-6)
            assert trend.count("waves") == fitted.waves == 12
            watch = trends.alerts[scale].results[key]
            assert isinstance(watch, Watch)
            assert row.alert == watch.status.value
            assert alert.number("z") == pytest.approx(watch.current.z, abs=2e-6)
            fit = trends.levels[scale]
            assert isinstance(fit, LevelFit)
            if unit == "root":
                assert Plain(row.document).part("level") is None
                assert key not in fit.levels
            else:
                level = part(row, "level")
                assert level.number("raw") == pytest.approx(fit.levels[key].raw, abs=2e-6)
                assert level.text("standing") == fit.levels[key].standing.value


def test_the_verdicts_are_those_of_the_hierarchical_family(filled: Filled) -> None:
    found = rows(filled)
    with filled.inst.database.reading() as session:
        trends = find_trends(load_history(session, wave=filled.last))
    families: dict[str, dict[str, TrendResult | TooEarly]] = {}
    for unit, scale in found:
        families.setdefault(unit, {})[scale] = trends.fits[scale].results[trends.sets[unit].key]
    judged = judge_release(families)
    for (unit, scale), row in found.items():
        wanted = judged[unit][scale]
        assert wanted.p_adjusted is not None
        assert row.verdict == wanted.verdict.value, (unit, scale)
        assert part(row, "trend").number("p_adjusted") == pytest.approx(wanted.p_adjusted, abs=2e-6)
        if wanted.minimum is None:
            assert not part(row, "trend").has("minimum")
        else:
            assert part(row, "trend").number("minimum") == pytest.approx(wanted.minimum, rel=1e-5)


def test_teams_that_fell_are_found_and_few_others(filled: Filled) -> None:
    found = rows(filled)
    fell = {unit for (unit, _), row in found.items() if row.verdict == "falling"}
    assert fell >= {team(5), team(15), team(25)}
    assert len(fell & {team(number) for number in range(40)} - {team(5), team(15), team(25), team(30)}) <= 2


def test_every_figure_names_its_question(filled: Filled) -> None:
    for row in rows(filled).values():
        own = Plain(row.document)
        for name, estimand in (("this_wave", "this_wave"), ("trend", "lasting"), ("alert", "lasting")):
            found = own.part(name)
            assert found is None or not found.has("change") or found.text("estimand") == estimand
        assert part(row, "this_wave").text("estimand") == "this_wave"


def test_the_whole_tells_of_reliability_agreement_and_companions(filled: Filled) -> None:
    made(filled)
    with filled.inst.database.reading() as session:
        found = store.find_analysis(session, filled.last)
        assert found is not None
        assert found.method_version == METHOD_VERSION
        whole = Plain(found.document)
    assert "pulse-4" not in whole.texts("waves")
    scales = whole.part("scales") or Plain({})
    clarity = scales.part("clarity") or Plain({})
    alpha = (clarity.part("reliability") or Plain({})).part("alpha") or Plain({})
    # Two questions with variances of 0.8 and a covariance of 0.4: alpha = 2 * (1 - 1.6 / 2.4).
    assert alpha.number("estimate") == pytest.approx(2 / 3)
    assert alpha.number("low") < 2 / 3 < alpha.number("high")
    assert (scales.part("energy") or Plain({})).part("reliability") is None
    agreement = (scales.part("energy") or Plain({})).part("agreement") or Plain({})
    assert agreement.count("groups") == 39
    companions = whole.part("companions") or Plain({})
    assert companions.text("outcome") == "overall"
    assert companions.count("teams") == 39
    assert {each.text("scale") for each in companions.parts("scales")} == {
        "workload", "clarity", "motivation", "energy", "safety"
    }  # fmt: skip


def test_units_are_found_by_what_stands_out(filled: Filled) -> None:
    found = rows(filled)
    with filled.inst.database.reading() as session:
        stored = analysis_view.load_analysis(session, filled.last)
        assert stored is not None
        shown = {
            name: analysis_view.list_units(session, stored, scale=None, shown=name) for name in analysis_view.SHOWN
        }
        energy = analysis_view.list_units(session, stored, scale="energy", shown="falling")
        lines = analysis_view.list_lines(
            session, stored, [team(5), team(30)], scales=tuple(stored.scales.values()), tr=translator("en")
        )
    assert set(shown["all"]) == {unit for unit, _ in found}
    assert set(shown["falling"]) == {unit for (unit, _), row in found.items() if row.verdict == "falling"}
    assert set(energy) == {
        unit for (unit, scale), row in found.items() if (row.verdict, scale) == ("falling", "energy")
    }
    below = {unit for (unit, _), row in found.items() if "clearly_below" in str(row.document["level"])}
    assert set(shown["below"]) == below
    assert below
    assert set(shown["standing-out"]) >= set(shown["falling"]) | set(shown["alert"])
    assert lines[0].name == f"Team {team(5)}"
    assert (lines[1].is_joint, lines[1].name) == (True, f"Team {team(30)} and Team {team(31)}")
    assert {cell.tone for cell in lines[0].cells if cell} >= {"less"}


def test_an_analysis_by_older_methods_or_of_a_withdrawn_wave_is_none(filled: Filled) -> None:
    made(filled)
    database = filled.inst.database
    with database.transaction() as session:
        assert not analysis.is_due(session, filled.last)
        session.execute(update(Analysis).values(method_version="1"))
        assert analysis.is_due(session, filled.last)
        assert analysis_view.load_analysis(session, filled.last) is None
        session.rollback()
    with database.transaction() as session:
        wave_store.get_wave(session, filled.slugs[-2]).status = WaveStatus.WITHDRAWN
        session.flush()
        assert analysis.is_due(session, filled.last)
        session.rollback()


def test_an_earlier_wave_that_is_released_later_makes_the_analysis_due_again(filled: Filled) -> None:
    made(filled)
    with filled.inst.database.transaction() as session:
        wave_store.get_wave(session, "pulse-4").status = WaveStatus.RELEASED
        session.flush()
        assert analysis.is_due(session, filled.last)
        session.rollback()


def test_only_a_released_wave_is_analysed(filled: Filled) -> None:
    database = filled.inst.database
    for wave in ("pulse-4", "pulse-99"):
        with pytest.raises(NotFound):
            make_analysis(database.reading, database.transaction, wave=wave, now=NOW)


def test_the_first_waves_are_too_early_and_say_so(filled: Filled) -> None:
    database = filled.inst.database
    make_analysis(database.reading, database.transaction, wave="pulse-3", now=NOW)
    with database.reading() as session:
        stored = analysis_view.load_analysis(session, "pulse-3")
        assert stored is not None
        found = store.list_findings(session, "pulse-3", [team(1)])
        overview = stored.overview(translator("en"))
    assert {(row.verdict, row.alert) for row in found} == {("too_early", "too_early")}
    assert Plain(found[0].document).count("waves_left") == 2
    assert "No trend can be tested yet: a unit needs five released waves." in overview.summary


def test_the_whole_is_told_in_sentences(filled: Filled) -> None:
    made(filled)
    with filled.inst.database.reading() as session:
        stored = analysis_view.load_analysis(session, filled.last)
        assert stored is not None
        plain: Mapping[str, object] = analysis_view.as_plain(session, stored)
        overview = stored.overview(translator("en"))
    assert any("changed on at least one scale" in sentence for sentence in overview.summary)
    assert any("would be expected if nothing had changed anywhere" in sentence for sentence in overview.summary)
    said = " ".join([*overview.summary, *overview.rules, *(s for each in overview.sections for s in each.sentences)])
    assert "About one in ten units without any change is flagged on each scale in 26 waves." in said
    assert "The report of a leader judges the scales of that report together." in said
    assert not any(word in said for word in ("drives", "confidence interval", "because of"))
    findings = plain["findings"]
    assert isinstance(findings, list)
    assert len(findings) == len(rows(filled))
