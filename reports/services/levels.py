"""Turns a released cell into its likely range for the wave, the same for reports and tables."""

from __future__ import annotations

import math

from reports.disclosure.cells import ReleasedCell
from reports.stats.estimate import PRIOR_ITEM, PRIOR_SCALE, PooledVariance, this_wave
from reports.stats.results import Interval


def likely_range(
    cell: ReleasedCell, *, invited: int, declared: tuple[float, int] | None, is_item: bool = False
) -> Interval:
    """Return value and likely range (95 %) of a cell among ``invited`` people.

    ``declared`` is the released within-crowd variance in squared points with the lower end of the band of answers
    behind it; without one the documented prior is used. A clipped value has a range open to that end of the scale.
    """
    prior = PRIOR_ITEM if is_item else PRIOR_SCALE
    variance = prior if declared is None else PooledVariance(value=declared[0], df=float(max(1, declared[1] - 1)))
    return this_wave(
        cell.value,
        band=(cell.n_low, cell.n_high),
        invited=max(invited, cell.n_low),
        step=math.sqrt(12 * cell.rounding_variance),
        variance=variance,
        clip=(cell.value if cell.low_clipped else 1.0, cell.value if cell.high_clipped else 5.0),
    ).interval
