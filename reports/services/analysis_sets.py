"""Turns the waves of a window into the sets of teams that make its series, and their values scale by scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from reports.disclosure.policy import covering_band
from reports.services.analysis_data import CellTable, Ints, Mask, Window
from reports.services.trend_sets import TrendSet, crowd_places, disjoint, trend_set, wave_days, whole_sets
from reports.stats.estimate import PRIOR_SCALE, PooledVariance, this_wave
from reports.stats.results import Floats, Interval
from reports.stats.series import Series
from reports.stats.verdicts import response_moved

_NOWHERE, _SEVERAL = -1, -2


@dataclass(frozen=True, kw_only=True)
class Joined:
    """The sets that are several crowds in one wave, by number (g,).

    ``places`` (p,) are those of their crowds one after the other, of each set from its ``start`` (g,) on.
    """

    sets: Ints
    places: Ints
    start: Ints

    def sums(self, parts: Floats | Ints | Mask) -> Floats:
        """Add up one figure per place, (p,), to one per set, (g,)."""
        return np.asarray(np.add.reduceat(parts.astype(np.float64), self.start), dtype=np.float64)

    def spread(self, figures: Floats) -> Floats:
        """Repeat one figure per set, (g,), for each of its places, (p,)."""
        return np.repeat(figures, np.diff(self.start, append=self.places.size))

    def of(self, number: int) -> list[int]:
        """Return the places of one set."""
        at = int(np.searchsorted(self.sets, number))
        ends = [*self.start.tolist(), self.places.size]
        return [int(place) for place in self.places[ends[at] : ends[at + 1]]]


@dataclass(frozen=True, kw_only=True)
class SetTable:
    """The distinct sets of a window, by their first unit.

    ``units`` are those of the last wave whose series is that of the set, by key; ``pooled`` marks the smallest sets
    that do not overlap, ``whole`` those that hold everybody. ``place`` (sets, waves) is the crowd that a set is in a
    wave, negative where it is none or several; ``joined`` has the latter by wave. ``moved`` tells whether the share of
    people who answered moved.
    """

    sets: tuple[TrendSet, ...]
    units: tuple[tuple[str, ...], ...]
    pooled: Mask
    whole: Mask
    place: Ints
    joined: tuple[Joined, ...]
    moved: Mask

    def __len__(self) -> int:
        """How many sets there are."""
        return len(self.sets)


@dataclass(frozen=True, kw_only=True)
class SetValues:
    """One scale over all sets and waves, arrays (sets, waves); zeros where ``present`` is False.

    ``value`` in scale points, ``n`` the middle of the band of answers, ``rounding`` the rounding variance; ``low`` and
    ``high`` are the ends of the band. ``clipped`` is the share of the answers, 0 to 1, in crowds whose value stands at
    an end of what may be shown.
    """

    value: Floats
    rounding: Floats
    n: Floats
    low: Ints
    high: Ints
    present: Mask
    clipped: Floats


def find_sets(window: Window) -> SetTable:
    """Return the sets of all units that have a page in the last wave."""
    shared: dict[TrendSet, list[str]] = {}
    for unit in sorted(window.last.units):
        found = trend_set(window.waves, unit)
        if found is not None:
            shared.setdefault(found, []).append(unit)
    sets = tuple(shared)
    informing, whole = set(disjoint(sets)), whole_sets(sets, window.last)
    place, joined = _places(window, sets)
    return SetTable(
        sets=sets,
        units=tuple(tuple(units) for units in shared.values()),
        pooled=np.array([found.key in informing for found in sets], dtype=np.bool_),
        whole=np.array([found.key in whole for found in sets], dtype=np.bool_),
        place=place,
        joined=joined,
        moved=_moved(window, place, joined),
    )


def set_values(window: Window, table: SetTable, measure: str) -> SetValues:
    """Return the released values of one scale for every set and wave.

    A set of several crowds has the mean of their values, weighted by the middles of their bands of answers, as
    :func:`reports.disclosure.combine.combine` makes it; one withheld crowd leaves no value.
    """
    row = window.measures.index(measure)
    shape = table.place.shape
    value, rounding, clipped = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    low, high = np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=np.int32)
    invited = np.zeros(shape, dtype=np.int32)
    for t, (wave, cells) in enumerate(zip(window.waves, window.cells, strict=True)):
        alone = np.flatnonzero(table.place[:, t] >= 0)
        at = table.place[alone, t]
        value[alone, t], rounding[alone, t] = cells.value[row, at], cells.rounding[row, at]
        low[alone, t], high[alone, t] = cells.low[row, at], cells.high[row, at]
        at_end = cells.or_less[row] | cells.or_more[row]
        clipped[alone, t] = at_end[at]
        invited[alone, t] = wave.invited[at]
        joined = table.joined[t]
        if joined.sets.size:
            value[joined.sets, t], rounding[joined.sets, t], band = _combined(cells, row, joined)
            low[joined.sets, t], high[joined.sets, t] = band
            clipped[joined.sets, t] = _share(cells, row, joined, at_end)
            invited[joined.sets, t] = joined.sums(wave.invited[joined.places])
    present = low > 0
    top = np.maximum(low, np.minimum(high, np.maximum(invited, low)))
    return SetValues(
        value=np.where(present, value, 0.0),
        rounding=np.where(present, rounding, 0.0),
        n=np.where(present, (low + top) / 2, 0.0),
        low=low,
        high=high,
        present=present,
        clipped=np.where(present, clipped, 0.0),
    )


def this_wave_range(window: Window, table: SetTable, values: SetValues, measure: str, number: int) -> Interval | None:
    """Return the value of a set in the last wave with its likely range for this wave; None where there is none."""
    t = len(window.waves) - 1
    if not values.present[number, t]:
        return None
    alone = int(table.place[number, t])
    places = [alone] if alone >= 0 else table.joined[t].of(number)
    row, cells = window.measures.index(measure), window.cells[t]
    low, value = int(values.low[number, t]), float(values.value[number, t])
    declared = window.variance(measure)
    return _range(
        value,
        (low, int(values.high[number, t])),
        max(int(window.last.invited[places].sum()), low),
        math.sqrt(12 * float(values.rounding[number, t])),
        declared,
        (value if cells.or_less[row, places].any() else 1.0, value if cells.or_more[row, places].any() else 5.0),
    )


def series_of(window: Window, values: SetValues) -> list[Series]:
    """Return the series of every set with a value; its key is the number of the set."""
    days = np.array(wave_days(window.waves))
    steps = np.sqrt(12 * values.rounding)
    found = []
    for number in np.flatnonzero(values.present.any(axis=1)).tolist():
        held = values.present[number]
        found.append(
            Series(
                key=str(number),
                days=days[held],
                values=values.value[number, held],
                n=values.n[number, held],
                rounding_step=steps[number, held],
                clipped=float(values.clipped[number, held].mean()),
            )
        )
    return found


@lru_cache(maxsize=4096)
def _range(  # noqa: PLR0917 - the whole of what an interval rests on, and nothing that cannot be a key
    value: float,
    band: tuple[int, int],
    invited: int,
    step: float,
    declared: tuple[float, int] | None,
    clip: tuple[float, float],
) -> Interval:
    """Return the likely range of a wave; means are rounded, so that many teams share one."""
    variance = PRIOR_SCALE if declared is None else PooledVariance(value=declared[0], df=max(1.0, declared[1] - 1))
    return this_wave(value, band=band, invited=invited, step=step, variance=variance, clip=clip).interval


@lru_cache(maxsize=4096)
def _covering(low: int, high: int) -> tuple[int, int]:
    band = covering_band(low, high)
    return band.low, band.high


def _combined(cells: CellTable, row: int, joined: Joined) -> tuple[Floats, Floats, Ints]:
    """Return value, rounding variance and band (2, g) of sets of several crowds; zeros where one is withheld."""
    low, high = cells.low[row, joined.places], cells.high[row, joined.places]
    own, weights = cells.value[row, joined.places], (low + high) / 2
    whole = joined.sums(low == 0) == 0
    total = np.maximum(joined.sums(weights), 1.0)
    value = joined.sums(own * weights) / total
    apart = np.square((own - joined.spread(value)) / joined.spread(total)) * (np.square(high - low + 1.0) - 1) / 12
    rounding = np.square(weights / joined.spread(total)) * cells.rounding[row, joined.places]
    ends = zip(joined.sums(low).tolist(), joined.sums(high).tolist(), whole.tolist(), strict=True)
    bands = [_covering(int(first), int(last)) if is_whole else (0, 0) for first, last, is_whole in ends]
    return value, joined.sums(rounding + apart), np.array(bands, dtype=np.int32).T


def _share(cells: CellTable, row: int, joined: Joined, marked: Mask) -> Floats:
    """Return of each set the share of its answers, by the middles of the bands, that are in marked crowds (p,)."""
    weights = (cells.low[row, joined.places] + cells.high[row, joined.places]) / 2
    return joined.sums(weights * marked[joined.places]) / np.maximum(joined.sums(weights), 1.0)


def _places(window: Window, sets: Sequence[TrendSet]) -> tuple[Ints, tuple[Joined, ...]]:
    place = np.full((len(sets), len(window.waves)), _NOWHERE, dtype=np.int32)
    several: list[dict[int, list[int]]] = [{} for _ in window.waves]
    for s, found in enumerate(sets):
        # Waves with one layout have the same crowds at the same places.
        known: dict[int, list[int] | None] = {}
        for t, wave in enumerate(window.waves):
            if wave.slug in found.without:
                continue
            if id(wave.layout) not in known:
                known[id(wave.layout)] = crowd_places(wave, found.units)
            places = known[id(wave.layout)]
            if places is None:
                continue
            place[s, t] = places[0] if len(places) == 1 else _SEVERAL
            if len(places) > 1:
                several[t][s] = places
    return place, tuple(map(_joined, several))


def _joined(several: Mapping[int, Sequence[int]]) -> Joined:
    sizes = [len(places) for places in several.values()]
    return Joined(
        sets=np.array(list(several), dtype=np.int32),
        places=np.array([place for places in several.values() for place in places], dtype=np.int32),
        start=np.cumsum([0, *sizes[:-1]], dtype=np.int32)[: len(sizes)],
    )


def _moved(window: Window, place: Ints, joined: Sequence[Joined]) -> Mask:
    """Tell of each set whether the share of its people who answered moved within the window."""
    low, high = np.zeros(place.shape), np.zeros(place.shape)
    for t, (wave, several) in enumerate(zip(window.waves, joined, strict=True)):
        alone = np.flatnonzero(place[:, t] >= 0)
        at = place[alone, t]
        invited = np.maximum(1, wave.invited[at])
        low[alone, t], high[alone, t] = wave.n_low[at] / invited, np.minimum(wave.n_high[at], invited) / invited
        if several.sets.size:
            people = np.maximum(1.0, several.sums(wave.invited[several.places]))
            low[several.sets, t] = several.sums(wave.n_low[several.places]) / people
            high[several.sets, t] = np.minimum(people, several.sums(wave.n_high[several.places])) / people
    held = place != _NOWHERE
    pairs = np.stack([np.minimum(low, 1.0), high], axis=2)
    return np.array([response_moved(pairs[s, held[s]].tolist()) for s in range(place.shape[0])], dtype=np.bool_)
