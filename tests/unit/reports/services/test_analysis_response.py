"""How the response of an organisation moved, from bands of answers."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import numpy as np
import pytest

from reports.disclosure.policy import n_band
from reports.services.analysis_response import response_of

INVITED = np.array([8, 12, 20, 9, 30, 16, 11], dtype=np.int32)


def found(shares: list[float], moved: tuple[bool, ...] = (), days: tuple[int, ...] = ()) -> dict[str, object]:
    """The response of seven crowds of which these shares answer, wave by wave."""
    waves = []
    for number, share in enumerate(shares):
        bands = [n_band(max(5, round(share * invited)), invited=invited) for invited in INVITED.tolist()]
        waves.append(
            SimpleNamespace(
                opened_on=dt.date(2025, 1, 6) + dt.timedelta(days=days[number] if days else 14 * number),
                invited=INVITED if share else INVITED[:0],
                n_low=np.array([band.low for band in bands if share]),
                n_high=np.array([band.high for band in bands if share]),
            )
        )
    table = SimpleNamespace(moved=np.array(moved, dtype=np.bool_))
    return response_of(SimpleNamespace(waves=tuple(waves)), table)  # type: ignore[arg-type]


def test_a_response_that_falls_is_called_falling_and_one_that_stays_is_not() -> None:
    wobble = [0.0, 0.03, -0.02, 0.01, -0.03, 0.02, -0.01, 0.0, 0.02, -0.02, 0.01, 0.0]
    falling = found([0.85 - 0.03 * t + wobble[t] for t in range(12)])
    flat = found([0.72 + each for each in wobble], moved=(True, False, True))
    assert (falling["verdict"], flat["verdict"]) == ("falling", "no_detectable_change")
    assert isinstance(falling["first"], float)
    assert isinstance(falling["last"], float)
    assert falling["first"] - falling["last"] == pytest.approx(0.24, abs=0.06)
    assert (falling["moved"], flat["moved"]) == (0, 2)
    assert falling["estimand"] == "lasting"


def test_a_wave_without_crowds_is_no_wave_of_the_response() -> None:
    early = found([0.7, 0.0, 0.8, 0.7, 0.7])
    assert (early["verdict"], early["waves"]) == ("too_early", 4)
    assert "first" not in early
    assert found([0.0])["verdict"] == "too_early"


def test_two_waves_of_one_day_have_a_response() -> None:
    same_day = found([0.8, 0.7, 0.8, 0.7, 0.7], days=(0, 14, 14, 28, 42))
    assert (same_day["verdict"], same_day["waves"]) == ("no_detectable_change", 5)
