"""SQL for releases, frozen reports and the ledger of who got what."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from reports.disclosure.cells import ReleasedCell
from reports.disclosure.participation import ResponseBand
from reports.disclosure.reasons import Withheld
from reports.models import LedgerEntry, Release, ReleasedCrowd, ReleasedMoment, ReportDocument
from reports.models import ReleasedCell as CellRow
from reports.store.cells import from_plain
from surveys.models.base import canonical_json
from surveys.store import chains

_FIRST_HASH = "0" * 64


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
    session: Session, *, at: dt.datetime, actor: str, kind: str, subject: str, cells: int, sha256: str
) -> None:
    """Append to the ledger in the caller's transaction."""
    chains.take_turn(session, LedgerEntry.__tablename__)
    last = session.scalars(select(LedgerEntry).order_by(LedgerEntry.number.desc()).limit(1)).one_or_none()
    number = 1 if last is None else last.number + 1
    previous = _FIRST_HASH if last is None else last.hash
    instant = at.astimezone(dt.UTC).isoformat()
    text = canonical_json([number, instant, actor, kind, subject, cells, sha256, previous])
    session.add(
        LedgerEntry(
            number=number,
            at=at,
            actor=actor,
            kind=kind,
            subject=subject,
            cells=cells,
            sha256=sha256,
            previous_hash=previous,
            hash=hashlib.sha256(text.encode()).hexdigest(),
        )
    )
    session.flush()


def list_ledger(session: Session) -> Sequence[LedgerEntry]:
    """Return the ledger from its first row."""
    return session.scalars(select(LedgerEntry).order_by(LedgerEntry.number)).all()
