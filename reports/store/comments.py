"""SQL for released comments and for the released topics beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from reports.models import ReleasedComment, ReleasedCrowd, ReleasedTopic


@dataclass(frozen=True, kw_only=True)
class CrowdShape:
    """A released crowd without its figures."""

    crowd: str
    home: str
    units: tuple[str, ...]
    n_low: int
    n_high: int
    is_whole_company: bool
    hidden_from: frozenset[str]


def add_comments(session: Session, wave: str, comments: Mapping[str, Sequence[str]]) -> None:
    """Store the comments of a wave by unit, each list in the order in which it is shown."""
    rows = [
        {"wave": wave, "unit": unit, "place": place, "text": text}
        for unit, texts in sorted(comments.items())
        for place, text in enumerate(texts, 1)
    ]
    if rows:
        session.execute(insert(ReleasedComment), rows)


def list_comments(session: Session, wave: str, *, unit: str | None = None) -> Sequence[ReleasedComment]:
    """Return the stored comments of a wave, of one unit where it is named, by unit and place.

    They may be shown only where the wave is released and ``comments_released_at`` is set.
    """
    query = select(ReleasedComment).where(ReleasedComment.wave == wave)
    if unit is not None:
        query = query.where(ReleasedComment.unit == unit)
    return session.scalars(query.order_by(ReleasedComment.unit, ReleasedComment.place)).all()


def units_with_comments(session: Session, wave: str) -> frozenset[str]:
    """Return the units that have comments of a wave."""
    return frozenset(session.scalars(select(ReleasedComment.unit).where(ReleasedComment.wave == wave).distinct()))


def list_shapes(session: Session, wave: str) -> list[CrowdShape]:
    """Return the crowds of a release by label, without their cells."""
    columns = (
        ReleasedCrowd.crowd, ReleasedCrowd.home, ReleasedCrowd.units, ReleasedCrowd.n_low, ReleasedCrowd.n_high,
        ReleasedCrowd.is_whole_company, ReleasedCrowd.hidden_from,
    )  # fmt: skip
    query = select(*columns).where(ReleasedCrowd.wave == wave).order_by(ReleasedCrowd.crowd)
    return [
        CrowdShape(
            crowd=crowd,
            home=home,
            units=tuple(units),
            n_low=low,
            n_high=high,
            is_whole_company=is_whole_company,
            hidden_from=frozenset(hidden),
        )
        for crowd, home, units, low, high, is_whole_company, hidden in session.execute(query)
    ]


def list_topics(session: Session, wave: str, crowds: Sequence[str]) -> dict[str, dict[str, tuple[float, float]]]:
    """Return by crowd and topic the band of the share that ticked it: lower and upper end, 0 to 1."""
    query = select(ReleasedTopic).where(ReleasedTopic.wave == wave, ReleasedTopic.crowd.in_(crowds))
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for row in session.scalars(query):
        found.setdefault(row.crowd, {})[row.topic] = (row.low, row.high)
    return found
