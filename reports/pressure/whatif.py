"""Turns a change of plan into the required run rate that would follow: arithmetic, not a forecast."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from reports.pressure.values import RunRate


def without(rates: Sequence[RunRate], *, due: dt.date, size: float) -> tuple[RunRate, ...]:
    """Return the run rates after ``size`` that is due on ``due`` has left the scope."""
    return tuple(replace(rate, size=max(rate.size - size, 0.0)) if rate.day >= due else rate for rate in rates)


def moved(rates: Sequence[RunRate], *, monday: dt.date, due: dt.date, to: dt.date) -> tuple[RunRate, ...]:
    """Return the run rates after all that is due on ``due`` has moved to the later day ``to``.

    ``monday`` is the start of the week the run rates are of.
    Raises ``ValueError`` where ``to`` is not later or no run rate is about ``due``.
    """
    ordered = sorted(rates, key=lambda rate: rate.day)
    place = next((number for number, rate in enumerate(ordered) if rate.day == due), None)
    if place is None or to <= due:
        raise ValueError("a known day can only move to a later one")
    own = ordered[place].size - (ordered[place - 1].size if place else 0.0)
    kept = [replace(rate, size=rate.size - own) if due < rate.day < to else rate for rate in ordered if rate.day != due]
    if all(rate.day != to for rate in kept):
        below = max((rate for rate in ordered if rate.day <= to), key=lambda rate: rate.day)
        weeks = max((to - monday).days / 7, 1.0)
        kept.append(replace(ordered[place], day=to, size=below.size, weeks=weeks))
    return tuple(sorted(kept, key=lambda rate: rate.day))


def required(rates: Sequence[RunRate]) -> float:
    """Return the indicator R of the given run rates: their largest ratio, 0 where there is none."""
    return max((rate.rate for rate in rates), default=0.0)
