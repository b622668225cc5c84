"""Leader reports of a year of releases: levels, notices and imported results, all from released values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.installation import Installation
from reports.document import LeaderReport, Place, Value, from_json, sha256, to_json
from reports.services.findings import find_trends
from reports.services.history import load_history
from reports.services.leader_report import Batch, build_report, freeze_report
from reports.stats.methods import METHOD_VERSION
from reports.stats.results import AlertStatus, Watch
from surveys.importers.history import read_history
from surveys.importers.history_map import read_history_map
from surveys.services.history_import import import_history
from tests.support import filled, journey
from tests.support.earlier import SMALL_MAP

WAVES = 14
NOW = dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)
TEAM, CALM = filled.team(0), filled.team(5)
ROWS = "unit,day,strain,answers\n" + "".join(f"A,{year}-03-01,{30 + year - 2010},20\n" for year in range(2010, 2014))


@pytest.fixture(scope="module")
def filled_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, list[str]]]:
    """Twelve teams of which three fall in the middle, the first by 1.6 points, and the names of their waves."""
    made = journey.installation(Path(tmp_path_factory.mktemp("leader")))
    slugs = filled.fill(made, filled.World(teams=12, waves=WAVES, scales=3, falls={0: 1.6, 3: 0.9, 7: 1.1}))
    yield made, slugs
    made.database.dispose()


@pytest.fixture(scope="module")
def inst(filled_in: tuple[Installation, list[str]]) -> Installation:
    """The installation alone."""
    return filled_in[0]


@pytest.fixture(scope="module")
def batches(filled_in: tuple[Installation, list[str]]) -> dict[int, Batch]:
    """What the reports of a wave share, for each wave from the fall on."""
    made, slugs = filled_in
    found = {}
    with made.database.reading() as session:
        for number in range(WAVES // 2, WAVES + 1):
            history = load_history(session, wave=slugs[number - 1])
            found[number] = Batch(history=history, findings=find_trends(history))
    return found


def report(inst: Installation, batch: Batch, unit: str, language: str = "en") -> LeaderReport:
    with inst.database.reading() as session:
        return build_report(session, batch=batch, unit=unit, language=language, as_of=NOW.date())


def said(found: LeaderReport) -> str:
    """The sentences of page 1 as text."""
    return " ".join(run.text for sentence in found.headings for run in sentence)


def test_levels_stand_against_the_organisation_in_three_words(inst: Installation, batches: dict[int, Batch]) -> None:
    found = report(inst, batches[WAVES], TEAM)
    places = [section.standpoint.place for section in found.scales if section.standpoint]
    assert len(places) == len(found.scales)
    assert Place.CLEARLY_BELOW in places
    calm = [section.standpoint for section in report(inst, batches[WAVES], CALM).scales]
    assert any(each is not None and each.place is Place.NOT_DISTINGUISHABLE for each in calm)


def test_the_unit_of_all_teams_has_no_level_against_itself(inst: Installation, batches: dict[int, Batch]) -> None:
    found = report(inst, batches[WAVES], filled.ROOT)
    assert found.scales
    assert all(section.standpoint is None for section in found.scales)


def test_what_a_verdict_says_no_notice_repeats(inst: Installation, batches: dict[int, Batch]) -> None:
    both = 0
    for batch in batches.values():
        traces = report(inst, batch, TEAM).traces
        falling = {trace.code for trace in traces if trace.chip.verdict.value == "falling"}
        assert all(trace.notice is None for trace in traces if trace.code in falling)
        watches = [fit.results[TEAM] for code, fit in batch.findings.alerts.items() if code in falling]
        both += sum(isinstance(watch, Watch) and watch.status is AlertStatus.LOWER for watch in watches)
    assert both


def test_a_notice_stands_in_the_sentences_and_below_its_chip(inst: Installation, batches: dict[int, Batch]) -> None:
    noticed = []
    for batch in batches.values():
        for number in range(12):
            found = report(inst, batch, filled.team(number))
            held = [trace for trace in found.traces if trace.notice is not None]
            assert len(found.headings) <= 3
            assert ("once a year" in said(found)) is bool(held)
            noticed += [trace.chip.sub for trace in held]
    assert noticed
    assert set(noticed) <= {"the last three waves lie lower", "the last three waves lie higher"}


def test_the_level_is_given_at_the_waves_with_a_figure_and_inside_its_band(
    inst: Installation, batches: dict[int, Batch]
) -> None:
    for trace in report(inst, batches[WAVES], TEAM).traces:
        days = [point.date for point in trace.points if isinstance(point.cell, Value)]
        assert [point.date for point in trace.level] == days
        assert all(point.value.low < point.value.mean < point.value.high for point in trace.level)
        assert "The lasting level behind the waves: from" in trace.alt


def test_method_version_and_settings_are_printed(inst: Installation, batches: dict[int, Batch]) -> None:
    provenance = report(inst, batches[WAVES], TEAM).provenance
    assert provenance.method == METHOD_VERSION
    assert provenance.settings[0].startswith(f"Version {METHOD_VERSION}.")
    assert "test at 5 %" in provenance.settings[1]
    assert "10 % of calm years" in provenance.settings[2]


def test_what_is_imported_later_stands_by_itself_and_changes_no_frozen_report(
    inst: Installation, batches: dict[int, Batch]
) -> None:
    batch = batches[WAVES]
    with inst.database.transaction() as session:
        frozen = freeze_report(session, batch=batch, unit=TEAM, language="en", now=NOW)
    text = f'programme = "{journey.PROGRAMME}"\n' + SMALL_MAP + f'[units]\nA = "{TEAM}"\n'
    mapping = read_history_map(text.encode(), source="map.toml")
    file = read_history(ROWS.encode(), source="old.csv", mapping=mapping, today=NOW.date())
    with inst.database.transaction() as session:
        import_history(session, file, file_sha256="0" * 64, now=NOW)
    made = report(inst, batch, TEAM)
    assert made.imported is not None
    assert [group.title for group in made.imported.groups] == ["Imported from Old Tool: Feels strained"]
    assert [row.wave for row in made.imported.groups[0].rows] == ["Mar 2010", "Mar 2011", "Mar 2012", "Mar 2013"]
    assert from_json(to_json(made)).traces == frozen.document.traces
    assert from_json(to_json(made)).imported == made.imported
    assert report(inst, batch, CALM).imported is None
    with inst.database.transaction() as session:
        again = freeze_report(session, batch=batch, unit=TEAM, language="en", now=NOW)
    assert again.sha256 == frozen.sha256 != sha256(made)
