"""Reads back what the opening of a wave froze, in the shapes of the planner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveys.crowds.history import MergedWave, MergeHistory
from surveys.crowds.shapes import CountMerge, Crowd
from surveys.enums import WaveStatus
from surveys.models.waves import Wave
from surveys.store import waves as store


@dataclass(frozen=True, kw_only=True)
class FrozenCrowds:
    """The planned crowds of a wave by label, and the tree of its units."""

    crowds: tuple[Crowd, ...]
    parents: Mapping[str, str | None]

    @property
    def invited(self) -> int:
        """Everybody invited."""
        return sum(crowd.invited for crowd in self.crowds)


def frozen_crowds(session: Session, wave: str) -> FrozenCrowds:
    """Return the crowds and units of an opened wave."""
    crowds = tuple(
        Crowd(
            label=row.label,
            units=tuple(row.units),
            home=row.home,
            invited=row.invited,
            is_whole_company=row.is_whole_company,
            leads=tuple(row.leads),
            receiving=tuple(row.receiving),
        )
        for row in store.list_crowds(session, wave)
    )
    return FrozenCrowds(crowds=crowds, parents={row.unit: row.parent for row in store.list_units(session, wave)})


def merge_histories(session: Session, programme: str, changed: frozenset[str]) -> list[MergeHistory]:
    """Return every merge made at a count that later plans kept, with what happened since.

    ``changed`` are the units whose group differs between the last wave and the roster of the wave being opened.
    """
    histories: dict[CountMerge, list[MergedWave]] = {}
    roster_changed: set[CountMerge] = set()
    for wave in store.list_waves(session, programme=programme):
        if wave.status not in {WaveStatus.COUNTED, WaveStatus.RELEASED} or wave.is_none:
            continue
        _follow(session, wave, histories, roster_changed)
    return [
        MergeHistory(
            merge=merge,
            waves=tuple(waves),
            roster_changed=merge in roster_changed or bool(changed.intersection(merge.units)),
        )
        for merge, waves in histories.items()
    ]


def _follow(
    session: Session, wave: Wave, histories: dict[CountMerge, list[MergedWave]], roster_changed: set[CountMerge]
) -> None:
    """Carry the merges over one wave: drop those that have ended, extend the others, add the new ones."""
    crowds = store.list_crowds(session, wave.slug)
    units = {row.unit: row for row in store.list_units(session, wave.slug)}
    planned = {unit: row for row in crowds for unit in row.units}
    for merge in list(histories):
        row = planned.get(merge.units[0])
        if row is None or not set(merge.units) <= set(row.units):
            del histories[merge]
            continue
        invited = tuple(sum(units[unit].invited for unit in part if unit in units) for part in merge.parts)
        histories[merge].append(MergedWave(invited=invited, answers=row.answers_low or 0))
        if any(units[unit].joined or units[unit].left_count for unit in merge.units if unit in units):
            roster_changed.add(merge)
    parts: dict[str, list[Sequence[str]]] = {}
    for row in crowds:
        if row.final_label is not None:
            parts.setdefault(row.final_label, []).append(row.units)
    for found in parts.values():
        if len(found) > 1:
            histories.setdefault(CountMerge(parts=tuple(sorted(tuple(sorted(part)) for part in found))), [])
