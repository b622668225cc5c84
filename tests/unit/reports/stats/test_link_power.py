from __future__ import annotations

import pytest

from reports.stats.link_power import link_power, power_at

PANELS = ((5, 12), (5, 26), (5, 52), (9, 12), (9, 26), (9, 52), (20, 12), (20, 26), (50, 6), (50, 12))
# Simulated power of the test (research note on the roadmap, table of 5.3), own calendars / one calendar, in percent.
POWER = {
    0.15: ("10/6", "20/11", "27/17", "21/12", "36/17", "59/34", "37/20", "74/44", "31/14", "76/43"),
    0.2: ("18/9", "31/14", "50/29", "30/17", "57/36", "87/61", "58/31", "90/66", "55/28", "94/69"),
    0.3: ("30/15", "56/34", "87/61", "57/31", "91/64", "99/91", "92/67", "100/96", "87/54", "100/97"),
    0.5: ("68/37", "97/80", "100/98", "97/73", "100/98", "100/100", "100/99", "100/100", "100/93", "100/100"),
}
CELLS = [(r, *panel, cell) for r, row in POWER.items() for panel, cell in zip(PANELS, row, strict=True)]


@pytest.mark.parametrize(("r", "teams", "waves", "cell"), CELLS)
def test_the_curve_goes_through_the_simulated_power(r: float, teams: int, waves: int, cell: str) -> None:
    simulated = sum(map(int, cell.split("/"))) / 2
    assert 100 * power_at(teams, waves, r) == pytest.approx(simulated, abs=5)


def test_nine_teams_see_a_link_of_three_tenths_after_about_26_waves() -> None:
    power = link_power(9, 12)
    assert power is not None
    assert (power.waves_needed, power.waves_left) == (28, 16)
    assert power.detectable_r is not None
    assert power.detectable_r > 0.3
    assert power_at(9, 28, 0.3) >= 0.8 > power_at(9, 27, 0.3)


def test_enough_waves_leave_none_to_wait_for() -> None:
    power = link_power(20, 26)
    assert power is not None
    assert power.waves_left == 0
    assert power.detectable_r is not None
    assert power_at(20, 26, power.detectable_r) == pytest.approx(0.8)


def test_nothing_is_promised_to_two_teams_and_three_waves_are_told_how_many_it_takes() -> None:
    assert link_power(2, 500) is None
    power = link_power(9, 2)
    assert power is not None
    assert (power.teams, power.detectable_r, power.waves_needed) == (9, None, 28)
    assert power_at(2, 500, 0.5) == pytest.approx(0.05)
