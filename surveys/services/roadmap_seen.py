"""Turns the dates of plans in an import into the dates that were not seen before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from surveys.importers.roadmap_model import PlanFact
from surveys.store.roadmap import SeenDate


def new_dates(
    known: Mapping[str, Sequence[SeenDate]], plans: Iterable[PlanFact], now: dt.datetime
) -> list[tuple[SeenDate, SeenDate | None]]:
    """Return the days not seen before, each with the one it replaces; in the order of plans and time.

    A day was seen when the file was made, which the file says; where that is not later than what is stored, it was
    seen now.
    """
    found: list[tuple[SeenDate, SeenDate | None]] = []
    for plan in plans:
        last = known[plan.name][-1] if plan.name in known else None
        stored_until = last.seen_at if last is not None else None
        seen = _as_seen(plan, now)
        for place, (at, due) in enumerate(seen, start=1):
            is_past = stored_until is not None and at <= stored_until
            if due == (None if last is None else last.due) or (is_past and place < len(seen)):
                continue
            date = SeenDate(plan=plan.name, seen_at=now if is_past else at, due=due)
            if last is None or date.seen_at > last.seen_at:
                found.append((date, last))
                last = date
    return found


def _as_seen(plan: PlanFact, now: dt.datetime) -> list[tuple[dt.datetime, dt.date | None]]:
    midnight = dt.time(tzinfo=dt.UTC)
    seen: list[tuple[dt.datetime, dt.date | None]] = [
        (min(dt.datetime.combine(day, midnight), now), due) for day, due in sorted(plan.dates_seen)
    ]
    if not seen or seen[-1][1] != plan.due:
        seen.append((now, plan.due))
    return seen
