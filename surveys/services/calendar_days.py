"""Turns calendars, public holidays and days typed in into stored days of teams, and calendars into dated plans."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from holidays import country_holidays
from sqlalchemy.orm import Session

from surveys.errors import NotFound, Refused
from surveys.i18n import Message
from surveys.importers.calendar_kinds import DayKind
from surveys.importers.roadmap_ics import LONGEST, CalendarFile
from surveys.importers.roadmap_model import PlanFact
from surveys.models.roadmap import RoadmapSource
from surveys.store import calendar_days as store
from surveys.store import organisation, roadmap, roadmap_writing
from surveys.store.calendar_days import ALL_TEAMS, BY_HAND, CALENDAR_KIND, HOLIDAYS, StoredDay
from surveys.store.roadmap import PeopleState, SeenDate

DAY = dt.timedelta(days=1)
YEAR = dt.timedelta(days=366)
KNOWN_AHEAD = dt.timedelta(days=185)
"""As far ahead public holidays are always known; no country is that long without one, so a refresh reaches farther."""

LONGEST_PAST = dt.timedelta(days=15 * 366)
"""As far back the entries of a calendar are read."""

LONGEST_FUTURE = dt.timedelta(days=2 * 366)
"""As far ahead the entries of a calendar are read; repetitions have no end of their own."""

TYPED_KINDS = tuple(kind for kind in DayKind if kind is not DayKind.MILESTONE)
"""The kinds of days that may be typed in."""


@dataclass(frozen=True, kw_only=True)
class CalendarAccount:
    """What an import of days changed: sentences, and the counts behind them."""

    lines: tuple[Message, ...]
    added: int
    removed: int
    plans: int = 0


@dataclass(frozen=True, kw_only=True)
class DayRange:
    """Days of one kind that follow one another, both ends inclusive; ``team`` is empty for all teams."""

    source: str
    team: str
    kind: DayKind
    first: dt.date
    last: dt.date


@dataclass(frozen=True, kw_only=True)
class TeamHolidays:
    """How many public holidays of a country are stored for a team, and the last one; 0 and ``None`` where none are."""

    team: str
    country: str
    count: int
    last: dt.date | None


@dataclass(frozen=True, kw_only=True)
class CalendarOverview:
    """All stored days: typed in and imported ones as ranges, public holidays as counts per team; and the plans."""

    ranges: tuple[DayRange, ...]
    holidays: tuple[TeamHolidays, ...]
    plans: Mapping[str, tuple[PlanFact, ...]]


def reading_window(now: dt.datetime) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of which entries of a calendar are read."""
    return now.date() - LONGEST_PAST, now.date() + LONGEST_FUTURE


def import_calendar(
    session: Session,
    file: CalendarFile,
    *,
    name: str,
    file_sha256: str,
    teams: Collection[str],
    now: dt.datetime,
    team: str = ALL_TEAMS,
) -> CalendarAccount:
    """Make the days and plans of the calendar ``name`` be what the file says; the caller commits or rolls back.

    ``teams`` are the known teams, ``team`` the one the calendar is about (empty: all of them). Releases, milestones
    and freezes become plans of those teams; a day that differs from the last one seen is added, so that a moved date
    is a change. Importing the same file again changes nothing.

    Raises:
        Refused: the name is that of a roadmap, of the public holidays or of the days typed in.
        NotFound: there is no such team.
    """
    _check_team(team, teams)
    known = roadmap_writing.load_source(session, name)
    if name in {HOLIDAYS, BY_HAND} or (known is not None and known.kind != CALENDAR_KIND):
        raise Refused("The name {name} is taken by other data. Give the calendar another name.", name=name)
    days = [StoredDay(source=name, team=team, kind=kind, day=day) for day, kind in file.days()]
    added, removed = store.replace_days(session, name, days)
    plans = file.plans()
    moved: list[Message] = []
    if plans or known is not None:
        _put_source(session, file, name=name, file_sha256=file_sha256, plans=len(plans), now=now)
        gone = set(roadmap_writing.stored_plans(session, name)) - {plan.name for plan in plans}
        roadmap_writing.delete_plans(session, name, sorted(gone))
        owners = sorted(teams) if team == ALL_TEAMS else [team]
        roadmap_writing.put_plans(session, name, plans, {plan.name: owners for plan in plans})
        moved = _see_dates(session, name, plans, gone, now)
    counts = Counter(kind for _, kind in file.days())
    lines = [
        Message(
            "The calendar {name} has {days} days and {plans} dates of releases, milestones and freezes.",
            {"name": name, "days": sum(counts.values()), "plans": len(plans)},
        ),
        *moved,
    ]
    return CalendarAccount(lines=tuple(lines), added=added, removed=removed, plans=len(plans))


def import_holidays(
    session: Session, *, countries: Mapping[str, str], today: dt.date, first: dt.date | None = None
) -> CalendarAccount:
    """Store the public holidays of each team's country, in place of those stored before.

    ``countries`` maps teams to codes such as ES or ES-MD, empty for none. Covered is the time of the imported
    roadmaps (from a year ago where there are none, or from ``first``) and the year after today. Days that stand in
    for a holiday on a weekend are among them. Source: the ``holidays`` library, category public.
    """
    covered = store.covered_time(session)
    begins = first or (covered[0] if covered is not None else today - YEAR)
    ends = max(today, covered[1] if covered is not None else today) + YEAR
    by_country = {
        country: public_holidays(country, first=begins, last=ends) for country in set(countries.values()) - {""}
    }
    days = [
        StoredDay(source=HOLIDAYS, team=team, kind=DayKind.HOLIDAY, day=day)
        for team, country in countries.items()
        if country
        for day in by_country[country]
    ]
    added, removed = store.replace_days(session, HOLIDAYS, days)
    teams = Counter(country for country in countries.values() if country)
    lines = [
        Message(
            "{country}: {days} public holidays from {first} to {last} for {teams} teams.",
            {"country": country, "days": len(found), "first": begins, "last": ends, "teams": teams[country]},
        )
        for country, found in sorted(by_country.items())
    ]
    without = sorted(team for team, country in countries.items() if not country)
    if without:
        reason = Message(
            "Teams without a country, for which no public holidays are known: {count}. The column country of "
            "teams.csv names it.",
            {"count": len(without)},
        )
        lines.append(reason)
    return CalendarAccount(lines=tuple(lines), added=added, removed=removed)


def refresh_holidays(session: Session, *, today: dt.date) -> int:
    """Bring the public holidays up to date with teams, countries and the covered time; return how many days changed.

    Nothing is written where nothing changed. Days before the covered time that are stored stay.
    """
    countries = _countries(session)
    bounds = store.day_bounds(session, HOLIDAYS)
    if not bounds and not any(countries.values()):
        return 0
    covered = store.covered_time(session)
    begins = covered[0] if covered is not None else today - YEAR
    first = min([begins, *(first for first, _ in bounds.values())])
    account = import_holidays(session, countries=countries, today=today, first=first)
    return account.added + account.removed


def are_holidays_due(session: Session, *, today: dt.date) -> bool:
    """Tell whether a team with a country has no public holidays half a year ahead."""
    wanted = {team for team, country in _countries(session).items() if country}
    if not wanted:
        return False
    bounds = store.day_bounds(session, HOLIDAYS)
    return any(team not in bounds or bounds[team][1] < today + KNOWN_AHEAD for team in wanted)


def _countries(session: Session) -> dict[str, str]:
    return {team.key: team.country for team in organisation.list_teams(session) if team.is_active}


def public_holidays(country: str, *, first: dt.date, last: dt.date) -> tuple[dt.date, ...]:
    """Return the public holidays of a country such as ES, or of its part such as ES-MD, from ``first`` to ``last``."""
    code, _, part = country.partition("-")
    found = country_holidays(code, subdiv=part or None, years=range(first.year, last.year + 1))
    return tuple(day for day in sorted(found) if first <= day <= last)


def add_days(
    session: Session,
    *,
    kind: DayKind,
    first: dt.date,
    last: dt.date,
    teams: Collection[str],
    team: str = ALL_TEAMS,
) -> int:
    """Store the days from ``first`` to ``last`` as typed in and return how many are new.

    Raises:
        Refused: the last day lies before the first, there are more than 366 days, or the kind is no kind of day.
        NotFound: there is no such team.
    """
    _check_team(team, teams)
    if kind not in TYPED_KINDS:
        raise Refused("A milestone is a date of a plan. It comes with a roadmap or a calendar.")
    if last < first:
        raise Refused("The last day lies before the first.")
    if last - first >= LONGEST:
        raise Refused("At most {days} days can be added at once.", days=LONGEST.days)
    days = [first + number * DAY for number in range((last - first).days + 1)]
    return store.put_days(session, [StoredDay(source=BY_HAND, team=team, kind=kind, day=day) for day in days])


def remove_days(
    session: Session, *, kind: DayKind, first: dt.date, last: dt.date, team: str = ALL_TEAMS, source: str = BY_HAND
) -> int:
    """Remove the days of one kind from ``first`` to ``last`` and return their number.

    Raises:
        NotFound: there is no such day.
    """
    count = store.delete_days(session, source=source, kind=kind, team=team, first=first, last=last)
    if not count:
        raise NotFound("There is no such day. Nothing was changed.")
    return count


def remove_calendar(session: Session, name: str) -> int:
    """Remove all days and plans of a calendar, or the public holidays; return the number of days.

    Raises:
        NotFound: there is no such calendar.
    """
    is_known = name in store.list_calendars(session) or bool(store.list_days(session, source=name))
    if not is_known:
        raise NotFound("There is no calendar {name}.", name=name)
    return store.delete_source(session, name)


def overview(session: Session, *, countries: Mapping[str, str]) -> CalendarOverview:
    """Return what is stored; ``countries`` maps the teams to their countries."""
    days = store.list_days(session)
    held = [day for day in days if day.source == HOLIDAYS]
    counts, last = Counter(day.team for day in held), {day.team: day.day for day in held}
    return CalendarOverview(
        ranges=_ranges([day for day in days if day.source != HOLIDAYS]),
        holidays=tuple(
            TeamHolidays(team=team, country=country, count=counts[team], last=last.get(team))
            for team, country in sorted(countries.items())
        ),
        plans={name: roadmap.plans_of(session, name) for name in store.list_calendars(session)},
    )


def _ranges(days: Sequence[StoredDay]) -> tuple[DayRange, ...]:
    """Join days that follow one another; ``days`` are sorted."""
    starts = [
        place
        for place, (before, here) in enumerate(pairwise(days), start=1)
        if (before.source, before.team, before.kind, before.day + DAY) != (here.source, here.team, here.kind, here.day)
    ]
    found = []
    for begin, end in pairwise([0, *starts, len(days)] if days else []):
        one = days[begin]
        found.append(DayRange(source=one.source, team=one.team, kind=one.kind, first=one.day, last=days[end - 1].day))
    return tuple(sorted(found, key=lambda each: (each.first, each.last, each.source, each.team, each.kind)))


def _check_team(team: str, teams: Collection[str]) -> None:
    if team != ALL_TEAMS and team not in teams:
        raise NotFound("There is no team {team}.", team=team)


def _put_source(
    session: Session, file: CalendarFile, *, name: str, file_sha256: str, plans: int, now: dt.datetime
) -> None:
    days = [day for entry in file.entries for day in (entry.first, entry.last)]
    roadmap_writing.put_source(
        session,
        RoadmapSource(
            name=name,
            kind=CALENDAR_KIND,
            covered_from=min(days, default=now.date()),
            covered_to=max(days, default=now.date()),
            history=[],
            people=PeopleState.NONE.value,
            file_sha256=file_sha256,
            imported_at=now,
            account={"items": 0, "events": 0, "plans": plans, "unmapped": 0, "in_file": 0},
            timezone="UTC",
            touched={},
        ),
    )


def _see_dates(
    session: Session, name: str, plans: Sequence[PlanFact], gone: Collection[str], now: dt.datetime
) -> list[Message]:
    """Store each date that differs from the last one seen and return a sentence for every moved one."""
    known = roadmap.list_seen_dates(session, name)
    wanted: dict[str, dt.date | None] = {**dict.fromkeys(gone), **{plan.name: plan.due for plan in plans}}
    new, lines = [], []
    for plan, due in sorted(wanted.items()):
        last = known[plan][-1] if plan in known else None
        if (last is None and due is None) or (last is not None and (last.due == due or last.seen_at >= now)):
            continue
        new.append(SeenDate(plan=plan, seen_at=now, due=due))
        if last is None:
            continue
        values = {"plan": plan, "old": last.due, "new": due}
        if due is None:
            lines.append(Message("The date of {plan} is gone; it was {old}.", values))
        elif last.due is None:
            lines.append(Message("{plan} has a date again: {new}.", values))
        else:
            lines.append(Message("The date of {plan} moved from {old} to {new}.", values))
    roadmap_writing.add_seen_dates(session, name, new)
    return lines
