"""Turns the day of today into the days of everything in a demonstration: waves, roadmap and its two releases."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from app.demo.shapes import TROUBLE_FROM, WAVES

WAVE_DAYS = 14
OPEN_DAYS = 7
RELEASE_DELAY = dt.timedelta(hours=24)
ROADMAP_WEEKS = 78
_SETTLED = 9  # days from an opening until the wave is surely released, whatever the time of day


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """All days of one demonstration; openings are Mondays.

    ``trouble_on`` is the Monday on which the troubled team's plan starts to change, two weeks before the wave that
    shows it first, because the questions look two weeks back.
    """

    today: dt.date
    first_opening: dt.date
    last_opening: dt.date
    roadmap_from: dt.date
    releases: tuple[dt.date, dt.date]
    trouble_on: dt.date

    def opening(self, number: int) -> dt.date:
        """Return the day on which a wave opens, counted from 1."""
        return self.first_opening + dt.timedelta(days=WAVE_DAYS * (number - 1))


def make_calendar(today: dt.date) -> Calendar:
    """Return the calendar in which the last wave was released shortly before ``today``."""
    settled = today - dt.timedelta(days=_SETTLED)
    last = settled - dt.timedelta(days=settled.weekday())
    first = last - dt.timedelta(days=WAVE_DAYS * (WAVES - 1))
    monday = today - dt.timedelta(days=today.weekday())
    trouble = last - dt.timedelta(days=WAVE_DAYS * (WAVES - TROUBLE_FROM + 1))
    return Calendar(
        today=today,
        first_opening=first,
        last_opening=last,
        roadmap_from=monday - dt.timedelta(weeks=ROADMAP_WEEKS),
        # Thursdays: one in the first half of the year of waves, one between the last waves but two and but one.
        releases=(last - dt.timedelta(weeks=34, days=-3), last - dt.timedelta(weeks=3, days=-3)),
        trouble_on=trouble,
    )
