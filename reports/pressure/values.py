"""Turns numbers and gaps into values of their own types, so that a missing indicator is never read as zero."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reports.pressure.anchors import Indicator


class Gap(StrEnum):
    """Why an indicator has no value in a week."""

    NOT_COVERED = "not_covered"
    SWITCHED_OFF = "switched_off"
    NO_HISTORY = "no_history"
    NO_DATED_PLAN = "no_dated_plan"
    TOO_LITTLE_DONE = "too_little_done"
    NO_WORKING_DAYS = "no_working_days"
    TOO_FEW_SPRINTS = "too_few_sprints"
    TOO_FEW_FINISHED = "too_few_finished"
    SHORT_HISTORY = "short_history"
    TOO_LITTLE_IN_WORK = "too_little_in_work"
    PRIORITY_UNUSED = "priority_unused"
    NO_ASSIGNEES = "no_assignees"
    TOO_FEW_ACTIVE = "too_few_active"
    PEOPLE_FORGOTTEN = "people_forgotten"


class Unit(StrEnum):
    """What size is counted in during a week."""

    ITEMS = "items"
    POINTS = "points"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A value with the plain facts behind it: ``value`` is ``numerator / denominator`` before any cap.

    For R the facts are the size due by ``day``, the capacity per week and ``weeks`` to that day, and the value is
    ``numerator / (denominator x weeks)``. ``plans`` names the plans it is about. ``moscow`` says that P is
    a Must share.
    """

    value: float
    numerator: float
    denominator: float
    day: dt.date | None = None
    weeks: float = 1.0
    plans: tuple[str, ...] = ()
    moscow: bool = False


@dataclass(frozen=True)
class Missing:
    """No value, and why."""

    gap: Gap


Value = Measured | Missing


@dataclass(frozen=True, kw_only=True)
class RunRate:
    """What one future day asks for: ``size`` due by ``day`` in ``weeks`` (1 at least) at ``capacity`` a week."""

    day: dt.date
    size: float
    weeks: float
    capacity: float
    plans: tuple[str, ...] = ()

    @property
    def rate(self) -> float:
        """The ratio that R is the maximum of."""
        return self.size / (self.capacity * self.weeks)


@dataclass(frozen=True, kw_only=True)
class WeekIndicators:
    """All indicators of one team in the week that begins on ``monday``, with the counts shown beside them.

    ``capacity`` is in ``unit`` per week, ``None`` where too little was done. ``open``, ``dated`` and ``overdue`` are
    items at the start of the week, ``created`` and ``done`` items in it. ``people`` counts distinct assignees over
    this week and the eight before it, ``None`` where the source names none. ``final_dates`` says that R uses dates
    that were read later than the week.
    """

    monday: dt.date
    values: Mapping[Indicator, Value]
    unit: Unit = Unit.ITEMS
    capacity: float | None = None
    run_rates: tuple[RunRate, ...] = ()
    open: int = 0
    dated: int = 0
    overdue: int = 0
    in_work: int = 0
    created: int = 0
    done: int = 0
    people: int | None = None
    final_dates: bool = False
