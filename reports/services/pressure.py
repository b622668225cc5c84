"""Turns stored delivery data into the weekly pressure of every team, and forgets who stood behind it.

The different assignees behind each week are counted here, from hashes that are deleted in the same transaction.
What stays is a yes or no per week and source. A week with fewer than three people keeps no figure at all and enters
no mean, so nothing can be worked out from what is shown of other teams.
"""

from __future__ import annotations

import datetime as dt
import gc
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from reports.pressure.index import NotEnoughData
from reports.pressure.people import MIN_PEOPLE
from reports.pressure.weeks import WEEK, WorkCalendar
from reports.services.pressure_team import Setting, TeamComputing, TeamShare
from reports.store import pressure as store
from reports.store.anchors import current_anchors
from reports.store.pressure import People, TeamBasis, WeekRecord
from surveys.errors import NotFound
from surveys.importers.roadmap_model import WorkEventFact, WorkItemFact
from surveys.models.base import canonical_json
from surveys.models.roadmap import RoadmapSource
from surveys.store import calendar_days, roadmap
from surveys.store import roadmap_marks as marking
from surveys.store import waves as wave_store
from surveys.store.roadmap import PeopleState, SourceFacts
from surveys.store.roadmap_marks import Mark
from surveys.version import PROGRAM_VERSION

SHOWN_WEEKS = 12
FIGURES = 3
"""Rises with every change that may give another figure for the same items, so that all weeks are computed again."""

_AT_ONCE = 25
"""Teams whose items are held in memory together."""


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
    """The last weeks of a team, oldest first; ``has_history`` False: the index reads about 5 points low."""

    team: str
    weeks: tuple[ShownWeek, ...]
    has_history: bool


def compute_pressure(session: Session, *, teams: Mapping[str, str], until: dt.date) -> int:
    """Bring the weeks of all teams that have items up to date and return how many weeks stand that end by ``until``.

    ``teams`` maps team keys to time zones; items of other teams are left out. Only weeks that a change since the last
    time can reach are computed, and only teams with such weeks are loaded; the rows are those that computing
    everything would give. Weeks that end after ``until`` are left as they are. Hashes of a source are deleted once all
    its weeks are counted.
    """
    run = _Run(session, teams, until)
    stale = [team for team in run.present if run.is_stale(team)]
    for start in range(0, len(stale), _AT_ONCE):
        run.compute(stale[start : start + _AT_ONCE])
    run.clear_others()
    for source in run.sources.values():
        if source.people == PeopleState.HASHED and until >= source.covered_to:
            roadmap.drop_hashes(session, source.name)
    return store.count_weeks(session, until=until)


class _Run:
    """One run over all teams: what is known of them before their items are loaded."""

    def __init__(self, session: Session, teams: Mapping[str, str], until: dt.date) -> None:
        self._session = session
        self._teams = teams
        self._until = until
        self._anchors = current_anchors(session)
        self._days_off = calendar_days.list_days_off(session)
        self._shares = store.list_shares(session)
        self._bases = store.load_bases(session)
        self._mondays = store.list_mondays(session)
        self.sources = {source.name: source for source in roadmap.list_sources(session)}
        self.present = sorted(self._shares.keys() & teams.keys())

    def is_stale(self, team: str) -> bool:
        """Say whether anything that the weeks of a team depend on has changed, without a look at its items."""
        basis = self._bases.get(team)
        if basis is None or basis.computed_with != self._used(team):
            return True
        if any(basis.traits.get(name) != value for name, value in self._cheap_traits(team).items()):
            return True
        last = self._last(team)
        ended = last - dt.timedelta(days=(last.weekday() + 1) % 7)  # the last Sunday that is covered
        if ended > basis.computed_until or min(basis.computed_until, self._until) > last:
            return True
        if any(team in source.touched for source in self._sources_of(team)):
            return True
        if basis.traits["waiting"] and not any(share.unknown for share in self._shares[team].values()):
            return True
        known = {day.isoformat() for day in self._off(team)}
        return any(
            (day in known) is not (day in basis.traits["off"])
            for day in known | set(basis.traits["off"])
            if basis.traits["first"] <= day <= basis.computed_until.isoformat()
        )

    def compute(self, teams: Sequence[str]) -> None:
        """Compute what is stale of some teams, which are held in memory together."""
        with _without_collector():
            marks = marking.list_marked(self._session, teams)
            for team, shares in _by_team(roadmap.load_facts(self._session, teams)):
                held = [(*share, marks.get((share[0].name, team), {})) for share in shares]
                self._compute(team, [self._share(team, *share) for share in held])
        for source in self.sources.values():
            if source.touched.keys() & set(teams):
                roadmap.clear_touched(self._session, source.name, teams)
            counted = [team for team in teams if self._until >= self._covered_to(team)]
            marking.clear_taken(self._session, source.name, counted)

    def clear_others(self) -> None:
        """Delete the weeks of teams that have no items any more, or are not asked for."""
        for team in (self._mondays.keys() | self._bases.keys()) - set(self.present):
            store.replace_weeks(self._session, team, drop=self._ended(team), records=())
            store.forget_team(self._session, team)

    def _compute(self, team: str, shares: list[TeamShare]) -> None:
        used, cheap, basis = self._used(team), self._cheap_traits(team), self._bases.get(team)
        is_whole = (
            basis is None
            or basis.computed_with != used
            or any(basis.traits.get(name) != value for name, value in cheap.items())
        )
        setting = Setting(
            zone=ZoneInfo(self._teams[team]),
            calendar=WorkCalendar(days_off=self._off(team)),
            anchors=self._anchors,
            until=self._until,
        )
        computing = TeamComputing(team, shares, setting, basis=basis, is_whole=is_whole)
        weeks = computing.reached()
        kept = store.load_kept(self._session, team, first=weeks[0]) if weeks else {}
        wanted = set(computing.weeks)
        drop = [week for week in self._ended(team) if week not in wanted] + weeks
        records = computing.records(weeks, kept)
        store.replace_weeks(self._session, team, drop=drop, records=records)
        traits = {**computing.own_traits, **cheap, "waiting": computing.waiting}
        store.put_basis(
            self._session,
            team,
            TeamBasis(computed_until=computing.known[1], computed_with=used, traits=traits),
        )

    def _share(
        self,
        team: str,
        source: SourceFacts,
        items: tuple[WorkItemFact, ...],
        events: tuple[WorkEventFact, ...],
        marks: Mapping[str, Mark],
    ) -> TeamShare:
        row, basis = self.sources[source.name], self._bases.get(team)
        is_older = team in self._mondays and (basis is None or "named" not in basis.traits)
        if is_older and not marks and source.people is PeopleState.COUNTED:
            # Stored before items bore marks: what was counted stays, and nobody becomes unknown.
            marks = {item.key: Mark.NAMED for item in items}
        touched, taken = row.touched.get(team), marking.taken_days(row.account).get(team)
        return TeamShare(
            source=source,
            items=items,
            events=events,
            touched=None if touched is None else dt.date.fromisoformat(touched),
            taken=None if taken is None else dt.date.fromisoformat(taken),
            marks=marks,
        )

    def _cheap_traits(self, team: str) -> dict[str, object]:
        """Return what the sources say of a team as a whole; a change of any of it reaches every week."""
        sources = self._sources_of(team)
        return {
            "first": min(source.covered_from for source in sources).isoformat(),
            "sources": {source.name: sorted(source.history) for source in sources},
            "named": {name: share.is_named for name, share in self._shares[team].items()},
        }

    def _sources_of(self, team: str) -> list[RoadmapSource]:
        return [self.sources[name] for name in sorted(self._shares[team])]

    def _covered_to(self, team: str) -> dt.date:
        return max(source.covered_to for source in self._sources_of(team))

    def _last(self, team: str) -> dt.date:
        return min(self._covered_to(team), self._until)

    def _off(self, team: str) -> frozenset[dt.date]:
        return self._days_off.get("", frozenset()) | self._days_off.get(team, frozenset())

    def _ended(self, team: str) -> list[dt.date]:
        """Return the stored weeks of a team that end by the last day asked for."""
        return [week for week in self._mondays.get(team, ()) if week + WEEK <= self._until + dt.timedelta(days=1)]

    def _used(self, team: str) -> str:
        """Return a hash of what every week of a team depends on beside its items and days off."""
        plain = canonical_json([self._teams[team], self._anchors.version, PROGRAM_VERSION, FIGURES])
        return hashlib.sha256(plain.encode()).hexdigest()


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


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the cycle collector from walking the facts of many teams, none of which form a cycle; it costs a quarter."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _by_team(
    facts: Sequence[SourceFacts],
) -> Iterator[tuple[str, list[tuple[SourceFacts, tuple[WorkItemFact, ...], tuple[WorkEventFact, ...]]]]]:
    shares: dict[str, list[tuple[SourceFacts, tuple[WorkItemFact, ...], tuple[WorkEventFact, ...]]]] = {}
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
            shares.setdefault(team, []).append((source, tuple(found), tuple(events.get(team, ()))))
    yield from sorted(shares.items())
