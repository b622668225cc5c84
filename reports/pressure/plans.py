"""Turns plan facts into answers about a day: when a plan was due as known then, and whether it had started."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Collection, Iterable
from itertools import pairwise

from surveys.importers.roadmap_model import PlanFact, PlanKind


class PlanBook:
    """The plans of one source with every date at which they were seen; plans without a date are known and undated."""

    def __init__(self, plans: Iterable[PlanFact]) -> None:
        self._plans = {plan.name: plan for plan in plans}
        self._seen = {plan.name: sorted(plan.dates_seen) for plan in self._plans.values()}
        self.any_dated = any(self._latest(plan) for plan in self._plans.values())

    @staticmethod
    def _latest(plan: PlanFact) -> dt.date | None:
        return plan.due or (plan.dates_seen[-1][1] if plan.dates_seen else None)

    def due(self, name: str, on: dt.date) -> dt.date | None:
        """Return the due day of a plan as last seen before or on ``on``; before the first sight, the first one seen."""
        plan, seen = self._plans.get(name), self._seen.get(name)
        if plan is None:
            return None
        if not seen:
            return plan.due
        return seen[max(bisect_right(seen, (on, dt.date.max)) - 1, 0)][1]

    def unseen(self, names: Iterable[str], on: dt.date) -> bool:
        """Say whether the date of one of the plans was first seen after ``on``, so that hindsight is in it."""
        for name in names:
            seen = self._seen.get(name, [])
            if self.due(name, on) is not None and (not seen or seen[0][0] > on):
                return True
        return False

    def days(self, names: Iterable[str], own: dt.date | None, on: dt.date) -> list[tuple[dt.date, str]]:
        """Return (day, plan name) for every known day of an item; its own due day has the name ""."""
        found = [(due, name) for name in names if (due := self.due(name, on)) is not None]
        return [*found, (own, "")] if own is not None else found

    def live(self, names: Iterable[str], on: dt.date) -> frozenset[str]:
        """Return those of ``names`` that have a day which is not over at ``on``."""
        return frozenset(name for name in names if (due := self.due(name, on)) is not None and due >= on)

    def any_live(self, on: dt.date) -> bool:
        """Say whether any plan has a day that is not over at ``on``."""
        return bool(self.live(self._plans, on))

    def started(self, names: Iterable[str], on: dt.date) -> frozenset[str]:
        """Return the live ones that have started; one without a start day counts as started."""
        return frozenset(name for name in self.live(names, on) if (self._plans[name].start or on) <= on)

    def changes_between(self, first: dt.date, end: dt.date) -> int:
        """Count how often a plan's own day was seen changed from ``first`` up to, not including, ``end``."""
        pairs = (pair for seen in self._seen.values() for pair in pairwise(seen))
        return sum(first <= now[0] < end and now[1] != earlier[1] for earlier, now in pairs)

    def sprints(self, names: Collection[str]) -> list[PlanFact]:
        """Return the sprints among ``names`` with a start and a due day, in order of start."""
        plans = [self._plans[name] for name in names if name in self._plans]
        dated = [p for p in plans if p.kind is PlanKind.SPRINT and p.start is not None and p.due is not None]
        return sorted(dated, key=lambda p: (p.start or dt.date.min, p.name))
