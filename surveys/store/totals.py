"""SQL for crowd totals, topics, segment cells and declared moments."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import DeclarativeBase, Session

from surveys.models.totals import CrowdCount, CrowdTotal, Moment, SegmentCount, SegmentTotal, TopicTotal, WaveCount

_PIECE = 5_000
_TABLES: tuple[type[DeclarativeBase], ...] = (
    CrowdCount,
    CrowdTotal,
    Moment,
    WaveCount,
    TopicTotal,
    SegmentCount,
    SegmentTotal,
)


def add_totals(
    session: Session,
    *,
    counts: Iterable[Mapping[str, object]],
    totals: Iterable[Mapping[str, object]],
    moments: Iterable[Mapping[str, object]],
) -> None:
    """Write all totals of a wave, in the order of their keys, in the caller's one transaction and in pieces."""
    _add(session, (CrowdCount, counts), (CrowdTotal, totals), (Moment, moments))


def add_extras(
    session: Session,
    *,
    topics: Iterable[Mapping[str, object]],
    segment_counts: Iterable[Mapping[str, object]],
    segment_totals: Iterable[Mapping[str, object]],
) -> None:
    """Write what a wave asked beside its items, in the same way."""
    _add(session, (TopicTotal, topics), (SegmentCount, segment_counts), (SegmentTotal, segment_totals))


def _add(session: Session, *tables: tuple[type[DeclarativeBase], Iterable[Mapping[str, object]]]) -> None:
    connection = session.connection()
    for table, rows in tables:
        remaining = iter(rows)
        while piece := list(itertools.islice(remaining, _PIECE)):
            connection.execute(insert(table.__table__), [dict(row) for row in piece])  # type: ignore[arg-type]


def list_counts(session: Session, wave: str) -> Sequence[CrowdCount]:
    """Return the ballots per final crowd."""
    return session.scalars(select(CrowdCount).where(CrowdCount.wave == wave).order_by(CrowdCount.crowd)).all()


def add_wave_count(session: Session, *, wave: str, ballots: int) -> None:
    """Write the number of ballots of a wave."""
    session.execute(insert(WaveCount).values(wave=wave, ballots=ballots))


def find_ballots(session: Session, wave: str) -> int | None:
    """Return the number of ballots of a wave as counted apart from the crowds, or None."""
    found = session.get(WaveCount, wave)
    return None if found is None else found.ballots


def list_totals(session: Session, wave: str) -> Sequence[CrowdTotal]:
    """Return the sums by crowd and measure."""
    query = select(CrowdTotal).where(CrowdTotal.wave == wave).order_by(CrowdTotal.crowd, CrowdTotal.measure)
    return session.scalars(query).all()


def list_moments(session: Session, wave: str) -> Sequence[Moment]:
    """Return the declared moments."""
    query = select(Moment).where(Moment.wave == wave).order_by(Moment.scope, Moment.measure, Moment.other)
    return session.scalars(query).all()


def list_topics(session: Session, wave: str) -> Sequence[TopicTotal]:
    """Return the ticks by crowd and topic."""
    query = select(TopicTotal).where(TopicTotal.wave == wave).order_by(TopicTotal.crowd, TopicTotal.topic)
    return session.scalars(query).all()


def list_segment_counts(session: Session, wave: str) -> Sequence[SegmentCount]:
    """Return the ballots by unit, segment and admitted cell."""
    keys = SegmentCount.unit, SegmentCount.segment, SegmentCount.cell
    return session.scalars(select(SegmentCount).where(SegmentCount.wave == wave).order_by(*keys)).all()


def list_segment_totals(session: Session, wave: str) -> Sequence[SegmentTotal]:
    """Return the sums by unit, segment, admitted cell and item."""
    keys = SegmentTotal.unit, SegmentTotal.segment, SegmentTotal.cell, SegmentTotal.measure
    return session.scalars(select(SegmentTotal).where(SegmentTotal.wave == wave).order_by(*keys)).all()


def delete_totals(session: Session, wave: str) -> None:
    """Delete the totals of a wave whose retention is over."""
    for table in _TABLES:
        session.execute(delete(table).where(table.__table__.c.wave == wave))
