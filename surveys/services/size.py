"""Turns the sizes of the teams of an organisation into what there is with this size."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveys.crowds.availability import Availability, Reach, availability
from surveys.crowds.thresholds import DEFAULT_RESPONSE, K_FLOOR
from surveys.i18n import Message
from surveys.store import organisation


@dataclass(frozen=True, kw_only=True)
class WithYourSize:
    """What is there, what comes with more waves, and what there never is while the organisation is of this size."""

    people: int
    there: tuple[Message, ...]
    later: tuple[Message, ...]
    rules: tuple[Message, ...]
    never: tuple[Message, ...]


def with_your_size(
    session: Session, *, today: dt.date, k: int = K_FLOOR, response: float = DEFAULT_RESPONSE
) -> WithYourSize | None:
    """Return what the organisation as it is today can get; None where there are no people yet."""
    people = Counter(entry.team for entry in organisation.list_roster(session, today))
    sizes = [people[team] for team in sorted(people)]
    if not sizes:
        return None
    entries = availability(sizes, k=k, response=response)
    return WithYourSize(
        people=sum(sizes),
        there=_of(entries, Reach.AVAILABLE),
        later=_of(entries, Reach.LATER),
        rules=_of(entries, Reach.RULE),
        never=_of(entries, Reach.NEVER),
    )


def _of(entries: Sequence[Availability], reach: Reach) -> tuple[Message, ...]:
    return tuple(entry.message for entry in entries if entry.reach is reach)
