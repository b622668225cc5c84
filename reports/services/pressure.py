"""Turns stored delivery data into the weekly pressure of every team, and forgets who stood behind it.

The different assignees behind each week are counted here, from hashes that are deleted in the same transaction.
What stays is a yes or no per week and source. A week with fewer than three people keeps no figure at all and enters
no mean, so nothing can be worked out from what is shown of other teams.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from reports.pressure.anchors import VERSION_1
from reports.pressure.index import NotEnoughData, index_of
from reports.pressure.indicators import weekly
from reports.pressure.people import MIN_PEOPLE
from reports.pressure.values import WeekIndicators
from reports.pressure.weeks import WEEK, WorkCalendar, mondays
from reports.store import pressure as store
from reports.store.pressure import People, WeekFigures, WeekRecord
from surveys.errors import NotFound
from surveys.importers.roadmap_model import EventField, PlanFact, WorkEventFact, WorkItemFact
from surveys.models.base import canonical_json
from surveys.models.roadmap import RoadmapSource
from surveys.store import roadmap
from surveys.store import waves as wave_store
from surveys.store.roadmap import PeopleState, SourceFacts
from surveys.version import PROGRAM_VERSION

SHOWN_WEEKS = 12


@dataclass(frozen=True, kw_only=True)
class ShownPart:
    """One part of a week's index: its letter, value, points (0 to 100) and what it adds to the index."""

    code: str
    value: float
    points: float
    contribution: float


@dataclass(frozen=True, kw_only=True)
class ShownWeek:
    """A week of a team: the index 0 to 100, or ``None`` for too little data; coverage 0 to 1; parts, largest first.

    With ``is_rolled_up`` there are too few people behind it and all else is empty.
    """

    monday: dt.date
    index: float | None
    coverage: float
    parts: tuple[ShownPart, ...]
    is_rolled_up: bool


@dataclass(frozen=True, kw_only=True)
class ShownTeam:
    """The last weeks of a team, oldest first; ``has_history`` False: the index reads about 7 points low."""

    team: str
    weeks: tuple[ShownWeek, ...]
    has_history: bool


@dataclass(frozen=True, kw_only=True)
class _Share:
    """What one source says about one team."""

    source: SourceFacts
    items: tuple[WorkItemFact, ...]
    events: tuple[WorkEventFact, ...]


def compute_pressure(session: Session, *, teams: Mapping[str, str], until: dt.date) -> int:
    """Compute and store every covered week up to ``until`` of all teams that have items; return the number of weeks.

    ``teams`` maps team keys to time zones; items of other teams are left out. Repeating it gives the same rows, at
    once where nothing has changed; weeks after ``until`` are left as they are. Hashes of a source are deleted once
    all its weeks are counted.
    """
    days_off = roadmap.list_days_off(session)
    used = _used(teams, days_off)
    sources = roadmap.list_sources(session)
    if sources and all(_stands(source, until, used) for source in sources):
        return store.count_weeks(session, until=until)
    facts = roadmap.load_facts(session)
    counted = store.load_counted(session)
    records: list[WeekRecord] = []
    for team, shares in _by_team(facts):
        if team in teams:
            records += _Team(
                key=team,
                shares=shares,
                zone=ZoneInfo(teams[team]),
                calendar=WorkCalendar(days_off=days_off.get("", frozenset()) | days_off.get(team, frozenset())),
                until=until,
                counted=counted.get(team, {}),
            ).records()
    store.replace_weeks(session, records, until=until)
    for source in facts:
        if source.people is PeopleState.HASHED and until >= source.covered_to:
            roadmap.drop_hashes(session, source.name)
    roadmap.set_computed(session, until=until, used=used)
    return len(records)


def _used(teams: Mapping[str, str], days_off: Mapping[str, frozenset[dt.date]]) -> str:
    """Return a hash of all that the weeks depend on beside the sources."""
    days = {team: sorted(day.isoformat() for day in found) for team, found in days_off.items()}
    plain = canonical_json([dict(teams), days, VERSION_1.version, PROGRAM_VERSION])
    return hashlib.sha256(plain.encode()).hexdigest()


def _stands(source: RoadmapSource, until: dt.date, used: str) -> bool:
    if source.computed_until is None or source.computed_with != used:
        return False
    return source.computed_until >= min(until, source.covered_to)


def is_shown(record: WeekRecord, people: int) -> bool:
    """Say whether a week may be shown of a team of ``people``; the size decides where no assignees are named."""
    if record.figures is None or record.people is People.TOO_FEW:
        return False
    return record.people is People.ENOUGH or people >= MIN_PEOPLE


def show_team(session: Session, team: str, *, people: int | None = None) -> ShownTeam:
    """Return the last twelve weeks of a team that has pressure.

    ``people`` is the size of the team, for sources without assignees; where it is None, the number invited
    in the last wave is taken.

    Raises:
        NotFound: there is no pressure for this team.
    """
    last = store.find_last_week(session, team)
    if last is None:
        raise NotFound("There are no delivery data for the team {team}.", team=team)
    rows = store.load_weeks(session, [team], first=last - (SHOWN_WEEKS - 1) * WEEK, last=last)[team]
    size = _invited(session, team) if people is None else people
    weeks = tuple(_shown(record, size) for record in rows.values())
    histories = [record.figures.has_history for record in rows.values() if record.figures is not None]
    return ShownTeam(team=team, weeks=weeks, has_history=all(histories))


def _shown(record: WeekRecord, people: int) -> ShownWeek:
    figures = record.figures
    if figures is None or not is_shown(record, people):
        return ShownWeek(monday=record.monday, index=None, coverage=0.0, parts=(), is_rolled_up=True)
    index = figures.index
    if isinstance(index, NotEnoughData):
        return ShownWeek(monday=record.monday, index=None, coverage=index.coverage, parts=(), is_rolled_up=False)
    parts = tuple(
        ShownPart(
            code=part.indicator.value, value=part.measured.value, points=part.points, contribution=part.contribution
        )
        for part in index.parts
    )
    return ShownWeek(monday=record.monday, index=index.value, coverage=index.coverage, parts=parts, is_rolled_up=False)


def _invited(session: Session, team: str) -> int:
    waves = [wave for wave in wave_store.list_waves(session) if wave.opened_at is not None]
    for wave in sorted(waves, key=lambda wave: (wave.opens_at, wave.slug), reverse=True):
        for unit in wave_store.list_units(session, wave.slug):
            if unit.unit == team:
                return unit.invited
    return 0


def _by_team(facts: Sequence[SourceFacts]) -> Iterator[tuple[str, list[_Share]]]:
    shares: dict[str, list[_Share]] = {}
    for source in facts:
        items: dict[str, list[WorkItemFact]] = {}
        events: dict[str, list[WorkEventFact]] = {}
        team_of: dict[str, str] = {}
        for item in source.items:
            if item.team is not None:
                team_of[item.key] = item.team
                items.setdefault(item.team, []).append(item)
        for event in source.events:
            events.setdefault(team_of[event.item], []).append(event)
        for team, found in items.items():
            shares.setdefault(team, []).append(
                _Share(source=source, items=tuple(found), events=tuple(events.get(team, ())))
            )
    yield from sorted(shares.items())


_HISTORY = frozenset({EventField.PLAN, EventField.DUE, EventField.PRIORITY})
"""Without the past of any of these the index reads low (research note, section 1.7)."""


@dataclass(frozen=True, kw_only=True)
class _Team:
    """All that is known about one team; ``counted`` says by week and source what was counted before."""

    key: str
    shares: Sequence[_Share]
    zone: ZoneInfo
    calendar: WorkCalendar
    until: dt.date
    counted: Mapping[dt.date, Mapping[str, bool]]

    @cached_property
    def first(self) -> dt.date:
        """The first day that any source speaks about."""
        return min(share.source.covered_from for share in self.shares)

    @cached_property
    def last(self) -> dt.date:
        """The last day that is computed."""
        return min(max(share.source.covered_to for share in self.shares), self.until)

    @cached_property
    def weeks(self) -> list[dt.date]:
        """The whole weeks from the first item on."""
        created = min(item.created_at for share in self.shares for item in share.items)
        begins = max(self.first, created.astimezone(self.zone).date())
        if self.last < begins:
            return []
        found = mondays(begins, self.last)
        return [
            monday for monday in found if monday >= self.first and monday + WEEK <= self.last + dt.timedelta(days=1)
        ]

    def records(self) -> list[WeekRecord]:
        """Return every week with its figures, or without where too few people stand behind it."""
        found = self.weekly(self.shares)
        fresh = [share for share in self.shares if share.source.people is PeopleState.HASHED]
        # Sources are counted one by one as well, because one may be imported again when the hashes of another are gone.
        alone = {share.source.name: found if len(self.shares) == 1 else self.weekly([share]) for share in fresh}
        counts = {name: {week.monday: week.people for week in weeks} for name, weeks in alone.items()}
        return [self.record(week, counts) for week in found]

    def record(self, week: WeekIndicators, fresh: Mapping[str, Mapping[dt.date, int | None]]) -> WeekRecord:
        """Join figures and people: enough where one source, or all fresh ones together, have enough.

        That is a lower bound of the people behind the week, so doubt goes to withholding.
        """
        enough: dict[str, bool] = {}
        before = self.counted.get(week.monday)
        for share in self.shares:
            name = share.source.name
            if share.source.people is PeopleState.HASHED:
                count = fresh[name][week.monday]
                if count is not None:
                    enough[name] = count >= MIN_PEOPLE
            elif share.source.people is PeopleState.COUNTED and before is None:
                enough[name] = False
            elif share.source.people is PeopleState.COUNTED and before is not None and name in before:
                enough[name] = before[name]
        together = week.people is not None and week.people >= MIN_PEOPLE
        people = People.UNKNOWN if not enough else People.TOO_FEW
        if together or any(enough.values()):
            people = People.ENOUGH
        figures = None
        if people is not People.TOO_FEW:
            has_history = all(share.source.history & _HISTORY for share in self.shares)
            figures = WeekFigures(week=replace(week, people=None), index=index_of(week), has_history=has_history)
        return WeekRecord(team=self.key, monday=week.monday, people=people, enough=enough, figures=figures)

    def weekly(self, shares: Sequence[_Share]) -> tuple[WeekIndicators, ...]:
        """Compute the weeks from the given sources as one plan; a past is known where every source knows it."""
        plans: dict[str, PlanFact] = {plan.name: plan for share in shares for plan in share.source.plans}
        single = len(shares) == 1
        return weekly(
            [item if single else replace(item, key=_key(share, item.key)) for share in shares for item in share.items],
            [
                event if single else replace(event, item=_key(share, event.item))
                for share in shares
                for event in share.events
            ],
            plans.values(),
            weeks=self.weeks,
            zone=self.zone,
            coverage=(self.first, self.last),
            history=frozenset.intersection(*(share.source.history for share in shares)),
            calendar=self.calendar,
        )


def _key(share: _Share, key: str) -> str:
    return f"{share.source.name}:{key}"
