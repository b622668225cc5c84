"""Settings of the link in, how often the product and the usual practice find one, and how well ranges cover, out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import special

from reports.calibration.link_practice import usual_practice
from reports.calibration.link_worlds import FEEDBACK, LinkDraw, LinkWorld, draw_link
from reports.calibration.runs import Order, Sums, count
from reports.stats.link import find_link, link_pair
from reports.stats.link_results import CompanyLink, LinkFit, LinkVerdict, PairLink, TeamLink
from reports.stats.results import NeverHere

LEVEL = 0.05
CLAIMS = (LinkVerdict.HIGHER_TOGETHER, LinkVerdict.LOWER_TOGETHER)
# Teams by waves, as in the note; the largest through the pair alone, which is ten times faster.
NULL_SIZES = ((5, 12), (5, 26), (10, 26), (20, 26))
LARGE = (100, 52)
LARGE_WORLDS = ("ar", "calendar")
POWER_SIZES = ((5, 12), (5, 26), (9, 26), (20, 12), (20, 26), (50, 12))
POWER_WORLDS = ("ar", "calendar")
SIZES_OF_R = (0.15, 0.2, 0.3, 0.5)
COVERED_R = 0.3
RELEASED_SIZES = ((5, 26), (10, 26), (20, 26))
FEW = ((3, 52), (4, 52))
REVERSE_SIZES = ((10, 26), (20, 26))
REVERSE_R = (0.0, *SIZES_OF_R)


@dataclass(frozen=True, kw_only=True)
class LinkTask:
    """One panel of a world. ``whole``: through ``find_link`` with all that a report shows, else the pair alone."""

    world: str
    teams: int
    waves: int
    r: float = 0.0
    released: bool = False
    whole: bool = False
    block: int = field(default=50, compare=False)

    @property
    def stream(self) -> tuple[object, ...]:
        """The same draws for every size of the link, and for the pair alone."""
        return ("link", self.world, self.teams, self.waves, self.released)

    def __call__(self, rng: np.random.Generator) -> Sums:
        """Draw a panel and judge it.

        Figures: rejects (swap at 5 %), cr2 (the same by t), excludes (90 % range without 0), covers, width (of the
        range, SDs of what is left of sentiment); with ``whole`` also never (no link is told), claims (the verdict),
        scan, company, reverse_excludes, reverse_rejects, followed (a claim that may say "followed by"), and with
        usual_ before it what usual practice finds.
        """
        world = LinkWorld(kind=self.world, teams=self.teams, waves=self.waves, r=self.r, released=self.released)
        drawn = draw_link(rng, world)
        seed = int(rng.integers(2**31))
        if not self.whole:
            pair = link_pair(drawn.panel, seed=seed)
            return _pair(drawn, pair) if isinstance(pair, PairLink) else {}
        fit = find_link(drawn.panel, seed=seed)
        sums = {"never": count([isinstance(fit.team, NeverHere) and isinstance(fit.company, NeverHere)])}
        if isinstance(fit.team, TeamLink):
            sums |= _pair(drawn, fit.team.pair) | _whole(fit, fit.team) | _usual(drawn)
        if isinstance(fit.company, CompanyLink):
            sums["company"] = count([fit.company.p <= LEVEL])
        return sums


def _pair(drawn: LinkDraw, pair: PairLink) -> dict[str, tuple[float, float]]:
    found = pair.slope.interval
    sums = {
        "rejects": count([pair.swap.p <= LEVEL]),
        "cr2": count([t_test(found.estimate, found.half_width, pair.slope.df) <= LEVEL]),
        "excludes": count([found.excludes_zero]),
        "width": (2 * pair.slope.standardised.half_width, 1.0),
    }
    if math.isfinite(drawn.slope):
        # Per SD as the panel measured it: the printed slope is in that unit.
        sums["covers"] = count([found.low <= drawn.slope * pair.pressure_sd <= found.high])
    return sums


def t_test(estimate: float, half: float, df: float) -> float:
    """The p value of the t test that belongs to a 90 % range of ``half`` its width."""
    error = half / float(special.stdtrit(df, 0.95))
    return float(2 * special.stdtr(df, -abs(estimate) / error))


def _whole(fit: LinkFit, team: TeamLink) -> dict[str, tuple[float, float]]:
    sums = {"claims": count([fit.verdict in CLAIMS])}
    if team.scan is not None:
        sums["scan"] = count([team.scan.p <= LEVEL])
    if isinstance(team.reverse, PairLink):
        sums["reverse_excludes"] = count([team.reverse.slope.interval.excludes_zero])
        sums["reverse_rejects"] = count([team.reverse.swap.p <= LEVEL])
    if fit.verdict in CLAIMS:
        sums["followed"] = count([team.may_say_followed])
    return sums


def _usual(drawn: LinkDraw) -> dict[str, tuple[float, float]]:
    usual = usual_practice(drawn.panel)
    sums = {
        "usual_pooled": count([usual.pooled <= LEVEL]),
        "usual_within": count([usual.within <= LEVEL]),
        "usual_best": count([usual.best_lag <= LEVEL]),
        "usual_company": count([usual.company <= LEVEL]),
    }
    if math.isfinite(drawn.slope):
        sums["usual_covers"] = count([usual.low <= drawn.slope <= usual.high])
    return sums


def link_orders(worlds: Sequence[str], runs: int) -> list[Order]:
    """``runs`` panels per setting without a link, half as many where there is one."""
    half = max(2, runs // 2)
    found = [Order(task=task, organisations=runs) for task in (*null_tasks(worlds), *large_tasks(worlds))]
    found += [Order(task=task, organisations=runs) for task in released_tasks(worlds)]
    found += [Order(task=task, organisations=half) for task in power_tasks(worlds)]
    found += [Order(task=task, organisations=half) for task in covered_tasks(worlds)]
    if "ar" in worlds:
        found += [Order(task=task, organisations=half) for task in reverse_tasks()]
        found += [Order(task=task, organisations=max(2, runs // 10)) for task in few_tasks(worlds)]
    return found


def null_tasks(worlds: Sequence[str], *, released: bool = False) -> Iterator[LinkTask]:
    """Nothing is linked; all that a report shows."""
    for world in worlds:
        for teams, waves in RELEASED_SIZES if released else NULL_SIZES:
            yield LinkTask(world=world, teams=teams, waves=waves, released=released, whole=not released)


def large_tasks(worlds: Sequence[str]) -> Iterator[LinkTask]:
    """Nothing is linked, in a large organisation."""
    for world in worlds:
        if world in LARGE_WORLDS:
            yield LinkTask(world=world, teams=LARGE[0], waves=LARGE[1])


def released_tasks(worlds: Sequence[str]) -> Iterator[LinkTask]:
    """Through answers and the disclosure policy, without a link and with one of .3."""
    for task in null_tasks(worlds, released=True):
        yield task
        yield LinkTask(world=task.world, teams=task.teams, waves=task.waves, r=COVERED_R, released=True)


def power_tasks(worlds: Sequence[str]) -> Iterator[LinkTask]:
    """Links of every size, the pair alone."""
    for world in worlds:
        if world in POWER_WORLDS:
            for teams, waves in POWER_SIZES:
                for r in SIZES_OF_R:
                    yield LinkTask(world=world, teams=teams, waves=waves, r=r)


def covered_tasks(worlds: Sequence[str]) -> Iterator[LinkTask]:
    """A link of .3 in every world and size, all that a report shows."""
    for world in worlds:
        for teams, waves in NULL_SIZES:
            yield LinkTask(world=world, teams=teams, waves=waves, r=COVERED_R, whole=True)


def reverse_tasks() -> Iterator[LinkTask]:
    """Links of the same wave alone, and links that run the other way."""
    for teams, waves in REVERSE_SIZES:
        for kind in ("ar", FEEDBACK):
            for r in REVERSE_R if kind == "ar" else SIZES_OF_R:
                yield LinkTask(world=kind, teams=teams, waves=waves, r=r, whole=True)


def few_tasks(worlds: Sequence[str]) -> Iterator[LinkTask]:
    """Organisations of three and four teams, with a strong link that nobody may be told of."""
    for world in worlds:
        for teams, waves in FEW:
            yield LinkTask(world=world, teams=teams, waves=waves, r=SIZES_OF_R[-1], whole=True)
