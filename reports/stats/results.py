"""The frozen results of the statistics: every figure with its interval, its method and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class VarianceSource(StrEnum):
    """Where the within-crowd variance of a this-wave interval comes from."""

    DECLARED = "declared"  # pooled over the installation, published with the release
    PRIOR = "prior"  # the documented value used before the installation has 50 answers


class Shape(StrEnum):
    """How a change came about, as far as the series can tell."""

    STEP = "step"
    GRADUAL = "gradual"
    UNCLEAR = "unclear"


@dataclass(frozen=True, kw_only=True)
class Interval:
    """An estimate with its interval at ``level``; all in the unit of the estimate."""

    estimate: float
    low: float
    high: float
    level: float = 0.95

    @property
    def excludes_zero(self) -> bool:
        """Whether both ends lie on the same side of zero."""
        return self.low > 0 or self.high < 0

    @property
    def half_width(self) -> float:
        """Half the distance between the ends."""
        return (self.high - self.low) / 2


@dataclass(frozen=True, kw_only=True)
class LevelEstimate:
    """The mean of one finite crowd in one wave.

    ``standard_error`` includes the rounding of the released mean; ``answers`` is the midpoint of the n band.
    """

    interval: Interval
    standard_error: float
    answers: float
    invited: int
    source: VarianceSource


@dataclass(frozen=True, kw_only=True)
class TooEarly:
    """No trend yet: ``waves_left`` more released waves are needed."""

    waves_left: int


@dataclass(frozen=True, kw_only=True)
class NeverHere:
    """No trend of this unit at this size, ever; ``reason`` is the reason code that the caller translates."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class StepContrast:
    """The last few waves against those before them, in the covariance of the trend."""

    interval: Interval
    z: float
    p: float
    recent: int
    earlier: int


@dataclass(frozen=True, kw_only=True)
class Shift:
    """Level now less level at the start of the window, averaged over straight lines and steps.

    ``since_day`` is the first day of the new level under the likeliest step, with the likely range of that day;
    it has a meaning only where ``shape`` is a step. ``p_step`` is the weight of all steps together.
    """

    interval: Interval
    shape: Shape
    p_step: float
    since_day: float
    since_low: float
    since_high: float


@dataclass(frozen=True, kw_only=True)
class TrendResult:
    """The trend of one series over its window.

    ``change`` is slope times span, the decision's figure; ``shift`` is the figure for the sentence "by how much";
    ``mde80`` is the smallest change in either direction that would have been seen with 80 % power. ``line`` is the
    fitted straight line, ``level`` the smoothed underlying level with its 95 % band, each with one value per row of
    ``days``.
    """

    key: str
    waves: int
    span_days: float
    change: Interval
    slope_per_day: float
    standard_error: float
    df: float
    p: float
    mde80: float
    shift: Shift
    contrast: StepContrast
    days: tuple[float, ...]
    line: tuple[float, ...]
    level: tuple[float, ...]
    level_low: tuple[float, ...]
    level_high: tuple[float, ...]

    @property
    def amount(self) -> Interval:
        """The figure for "by how much": the shift, but the straight line's change where that alone excludes zero.

        A sentence that says "changed" must not give a range with zero in it; this happens in one of fifteen changes.
        """
        shift, line = self.shift.interval, self.change
        return line if line.excludes_zero and not shift.excludes_zero else shift


@dataclass(frozen=True, kw_only=True)
class Posterior:
    """What the organisation's series say together about autocorrelation and shared mood.

    ``weights`` follow the grid points ``phi`` and ``lam``. ``edge`` is the weight at the largest lambda: above 0.2 the
    grid is too short for these units.
    """

    phi: tuple[float, ...]
    lam: tuple[float, ...]
    weights: tuple[float, ...]
    teams: int
    days_per_wave: float
    reference_n: float

    @property
    def phi_mean(self) -> float:
        """Mean autocorrelation of one wave's distance."""
        return float(np.dot(self.phi, self.weights))

    @property
    def lam_mean(self) -> float:
        """Mean ratio of mood variance to white variance."""
        return float(np.dot(self.lam, self.weights))

    @property
    def edge(self) -> float:
        """Weight of the grid's largest lambda."""
        return float(sum(w for w, x in zip(self.weights, self.lam, strict=True) if x == max(self.lam)))


@dataclass(frozen=True, kw_only=True)
class TrendFit:
    """The trends of all series of one scale, and the covariance they share."""

    results: dict[str, TrendResult | TooEarly]
    posterior: Posterior
