"""SQL that joins the totals of several crowds of a counted wave into those of one, where auditors ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Table, delete, func, insert, select
from sqlalchemy.orm import DeclarativeBase, Session

from surveys.models.totals import CrowdCount, CrowdTotal, TopicTotal

_SUMS: tuple[tuple[type[DeclarativeBase], tuple[str, ...], tuple[str, ...]], ...] = (
    (CrowdCount, (), ("ballots",)),
    (CrowdTotal, ("measure",), ("n", "total", "favourable")),
    (TopicTotal, ("topic",), ("n", "ticked")),
)
"""Every table of totals by crowd: what its rows are about and what is summed."""


def join_crowds(session: Session, wave: str, crowds: Sequence[str], *, into: str) -> None:
    """Replace the rows of ``crowds`` by their sums under the label ``into``.

    What one of them has no row of, because too few answered it, gets no row: its sum would be about a part only.
    """
    for model, keys, sums in _SUMS:
        table = cast("Table", model.__table__)
        mine = (table.c.wave == wave) & table.c.crowd.in_(crowds)
        query = (
            select(*(table.c[key] for key in keys), *(func.sum(table.c[name]).label(name) for name in sums))
            .where(mine)
            .group_by(*(table.c[key] for key in keys))
            .having(func.count() == len(set(crowds)))
        )
        rows = [{"wave": wave, "crowd": into, **row} for row in session.execute(query).mappings()]
        session.execute(delete(table).where(mine))
        if rows:
            session.execute(insert(table), rows)
    session.expire_all()
