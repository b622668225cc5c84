"""Turns plan facts into answers about a day: when a plan was due as known then, and whether it had started."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable
from itertools import pairwise

from surveys.importers.roadmap_model import PlanFact, PlanKind

Days = tuple[tuple[dt.date, str], ...]


class PlanBook:
    """The plans of one team with every date at which they were seen; plans without a date are known and undated.

    Asked day after day in rising order it works out each set of plans once per day, or per change of any plan's date.
    """

    def __init__(self, plans: Iterable[PlanFact]) -> None:
        self._plans = {plan.name: plan for plan in plans}
        self._seen = {plan.name: sorted(plan.dates_seen) for plan in self._plans.values()}
        self._turns = sorted({at for seen in self._seen.values() for at, _ in seen[1:]})
        self._moves = sorted(
            now[0] for seen in self._seen.values() for earlier, now in pairwise(seen) if now[1] != earlier[1]
        )
        self._epoch = -1
        self._days: dict[tuple[frozenset[str], dt.date | None], Days] = {}
        self._latest = dt.date.min
        self._hindsight: dict[frozenset[str], dt.date] = {}
        self._day = dt.date.min
        self._live: dict[frozenset[str], frozenset[str]] = {}
        self._begun: dict[frozenset[str], frozenset[str]] = {}
        self.any_dated = any(plan.due or plan.dates_seen for plan in self._plans.values())

    def due(self, name: str, on: dt.date) -> dt.date | None:
        """Return the due day of a plan as last seen before or on ``on``; before the first sight, the first one seen."""
        plan, seen = self._plans.get(name), self._seen.get(name)
        if plan is None:
            return None
        if not seen:
            return plan.due
        return seen[max(bisect_right(seen, (on, dt.date.max)) - 1, 0)][1]

    def epoch(self, on: dt.date) -> int:
        """Return a number that changes where the date of any plan does."""
        found = bisect_right(self._turns, on)
        if found != self._epoch:
            self._epoch = found
            self._days = {}
            self._latest = max((due for name in self._plans if (due := self.due(name, on))), default=dt.date.min)
        return found

    def unseen(self, names: frozenset[str], on: dt.date) -> bool:
        """Say whether the date of one of the plans was first seen after ``on``, so that hindsight is in it."""
        known = self._hindsight.get(names)
        if known is None:
            known = max(map(self._first_seen, names), default=dt.date.min)
            self._hindsight[names] = known
        return known > on

    def _first_seen(self, name: str) -> dt.date:
        seen = self._seen.get(name)
        if seen:
            return seen[0][0]
        plan = self._plans.get(name)
        return dt.date.min if plan is None or plan.due is None else dt.date.max

    def days(self, names: frozenset[str], own: dt.date | None, on: dt.date) -> Days:
        """Return (day, plan name) for every known day of an item, in order; its own due day has the name ""."""
        self.epoch(on)
        key = names, own
        found = self._days.get(key)
        if found is None:
            days = [(due, name) for name in names if (due := self.due(name, on)) is not None]
            found = tuple(sorted([*days, (own, "")] if own is not None else days))
            self._days[key] = found
        return found

    def live(self, names: frozenset[str], on: dt.date) -> frozenset[str]:
        """Return those of ``names`` that have a day which is not over at ``on``."""
        self._turn(on)
        found = self._live.get(names)
        if found is None:
            found = frozenset(name for name in names if (due := self.due(name, on)) is not None and due >= on)
            self._live[names] = found
        return found

    def any_live(self, on: dt.date) -> bool:
        """Say whether any plan has a day that is not over at ``on``."""
        self.epoch(on)
        return self._latest >= on

    def started(self, names: frozenset[str], on: dt.date) -> frozenset[str]:
        """Return the live ones that have started; one without a start day counts as started."""
        self._turn(on)
        found = self._begun.get(names)
        if found is None:
            found = frozenset(name for name in self.live(names, on) if (self._plans[name].start or on) <= on)
            self._begun[names] = found
        return found

    def _turn(self, on: dt.date) -> None:
        if on != self._day:
            self._day = on
            self._live, self._begun = {}, {}

    def changes_between(self, first: dt.date, end: dt.date) -> int:
        """Count how often a plan's own day was seen changed from ``first`` up to, not including, ``end``."""
        return bisect_left(self._moves, end) - bisect_left(self._moves, first)

    def sprints(self, names: Collection[str]) -> list[PlanFact]:
        """Return the sprints among ``names`` with a start and a due day, in order of start."""
        plans = [self._plans[name] for name in names if name in self._plans]
        dated = [p for p in plans if p.kind is PlanKind.SPRINT and p.start is not None and p.due is not None]
        return sorted(dated, key=lambda p: (p.start or dt.date.min, p.name))
