"""Tables of answers in, keyed items, scale means, percentages and favourable shares out.

The same rule as :mod:`surveys.instruments.scoring`, on plain arrays: it serves simulated worlds, reference cases and
imported results, which have no instrument. Formulas: summated rating scales (Likert 1932, Archives of Psychology 140).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reports.stats.results import Floats

Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class ScaleMeans:
    """Scale means of the rows that have one.

    ``values`` (m,) in item units, in the order of the rows; ``scored`` (n,) says which rows they belong to. A row with
    too few answers has no value at all, not a NaN.
    """

    values: Floats
    scored: Mask


def reverse(values: ArrayLike, low: float, high: float) -> Floats:
    """Answers to a reversed item turned round, ``low + high - x`` (6 - x on 1 to 5); any shape, none missing.

    Raises ValueError for a value outside ``low`` to ``high``: it would be turned into another impossible one.
    """
    x = np.asarray(values, dtype=np.float64)
    if bool(np.any(~((x >= low) & (x <= high)))):
        raise ValueError("an answer lies outside its scale")
    return np.asarray(low + high - x, dtype=np.float64)


def key(items: ArrayLike, reversed_flags: ArrayLike, low: float, high: float) -> Floats:
    """Items (n, k) keyed so that all point the same way; ``reversed_flags`` (k,) are true for those to turn round.

    What :func:`scale_mean` is told to leave out must still be a number between ``low`` and ``high``.
    Raises ValueError for other shapes and for values outside the scale.
    """
    x, flags = np.asarray(items, dtype=np.float64), np.asarray(reversed_flags, dtype=np.bool_)
    if x.ndim != 2 or flags.shape != x.shape[1:]:
        raise ValueError("a table of items needs one flag per column")
    return np.where(flags, reverse(x, low, high), x)


def least_answered(items: int) -> int:
    """How many answers a scale of ``items`` items needs: half of them rounded up, so 2 of 3 and 2 of 4."""
    return (items + 1) // 2


def scale_mean(items: ArrayLike, answered: ArrayLike | None = None) -> ScaleMeans:
    """Mean of the answered items of each row where at least half of them, and at least 2 of 3, were answered.

    ``items``: keyed answers (n, k); ``answered``: (n, k), true where there is an answer (all if None); the value of an
    unanswered cell is ignored, whatever it is. Raises ValueError for shapes that differ.
    """
    x = np.asarray(items, dtype=np.float64)
    mask = np.ones(x.shape, dtype=np.bool_) if answered is None else np.asarray(answered, dtype=np.bool_)
    if x.ndim != 2 or x.shape[1] == 0 or mask.shape != x.shape:
        raise ValueError("a scale needs a table of items and a mask of the same shape")
    count = mask.sum(axis=1)
    scored = count >= least_answered(x.shape[1])
    total = np.where(mask, x, 0.0).sum(axis=1)
    return ScaleMeans(values=total[scored] / count[scored], scored=scored)


def to_percent(mean: ArrayLike) -> Floats:
    """A mean on 1 to 5 as 0 to 100, ``(mean - 1) x 25``; any shape. It is no share of people: say "points of 100"."""
    return np.asarray((np.asarray(mean, dtype=np.float64) - 1) * 25, dtype=np.float64)


def percent_favourable(values: ArrayLike, edge: float, *, is_higher_better: bool = True) -> float:
    """Percentage of scored values (n,) at or beyond ``edge``: from it up, or from it down where higher is worse.

    It describes and does not judge a change: cutting a scale in two costs power, and in quiet teams of eight the share
    moves by ten points more often than not (docs/methods.md). Raises ValueError without any value.
    """
    x = np.asarray(values, dtype=np.float64)
    if x.size == 0:
        raise ValueError("a share needs at least one value")
    return float(100 * np.mean(x >= edge if is_higher_better else x <= edge))
