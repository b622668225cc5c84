"""Estimates in, the acceptance bars (4.6) with pass or fail out.

A bar is missed where the estimate lies beyond it by more than three Monte Carlo standard errors: with few runs only
gross faults are found, with many also small ones. Where three errors are more than the bar leaves room for, an estimate
twice as bad as allowed would still pass: such a bar is held but marked as one that these runs cannot judge.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reports.calibration import power
from reports.calibration.families import ManyScalesTask, OneScaleTask
from reports.calibration.looks import DROPS, MANY, SIZES, TEAMS, WAVES, LookTask
from reports.calibration.runs import Estimate, Results, share_error
from reports.calibration.tables import Figure, Table, entry_text, estimate_record
from reports.calibration.waves import GAMMAS, SILENT_SIZES, SilenceTask, ThisWaveTask
from reports.calibration.waves import SIZES as WAVE_SIZES
from reports.calibration.worlds import MOODS
from reports.calibration.years import DROPS as YEAR_DROPS
from reports.calibration.years import LIVE, YearTask, live_task
from reports.calibration.years import SIZES as YEAR_SIZES
from surveys.i18n import Message, Translator

ERRORS = 3.0
YEAR_LIMIT = 0.15
NOTICE_LEAST = 0.88


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar: the estimate has to lie between ``low`` and ``high``; ``error`` is its Monte Carlo standard error."""

    what: Message
    where: Message
    estimate: Estimate
    error: float
    low: float = -math.inf
    high: float = math.inf

    @property
    def room(self) -> float:
        """What the bar allows: from a share of 0 or 1 to its limit, or between its two limits."""
        least = 0.0 if math.isinf(self.low) else self.low
        return (1.0 if math.isinf(self.high) else self.high) - least

    @property
    def can_tell(self) -> bool:
        """Whether the runs are enough for the bar to be missed by something like twice what it allows."""
        return not self.holds or ERRORS * self.error <= self.room

    @property
    def beyond(self) -> float:
        """By how much the estimate lies beyond the bar; 0 where it holds."""
        return max(self.low - self.estimate.value, self.estimate.value - self.high, 0.0)

    @property
    def holds(self) -> bool:
        """Whether the bar is held, or missed by no more than three standard errors."""
        return self.beyond <= ERRORS * self.error


def judge_bars(results: Results, worlds: Sequence[str]) -> list[Bar]:
    """All bars of which something was simulated, in the order of the notes."""
    moods = [world for world in worlds if world in MOODS]
    found = [*_trend(results, moods), *_alerts(results, moods), *_families(results, moods)]
    found += [*_waves(results, moods), *_silence(results), *_power(results, moods)]
    return [bar for bar in found if bar.estimate.units > 0]


def share_bar(what: Message, where: Message, found: Estimate, *, low: float = -math.inf, high: float = math.inf) -> Bar:
    """The bar of a share, with the error of a share."""
    return Bar(what=what, where=where, estimate=found, error=share_error(found), low=low, high=high)


def trend_limit(world: str, waves: int) -> float:
    """The highest share of unchanged teams that may be called changed, 50 teams."""
    if waves == max(WAVES):
        return 0.10
    return 0.11 if world == "strong" else 0.07


def _trend(results: Results, moods: Sequence[str]) -> Iterator[Bar]:
    rejects = Message("5 % trend test calls an unchanged team changed")
    covers = Message("95 % range of the change covers the true one")
    for world in moods:
        for invited in SIZES:
            for waves in WAVES:
                for teams in sorted(TEAMS, reverse=True):
                    task = LookTask(world=world, invited=invited, waves=waves, teams=teams)
                    place = {"world": world, "waves": waves, "size": size_text(invited), "teams": teams}
                    where = Message("{world}, {waves} waves, teams of {size}, organisation of {teams}", place)
                    limit = trend_limit(world, waves) if teams == MANY else 0.14
                    yield share_bar(rejects, where, results.of(task, "rejects"), high=limit)
                    least = 0.89 if teams == MANY else 0.86
                    yield share_bar(covers, where, results.of(task, "covers"), low=least)
                for points in DROPS:
                    task = LookTask(world=world, invited=invited, waves=waves, teams=MANY, points=-points)
                    place = {"world": world, "waves": waves, "size": size_text(invited), "points": points}
                    where = Message("{world}, {waves} waves, teams of {size}, drop of {points}", place)
                    yield share_bar(covers, where, results.of(task, "covers"), low=0.89)


def _alerts(results: Results, moods: Sequence[str]) -> Iterator[Bar]:
    alarmed = Message("alert set to 10 % flags an unchanged team in a year")
    noticed = Message("alert notices a lasting drop of 1 point within 6 waves")
    for world in moods:
        for invited in YEAR_SIZES.get(world, (SIZES[0],)):
            where = Message("{world}, teams of {size}", {"world": world, "size": size_text(invited)})
            quiet = YearTask(world=world, invited=invited)
            yield share_bar(alarmed, where, results.of(quiet, "ours_10_alarmed"), high=YEAR_LIMIT)
            if world == "base":
                fall = replace(quiet, points=-YEAR_DROPS[-1])
                yield share_bar(noticed, where, results.of(fall, "ours_10_noticed"), low=NOTICE_LEAST)
        for teams in LIVE:
            place = {"world": world, "teams": teams}
            where = Message("{world}, organisation of {teams}, wave by wave", place)
            yield share_bar(alarmed, where, results.of(live_task(world, teams), "ours_10_alarmed"), high=YEAR_LIMIT)
            # Few teams cannot see as much; what they see is printed without a bar.
            if world == "base" and teams == MANY:
                fall = live_task(world, teams, YEAR_DROPS[-1])
                yield share_bar(noticed, where, results.of(fall, "ours_10_noticed"), low=NOTICE_LEAST)


def _families(results: Results, moods: Sequence[str]) -> Iterator[Bar]:
    one = Message("false findings of Benjamini-Hochberg at 10 %, 100 teams")
    units = Message("teams falsely found by the hierarchical rule, 100 teams x 5 scales")
    inside = Message("false scales inside the teams it finds")
    for world in moods:
        limit = 0.16 if world == "strong" else 0.10
        where = Message("{world}", {"world": world})
        yield _mean(one, where, results.of(OneScaleTask(world=world), "ours_fdr"), high=limit)
        many = ManyScalesTask(world=world)
        yield _mean(units, where, results.of(many, "tree_units_fdr"), high=limit)
        yield _mean(inside, where, results.of(many, "tree_inside_fdr"), high=limit)


def _mean(what: Message, where: Message, found: Estimate, *, low: float = -math.inf, high: float = math.inf) -> Bar:
    return Bar(what=what, where=where, estimate=found, error=found.error, low=low, high=high)


def _waves(results: Results, moods: Sequence[str]) -> Iterator[Bar]:
    what = Message("this wave's range covers the mean of all members")
    for world in moods:
        for invited in WAVE_SIZES:
            found = results.of(ThisWaveTask(world=world, invited=invited), "covers")
            where = Message("{world}, teams of {size}", {"world": world, "size": size_text(invited)})
            yield share_bar(what, where, found, low=0.93, high=0.97)


def _silence(results: Results) -> Iterator[Bar]:
    what = Message("falling response is called an improvement")
    for gamma in GAMMAS:
        for invited in SILENT_SIZES:
            found = results.of(SilenceTask(invited=invited, gamma=gamma), "improving")
            where = Message("gamma {gamma}, teams of {size}", {"gamma": gamma, "size": size_text(invited)})
            yield share_bar(what, where, found, high=0.10)


def _power(results: Results, moods: Sequence[str]) -> Iterator[Bar]:
    what = Message("printed detectable change over the simulated one")
    for world in moods:
        for invited in SIZES:
            for waves in WAVES:
                simulated = power.smallest_seen(results, world, invited, waves)
                if simulated.units:
                    found = power.ratio(power.printed(results, world, invited, waves), simulated)
                    place = {"world": world, "waves": waves, "size": size_text(invited)}
                    where = Message("{world}, {waves} waves, teams of {size}", place)
                    yield _mean(what, where, found, low=0.8, high=1.2)


def size_text(invited: tuple[int, ...]) -> str:
    """How many are invited in a team, as labels give it."""
    return "/".join(str(size) for size in invited)


def bars_table(bars: Sequence[Bar], tr: Translator, *, section: str = "4.6", level: int = 2) -> Table:
    """All bars with estimate, limit and outcome, those that are missed first, then those that cannot be judged.

    ``section``, ``level``: number in the notes and level of the heading.
    """
    ordered = sorted(bars, key=lambda bar: (bar.holds, bar.can_tell))
    rows = tuple(
        (
            bar.what,
            bar.where,
            Figure(estimate=replace(bar.estimate, error=bar.error)),
            limit_text(bar, tr),
            _outcome(bar),
        )
        for bar in ordered
    )
    return Table(
        section=section,
        level=level,
        title=Message("Acceptance bars"),
        head=(Message("what"), Message("where"), Message("estimate"), Message("bar"), Message("outcome")),
        rows=rows,
        notes=(
            Message(
                "A bar is missed where the estimate lies beyond it by more than three Monte Carlo standard errors."
            ),
            Message("Too few runs to tell: three errors are more than the bar allows, so it could hardly be missed."),
        ),
    )


def _outcome(bar: Bar) -> Message:
    if not bar.holds:
        return Message("MISSED")
    return Message("holds") if bar.can_tell else Message("too few runs to tell")


def _places(limit: float) -> int:
    """Two decimals, three where two would round the limit."""
    return 2 if math.isinf(limit) or math.isclose(limit, round(limit, 2), abs_tol=1e-9) else 3


def limit_text(bar: Bar, tr: Translator) -> Message:
    """The bar in words."""
    low, high = (tr.number(limit, _places(limit)) for limit in (bar.low, bar.high))
    if math.isinf(bar.low):
        return Message("at most {limit}", {"limit": high})
    if math.isinf(bar.high):
        return Message("at least {limit}", {"limit": low})
    return Message("{low} to {high}", {"low": low, "high": high})


def bar_record(bar: Bar, tr: Translator) -> dict[str, object]:
    """The bar as plain values for JSON."""
    return {
        "what": entry_text(bar.what, tr),
        "where": entry_text(bar.where, tr),
        **estimate_record(bar.estimate),
        "error_used": bar.error if math.isfinite(bar.error) else None,
        "low": bar.low if math.isfinite(bar.low) else None,
        "high": bar.high if math.isfinite(bar.high) else None,
        "holds": bar.holds,
        "can_tell": bar.can_tell,
    }
