"""The sample roadmap is read without a fault, and the troubled team's pressure rises when its plan changes."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from functools import cache
from statistics import mean
from zoneinfo import ZoneInfo

import pytest

from app.demo.calendar import ROADMAP_WEEKS, Calendar, make_calendar
from app.demo.organisation import make_organisation
from app.demo.roadmap import COLUMNS, HISTORY_COLUMNS, Roadmap, make_roadmap
from app.demo.shapes import Size, shape_of
from reports.pressure.index import PressureIndex, index_of
from reports.pressure.indicators import weekly
from surveys.importers.roadmap_csv import read_csv
from surveys.importers.roadmap_map import RoadmapMap
from surveys.importers.roadmap_model import RoadmapFile

pytestmark = pytest.mark.slow

CALENDAR = make_calendar(dt.date(2026, 11, 25))


def made(calendar: Calendar = CALENDAR) -> Roadmap:
    shape = shape_of(Size.MEDIUM)
    org = make_organisation(shape, seed=6, first=calendar.first_opening, last=calendar.last_opening)
    return make_roadmap(org, seed=6, calendar=calendar)


def as_bytes(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(header)
    writer.writerows(rows)
    return stream.getvalue().encode()


@cache
def read() -> RoadmapFile:
    roadmap = made()
    return read_csv(
        as_bytes(COLUMNS, roadmap.items),
        source="roadmap.csv",
        secret=b"secret",
        mapping=RoadmapMap(covered_from=CALENDAR.roadmap_from, covered_to=CALENDAR.today),
        history=("history.csv", as_bytes(HISTORY_COLUMNS, roadmap.history)),
    )


def indexes(team: str, mondays: Sequence[dt.date]) -> list[float]:
    file = read()
    weeks = weekly(
        [item for item in file.items if item.team == team],
        file.events,
        file.plans,
        weeks=mondays,
        zone=ZoneInfo("Europe/Madrid"),
        coverage=(file.covered_from, file.covered_to),
        history=file.history,
    )
    return [found.value for week in weeks if isinstance(found := index_of(week), PressureIndex)]


def test_the_importer_takes_both_files_without_a_remark() -> None:
    file = read()
    assert file.problems == ()
    assert [plan.due for plan in file.plans] == list(CALENDAR.releases)
    assert {field.value for field in file.history} == {"status", "plan", "due", "priority"}


def test_a_seed_gives_the_same_files() -> None:
    assert made() == made()


def test_the_troubled_teams_pressure_rises_when_its_plan_changes_and_nobody_elses_does() -> None:
    weeks = [CALENDAR.roadmap_from + dt.timedelta(weeks=number) for number in range(20, ROADMAP_WEEKS)]
    before = [monday for monday in weeks if monday < CALENDAR.trouble_on]
    after = [monday for monday in weeks if monday >= CALENDAR.trouble_on + dt.timedelta(weeks=2)]
    rises = {
        team.key: mean(indexes(team.key, after)) - mean(indexes(team.key, before))
        for team in shape_of(Size.MEDIUM).leaves
    }
    assert rises.pop("ticketing") > 20
    assert max(rises.values()) < 15
