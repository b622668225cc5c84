"""Everything in a demonstration is dated from today."""

from __future__ import annotations

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from app.demo.calendar import make_calendar
from app.demo.shapes import TROUBLE_FROM, WAVES


@settings(max_examples=8)
@given(st.dates(dt.date(2024, 1, 1), dt.date(2040, 1, 1)))
def test_the_last_wave_was_released_by_today_and_not_long_ago(today: dt.date) -> None:
    calendar = make_calendar(today)
    released = calendar.last_opening + dt.timedelta(days=8)
    assert dt.timedelta(days=1) <= today - released <= dt.timedelta(days=7)
    assert calendar.opening(WAVES) == calendar.last_opening
    assert calendar.last_opening.weekday() == calendar.roadmap_from.weekday() == 0


@settings(max_examples=8)
@given(st.dates(dt.date(2024, 1, 1), dt.date(2040, 1, 1)))
def test_trouble_starts_two_weeks_before_the_wave_that_shows_it_and_before_the_second_release(today: dt.date) -> None:
    calendar = make_calendar(today)
    assert calendar.trouble_on + dt.timedelta(days=14) == calendar.opening(TROUBLE_FROM)
    assert calendar.releases[0] < calendar.trouble_on < calendar.releases[1]
    assert calendar.opening(WAVES - 2) < calendar.releases[1] < calendar.last_opening
