"""Teams watched for a year in, false alarms and noticed changes of our alert and of the usual rules out (4.3).

A year is 26 waves after eleven earlier ones, so that each look has its twelve rows; wave by wave it comes after a year
that was watched already. Changes: a lasting drop of one team in ten (at least one) with the year's fourteenth wave. A
team-year counts as alarmed where a rule flags it at least once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from reports.calibration.practice import ewma, individuals, moved_since_last, rolling_p, two_sample_z
from reports.calibration.runs import Order, Sums, count
from reports.calibration.worlds import MOODS, Drawn, draw, scenario, step
from reports.stats.alerts import find_alerts
from reports.stats.results import AlertStatus, Watch
from reports.stats.series import Series
from reports.stats.trend import fit

YEAR = 26
EARLIER = 11
TEAMS = 50
# The year's wave with which the drop begins, counted from 0.
FALL = 13
NOTICE = 6
# Teams of the organisations that are watched wave by wave, and how many runs make one of them.
LIVE: Mapping[int, int] = {50: 4, 5: 2, 1: 1}
# Simulated quiet years behind each threshold there, with other random numbers in each organisation: their error is then
# part of the estimate's.
LIVE_YEARS = 2000
DROPS = (0.5, 1.0)
RATES = (0.10, 0.25)
Z_LIMIT = 1.96
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class YearTask:
    """A year of ``teams`` teams of which one in ten falls by ``points`` for good, judged at its end or live.

    ``as_it_goes``: fit and threshold are made anew at each wave from the last 26 waves, as an installation does.
    """

    world: str
    invited: tuple[int, ...]
    points: float = 0.0
    teams: int = TEAMS
    as_it_goes: bool = False
    block: int = field(default=2, compare=False)

    @property
    def stream(self) -> tuple[object, ...]:
        """The same draws for every size of the change."""
        return ("year", self.world, self.invited, self.teams, self.as_it_goes)

    def __call__(self, rng: np.random.Generator) -> Sums:
        """Figures by rule: alarmed and flagged of the unchanged, noticed and delay of the changed teams."""
        earlier = YEAR if self.as_it_goes else EARLIER
        world = scenario(self.world, teams=self.teams, waves=earlier + YEAR, invited=self.invited)
        changed = np.arange(self.teams) < (max(1, self.teams // 10) if self.points else 0)
        fall = step(self.points, world.waves, earlier + FALL) * changed[:, np.newaxis]
        drawn = draw(rng, replace(world, shift=np.asarray(world.shift) + fall))
        if self.as_it_goes:
            return _measure({"ours_10": _as_it_goes(drawn, seed=int(rng.integers(2**31)))}, changed)
        rules = {f"ours_{round(100 * rate)}": _watched(drawn, rate) for rate in RATES}
        return _measure(rules | usual_rules(drawn), changed)


def _watched(drawn: Drawn, rate: float) -> Flags:
    """Alerts of the product in the year's waves, (g, 26)."""
    series = drawn.series()
    variance = drawn.within_variance()
    fitted = fit(series, within_variance=variance)
    found = find_alerts(series, fitted, within_variance=variance, window_waves=YEAR, rate=rate)
    flags = np.zeros((len(series), drawn.days.size), dtype=np.bool_)
    for g, watch in enumerate(found.results.values()):
        if isinstance(watch, Watch):
            for look in watch.alerts:
                flags[g, int(np.searchsorted(drawn.days, look.day))] = True
    return flags[:, EARLIER:]


def _as_it_goes(drawn: Drawn, *, seed: int) -> Flags:
    """What each wave's report calls an alert, (g, 26); silence after an alert as the product keeps it."""
    flags = np.zeros((drawn.exact.shape[1], YEAR), dtype=np.bool_)
    variance = drawn.within_variance()
    for wave in range(YEAR):
        series = _window(drawn, YEAR + wave + 1)
        fitted = fit(series, within_variance=variance)
        found = find_alerts(
            series, fitted, within_variance=variance, window_waves=YEAR, rate=RATES[0], years=LIVE_YEARS, seed=seed
        )
        for g, watch in enumerate(found.results.values()):
            flags[g, wave] = isinstance(watch, Watch) and watch.status is not AlertStatus.QUIET
    return flags


def _window(drawn: Drawn, waves: int) -> list[Series]:
    """The last 26 of the first ``waves`` waves, which is what a report reads."""
    first, last = drawn.days[waves - YEAR], drawn.days[waves - 1]
    found = []
    for s in drawn.series():
        rows = (s.days >= first) & (s.days <= last)
        found.append(
            Series(
                key=s.key,
                days=s.days[rows],
                values=s.values[rows],
                n=s.n[rows],
                rounding_step=s.rounding_step[rows],
            )
        )
    return found


def usual_rules(drawn: Drawn) -> dict[str, Flags]:
    """What the usual rules flag in the year on exact figures, each (g, 26)."""
    year = slice(EARLIER, None)
    exact, variance = drawn.exact[0][:, year], drawn.variance[0][:, year]
    with np.errstate(invalid="ignore"):
        return {
            "points": moved_since_last(exact, 0.3),
            "single": moved_since_last(drawn.single[0][:, year], 0.3),
            "favourable": moved_since_last(drawn.favourable[0][:, year], 0.1),
            "z": np.abs(two_sample_z(exact, variance, drawn.answers[:, year])) > Z_LIMIT,
            "ols": rolling_p(exact, 12) < 0.05,
            "mk": rolling_p(exact, 12, kendall=True) < 0.05,
            "ewma": ewma(exact),
            "xmr": individuals(exact),
        }


def _measure(rules: Mapping[str, Flags], changed: Flags) -> dict[str, tuple[float, float]]:
    sums: dict[str, tuple[float, float]] = {}
    for name, flags in rules.items():
        quiet = flags[~changed]
        if quiet.size:
            sums[f"{name}_alarmed"] = count(np.atleast_1d(quiet.any(axis=1)))
            sums[f"{name}_flagged"] = (float(quiet.sum()), float(quiet.shape[0]))
        if changed.any():
            after = flags[changed][:, FALL : FALL + NOTICE]
            noticed = np.atleast_1d(after.any(axis=1))
            sums[f"{name}_noticed"] = count(noticed)
            # Waves from the first with the new level to the alert, both counted.
            sums[f"{name}_delay"] = (float((after.argmax(axis=1) + 1)[noticed].sum()), float(noticed.sum()))
            sums |= {f"{name}_at_{k + 1}": count(noticed & (after.argmax(axis=1) == k)) for k in range(NOTICE)}
    return sums


SIZES: Mapping[str, tuple[tuple[int, ...], ...]] = {"base": ((8,), (13,))}


def year_orders(worlds: Sequence[str], runs: int) -> list[Order]:
    """``runs`` organisations per setting; fewer of those that are decided wave by wave."""
    return [order for world in worlds for order in _orders_of(world, runs)]


def _orders_of(world: str, runs: int) -> Iterator[Order]:
    for invited in SIZES.get(world, ((8,),)):
        for points in (0.0, *DROPS) if world in MOODS else (0.0,):
            yield Order(task=YearTask(world=world, invited=invited, points=-points), organisations=runs)
    if world in MOODS:
        for teams, share in LIVE.items():
            for points in (0.0, DROPS[-1]) if world == "base" else (0.0,):
                # What few teams notice is printed without a bar: half the runs will do.
                less = 2 if points and teams < TEAMS else 1
                yield Order(task=live_task(world, teams, points), organisations=max(2, runs // (share * less)))


def live_task(world: str, teams: int, points: float = 0.0) -> YearTask:
    """Teams of eight watched wave by wave, of which one in ten drops by ``points``."""
    return YearTask(world=world, invited=(8,), points=-points, teams=teams, as_it_goes=True, block=1)
