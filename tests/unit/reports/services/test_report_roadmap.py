"""The pages on run-ups, drivers and rows side by side, on weeks made by hand."""

import datetime as dt
import re

import pytest

from reports.document import Value, WavePoint
from reports.document_roadmap import SideLine, SideRow
from reports.pressure.anchors import VERSION_1, Indicator
from reports.pressure.index import index_of
from reports.pressure.values import Gap, Measured, Missing, WeekIndicators
from reports.services import report_drivers, report_run_up, report_side
from reports.services.pressure_series import Series, TeamSeries
from reports.services.report_pressure import told_move
from reports.services.report_sentences import Member
from reports.stats.event_study import LEAST_RELEASES
from reports.store.pressure import People, WeekFigures, WeekRecord
from surveys.i18n import translator
from surveys.importers.calendar_kinds import DayKind
from surveys.importers.roadmap_model import PlanKind
from surveys.store.calendar_days import StoredDay
from surveys.store.roadmap import DatedPlan

EN = translator("en")
FIRST = dt.date(2026, 1, 5)
WEEK = dt.timedelta(days=7)


def series(*indexes: float, too_few: tuple[int, ...] = ()) -> Series:
    """A team whose parts all have the points of its index, week after week."""
    records = {}
    for number, points in enumerate(indexes):
        monday = FIRST + number * WEEK
        values = {name: measured(name, points) for name in Indicator if name is not Indicator.SPLIT}
        values[Indicator.SPLIT] = Missing(Gap.SWITCHED_OFF)
        week = WeekIndicators(monday=monday, values=values)
        is_hidden = number in too_few
        records[monday] = WeekRecord(
            team="pay",
            monday=monday,
            people=People.TOO_FEW if is_hidden else People.ENOUGH,
            enough={},
            figures=None if is_hidden else WeekFigures(week=week, index=index_of(week), has_history=True),
        )
    team = TeamSeries(member=Member(team="pay", name="Payments", invited=6), records=records)
    return Series(
        members=1,
        teams=(team,),
        weeks=tuple(records),
        opened_on=FIRST + len(indexes) * WEEK,
        recall_days=14,
    )


def measured(name: Indicator, points: float) -> Measured:
    scale = VERSION_1.scales[name]
    low, high, rest = (scale.zero, scale.half, points) if points <= 50 else (scale.half, scale.full, points - 50)
    value = low + rest / 50 * (high - low)
    return Measured(value=value, numerator=value, denominator=1.0)


def plan(week: int, name: str) -> DatedPlan:
    day = FIRST + week * WEEK + dt.timedelta(days=3)
    return DatedPlan(
        source="p", name=name, kind=PlanKind.VERSION, due=day, done_on=None, teams=frozenset({"pay"}), dates_seen=()
    )


def run_up(found: Series, *plans: DatedPlan):
    return report_run_up.run_up_page(found, plans, (), as_of=found.opened_on, tr=EN)


def peaks(every: int, count: int) -> tuple[Series, list[DatedPlan]]:
    """Pressure of 30, and of 60 in the three weeks up to each of ``count`` releases ``every`` weeks apart."""
    total = every * count + 4
    days = [every * (number + 1) for number in range(count)]
    near = {week - back for week in days for back in range(3)}
    found = series(*[(60.0 if week in near else 30.0) + week * 4 % 11 - 5 for week in range(total)])
    return found, [plan(week, f"4.{number}") for number, week in enumerate(days)]


def test_the_run_up_finds_what_was_planted_in_every_release():
    found, plans = peaks(10, LEAST_RELEASES)
    page = run_up(found, *plans)
    (panel,) = page.panels
    assert panel.has_range
    assert re.search(r"it was \+(29|30|31) points", panel.sentence)
    assert f"higher in {LEAST_RELEASES} of {LEAST_RELEASES} releases" in panel.sentence
    means = {band.weeks: band.mean for band in panel.mean}
    assert means[0] == pytest.approx(60, abs=3)
    assert means[-4] == pytest.approx(30, abs=3)


def test_with_fewer_releases_no_range_and_no_difference_is_told():
    found, plans = peaks(10, LEAST_RELEASES - 1)
    (panel,) = run_up(found, *plans).panels
    assert not panel.has_range
    assert "Too early to say" in panel.sentence
    assert "1 more release is needed" in panel.sentence


def test_without_a_release_there_is_no_page():
    assert run_up(series(*[40.0] * 20)) is None


def test_a_release_still_to_come_is_in_no_run_up():
    found = series(*[40.0] * 20)
    assert run_up(found, plan(25, "5.0")) is None


def test_two_plans_of_one_day_are_one_release():
    found = series(*[40.0] * 20)
    (only,) = report_run_up.releases_of([plan(10, "a"), plan(10, "b")], found, found.opened_on)
    assert only.names == ("a", "b")


def test_the_parts_of_every_week_add_up_to_its_index():
    found = series(*[20.0 + week for week in range(20)], too_few=(4,))
    key = report_drivers._key(found, EN)
    assert len(key) == report_drivers.TOP_PARTS + 1
    for monday in found.weeks:
        week = report_drivers._week(found, monday, key, EN)
        if isinstance(week.index, float):
            assert sum(part.points for part in week.parts) == pytest.approx(week.index)
        else:
            assert (monday, week.parts, week.index.text) == (FIRST + 4 * WEEK, (), "too few people")


def test_the_steps_of_the_waterfall_lead_from_one_mean_to_the_other():
    found = series(*[30.0] * 12, *[70.0] * 8)
    move = told_move(found)
    fall = report_drivers._waterfall(move, EN)
    assert (fall.before, fall.after) == (pytest.approx(30), pytest.approx(70))
    assert fall.before + sum(step.points for step in fall.steps) == pytest.approx(fall.after)
    assert len(fall.steps) <= 6
    assert fall.steps[0].text.startswith("+")


def side_row(found: Series, *levels: float) -> report_side._Row:
    points = tuple(
        WavePoint(date=FIRST + 2 * number * WEEK, label="", cell=Value(mean=level, low=level - 0.3, high=level + 0.3))
        for number, level in enumerate(levels)
    )
    line = SideLine(code="workload", name="Workload", points=points, latest_text="")
    row = SideRow(name="Payments", weeks=(), lines=(line,), events=(), shades=(), week_text="", sentences=(), alt="")
    return report_side._Row(row=row, series=found, scales=())


def test_three_weeks_in_a_row_over_the_limit_are_named_and_two_are_not():
    over, under = series(*[40.0] * 9, 61, 62, 63), series(*[40.0] * 10, 61, 62)
    assert "Above 60 for three weeks or more: Payments." in report_side._ask([side_row(over)], EN)
    assert "Nobody has been above 60" in report_side._ask([side_row(under)], EN)
    gap = series(*[40.0] * 8, 61, 61, 40, 63)
    assert "Nobody" in report_side._ask([side_row(gap)], EN)


def test_weeks_that_are_hidden_are_not_counted_as_over_the_limit():
    hidden = series(*[40.0] * 9, 61, 62, 63, too_few=(10,))
    assert "Nobody" in report_side._ask([side_row(hidden)], EN)


def test_days_of_one_kind_over_a_weekend_are_one_span():
    days = [
        StoredDay(source="hand", team="", kind=DayKind.SHUTDOWN, day=FIRST + dt.timedelta(days=d)) for d in (3, 4, 7)
    ]
    days.append(StoredDay(source="hand", team="web", kind=DayKind.INCIDENT, day=FIRST))
    shades = report_side._shades(report_side._days_of(days, {"pay"}), FIRST, FIRST + 4 * WEEK, EN)
    (only,) = shades
    assert (only.first, only.last, only.label) == (days[0].day, days[2].day, "company shutdown")


def test_a_row_says_where_a_scale_stood_without_a_word_of_change():
    found = series(*[30.0] * 12, *[70.0] * 8)
    move = told_move(found)
    lines = side_row(found, 3.8, 3.8, 3.8, 3.8, 3.7, 3.6, 3.0, 2.5, 2.4, 2.4).row.lines
    pressure, scale = report_side._sentences(move, lines, EN)
    assert "rose from 30 to 70" in pressure
    assert scale.startswith("Workload stood at ")
    assert scale.endswith("and stands at 2.4 (likely range 2.1 to 2.7).")
