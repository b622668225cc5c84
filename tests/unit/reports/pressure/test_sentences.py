"""Checks that the printed facts are those of the research note and that each list of texts is complete."""

import datetime as dt

import pytest

from reports.pressure.anchors import Band, Indicator
from reports.pressure.index import Part
from reports.pressure.sentences import BAND_NAMES, GAP_SENTENCES, INDICATOR_NAMES, fact
from reports.pressure.values import Gap, Measured, Unit
from surveys.i18n import translator

EN = translator("en")


def part(name, top, base, value, **more):
    measured = Measured(value=value, numerator=top, denominator=base, **more)
    return Part(indicator=Indicator(name), measured=measured, points=0.0, weight=1.0, contribution=0.0)


def test_the_required_rate_says_how_much_by_when_at_what_pace():
    due = part("R", 34, 5.2, 1.9, day=dt.date(2026, 8, 4), weeks=3.44)
    assert fact(due, Unit.ITEMS, EN) == (
        "34 open items due 4 Aug 2026 at 5.2 done a week: needs 1.9 times the usual pace"
    )
    assert fact(due, Unit.POINTS, EN).startswith("34 open points due 4 Aug 2026")


def test_a_required_rate_of_zero_says_that_nothing_is_due():
    assert fact(part("R", 0, 5.2, 0.0), Unit.ITEMS, EN) == "no open work with a date in the next 13 weeks"


def test_churn_names_the_plans():
    assert fact(part("C", 14, 40, 0.35, plans=("4.2",)), Unit.ITEMS, EN) == (
        "14 items added to or taken from 4.2, counted against 40 planned"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("L", "1 items newly started or planned at 2.0 done a week"),
        ("U", "1 of 2 items done was unplanned"),
        ("V", "1 change of plan, date or priority, counted against 2 open items"),
        ("W", "1 item in work, usually 2"),
        ("P", "1 of 2 planned items have one of the two top priorities"),
    ],
)
def test_every_other_indicator_states_its_counts(name, text):
    assert fact(part(name, 1, 2, 0.5), Unit.ITEMS, EN) == text


def test_must_shares_and_sprints_have_words_of_their_own():
    assert fact(part("P", 6, 10, 0.6, moscow=True), Unit.ITEMS, EN) == "6 of 10 planned are Must"
    assert fact(part("L", 6, 4, 1.5, plans=("S7",)), Unit.POINTS, EN) == (
        "6 points committed in S7, 4.0 delivered in a usual sprint"
    )


def test_every_member_of_the_closed_lists_has_a_text():
    assert set(INDICATOR_NAMES) == set(Indicator)
    assert set(BAND_NAMES) == set(Band)
    assert set(GAP_SENTENCES) == set(Gap)
