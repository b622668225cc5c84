"""Turns the stored weeks of the teams of a report into one series: a single team's own, or a mean weighted by people.

A week that may not be shown of a team is in no mean, so every mean is made of figures that stand beside it openly.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sqlalchemy.orm import Session

from reports.pressure.anchors import ANCHORS, VERSION_1, Anchors, Indicator
from reports.pressure.index import Index, JointPressure, PressureIndex, WindowMean, joint, window_mean
from reports.pressure.weeks import WEEK, mondays
from reports.services.pressure import is_shown
from reports.services.report_sentences import Member
from reports.store import pressure as store
from reports.store.anchors import anchors_by_version
from reports.store.pressure import WeekFigures, WeekRecord

LEAST_WEEKS = 12
"""A trace begins at least this long before the wave, so that the page is of use at the first wave."""


@dataclass(frozen=True, kw_only=True)
class Hidden:
    """A week that exists and may not be shown: too few people stand behind it."""


@dataclass(frozen=True, kw_only=True)
class NoData:
    """A week without an index: not covered by the data, or too little of it."""


Point = PressureIndex | JointPressure | Hidden | NoData


@dataclass(frozen=True, kw_only=True)
class TeamSeries:
    """The weeks of one team; ``shown`` are those that may be shown, by Monday."""

    member: Member
    records: Mapping[dt.date, WeekRecord]

    @cached_property
    def shown(self) -> dict[dt.date, WeekFigures]:
        """The weeks that may be shown."""
        return {
            monday: record.figures
            for monday, record in self.records.items()
            if record.figures is not None and is_shown(record, self.member.invited)
        }

    @cached_property
    def indexes(self) -> dict[dt.date, Index]:
        """The index of every week that may be shown."""
        return {monday: figures.index for monday, figures in self.shown.items()}

    @cached_property
    def is_hidden(self) -> bool:
        """Whether there are weeks and none of them may be shown."""
        return bool(self.records) and not self.shown

    def point(self, monday: dt.date) -> PressureIndex | Hidden | NoData:
        """Return what is known of a week."""
        if monday in self.indexes:
            index = self.indexes[monday]
            return index if isinstance(index, PressureIndex) else NoData()
        return Hidden() if monday in self.records else NoData()


@dataclass(frozen=True, kw_only=True)
class Series:
    """The teams of a report that have delivery data, and the Mondays of its trace, oldest first.

    ``members`` counts all teams of the report, with data or without. ``known`` has the anchors by version.
    """

    members: int
    teams: tuple[TeamSeries, ...]
    weeks: tuple[dt.date, ...]
    opened_on: dt.date
    recall_days: int
    known: Mapping[int, Anchors] = field(default_factory=lambda: ANCHORS)

    @cached_property
    def visible(self) -> tuple[TeamSeries, ...]:
        """The teams with at least one week that may be shown."""
        return tuple(team for team in self.teams if team.shown)

    @cached_property
    def hidden(self) -> tuple[TeamSeries, ...]:
        """The teams that have data of which nothing may be shown."""
        return tuple(team for team in self.teams if team.is_hidden)

    @property
    def is_joint(self) -> bool:
        """Whether the figures are means of several teams."""
        return len(self.visible) > 1

    @cached_property
    def anchors(self) -> Anchors:
        """The anchors of the last week."""
        last = [(monday, index.anchors_version) for team in self.visible for monday, index in team.indexes.items()]
        versions = [version for _, version in sorted(last)]
        return self.known.get(versions[-1], VERSION_1) if versions else VERSION_1

    @cached_property
    def points(self) -> dict[dt.date, Point]:
        """What is known of each week of the trace."""
        return {monday: self._point(monday) for monday in self.weeks}

    @cached_property
    def windows(self) -> tuple[tuple[TeamSeries, WindowMean], ...]:
        """The mean of each team over the recall window before the wave, where there is one."""
        means = [
            (team, window_mean(team.indexes, opens_on=self.opened_on, days=self.recall_days, anchors=self.anchors))
            for team in self.visible
        ]
        return tuple((team, mean) for team, mean in means if isinstance(mean, WindowMean))

    @cached_property
    def window(self) -> JointPressure | WindowMean | None:
        """The pressure of the wave at lag 0, or None where too little is known of it."""
        if not self.windows or not self._suffices([team for team, _ in self.windows]):
            return None
        if not self.is_joint:
            return self.windows[0][1]
        return joint([(mean, self.weight(team)) for team, mean in self.windows], self.anchors)

    @cached_property
    def run_up(self) -> dict[dt.date, float]:
        """The index of the weeks that ended before the wave opened and hold the same teams as the last of them.

        A mean of other teams is another series, so a difference to it would say nothing about pressure.
        """
        held = {
            monday: (point.value, frozenset(team.member.team for team, _ in self._held(monday)))
            for monday, point in self.points.items()
            if monday + dt.timedelta(days=7) <= self.opened_on and isinstance(point, PressureIndex | JointPressure)
        }
        return {monday: value for monday, (value, teams) in held.items() if teams == held[max(held)][1]}

    def weight(self, team: TeamSeries) -> int:
        """Return the weight of a team: its frozen invited number, one for all where nobody was invited."""
        return team.member.invited if any(each.member.invited for each in self.visible) else 1

    def window_weeks(self, team: TeamSeries) -> list[tuple[int, dt.date, PressureIndex]]:
        """Return (days inside, Monday, index) of each week of the recall window that has an index, oldest first."""
        first, end = self.opened_on - dt.timedelta(days=self.recall_days), self.opened_on
        found = []
        for monday, index in sorted(team.indexes.items()):
            days = (min(end, monday + WEEK) - max(first, monday)).days
            if days > 0 and isinstance(index, PressureIndex):
                found.append((days, monday, index))
        return found

    def contributions(self, monday: dt.date) -> dict[Indicator, float]:
        """Return what each indicator adds to the index of a week; empty for a week without one."""
        if not isinstance(self.points.get(monday), PressureIndex | JointPressure):
            return {}
        held = [(self.weight(team), index) for team, index in self._held(monday)]
        people = sum(weight for weight, _ in held)
        total: dict[Indicator, float] = {}
        for weight, index in held:
            for part in index.parts:
                total[part.indicator] = total.get(part.indicator, 0.0) + weight * part.contribution / people
        return total

    def _held(self, monday: dt.date) -> list[tuple[TeamSeries, PressureIndex]]:
        """Return the teams that have an index in a week and may show it."""
        found = [(team, team.point(monday)) for team in self.visible]
        return [(team, point) for team, point in found if isinstance(point, PressureIndex)]

    def _point(self, monday: dt.date) -> Point:
        held = self._held(monday)
        if held and self._suffices([team for team, _ in held]):
            if not self.is_joint:
                return held[0][1]
            return joint([(index, self.weight(team)) for team, index in held], self.anchors)
        return Hidden() if all(isinstance(team.point(monday), Hidden) for team in self.teams) else NoData()

    def _suffices(self, teams: Sequence[TeamSeries]) -> bool:
        """Say whether teams hold the needed share of the people of all visible ones, the same as for the index."""
        held = sum(self.weight(team) for team in teams)
        return held >= max(self.anchors.min_coverage * sum(self.weight(team) for team in self.visible), 1) - 1e-9


def load_series(
    session: Session,
    members: Sequence[Member],
    *,
    opened_on: dt.date,
    recall_days: int,
    as_of: dt.date,
    first_on: dt.date,
) -> Series:
    """Return the series of ``members`` from ``first_on``, twelve weeks at least, of weeks that ended by ``as_of``.

    Members without any stored week are left out.
    """
    last = as_of - dt.timedelta(days=6)
    first = min(first_on, opened_on - dt.timedelta(days=recall_days), opened_on - LEAST_WEEKS * WEEK)
    weeks = mondays(first, last) if last >= first else ()
    weeks = tuple(monday for monday in weeks if monday <= last)
    rows = store.load_weeks(session, [member.team for member in members], first=first - WEEK, last=last)
    teams = tuple(TeamSeries(member=member, records=rows[member.team]) for member in members if member.team in rows)
    return Series(
        members=len(members),
        teams=teams,
        weeks=weeks,
        opened_on=opened_on,
        recall_days=recall_days,
        known=anchors_by_version(session),
    )
