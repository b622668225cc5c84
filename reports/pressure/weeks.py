"""Turns days into the weeks of a team: Monday 00:00 to Monday 00:00 in its own time zone, with its working days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

WEEK = dt.timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class WorkCalendar:
    """The days a team usually works (Monday is 0) and the days off among them, such as public holidays."""

    working_weekdays: frozenset[int] = frozenset(range(5))
    days_off: frozenset[dt.date] = field(default_factory=frozenset)

    def available_share(self, monday: dt.date) -> float:
        """Return the share of the usual working days that the week from ``monday`` has, 0 to 1."""
        days = [monday + dt.timedelta(days=offset) for offset in sorted(self.working_weekdays)]
        return sum(day not in self.days_off for day in days) / len(days) if days else 0.0


EVERY_WEEK_FULL = WorkCalendar()
"""The calendar of a team for which no days off are known."""


def monday_of(day: dt.date) -> dt.date:
    """Return the Monday of the week that ``day`` is in."""
    return day - dt.timedelta(days=day.weekday())


def mondays(first: dt.date, last: dt.date) -> tuple[dt.date, ...]:
    """Return the Mondays of all weeks that hold a day from ``first`` to ``last``, both included."""
    start = monday_of(first)
    return tuple(start + WEEK * number for number in range((monday_of(last) - start).days // 7 + 1))


def starts(monday: dt.date, zone: dt.tzinfo) -> float:
    """Return the instant (seconds since 1970, UTC) at which the local day begins; a DST week has 167 or 169 hours.

    Where midnight does not exist on that day, the first instant after the gap is meant.
    """
    return dt.datetime(monday.year, monday.month, monday.day, tzinfo=zone).timestamp()
