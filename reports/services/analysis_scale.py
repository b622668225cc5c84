"""Turns one scale of a window into a narrow table of figures, one row per set, so that the fits can be forgotten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from reports.services.analysis_data import Window
from reports.services.analysis_sets import SetTable, series_of, set_values, this_wave_range
from reports.services.scale_fits import ScaleFit, fit_scale
from reports.stats.estimate import PRIOR_SCALE_VARIANCE
from reports.stats.results import AlertStatus, Estimand, Floats, Shape, TooEarly, TrendResult, Watch
from reports.stats.shrinkage import LevelFit, TeamLevel
from reports.stats.trend import LEAST_WAVES

TOO_EARLY: Final = "too_early"
"""What stands in the place of an alert where there are too few waves to watch a unit."""

_COLUMNS = (
    "this", "this_low", "this_high",
    "waves", "line", "change", "low", "high", "p", "df", "mde80", "since", "clipped",
    "waves_left",
    "z", "watch", "watch_low", "watch_high", "alerts", "last_alert", "watch_left",
    "raw", "level", "level_low", "level_high", "level_p",
)  # fmt: skip
_PLACE = {name: place for place, name in enumerate(_COLUMNS)}
_DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class ScaleTable:
    """What was found on one scale, by set; a figure that does not exist has no meaning in ``figures`` and is not read.

    ``shape``, ``alert`` and ``standing`` are words of closed lists, empty where there is none. ``whole`` says what
    was found about the scale as such.
    """

    scale: str
    figures: Floats
    shape: tuple[str, ...]
    alert: tuple[str, ...]
    standing: tuple[str, ...]
    whole: Mapping[str, object]

    def column(self, name: str) -> Floats:
        """Return one figure of all sets."""
        found: Floats = self.figures[:, _PLACE[name]]
        return found

    def is_tested(self, number: int) -> bool:
        """Tell whether the trend of a set was tested."""
        return self.shape[number] != ""

    def tested(self) -> dict[int, float]:
        """Return the p value of every set whose trend was tested."""
        p = self.column("p").tolist()
        return {number: p[number] for number in range(len(p)) if self.is_tested(number)}


def analyse_scale(window: Window, table: SetTable, scale: str) -> ScaleTable:
    """Return what the statistics find on one scale over all sets."""
    values = set_values(window, table, scale)
    series = series_of(window, values)
    count = len(table)
    figures = np.zeros((count, len(_COLUMNS)))
    words = {name: [""] * count for name in ("shape", "alert", "standing")}
    words["alert"] = [TOO_EARLY] * count
    figures[:, _PLACE["waves_left"]] = figures[:, _PLACE["watch_left"]] = LEAST_WAVES
    for number in range(count):
        interval = this_wave_range(window, table, values, scale, number)
        if interval is not None:
            figures[number, :3] = interval.estimate, interval.low, interval.high
    declared = window.variance(scale)
    variance = PRIOR_SCALE_VARIANCE if declared is None else declared[0]
    whole: dict[str, object] = {"within_variance": variance, "is_declared": declared is not None}
    if series:
        fitted = fit_scale(
            series,
            pooled=[str(number) for number in np.flatnonzero(table.pooled) if values.present[number].any()],
            whole=[str(number) for number in np.flatnonzero(table.whole)],
            within_variance=variance,
        )
        whole |= _whole(fitted)
        for each in series:
            _note(figures[int(each.key)], words, int(each.key), fitted)
    return ScaleTable(
        scale=scale,
        figures=figures,
        shape=tuple(words["shape"]),
        alert=tuple(words["alert"]),
        standing=tuple(words["standing"]),
        whole=whole,
    )


def this_wave_part(table: ScaleTable, number: int) -> dict[str, object] | None:
    """Return how the people of a set felt in the last wave; None where it has no value in it."""
    own = _Row(table, number)
    if not own["this"]:
        return None
    return {
        "estimand": Estimand.THIS_WAVE.value,
        "value": own["this"],
        "low": own["this_low"],
        "high": own["this_high"],
    }


def trend_part(
    table: ScaleTable, number: int, *, p_adjusted: float, minimum: float | None, response_moved: bool
) -> dict[str, object]:
    """Return whether something lasting changed, of a set whose trend was tested."""
    own = _Row(table, number)
    is_step = table.shape[number] == Shape.STEP.value
    return {
        "estimand": Estimand.LASTING.value,
        "waves": int(own["waves"]),
        "change": own["change"],
        "low": own["low"],
        "high": own["high"],
        "p": own["p"],
        "p_adjusted": round(p_adjusted, _DIGITS),
        "minimum": None if minimum is None else round(minimum, _DIGITS),
        "shape": table.shape[number],
        "since": _day(own["since"]) if is_step else None,
        "response_moved": response_moved,
    }


def alert_part(table: ScaleTable, number: int) -> dict[str, object]:
    """Return what watching a set says: its latest look, or how many waves are missing."""
    own = _Row(table, number)
    if table.alert[number] == TOO_EARLY:
        return {"waves_left": int(own["watch_left"])}
    return {
        "estimand": Estimand.LASTING.value,
        "z": own["z"],
        "change": own["watch"],
        "low": own["watch_low"],
        "high": own["watch_high"],
        "count": int(own["alerts"]),
        "last": _day(own["last_alert"]) if own["alerts"] else None,
    }


def level_part(table: ScaleTable, number: int) -> dict[str, object] | None:
    """Return the level of a set against the organisation; None where there is none."""
    own = _Row(table, number)
    if not table.standing[number]:
        return None
    return {
        "estimand": Estimand.LASTING.value,
        "raw": own["raw"],
        "value": own["level"],
        "low": own["level_low"],
        "high": own["level_high"],
        "p_adjusted": own["level_p"],
        "standing": table.standing[number],
    }


class _Row:
    """The figures of one set by name."""

    def __init__(self, table: ScaleTable, number: int) -> None:
        self._figures = table.figures[number]

    def __getitem__(self, name: str) -> float:
        return round(float(self._figures[_PLACE[name]]), _DIGITS)


def _note(row: Floats, words: dict[str, list[str]], number: int, fitted: ScaleFit) -> None:
    key = str(number)
    trend = fitted.trends.results[key]
    if isinstance(trend, TrendResult):
        _set(row, waves=trend.waves, line=trend.change.estimate, change=trend.amount.estimate, low=trend.amount.low)
        _set(row, high=trend.amount.high, p=trend.p, df=trend.df, mde80=trend.mde80, since=trend.shift.since_day)
        _set(row, clipped=trend.clipped)
        words["shape"][number] = trend.shift.shape.value
    else:
        _set(row, waves_left=trend.waves_left)
    watch = fitted.alerts.results[key]
    if isinstance(watch, Watch):
        moved = watch.contrast.interval
        _set(row, z=watch.current.z, watch=moved.estimate, watch_low=moved.low, watch_high=moved.high)
        _set(row, alerts=len(watch.alerts), last_alert=watch.alerts[-1].day if watch.alerts else 0.0)
        words["alert"][number] = watch.status.value
    else:
        _set(row, watch_left=watch.waves_left)
    level = fitted.levels.levels.get(key) if isinstance(fitted.levels, LevelFit) else None
    if isinstance(level, TeamLevel):
        _set(row, raw=level.raw, level=level.interval.estimate, level_low=level.interval.low)
        _set(row, level_high=level.interval.high, level_p=level.p_adjusted)
        words["standing"][number] = level.standing.value


def _set(row: Floats, **figures: float) -> None:
    for name, value in figures.items():
        row[_PLACE[name]] = value


def _whole(fitted: ScaleFit) -> dict[str, object]:
    posterior, rule = fitted.trends.posterior, fitted.alerts.rule
    watched = [each for each in fitted.alerts.results.values() if isinstance(each, Watch)]
    levels: dict[str, object]
    if isinstance(fitted.levels, LevelFit):
        own = fitted.levels
        levels = {"mean": round(own.mu, _DIGITS), "error": round(own.se_mu, _DIGITS), "units": own.units}
        levels["between_variance"] = round(own.tau2, _DIGITS)
    else:
        levels = {"units": fitted.levels.units, "needed": fitted.levels.needed}
    return {
        "covariance": {
            "phi": round(posterior.phi_mean, _DIGITS),
            "mood_to_noise": round(posterior.lam_mean, _DIGITS),
            "noise_variance": round(posterior.white_variance, _DIGITS),
            "reference_answers": posterior.reference_n,
            "days_per_wave": posterior.days_per_wave,
            "sets": posterior.teams,
            "at_the_edge": round(posterior.edge, _DIGITS),
        },
        "alert_rule": {
            "rate": rule.rate,
            "threshold": round(rule.threshold, _DIGITS),
            "waves": rule.waves,
            "years": rule.years,
            "seed": rule.seed,
        },
        "alerts": {
            "watched": len(watched),
            "lower": sum(each.status is AlertStatus.LOWER for each in watched),
            "higher": sum(each.status is AlertStatus.HIGHER for each in watched),
            "flagged_in_window": sum(bool(each.alerts) for each in watched),
            "too_early": sum(isinstance(each, TooEarly) for each in fitted.alerts.results.values()),
        },
        "levels": levels,
    }


def _day(ordinal: float) -> str:
    return dt.date.fromordinal(round(ordinal)).isoformat()
