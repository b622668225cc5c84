"""SQL for releases, frozen reports and the ledger of who got what."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Text, event, insert, select, type_coerce
from sqlalchemy.orm import ORMExecuteState, Session

from reports.disclosure.cells import ReleasedCell
from reports.disclosure.participation import ResponseBand
from reports.disclosure.reasons import Withheld
from reports.models import LedgerEntry, Release, ReleasedCrowd, ReleasedMoment, ReportDocument
from reports.models import ReleasedCell as CellRow
from reports.store.cells import from_plain
from surveys.models.base import canonical_json
from surveys.store import chains

FIRST_HASH = "0" * 64
"""What the first row of the ledger names as the hash before it."""

_ROWS_AT_ONCE = 1000
_APPEND_ONLY = "a row of the ledger is neither changed nor removed"
_LEDGER_COLUMNS = (
    LedgerEntry.number,
    LedgerEntry.at,
    LedgerEntry.actor,
    LedgerEntry.kind,
    LedgerEntry.subject,
    type_coerce(LedgerEntry.detail, Text()).label("detail_text"),
    LedgerEntry.cells,
    LedgerEntry.sha256,
    LedgerEntry.previous_hash,
    LedgerEntry.hash,
)

_LEDGER_FIELDS = tuple(column.key for column in _LEDGER_COLUMNS)


@dataclass(frozen=True, kw_only=True)
class CrowdRecord:
    """A final crowd of a release: public facts, bands, and its cells by measure."""

    wave: str
    crowd: str
    home: str
    units: tuple[str, ...]
    invited: int
    response: ResponseBand
    n_low: int
    n_high: int
    is_whole_company: bool
    hidden_from: frozenset[str]
    cells: Mapping[str, ReleasedCell | Withheld]


@dataclass(frozen=True, kw_only=True)
class LedgerRow:
    """One row of the ledger; ``detail_text`` is the canonical JSON of its detail, None in rows from before it existed.

    It is read when asked for: whoever walks along the whole chain needs the text only.
    """

    number: int
    at: dt.datetime
    actor: str
    kind: str
    subject: str
    detail_text: str | None
    cells: int
    sha256: str
    previous_hash: str
    hash: str

    @property
    def detail(self) -> Mapping[str, object] | None:
        """Which cells: waves, units, measures, policy; None where the row does not say."""
        found: object = None if self.detail_text is None else json.loads(self.detail_text)
        return found if isinstance(found, dict) else None


def add_release(
    session: Session,
    release: Release,
    *,
    crowds: Sequence[Mapping[str, object]],
    cells: Sequence[Mapping[str, object]],
    moments: Sequence[Mapping[str, object]],
) -> None:
    """Store a whole release; there is one per wave, and nothing here changes it again."""
    session.add(release)
    session.flush()
    for table, rows in ((ReleasedCrowd, crowds), (CellRow, cells), (ReleasedMoment, moments)):
        if rows:
            session.execute(insert(table), [dict(row) for row in rows])


def find_release(session: Session, wave: str) -> Release | None:
    """Return the release of a wave or None."""
    return session.get(Release, wave)


def list_releases(session: Session) -> Sequence[Release]:
    """Return all releases in the order of their instants."""
    return session.scalars(select(Release).order_by(Release.released_at, Release.wave)).all()


def list_crowd_records(session: Session, waves: Sequence[str]) -> list[CrowdRecord]:
    """Return the crowds of the waves with their cells, by wave and crowd."""
    cells: dict[tuple[str, str], dict[str, ReleasedCell | Withheld]] = {}
    query = (
        select(CellRow.wave, CellRow.crowd, CellRow.measure, CellRow.cell)
        .where(CellRow.wave.in_(waves))
        .order_by(CellRow.wave, CellRow.crowd, CellRow.measure)
    )
    for wave, crowd, measure, plain in session.execute(query):
        cells.setdefault((wave, crowd), {})[measure] = from_plain(crowd, measure, plain)
    rows = session.scalars(
        select(ReleasedCrowd).where(ReleasedCrowd.wave.in_(waves)).order_by(ReleasedCrowd.wave, ReleasedCrowd.crowd)
    )
    return [
        CrowdRecord(
            wave=row.wave,
            crowd=row.crowd,
            home=row.home,
            units=tuple(row.units),
            invited=row.invited,
            response=ResponseBand(row.response),
            n_low=row.n_low,
            n_high=row.n_high,
            is_whole_company=row.is_whole_company,
            hidden_from=frozenset(row.hidden_from),
            cells=cells.get((row.wave, row.crowd), {}),
        )
        for row in rows
    ]


def latest_variances(session: Session, waves: Sequence[str]) -> dict[str, tuple[float, int]]:
    """Return by measure the declared within-crowd variance of the last of the waves that has one, and its n."""
    query = select(ReleasedMoment).where(ReleasedMoment.wave.in_(waves), ReleasedMoment.scope == "")
    place = {wave: number for number, wave in enumerate(waves)}
    found = sorted(session.scalars(query), key=lambda row: place[row.wave])
    return {row.measure: (row.variance, row.n_low) for row in found}


def find_report(session: Session, *, wave: str, unit: str, language: str, as_of: dt.date) -> ReportDocument | None:
    """Return a frozen report or None."""
    return session.get(ReportDocument, (wave, unit, language, as_of))


def find_latest_report(session: Session, *, wave: str, unit: str, language: str) -> ReportDocument | None:
    """Return the frozen report of a unit with the latest as-of day, or None."""
    query = (
        select(ReportDocument)
        .where(ReportDocument.wave == wave, ReportDocument.unit == unit, ReportDocument.language == language)
        .order_by(ReportDocument.as_of.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def add_report(session: Session, report: ReportDocument) -> None:
    """Store a frozen report."""
    session.add(report)
    session.flush()


def add_ledger_entry(
    session: Session,
    *,
    at: dt.datetime,
    actor: str,
    kind: str,
    subject: str,
    cells: int,
    sha256: str,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Append to the ledger in the caller's transaction; nothing here changes or removes a row again.

    ``detail`` says which cells: ``waves``, ``units`` and ``measures`` (lists, or "all"), ``policy``, ``format``. The
    hash of the row covers it; a row without it, as they were written at first, keeps the hash it has.
    """
    take_ledger_turn(session)
    query = select(LedgerEntry.number, LedgerEntry.hash).order_by(LedgerEntry.number.desc()).limit(1)
    last = session.execute(query).one_or_none()
    number = 1 if last is None else last.number + 1
    previous = FIRST_HASH if last is None else last.hash
    values = {
        "number": number,
        "at": at,
        "actor": actor,
        "kind": kind,
        "subject": subject,
        "cells": cells,
        "sha256": sha256,
        "previous_hash": previous,
    }
    row = LedgerRow(**values, detail_text=None if detail is None else canonical_json(dict(detail)), hash="")  # type: ignore[arg-type]
    session.add(LedgerEntry(**values, detail=None if detail is None else dict(detail), hash=_ledger_hash(row)))
    session.flush()


def take_ledger_turn(session: Session) -> None:
    """Wait until nobody else appends to the ledger; it ends with the caller's transaction, and may be repeated."""
    chains.take_turn(session, LedgerEntry.__tablename__)


def list_ledger(session: Session) -> Sequence[LedgerEntry]:
    """Return the ledger from its first row."""
    return session.scalars(select(LedgerEntry).order_by(LedgerEntry.number)).all()


def read_ledger(session: Session) -> Iterator[tuple[LedgerRow, bool]]:
    """Read the ledger from its first row, a few at a time, and tell of each row whether it fits the one before.

    A row that was changed does not fit; where one was taken out, put in or moved, the next one does not.
    """
    previous = FIRST_HASH
    query = select(*_LEDGER_COLUMNS).order_by(LedgerEntry.number)
    found = session.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
    for expected, values in enumerate(found, start=1):
        row = LedgerRow(**dict(zip(_LEDGER_FIELDS, values, strict=True)))
        yield row, row.number == expected and row.previous_hash == previous and row.hash == _ledger_hash(row)
        previous = row.hash


def broken_ledger_number(session: Session) -> int | None:
    """Return the first number at which the ledger does not hold, or None where it is whole.

    Rows taken from its end leave a whole chain: compare the releases and the frozen reports with it as well.
    """
    return next((place for place, (_, fits) in enumerate(read_ledger(session), start=1) if not fits), None)


def list_ledger_rows(session: Session, numbers: Sequence[int]) -> list[LedgerRow]:
    """Return some rows of the ledger, the newest first."""
    query = select(*_LEDGER_COLUMNS).where(LedgerEntry.number.in_(numbers)).order_by(LedgerEntry.number.desc())
    return [LedgerRow(**row) for row in session.execute(query).mappings()]


def was_handed_out(session: Session, *, actor: str, kind: str, subject: str, sha256: str, since: dt.datetime) -> bool:
    """Tell whether the ledger has a row like this that is not older than ``since``."""
    query = (
        select(LedgerEntry.number)
        .where(
            LedgerEntry.at >= since,
            LedgerEntry.actor == actor,
            LedgerEntry.kind == kind,
            LedgerEntry.subject == subject,
            LedgerEntry.sha256 == sha256,
        )
        .limit(1)
    )
    return session.scalar(query) is not None


def find_ledger_row(session: Session, *, kind: str, sha256: str) -> LedgerRow | None:
    """Return the first row of a kind about a thing with this checksum, or None."""
    query = (
        select(*_LEDGER_COLUMNS)
        .where(LedgerEntry.kind == kind, LedgerEntry.sha256 == sha256)
        .order_by(LedgerEntry.number)
        .limit(1)
    )
    found = session.execute(query).mappings().one_or_none()
    return None if found is None else LedgerRow(**found)


def list_unledgered(session: Session) -> list[tuple[str, str]]:
    """Return kind and wave of every release and frozen report that no row of the ledger tells of; sorted."""
    # First the things, then the ledger: both are written in one transaction, so nothing is missed in between.
    made: set[tuple[str, str, str]] = set()
    for kind, table in (("release", Release), ("report", ReportDocument)):
        made.update((kind, sha, wave) for sha, wave in session.execute(select(table.sha256, table.wave)))
    known = {(kind, sha) for kind, sha in session.execute(select(LedgerEntry.kind, LedgerEntry.sha256))}
    return sorted({(kind, wave) for kind, sha, wave in made if (kind, sha) not in known})


def _ledger_hash(row: LedgerRow) -> str:
    """Return SHA-256 (hex) over the canonical JSON list of the values; the detail is left out where there is none."""
    instant = row.at.astimezone(dt.UTC).isoformat()
    head = canonical_json([row.number, instant, row.actor, row.kind, row.subject, row.cells, row.sha256])
    detail = "" if row.detail_text is None else f",{row.detail_text}"
    return hashlib.sha256(f"{head[:-1]}{detail},{canonical_json(row.previous_hash)}]".encode()).hexdigest()


@event.listens_for(LedgerEntry, "before_update")
@event.listens_for(LedgerEntry, "before_delete")
def _refuse_change(_mapper: object, _connection: object, _row: LedgerEntry) -> None:
    """End a transaction that would change a row of the ledger."""
    raise TypeError(_APPEND_ONLY)


@event.listens_for(Session, "do_orm_execute")
def _refuse_bulk_change(state: ORMExecuteState) -> None:
    """End a transaction that would change many rows of the ledger at once."""
    if (state.is_update or state.is_delete) and state.bind_mapper is LedgerEntry.__mapper__:
        raise TypeError(_APPEND_ONLY)
