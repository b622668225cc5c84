"""Turns what the sources say about one team into its weeks of pressure, and into the list of weeks a change reaches.

A stored week depends on the items of the team up to its end (sources name the first day on which they changed), on
traits that hold for the team as a whole, on days off, and on a basis of zone, anchors and program. What is stored
beside the weeks (``TeamBasis``) is compared with what holds now; only weeks that a difference can reach are computed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from reports.pressure.anchors import Anchors, Indicator
from reports.pressure.index import index_of
from reports.pressure.indicators import TeamFacts, TeamHistory, TeamWeek
from reports.pressure.people import MIN_PEOPLE
from reports.pressure.values import Gap, Measured, Missing, WeekIndicators
from reports.pressure.weeks import WEEK, WorkCalendar, monday_of, mondays
from reports.store.pressure import Kept, People, TeamBasis, WeekFigures, WeekRecord
from surveys.importers.roadmap_model import EventField, WorkEventFact, WorkItemFact
from surveys.store.roadmap import SourceFacts
from surveys.store.roadmap_marks import Mark

_DAY = dt.timedelta(days=1)
_MARK = "\x1f"
"""Stands between the name of a source and that of a plan or item; no tool writes it."""
_HISTORY = frozenset({EventField.PLAN, EventField.DUE, EventField.PRIORITY})
"""Without the past of any of these the index reads low (research note, section 1.7)."""


@dataclass(frozen=True, kw_only=True)
class TeamShare:
    """What one source says about one team; ``touched`` is the first day that its last imports changed, if any.

    ``taken`` is the first Monday whose week may have lost an item that was counted in it. ``marks`` tell of items by
    key whether they ever had an assignee.
    """

    source: SourceFacts
    items: tuple[WorkItemFact, ...]
    events: tuple[WorkEventFact, ...]
    touched: dt.date | None
    taken: dt.date | None = None
    marks: Mapping[str, Mark] = field(default_factory=dict)

    @cached_property
    def reaches_from(self) -> dt.date:
        """The first week that the last imports changed; a day earlier, because a zone may have been another there."""
        return dt.date.max if self.touched is None else monday_of(self.touched - _DAY)

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of the items of the team."""
        return frozenset(item.key for item in self.items)

    @cached_property
    def unknown(self) -> frozenset[str]:
        """The keys of items that had an assignee who is no longer known."""
        return frozenset(
            item.key for item in self.items if item.assignee_hash is None and self.marks.get(item.key) is Mark.NAMED
        )

    @cached_property
    def is_named(self) -> bool:
        """Whether an item of the team ever had an assignee, here or where it came from."""
        return bool(self.marks) or any(item.assignee_hash is not None for item in self.items)

    def keeps(self, monday: dt.date) -> bool:
        """Say whether an earlier count still holds for a week: not where an item that was counted may have left it."""
        return self.taken is None or monday < self.taken


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What holds for the team beside its items: zone, days off, anchors, and the last day to compute."""

    zone: dt.tzinfo
    calendar: WorkCalendar
    anchors: Anchors
    until: dt.date


class TeamComputing:
    """One team: its weeks, and which of them a change since ``basis`` reaches; with ``is_whole`` all of them."""

    def __init__(
        self, key: str, shares: Sequence[TeamShare], setting: Setting, *, basis: TeamBasis | None, is_whole: bool
    ) -> None:
        self._key = key
        self._shares = shares
        self._setting = setting
        self._basis = None if is_whole else basis
        self._waited: frozenset[str] = frozenset(() if basis is None else basis.traits.get("waiting", ()))
        self._waiting: set[str] = set()
        self._is_moved = basis is not None and basis.traits["zone"] != str(setting.zone)
        self._reaches_from = min(share.reaches_from for share in shares)
        self._is_complete = not any(share.unknown for share in shares)
        self._history = TeamHistory(self._facts())

    @cached_property
    def known(self) -> tuple[dt.date, dt.date]:
        """The first day that any source speaks about, and the last day that is computed."""
        last = min(max(share.source.covered_to for share in self._shares), self._setting.until)
        return min(share.source.covered_from for share in self._shares), last

    @cached_property
    def coverage(self) -> tuple[dt.date, dt.date]:
        """The first and last day that every source speaks about; the silence of one elsewhere is not a zero."""
        last = min(share.source.covered_to for share in self._shares)
        return max(share.source.covered_from for share in self._shares), min(last, self._setting.until)

    @cached_property
    def weeks(self) -> list[dt.date]:
        """The whole weeks from the first item on."""
        first, last = self.known
        created = min(item.created_at for share in self._shares for item in share.items)
        begins = max(first, created.astimezone(self._setting.zone).date())
        if last < begins:
            return []
        return [monday for monday in mondays(begins, last) if monday >= first and monday + WEEK <= last + _DAY]

    def reached(self) -> list[dt.date]:
        """Return the weeks that a change since the basis can reach, in order; all of them where a trait changed."""
        basis, plain = self._basis, self.own_traits
        if basis is None or any(basis.traits.get(name) != plain[name] for name in _WHOLE):
            return self.weeks
        sprint_days = _sprint_days(basis.traits["sprints"], plain["sprints"])
        first = min([self._reaches_from, *map(monday_of, sprint_days)])
        single = {monday_of(day) for day in _differing(basis.traits["off"], plain["off"])}
        single |= set(_differing(basis.traits["live"], plain["live"]))
        single |= set(_differing(basis.traits["moves"], plain["moves"]))
        if self._is_complete:
            single |= set(_differing(self._waited, ()))
        known_until = basis.computed_until
        return [week for week in self.weeks if week >= first or week + WEEK > known_until + _DAY or week in single]

    def records(self, weeks: Sequence[dt.date], kept: Mapping[dt.date, Kept]) -> list[WeekRecord]:
        """Return weeks with their figures, or without where too few people stand behind them.

        ``kept`` is what the stored weeks know of people whose hashes are deleted by now.
        """
        wanted = {monday.isoformat() for monday in self.weeks}
        self._waiting = {monday for monday in self._waited if monday in wanted}
        return [self._record(week, kept.get(week.indicators.monday)) for week in self._history.weeks(weeks)]

    @cached_property
    def own_traits(self) -> dict[str, Any]:
        """What holds for the team as a whole, as JSON-able data that :meth:`reached` compares."""
        traits = self._history.traits
        marks = [(monday, *self._history.plan_marks(monday)) for monday in self.weeks]
        off = self._setting.calendar.days_off
        return {
            "zone": str(self._setting.zone),
            "dated": traits.dated,
            "planned": traits.planned,
            "prioritised": traits.prioritised,
            "begins": traits.begins.isoformat(),
            "has_sprints": bool(traits.sprints),
            "sprints": {name: [day.isoformat() for day in days] for name, days in traits.sprints.items()},
            "live": [monday.isoformat() for monday, is_live, _ in marks if is_live],
            "moves": [f"{monday.isoformat()} {moves}" for monday, _, moves in marks if moves],
            "off": sorted(day.isoformat() for day in off if self.known[0] <= day <= self.known[1]),
        }

    @property
    def waiting(self) -> list[str]:
        """The Mondays, as ISO texts, of weeks whose people were not all known when they were counted.

        They are counted again once all are known, as after an import of the whole source. Ask after :meth:`records`.
        """
        return sorted(self._waiting)

    def _facts(self) -> TeamFacts:
        """Take all sources as one plan; a past is known where every source knows it.

        With several sources keys and plans bear the name of theirs: a plan of one is not that of another.
        """
        shares = self._shares
        named = shares if len(shares) == 1 else [_with_source(share) for share in shares]
        return TeamFacts(
            items=[item for share in named for item in share.items],
            events=[event for share in named for event in share.events],
            plans=[plan for share in named for plan in share.source.plans],
            zone=self._setting.zone,
            coverage=self.coverage,
            history=frozenset.intersection(*(share.source.history for share in shares)),
            calendar=self._setting.calendar,
            split=self._setting.anchors.split,
            origins={self._name(share, key): share.source.name for share in shares for key in share.keys},
            forgotten=frozenset(self._name(share, key) for share in shares for key in share.unknown),
        )

    def _name(self, share: TeamShare, key: str) -> str:
        return key if len(self._shares) == 1 else _in_source(share, key)

    def _record(self, week: TeamWeek, kept: Kept | None) -> WeekRecord:
        """Join figures and people: enough where one source is enough, because a person may be in each under a name."""
        monday = week.indicators.monday
        is_settled = kept is not None and self._is_settled(monday, kept)
        enough = self._settled(kept) if is_settled and kept is not None else self._counted(week, kept)
        if not enough and kept is not None:  # a source that hid the week is gone; nothing opens it but people
            enough = {name: False for name, is_enough in kept.enough.items() if not is_enough}
        people = People.UNKNOWN if not enough else People.TOO_FEW
        if any(enough.values()):
            people = People.ENOUGH
        figures = None
        if people is not People.TOO_FEW:
            indicators = _with_kept_split(week.indicators, kept, is_settled=is_settled)
            indicators = replace(indicators if len(self._shares) == 1 else _plain_plans(indicators), people=None)
            figures = WeekFigures(
                week=indicators,
                index=index_of(indicators, self._setting.anchors),
                has_history=all(share.source.history & _HISTORY for share in self._shares),
            )
        if not is_settled:
            self._wait_for(monday, waits=bool(week.people.forgotten))
        elif self._is_moved or _lacks_people(figures):
            self._wait_for(monday, waits=True)
        return WeekRecord(team=self._key, monday=monday, people=people, enough=enough, figures=figures)

    def _is_settled(self, monday: dt.date, kept: Kept) -> bool:
        """Say whether what was counted of a week stays: no import touched it, and it does not wait for people."""
        if monday >= self._reaches_from:
            return False
        if any(share.is_named and share.source.name not in kept.enough for share in self._shares):
            return False
        return not (self._is_complete and (self._is_moved or monday.isoformat() in self._waited))

    def _wait_for(self, monday: dt.date, *, waits: bool) -> None:
        if waits:
            self._waiting.add(monday.isoformat())
        else:
            self._waiting.discard(monday.isoformat())

    def _settled(self, kept: Kept) -> dict[str, bool]:
        names = {share.source.name for share in self._shares}
        return {name: is_enough for name, is_enough in kept.enough.items() if name in names}

    def _counted(self, week: TeamWeek, kept: Kept | None) -> dict[str, bool]:
        """Return by source whether enough people are behind a week.

        That is a lower bound of the people behind the week, so doubt goes to withholding.
        """
        enough: dict[str, bool] = {}
        for share in self._shares:
            found = _is_enough(share, week, kept)
            if found is not None:
                enough[share.source.name] = found
        return enough


_WHOLE = ("dated", "planned", "prioritised", "begins", "has_sprints")
"""Traits of which a change may reach every week."""


def _is_enough(share: TeamShare, week: TeamWeek, kept: Kept | None) -> bool | None:
    """Say whether a source names enough people behind a week; ``None`` where it never named anybody for the team.

    What was counted before is kept where hashes were deleted since and no counted item can have left the week.
    """
    name = share.source.name
    if week.people.by_source.get(name, 0) >= MIN_PEOPLE:
        return True
    was_enough = None if kept is None else kept.enough.get(name)
    if was_enough is None and not share.is_named:
        return None
    return was_enough is True and name in week.people.forgotten and share.keeps(week.indicators.monday)


def _in_source(share: TeamShare, name: str) -> str:
    return f"{share.source.name}{_MARK}{name}"


def _with_source(share: TeamShare) -> TeamShare:
    """Return a share whose keys and plans bear the name of its source."""

    def named(name: str | None) -> str | None:
        return name and _in_source(share, name)

    return replace(
        share,
        source=replace(
            share.source,
            plans=tuple(replace(plan, name=_in_source(share, plan.name)) for plan in share.source.plans),
        ),
        items=tuple(
            replace(item, key=_in_source(share, item.key), plans=tuple(_in_source(share, plan) for plan in item.plans))
            for item in share.items
        ),
        events=tuple(
            replace(event, item=_in_source(share, event.item), old=named(event.old), new=named(event.new))
            if event.field is EventField.PLAN
            else replace(event, item=_in_source(share, event.item))
            for event in share.events
        ),
    )


def _plain_plans(week: WeekIndicators) -> WeekIndicators:
    """Return a week that tells of plans by their own names."""
    return replace(
        week,
        values={
            name: replace(value, plans=_own_names(value.plans)) if isinstance(value, Measured) else value
            for name, value in week.values.items()
        },
        run_rates=tuple(replace(rate, plans=_own_names(rate.plans)) for rate in week.run_rates),
    )


def _own_names(plans: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(plan.rpartition(_MARK)[2] for plan in plans))


def _with_kept_split(week: WeekIndicators, kept: Kept | None, *, is_settled: bool) -> WeekIndicators:
    """Return a week with the split attention that was computed while its people were known."""
    found = week.values[Indicator.SPLIT]
    if kept is None or kept.split is None or found == Missing(Gap.SWITCHED_OFF):
        return week
    if kept.split == Missing(Gap.SWITCHED_OFF) or not (is_settled or found == Missing(Gap.PEOPLE_FORGOTTEN)):
        return week
    return replace(week, values={**week.values, Indicator.SPLIT: kept.split})


def _lacks_people(figures: WeekFigures | None) -> bool:
    return figures is not None and figures.week.values[Indicator.SPLIT] == Missing(Gap.PEOPLE_FORGOTTEN)


def _sprint_days(old: Mapping[str, Sequence[str]], new: Mapping[str, Sequence[str]]) -> list[dt.date]:
    """Return from which day on each sprint that came, went or changed can reach weeks: the first of its days."""
    found = []
    for name in old.keys() | new.keys():
        before, now = old.get(name), new.get(name)
        if before is not None and now is not None and before[0] == now[0]:
            if before[1] != now[1]:
                found.append(min(before[1], now[1]))
        elif before != now:
            found.append(min(days[0] for days in (before, now) if days is not None))
    return [dt.date.fromisoformat(day) for day in found]


def _differing(old: Iterable[str], new: Iterable[str]) -> Collection[dt.date]:
    return [dt.date.fromisoformat(day[:10]) for day in set(old) ^ set(new)]
