"""SQL for the last released cells of single crowds, by primary key: a page of one crowd never reads a whole wave."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from reports.disclosure.cells import ReleasedCell
from reports.disclosure.reasons import Withheld
from reports.models import ReleasedCell as CellRow
from reports.models import ReleasedCrowd
from reports.store.cells import from_plain
from surveys.enums import WaveStatus
from surveys.models.waves import Wave, WaveCrowd, WaveUnit


@dataclass(frozen=True, kw_only=True)
class CrowdCells:
    """A final crowd of a release with the asked-for cells by measure.

    ``leads`` are the units whose leader answered in it, ``was_told`` whether that was said to everybody beforehand
    because one crowd for all was planned.
    """

    crowd: str
    units: tuple[str, ...]
    invited: int
    leads: frozenset[str]
    hidden_from: frozenset[str]
    was_told: bool
    cells: Mapping[str, ReleasedCell | Withheld]


@dataclass(frozen=True, kw_only=True)
class UnitName:
    """A frozen unit: its name and the key of the unit above."""

    name: str
    parent: str | None


def list_released_before(session: Session, wave: Wave) -> list[Wave]:
    """Return the released waves of the same programme before ``wave``, the last one first."""
    query = (
        select(Wave)
        .where(
            Wave.programme_slug == wave.programme_slug,
            Wave.number < wave.number,
            Wave.status == WaveStatus.RELEASED,
        )
        .order_by(Wave.number.desc())
    )
    return list(session.scalars(query).all())


def find_planned_units(session: Session, wave: str, crowd: str) -> tuple[str, ...]:
    """Return the units whose own groups a planned crowd of a wave holds; empty where there is no such crowd."""
    found = session.get(WaveCrowd, (wave, crowd))
    return () if found is None else tuple(found.units)


def find_final_labels(session: Session, wave: str, units: Collection[str]) -> frozenset[str]:
    """Return the labels of the crowds in which the own groups of ``units`` were counted in a wave."""
    is_same = and_(WaveCrowd.wave == WaveUnit.wave, WaveCrowd.label == WaveUnit.crowd)
    query = select(WaveCrowd.final_label).join(WaveUnit, is_same).where(WaveUnit.wave == wave, WaveUnit.unit.in_(units))
    return frozenset(label for label in session.scalars(query) if label is not None)


def list_crowds(
    session: Session, wave: str, labels: Collection[str], measures: Collection[str]
) -> tuple[CrowdCells, ...]:
    """Return the named final crowds of a release by label, with their cells of ``measures``."""
    cells: dict[str, dict[str, ReleasedCell | Withheld]] = {}
    query = select(CellRow.crowd, CellRow.measure, CellRow.cell).where(
        CellRow.wave == wave, CellRow.crowd.in_(labels), CellRow.measure.in_(measures)
    )
    for crowd, measure, plain in session.execute(query):
        cells.setdefault(crowd, {})[measure] = from_plain(crowd, measure, plain)
    planned = session.execute(
        select(WaveCrowd.final_label, WaveCrowd.leads, WaveCrowd.is_whole_company).where(
            WaveCrowd.wave == wave, WaveCrowd.final_label.in_(labels)
        )
    ).all()
    rows = session.scalars(
        select(ReleasedCrowd)
        .where(ReleasedCrowd.wave == wave, ReleasedCrowd.crowd.in_(labels))
        .order_by(ReleasedCrowd.crowd)
    )
    return tuple(
        CrowdCells(
            crowd=row.crowd,
            units=tuple(row.units),
            invited=row.invited,
            leads=frozenset(unit for label, leads, _ in planned if label == row.crowd for unit in leads),
            hidden_from=frozenset(row.hidden_from),
            was_told=any(is_whole for label, _, is_whole in planned if label == row.crowd),
            cells=cells.get(row.crowd, {}),
        )
        for row in rows
    )


def load_lineage(session: Session, wave: str, units: Collection[str]) -> dict[str, UnitName]:
    """Return the frozen ``units`` of a wave by key, and with them every unit above."""
    found: dict[str, UnitName] = {}
    wanted = set(units)
    while wanted:
        query = select(WaveUnit.unit, WaveUnit.name, WaveUnit.parent).where(
            WaveUnit.wave == wave, WaveUnit.unit.in_(wanted)
        )
        rows = session.execute(query).all()
        found.update({unit: UnitName(name=name, parent=parent) for unit, name, parent in rows})
        wanted = {parent for _, _, parent in rows if parent is not None} - found.keys()
    return found
