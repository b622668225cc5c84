"""A watched year: what is flagged, what is not, and how the threshold is found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reports.stats.alerts import find_alerts
from reports.stats.results import AlertFit, AlertStatus, TooEarly, TrendFit, Watch
from reports.stats.series import Series
from reports.stats.trend import fit

YEARS = 240


def organisation(teams: int = 14, waves: int = 18, seed: int = 1) -> list[Series]:
    rng = np.random.default_rng(seed)
    return [
        Series(
            key=f"t{i}",
            days=np.arange(waves, dtype=np.float64) * 14,
            values=np.round(3.5 + 0.3 * rng.normal(size=waves), 1),
            n=np.full(waves, 6.0),
            rounding_step=np.full(waves, 0.1),
        )
        for i in range(teams)
    ]


def moved(series: Series, points: float, waves: int) -> Series:
    return replace(series, values=series.values + points * (np.arange(series.days.size) >= series.days.size - waves))


@pytest.fixture(scope="module")
def quiet() -> list[Series]:
    return organisation()


@pytest.fixture(scope="module")
def fitted(quiet: list[Series]) -> TrendFit:
    return fit(quiet)


def alerts(series: list[Series], fitted: TrendFit) -> AlertFit:
    return find_alerts(series, fitted, within_variance=0.8, years=YEARS)


def watch(series: list[Series], fitted: TrendFit, key: str = "t0") -> Watch:
    found = alerts(series, fitted).results[key]
    assert isinstance(found, Watch)
    return found


def test_a_fall_of_two_points_is_flagged_once_and_a_rise_alike(quiet: list[Series], fitted: TrendFit) -> None:
    for points, status in ((-2.0, AlertStatus.LOWER), (2.0, AlertStatus.HIGHER)):
        found = watch([moved(quiet[0], points, 2), *quiet[1:]], fitted)
        assert len(found.alerts) == 1
        assert found.alerts[0].day >= 16 * 14
        late = watch([moved(quiet[0], points, 1), *quiet[1:]], fitted)
        assert late.status in (status, AlertStatus.QUIET)
        assert AlertStatus(status) in (found.status, late.status)


def test_after_the_alert_the_next_wave_is_quiet(quiet: list[Series], fitted: TrendFit) -> None:
    found = watch([moved(quiet[0], -3.0, 3), *quiet[1:]], fitted)
    assert found.status is AlertStatus.QUIET
    assert not found.current.is_alert
    assert found.current.z < -4
    assert found.contrast.interval.estimate == pytest.approx(-3.0, abs=0.5)
    assert found.contrast.interval.high < 0
    assert (found.contrast.recent, found.contrast.earlier) == (3, 9)
    assert found.contrast.z == found.current.z


def test_units_of_an_organisation_at_rest_are_mostly_quiet(quiet: list[Series], fitted: TrendFit) -> None:
    found = alerts(quiet, fitted)
    assert 2.0 < found.rule.threshold < 3.2
    assert sum(bool(w.alerts) for w in found.results.values() if isinstance(w, Watch)) <= 3


def test_fewer_false_alarms_ask_for_a_higher_threshold(quiet: list[Series], fitted: TrendFit) -> None:
    strict, loose = (find_alerts(quiet, fitted, rate=rate, years=YEARS).rule.threshold for rate in (0.02, 0.3))
    assert strict > loose


def test_the_same_seed_gives_the_same_rule_and_another_seed_another(quiet: list[Series], fitted: TrendFit) -> None:
    assert alerts(quiet, fitted) == alerts(quiet, fitted)
    other = find_alerts(quiet, fitted, years=YEARS, seed=2)
    assert other.rule.threshold != alerts(quiet, fitted).rule.threshold


def test_looks_begin_with_the_sixth_wave_and_stay_in_the_window(quiet: list[Series], fitted: TrendFit) -> None:
    looks = watch(quiet, fitted).looks
    assert [x.day for x in looks] == [14.0 * t for t in range(5, 18)]
    short = find_alerts(quiet, fitted, window_waves=10, years=YEARS).results["t0"]
    assert isinstance(short, Watch)
    assert [x.day for x in short.looks] == [14.0 * t for t in range(8, 18)]
    assert short.current.z == looks[-1].z


def test_short_series_are_too_early_and_long_silent_ones_too(quiet: list[Series], fitted: TrendFit) -> None:
    new = replace(
        quiet[0], key="new", **{f: getattr(quiet[0], f)[-4:] for f in ("days", "values", "n", "rounding_step")}
    )
    gone = replace(quiet[0], key="gone", days=quiet[0].days - 3000)
    found = alerts([*quiet, new, gone], fitted).results
    assert found["new"] == TooEarly(waves_left=2)
    assert found["gone"] == TooEarly(waves_left=1)
    assert list(found) == [*(s.key for s in quiet), "new", "gone"]


def test_an_old_alert_is_no_news_where_the_latest_wave_is_missing(quiet: list[Series], fitted: TrendFit) -> None:
    fall = moved(quiet[0], -1.5, 3)
    missing = replace(fall, **{f: getattr(fall, f)[:-1] for f in ("days", "values", "n", "rounding_step")})
    found = watch([missing, *quiet[1:]], fitted)
    assert found.current.day == 16 * 14
    assert found.current.is_alert
    assert found.status is AlertStatus.QUIET


def test_missing_waves_and_unequal_n_are_looked_at(quiet: list[Series], fitted: TrendFit) -> None:
    keep = np.arange(18) % 4 != 1
    odd = replace(
        quiet[0],
        days=quiet[0].days[keep],
        values=quiet[0].values[keep],
        n=np.resize([6.0, 34.5, 9.5], int(keep.sum())),
        rounding_step=quiet[0].rounding_step[keep],
    )
    found = watch([odd, *quiet[1:]], fitted)
    assert len(found.looks) == int(keep.sum()) - 5
    assert all(np.isfinite(x.z) for x in found.looks)


@pytest.mark.parametrize("teams", [1, 3])
def test_few_teams_are_watched_with_a_threshold_of_their_own(teams: int) -> None:
    series = organisation(teams, waves=9)
    found = find_alerts(series, fit(series), years=64)
    assert 1.5 < found.rule.threshold < 4
    assert all(isinstance(w, Watch) for w in found.results.values())


def test_no_series_at_all_is_no_error() -> None:
    assert find_alerts([], fit([]), years=64).results == {}


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_a_rate_that_is_no_share_is_refused(rate: float, fitted: TrendFit) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        find_alerts([], fitted, rate=rate)


def test_the_threshold_does_not_depend_on_the_order_of_the_series(fitted: TrendFit) -> None:
    rng = np.random.default_rng(4)
    holed = []
    for each in organisation(teams=25):
        kept = np.sort(rng.permutation(each.days.size)[:13])
        holed.append(
            Series(
                key=each.key, days=each.days[kept], values=each.values[kept], n=each.n[kept],
                rounding_step=each.rounding_step[kept],
            )
        )  # fmt: skip
    first, last = (find_alerts(ordered, fitted, years=100).rule.threshold for ordered in (holed, holed[::-1]))
    assert first == last
