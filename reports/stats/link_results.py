"""What a link of pressure and sentiment rests on and what it may say: the panel in, frozen results out.

Everything here goes through :mod:`reports.codec` (tuples and dataclasses only), except the panel itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from numpy import bool_, int64
from numpy.typing import NDArray

from reports.stats.results import Estimand, Floats, Interval, NeverHere, TooEarly

Cells = NDArray[bool_]
# A report prints this level for links: effects are small, and a wider range would say nothing for years.
LINK_LEVEL = 0.90


@dataclass(frozen=True, kw_only=True)
class LinkPanel:
    """G teams by W waves, oldest wave first; all arrays (G, W) unless said otherwise.

    ``keys``: (G,), one per team or fixed set of teams, disjoint; ``days``: (W,) day on which each wave opened, rising.
    ``pressure``: mean index over the recall window, NaN where there is none; ``sentiment``: released mean, NaN where
    there is none; both also outside ``mask``. ``mask``: cells that may be used; a cell is used where both are numbers
    too. ``coverage``: share of the index's weight (0 to 1), ``response``: share who answered (middle of the band);
    NaN counts as not enough coverage, and as enough response. ``segments``: whole numbers that change where more than
    30 % of the members changed: the team's mean starts anew. ``flags``: cells with an event of the calendar, by name.
    ``lagged``: (L, G, W) pressure of the windows 0, 1, .. L-1 before, NaN where there is none; None without a scan.
    Raises ValueError for shapes that do not fit and days that do not rise.
    """

    keys: tuple[str, ...]
    days: Floats
    pressure: Floats
    sentiment: Floats
    mask: Cells
    coverage: Floats
    response: Floats
    segments: NDArray[int64]
    flags: Mapping[str, Cells] = field(default_factory=dict)
    lagged: Floats | None = None

    def __post_init__(self) -> None:
        """Refuse what does not fit together."""
        shape = (len(self.keys), self.days.size)
        cells = (self.pressure, self.sentiment, self.mask, self.coverage, self.response, self.segments)
        if any(each.shape != shape for each in (*cells, *self.flags.values())):
            raise ValueError("every table of a panel has one row per team and one column per wave")
        if self.lagged is not None and self.lagged.shape[1:] != shape:
            raise ValueError("pressure at other lags has the shape lags, teams, waves")
        if len(set(self.keys)) != len(self.keys):
            raise ValueError("each team needs a key of its own")
        if bool((self.days[1:] <= self.days[:-1]).any()):
            raise ValueError("waves come in the order of their days")


class LinkGate(StrEnum):
    """A condition that the data must meet before anything is estimated.

    TEAMS: five with four waves each. WAVES: 12 with two teams each. TEAM_WAVES: 60. COVERAGE: in .8 of them at least .6
    of the weight of the index has a value. COMPANY_WAVES: 26, for the question about the whole company alone.
    """

    TEAMS = "teams"
    WAVES = "waves"
    TEAM_WAVES = "team_waves"
    COVERAGE = "coverage"  # share of team-waves with enough coverage of the index
    COMPANY_WAVES = "company_waves"


@dataclass(frozen=True, kw_only=True)
class GateState:
    """One line of the table of gates: what there is, what is needed, and whether that is met."""

    gate: LinkGate
    found: float
    needed: float

    @property
    def is_met(self) -> bool:
        """Whether there is as much as is needed."""
        return self.found >= self.needed


class NoIdentification(StrEnum):
    """Why teams cannot be compared although there are enough of them.

    SHARED_CALENDAR: less than 5 % of the variance of pressure within teams is left after the mean of each wave.
    STILL: pressure or sentiment does not move within teams. ONE_TEAM: more than half of what is left of pressure is one
    team's, or the slope has fewer than 4 degrees of freedom (half of what equal teams have, with fewer than nine).
    """

    SHARED_CALENDAR = "shared_calendar"
    STILL = "still"
    ONE_TEAM = "one_team"


@dataclass(frozen=True, kw_only=True)
class NotIdentifiable:
    """No slope: ``share_left`` of the within-team variance of pressure is left after the wave means (0 to 1)."""

    reason: NoIdentification
    share_left: float


@dataclass(frozen=True, kw_only=True)
class LinkSlope:
    """Points of sentiment per within-team SD of pressure, with its 90 % range, from ``teams`` by ``waves``.

    ``standardised``: the same in SDs of the sentiment that is left (comparable with r); ``df``: Satterthwaite's.
    """

    interval: Interval
    standardised: Interval
    df: float
    teams: int
    waves: int
    team_waves: int


@dataclass(frozen=True, kw_only=True)
class SwapTest:
    """The correlation of residuals, each team's at the same spread, and what re-dealing the teams' pressure gives.

    ``observed``: the correlation in hand; ``p`` = (1 + ``as_strong``) / (1 + ``pairings``), two-sided; ``is_full``:
    every possible deal was looked at; ``dealt``: (pairings,) the correlations of the deals, for the strip.
    """

    observed: float
    p: float
    as_strong: int
    pairings: int
    is_full: bool
    dealt: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class TeamSlope:
    """One team's slope after empirical-Bayes shrinkage, in points per within-team SD; never shown by rank.

    ``weight``: share of its own distance from the common slope that it keeps.
    """

    key: str
    interval: Interval
    weight: float


@dataclass(frozen=True, kw_only=True)
class TeamSlopes:
    """Slopes by team in the order of the panel; ``same_direction`` of ``teams`` have the sign of the common slope.

    Direction is counted before shrinkage: afterwards nearly all would agree.
    """

    slopes: tuple[TeamSlope, ...]
    same_direction: int
    teams: int
    spread: float  # SD of the true slopes between teams


@dataclass(frozen=True, kw_only=True)
class LagScan:
    """Exploration only: the correlation at each lag in windows, and one p for the strongest of all."""

    lags: tuple[int, ...]
    correlations: tuple[float, ...]
    strongest: int  # a lag
    p: float


@dataclass(frozen=True, kw_only=True)
class FlagSlope:
    """The slope with the events of the calendar treated in another way; ``cells`` flagged team-waves in use."""

    dropped: LinkSlope | NotIdentifiable | TooEarly
    adjusted: LinkSlope | NotIdentifiable | TooEarly
    cells: int
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PairLink:
    """The estimate of one pair (index or indicator, scale) between teams in the same wave."""

    slope: LinkSlope
    swap: SwapTest
    rank_correlation: float  # Spearman of the same residuals
    share_left: float  # of the within-team variance of pressure, after the wave means
    pressure_sd: float  # the within-team SD: points of the index per unit of the slope
    estimand: Estimand = Estimand.LASTING


@dataclass(frozen=True, kw_only=True)
class TeamLink:
    """Do teams under more pressure than the others in the same wave feel worse?

    ``leave_one_out``: least and largest slope without one of the teams, teams left out without whom nothing can be
    compared; empty where that is so for each. ``all_responses``: with the waves of low
    response; ``reverse``: pressure of the next wave on sentiment of this one, points of the index per SD.
    """

    pair: PairLink
    leave_one_out: tuple[float, ...]
    team_slopes: TeamSlopes | TooEarly
    all_responses: LinkSlope | NotIdentifiable | TooEarly
    low_response_cells: int
    flags: FlagSlope
    reverse: PairLink | NotIdentifiable | TooEarly
    scan: LagScan | None

    @property
    def may_say_followed(self) -> bool:
        """Whether a text may say "followed by": only where the reverse direction was looked at and shows nothing."""
        return isinstance(self.reverse, PairLink) and not self.reverse.slope.interval.excludes_zero


@dataclass(frozen=True, kw_only=True)
class CompanyLink:
    """Do all teams feel worse in waves of high pressure? Everything else on the calendar is in it.

    ``correlation``: of the detrended means with its 90 % range from the effective number of waves; ``p`` by joint
    circular shift over ``shifts`` shifts, of which ``as_strong`` did as well; ``shifted``: their correlations.
    """

    correlation: Interval
    effective_waves: float
    p: float
    as_strong: int
    shifts: int
    waves: int
    shifted: tuple[float, ...]
    scan: LagScan | None
    estimand: Estimand = Estimand.LASTING


@dataclass(frozen=True, kw_only=True)
class LinkPower:
    """What ``teams`` can see: ``detectable_r`` with 80 % power now; ``waves_needed`` in all until r = .3 would show.

    ``detectable_r`` is None while there are too few waves for any link. From the simulated power of the test, midway
    between teams of separate calendars and teams of a shared one.
    """

    teams: int
    detectable_r: float | None
    waves_needed: int
    waves_left: int


class LinkVerdict(StrEnum):
    """All that may be said about the link of pressure and sentiment between teams.

    HIGHER_TOGETHER, LOWER_TOGETHER: the 90 % range of the slope excludes 0 and the re-dealt p is at most .05; the sign
    is that of the slope. NOT_CONFIRMED: only one of the two is so. NO_LARGER_LINK: neither, and the range of the
    standardised slope is at most .3 wide. UNCERTAIN: neither, and it is wider. SHARED_CALENDAR: pressure rose and fell
    together in all teams. NOTHING_MOVES: pressure or sentiment stood still within teams. ONE_TEAM_MOVES: what is left
    of pressure is mostly one team's. TOO_EARLY: a gate is not passed yet. NEVER_HERE: fewer than five teams.
    """

    HIGHER_TOGETHER = "higher_together"
    LOWER_TOGETHER = "lower_together"
    NOT_CONFIRMED = "not_confirmed"
    NO_LARGER_LINK = "no_larger_link"
    UNCERTAIN = "uncertain"
    SHARED_CALENDAR = "shared_calendar"
    NOTHING_MOVES = "nothing_moves"
    ONE_TEAM_MOVES = "one_team_moves"
    TOO_EARLY = "too_early"
    NEVER_HERE = "never_here"


@dataclass(frozen=True, kw_only=True)
class LinkFit:
    """Both questions about one panel, never mixed, with the table of gates.

    ``company`` is TooEarly also where the waves do not suffice; NeverHere with fewer than five teams. ``seed`` and
    ``pairings`` are those of the test.
    """

    verdict: LinkVerdict
    team: TeamLink | NotIdentifiable | TooEarly | NeverHere
    company: CompanyLink | NotIdentifiable | TooEarly | NeverHere
    gates: tuple[GateState, ...]
    power: LinkPower | None
    pairings: int
    seed: int
