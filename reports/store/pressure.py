"""SQL for weekly pressure, and the plain data one week of a team is stored as.

A week with too few people behind it is stored without any figure: only that there were too few.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from reports.models import PressureWeek
from reports.pressure.anchors import ANCHORS, VERSION_1, Indicator
from reports.pressure.index import Index, PressureIndex, index_of
from reports.pressure.values import Gap, Measured, Missing, RunRate, Unit, Value, WeekIndicators


class People(StrEnum):
    """Whether enough people stand behind a week."""

    ENOUGH = "enough"
    TOO_FEW = "too_few"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class WeekFigures:
    """What was computed for a week: indicators with their facts, and the index or why there is none."""

    week: WeekIndicators
    index: Index
    has_history: bool


@dataclass(frozen=True, kw_only=True)
class WeekRecord:
    """A week of a team; ``figures`` is ``None`` exactly where there are too few people.

    ``enough`` says by source whether three different assignees were counted; sources without assignees are left out.
    """

    team: str
    monday: dt.date
    people: People
    enough: Mapping[str, bool]
    figures: WeekFigures | None


def replace_weeks(session: Session, records: Sequence[WeekRecord], *, until: dt.date) -> None:
    """Store weeks in place of all that start up to ``until``, of all teams; later ones stay."""
    stale = delete(PressureWeek).where(PressureWeek.week <= until)
    session.execute(stale.execution_options(synchronize_session=False))
    rows = [{"team": record.team, "week": record.monday, "document": to_plain(record)} for record in records]
    if rows:
        session.execute(insert(PressureWeek), rows)


def load_weeks(
    session: Session, teams: Collection[str], *, first: dt.date, last: dt.date
) -> dict[str, dict[dt.date, WeekRecord]]:
    """Return the weeks of teams that start from ``first`` to ``last``, by team and Monday, in order."""
    query = (
        select(PressureWeek.team, PressureWeek.week, PressureWeek.document)
        .where(PressureWeek.team.in_(sorted(teams)), PressureWeek.week >= first, PressureWeek.week <= last)
        .order_by(PressureWeek.team, PressureWeek.week)
    )
    found: dict[str, dict[dt.date, WeekRecord]] = {}
    for team, monday, document in session.execute(query):
        found.setdefault(team, {})[monday] = from_plain(team, monday, document)
    return found


def load_counted(session: Session) -> dict[str, dict[dt.date, Mapping[str, bool]]]:
    """Return which sources had enough people, as counted before, by team and Monday."""
    found: dict[str, dict[dt.date, Mapping[str, bool]]] = {}
    for team, monday, document in session.execute(select(PressureWeek.team, PressureWeek.week, PressureWeek.document)):
        found.setdefault(team, {})[monday] = cast("Mapping[str, bool]", document["enough"])
    return found


def count_weeks(session: Session, *, until: dt.date) -> int:
    """Return how many weeks that start up to ``until`` are stored."""
    return session.scalar(select(func.count()).select_from(PressureWeek).where(PressureWeek.week <= until)) or 0


def find_last_week(session: Session, team: str) -> dt.date | None:
    """Return the Monday of the last stored week of a team, or None."""
    query = select(PressureWeek.week).where(PressureWeek.team == team).order_by(PressureWeek.week.desc()).limit(1)
    return session.scalars(query).one_or_none()


def to_plain(record: WeekRecord) -> dict[str, object]:
    """Return a week as JSON-able data."""
    plain: dict[str, object] = {"people": record.people.value, "enough": dict(record.enough)}
    if record.figures is None:
        return plain
    week, index = record.figures.week, record.figures.index
    return plain | {
        "index": index.value if isinstance(index, PressureIndex) else None,
        "coverage": index.coverage,
        "anchors": index.anchors_version,
        "history": record.figures.has_history,
        "unit": week.unit.value,
        "capacity": week.capacity,
        "values": {name.value: _plain_value(value) for name, value in week.values.items()},
        "rates": [[rate.day.isoformat(), rate.size, rate.weeks, rate.capacity, *rate.plans] for rate in week.run_rates],
        "items": [week.open, week.dated, week.overdue, week.in_work, week.created, week.done],
        "final_dates": week.final_dates,
    }


def from_plain(team: str, monday: dt.date, plain: Mapping[str, Any]) -> WeekRecord:
    """Return the week of stored data; the index is worked out again from its values, which gives the same."""
    figures = _figures(monday, plain) if "values" in plain else None
    return WeekRecord(team=team, monday=monday, people=People(plain["people"]), enough=plain["enough"], figures=figures)


def _figures(monday: dt.date, plain: Mapping[str, Any]) -> WeekFigures:
    open_, dated, overdue, in_work, created, done = plain["items"]
    week = WeekIndicators(
        monday=monday,
        values={Indicator(name): _value(value) for name, value in plain["values"].items()},
        unit=Unit(plain["unit"]),
        capacity=plain["capacity"],
        run_rates=tuple(
            RunRate(day=dt.date.fromisoformat(day), size=size, weeks=weeks, capacity=capacity, plans=tuple(plans))
            for day, size, weeks, capacity, *plans in plain["rates"]
        ),
        open=open_,
        dated=dated,
        overdue=overdue,
        in_work=in_work,
        created=created,
        done=done,
        final_dates=plain["final_dates"],
    )
    index = index_of(week, ANCHORS.get(plain["anchors"], VERSION_1))
    return WeekFigures(week=week, index=index, has_history=plain["history"])


def _plain_value(value: Value) -> dict[str, object]:
    if isinstance(value, Missing):
        return {"gap": value.gap.value}
    plain: dict[str, object] = {
        "value": value.value,
        "numerator": value.numerator,
        "denominator": value.denominator,
        "weeks": value.weeks,
        "plans": list(value.plans),
        "moscow": value.moscow,
    }
    return plain if value.day is None else plain | {"day": value.day.isoformat()}


def _value(plain: Mapping[str, Any]) -> Value:
    if "gap" in plain:
        return Missing(Gap(plain["gap"]))
    return Measured(
        value=plain["value"],
        numerator=plain["numerator"],
        denominator=plain["denominator"],
        day=dt.date.fromisoformat(plain["day"]) if "day" in plain else None,
        weeks=plain["weeks"],
        plans=tuple(plain["plans"]),
        moscow=plain["moscow"],
    )
