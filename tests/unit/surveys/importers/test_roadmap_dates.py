"""Checks that days and times are read as tools write them, and that a column is never read in two orders."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.importers.roadmap_dates import DayOrders, last_day, names_no_day, stamp

UTC = dt.UTC
MADRID = ZoneInfo("Europe/Madrid")


def at(*parts):
    return dt.datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14/Jul/25 3:42 PM", at(2025, 7, 14, 15, 42)),
        ("14/jul./25 3:42 p. m.", at(2025, 7, 14, 15, 42)),
        ("03/Sep/26 12:05 AM", at(2026, 9, 3, 0, 5)),
        ("12/ago/25 9:05 AM", at(2025, 8, 12, 9, 5)),
        ("12/déc./25", at(2025, 12, 12)),
        ("14. Juli 2025 18:30", at(2025, 7, 14, 18, 30)),
        ("14 de julio de 2025", at(2025, 7, 14)),
        ("Jul 14, 2025, 3:42\u202fPM", at(2025, 7, 14, 15, 42)),
        ("2018-02-09 15:11:14 UTC", at(2018, 2, 9, 15, 11, 14)),
        ("2021-01-08T16:38:15.5+0200", at(2021, 1, 8, 14, 38, 15, 500_000)),
        ("Wed May 13 2026 11:21:41 GMT+0000 (GMT+00:00)", at(2026, 5, 13, 11, 21, 41)),
        ("Wed May 13 2026 11:21:41 GMT-0530 (Somewhere)", at(2026, 5, 13, 16, 51, 41)),
        ("31.05.2026 07:00", at(2026, 5, 31, 7)),
    ],
)
def test_the_forms_of_the_tools_are_read(text, expected):
    assert stamp(text).moment(UTC) == expected


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-02-30", "31/31/2026", "14/Jul/25 15:42 PM", "14/Foo/25", "2026-01-01 25:00", "1/2"]
)
def test_what_is_no_day_is_not_guessed(text):
    assert stamp(text) is None


def test_a_time_without_offset_is_where_the_reader_says():
    assert stamp("14/Jul/25 12:30 AM").moment(MADRID) == at(2025, 7, 13, 22, 30)


def test_an_offset_in_the_text_goes_before_the_zone():
    assert stamp("2026-05-31T09:30+02:00").moment(ZoneInfo("America/New_York")) == at(2026, 5, 31, 7, 30)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Thu Jun 25 2026 23:00:00 GMT+0000 (GMT+00:00)", 26),
        ("Thu Jun 25 2026 07:00:00 GMT+0000 (GMT+00:00)", 25),
        ("Thu Jun 25 2026 00:00:00 GMT+0000 (GMT+00:00)", 25),
        ("2026-06-25 23:00", 25),
    ],
)
def test_a_day_stored_as_an_instant_is_the_day_whose_midnight_is_nearest(text, day):
    assert stamp(text).meant_day() == dt.date(2026, 6, day)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026 Q3", dt.date(2026, 9, 30)),
        ("Q1/28", dt.date(2028, 3, 31)),
        ("H1 2026", dt.date(2026, 6, 30)),
        ("2028-02", dt.date(2028, 2, 29)),
        ("agosto 2026", dt.date(2026, 8, 31)),
        ("H3 2026", None),
        ("Q5 2026", None),
        ("Later", None),
    ],
)
def test_a_quarter_or_month_is_its_last_day(text, expected):
    assert last_day(text) == expected


def test_now_next_later_name_no_day():
    assert all(names_no_day(word) for word in ("Now", "next", " LATER ", "TBD"))
    assert not names_no_day("soonish")


def settled(values, *, day_first=None):
    orders = DayOrders("export.csv", day_first=day_first)
    for column, texts in values.items():
        for line, text in enumerate(texts, start=2):
            orders.see(column, line, text)
    return orders, [str(problem) for problem in orders.settle()]


def test_one_day_above_twelve_decides_its_column():
    orders, problems = settled({"Created": ["6/7/2025 16:14", "6/21/2025 16:14"], "Due": ["21.06.2025"]})
    assert (orders.first("Created"), problems) == (False, [])
    assert stamp("6/7/2025 16:14").day(day_first=orders.first("Created")) == dt.date(2025, 6, 7)


def test_a_column_that_fits_both_takes_the_order_the_others_prove():
    orders, problems = settled({"Created": ["21/06/2025"], "Due": ["01/02/2025"]})
    assert (orders.first("Due"), problems) == (True, [])


def test_a_file_that_fits_both_is_refused_with_both_readings():
    assert settled({"Created": ["2025-01-01", "01/02/2025"]})[1] == [
        (
            "export.csv:3: Created: 01/02/2025 can be 1 Feb 2025 or 2 Jan 2025, and no day of the file shows which. "
            "Say whether the day or the month comes first."
        )
    ]


def test_a_column_that_fits_neither_order_is_refused_with_both_lines():
    problems = settled({"Created": ["21/06/2025", "06/22/2025"]})[1]
    assert problems == [
        (
            "export.csv:2: Created: 21/06/2025 can only begin with the day and 06/22/2025 on line 3 only with the "
            "month. Write the days of one column in one way."
        )
    ]


def test_columns_that_prove_different_orders_leave_a_third_open():
    problems = settled({"A": ["21/06/2025"], "B": ["06/22/2025"], "C": ["01/02/2025"]})[1]
    assert len(problems) == 1
    assert " C: " in problems[0]


def test_what_was_said_beforehand_wins_and_the_same_day_twice_needs_nobody():
    assert settled({"A": ["01/02/2025"]}, day_first=False)[0].first("A") is False
    assert settled({"A": ["03/03/2025"]})[1] == []


@settings(max_examples=4, deadline=None)
@given(st.dates(dt.date(1990, 1, 1), dt.date(2070, 1, 1)), st.integers(0, 23), st.integers(0, 59))
def test_every_written_form_of_a_minute_reads_back(day, hour, minutes):
    minute = dt.datetime(day.year, day.month, day.day, hour, minutes, tzinfo=UTC)
    forms = ("%Y-%m-%d %H:%M", "%d/%b/%Y %I:%M %p", "%b %d, %Y, %I:%M %p", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M")
    assert {stamp(minute.strftime(form)).moment(UTC) for form in forms} == {minute}
