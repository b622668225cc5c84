"""A panel of teams and waves in, the link of pressure and sentiment or the reason for none out.

Two questions, never mixed. *Between teams*: do teams under more pressure than the others in the same wave feel worse?
Team means, team trends and wave means are taken out of both tables; the slope has a CR2 range, the test re-deals whole
teams. *Company-wide*: do all feel worse in waves of high pressure? One series each, tested by circular shifts.
Simulated error rates: research note 5.3 and docs/calibration.md.

How to simulate (for calibration): draw a panel, call :func:`find_link` (or :func:`link_pair`, some ten times faster)
with another ``seed`` for each run, count ``swap.p <= .05`` and whether ``slope.standardised`` covers r. Worlds of the
note: both tables AR(1) with .6 per wave; own level per team; sentiment is the latent mood plus noise of 30 % of its
variance (reliability .7), and r is the correlation of pressure with what is released, noise included; *drift* adds
unrelated straight lines of each team; *calendar* makes 60 % of pressure's and 30 % of the mood's variance common to all
teams; *calendar_het* gives each team its own strength of it. Naive practice to compare with: Pearson within teams.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from reports.stats.circular_shift import company_series, shift_test
from reports.stats.fixed_effects import Effects, Slope, cluster_slope, within_sd
from reports.stats.link_power import link_power
from reports.stats.link_results import (
    LINK_LEVEL,
    Cells,
    CompanyLink,
    FlagSlope,
    GateState,
    LagScan,
    LinkFit,
    LinkGate,
    LinkPanel,
    LinkSlope,
    LinkVerdict,
    NoIdentification,
    NotIdentifiable,
    PairLink,
    TeamLink,
)
from reports.stats.multiplicity import FALSE_DISCOVERY_RATE, Decision, benjamini_hochberg
from reports.stats.results import Floats, Interval, NeverHere, TooEarly
from reports.stats.slopes import team_slopes
from reports.stats.team_swap import scan_lags, team_swap

PAIRINGS = 1999
LINK_SEED = 20270101
LEAST_LINK_TEAMS = 5
LEAST_LINK_WAVES = 12
LEAST_TEAM_WAVES = 60
LEAST_COMPANY_WAVES = 26
# A team spends a mean and a trend; two more waves let it say anything.
LEAST_OWN_WAVES = 4
LEAST_COVERAGE = 0.6
COVERED_SHARE = 0.8
LEAST_RESPONSE = 0.5
LEAST_SHARE_LEFT = 0.05
# One team that carries more of the pressure that is left stands for itself, not for teams.
MOST_OF_ONE_TEAM = 0.5
LEAST_DF = 4.0
SWAP_LEVEL = 0.05
NARROW = 0.3

_UNCOMPARED = {
    NoIdentification.SHARED_CALENDAR: LinkVerdict.SHARED_CALENDAR,
    NoIdentification.STILL: LinkVerdict.NOTHING_MOVES,
    NoIdentification.ONE_TEAM: LinkVerdict.ONE_TEAM_MOVES,
}

NoSlope = NotIdentifiable | TooEarly
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """The teams and waves that a model is about: the panel cut down to them, cells in use and their effects."""

    panel: LinkPanel
    cells: Cells
    effects: Effects

    @classmethod
    def of(cls, panel: LinkPanel, cells: Cells) -> _Frame:
        """Cut down to teams with four cells and waves with two teams, as often as it takes."""
        rows, columns = _kept(cells)
        cut = _cut(panel, rows, columns)
        own = cells[np.ix_(rows, columns)]
        return cls(panel=cut, cells=own, effects=Effects.of(own, days=cut.days, segments=cut.segments))


def find_link(panel: LinkPanel, *, pairings: int = PAIRINGS, seed: int = LINK_SEED) -> LinkFit:
    """Look for a link between teams and one of the whole company, or say why there is none to look for.

    Gates between teams: five teams, 12 waves, 60 team-waves, coverage of .6 in 80 % of them; company-wide: five teams
    and 26 waves. Cells count where pressure and sentiment are known and at least half answered, and all gates hold for
    the cells that the estimate uses, too. Fewer than five teams
    in the panel, or with any value after 12 waves, are NeverHere (reason ``teams``), for both questions. ``waves_left``
    of TooEarly is what the gates need at best; ``power`` says what it takes to see r = .3.
    Cannot say: that pressure is the cause; anything about a person or one team alone.
    """
    frame = _Frame.of(panel, _usable(panel) & _answered(panel))
    gates = _gates(panel, frame)
    known = int(_usable(panel).any(axis=1).sum())
    if len(panel.keys) < LEAST_LINK_TEAMS or (panel.days.size >= LEAST_LINK_WAVES and known < LEAST_LINK_TEAMS):
        never = NeverHere(reason=LinkGate.TEAMS.value)
        return LinkFit(
            verdict=LinkVerdict.NEVER_HERE,
            team=never,
            company=never,
            gates=gates,
            power=None,
            pairings=pairings,
            seed=seed,
        )
    team = _team_link(panel, frame, gates, pairings=pairings, seed=seed)
    return LinkFit(
        verdict=judge_link(team),
        team=team,
        company=_company_link(frame, gates),
        gates=gates,
        power=link_power(
            max(known if isinstance(team, TooEarly) else frame.cells.shape[0], LEAST_LINK_TEAMS),
            int(_state(gates, LinkGate.WAVES).found),
        ),
        pairings=pairings,
        seed=seed,
    )


def link_pair(panel: LinkPanel, *, pairings: int = PAIRINGS, seed: int = LINK_SEED) -> PairLink | NoSlope | NeverHere:
    """The estimate and test between teams alone, behind the same gates; for other scales and indicators."""
    if len(panel.keys) < LEAST_LINK_TEAMS:
        return NeverHere(reason=LinkGate.TEAMS.value)
    frame = _Frame.of(panel, _usable(panel) & _answered(panel))
    return _waiting(panel, frame, _gates(panel, frame)) or _pair(frame, pairings=pairings, seed=seed)


def worth_a_look(pairs: Mapping[K, PairLink]) -> dict[K, Decision]:
    """Which of many pairs are "worth a look": Benjamini-Hochberg at 10 % over their swap tests, keys in their order."""
    adjusted = benjamini_hochberg([pair.swap.p for pair in pairs.values()])
    return {
        key: Decision(selected=bool(p <= FALSE_DISCOVERY_RATE), p_adjusted=float(p))
        for key, p in zip(pairs, adjusted, strict=True)
    }


def judge_link(team: TeamLink | NotIdentifiable | TooEarly | NeverHere) -> LinkVerdict:
    """Choose what may be said; the rule stands with :class:`LinkVerdict`."""
    if isinstance(team, NeverHere):
        return LinkVerdict.NEVER_HERE
    if isinstance(team, TooEarly):
        return LinkVerdict.TOO_EARLY
    if isinstance(team, NotIdentifiable):
        return _UNCOMPARED[team.reason]
    slope, likely = team.pair.slope, team.pair.swap.p <= SWAP_LEVEL
    if slope.interval.excludes_zero and likely:
        return LinkVerdict.HIGHER_TOGETHER if slope.interval.estimate > 0 else LinkVerdict.LOWER_TOGETHER
    if slope.interval.excludes_zero or likely:
        return LinkVerdict.NOT_CONFIRMED
    return LinkVerdict.NO_LARGER_LINK if 2 * slope.standardised.half_width <= NARROW else LinkVerdict.UNCERTAIN


def _usable(panel: LinkPanel) -> Cells:
    found: Cells = panel.mask & np.isfinite(panel.pressure) & np.isfinite(panel.sentiment)
    return found


def _answered(panel: LinkPanel) -> Cells:
    """Where response is not known to be low."""
    found: Cells = ~(panel.response < LEAST_RESPONSE)
    return found


def _kept(cells: Cells) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rows, columns = np.ones(cells.shape[0], dtype=np.bool_), np.ones(cells.shape[1], dtype=np.bool_)
    while True:
        inside = cells & rows[:, None] & columns
        next_rows, next_columns = inside.sum(axis=1) >= LEAST_OWN_WAVES, inside.sum(axis=0) >= 2
        if bool(np.all(next_rows == rows) and np.all(next_columns == columns)):
            return np.flatnonzero(rows), np.flatnonzero(columns)
        rows, columns = next_rows, next_columns


def _cut(panel: LinkPanel, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> LinkPanel:
    part = np.ix_(rows, columns)
    return LinkPanel(
        keys=tuple(panel.keys[row] for row in rows),
        days=panel.days[columns],
        pressure=panel.pressure[part],
        sentiment=panel.sentiment[part],
        mask=panel.mask[part],
        coverage=panel.coverage[part],
        response=panel.response[part],
        segments=panel.segments[part],
        flags={name: flag[part] for name, flag in panel.flags.items()},
        lagged=None if panel.lagged is None else panel.lagged[:, rows][:, :, columns],
    )


def _gates(panel: LinkPanel, frame: _Frame) -> tuple[GateState, ...]:
    """Counted before teams of few waves are left out, so that a new panel is told how far it is.

    Where all gates between teams seem met, on the cells that the estimate uses: those decide.
    """
    together = _usable(panel) & _answered(panel)
    together &= together.sum(axis=0) >= 2
    known = int(_usable(panel).any(axis=1).sum())
    first = _counted(together, panel.coverage, teams=known)
    if not all(state.is_met for state in _between(first)):
        return first
    return _counted(frame.cells, frame.panel.coverage, teams=frame.cells.shape[0])


def _between(gates: tuple[GateState, ...]) -> tuple[GateState, ...]:
    return tuple(state for state in gates if state.gate is not LinkGate.COMPANY_WAVES)


def _counted(used: Cells, coverage: Floats, *, teams: int) -> tuple[GateState, ...]:
    cells, waves = int(used.sum()), int(used.any(axis=0).sum())
    covered = int((used & (coverage >= LEAST_COVERAGE)).sum())
    return (
        GateState(gate=LinkGate.TEAMS, found=teams, needed=LEAST_LINK_TEAMS),
        GateState(gate=LinkGate.WAVES, found=waves, needed=LEAST_LINK_WAVES),
        GateState(gate=LinkGate.TEAM_WAVES, found=cells, needed=LEAST_TEAM_WAVES),
        GateState(gate=LinkGate.COVERAGE, found=covered / cells if cells else 0.0, needed=COVERED_SHARE),
        GateState(gate=LinkGate.COMPANY_WAVES, found=waves, needed=LEAST_COMPANY_WAVES),
    )


def _state(gates: tuple[GateState, ...], gate: LinkGate) -> GateState:
    return next(state for state in gates if state.gate is gate)


def _waiting(panel: LinkPanel, frame: _Frame, gates: tuple[GateState, ...]) -> TooEarly | None:
    """The waves that the gates between teams still need, if every team answers in each; None where all are met."""
    states = {state.gate: state for state in _between(gates)}
    if all(state.is_met for state in states.values()):
        return None
    each = max(frame.cells.shape[0], LEAST_LINK_TEAMS)
    cells = states[LinkGate.TEAM_WAVES].found
    # New cells are taken for covered: (covered + x) / (cells + x) has to reach the share.
    uncovered = cells * (COVERED_SHARE - states[LinkGate.COVERAGE].found) / (1 - COVERED_SHARE)
    own = np.sort((_usable(panel) & _answered(panel)).sum(axis=1))[-LEAST_LINK_TEAMS]
    left = (
        LEAST_OWN_WAVES - int(own),
        states[LinkGate.WAVES].needed - states[LinkGate.WAVES].found,
        math.ceil((LEAST_TEAM_WAVES - cells) / each),
        math.ceil(uncovered / each - 1e-9),
    )
    return TooEarly(waves_left=max(1, *(int(number) for number in left)))


def _pair(frame: _Frame, *, pairings: int, seed: int) -> PairLink | NotIdentifiable:
    found = _slope(frame)
    if isinstance(found, NotIdentifiable):
        return found
    slope, x, y, sd, left = found
    known, makers = np.isfinite(frame.panel.pressure), frame.effects.makers
    # Where pressure is known its own cells count, so that a deal does not lose what sentiment lacks.
    dealt = _to_deal(frame.panel, frame.panel.pressure, known)
    own = frame.effects.residuals(_even(frame.effects, frame.panel.sentiment))
    ranks = stats.spearmanr(x[frame.cells], y[frame.cells]).statistic
    return PairLink(
        slope=slope,
        swap=team_swap(dealt, own, known, frame.cells, pairings=pairings, seed=seed, makers=makers),
        rank_correlation=float(ranks),
        share_left=left,
        pressure_sd=sd,
    )


def _even(effects: Effects, table: Floats) -> Floats:
    """Bring the teams' own movement to the same spread; a team that stands still is 0.

    A deal moves whole teams. Were one of them to swing more than the others in both, its own pair alone would decide.
    """
    size = effects.spread(table)[:, None]
    even: Floats = np.where(effects.mask & (size > 0), table / np.where(size > 0, size, 1.0), 0.0)
    return even


def _to_deal(panel: LinkPanel, table: Floats, known: Cells) -> Floats:
    """Pressure ready to be dealt: its segments keep their means, for the team that gets it takes out its own."""
    own = Effects.of(known, days=panel.days, segments=panel.segments)
    return Effects.of(known, days=panel.days).residuals(_even(own, table))


def _slope(
    frame: _Frame, *, without: tuple[Floats, ...] = ()
) -> tuple[LinkSlope, Floats, Floats, float, float] | NotIdentifiable:
    """The slope, both residuals, the within-team SD of pressure and the share of its variance left."""
    cells, panel = frame.cells, frame.panel
    sd = within_sd(panel.pressure, cells, segments=panel.segments)
    spread = within_sd(panel.sentiment, cells, segments=panel.segments)
    if sd <= _rounding(panel.pressure, cells) or spread <= _rounding(panel.sentiment, cells):
        return NotIdentifiable(reason=NoIdentification.STILL, share_left=0.0)
    x, y = (frame.effects.residuals(table, without=without) for table in (panel.pressure / sd, panel.sentiment))
    own = replace(frame.effects, normal=None).residuals(panel.pressure / sd)
    left = _share(x, own)
    if left < LEAST_SHARE_LEFT:
        return NotIdentifiable(reason=NoIdentification.SHARED_CALENDAR, share_left=left)
    if _largest(x) > MOST_OF_ONE_TEAM:
        return NotIdentifiable(reason=NoIdentification.ONE_TEAM, share_left=left)
    fitted = cluster_slope(x, y)
    rest = math.sqrt(float(np.square(y).sum() / np.square(x).sum()))
    if fitted is None or rest <= _rounding(panel.sentiment, cells):
        return NotIdentifiable(reason=NoIdentification.STILL, share_left=left)
    # Half of what G equal teams have, for five of them have no more than four.
    if fitted.df < min(LEAST_DF, (cells.shape[0] - 1) / 2):
        return NotIdentifiable(reason=NoIdentification.ONE_TEAM, share_left=left)
    return _described(fitted, cells, rest), x, y, sd, left


def _rounding(table: Floats, cells: Cells) -> float:
    return 1e-9 * max(float(np.abs(table[cells]).max(initial=0.0)), 1.0)


def _share(x: Floats, own: Floats) -> float:
    total = float(np.square(own).sum())
    return float(np.square(x).sum()) / total if total > 0 else 0.0


def _largest(x: Floats) -> float:
    """The largest share that one team has of the sum of squares."""
    squares = np.square(x).sum(axis=1)
    return float(squares.max()) / float(squares.sum()) if bool(squares.any()) else 1.0


def _described(fitted: Slope, cells: Cells, rest: float) -> LinkSlope:
    interval = fitted.interval(LINK_LEVEL)
    return LinkSlope(
        interval=interval,
        standardised=Interval(
            estimate=interval.estimate / rest, low=interval.low / rest, high=interval.high / rest, level=LINK_LEVEL
        ),
        df=fitted.df,
        teams=fitted.clusters,
        waves=cells.shape[1],
        team_waves=int(cells.sum()),
    )


def _again(panel: LinkPanel, cells: Cells, *, without: tuple[str, ...] = ()) -> LinkSlope | NoSlope:
    """The slope from other cells, or with flags as further columns; TooEarly where too little is left."""
    frame = _Frame.of(panel, cells)
    if frame.cells.shape[0] < LEAST_LINK_TEAMS or frame.cells.shape[1] < LEAST_OWN_WAVES:
        return TooEarly(waves_left=max(LEAST_OWN_WAVES - frame.cells.shape[1], 1))
    found = _slope(frame, without=tuple(frame.panel.flags[name].astype(np.float64) for name in without))
    return found if isinstance(found, NotIdentifiable) else found[0]


def _team_link(
    panel: LinkPanel, frame: _Frame, gates: tuple[GateState, ...], *, pairings: int, seed: int
) -> TeamLink | NoSlope:
    waiting = _waiting(panel, frame, gates)
    if waiting is not None:
        return waiting
    pair = _pair(frame, pairings=pairings, seed=seed)
    if isinstance(pair, NotIdentifiable):
        return pair
    x, y = (
        frame.effects.residuals(table) for table in (frame.panel.pressure / pair.pressure_sd, frame.panel.sentiment)
    )
    low = _usable(panel) & ~_answered(panel)
    return TeamLink(
        pair=pair,
        leave_one_out=_leave_one_out(frame, pair.pressure_sd),
        team_slopes=team_slopes(x, y, frame.cells, frame.panel.keys, common=pair.slope.interval.estimate),
        all_responses=_again(panel, _usable(panel)) if bool(low.any()) else pair.slope,
        low_response_cells=int(low.sum()),
        flags=_flags(panel, pair),
        reverse=_reverse(panel, pairings=pairings, seed=seed),
        scan=_scan(frame, pairings=pairings, seed=seed),
    )


def _leave_one_out(frame: _Frame, sd: float) -> tuple[float, ...]:
    """Least and largest slope; none without a team whose leaving leaves the others one calendar or one mover."""
    slopes = []
    pressure = frame.panel.pressure / sd
    own = np.square(replace(frame.effects, normal=None).residuals(pressure)).sum(axis=1)
    for team in range(len(frame.panel.keys)):
        x = frame.effects.without_team(pressure, team)
        y = frame.effects.without_team(frame.panel.sentiment, team)
        total = float(np.square(x).sum())
        if total > LEAST_SHARE_LEFT * float(own.sum() - own[team]) and _largest(x) <= MOST_OF_ONE_TEAM:
            slopes.append(float(np.sum(x * y)) / total)
    return (min(slopes), max(slopes)) if slopes else ()


def _flags(panel: LinkPanel, pair: PairLink) -> FlagSlope:
    cells = _usable(panel) & _answered(panel)
    named = {name: int((flag & cells).sum()) for name, flag in panel.flags.items()}
    names = tuple(name for name, count in named.items() if count)
    if not names:
        return FlagSlope(dropped=pair.slope, adjusted=pair.slope, cells=0, names=())
    flagged = np.logical_or.reduce([panel.flags[name] for name in names])
    return FlagSlope(
        dropped=_again(panel, cells & ~flagged),
        adjusted=_again(panel, cells, without=names),
        cells=int((flagged & cells).sum()),
        names=names,
    )


def _reverse(panel: LinkPanel, *, pairings: int, seed: int) -> PairLink | NoSlope:
    """Sentiment of a wave as the cause, pressure of the next wave as the effect."""
    after = np.full(panel.pressure.shape, np.nan)
    after[:, :-1] = panel.pressure[:, 1:]
    cells = panel.mask & _answered(panel) & np.isfinite(panel.sentiment) & np.isfinite(after)
    swapped = replace(
        panel, pressure=np.where(panel.mask, panel.sentiment, np.nan), sentiment=after, flags={}, lagged=None
    )
    frame = _Frame.of(swapped, cells)
    if frame.cells.shape[0] < LEAST_LINK_TEAMS or frame.cells.shape[1] < LEAST_OWN_WAVES:
        return TooEarly(waves_left=max(LEAST_OWN_WAVES - frame.cells.shape[1], 1))
    return _pair(frame, pairings=pairings, seed=seed)


def _scan(frame: _Frame, *, pairings: int, seed: int) -> LagScan | None:
    lagged = frame.panel.lagged
    if lagged is None:
        return None
    masks = [np.isfinite(table) for table in lagged]
    tables = [_to_deal(frame.panel, table, mask) for table, mask in zip(lagged, masks, strict=True)]
    y, makers = frame.effects.residuals(_even(frame.effects, frame.panel.sentiment)), frame.effects.makers
    return scan_lags(tables, y, masks, frame.cells, pairings=pairings, seed=seed, makers=makers)


def _company_link(frame: _Frame, gates: tuple[GateState, ...]) -> CompanyLink | NoSlope:
    state = _state(gates, LinkGate.COMPANY_WAVES)
    teams, waves = frame.cells.shape
    if not state.is_met or teams < LEAST_LINK_TEAMS or waves < LEAST_COMPANY_WAVES:
        left = state.needed - (waves if state.is_met else state.found)
        return TooEarly(waves_left=max(int(left), 1))
    panel = frame.panel
    own = Effects.of(frame.cells, days=panel.days, segments=panel.segments, trends=False, waves=False)
    pressure, sentiment = company_series([own.residuals(panel.pressure), own.residuals(panel.sentiment)], frame.cells)
    lagged = [] if panel.lagged is None else [_company_lag(frame, table) for table in panel.lagged]
    found = shift_test(pressure, sentiment, panel.days, lagged=lagged)
    return NotIdentifiable(reason=NoIdentification.STILL, share_left=0.0) if found is None else found


def _company_lag(frame: _Frame, table: Floats) -> Floats:
    cells = frame.cells & np.isfinite(table)
    own = Effects.of(cells, days=frame.panel.days, segments=frame.panel.segments, trends=False, waves=False)
    (series,) = company_series([own.residuals(table)], cells)
    return series
