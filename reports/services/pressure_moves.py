"""Turns a series of weekly pressure into plain arithmetic: how far it moved, what moved it, what other weights give."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from reports.pressure.anchors import Anchors, Indicator
from reports.pressure.index import PressureIndex
from reports.pressure.weeks import WEEK
from reports.services.pressure_series import Series, TeamSeries

SMOOTHED = 4
"""Weeks in a mean; a single week says little."""

LEAST_KNOWN = 3
LOOK_BACK = 26
LEAST_WEEKS = 8

NOTABLE = 15.0
"""Points (of 100) from which a difference of two four-week means is told as a rise or fall; a reading aid, no test."""

_CLOSE = 0.15


@dataclass(frozen=True, kw_only=True)
class Move:
    """From the four weeks that end with ``start`` to those that end with ``end`` (both Sundays): two means, 0 to 100.

    ``parts`` is what each indicator gives to the difference, largest in its direction first.
    """

    start: dt.date
    end: dt.date
    before: float
    after: float
    parts: tuple[tuple[Indicator, float], ...] = ()

    @property
    def amount(self) -> float:
        """The difference in points."""
        return self.after - self.before

    @property
    def is_notable(self) -> bool:
        """Whether it is told as a rise or fall."""
        return abs(self.amount) >= NOTABLE

    @property
    def weeks(self) -> int:
        """The weeks between the two."""
        return (self.end - self.start).days // 7


def move_of(values: Mapping[dt.date, float], *, opened_on: dt.date) -> Move | None:
    """Return the largest move to the end of a weekly series within half a year.

    None for under eight weeks, or where the last four-week mean ends over four weeks before the wave opened.
    The start is the last week that lay within 15 % of the move of its lowest (before a rise) or highest value.
    """
    if len(values) < LEAST_WEEKS:
        return None
    smooth = {monday: mean for monday in sorted(values) if (mean := _mean(values, monday)) is not None}
    if not smooth:
        return None
    end = max(smooth)
    if end + SMOOTHED * WEEK < opened_on - WEEK:
        return None
    held = {
        monday: mean for monday, mean in smooth.items() if end - LOOK_BACK * WEEK <= monday <= end - SMOOTHED * WEEK
    }
    if not held:
        return None
    after = smooth[end]
    far = max(held.values(), key=lambda value: abs(after - value))
    slack = _CLOSE * abs(after - far)
    start = max(monday for monday, mean in held.items() if abs(mean - far) <= slack + 1e-9)
    sunday = dt.timedelta(days=6)
    return Move(start=start + sunday, end=end + sunday, before=smooth[start], after=after)


def parts_of(series: Series, move: Move) -> tuple[tuple[Indicator, float], ...]:
    """Return what each indicator gives to a move, in index points, largest in the direction of the move first."""
    before, after = (_contributions(series, sunday) for sunday in (move.start, move.end))
    sign = 1 if move.amount >= 0 else -1
    gains = {name: after.get(name, 0.0) - before.get(name, 0.0) for name in before.keys() | after.keys()}
    return tuple(sorted(gains.items(), key=lambda entry: (-sign * entry[1], entry[0])))


def other_weightings(series: Series) -> tuple[float, float] | None:
    """Return the lowest and highest index of the recall window under other weights: equal ones, or one part left out.

    The chosen weights are among them, so the range holds the printed index. None where there is no index.
    """
    if series.window is None:
        return None
    schemes: list[Indicator | None] = [None, *Indicator]
    found = [series.window.value]
    for left_out in schemes:
        values = [
            (series.weight(team), value)
            for team, _ in series.windows
            if (value := _reweighted(series, team, left_out)) is not None
        ]
        people = sum(weight for weight, _ in values)
        if people and len(values) == len(series.windows):
            found.append(sum(weight * value for weight, value in values) / people)
    return min(found), max(found)


def _reweighted(series: Series, team: TeamSeries, left_out: Indicator | None) -> float | None:
    weeks = series.window_weeks(team)
    values = [(days, _index(index, series.anchors, left_out)) for days, _, index in weeks]
    known = [(days, value) for days, value in values if value is not None]
    days = sum(each for each, _ in known)
    return sum(each * value for each, value in known) / days if days else None


def _index(index: PressureIndex, anchors: Anchors, left_out: Indicator | None) -> float | None:
    """Return an index under equal weights (``left_out`` None), or under the chosen ones without one indicator."""
    if left_out is None:
        return fmean(part.points for part in index.parts)
    kept = [
        (anchors.scale(part.indicator).weight, part.points) for part in index.parts if part.indicator is not left_out
    ]
    total = sum(weight for weight, _ in kept)
    return sum(weight * points for weight, points in kept) / total if total else None


def _contributions(series: Series, sunday: dt.date) -> dict[Indicator, float]:
    weeks = [series.contributions(sunday - dt.timedelta(days=6) - number * WEEK) for number in range(SMOOTHED)]
    known = [week for week in weeks if week]
    return {name: sum(week.get(name, 0.0) for week in known) / len(known) for name in Indicator} if known else {}


def _mean(values: Mapping[dt.date, float], monday: dt.date) -> float | None:
    known: Sequence[float] = [values[week] for number in range(SMOOTHED) if (week := monday - number * WEEK) in values]
    return fmean(known) if len(known) >= LEAST_KNOWN else None
