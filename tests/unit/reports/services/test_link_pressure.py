"""Pressure of sets of teams over the days asked about, on weeks made by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from reports.pressure.anchors import Indicator
from reports.services.link_pressure import LAGS, AskedTeam, Weeks, pressure_table
from reports.store.pressure import People, WeekRecord
from tests.support.linked import week

OPENS = dt.date(2026, 3, 2)  # a Monday
WEEK = dt.timedelta(days=7)


def weeks(**indexes: list[float | None]) -> Weeks:
    """Weeks of teams that end before the wave opens, the last one last; None is a week with too few people."""
    found: dict[str, dict[dt.date, WeekRecord]] = {}
    for team, values in indexes.items():
        for back, value in enumerate(reversed(values), start=1):
            people = People.TOO_FEW if value is None else People.ENOUGH
            record = week(team, OPENS - back * WEEK, value or 0.0, people=people)
            found.setdefault(team, {})[record.monday] = record
    return Weeks(found)


def asked(**invited: int) -> list[AskedTeam]:
    return [AskedTeam(team, people) for team, people in invited.items()]


def test_lag_0_is_the_mean_over_exactly_the_days_asked_about() -> None:
    found = weeks(a=[10, 20, 40, 80])
    assert found.of_set(asked(a=8), opens_on=OPENS, days=14).index == pytest.approx(60)
    # Opened on a Wednesday: two days of a week without an index, all seven of two others, five of the one before them.
    later = found.of_set(asked(a=8), opens_on=OPENS + dt.timedelta(days=2), days=14)
    assert later.index == pytest.approx((7 * 80 + 5 * 40) / 12)
    assert later.coverage == pytest.approx(12 / 14)


def test_a_set_weighs_its_teams_by_the_people_invited() -> None:
    found = weeks(a=[20, 20], b=[80, 80]).of_set(asked(a=6, b=3), opens_on=OPENS, days=14)
    assert found.index == pytest.approx(40)
    assert found.points[Indicator.REQUIRED_RATE] == pytest.approx(40)


def test_a_set_whose_people_mostly_have_no_delivery_data_has_no_pressure() -> None:
    both = weeks(a=[20, 20])
    assert both.of_set(asked(a=5, sales=20), opens_on=OPENS, days=14).index is None
    few = both.of_set(asked(a=8, sales=2), opens_on=OPENS, days=14)
    assert (few.index, few.coverage) == (pytest.approx(20), pytest.approx(0.8))


def test_a_week_with_too_few_people_is_in_no_figure() -> None:
    found = weeks(a=[50, 50, None, 90])
    assert found.of_set(asked(a=8), opens_on=OPENS, days=14).index is None, "half of the days is not enough"
    assert found.of_set(asked(a=8), opens_on=OPENS, days=21).index == pytest.approx(70)


def test_the_table_has_every_lag_a_week_further_back_and_the_window_before() -> None:
    found = pressure_table(
        weeks(a=[5, 10, 20, 30, 40, 50]), [[asked(a=8), []]], opened_on=[OPENS, OPENS + 2 * WEEK], recall_days=[14, 14]
    )
    assert found.lagged.shape == (LAGS, 1, 2)
    np.testing.assert_allclose(found.lagged[:5, 0, 0], [45, 35, 25, 15, 7.5])
    assert np.isnan(found.lagged[6:, 0, 0]).all()
    assert found.previous[0, 0] == pytest.approx(25)
    assert np.isnan(found.index[0, 1])
    assert found.coverage.tolist() == [[pytest.approx(0.95), 0.0]]
    assert Indicator.SPLIT not in found.points
