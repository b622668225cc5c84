"""Turns the crowds of a wave into what stands behind each unit: crowds inside it, and those that reach beyond it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reports.store.export_rows import CrowdFact


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitPlace:
    """Where the people of a unit's whole subtree are counted.

    ``inside`` are the labels of crowds that hold nobody else, ``across`` those of crowds that reach beyond the unit
    with the keys of the units outside it, ``missing`` the keys of its units that are counted in the latter. A crowd of
    the whole company reaches beyond by the root alone: all names would tell nothing more.
    """

    inside: list[str] = field(default_factory=list)
    across: dict[str, tuple[str, ...]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def places(parents: Mapping[str, str | None], crowds: Sequence[CrowdFact]) -> dict[str, UnitPlace]:
    """Return the place of every unit by key; ``crowds`` are in the order in which they are to be listed."""
    found = {unit: UnitPlace() for unit in parents}
    for crowd in crowds:
        for unit in upwards(crowd.home, parents):
            found[unit].inside.append(crowd.crowd)
        for own in crowd.units:
            for unit in upwards(own, parents):
                if unit == crowd.home:
                    break
                found[unit].missing.append(own)
                if crowd.crowd not in found[unit].across:
                    found[unit].across[crowd.crowd] = _outside(unit, crowd, parents)
    return found


def upwards(unit: str, parents: Mapping[str, str | None]) -> Iterator[str]:
    """Yield a unit and all above it; nothing for a unit that is unknown."""
    at: str | None = unit
    while at is not None and at in parents:
        yield at
        at = parents[at]


def subtrees(roots: Sequence[str], parents: Mapping[str, str | None]) -> frozenset[str]:
    """Return the units of ``roots`` and everything below them; unknown ones are left out."""
    wanted = set(roots)
    return frozenset(unit for unit in parents if not wanted.isdisjoint(upwards(unit, parents)))


def _outside(unit: str, crowd: CrowdFact, parents: Mapping[str, str | None]) -> tuple[str, ...]:
    if crowd.is_whole_company:
        return (crowd.home,)
    return tuple(other for other in crowd.units if unit not in upwards(other, parents))
