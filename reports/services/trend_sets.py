"""Finds the fixed set of teams whose released values make up a unit's trend, and the value of that set per wave."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from reports.disclosure.cells import ReleasedCell
from reports.disclosure.combine import combine
from reports.disclosure.reasons import Reason, Withheld
from reports.services.history import WaveRecord
from reports.store.releases import CrowdRecord

MIN_SHARE = 0.8
"""A set needs to be a union of whole crowds in this share of the window's waves."""

WINDOW_WAVES = 26

_APART = 1 / 24
"""Days between waves that opened on one local day: their order is known, their distance is small."""

Outcome = ReleasedCell | Withheld


class ShapedCrowd(Protocol):
    """A released crowd as far as sets need it; with its figures or without."""

    @property
    def crowd(self) -> str:
        """Its label."""
        ...

    @property
    def units(self) -> tuple[str, ...]:
        """The units whose own groups it holds."""
        ...

    @property
    def hidden_from(self) -> frozenset[str]:
        """The units whose leader answered in it."""
        ...


CrowdT = TypeVar("CrowdT", bound=ShapedCrowd)
CrowdT_co = TypeVar("CrowdT_co", bound=ShapedCrowd, covariant=True)


class ShapedWave(Protocol[CrowdT_co]):
    """A released wave as far as sets need it: its crowds, and which of them are on whose page."""

    @property
    def slug(self) -> str:
        """Its name."""
        ...

    @property
    def units(self) -> Collection[str]:
        """The keys of all units at its opening."""
        ...

    @property
    def crowds(self) -> Sequence[CrowdT_co]:
        """Its released crowds."""
        ...

    @property
    def places(self) -> Mapping[str, int]:
        """By unit the place of its crowd in ``crowds``."""
        ...

    @property
    def by_label(self) -> Mapping[str, CrowdT_co]:
        """The released crowds by label."""
        ...

    @property
    def pages(self) -> Mapping[str, tuple[str, ...]]:
        """The labels of the crowds on each unit's page."""
        ...


WaveT = TypeVar("WaveT", bound=ShapedWave[ShapedCrowd])


class DatedWave(Protocol):
    """A wave as far as its place in time needs it."""

    @property
    def opened_on(self) -> dt.date:
        """The local day of its opening."""
        ...


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


def window(waves: Sequence[WaveT]) -> tuple[WaveT, ...]:
    """Return the last waves that trends look at."""
    return tuple(waves)[-WINDOW_WAVES:]


def wave_days(waves: Iterable[DatedWave]) -> list[float]:
    """Return the day of each wave of a window, oldest first, as an ordinal; the days always increase.

    A wave that opened on the day of the one before it, or was numbered after it and opened earlier, follows an hour
    later. Take the days of the whole window and leave waves out afterwards, so that a wave has one day everywhere.
    """
    days: list[float] = []
    for wave in waves:
        day = float(wave.opened_on.toordinal())
        days.append(max(day, days[-1] + _APART) if days else day)
    return days


def trend_set(waves: Sequence[ShapedWave[ShapedCrowd]], unit: str) -> TrendSet | None:
    """Return the smallest set that is a union of whole crowds in at least 80 % of the waves that counted anybody.

    Only waves that knew the unit count. Candidates are the sets on the unit's pages in the window and their unions;
    where none reaches the share it is the set of the last page. None where the unit has no page in the last wave.
    """
    held = [wave for wave in window(waves) if wave.crowds and unit in wave.units]
    last = _page_units(held[-1], unit) if held else None
    if last is None:
        return None
    seen = [found for wave in held if (found := _page_units(wave, unit)) is not None]
    if len(seen) == len(held) and len(set(seen)) == 1:
        # The usual case: always the same teams. No other candidate is smaller.
        return TrendSet(units=last, without=_hidden_waves(held, last, unit))
    candidates = dict.fromkeys(seen)
    everything: frozenset[str] = frozenset()
    for found in sorted(candidates, key=lambda units: (len(units), sorted(units))):
        everything = _closed(everything | found, held)
        candidates[everything] = None
    fitting = [units for units in candidates if sum(_is_union(wave, units) for wave in held) >= MIN_SHARE * len(held)]
    chosen = min(fitting, key=lambda units: (len(units), sorted(units)), default=last)
    return TrendSet(units=chosen, without=_hidden_waves(held, chosen, unit))


def crowds_of(wave: ShapedWave[CrowdT], units: frozenset[str]) -> list[CrowdT] | None:
    """Return the whole crowds that make up a set in a wave, or None where the set is no union of them."""
    places = crowd_places(wave, units)
    return None if places is None else [wave.crowds[place] for place in places]


def crowd_places(wave: ShapedWave[ShapedCrowd], units: frozenset[str]) -> list[int] | None:
    """Return where the crowds of :func:`crowds_of` stand among those of the wave; None where the set is no union."""
    places = _places_with(wave, units)
    if not places or any(not units.issuperset(wave.crowds[place].units) for place in places):
        return None
    return places


def disjoint(sets: Sequence[TrendSet]) -> list[str]:
    """Return the keys of the smallest sets that do not overlap; they alone inform what is shared by all."""
    taken: set[str] = set()
    keys = []
    for found in sorted(sets, key=lambda each: (len(each.units), each.key)):
        if taken.isdisjoint(found.units):
            taken |= found.units
            keys.append(found.key)
    return keys


def whole_sets(sets: Iterable[TrendSet], wave: ShapedWave[ShapedCrowd]) -> frozenset[str]:
    """Return the keys of the sets that hold everybody who was counted in a wave: the organisation itself."""
    everybody = {unit for record in wave.crowds for unit in record.units}
    return frozenset(found.key for found in sets if found.units >= everybody)


def page_crowds(wave: ShapedWave[CrowdT], unit: str) -> list[CrowdT]:
    """Return the crowds on a unit's page: those whole below it, or the joint one; empty where it has none."""
    return [wave.by_label[label] for label in wave.pages.get(unit, ())]


def cell_of(wave: WaveRecord, crowds: Sequence[CrowdRecord], measure: str) -> Outcome:
    """Return the released value of a union of whole crowds for a measure."""
    cells = [record.cells.get(measure, Withheld(reason=Reason.NOT_ASKED, k=wave.k)) for record in crowds]
    if not cells:
        return Withheld(reason=Reason.TOO_FEW_IN_ALL, k=wave.k)
    return combine("+".join(record.crowd for record in crowds), cells)


def clipped_share(crowds: Sequence[CrowdRecord], measure: str) -> float:
    """Return the share of the answers of some crowds whose value stands at an end of what may be shown, 0 to 1.

    One clipped crowd among many hides little of the mean of all, so crowds count by the middles of their bands.
    """
    cells = [cell for record in crowds if isinstance(cell := record.cells.get(measure), ReleasedCell)]
    total = sum(cell.n_mid for cell in cells)
    return sum(cell.n_mid for cell in cells if cell.low_clipped or cell.high_clipped) / total if total else 0.0


def _places_with(wave: ShapedWave[ShapedCrowd], units: Iterable[str]) -> list[int]:
    """Return where the crowds stand that hold any of the units, in the order of the wave."""
    return sorted({place for unit in units if (place := wave.places.get(unit)) is not None})


def _hidden_waves(waves: Sequence[ShapedWave[ShapedCrowd]], units: frozenset[str], unit: str) -> frozenset[str]:
    return frozenset(wave.slug for wave in waves if _is_hidden(wave, units, unit))


def _is_hidden(wave: ShapedWave[ShapedCrowd], units: frozenset[str], unit: str) -> bool:
    return any(unit in wave.crowds[place].hidden_from for place in _places_with(wave, units))


def _page_units(wave: ShapedWave[ShapedCrowd], unit: str) -> frozenset[str] | None:
    crowds = page_crowds(wave, unit)
    return frozenset(key for record in crowds for key in record.units) or None


def _is_union(wave: ShapedWave[ShapedCrowd], units: frozenset[str]) -> bool:
    return crowd_places(wave, units) is not None


def _closed(units: frozenset[str], waves: Sequence[ShapedWave[ShapedCrowd]]) -> frozenset[str]:
    """Return the smallest superset that is a union of whole crowds in every wave."""
    grew = True
    while grew:
        larger = units.union(*(wave.crowds[place].units for wave in waves for place in _places_with(wave, units)))
        grew = larger != units
        units = larger
    return units
