"""A year of looks is the same whatever is known of the past, and few teams get a safer threshold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reports.stats.looks import ROWS
from reports.stats.quiet_years import FEW_SHARE, FEW_TEAMS, _quiet_years, calendars, quiet_threshold
from reports.stats.results import Posterior
from reports.stats.series import Series
from reports.stats.trend import fit

WAVES = 26


def even(waves: int) -> Series:
    values = np.random.default_rng(waves).normal(3.5, 0.3, size=waves)
    days = np.arange(waves, dtype=np.float64) * 14
    return Series(key="a", days=days, values=values, n=np.full(waves, 6.0), rounding_step=np.zeros(waves))


def profile(series: Series) -> tuple[float, ...]:
    white = np.ones(series.days.size)
    (found,) = calendars([series], [white], last=float(series.days[-1]), unit=14.0, waves=WAVES)
    return found


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    return fit([replace(even(waves), key=str(waves)) for waves in (20, 21, 22)]).posterior


@pytest.mark.parametrize("waves", [6, 26, 37, 60])
def test_a_year_of_full_looks_is_simulated_whatever_the_history(waves: int) -> None:
    assert profile(even(waves)) == (1.0,) * (WAVES + ROWS - 1)
    assert len(calendars([], [], last=0.0, unit=14.0, waves=WAVES)[0]) == WAVES + ROWS - 1


def test_the_missing_waves_of_a_short_history_go_on() -> None:
    series = even(8)
    kept = np.arange(8) != 2
    holed = replace(series, **{f: getattr(series, f)[kept] for f in ("days", "values", "n", "rounding_step")})
    assert [place for place, white in enumerate(profile(holed)) if not white] == [2, 10, 18, 26, 34]


@pytest.mark.parametrize(("teams", "share"), [(FEW_TEAMS, FEW_SHARE), (FEW_TEAMS + 1, 1.0)])
def test_few_teams_are_judged_at_a_smaller_rate(teams: int, share: float, posterior: Posterior) -> None:
    own, year = replace(posterior, teams=teams), ((1.0,) * 14,)
    largest = np.sort(_quiet_years(own, year, waves=8, years=200, seed=1))
    threshold = quiet_threshold(own, year, waves=8, rate=0.10, years=200, seed=1)
    assert (largest >= threshold).sum() == pytest.approx(0.10 * share * largest.size, abs=1)
