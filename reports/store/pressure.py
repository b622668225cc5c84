"""SQL for weekly pressure, and the plain data one week of a team is stored as.

A week with too few people behind it is stored without any figure: only that there were too few.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from sqlalchemy import case, delete, func, insert, select
from sqlalchemy.orm import Session

from reports.models import PressureTeam, PressureWeek
from reports.pressure.anchors import ANCHORS, VERSION_1, Anchors, Indicator
from reports.pressure.index import Index, PressureIndex, index_of
from reports.pressure.values import Gap, Measured, Missing, RunRate, Unit, Value, WeekIndicators
from reports.store.anchors import anchors_by_version
from surveys.models.roadmap import WorkItem
from surveys.store.roadmap_marks import Mark, bears, is_marked

_AT_ONCE = 500


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


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What a stored week knows of the people behind it: enough or not by source, and split attention if it was there.

    It outlives the hashes of people, which are deleted once they were counted.
    """

    enough: Mapping[str, bool]
    split: Value | None


@dataclass(frozen=True, kw_only=True)
class TeamBasis:
    """What the stored weeks of a team were computed from; see ``reports.services.pressure_team``."""

    computed_until: dt.date
    computed_with: str
    traits: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Share:
    """Whether a source ever named an assignee for a team, and for how many items it is no longer known who."""

    is_named: bool
    unknown: int


def list_shares(session: Session) -> dict[str, dict[str, Share]]:
    """Return what each source has of each team, by team and source."""
    is_unknown = bears(Mark.NAMED) & WorkItem.assignee_hash.is_(None)
    query = select(
        WorkItem.team,
        WorkItem.source,
        func.max(case((is_marked(), 1), else_=0)),
        func.sum(case((is_unknown, 1), else_=0)),
    ).group_by(WorkItem.team, WorkItem.source)
    found: dict[str, dict[str, Share]] = {}
    for team, source, named, unknown in session.execute(query):
        found.setdefault(team, {})[source] = Share(is_named=bool(named), unknown=unknown)
    return found


def load_bases(session: Session) -> dict[str, TeamBasis]:
    """Return what the weeks of each team stand on, by team."""
    rows = session.execute(
        select(PressureTeam.team, PressureTeam.computed_until, PressureTeam.computed_with, PressureTeam.traits)
    )
    return {
        team: TeamBasis(computed_until=until, computed_with=used, traits=traits) for team, until, used, traits in rows
    }


def put_basis(session: Session, team: str, basis: TeamBasis) -> None:
    """Store what the weeks of a team stand on."""
    session.merge(
        PressureTeam(
            team=team,
            computed_until=basis.computed_until,
            computed_with=basis.computed_with,
            traits=dict(basis.traits),
        )
    )
    session.flush()


def list_mondays(session: Session) -> dict[str, list[dt.date]]:
    """Return the Mondays of all stored weeks by team, in order."""
    found: dict[str, list[dt.date]] = {}
    for team, monday in session.execute(
        select(PressureWeek.team, PressureWeek.week).order_by(PressureWeek.team, PressureWeek.week)
    ):
        found.setdefault(team, []).append(monday)
    return found


def replace_weeks(session: Session, team: str, *, drop: Collection[dt.date], records: Sequence[WeekRecord]) -> None:
    """Delete the weeks of a team that start on ``drop`` and store ``records``."""
    mondays = sorted(drop)
    for start in range(0, len(mondays), _AT_ONCE):
        stale = delete(PressureWeek).where(
            PressureWeek.team == team, PressureWeek.week.in_(mondays[start : start + _AT_ONCE])
        )
        session.execute(stale.execution_options(synchronize_session=False))
    rows = [{"team": record.team, "week": record.monday, "document": to_plain(record)} for record in records]
    if rows:
        session.execute(insert(PressureWeek), rows)


def forget_team(session: Session, team: str) -> None:
    """Delete what the weeks of a team stood on, so that all of them are computed when it comes back."""
    stale = delete(PressureTeam).where(PressureTeam.team == team)
    session.execute(stale.execution_options(synchronize_session="fetch"))


def load_weeks(
    session: Session, teams: Collection[str], *, first: dt.date, last: dt.date
) -> dict[str, dict[dt.date, WeekRecord]]:
    """Return the weeks of teams that start from ``first`` to ``last``, by team and Monday, in order."""
    query = (
        select(PressureWeek.team, PressureWeek.week, PressureWeek.document)
        .where(PressureWeek.team.in_(sorted(teams)), PressureWeek.week >= first, PressureWeek.week <= last)
        .order_by(PressureWeek.team, PressureWeek.week)
    )
    anchors = anchors_by_version(session)
    found: dict[str, dict[dt.date, WeekRecord]] = {}
    for team, monday, document in session.execute(query):
        found.setdefault(team, {})[monday] = from_plain(team, monday, document, anchors)
    return found


def load_kept(session: Session, team: str, *, first: dt.date) -> dict[dt.date, Kept]:
    """Return what the stored weeks of a team from ``first`` on know of the people behind them."""
    query = select(PressureWeek.week, PressureWeek.document).where(
        PressureWeek.team == team, PressureWeek.week >= first
    )
    found: dict[dt.date, Kept] = {}
    for monday, document in session.execute(query):
        plain = cast("Mapping[str, Any]", document)
        split = plain.get("values", {}).get(Indicator.SPLIT.value)
        found[monday] = Kept(enough=plain["enough"], split=None if split is None else _value(split))
    return found


def count_weeks(session: Session, *, until: dt.date) -> int:
    """Return how many weeks that end by ``until`` are stored."""
    last = until - dt.timedelta(days=6)
    return session.scalar(select(func.count()).select_from(PressureWeek).where(PressureWeek.week <= last)) or 0


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


def from_plain(
    team: str, monday: dt.date, plain: Mapping[str, Any], anchors: Mapping[int, Anchors] = ANCHORS
) -> WeekRecord:
    """Return the week of stored data; the index is worked out again from its values, which gives the same.

    ``anchors`` are those of every version that a week may have been computed with.
    """
    figures = _figures(monday, plain, anchors) if "values" in plain else None
    return WeekRecord(team=team, monday=monday, people=People(plain["people"]), enough=plain["enough"], figures=figures)


def _figures(monday: dt.date, plain: Mapping[str, Any], anchors: Mapping[int, Anchors]) -> WeekFigures:
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
    index = index_of(week, anchors.get(plain["anchors"], VERSION_1))
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
