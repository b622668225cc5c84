"""Released series of uneven length in, windows and equal-length batches of arrays out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reports.stats.estimate import rounding_variance
from reports.stats.results import Floats

# Series per array operation: bounds the memory of the batch at some ten megabytes.
BATCH = 256


@dataclass(frozen=True, kw_only=True)
class Series:
    """Released values of one unit and scale, oldest first, all arrays of shape (t,).

    ``days``: strictly increasing, in days of any origin; ``values``: released means in scale points; ``n``: midpoints
    of the n bands, positive; ``rounding_step``: what the means were rounded to, 0 for none. A wave without a released
    value is left out; NaN is refused. ``clipped`` is the share of the rows, 0 to 1, whose value stands at an end of
    what may be shown, so that a move beyond it is not seen.
    """

    key: str
    days: Floats
    values: Floats
    n: Floats
    rounding_step: Floats
    clipped: float = 0.0

    def __post_init__(self) -> None:
        """Refuse arrays that are no series. Raises ValueError with the key and the reason."""
        arrays = (self.days, self.values, self.n, self.rounding_step)
        if any(a.ndim != 1 or a.size != self.days.size for a in arrays):
            raise ValueError(f"series {self.key}: four flat arrays of one length are needed")
        if not all(bool(np.isfinite(a).all()) for a in arrays):
            raise ValueError(f"series {self.key}: a missing wave is left out, not marked")
        if bool(np.any(np.diff(self.days) <= 0)):
            raise ValueError(f"series {self.key}: days must increase")
        if bool(np.any(self.n <= 0)) or bool(np.any(self.rounding_step < 0)):
            raise ValueError(f"series {self.key}: n is positive and a rounding step is not negative")
        if not 0 <= self.clipped <= 1:
            raise ValueError(f"series {self.key}: the clipped share lies between 0 and 1")

    def since(self, day: float) -> Series:
        """The rows later than ``day``; the clipped share stays that of the whole series."""
        rows = self.days > day
        if bool(rows.all()):
            return self
        return Series(
            key=self.key,
            days=self.days[rows],
            values=self.values[rows],
            n=self.n[rows],
            rounding_step=self.rounding_step[rows],
            clipped=self.clipped,
        )


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Series of equal length: ``index`` into the caller's list; arrays (g, t).

    ``white`` is the relative variance of the white noise, 1 at the reference n without rounding; ``rounding`` the
    rounding variance in squared scale points; ``waves`` the time in waves since the first row.
    """

    index: tuple[int, ...]
    values: Floats
    white: Floats
    rounding: Floats
    waves: Floats
    days: Floats

    def take(self, rows: NDArray[np.intp]) -> Batch:
        """The batch of the series at ``rows`` (places in this batch) alone."""
        return Batch(
            index=tuple(self.index[int(i)] for i in rows),
            values=self.values[rows],
            white=self.white[rows],
            rounding=self.rounding[rows],
            waves=self.waves[rows],
            days=self.days[rows],
        )

    @property
    def length(self) -> int:
        """Number of rows per series."""
        return int(self.values.shape[1])

    def column(self) -> Floats:
        """The trend's regressor (g, t): from first to last row it rises by one, its mean is zero."""
        span = self.waves[:, -1:] - self.waves[:, :1]
        x = (self.waves - self.waves[:, :1]) / span
        return np.asarray(x - x.mean(axis=1, keepdims=True), dtype=np.float64)


def days_per_wave(series: Sequence[Series]) -> float:
    """Median distance between consecutive released waves over all series; 1 where no series has two."""
    gaps = [np.diff(s.days) for s in series if s.days.size > 1]
    return float(np.median(np.concatenate(gaps))) if gaps else 1.0


def reference_n(series: Sequence[Series]) -> float:
    """Median of all band midpoints: the n at which variances of different teams are compared; 1 without rows."""
    sizes = [s.n for s in series if s.n.size]
    return float(np.median(np.concatenate(sizes))) if sizes else 1.0


def windows(series: Sequence[Series], window_waves: int, unit: float) -> list[Series]:
    """Each series' rows in the last ``window_waves`` waves, counted back from the latest row of any series."""
    last = max((float(s.days[-1]) for s in series if s.days.size), default=0.0)
    # Half a wave of tolerance: a wave that opened some days late still counts as its own.
    return [s.since(last - (window_waves - 0.5) * unit) for s in series]


def batches(
    series: Sequence[Series], rows: Sequence[int], *, unit: float, size: float, within: float
) -> Iterator[Batch]:
    """The series numbered ``rows`` in batches of equal length, deterministic order.

    ``size``: reference n; ``within``: within-crowd variance in squared points, which sets how much a rounding variance
    weighs beside the white noise.
    """
    lengths = sorted({series[i].days.size for i in rows})
    for length in lengths:
        same = [i for i in rows if series[i].days.size == length]
        for start in range(0, len(same), BATCH):
            yield _stack(series, tuple(same[start : start + BATCH]), unit=unit, size=size, within=within)


def _stack(series: Sequence[Series], index: tuple[int, ...], *, unit: float, size: float, within: float) -> Batch:
    days = np.array([series[i].days for i in index], dtype=np.float64)
    n = np.array([series[i].n for i in index], dtype=np.float64)
    rounding = rounding_variance(np.array([series[i].rounding_step for i in index], dtype=np.float64))
    white, waves = size / n + rounding * size / within, (days - days[:, :1]) / unit
    return Batch(
        index=index,
        values=np.array([series[i].values for i in index], dtype=np.float64),
        white=white,
        rounding=rounding,
        waves=waves,
        days=days,
    )
