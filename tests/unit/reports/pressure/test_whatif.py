"""Checks the arithmetic of moving and removing work against the example of the research note."""

import datetime as dt

import pytest

from reports.pressure.values import RunRate
from reports.pressure.whatif import moved, required, without

MONDAY = dt.date(2026, 7, 13)
AUGUST, OCTOBER = dt.date(2026, 8, 4), dt.date(2026, 10, 6)
RATES = (
    RunRate(day=AUGUST, size=34, weeks=22 / 7, capacity=5.7, plans=("4.2",)),
    RunRate(day=OCTOBER, size=40, weeks=85 / 7, capacity=5.2),
)


def test_taking_twelve_items_out_of_the_release_brings_the_required_pace_from_1_9_to_1_2():
    assert required(RATES) == pytest.approx(1.9, abs=0.01)
    assert required(without(RATES, due=AUGUST, size=12)) == pytest.approx(1.23, abs=0.01)


def test_moving_a_day_to_a_known_later_day_leaves_that_days_sum():
    found = moved(RATES, monday=MONDAY, due=AUGUST, to=OCTOBER)
    assert found == (RATES[1],)


def test_moving_a_day_between_two_known_ones_spreads_its_work_over_more_weeks():
    later = AUGUST + dt.timedelta(weeks=3)
    found = moved(RATES, monday=MONDAY, due=AUGUST, to=later)
    assert [(rate.day, rate.size) for rate in found] == [(later, 34), (OCTOBER, 40)]
    assert found[0].weeks == pytest.approx(43 / 7)


def test_moving_a_day_behind_another_takes_its_work_out_of_the_other():
    november = dt.date(2026, 11, 3)
    found = moved(RATES, monday=MONDAY, due=AUGUST, to=november)
    assert [(rate.day, rate.size) for rate in found] == [(OCTOBER, 6), (november, 40)]


@pytest.mark.parametrize(("due", "to"), [(AUGUST, AUGUST), (dt.date(2026, 8, 5), OCTOBER)])
def test_an_unknown_day_or_an_earlier_target_is_a_mistake_of_the_caller(due, to):
    with pytest.raises(ValueError, match="later"):
        moved(RATES, monday=MONDAY, due=due, to=to)


def test_nothing_due_requires_nothing():
    assert required(()) == 0.0
