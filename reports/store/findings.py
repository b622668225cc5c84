"""SQL for the analysis of a released wave: shapes and scale cells in, one analysis and its findings out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Text, and_, delete, func, insert, or_, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from reports.models import Analysis, Finding, ReleasedCell, ReleasedCovariance, ReleasedCrowd, ReleasedMoment

_ROWS_AT_ONCE = 2000
_KEYS_AT_ONCE = 250


@dataclass(frozen=True, slots=True)
class CrowdShape:
    """Of whom a released crowd is and who does not see it; without any number."""

    crowd: str
    home: str
    units: tuple[str, ...]
    is_whole_company: bool
    hidden_from: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class FindingRow:
    """What was found about one unit and scale, as stored."""

    unit: str
    measure: str
    verdict: str
    alert: str
    document: Mapping[str, object]


def list_shapes(session: Session, wave: str) -> list[tuple[CrowdShape, int, int, int]]:
    """Return the released crowds of a wave by label, with the number of invited and the band of answers."""
    table = ReleasedCrowd
    query = select(
        table.crowd,
        table.home,
        table.units,
        table.is_whole_company,
        table.hidden_from,
        table.invited,
        table.n_low,
        table.n_high,
    ).where(table.wave == wave)
    found = [
        (CrowdShape(crowd, home, tuple(units), is_whole, frozenset(hidden)), invited, n_low, n_high)
        for crowd, home, units, is_whole, hidden, invited, n_low, n_high in session.execute(query)
    ]
    return sorted(found, key=lambda row: row[0].crowd)


def read_cells(session: Session, wave: str, measures: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield crowd, measure and the stored text of the cells of some measures of a wave, in no particular order.

    Crowds lead to cells, so that each cell is found by its whole key and those of other measures are not read.
    """
    query = (
        select(ReleasedCell.crowd, ReleasedCell.measure, type_coerce(ReleasedCell.cell, Text))
        .select_from(ReleasedCrowd)
        .join(ReleasedCell, and_(ReleasedCell.wave == ReleasedCrowd.wave, ReleasedCell.crowd == ReleasedCrowd.crowd))
        .where(ReleasedCrowd.wave == wave, ReleasedCell.measure.in_(measures))
    )
    yield from session.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})


def list_variances(session: Session, waves: Sequence[str]) -> dict[str, dict[str, tuple[float, int]]]:
    """Return by wave and measure the declared within-crowd variance and the lower end of the band of answers."""
    table = ReleasedMoment
    query = select(table.wave, table.measure, table.variance, table.n_low).where(
        table.wave.in_(waves), table.scope == ""
    )
    found: dict[str, dict[str, tuple[float, int]]] = {}
    for wave, measure, variance, n_low in session.execute(query):
        found.setdefault(wave, {})[measure] = (float(variance), n_low)
    return found


def list_covariances(session: Session, waves: Sequence[str]) -> dict[str, dict[tuple[str, str], tuple[float, int]]]:
    """Return by wave and pair of items the declared covariance and the lower end of the band of answers."""
    table = ReleasedCovariance
    query = select(table.wave, table.measure, table.other, table.covariance, table.n_low).where(table.wave.in_(waves))
    found: dict[str, dict[tuple[str, str], tuple[float, int]]] = {}
    for wave, one, other, covariance, n_low in session.execute(query):
        found.setdefault(wave, {})[one, other] = (float(covariance), n_low)
    return found


def find_analysis(session: Session, wave: str) -> Analysis | None:
    """Return the analysis of a wave or None."""
    return session.get(Analysis, wave)


def replace_analysis(
    session: Session,
    *,
    wave: str,
    made_at: dt.datetime,
    method_version: str,
    document: Mapping[str, object],
    findings: Iterable[FindingRow],
) -> int:
    """Store an analysis in place of an earlier one, its findings in pieces; returns how many there are."""
    session.execute(delete(Finding).where(Finding.wave == wave))
    session.execute(delete(Analysis).where(Analysis.wave == wave))
    session.execute(
        insert(Analysis),
        [{"wave": wave, "made_at": made_at, "method_version": method_version, "document": dict(document)}],
    )
    rows, stored = iter(findings), 0
    while piece := [_values(wave, row) for row in islice(rows, _ROWS_AT_ONCE)]:
        session.execute(insert(Finding), piece)
        stored += len(piece)
    return stored


def list_finding_units(
    session: Session, wave: str, *, measure: str | None = None, standing_out: Sequence[str] = ()
) -> list[str]:
    """Return the units that have a finding in a wave, sorted.

    ``standing_out`` keeps those with one of these verdicts, alerts or level words in any scale, or in the one named.
    """
    query = select(Finding.unit).where(Finding.wave == wave).distinct()
    if measure is not None:
        query = query.where(Finding.measure == measure)
    if standing_out:
        query = query.where(or_(*(_says(word) for word in standing_out)))
    return sorted(session.scalars(query))


def list_findings(session: Session, wave: str, units: Sequence[str]) -> list[FindingRow]:
    """Return the findings about some units in a wave, by unit and scale."""
    found: list[FindingRow] = []
    for start in range(0, len(units), _KEYS_AT_ONCE):
        query = select(Finding.unit, Finding.measure, Finding.verdict, Finding.alert, Finding.document).where(
            Finding.wave == wave, Finding.unit.in_(units[start : start + _KEYS_AT_ONCE])
        )
        found.extend(
            FindingRow(unit=unit, measure=measure, verdict=verdict, alert=alert, document=document)
            for unit, measure, verdict, alert, document in session.execute(query)
        )
    return sorted(found, key=lambda row: (row.unit, row.measure))


def count_findings(session: Session, wave: str) -> int:
    """Return how many findings a wave has."""
    return session.scalar(select(func.count()).select_from(Finding).where(Finding.wave == wave)) or 0


def _says(word: str) -> ColumnElement[bool]:
    # Words of closed lists; those about levels stand in the document, whose text is canonical.
    standing = type_coerce(Finding.document, Text).like(f'%"standing":"{word}"%')
    return or_(Finding.verdict == word, Finding.alert == word, standing)


def _values(wave: str, row: FindingRow) -> dict[str, object]:
    return {
        "wave": wave,
        "unit": row.unit,
        "measure": row.measure,
        "verdict": row.verdict,
        "alert": row.alert,
        "document": dict(row.document),
    }
