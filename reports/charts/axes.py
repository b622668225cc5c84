"""Turns days and values into places on a drawing: one time axis for all charts of a report, absolute value axes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from reports.charts.words import month_word
from reports.document import LeaderReport, Trace

SHORTEST = dt.timedelta(days=84)
"""A time axis spans at least twelve weeks, so that the first waves do not fill the whole width."""
WITH_PRESSURE = dt.timedelta(days=182)
"""With pressure it spans half a year, as far as the weeks go."""


@dataclass(frozen=True, kw_only=True)
class Period:
    """The days a time axis spans and the days waves opened, oldest first."""

    start: dt.date
    end: dt.date
    waves: tuple[dt.date, ...]


def period_of(report: LeaderReport) -> Period:
    """The period of a report: its waves, up to the last wave or the last week of pressure before the release.

    It is never shorter than twelve weeks, and than half a year where weeks of pressure fill it.
    """
    waves = _wave_days(report.traces) or (report.wave.opened_on,)
    end = max(waves)
    start = min(waves)
    if report.pressure is not None and report.pressure.weeks:
        weeks = [point.week for point in report.pressure.weeks]
        end = max(end, min(max(weeks), report.wave.released_on))
        start = min(start, max(min(weeks), end - WITH_PRESSURE))
    return Period(start=min(start, end - SHORTEST), end=end, waves=waves)


def _wave_days(traces: Sequence[Trace]) -> tuple[dt.date, ...]:
    return tuple(sorted({point.date for trace in traces for point in trace.points}))


@dataclass(frozen=True, kw_only=True)
class TimeAxis:
    """Places days between ``left`` and ``right``; ``inset`` is kept free on both sides."""

    period: Period
    left: float
    right: float
    inset: float

    def x(self, day: dt.date) -> float:
        """Horizontal place of a day."""
        span = (self.period.end - self.period.start).days
        share = (day - self.period.start).days / span
        return self.left + self.inset + share * (self.right - self.left - 2 * self.inset)

    def holds(self, day: dt.date) -> bool:
        """Whether the day is within the period."""
        return self.period.start <= day <= self.period.end

    def waves(self) -> tuple[float, ...]:
        """Places of the waves."""
        return tuple(self.x(day) for day in self.period.waves)

    def step(self) -> float:
        """Least distance of two neighbouring waves; a tenth of the width where there is one wave."""
        places = self.waves()
        gaps = [after - before for before, after in pairwise(places)]
        return min(gaps, default=(self.right - self.left) / 10)


@dataclass(frozen=True, kw_only=True)
class ValueAxis:
    """Places values between ``bottom`` (at ``lowest``) and ``top`` (at ``highest``); never cut, never stretched."""

    lowest: float
    highest: float
    top: float
    bottom: float

    def y(self, value: float) -> float:
        """Vertical place of a value, which is kept inside the axis."""
        inside = min(max(value, self.lowest), self.highest)
        return self.bottom - (inside - self.lowest) / (self.highest - self.lowest) * (self.bottom - self.top)


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A label under (or over) a time axis."""

    x: float
    day: dt.date
    text: str
    is_last: bool


def month_ticks(axis: TimeAxis, language: str, room: float) -> tuple[Tick, ...]:
    """One label per month at its first wave, thinned to stand ``room`` apart; the last wave always has one.

    Months without a wave have their label at their first day, so that a gap is seen as one.
    """
    period = axis.period
    last = Tick(
        x=axis.x(period.waves[-1]), day=period.waves[-1], text=month_word(language, period.waves[-1]), is_last=True
    )
    ticks = [last]
    for day in reversed(_month_days(period)):
        x = axis.x(day)
        if ticks[-1].x - x >= room and (day.year, day.month) != (last.day.year, last.day.month):
            ticks.append(Tick(x=x, day=day, text=month_word(language, day), is_last=False))
    return tuple(reversed(ticks))


def _month_days(period: Period) -> list[dt.date]:
    days = []
    month = period.start.replace(day=1)
    while month <= period.end:
        after = (month + dt.timedelta(days=32)).replace(day=1)
        first = next((day for day in period.waves if month <= day < after), month)
        if period.start <= first <= period.end:
            days.append(first)
        month = after
    return days
