"""SQL for what an export reads of a released wave: its tree, its crowds, and its cells a few crowds at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Text, func, select, type_coerce
from sqlalchemy.orm import Session

from reports.disclosure.participation import ResponseBand
from reports.disclosure.policy import FavourableBand, NBand
from reports.models import ReleasedCell, ReleasedCrowd, ReleasedSegment, ReleasedSegmentCell, ReleasedTopic
from surveys.models.waves import WaveCrowd, WaveUnit

_CROWDS_AT_ONCE = 250


@dataclass(frozen=True, kw_only=True, slots=True)
class CrowdFact:
    """A final crowd of a release with its public facts, without its cells."""

    crowd: str
    home: str
    units: tuple[str, ...]
    invited: int
    response: ResponseBand
    is_whole_company: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentCell:
    """An admitted cell of a segment table: its options, its band of answers, and its figures by measure as stored."""

    unit: str
    segment: str
    cell: str
    options: tuple[int, ...]
    band: NBand
    figures: dict[str, str]


def list_tree(session: Session, wave: str) -> list[tuple[str, str | None, str]]:
    """Return key, key of the unit above and name of every frozen unit, by key."""
    query = select(WaveUnit.unit, WaveUnit.parent, WaveUnit.name).where(WaveUnit.wave == wave)
    return sorted(((unit, parent, name) for unit, parent, name in session.execute(query)), key=lambda row: row[0])


def known_units(session: Session, waves: Sequence[str], units: Sequence[str]) -> set[str]:
    """Return those of ``units`` that were in the tree of at least one of the waves."""
    return set(session.scalars(select(WaveUnit.unit).where(WaveUnit.wave.in_(waves), WaveUnit.unit.in_(units))))


def count_invited(session: Session, wave: str) -> int:
    """Return how many people were invited to a wave in all."""
    return session.scalar(select(func.sum(WaveCrowd.invited)).where(WaveCrowd.wave == wave)) or 0


def list_crowd_facts(session: Session, wave: str) -> list[CrowdFact]:
    """Return the released crowds of a wave by label."""
    query = select(
        ReleasedCrowd.crowd,
        ReleasedCrowd.home,
        ReleasedCrowd.units,
        ReleasedCrowd.invited,
        ReleasedCrowd.response,
        ReleasedCrowd.is_whole_company,
    ).where(ReleasedCrowd.wave == wave)
    found = [
        CrowdFact(
            crowd=crowd,
            home=home,
            units=tuple(units),
            invited=invited,
            response=ResponseBand(response),
            is_whole_company=is_whole,
        )
        for crowd, home, units, invited, response, is_whole in session.execute(query)
    ]
    return sorted(found, key=lambda fact: fact.crowd)


def iter_cells(session: Session, wave: str, crowds: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each crowd of ``crowds``, in their order, with its cells by measure as stored.

    A stored cell is JSON; equal cells are equal texts. Only some crowds are in memory at a time.
    """
    for start in range(0, len(crowds), _CROWDS_AT_ONCE):
        labels = crowds[start : start + _CROWDS_AT_ONCE]
        query = select(ReleasedCell.crowd, ReleasedCell.measure, type_coerce(ReleasedCell.cell, Text)).where(
            ReleasedCell.wave == wave, ReleasedCell.crowd.in_(labels)
        )
        found: dict[str, dict[str, str]] = {label: {} for label in labels}
        for crowd, measure, cell in session.execute(query):
            found[crowd][measure] = cell
        yield from found.items()


def iter_topics(session: Session, wave: str, crowds: Sequence[str]) -> Iterator[tuple[str, dict[str, FavourableBand]]]:
    """Yield each crowd of ``crowds``, in their order, with the bands of its topics by code."""
    for start in range(0, len(crowds), _CROWDS_AT_ONCE):
        labels = crowds[start : start + _CROWDS_AT_ONCE]
        query = select(ReleasedTopic.crowd, ReleasedTopic.topic, ReleasedTopic.low, ReleasedTopic.high).where(
            ReleasedTopic.wave == wave, ReleasedTopic.crowd.in_(labels)
        )
        found: dict[str, dict[str, FavourableBand]] = {label: {} for label in labels}
        for crowd, topic, low, high in session.execute(query):
            found[crowd][topic] = FavourableBand(low=low, high=high)
        yield from found.items()


def list_segment_cells(session: Session, wave: str) -> list[SegmentCell]:
    """Return the admitted cells of a wave by unit, segment and cell."""
    figures: dict[tuple[str, str, str], dict[str, str]] = {}
    table = ReleasedSegmentCell
    query = select(table.unit, table.segment, table.cell, table.measure, type_coerce(table.figure, Text))
    for unit, segment, cell, measure, figure in session.execute(query.where(table.wave == wave)):
        figures.setdefault((unit, segment, cell), {})[measure] = figure
    rows = session.execute(
        select(
            ReleasedSegment.unit,
            ReleasedSegment.segment,
            ReleasedSegment.cell,
            ReleasedSegment.options,
            ReleasedSegment.n_low,
            ReleasedSegment.n_high,
        ).where(ReleasedSegment.wave == wave)
    )
    found = [
        SegmentCell(
            unit=unit,
            segment=segment,
            cell=cell,
            options=tuple(options),
            band=NBand(low=n_low, high=n_high),
            figures=figures.get((unit, segment, cell), {}),
        )
        for unit, segment, cell, options, n_low, n_high in rows
    ]
    return sorted(found, key=lambda each: (each.unit, each.segment, each.options))
