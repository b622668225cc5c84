"""SQL for the days that matter: public holidays, days typed in and the days of imported calendars."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from surveys.importers.calendar_kinds import DayKind
from surveys.models.roadmap import CalendarDay, RoadmapSource

HOLIDAYS = "holidays"
"""The source of public holidays."""

BY_HAND = "hand"
"""The source of days that were typed in."""

CALENDAR_KIND = "ics"
"""The kind of a source that holds the plans of an imported calendar; such a source has no items."""

ALL_TEAMS = ""
"""The team of days that are days of all teams."""

DAYS_OFF = frozenset({DayKind.HOLIDAY, DayKind.SHUTDOWN})
"""Kinds of days on which nobody is expected to work."""


@dataclass(frozen=True, kw_only=True, order=True, slots=True)
class StoredDay:
    """One day of a team (empty: of all teams) and where it comes from."""

    source: str
    team: str
    kind: DayKind
    day: dt.date


def list_days(
    session: Session, *, source: str | None = None, kinds: Collection[DayKind] = tuple(DayKind)
) -> tuple[StoredDay, ...]:
    """Return the days of some kinds, of one source only where given, by source, team, kind and day."""
    query = select(CalendarDay.source, CalendarDay.team, CalendarDay.kind, CalendarDay.day).where(
        CalendarDay.kind.in_(sorted(kinds))
    )
    if source is not None:
        query = query.where(CalendarDay.source == source)
    return tuple(
        sorted(
            StoredDay(source=name, team=team, kind=DayKind(kind), day=day)
            for name, team, kind, day in session.execute(query)
        )
    )


def list_days_off(session: Session) -> dict[str, frozenset[dt.date]]:
    """Return the holidays and shutdowns of each team, of all sources; the key "" holds those of all teams."""
    days: defaultdict[str, set[dt.date]] = defaultdict(set)
    for found in list_days(session, kinds=DAYS_OFF):
        days[found.team].add(found.day)
    return {team: frozenset(found) for team, found in days.items()}


def day_bounds(session: Session, source: str) -> dict[str, tuple[dt.date, dt.date]]:
    """Return the first and the last stored day of each team that has days of a source."""
    columns = (CalendarDay.team, func.min(CalendarDay.day), func.max(CalendarDay.day))
    query = select(*columns).where(CalendarDay.source == source).group_by(CalendarDay.team)
    return {team: (first, last) for team, first, last in session.execute(query)}


def put_days(session: Session, days: Iterable[StoredDay]) -> int:
    """Store the days that are not stored yet and return their number."""
    wanted = set(days)
    new = wanted.difference(*(list_days(session, source=source) for source in {day.source for day in wanted}))
    _insert(session, new)
    return len(new)


def replace_days(session: Session, source: str, days: Iterable[StoredDay]) -> tuple[int, int]:
    """Make the days of a source be ``days`` and return how many are new and how many are gone."""
    wanted, known = set(days), set(list_days(session, source=source))
    if known - wanted:
        session.execute(delete(CalendarDay).where(CalendarDay.source == source))
        _insert(session, wanted)
    else:
        _insert(session, wanted - known)
    return len(wanted - known), len(known - wanted)


def delete_days(session: Session, *, source: str, kind: DayKind, team: str, first: dt.date, last: dt.date) -> int:
    """Delete the days of one kind, source and team from ``first`` to ``last`` and return their number."""
    gone = [
        day for day in list_days(session, source=source, kinds=[kind]) if day.team == team and first <= day.day <= last
    ]
    for day in gone:
        _delete(session, day)
    return len(gone)


def delete_source(session: Session, source: str) -> int:
    """Delete all days of a source and the plans of its calendar; return the number of days."""
    count = session.scalar(select(func.count()).select_from(CalendarDay).where(CalendarDay.source == source)) or 0
    session.execute(delete(CalendarDay).where(CalendarDay.source == source))
    found = session.get(RoadmapSource, source)
    if found is not None and found.kind == CALENDAR_KIND:
        session.delete(found)
        session.flush()
    return count


def list_calendars(session: Session) -> dict[str, RoadmapSource]:
    """Return the sources that are calendars with plans, by name."""
    query = select(RoadmapSource).where(RoadmapSource.kind == CALENDAR_KIND).order_by(RoadmapSource.name)
    return {source.name: source for source in session.scalars(query)}


def covered_time(session: Session) -> tuple[dt.date, dt.date] | None:
    """Return the first and the last day that any source with items speaks about, ``None`` where there is none."""
    query = select(func.min(RoadmapSource.covered_from), func.max(RoadmapSource.covered_to))
    first, last = session.execute(query.where(RoadmapSource.kind != CALENDAR_KIND)).one()
    return None if first is None else (first, last)


def _insert(session: Session, days: Iterable[StoredDay]) -> None:
    rows = [
        {"source": each.source, "team": each.team, "day": each.day, "kind": each.kind.value} for each in sorted(days)
    ]
    if rows:
        session.execute(insert(CalendarDay), rows)


def _delete(session: Session, day: StoredDay) -> None:
    session.execute(
        delete(CalendarDay).where(
            CalendarDay.source == day.source,
            CalendarDay.team == day.team,
            CalendarDay.day == day.day,
            CalendarDay.kind == day.kind,
        )
    )
