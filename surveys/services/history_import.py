"""Turns a checked file of another tool's results into a stored import, and tells what it holds and what it lacks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveys.errors import NotFound, Refused
from surveys.i18n import Message
from surveys.importers.history import HistoryFile
from surveys.importers.history_map import HistoryMap
from surveys.models.imported import ImportedMeasure, ImportedSource
from surveys.store import imported as store
from surveys.store import waves


@dataclass(frozen=True, kw_only=True)
class HistoryAccount:
    """What an import stored: a sentence per fact in ``lines``, and the numbers behind them.

    ``small`` are results left out because too few answered, ``unvouched`` none: ``declared`` of the stored results
    have no number of answers and somebody vouches for them.
    """

    lines: tuple[Message, ...]
    units: int
    teams: int
    waves: int
    measures: int
    cells: int
    declared: int
    small: int
    empty: int

    def plain(self) -> dict[str, object]:
        """Return the numbers as they are stored and printed."""
        return {
            "units": self.units,
            "teams": self.teams,
            "waves": self.waves,
            "measures": self.measures,
            "cells": self.cells,
            "declared": self.declared,
            "small": self.small,
            "empty": self.empty,
        }


def import_history(session: Session, file: HistoryFile, *, file_sha256: str, now: dt.datetime) -> HistoryAccount:
    """Make the import that the map names be what the file says; the caller commits or rolls back.

    An earlier import of this name is replaced as a whole. The same file twice gives the same rows.

    Raises:
        NotFound: the map names a programme that does not exist.
        Refused: the smallest group of the map is below that of the programme.
    """
    mapping = file.mapping
    _check_programme(session, mapping)
    filled = {cell.measure for cell in file.cells}
    account = _account(file, measures=len(filled))
    store.put_source(
        session,
        ImportedSource(
            name=mapping.name,
            tool=mapping.tool,
            programme=mapping.programme,
            smallest_group=mapping.smallest_group,
            declared=mapping.declared.plain() if mapping.declared is not None else {},
            account=account.plain(),
            file_sha256=file_sha256,
            imported_at=now,
        ),
        [
            ImportedMeasure(
                source=mapping.name,
                measure=rule.code,
                name=rule.name,
                kind=rule.kind.value,
                low=rule.low,
                high=rule.high,
                is_lower_better=rule.is_lower_better,
                scale=rule.scale,
            )
            for rule in mapping.measures
            if rule.code in filled
        ],
        file.cells,
    )
    return account


def remove_history(session: Session, name: str) -> None:
    """Delete an import with all its results.

    Raises:
        NotFound: there is none of this name.
    """
    if not store.delete_source(session, name):
        raise NotFound("There is no import {name}.", name=name)


def _check_programme(session: Session, mapping: HistoryMap) -> None:
    if mapping.programme is None:
        return
    k = waves.get_programme(session, mapping.programme).k
    if mapping.smallest_group < k:
        raise Refused(
            "The smallest group of the map is {given}, and that of the programme {programme} is {k}.",
            given=mapping.smallest_group,
            programme=mapping.programme,
            k=k,
        )


def _account(file: HistoryFile, *, measures: int) -> HistoryAccount:
    cells = file.cells
    numbers = {
        "units": len({cell.unit for cell in cells}),
        "teams": len({cell.team for cell in cells} - {None}),
        "waves": len({cell.wave_on for cell in cells}),
        "measures": measures,
        "cells": len(cells),
        "declared": sum(cell.n is None for cell in cells),
        "small": file.small,
        "empty": file.empty,
    }
    return HistoryAccount(lines=tuple(_lines(file.mapping, numbers)), **numbers)


def _lines(mapping: HistoryMap, numbers: dict[str, int]) -> list[Message]:
    named = {"name": mapping.name, "tool": mapping.tool, "k": mapping.smallest_group}
    params: dict[str, object] = {**numbers, **named}
    lines = [
        Message(
            "{name} from {tool}: {cells} results of {units} units, {waves} waves, {measures} measures. "
            "They are marked as imported everywhere.",
            params,
        ),
        Message("Units that are a team of yours: {teams}. The others stand for themselves.", params),
    ]
    if mapping.declared is not None and numbers["declared"]:
        vouched = {"by": mapping.declared.by, "because": mapping.declared.because, "least": mapping.declared.least}
        lines.append(
            Message(
                "{declared} results have no number of answers. {by} vouches for at least {least} each: {because}",
                {**params, **vouched},
            )
        )
    if numbers["small"]:
        lines.append(Message("Left out, fewer than {k} answers: {small} results.", params))
        lines.append(
            Message(
                "Totals in the file stay in, and nobody has audited its groups: subtracting the others from a total "
                "may tell a result that was left out."
            )
        )
    return lines
