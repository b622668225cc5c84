"""The frozen results of the statistics: every figure with its interval, its method and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Estimand(StrEnum):
    """Which of the two questions a figure answers; they are never mixed (Deming 1953: enumerative and analytic)."""

    THIS_WAVE = "this_wave"  # how the people of this crowd felt in this wave: a finite population
    LASTING = "lasting"  # whether the level behind the waves moved: the process, without finite population correction


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
    estimand: Estimand = Estimand.THIS_WAVE


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
    estimand: Estimand = Estimand.LASTING


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
    estimand: Estimand = Estimand.LASTING


@dataclass(frozen=True, kw_only=True)
class TrendResult:
    """The trend of one series over its window.

    ``change`` is slope times span, the decision's figure; ``shift`` is the figure for the sentence "by how much";
    ``mde80`` is the smallest change in either direction that would have been seen with 80 % power. ``line`` is the
    fitted straight line, ``level`` the smoothed underlying level with its 95 % band, each with one value per row of
    ``days``. ``clipped`` is the share of rows whose value stands at an end of what may be shown: where it is large,
    ``mde80`` says nothing, because values that cannot move look steady.
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
    estimand: Estimand = Estimand.LASTING
    clipped: float = 0.0

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
    grid is too short for these units. ``white_variance`` is the prior variance s0^2 of one wave's white noise at the
    reference n (squared scale points) and ``prior_df`` its degrees of freedom, both averaged over the grid;
    ``prior_variances`` and ``prior_dfs`` hold them at each grid point, 0 where the weight is negligible. ``pooled_df``
    are the degrees of freedom s0^2 was estimated on, infinite where it is the documented value.
    """

    phi: tuple[float, ...]
    lam: tuple[float, ...]
    weights: tuple[float, ...]
    teams: int
    days_per_wave: float
    reference_n: float
    white_variance: float = 0.0
    prior_df: float = np.inf
    prior_variances: tuple[float, ...] = ()
    prior_dfs: tuple[float, ...] = ()
    pooled_df: float = np.inf

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
    """The trends of all series of one scale, and the covariance they share.

    ``quiet`` is the posterior of the pooled series without a trend alone: what the alerts take for normal. None where
    fewer than three, or fewer than half, are left.
    """

    results: dict[str, TrendResult | TooEarly]
    posterior: Posterior
    quiet: Posterior | None = None

    @property
    def normal(self) -> Posterior:
        """The posterior of the series at rest, of all where that is not known."""
        return self.posterior if self.quiet is None else self.quiet


class AlertStatus(StrEnum):
    """What is said about a unit in this wave: only a new alert is a message."""

    LOWER = "lower"
    HIGHER = "higher"
    QUIET = "quiet"


@dataclass(frozen=True, kw_only=True)
class AlertRule:
    """The rule of a year's watch: ``threshold`` on abs(z), exceeded in ``rate`` of simulated quiet team-years.

    ``waves`` is the length of the year in waves, ``years`` the number of simulated years, ``seed`` their seed.
    """

    rate: float
    threshold: float
    waves: int
    years: int
    seed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One wave's look at a unit: its day, z of the recent waves against those before, and whether it raised an alert.

    ``is_alert`` is false also where z exceeds the threshold in the silence after an alert.
    """

    day: float
    z: float
    is_alert: bool


@dataclass(frozen=True, kw_only=True)
class Watch:
    """The looks at one unit in the window, oldest first; ``contrast`` gives the figures of the ``current`` one.

    ``status`` is that of the organisation's latest wave: quiet where the unit has no value in it.
    """

    key: str
    looks: tuple[Look, ...]
    current: Look
    contrast: StepContrast
    status: AlertStatus
    estimand: Estimand = Estimand.LASTING

    @property
    def alerts(self) -> tuple[Look, ...]:
        """The looks that raised an alert."""
        return tuple(look for look in self.looks if look.is_alert)


@dataclass(frozen=True, kw_only=True)
class AlertFit:
    """The rule of one scale and what it says about each unit."""

    rule: AlertRule
    results: dict[str, Watch | TooEarly]


@dataclass(frozen=True, kw_only=True)
class LocalLevel:
    """A random walk seen through noise: both variances (squared units), the smoothed level and its 95 % band (t,).

    ``signal`` is the ratio of the walk's variance per wave to the noise's.
    """

    var_level: float
    var_irregular: float
    smoothed: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    estimand: Estimand = Estimand.LASTING

    @property
    def signal(self) -> float:
        """Variance of the level's step over the noise variance; infinite without noise."""
        return self.var_level / self.var_irregular if self.var_irregular > 0 else np.inf


@dataclass(frozen=True, kw_only=True)
class Bound:
    """The change of a unit if its silent people had been ``gap`` points lower than those who answered."""

    gap: float
    change: Interval
    estimand: Estimand = Estimand.LASTING


@dataclass(frozen=True, kw_only=True)
class ResponseTrend:
    """How the response of a unit moved over the window.

    ``change`` in logits over the window, ``odds`` the same as a ratio of odds, ``p`` of no change; ``first`` and
    ``last`` are the mean shares (0 to 1) in the first and the last third of the waves.
    """

    key: str
    change: Interval
    odds: Interval
    p: float
    first: float
    last: float
    estimand: Estimand = Estimand.LASTING
