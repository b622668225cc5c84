"""SQL that finds the waves of a unit without reading their trees."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.models.waves import WaveUnit


def waves_with_unit(session: Session, waves: Sequence[str], unit: str) -> frozenset[str]:
    """Return those of the waves whose frozen tree holds a unit."""
    query = select(WaveUnit.wave).where(WaveUnit.wave.in_(waves), WaveUnit.unit == unit)
    return frozenset(session.scalars(query))
