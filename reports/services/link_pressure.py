"""Turns stored weeks of pressure into that of sets of teams over the days that the questions of a wave ask about.

A week of a team that may not be shown is in no figure here either, so that nothing can be worked out from a result.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from reports.pressure.anchors import VERSION_1, Anchors, Indicator
from reports.pressure.index import PressureIndex, WindowMean, window_mean
from reports.pressure.weeks import WEEK, mondays
from reports.services.pressure import is_shown
from reports.stats.results import Floats
from reports.store.pressure import WeekRecord

LAGS = 9
"""Windows looked at: the one of the questions, and those that end one to eight weeks earlier."""


@dataclass(frozen=True, slots=True)
class AskedTeam:
    """A team as frozen in a wave: its key and the number of people invited."""

    team: str
    invited: int


@dataclass(frozen=True, kw_only=True)
class SetPressure:
    """The pressure of one set in one window: the index 0 to 100 and the points 0 to 100 of each indicator.

    ``coverage`` is the lowest share, 0 to 1, among: weight of the index that had a value, days under an index, people
    of the set whose team has an index. ``index`` is None where that does not suffice.
    """

    index: float | None
    coverage: float
    points: Mapping[Indicator, float]


@dataclass(frozen=True)
class Weeks:
    """The stored weeks of all teams, by team and Monday; ``anchors`` give the least coverage."""

    records: Mapping[str, Mapping[dt.date, WeekRecord]]
    anchors: Anchors = VERSION_1

    @cached_property
    def versions(self) -> tuple[int, ...]:
        """The versions of the anchors that stored indexes were made with."""
        return tuple(
            sorted(
                {
                    record.figures.index.anchors_version
                    for weeks in self.records.values()
                    for record in weeks.values()
                    if record.figures is not None
                }
            )
        )

    def of_set(
        self, members: Sequence[AskedTeam], *, opens_on: dt.date, days: int, with_points: bool = True
    ) -> SetPressure:
        """Return the pressure of a set over the ``days`` days that end the day before ``opens_on``.

        Several teams weigh by the people invited, as in :func:`reports.pressure.index.joint`. Teams that hold the
        needed share of the people must have a value; that share is of all people of the set.
        """
        people = sum(member.invited for member in members)
        held = [
            (self._of_team(member, opens_on, days, with_points=with_points), member.invited)
            for member in members
            if member.invited > 0
        ]
        means = [(mean, weight) for (mean, _), weight in held if mean is not None]
        share = sum(weight for _, weight in means) / people if people else 0.0
        coverage = min([share, *(mean.coverage for mean, _ in means), *(_days_share(mean, days) for mean, _ in means)])
        if not means or share < self.anchors.min_coverage - 1e-9:
            return SetPressure(index=None, coverage=coverage if means else 0.0, points={})
        weight = sum(weight for _, weight in means)
        return SetPressure(
            index=sum(mean.value * own for mean, own in means) / weight,
            coverage=coverage,
            points=self._points([(points, own) for (_, points), own in held], people) if with_points else {},
        )

    def _of_team(
        self, member: AskedTeam, opens_on: dt.date, days: int, *, with_points: bool
    ) -> tuple[WindowMean | None, Mapping[Indicator, float]]:
        first, last = opens_on - dt.timedelta(days=days), opens_on - dt.timedelta(days=1)
        own = self.records.get(member.team, {})
        shown: dict[dt.date, PressureIndex] = {}
        for monday in mondays(first, last):
            record = own.get(monday)
            if record is None or record.figures is None or not is_shown(record, member.invited):
                continue
            if isinstance(record.figures.index, PressureIndex):
                shown[monday] = record.figures.index
        mean = window_mean(shown, opens_on=opens_on, days=days, anchors=self.anchors)
        if not isinstance(mean, WindowMean):
            return None, {}
        return mean, self._team_points(shown, first, days) if with_points else {}

    def _team_points(self, shown: Mapping[dt.date, PressureIndex], first: dt.date, days: int) -> dict[Indicator, float]:
        """Return the mean points of each indicator that had a value on the needed share of the days."""
        end = first + dt.timedelta(days=days)
        total: dict[Indicator, list[float]] = {}
        for monday, index in shown.items():
            inside = (min(end, monday + WEEK) - max(first, monday)).days
            for part in index.parts:
                sums = total.setdefault(part.indicator, [0.0, 0.0])
                sums[0] += inside
                sums[1] += inside * part.points
        least = self.anchors.min_coverage * days - 1e-9
        return {name: sums[1] / sums[0] for name, sums in total.items() if sums[0] > 0 and sums[0] >= least}

    def _points(self, held: Sequence[tuple[Mapping[Indicator, float], int]], people: int) -> dict[Indicator, float]:
        found: dict[Indicator, float] = {}
        for name in Indicator:
            own = [(points[name], weight) for points, weight in held if name in points]
            weight = sum(each for _, each in own)
            if own and weight >= self.anchors.min_coverage * people - 1e-9:
                found[name] = sum(value * each for value, each in own) / weight
        return found


@dataclass(frozen=True, kw_only=True)
class PressureTable:
    """Pressure of sets (G) over waves (W): ``lagged`` (LAGS, G, W), NaN where unknown, ``coverage`` (G, W) at lag 0.

    ``previous`` (G, W) is the window of equal length before the one the questions ask about. ``points`` has the
    indicators (G, W), NaN where unknown.
    """

    lagged: Floats
    coverage: Floats
    previous: Floats
    points: Mapping[Indicator, Floats]

    @property
    def index(self) -> Floats:
        """The pressure at lag 0, (G, W)."""
        found: Floats = self.lagged[0]
        return found


def pressure_table(
    weeks: Weeks,
    members: Sequence[Sequence[Sequence[AskedTeam]]],
    *,
    opened_on: Sequence[dt.date],
    recall_days: Sequence[int],
) -> PressureTable:
    """Return the pressure of every set in every wave; ``members`` are its teams by set and wave, empty for none."""
    sets, waves = len(members), len(opened_on)
    lagged = np.full((LAGS, sets, waves), np.nan)
    previous = np.full((sets, waves), np.nan)
    coverage = np.zeros((sets, waves))
    points = {name: np.full((sets, waves), np.nan) for name in Indicator}
    for g, by_wave in enumerate(members):
        for w, (asked, opens_on, days) in enumerate(zip(by_wave, opened_on, recall_days, strict=True)):
            if not asked:
                continue
            for lag in range(LAGS):
                found = weeks.of_set(asked, opens_on=opens_on - lag * WEEK, days=days, with_points=lag == 0)
                if found.index is not None:
                    lagged[lag, g, w] = found.index
                if lag == 0:
                    coverage[g, w] = found.coverage
                    for name, value in found.points.items():
                        points[name][g, w] = value
            before = weeks.of_set(asked, opens_on=opens_on - dt.timedelta(days=days), days=days, with_points=False)
            previous[g, w] = np.nan if before.index is None else before.index
    kept = {name: table for name, table in points.items() if np.isfinite(table).any()}
    return PressureTable(lagged=lagged, coverage=coverage, previous=previous, points=kept)


def _days_share(mean: WindowMean, days: int) -> float:
    return mean.days_covered / days
