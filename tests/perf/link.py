"""Makes a panel of teams and waves and prints what the link costs, beside a plain loop over the same deals.

    python -m tests.perf.link [--teams 100] [--waves 52] [--pairings 1999] [--lags 9]

One core: start it with OMP_NUM_THREADS=1. One team-wave in ten is missing. The loop computes one correlation per deal
and pair with numpy, as a script would; it gives the test and nothing else.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from reports.stats.fixed_effects import demean
from reports.stats.link import find_link
from reports.stats.link_results import LinkPanel, TeamLink
from reports.stats.team_swap import deals, team_swap


def panel(teams: int, waves: int, lags: int, seed: int = 1) -> LinkPanel:
    """Slow moods, a calendar in common, a link of .2, one cell in ten missing, one in twenty flagged."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(3, teams, waves))
    for t in range(1, waves):
        noise[:, :, t] = 0.6 * noise[:, :, t - 1] + 0.8 * noise[:, :, t]
    pressure = noise[0] + rng.normal(size=(1, waves))
    sentiment = 0.2 * pressure + noise[1] + 0.6 * rng.normal(size=(teams, waves))
    full = np.ones((teams, waves))
    return LinkPanel(
        keys=tuple(f"team-{g}" for g in range(teams)),
        days=np.arange(waves) * 14.0,
        pressure=pressure,
        sentiment=sentiment,
        mask=rng.random((teams, waves)) > 0.1,
        coverage=full,
        response=full,
        segments=np.zeros((teams, waves), dtype=np.int64),
        flags={"holiday": rng.random((teams, waves)) > 0.95},
        lagged=np.array([np.roll(pressure, lag, axis=1) for lag in range(lags)]) if lags else None,
    )


def loop(x: np.ndarray, y: np.ndarray, mask: np.ndarray, pairings: int, seed: int) -> float:
    """The p value by a loop over deals and pairs."""
    dealt, _ = deals(x.shape[0], pairings, seed)
    found = []
    for deal in [np.arange(x.shape[0]), *dealt]:
        cross, xx, yy = 0.0, 0.0, 0.0
        for g, h in enumerate(deal):
            both = mask[g] & mask[h]
            cross += float(x[h][both] @ y[g][both])
            xx += float(x[h][both] @ x[h][both])
            yy += float(y[g][both] @ y[g][both])
        found.append(abs(cross) / (xx * yy) ** 0.5)
    return (1 + sum(r >= found[0] - 1e-10 for r in found[1:])) / len(found)


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Seconds of processor time, and what came out."""
    started = time.process_time()
    found = work()
    return time.process_time() - started, found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, default=100)
    parser.add_argument("--waves", type=int, default=52)
    parser.add_argument("--pairings", type=int, default=1999)
    parser.add_argument("--lags", type=int, default=9)
    arguments = parser.parse_args()
    source = panel(arguments.teams, arguments.waves, arguments.lags)
    whole, fit = timed(lambda: find_link(source, pairings=arguments.pairings, seed=1))
    x, y = (demean(table, source.mask, days=source.days) for table in (source.pressure, source.sentiment))
    ours, test = timed(lambda: team_swap(x, y, source.mask, source.mask, pairings=arguments.pairings, seed=1))
    plain, p = timed(lambda: loop(x, y, source.mask, arguments.pairings, 1))
    link = fit.team if hasattr(fit, "team") else None
    print(
        f"{arguments.teams} teams x {arguments.waves} waves, {arguments.pairings} deals, {arguments.lags} lags: whole "
        f"link {whole:.2f} s, of which one re-dealt test {ours:.3f} s; the same test as a loop {plain:.2f} s, "
        f"{plain / ours:.0f} times ours"
    )
    print(
        f"p {getattr(test, 'p', None):.4f} and {p:.4f}", link.pair.slope.interval if isinstance(link, TeamLink) else ""
    )


if __name__ == "__main__":
    main()
