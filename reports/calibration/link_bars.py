"""Estimates of the link in, the acceptance bars of the research note on roadmap pressure with pass or fail out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reports.calibration.bars import Bar, share_bar
from reports.calibration.link_runs import (
    POWER_WORLDS,
    LinkTask,
    covered_tasks,
    few_tasks,
    large_tasks,
    null_tasks,
    power_tasks,
    released_tasks,
    reverse_tasks,
)
from reports.calibration.runs import Estimate, Results, share_error
from reports.stats.link_power import power_at
from surveys.i18n import Message

MOST_FALSE = 0.075
MOST_SCANNED = 0.08
COVERAGE = (0.85, 0.95)
# Ten teams, 26 waves, a common calendar (statistics note, 4.6).
ASSOCIATION = (0.03, 0.08)
ASSOCIATION_SIZE = (10, 26)
SHOCKS = ("calendar", "calendar_het")
# Power of the note's table may be missed by so much, and the printed power may be off by so much either way.
NEAR = 0.05
PRINTED_NEAR = 0.10
# The worlds in which two company series have nothing in common but chance and no random walk.
STEADY = ("ar", "calendar", "calendar_het", "missing")

NOTE_POWER: Mapping[str, Mapping[tuple[int, int], tuple[float, ...]]] = {
    "ar": {
        (5, 12): (0.10, 0.18, 0.30, 0.68),
        (5, 26): (0.20, 0.31, 0.56, 0.97),
        (9, 26): (0.36, 0.57, 0.91, 1.00),
        (20, 12): (0.37, 0.58, 0.92, 1.00),
        (20, 26): (0.74, 0.90, 1.00, 1.00),
        (50, 12): (0.76, 0.94, 1.00, 1.00),
    },
    "calendar": {
        (5, 12): (0.06, 0.09, 0.15, 0.37),
        (5, 26): (0.11, 0.14, 0.34, 0.80),
        (9, 26): (0.17, 0.36, 0.64, 0.97),
        (20, 12): (0.20, 0.31, 0.67, 0.99),
        (20, 26): (0.44, 0.66, 0.96, 1.00),
        (50, 12): (0.43, 0.69, 0.97, 1.00),
    },
}
"""Power of the swap test in the note (5.3) by world and size, for r of .15, .2, .3 and .5."""

NOTE_R = (0.15, 0.2, 0.3, 0.5)


def judge_link_bars(results: Results, worlds: Sequence[str]) -> list[Bar]:
    """All bars of which something was simulated."""
    found = [*_false(results, worlds), *_association(results, worlds), *_covers(results, worlds)]
    found += [*_power(results, worlds), *_printed(results, worlds), *_reverse(results), *_never(results, worlds)]
    return [bar for bar in found if bar.estimate.units > 0]


def where_text(task: LinkTask) -> Message:
    """World and size of a setting, as labels give it."""
    place = {"world": task.world, "teams": task.teams, "waves": task.waves, "r": task.r}
    if task.released:
        return Message("{world}, {teams} teams, {waves} waves, r {r}, released", place)
    return Message("{world}, {teams} teams, {waves} waves, r {r}", place)


def limit_bar(what: Message, where: Message, found: Estimate, *, low: float = -math.inf, high: float = math.inf) -> Bar:
    """The bar of a share; its error is at least that of a share at the nearest limit.

    With few panels all of them may be covered by chance, and a share of 1 would have next to no error of its own.
    """
    bar = share_bar(what, where, found, low=low, high=high)
    limits = [limit for limit in (low, high) if 0 < limit < 1]
    if not limits or not found.units:
        return bar
    nearest = min(limits, key=lambda limit: abs(limit - found.value))
    return replace(bar, error=max(bar.error, math.sqrt(nearest * (1 - nearest) / found.units)))


def _false(results: Results, worlds: Sequence[str]) -> Iterator[Bar]:
    rejects = Message("5 % swap test finds a link where there is none")
    scan = Message("the strongest of nine lags is called real where nothing is")
    company = Message("5 % shift test finds a link of the whole company where there is none")
    released = [task for task in released_tasks(worlds) if not task.r]
    for task in (*null_tasks(worlds), *large_tasks(worlds), *released):
        where = where_text(task)
        yield limit_bar(rejects, where, results.of(task, "rejects"), high=MOST_FALSE)
        yield limit_bar(scan, where, results.of(task, "scan"), high=MOST_SCANNED)
        if task.world in STEADY:
            yield limit_bar(company, where, results.of(task, "company"), high=MOST_FALSE)


def _association(results: Results, worlds: Sequence[str]) -> Iterator[Bar]:
    what = Message("association, teams and waves taken out, with shocks of the calendar: rejects")
    low, high = ASSOCIATION
    for world in worlds:
        if world in SHOCKS:
            task = LinkTask(world=world, teams=ASSOCIATION_SIZE[0], waves=ASSOCIATION_SIZE[1], whole=True)
            yield limit_bar(what, where_text(task), results.of(task, "rejects"), low=low, high=high)


def _covers(results: Results, worlds: Sequence[str]) -> Iterator[Bar]:
    what = Message("90 % range of the slope covers the true one")
    low, high = COVERAGE
    for task in (*null_tasks(worlds), *large_tasks(worlds), *covered_tasks(worlds), *released_tasks(worlds)):
        yield limit_bar(what, where_text(task), results.of(task, "covers"), low=low, high=high)


def _power(results: Results, worlds: Sequence[str]) -> Iterator[Bar]:
    what = Message("swap test finds a link that is there, as often as the note says")
    for task in power_tasks(worlds):
        expected = NOTE_POWER[task.world][task.teams, task.waves][NOTE_R.index(task.r)]
        yield limit_bar(what, where_text(task), results.of(task, "rejects"), low=expected - NEAR)


def _printed(results: Results, worlds: Sequence[str]) -> Iterator[Bar]:
    """The power that a report prints is that midway between the two worlds."""
    what = Message("printed power less the simulated one")
    if not set(POWER_WORLDS) <= set(worlds):
        return
    for task in power_tasks(POWER_WORLDS[:1]):
        both = [results.of(replace(task, world=world), "rejects") for world in POWER_WORLDS]
        if all(each.units for each in both):
            error = math.hypot(*(share_error(each) for each in both)) / 2
            gap = power_at(task.teams, task.waves, task.r) - sum(each.value for each in both) / 2
            place = {"teams": task.teams, "waves": task.waves, "r": task.r}
            yield Bar(
                what=what,
                where=Message("{teams} teams, {waves} waves, r {r}", place),
                estimate=replace(both[0], value=gap, error=error),
                error=error,
                low=-PRINTED_NEAR,
                high=PRINTED_NEAR,
            )


def _reverse(results: Results) -> Iterator[Bar]:
    what = Message("reverse check finds something where nothing is")
    for task in reverse_tasks():
        if task.world == "ar" and not task.r:
            yield limit_bar(what, where_text(task), results.of(task, "reverse_excludes"), high=0.15)


def _never(results: Results, worlds: Sequence[str]) -> Iterator[Bar]:
    """Here nothing is left to chance: one link in an organisation of three teams is one too many."""
    what = Message("fewer than five teams are told that no link can be looked for")
    for task in few_tasks(worlds):
        found = results.of(task, "never")
        yield Bar(what=what, where=where_text(task), estimate=found, error=0.0, low=1.0)
