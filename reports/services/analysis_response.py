"""Turns the released bands of answers of a window into how the response of the whole organisation moved."""

from __future__ import annotations

import numpy as np

from reports.services.analysis_data import Window, WindowWave
from reports.services.analysis_sets import SetTable
from reports.services.trend_sets import WINDOW_WAVES, wave_days
from reports.stats.nonresponse import Responses, response_trend
from reports.stats.results import Estimand, TooEarly
from reports.stats.verdicts import RESPONSE_POINTS, TREND_LEVEL, Verdict

_WHOLE = "whole"
_DIGITS = 6


def response_of(window: Window, table: SetTable) -> dict[str, object]:
    """Return how the share of people who answered moved over the window, and in how many sets it moved far.

    The verdict is that of one test on its own at 5 %. The organisation is fitted by itself: pooled with its teams,
    whose bands are a quarter of their people wide, its own fall would drown in their rounding.
    """
    dated = zip(window.waves, wave_days(window.waves), strict=True)
    answered = [(wave, day) for wave, day in dated if wave.invited.sum() > 0]
    made: dict[str, object] = {
        "estimand": Estimand.LASTING.value,
        "points": RESPONSE_POINTS,
        "moved": int(table.moved.sum()),
        "waves": len(answered),
        "verdict": Verdict.TOO_EARLY.value,
    }
    if not answered:
        return made
    found = response_trend([_whole(answered)], window_waves=WINDOW_WAVES)[_WHOLE]
    if isinstance(found, TooEarly):
        return made
    verdict = Verdict.NO_DETECTABLE_CHANGE
    if found.p < TREND_LEVEL:
        verdict = Verdict.RISING if found.change.estimate > 0 else Verdict.FALLING
    odds = {"estimate": found.odds.estimate, "low": found.odds.low, "high": found.odds.high}
    return made | {
        "verdict": verdict.value,
        "first": round(found.first, _DIGITS),
        "last": round(found.last, _DIGITS),
        "p": round(found.p, _DIGITS),
        "odds": {name: round(value, _DIGITS) for name, value in odds.items()},
    }


def _whole(waves: list[tuple[WindowWave, float]]) -> Responses:
    """Add up all crowds of each wave: the bands' middles, and as width that of a band with the sum's rounding variance.

    The crowds' true numbers lie in their bands independently of each other, so their sum is known better than the
    sums of the bands' ends say.
    """
    low, high, people = [], [], []
    for wave, _ in waves:
        ends = wave.n_low.astype(np.float64), np.minimum(wave.n_high, wave.invited).astype(np.float64)
        middle = float((ends[0] + ends[1]).sum()) / 2
        half = float(np.sqrt((np.square(ends[1] - ends[0] + 1) - 1).sum())) / 2
        invited = float(wave.invited.sum())
        low.append(max(0.0, (middle - half) / invited))
        high.append(min(1.0, (middle + half) / invited))
        people.append(invited)
    return Responses(
        key=_WHOLE,
        days=np.array([day for _, day in waves]),
        low=np.array(low),
        high=np.array(high),
        invited=np.array(people),
    )
