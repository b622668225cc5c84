"""Turns a number of answers into the thresholds, bands, clips and steps under which figures may leave.

All of it is fixed before a wave opens and named by :data:`POLICY_VERSION`; the reasons stand in ``docs/privacy.md``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from surveys.i18n import Message

POLICY_VERSION = "3"
"""Goes into every release and export; any change of a constant or rule below raises it."""

K_FLOOR = 5
"""No installation may go below this number of answers per crowd."""

K_DEFAULT = 5
"""Answers per crowd where the programme names no higher number: you and four others."""

SPREAD_MINIMUM = 20
"""Fewest answers for a histogram, a spread, a minimum or a maximum of one crowd."""

FINE_MINIMUM = 50
"""From this number of answers on a mean has two decimals and favourable shares are percentages."""

HEADS = 3
"""Fewest head counts that a band has to leave open, for the favourable share and for participation."""

CLIP_HEADS = 3
"""Points on a five-point scale by which one person may differ from a unanimous crowd: from 5 to 2."""

STRICT_CLIP_HEADS = 6
"""The same for two persons; used where the programme asks for the strict clip."""

LEAST_VARIANCE = 0.5
"""Smallest spread, in squared points, that is ever declared: a smaller one would prove that everybody agreed.

From here on mean, favourable band and spread of 50 people and more leave open what mean and band alone do (decision
0029). Spreads inside teams are 0.8 and more in practice.
"""

_STEPS = (
    (100, Fraction(1, 100)),
    (FINE_MINIMUM, Fraction(1, 50)),
    (12, Fraction(1, 10)),
    (0, Fraction(1, 5)),
)
"""Fewest answers for a step of a mean and the step, the finest first; none is below 1 / fewest answers."""

_LOWER_BANDS = ((5, 7), (8, 11), (12, 19), (20, 49))
_FAVOURABLE_PARTS = ((8, 2), (12, 3), (20, 4), (FINE_MINIMUM, 5))
_PERCENT_BANDS = ((65, 10), (math.inf, 5))
_CAP = 5


@dataclass(frozen=True, kw_only=True, order=True)
class NBand:
    """A range of numbers of people, both ends included; the only form in which a number of answers is shown."""

    low: int
    high: int

    @property
    def mid(self) -> float:
        """Midpoint, the weight of a crowd wherever a weight is needed."""
        return (self.low + self.high) / 2

    @property
    def text(self) -> Message:
        """The band as a reader sees it: ``5 to 7``, and ``about 60`` for a band that is a number rounded to 10."""
        if self.low > FINE_MINIMUM and (self.low, self.high) == _standard(self.low):
            return Message("about {n}", {"n": self.low + 5})
        if (self.low, self.high) == _standard(FINE_MINIMUM):
            return Message("about {n}", {"n": FINE_MINIMUM})
        return Message("{low} to {high}", {"low": self.low, "high": self.high})


@dataclass(frozen=True, kw_only=True)
class FavourableBand:
    """Share of favourable answers, 0 to 1: ``low`` is included, ``high`` is not unless it is 1."""

    low: float
    high: float

    @property
    def words(self) -> Message:
        """The band in words, or in whole per cent rounded outwards."""
        for (low_end, high_end), named in _WORDS.items():
            if abs(self.low - low_end) < _SAME and abs(self.high - high_end) < _SAME:
                return named
        low, high = math.floor(self.low * 100 + 1e-9), math.ceil(self.high * 100 - 1e-9)
        if low <= 0:
            return Message("under {high} %", {"high": high})
        if high >= 100:
            return Message("{low} % or more", {"low": low})
        return Message("{low} to {high} %", {"low": low, "high": high})


_SAME = 1e-6
"""Shares nearer than this are the same: a stored third has ten digits."""

_WORDS = {
    (0.0, 1 / 2): Message("under half"),
    (1 / 2, 1.0): Message("half or more"),
    (0.0, 1 / 3): Message("under a third"),
    (1 / 3, 2 / 3): Message("a third to two thirds"),
    (2 / 3, 1.0): Message("two thirds or more"),
    (0.0, 1 / 4): Message("under a quarter"),
    (1 / 4, 1 / 2): Message("a quarter to half"),
    (1 / 2, 3 / 4): Message("half to three quarters"),
    (3 / 4, 1.0): Message("three quarters or more"),
}


def check_k(k: int) -> int:
    """Return ``k``; raise ``ValueError`` where it is under the floor."""
    if k < K_FLOOR:
        raise ValueError(f"k is {k}, the floor is {K_FLOOR}")
    return k


def n_band(n: int, *, k: int = K_DEFAULT, invited: int | None = None) -> NBand:
    """Return the band in which ``n`` answers are shown.

    ``k`` is the least number that is ever shown and ``invited`` the public number of invited people. The bands are
    5 to 7, 8 to 11, 12 to 19, 20 to 49, then numbers rounded to 10. A band of which ``k`` and ``invited`` leave fewer
    than three numbers is joined with its neighbour: "8 to 11" of 8 invited would say that everybody answered.
    Where only ``k`` to ``k + 1`` people were invited nothing can be left open. Raises ``ValueError`` for a number
    below ``k`` (which has no band) or above ``invited``.
    """
    check_k(k)
    if n < k or (invited is not None and n > invited):
        raise ValueError(f"{n} answers have no band between {k} and {invited}")
    low, high = _from(n, k)
    if invited is None:
        return NBand(low=low, high=high)
    last = _from(invited, k)[0]
    if invited - last + 1 < HEADS and last > k:
        last = _from(last - 1, k)[0]
    if n >= last:
        low, high = last, invited
    return NBand(low=low, high=high)


def covering_band(low: int, high: int) -> NBand:
    """Return the smallest run of standard bands that holds all numbers from ``low`` to ``high`` (both 5 or more)."""
    return NBand(low=_standard(low)[0], high=_standard(high)[1])


def mean_step(n_low: int) -> Fraction:
    """Return the step to which a mean is rounded, from the lower end of the n band: 0.2, 0.1, 0.02 or 0.01.

    n answers can only make multiples of 1/n. The step is never below 1/n_low, so that every value can be made by
    every number of answers of the band. With a finer one the values of several questions together would give the
    exact number away (decision 0010). Holds for scores that are one point apart.
    """
    return next(step for least, step in _STEPS if n_low >= least)


def clip_edges(n_low: int, *, low: float, high: float, strict: bool = False) -> tuple[Fraction, Fraction]:
    """Return the lowest and the highest mean that is ever shown, from the lower end of the n band.

    On a scale of 1 to 5 they are 1 + 3/n and 5 - 3/n (6/n where strict), for other ranges in proportion, moved
    inwards to the next step, so that rounding cannot undo them.
    """
    step = mean_step(n_low)
    heads = STRICT_CLIP_HEADS if strict else CLIP_HEADS
    margin = Fraction(heads, 4 * n_low) * (Fraction(high) - Fraction(low))
    lowest = math.ceil((Fraction(low) + margin) / step) * step
    highest = math.floor((Fraction(high) - margin) / step) * step
    return lowest, highest


@lru_cache(maxsize=256)
def favourable_edges(n_low: int) -> tuple[Fraction, ...]:
    """Return the shares at which one favourable band ends and the next begins, from the lower end of the n band.

    Halves, thirds, quarters and fifths up to 49 answers; from 50 on steps of ten and then five per cent between 5 and
    95. Every band holds at least three head counts for every n from ``n_low`` on.
    """
    for limit, parts in _FAVOURABLE_PARTS:
        if n_low < limit:
            return tuple(Fraction(part, parts) for part in range(1, parts))
    width = next(width for limit, width in _PERCENT_BANDS if n_low < limit)
    return tuple(Fraction(percent, 100) for percent in range(_CAP, 100 - _CAP + 1, width))


def favourable_band(favourable: int, n: int, *, n_low: int) -> FavourableBand:
    """Return the band of ``favourable`` of ``n`` answers under the edges that belong to ``n_low``."""
    share = Fraction(favourable, n)
    edges = (Fraction(0), *favourable_edges(n_low), Fraction(1))
    at = max(index for index, edge in enumerate(edges[:-1]) if share >= edge)
    return FavourableBand(low=float(edges[at]), high=float(edges[at + 1]))


def declared_variance(value: float) -> float:
    """Return a pooled within-crowd variance (points squared) as it is released: two decimals, at least the floor."""
    return max(LEAST_VARIANCE, round(value, 2))


def shows_spread(n_low: int) -> bool:
    """Tell whether a histogram or a spread of one crowd may be made, from the lower end of its n band."""
    return n_low >= SPREAD_MINIMUM


def _standard(n: int) -> tuple[int, int]:
    for low, high in _LOWER_BANDS:
        if n <= high:
            return low, high
    centre = (n + 5) // 10 * 10
    return max(centre - 5, FINE_MINIMUM), centre + 4


def _from(n: int, k: int) -> tuple[int, int]:
    # A k above the floor cuts the first band; a stump of it goes with the next one.
    first = _standard(k)[1]
    if first - k + 1 < HEADS:
        first = _standard(first + 1)[1]
    return (k, first) if n <= first else _standard(n)
