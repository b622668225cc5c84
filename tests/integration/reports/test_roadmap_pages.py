"""The roadmap pages of leader reports over released waves and weekly pressure that goes with strain."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app.installation import Installation
from reports.document import LeaderReport, Value, from_json, sha256, to_json
from reports.document_link import ForestKind, LinkState
from reports.models import PressureWeek
from reports.pdf.render import render
from reports.services.findings import find_trends
from reports.services.history import load_history
from reports.services.leader_report import Batch, build_report, freeze_report
from reports.services.trend_sets import page_crowds
from reports.store.pressure import People, to_plain
from surveys.importers.calendar_kinds import DayKind
from surveys.models.roadmap import RoadmapPlan, RoadmapSource
from surveys.store import calendar_days
from surveys.store.calendar_days import StoredDay
from tests.support import filled, journey, linked

TEAMS, WAVES = 6, 14
NOW = dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)
TEAM = filled.team(0)


@pytest.fixture(scope="module")
def filled_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, str]]:
    """Six teams with a year of fortnights, of which five have weekly pressure, a release and a shutdown."""
    made = journey.installation(Path(tmp_path_factory.mktemp("pages")))
    world = filled.World(teams=TEAMS, waves=WAVES, scales=3)
    slugs = linked.fill_linked(made, world, slope=1.0, teams=TEAMS - 1)
    day = journey.FIRST_DAY + dt.timedelta(days=70)
    with made.database.transaction() as session:
        session.add(
            RoadmapSource(
                name="plan", kind="csv", timezone="UTC", covered_from=journey.FIRST_DAY, covered_to=NOW.date(),
                history=[], people="none", file_sha256="0" * 64, imported_at=NOW, account={}, touched={},
            )
        )  # fmt: skip
        session.flush()
        session.add(
            RoadmapPlan(
                source="plan", name="4.2", kind="version", starts_on=None, due_on=day, done_on=None, teams=[TEAM]
            )
        )
        shut = StoredDay(source="hand", team="", kind=DayKind.SHUTDOWN, day=day + dt.timedelta(days=14))
        calendar_days.put_days(session, [shut])
    yield made, slugs[-1]
    made.database.dispose()


@pytest.fixture(scope="module")
def inst(filled_in: tuple[Installation, str]) -> Installation:
    """The installation alone."""
    return filled_in[0]


@pytest.fixture(scope="module")
def batch(filled_in: tuple[Installation, str]) -> Batch:
    """What the reports of the last wave share."""
    made, last = filled_in
    with made.database.reading() as session:
        history = load_history(session, wave=last)
        return Batch(history=history, findings=find_trends(history))


def report(inst: Installation, batch: Batch, unit: str) -> LeaderReport:
    with inst.database.reading() as session:
        return build_report(session, batch=batch, unit=unit, language="en", as_of=NOW.date())


def test_a_team_has_one_row_with_its_own_released_values(inst: Installation, batch: Batch) -> None:
    found = report(inst, batch, TEAM)
    assert found.roadmap is not None
    assert found.roadmap.side is not None
    (row,) = found.roadmap.side.rows
    assert row.name == found.unit.name
    traces = {trace.code: trace.points for trace in found.traces}
    assert row.lines
    assert all(line.points == traces[line.code] for line in row.lines)
    assert [event.label for event in row.events] == ["release 4.2"]
    assert [shade.label for shade in row.shades] == ["company shutdown"]


def test_the_unit_above_has_a_row_for_each_crowd_with_pressure_in_the_order_of_names(
    inst: Installation, batch: Batch
) -> None:
    found = report(inst, batch, filled.ROOT)
    assert found.roadmap is not None
    assert found.roadmap.side is not None
    rows = found.roadmap.side.rows
    assert len(page_crowds(batch.history.last, filled.ROOT)) == TEAMS
    assert [row.name for row in rows] == sorted(row.name for row in rows)
    assert len(rows) == TEAMS - 1
    own = report(inst, batch, TEAM)
    (same,) = [row for row in rows if row.name == own.unit.name]
    assert own.roadmap is not None
    assert own.roadmap.side is not None
    assert [line.points for line in same.lines] == [line.points for line in own.roadmap.side.rows[0].lines]
    assert "went the same way in" in found.roadmap.side.sentences[0]


def test_every_figure_of_a_row_is_one_that_was_released(inst: Installation, batch: Batch) -> None:
    released = {
        round(cell.value, 4)
        for wave in batch.history.waves
        for record in wave.crowds
        for cell in record.cells.values()
        if hasattr(cell, "value")
    }
    found = report(inst, batch, filled.ROOT)
    assert found.roadmap is not None
    assert found.roadmap.side is not None
    shown = [
        point.cell.mean
        for row in found.roadmap.side.rows
        for line in row.lines
        for point in line.points
        if isinstance(point.cell, Value)
    ]
    assert shown
    assert {round(mean, 4) for mean in shown} <= released


def test_the_link_names_the_own_team_and_no_other(inst: Installation, batch: Batch) -> None:
    found = report(inst, batch, TEAM)
    assert found.roadmap is not None
    link = found.roadmap.link
    assert link is not None
    assert link.state is LinkState.ESTIMATED
    assert {row.name for row in link.forest if row.kind is ForestKind.UNIT} <= {found.unit.name}
    text = json.dumps(json.loads(to_json(found))["roadmap"]["link"])
    others = {batch.history.last.units[filled.team(number)].name for number in range(1, TEAMS)}
    assert not [name for name in others if f'"{name}"' in text]
    assert sum(link.strip.counts if link.strip is not None else ()) > 0


def test_a_team_without_delivery_data_has_no_roadmap_pages(inst: Installation, batch: Batch) -> None:
    assert report(inst, batch, filled.team(TEAMS - 1)).roadmap is None


def test_a_report_with_roadmap_pages_is_stored_and_printed_alike(inst: Installation, batch: Batch) -> None:
    found = report(inst, batch, TEAM)
    again = from_json(to_json(found))
    assert sha256(again) == sha256(found)
    assert from_json(to_json(again)) == again
    assert render(again, released_on=NOW).startswith(b"%PDF")


def test_a_report_is_frozen_as_it_will_be_read_so_that_both_print_the_same_bytes(
    inst: Installation, batch: Batch
) -> None:
    with inst.database.transaction() as session:
        frozen = freeze_report(session, batch=batch, unit=TEAM, language="en", now=NOW)
        kept = freeze_report(session, batch=batch, unit=TEAM, language="en", now=NOW)
    assert frozen == kept


def test_the_same_data_give_the_same_pages(inst: Installation, batch: Batch) -> None:
    assert sha256(report(inst, batch, filled.ROOT)) == sha256(report(inst, batch, filled.ROOT))


def test_with_too_few_people_behind_every_week_there_is_no_page(inst: Installation, batch: Batch) -> None:
    team = filled.team(1)
    with inst.database.transaction() as session:
        weeks = [week for (week,) in session.execute(select(PressureWeek.week).where(PressureWeek.team == team))]
        kept = {week: session.get_one(PressureWeek, (team, week)).document for week in weeks}
        for week in weeks:
            session.get_one(PressureWeek, (team, week)).document = to_plain(
                linked.week(team, week, 50.0, people=People.TOO_FEW)
            )
    try:
        found = report(inst, batch, team)
        assert found.roadmap is None
        whole = report(inst, batch, filled.ROOT)
        assert whole.roadmap is not None
        assert whole.roadmap.side is not None
        assert found.unit.name not in {row.name for row in whole.roadmap.side.rows}
    finally:
        with inst.database.transaction() as session:
            for week, document in kept.items():
                session.get_one(PressureWeek, (team, week)).document = document
