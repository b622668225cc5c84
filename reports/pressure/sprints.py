"""Turns changes of a team's items into what each of its sprints committed at its start and delivered by its end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median

from reports.pressure.plans import PlanBook
from reports.pressure.sweep import Amount
from reports.pressure.tracks import Change, Tracks
from reports.pressure.values import Gap, Measured, Missing, Value
from reports.pressure.weeks import WEEK, starts

VELOCITY_SPRINTS = 3


@dataclass(frozen=True)
class Sprint:
    """One sprint of the team; committed is what was open in it at the end of its first day."""

    name: str
    start: dt.date
    end: dt.date
    committed: Amount = field(default_factory=Amount)
    delivered: Amount = field(default_factory=Amount)


def team_sprints(tracks: Tracks, book: PlanBook, zone: dt.tzinfo) -> tuple[Sprint, ...]:
    """Return the dated sprints the items were ever in, in order of start; empty for a team without sprints."""
    found = [
        Sprint(plan.name, plan.start, plan.done_at or plan.due)
        for plan in book.sprints(tracks.plans)
        if plan.start is not None and plan.due is not None
    ]
    if not found:
        return ()
    of_item = tracks.of_items()
    members: dict[str, list[int]] = {}
    for number, changes in of_item.items():
        for name in frozenset().union(*{change.after.plans for change in changes}):
            members.setdefault(name, []).append(number)
    day = dt.timedelta(days=1)
    for sprint in found:
        instants = (starts(sprint.start, zone), starts(sprint.start + day, zone), starts(sprint.end + day, zone))
        for number in members.get(sprint.name, ()):
            _count(sprint, of_item[number], *instants)
    return tuple(found)


def _count(sprint: Sprint, changes: Sequence[Change], begins: float, begun: float, over: float) -> None:
    at_start = next((c.after for c in reversed(changes) if c.at < begun), None)
    if at_start is not None and sprint.name in at_start.plans:
        finished_before = any(c.finished and c.at < begins for c in changes)
        if at_start.open or not finished_before:
            sprint.committed.add(at_start)
    for change in changes:
        if change.finished and begins <= change.at < over and sprint.name in change.after.plans:
            sprint.delivered.add(change.after)


def sprint_load(sprints: Sequence[Sprint], monday: dt.date, *, size: Callable[[Amount], float]) -> Value:
    """Return committed size over the median delivered in the last three sprints, for the sprint of a week.

    The sprint of a week is the last one that started before the week's end and was not over at its start. Missing
    where there is none, or where fewer than three sprints ended before it.
    """
    running = [s for s in sprints if s.start < monday + WEEK and s.end >= monday]
    if not running:
        return Missing(Gap.TOO_FEW_SPRINTS)
    sprint = running[-1]
    over = sorted((s for s in sprints if s.end <= sprint.start and s is not sprint), key=lambda s: (s.end, s.name))
    if len(over) < VELOCITY_SPRINTS:
        return Missing(Gap.TOO_FEW_SPRINTS)
    usual = median(size(s.delivered) for s in over[-VELOCITY_SPRINTS:])
    if not usual:
        return Missing(Gap.TOO_LITTLE_DONE)
    committed = size(sprint.committed)
    return Measured(value=committed / usual, numerator=committed, denominator=usual, plans=(sprint.name,))
