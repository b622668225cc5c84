"""SQL for earlier results of other survey tools; read-only once imported, and apart from everything of our own."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from surveys.errors import NotFound
from surveys.importers.history import EarlierCell
from surveys.models.imported import ImportedCell, ImportedMeasure, ImportedSource

_PIECE = 5_000


@dataclass(frozen=True, kw_only=True)
class SourceSize:
    """How much an import holds, and its first and last day; the days are missing where it holds nothing."""

    cells: int
    units: int
    first_on: dt.date | None
    last_on: dt.date | None


def list_sources(session: Session) -> Sequence[ImportedSource]:
    """Return all imports by name."""
    return session.scalars(select(ImportedSource).order_by(ImportedSource.name)).all()


def get_source(session: Session, name: str) -> ImportedSource:
    """Return an import.

    Raises:
        NotFound: there is none of this name.
    """
    found = session.get(ImportedSource, name)
    if found is None:
        raise NotFound("There is no import {name}.", name=name)
    return found


def list_measures(session: Session, source: str) -> Sequence[ImportedMeasure]:
    """Return the measures of an import by code."""
    query = select(ImportedMeasure).where(ImportedMeasure.source == source).order_by(ImportedMeasure.measure)
    return session.scalars(query).all()


def size_of(session: Session, source: str) -> SourceSize:
    """Return how much an import holds."""
    columns = (func.count(), func.count(ImportedCell.unit.distinct()))
    days = (func.min(ImportedCell.wave_on), func.max(ImportedCell.wave_on))
    cells, units, first_on, last_on = session.execute(
        select(*columns, *days).where(ImportedCell.source == source)
    ).one()
    return SourceSize(cells=cells, units=units, first_on=first_on, last_on=last_on)


def list_cells(session: Session, source: str, measure: str) -> list[EarlierCell]:
    """Return the results of one measure by unit and day."""
    query = (
        select(ImportedCell.unit, ImportedCell.team, ImportedCell.wave_on, ImportedCell.value, ImportedCell.n)
        .where(ImportedCell.source == source, ImportedCell.measure == measure)
        .order_by(ImportedCell.unit, ImportedCell.wave_on)
    )
    return [
        EarlierCell(measure=measure, unit=unit, team=team, wave_on=wave_on, value=value, n=n)
        for unit, team, wave_on, value, n in session.execute(query)
    ]


def list_team_cells(session: Session, *, source: str, team: str, before: dt.date | None) -> list[EarlierCell]:
    """Return the results of one team of ours by measure and day, those before a day only where one is given."""
    query = (
        select(ImportedCell)
        .where(ImportedCell.source == source, ImportedCell.team == team)
        .order_by(ImportedCell.measure, ImportedCell.wave_on)
    )
    if before is not None:
        query = query.where(ImportedCell.wave_on < before)
    return [
        EarlierCell(measure=row.measure, unit=row.unit, team=row.team, wave_on=row.wave_on, value=row.value, n=row.n)
        for row in session.scalars(query)
    ]


def put_source(
    session: Session, source: ImportedSource, measures: Iterable[ImportedMeasure], cells: Iterable[EarlierCell]
) -> bool:
    """Store an import in place of the one of its name; returns whether there was one. Results go in in pieces."""
    was_there = delete_source(session, source.name)
    session.add(source)
    session.flush()
    session.add_all(measures)
    session.flush()
    remaining = iter(cells)
    while piece := list(itertools.islice(remaining, _PIECE)):
        rows = [
            {
                "source": source.name,
                "measure": cell.measure,
                "unit": cell.unit,
                "wave_on": cell.wave_on,
                "team": cell.team,
                "value": cell.value,
                "n": cell.n,
            }
            for cell in piece
        ]
        session.execute(insert(ImportedCell), rows)
    return was_there


def delete_source(session: Session, name: str) -> bool:
    """Delete an import with all it holds; returns whether there was one."""
    was_there = session.get(ImportedSource, name) is not None
    for table in (ImportedCell, ImportedMeasure):
        session.execute(delete(table).where(table.source == name))
    session.execute(delete(ImportedSource).where(ImportedSource.name == name))
    session.expire_all()
    return was_there
