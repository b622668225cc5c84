"""Finds the fixed set of teams whose released values make up a unit's trend, and the value of that set per wave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.disclosure.cells import ReleasedCell
from reports.disclosure.combine import combine
from reports.disclosure.reasons import Reason, Withheld
from reports.services.history import WaveRecord
from reports.store.releases import CrowdRecord

MIN_SHARE = 0.8
"""A set needs to be a union of whole crowds in this share of the window's waves."""

WINDOW_WAVES = 26

Outcome = ReleasedCell | Withheld


@dataclass(frozen=True, kw_only=True)
class TrendSet:
    """The teams whose answers make the series of a unit; ``key`` names the series, equal sets have equal keys.

    ``without`` are the waves in which a crowd of the set is hidden from the unit; they are no part of its series.
    """

    units: frozenset[str]
    without: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """A stable name of the set."""
        return "|".join(sorted(self.units)) + "".join(f"-{wave}" for wave in sorted(self.without))


def window(waves: Sequence[WaveRecord]) -> tuple[WaveRecord, ...]:
    """Return the last waves that trends look at."""
    return tuple(waves)[-WINDOW_WAVES:]


def trend_set(waves: Sequence[WaveRecord], unit: str) -> TrendSet | None:
    """Return the smallest set that is a union of whole crowds in at least 80 % of the waves that counted anybody.

    Only waves that knew the unit count. Candidates are the sets on the unit's pages in the window and their unions;
    where none reaches the share it is the set of the last page. None where the unit has no page in the last wave.
    """
    held = [wave for wave in window(waves) if wave.crowds and unit in wave.units]
    last = _page_units(held[-1], unit) if held else None
    if last is None:
        return None
    seen = [found for wave in held if (found := _page_units(wave, unit)) is not None]
    candidates = dict.fromkeys(seen)
    everything: frozenset[str] = frozenset()
    for found in sorted(candidates, key=lambda units: (len(units), sorted(units))):
        everything = _closed(everything | found, held)
        candidates[everything] = None
    fitting = [units for units in candidates if sum(_is_union(wave, units) for wave in held) >= MIN_SHARE * len(held)]
    chosen = min(fitting, key=lambda units: (len(units), sorted(units)), default=last)
    return TrendSet(units=chosen, without=frozenset(wave.slug for wave in held if _is_hidden(wave, chosen, unit)))


def crowds_of(wave: WaveRecord, units: frozenset[str]) -> list[CrowdRecord] | None:
    """Return the whole crowds that make up a set in a wave, or None where the set is no union of them."""
    found = [record for record in wave.crowds if units.intersection(record.units)]
    if not found or any(not units.issuperset(record.units) for record in found):
        return None
    return found


def page_crowds(wave: WaveRecord, unit: str) -> list[CrowdRecord]:
    """Return the crowds on a unit's page: those whole below it, or the joint one; empty where it has none."""
    return [wave.by_label[label] for label in wave.pages.get(unit, ())]


def cell_of(wave: WaveRecord, crowds: Sequence[CrowdRecord], measure: str) -> Outcome:
    """Return the released value of a union of whole crowds for a measure."""
    cells = [record.cells.get(measure, Withheld(reason=Reason.NOT_ASKED, k=wave.k)) for record in crowds]
    if not cells:
        return Withheld(reason=Reason.TOO_FEW_IN_ALL, k=wave.k)
    return combine("+".join(record.crowd for record in crowds), cells)


def _is_hidden(wave: WaveRecord, units: frozenset[str], unit: str) -> bool:
    return any(unit in record.hidden_from for record in wave.crowds if units.intersection(record.units))


def _page_units(wave: WaveRecord, unit: str) -> frozenset[str] | None:
    crowds = page_crowds(wave, unit)
    return frozenset(key for record in crowds for key in record.units) or None


def _is_union(wave: WaveRecord, units: frozenset[str]) -> bool:
    return crowds_of(wave, units) is not None


def _closed(units: frozenset[str], waves: Sequence[WaveRecord]) -> frozenset[str]:
    """Return the smallest superset that is a union of whole crowds in every wave."""
    grew = True
    while grew:
        larger = units.union(
            *(record.units for wave in waves for record in wave.crowds if units.intersection(record.units))
        )
        grew = larger != units
        units = larger
    return units
