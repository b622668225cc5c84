"""Two imported waves of the same units in, their common change and what single units say beyond it out.

Two to four waves are too few for a trend. What they can carry is the mean change between two waves over units, with the
units as the sample: answers within a unit move together, so only the scatter of the units' own changes tells how sure
the mean is. Sources: the t interval of a mean of differences (Student 1908); one success and one failure added to each
sample (Agresti & Caffo 2000, Am. Stat. 54:280); the variance between units by moments in two steps (DerSimonian &
Kacker 2007, Contemp. Clin. Trials 28:105); externally studentised distances (Cook & Weisberg 1982). Checked on the NHS
Staff Survey 2021 to 2024.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from reports.stats.estimate import rounding_variance
from reports.stats.multiplicity import FALSE_DISCOVERY_RATE, benjamini_hochberg
from reports.stats.results import Estimand, Floats, Interval

# With fewer units leave-one-out has no degree of freedom.
MIN_UNITS = 3
# What the usual plain z test calls "significant": two-sided 5 %.
USUAL_Z = 1.96
# Differences of printed values agree to this, whatever the last binary digit says.
SAME = 1e-9
Mask = NDArray[np.bool_]


class ValueKind(StrEnum):
    """What a value of an imported cell is."""

    PERCENT = "percent"  # share of people who answered so, 0 to 100
    MEAN = "mean"  # mean of the answers, in points of the measure


@dataclass(frozen=True, kw_only=True)
class TooFewUnits:
    """No common change: so many ``units`` have both waves, ``needed`` are the least."""

    units: int
    needed: int = MIN_UNITS


@dataclass(frozen=True, kw_only=True)
class UnitChange:
    """One unit beside the others.

    ``change`` is after less before, ``beyond`` the change less the mean change of all other units, ``sampling`` the
    standard error that its answers and the rounding alone give, ``z`` that of the usual two-sample test of ``change``
    (both None where the number of answers or the variance is unknown). ``error`` is the standard error of ``beyond``,
    widened by how much the other units differ; ``p`` its two-sided p value, ``p_adjusted`` after Benjamini-Hochberg
    over all units.
    """

    key: str
    change: float
    beyond: float
    sampling: float | None
    z: float | None
    error: float
    p: float
    p_adjusted: float

    @property
    def is_flagged(self) -> bool:
        """Whether the unit moved otherwise than the rest, at a false discovery rate of 10 % over the units."""
        return self.p_adjusted <= FALSE_DISCOVERY_RATE


@dataclass(frozen=True, kw_only=True)
class PairedChange:
    """The change of ``units`` units between two waves; all in the unit of the measure.

    ``mean`` is the plain mean of the units' changes with its t interval over units, ``p`` its two-sided p value.
    ``spread`` is the SD of the changes, ``sampling`` the root mean square of what the answers alone would give,
    ``dispersion`` the root mean square of the units' distances from the mean change in their own sampling errors: 1
    where sampling explains all. ``p_dispersion`` tests that (Cochran's Q). The last three are None where the sampling
    error is known for fewer than three units. ``usual_down`` and ``usual_up`` count what the plain z test would flag.
    """

    units: int
    mean: Interval
    p: float
    spread: float
    sampling: float | None
    dispersion: float | None
    p_dispersion: float | None
    changes: tuple[UnitChange, ...]
    usual_down: int
    usual_up: int
    estimand: Estimand = Estimand.LASTING

    @property
    def flagged(self) -> tuple[str, ...]:
        """The units that moved otherwise than the rest."""
        return tuple(unit.key for unit in self.changes if unit.is_flagged)


def paired_change(
    before: ArrayLike,
    after: ArrayLike,
    n_before: Sequence[int | None] | None = None,
    n_after: Sequence[int | None] | None = None,
    *,
    keys: Sequence[str],
    kind: ValueKind | str,
    variance: float | None = None,
    rounding: float = 0.0,
    level: float = 0.95,
) -> PairedChange | TooFewUnits:
    """Compare the same units in two waves.

    ``before``, ``after``: shape (g,), one value per unit of ``keys``, none missing (leave out units without both);
    percent 0 to 100 or means. ``n_before``, ``n_after``: answers, None where unknown. ``variance``: variance of single
    answers within units, needed for means (without it their sampling error is unknown). ``rounding``: step of the
    printed values. Raises ValueError for shapes that do not fit, missing values, and percent outside 0 to 100.

    *Common change*: every unit counts once, because the unit is what was drawn and what moves as one; weighting by
    answers would ask about people and let a few large units decide. The interval is t with g - 1 degrees of freedom
    over the units' changes, so it holds sampling, rounding and the units' own movements at once, needs no number of
    answers, and has no finite population correction: it speaks of units like these, not only of these. Two waves show a
    difference, not that it lasts; what moved all units alike is in it, whatever it was.

    *Single units*: the common change is removed first (mean of the other units). The error of a unit is the wider of
    two readings of the other units' scatter, which must not be smaller than sampling: every error larger by the same
    factor (dispersion), or the same variance added to all. Both are measured without the unit itself; p from t with
    g - 2 degrees of freedom, Benjamini-Hochberg at 10 %. Where a sampling error is unknown the scatter stands for it;
    where nothing scatters at all (equal changes, no rounding given) every p is 1, for nothing shows what chance does.
    """
    first, last = _values(before, after, keys=keys, kind=ValueKind(kind))
    if first.size < MIN_UNITS:
        return TooFewUnits(units=first.size)
    change = last - first
    known, squared = _sampling_variance(
        (first, last), (n_before, n_after), kind=ValueKind(kind), variance=variance, rounding=rounding
    )
    spread = float(change.std(ddof=1))
    # Rounded values can agree by accident: their rounding is the least scatter.
    least = math.sqrt(2 * float(rounding_variance(rounding)))
    mean, p_mean = _mean_change(change, max(spread, least), level=level)
    beyond = (change - change.mean()) * change.size / (change.size - 1)
    error = _unit_errors(change, squared, known)
    p = _two_sided(beyond, error, change.size - 2)
    enough = int(known.sum()) >= MIN_UNITS
    z = _usual_z((first, last), (n_before, n_after), kind=ValueKind(kind), variance=variance)
    down, up = (int(np.sum(known & (side * z > USUAL_Z))) for side in (-1, 1))
    return PairedChange(
        units=change.size,
        mean=mean,
        p=p_mean,
        spread=spread,
        sampling=math.sqrt(float(squared[known].mean())) if enough else None,
        dispersion=_dispersion(change[known], squared[known], float(change.mean())) if enough else None,
        p_dispersion=_cochran(change[known], squared[known]) if enough else None,
        changes=_units(keys, change, beyond, squared=squared, known=known, z=z, error=error, p=p),
        usual_down=down,
        usual_up=up,
    )


def _values(before: ArrayLike, after: ArrayLike, *, keys: Sequence[str], kind: ValueKind) -> tuple[Floats, Floats]:
    first = np.asarray(before, dtype=np.float64)
    last = np.asarray(after, dtype=np.float64)
    if first.shape != (len(keys),) or last.shape != first.shape:
        raise ValueError("both waves need one value per key")
    both = np.concatenate([first, last])
    if not bool(np.all(np.isfinite(both))):
        raise ValueError("a unit without a value in both waves is left out by the caller")
    if kind is ValueKind.PERCENT and bool(np.any((both < 0) | (both > 100))):
        raise ValueError("percent lie between 0 and 100")
    return first, last


def _answers(n: Sequence[int | None] | None, size: int) -> tuple[Mask, Floats]:
    """Which numbers of answers are known, and the numbers, 1 where not; shapes (g,)."""
    counts = [None] * size if n is None else list(n)
    if len(counts) != size or any(count is not None and not count > 0 for count in counts):
        raise ValueError("numbers of answers are above 0, one per key; None where unknown")
    known = np.array([count is not None for count in counts], dtype=np.bool_)
    return known, np.array([1 if count is None else count for count in counts], dtype=np.float64)


def _sampling_variance(
    values: tuple[Floats, Floats],
    answers: tuple[Sequence[int | None] | None, Sequence[int | None] | None],
    *,
    kind: ValueKind,
    variance: float | None,
    rounding: float,
) -> tuple[Mask, Floats]:
    """Where the sampling variance of a change is known, and the variance, 1 elsewhere; shapes (g,)."""
    known = np.full(values[0].size, fill_value=kind is ValueKind.PERCENT or variance is not None)
    counts = [_answers(n, values[0].size) for n in answers]
    for here, _ in counts:
        known &= here
    (_, n_first), (_, n_last) = counts
    if kind is ValueKind.PERCENT:
        # One share for both waves, with one success and one failure more in each: a unit at 0 or 100 percent is not
        # free of sampling error, and a chance extreme must not bring a small error of its own with it.
        share = (values[0] / 100 * n_first + values[1] / 100 * n_last + 2) / (n_first + n_last + 4)
        variances = 1e4 * share * (1 - share)
    else:
        variances = np.full(values[0].size, variance or 0.0)
    total = variances * (1 / n_first + 1 / n_last) + 2 * rounding_variance(rounding)
    return known, np.where(known, total, 1.0)


def _usual_z(
    values: tuple[Floats, Floats],
    answers: tuple[Sequence[int | None] | None, Sequence[int | None] | None],
    *,
    kind: ValueKind,
    variance: float | None,
) -> Floats:
    """The textbook two-sample z of every unit, 0 where it has no standard error; shape (g,)."""
    total = np.zeros(values[0].size)
    for value, n in zip(values, answers, strict=True):
        _, count = _answers(n, value.size)
        total += (value * (100 - value) if kind is ValueKind.PERCENT else (variance or 0.0)) / count
    error = np.sqrt(total)
    return np.where(error > 0, (values[1] - values[0]) / np.where(error > 0, error, 1.0), 0.0)


def _mean_change(change: Floats, spread: float, *, level: float) -> tuple[Interval, float]:
    mean, error = float(change.mean()), spread / math.sqrt(change.size)
    half = float(stats.t.ppf((1 + level) / 2, change.size - 1)) * error
    p = float(_two_sided(np.array([mean]), np.array([error]), change.size - 1)[0])
    return Interval(estimate=mean, low=mean - half, high=mean + half, level=level), p


def _two_sided(distance: Floats, error: Floats, df: int) -> Floats:
    """Two-sided p values; 1 where nothing scatters, for then nothing tells what chance does."""
    scatters = error > SAME
    return np.where(scatters, 2 * stats.t.sf(np.abs(distance) / np.where(scatters, error, 1.0), df), 1.0)


def _dispersion(change: Floats, squared: Floats, centre: float) -> float:
    return math.sqrt(float(np.sum(np.square(change - centre) / squared)) / (change.size - 1))


def _cochran(change: Floats, squared: Floats) -> float:
    centre = float(np.average(change, weights=1 / squared))
    return float(stats.chi2.sf(np.sum(np.square(change - centre) / squared), change.size - 1))


def _without(values: Floats) -> Floats:
    """Sums over all other units; shape (g,)."""
    others: Floats = values.sum() - values
    return others


def _unit_errors(change: Floats, squared: Floats, known: Mask) -> Floats:
    """Standard error of a unit's change less the mean change of the others, from the others' scatter; shape (g,)."""
    others = change.size - 1
    away = change - change.mean()  # sums of squares lose no digits around the mean
    centre = _without(away) / others
    scatter = np.maximum(_without(np.square(away)) - others * np.square(centre), 0.0) / (others - 1)
    of_mean = scatter / others
    own = scatter.copy()
    if int(known.sum()) > MIN_UNITS:
        weight = np.where(known, 1 / squared, 0.0)
        count = np.maximum(_without(known.astype(np.float64)) - 1, 1.0)
        total = _without(weight * np.square(away)) - 2 * centre * _without(weight * away)
        factor = (total + np.square(centre) * _without(weight)) / count
        added = _added_variance(away, weight)
        # What is added is never negative, so this is never below sampling.
        own = np.where(known, np.maximum(factor * squared, squared + added), scatter)
    elif bool(known.all()):
        own = np.maximum(scatter, squared)
    return np.asarray(np.sqrt(own + of_mean), dtype=np.float64)


def _added_variance(away: Floats, weight: Floats) -> Floats:
    """Variance between the other units beyond sampling, by moments in two steps; shape (g,).

    ``weight``: one over the sampling variance, 0 where unknown. The first step (all units, weights as they are) only
    sets the weights of the second, so that small units do not drown it; the second leaves the unit out.
    """
    known = weight > 0
    squared = 1 / np.where(known, weight, 1.0)

    def moments(w: Floats, sums: Callable[[Floats], Floats]) -> Floats:
        total, first = sums(w), sums(w * away)
        scatter = sums(w * np.square(away)) - np.square(first) / total
        expected = sums(w * squared) - sums(np.square(w) * squared) / total
        return np.maximum((scatter - expected) / (total - sums(np.square(w)) / total), 0.0)

    start = moments(weight, lambda values: np.asarray(values.sum(), dtype=np.float64))
    return moments(np.where(known, 1 / (squared + start), 0.0), _without)


def _units(
    keys: Sequence[str],
    change: Floats,
    beyond: Floats,
    *,
    squared: Floats,
    known: Mask,
    z: Floats,
    error: Floats,
    p: Floats,
) -> tuple[UnitChange, ...]:
    adjusted = benjamini_hochberg(p)
    return tuple(
        UnitChange(
            key=key,
            change=float(change[i]),
            beyond=float(beyond[i]),
            sampling=math.sqrt(float(squared[i])) if known[i] else None,
            z=float(z[i]) if known[i] else None,
            error=float(error[i]),
            p=float(p[i]),
            p_adjusted=float(adjusted[i]),
        )
        for i, key in enumerate(keys)
    )
