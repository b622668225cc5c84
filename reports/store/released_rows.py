"""SQL for the rows of a release as a whole: topics and segments beside crowds and cells, and one checksum over all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Table, Text, insert, select, type_coerce
from sqlalchemy.orm import Session

from reports.disclosure.cells import ReleasedCell
from reports.disclosure.moments import Moment, Moments
from reports.models import (
    LedgerEntry,
    Release,
    ReleasedCovariance,
    ReleasedCrowd,
    ReleasedMoment,
    ReleasedSegment,
    ReleasedSegmentCell,
    ReleasedTopic,
)
from reports.models import ReleasedCell as CellRow
from reports.store.cells import from_plain
from surveys.models.base import JsonText, canonical_json

Rows = Sequence[Mapping[str, object]]
"""Rows of one table with all its columns by name."""

_CROWDS_AND_CELLS = (ReleasedCrowd, CellRow)
_ALL = (
    *_CROWDS_AND_CELLS,
    ReleasedMoment,
    ReleasedTopic,
    ReleasedSegment,
    ReleasedSegmentCell,
    ReleasedCovariance,
)
_AT_ONCE = 500

COVERS = len(_ALL)
"""How many tables the checksum of a release covers today; noted in its audit account, and 2 where nothing is noted.

Tables are only ever added at the end, so that an older release keeps the checksum it has.
"""


def add_extras(session: Session, *, topics: Rows, segments: Rows, segment_cells: Rows, covariances: Rows) -> None:
    """Store the topics, segment tables and covariances of a release."""
    tables = (
        (ReleasedTopic, topics),
        (ReleasedSegment, segments),
        (ReleasedSegmentCell, segment_cells),
        (ReleasedCovariance, covariances),
    )
    for model, rows in tables:
        if rows:
            session.execute(insert(model), [dict(row) for row in rows])


@dataclass(frozen=True, kw_only=True)
class CrowdRow:
    """A released crowd without its figures."""

    crowd: str
    home: str
    units: tuple[str, ...]
    n_low: int
    n_high: int
    is_whole_company: bool
    hidden_from: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class SegmentRow:
    """A cell of a released segment table without its figures."""

    unit: str
    segment: str
    cell: str
    options: tuple[int, ...]
    n_low: int


def list_crowds(session: Session, wave: str) -> list[CrowdRow]:
    """Return the released crowds of a wave by label."""
    table = ReleasedCrowd
    query = select(
        table.crowd, table.home, table.units, table.n_low, table.n_high, table.is_whole_company, table.hidden_from
    ).where(table.wave == wave)
    rows = [
        CrowdRow(
            crowd=row.crowd,
            home=row.home,
            units=tuple(row.units),
            n_low=row.n_low,
            n_high=row.n_high,
            is_whole_company=row.is_whole_company,
            hidden_from=frozenset(row.hidden_from),
        )
        for row in session.execute(query)
    ]
    return sorted(rows, key=lambda row: row.crowd)


def list_segments(session: Session, wave: str) -> list[SegmentRow]:
    """Return the cells of the segment tables of a wave by unit, segment and cell."""
    table = ReleasedSegment
    query = select(table.unit, table.segment, table.cell, table.options, table.n_low).where(table.wave == wave)
    rows = [
        SegmentRow(unit=row.unit, segment=row.segment, cell=row.cell, options=tuple(row.options), n_low=row.n_low)
        for row in session.execute(query)
    ]
    return sorted(rows, key=lambda row: (row.unit, row.segment, row.cell))


def read_moments(session: Session, wave: str, *, scales: Mapping[str, Sequence[str]]) -> Moments:
    """Return the declared variances and covariances of the installation in a release; ``scales`` name their items."""
    spread, pair = ReleasedMoment, ReleasedCovariance
    variances = select(spread.measure, spread.variance).where(spread.wave == wave, spread.scope == "")
    covariances = select(pair.measure, pair.other, pair.n_low, pair.covariance).where(pair.wave == wave)
    return Moments(
        scales=scales,
        variances={measure: float(value) for measure, value in session.execute(variances)},
        covariances={
            (one, other): Moment(answers=n_low, value=float(value))
            for one, other, n_low, value in session.execute(covariances)
        },
    )


def is_in_ledger(session: Session, release: Release) -> bool:
    """Tell whether the ledger notes the release of this wave with this checksum."""
    query = (
        select(LedgerEntry.number)
        .where(LedgerEntry.kind == "release", LedgerEntry.subject == release.wave, LedgerEntry.sha256 == release.sha256)
        .limit(1)
    )
    return session.execute(query).first() is not None


def read_cells(session: Session, wave: str, crowds: Sequence[str]) -> Iterator[ReleasedCell]:
    """Read the figures of some crowds of a wave, those that are not withheld, a few crowds at a time."""
    for some in _pieces(crowds):
        query = select(CellRow.crowd, CellRow.measure, CellRow.cell).where(
            CellRow.wave == wave, CellRow.crowd.in_(some)
        )
        for crowd, measure, plain in session.execute(query):
            cell = from_plain(crowd, measure, plain)
            if isinstance(cell, ReleasedCell):
                yield cell


def checksum(tables: Sequence[Rows]) -> str:
    """Return the SHA-256 of a release about to be stored.

    ``tables`` are the rows of crowds, cells, moments, topics, segments, segment cells and covariances, in any order of
    rows.
    """
    if len(tables) != COVERS:
        raise ValueError("every table of a release is covered")
    texts = []
    for model, rows in zip(_ALL, tables, strict=True):
        keys = _keys(model.__table__)  # type: ignore[arg-type]
        texts.append(canonical_json(row) for row in sorted(rows, key=lambda row: tuple(str(row[key]) for key in keys)))
    return _hash(texts)


def stored_checksum(session: Session, release: Release) -> str:
    """Return the SHA-256 of a release as its rows stand in the database now, from one piece of them at a time."""
    covers = release.audit.get("covers", len(_CROWDS_AND_CELLS))
    models = _ALL[: covers if isinstance(covers, int) else 0]
    return _hash([_stored(session, model.__table__, release.wave) for model in models])  # type: ignore[arg-type]


def has_stray_covariances(session: Session, release: Release) -> bool:
    """Tell whether there are covariances of a wave that was released before there were any, under no checksum."""
    covers = release.audit.get("covers", len(_CROWDS_AND_CELLS))
    if isinstance(covers, int) and covers > _ALL.index(ReleasedCovariance):
        return False
    query = select(ReleasedCovariance.measure).where(ReleasedCovariance.wave == release.wave).limit(1)
    return session.execute(query).first() is not None


def _hash(tables: Sequence[Iterable[str]]) -> str:
    """Hash the canonical JSON of a list of lists of rows without making it whole."""
    digest = hashlib.sha256(b"[")
    for place, rows in enumerate(tables):
        digest.update(b",[" if place else b"[")
        for number, row in enumerate(rows):
            digest.update((f",{row}" if number else row).encode())
        digest.update(b"]")
    digest.update(b"]")
    return digest.hexdigest()


def _stored(session: Session, table: Table, wave: str) -> Iterator[str]:
    """Yield the canonical JSON of every stored row by key; JSON columns as the text that stands there."""
    keys = _keys(table)
    columns = sorted(column.name for column in table.columns)
    is_text = [isinstance(table.c[name].type, JsonText) for name in columns]
    wanted = [
        type_coerce(table.c[name], Text) if raw else table.c[name] for name, raw in zip(columns, is_text, strict=True)
    ]
    places = [columns.index(key) for key in keys]
    first = table.c[keys[0]]
    # Sorted here and not there, because databases sort texts by the rules of a language.
    found = sorted(session.scalars(select(first).where(table.c.wave == wave).distinct()).all())
    for some in _pieces(found):
        rows = session.execute(select(*wanted).where(table.c.wave == wave, first.in_(some))).all()
        for row in sorted(rows, key=lambda row: tuple(row[place] for place in places)):
            values = (
                f'"{name}":{value if raw else json.dumps(value, ensure_ascii=False)}'
                for name, raw, value in zip(columns, is_text, row, strict=True)
            )
            yield "{" + ",".join(values) + "}"


def _keys(table: Table) -> list[str]:
    return [column.name for column in table.primary_key.columns if column.name != "wave"]


def _pieces(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]
