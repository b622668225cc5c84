"""Turns a week's indicators into leave to show them: a figure on pressure needs at least three people behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.pressure.values import WeekIndicators

MIN_PEOPLE = 3


@dataclass(frozen=True)
class EnoughPeople:
    """The figure may be shown."""


@dataclass(frozen=True)
class TooFewPeople:
    """Fewer than three distinct assignees worked in the window; the figure is rolled up, its count never shown."""


@dataclass(frozen=True)
class PeopleUnknown:
    """The source names no assignees; the caller decides by other public facts, such as the size of the team."""


PeopleCheck = EnoughPeople | TooFewPeople | PeopleUnknown


def people_check(weeks: Sequence[WeekIndicators]) -> PeopleCheck:
    """Judge a figure made of ``weeks``; each needs three assignees in the nine weeks it is computed from.

    The window of a weekly figure is that week and the eight before it, the span of its capacity. A figure over
    several weeks is as good as its thinnest week, since each week can be read off the trace.
    """
    counts = [week.people for week in weeks]
    if not counts or any(count is None for count in counts):
        return PeopleUnknown()
    return EnoughPeople() if all(count is not None and count >= MIN_PEOPLE for count in counts) else TooFewPeople()
