"""Turns what an import stored into the sentences of its account."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from surveys.i18n import Message, mark
from surveys.importers.roadmap_model import EventField
from surveys.services.roadmap_feeds import DATED_FIELDS, Feed, FeedState
from surveys.store.roadmap import SeenDate

_MOVES_LISTED = 20
_NAMES = {
    "R": mark("Required run rate"),
    "L": mark("New commitment load"),
    "C": mark("Scope churn"),
    "U": mark("Unplanned work"),
    "V": mark("Roadmap volatility"),
    "W": mark("Flow load"),
    "P": mark("Top-priority share"),
}
"""The indicators of the index; split attention is not part of it unless an administrator switches it on."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """What a source holds after an import; ``changes`` are (new, changed, gone) items, ``None`` for a first import."""

    items: int
    events: int
    plans: int
    total: int
    unmapped: int
    covered: tuple[dt.date, dt.date]
    moved: tuple[tuple[SeenDate, SeenDate], ...]
    feeds: tuple[Feed, ...]
    history: frozenset[EventField]
    names_people: bool
    changes: tuple[int, int, int] | None

    @property
    def unmapped_share(self) -> float:
        """Share of the file's items that belong to no team, 0 to 1."""
        return self.unmapped / self.total if self.total else 0.0


def lines_of(stored: Stored) -> tuple[Message, ...]:
    """Return one sentence per fact: the counts, what changed, the days that moved, and each gap with its remedy."""
    return (*_counts(stored), *_moves(stored), *_gaps(stored))


def _counts(stored: Stored) -> list[Message]:
    first, last = stored.covered
    values = {"items": stored.items, "events": stored.events, "plans": stored.plans, "first": first, "last": last}
    lines = [
        Message("{items} work items, {events} changes and {plans} plans were stored, from {first} to {last}.", values)
    ]
    if stored.changes is not None:
        new, changed, gone = stored.changes
        values = {"new": new, "changed": changed, "gone": gone}
        lines.append(Message("Of the items {new} are new, {changed} changed and {gone} are gone.", values))
    if stored.unmapped:
        share = round(100 * stored.unmapped_share)
        values = {"count": stored.unmapped, "total": stored.total, "share": share}
        lines.append(
            Message(
                "{count} of {total} items ({share} %) belong to no team and were left out. The map decides that.",
                values,
            )
        )
    return lines


def _moves(stored: Stored) -> list[Message]:
    lines = []
    for date, earlier in stored.moved[:_MOVES_LISTED]:
        values = {"plan": date.plan, "old": earlier.due, "new": date.due}
        if date.due is None:
            lines.append(Message("The date of {plan} is gone; it was {old}.", values))
        elif earlier.due is None:
            lines.append(Message("{plan} has a date again: {new}.", values))
        else:
            lines.append(Message("The date of {plan} moved from {old} to {new}.", values))
    if len(stored.moved) > _MOVES_LISTED:
        lines.append(Message("{count} more dates moved.", {"count": len(stored.moved) - _MOVES_LISTED}))
    return lines


def _gaps(stored: Stored) -> list[Message]:
    """Return one sentence per indicator that this source cannot feed, with what would feed it."""
    lines = [
        Message(
            "{indicator} is missing. {reason} {remedy}",
            {"indicator": Message(_NAMES[feed.indicator]), "reason": feed.reason, "remedy": feed.remedy},
        )
        for feed in stored.feeds
        if feed.state is FeedState.MISSING and feed.indicator in _NAMES
    ]
    if not stored.names_people:
        lines.append(
            Message("The source names no assignees. Pressure is shown for teams of three or more invited people.")
        )
    if not stored.history & DATED_FIELDS:
        lines.append(
            Message("History is missing. The index reads about 5 points low and can only be compared with itself.")
        )
    return lines
