"""Turns the crowds of a wave as they were planned and joined into its final crowds and what each unit's page shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from reports.services.pages import hidden_from, published
from surveys.crowds.shapes import WHOLE_COMPANY, Crowd
from surveys.services.frozen import frozen_crowds
from surveys.store import waves


@dataclass(frozen=True, kw_only=True)
class Pages:
    """What will be published of a wave: the tree, the crowds on each unit's page, and from whom each is hidden.

    ``invited`` are the public numbers of invited people by unit.
    """

    parents: Mapping[str, str | None]
    invited: Mapping[str, int]
    published: Mapping[str, tuple[str, ...]]
    hidden: Mapping[str, frozenset[str]]


def list_final_crowds(session: Session, wave: str) -> list[Crowd]:
    """Return the final crowds by label; a crowd merged at the count is put together from its planned parts."""
    frozen = frozen_crowds(session, wave)
    final_label = {row.label: row.final_label for row in waves.list_crowds(session, wave)}
    parts: dict[str, list[Crowd]] = {}
    for crowd in frozen.crowds:
        label = final_label[crowd.label]
        if label is not None:
            parts.setdefault(label, []).append(crowd)
    return [_joined(label, parts[label], frozen.parents) for label in sorted(parts)]


def pages_of(session: Session, wave: str, crowds: Sequence[Crowd]) -> Pages:
    """Work the pages out from the frozen units and the final crowds."""
    units = waves.list_units(session, wave)
    parents = {unit.unit: unit.parent for unit in units}
    planned_whole = any(crowd.is_whole_company for crowd in waves.list_crowds(session, wave))
    hidden = hidden_from(crowds, parents, is_told=planned_whole)
    return Pages(
        parents=parents,
        invited={unit.unit: unit.invited for unit in units},
        published=published(crowds, parents, hidden),
        hidden=hidden,
    )


def _joined(label: str, parts: Sequence[Crowd], parents: Mapping[str, str | None]) -> Crowd:
    return Crowd(
        label=label,
        units=tuple(sorted(unit for part in parts for unit in part.units)),
        home=_common([part.home for part in parts], parents),
        invited=sum(part.invited for part in parts),
        is_whole_company=any(part.is_whole_company for part in parts) or label == WHOLE_COMPANY,
        leads=tuple(sorted({unit for part in parts for unit in part.leads})),
    )


def _common(units: Sequence[str], parents: Mapping[str, str | None]) -> str:
    """Return the lowest unit above all of ``units``."""
    chains = []
    for unit in units:
        chain = [unit]
        while (above := parents[chain[-1]]) is not None:
            chain.append(above)
        chains.append(chain)
    return next(unit for unit in chains[0] if all(unit in chain for chain in chains))
