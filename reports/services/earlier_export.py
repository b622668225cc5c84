"""Hands the results of an import over as a file and enters that in the ledger, as an export that is no release."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from sqlalchemy.orm import Session

from reports.disclosure import policy
from reports.exports.earlier import ORIGIN, EarlierExportRow, earlier_csv
from reports.services.earlier import get_source, unit_table
from reports.store import releases
from surveys.i18n import Translator
from surveys.store import imported as store


@dataclass(frozen=True, kw_only=True)
class EarlierFile:
    """The results of an import as a file that nobody has got yet; ``measures`` are those in it."""

    name: str
    content: bytes
    rows: int
    measures: tuple[str, ...]


def write_earlier(session: Session, name: str, tr: Translator) -> EarlierFile:
    """Return all results of an import as CSV, with the values as the pages show them.

    It takes long for a large import, so it is made apart from :func:`note_earlier`, which alone writes.

    Raises:
        NotFound: there is no import of this name.
    """
    source = get_source(session, name, tr)
    rows = []
    for measure in source.measures:
        table = unit_table(session, name, measure.code, tr)
        rows += [
            EarlierExportRow(
                source=name,
                tool=source.tool,
                measure=measure.code,
                measure_name=measure.name,
                description=measure.describe(tr),
                unit=row.unit,
                team=row.team or "",
                wave_on=day.isoformat(),
                value=cell.value,
                answers=cell.answers,
            )
            for row in table.rows
            for day, cell in zip(table.days, row.cells, strict=True)
            if cell is not None
        ]
    codes = tuple(measure.code for measure in source.measures)
    return EarlierFile(name=name, content=earlier_csv(rows), rows=len(rows), measures=codes)


def note_earlier(session: Session, made: EarlierFile, *, actor: str, now: dt.datetime) -> None:
    """Note in the ledger who gets the file; call it before anybody does.

    The row names no wave, because none of ours is in the file, and says that it is imported.

    Raises:
        NotFound: the import was removed while the file was made; it must not be handed out.
    """
    store.get_source(session, made.name)
    releases.add_ledger_entry(
        session,
        at=now,
        actor=actor,
        kind="export",
        subject=f"{ORIGIN}: {made.name} csv",
        cells=made.rows,
        sha256=hashlib.sha256(made.content).hexdigest(),
        detail={
            "waves": [],
            "units": "all",
            "measures": [f"{ORIGIN}:{code}" for code in made.measures],
            "policy": policy.POLICY_VERSION,
            "format": "csv",
            ORIGIN: made.name,
        },
    )
