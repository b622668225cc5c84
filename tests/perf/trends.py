"""Makes the series of an organisation and prints what its trends and alerts cost, beside the usual libraries.

    python -m tests.perf.trends [--teams 6000] [--waves 26] [--loops 300] [--growth]

One core: start it with OMP_NUM_THREADS=1. The library loops run over ``--loops`` series and are scaled to all of them;
they give a test per series and nothing else. ``--growth`` adds organisations of 100 to 100,000 teams, each in a fresh
process, whose peak memory is printed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pymannkendall
import statsmodels.api as sm

from reports.stats.alerts import find_alerts
from reports.stats.series import Series
from reports.stats.trend import fit

GROWTH = (100, 1_000, 10_000, 100_000)
SIZES = np.array([6.0, 9.5, 15.5])
STEPS = np.array([0.1, 0.1, 0.1])


def organisation(teams: int, waves: int, seed: int = 1) -> list[Series]:
    """Teams with moods, band middles that change and one wave in ten missing; rounded to a tenth."""
    rng = np.random.default_rng(seed)
    days = np.arange(waves, dtype=np.float64) * 14
    mood = np.zeros(teams)
    values = np.empty((teams, waves))
    bands = rng.integers(0, 2, (teams, waves)) + rng.integers(0, 2, teams)[:, np.newaxis]
    for t in range(waves):
        mood = 0.5 * mood + np.sqrt(0.75) * 0.2 * rng.standard_normal(teams)
        values[:, t] = 3.5 + mood + rng.standard_normal(teams) * np.sqrt(0.5 / SIZES[bands[:, t]])
    seen = rng.random((teams, waves)) > 0.1
    values = np.round(values, 1)
    return [
        Series(
            key=f"team-{g}",
            days=days[seen[g]],
            values=values[g, seen[g]],
            n=SIZES[bands[g, seen[g]]],
            rounding_step=STEPS[bands[g, seen[g]]],
        )
        for g in range(teams)
    ]


def ours(series: list[Series], waves: int) -> tuple[float, float]:
    """Seconds of processor time of the trends and of the alerts."""
    started = time.process_time()
    fitted = fit(series, window_waves=waves)
    between = time.process_time()
    find_alerts(series, fitted, window_waves=waves)
    return between - started, time.process_time() - between


def mann_kendall(series: list[Series]) -> float:
    """Seconds of a loop over the plain Mann-Kendall test."""
    started = time.process_time()
    for s in series:
        pymannkendall.original_test(s.values)
    return time.process_time() - started


def glsar(series: list[Series]) -> float:
    """Seconds of a loop over iterated least squares with AR(1) errors; missing waves are closed up."""
    started = time.process_time()
    for s in series:
        model = sm.GLSAR(s.values, sm.add_constant(s.days), rho=1)
        model.iterative_fit(maxiter=10)
    return time.process_time() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, default=6000)
    parser.add_argument("--waves", type=int, default=26)
    parser.add_argument("--loops", type=int, default=300)
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--alone", action="store_true", help="our own figures in one line, for --growth")
    arguments = parser.parse_args()
    series = organisation(arguments.teams, arguments.waves)
    before = _peak()
    trends, alerts = ours(series, arguments.waves)
    total = trends + alerts
    print(
        f"{arguments.teams:>7,} teams x {arguments.waves} waves: trends {trends:.2f} s, alerts {alerts:.2f} s, "
        f"together {total:.2f} s; peak memory {_peak():.0f} MiB, of which {_peak() - before:.0f} for the results"
    )
    if arguments.alone:
        return
    part = series[: arguments.loops]
    for name, loop in (("pymannkendall.original_test", mann_kendall), ("statsmodels GLSAR", glsar)):
        seconds = loop(part) * len(series) / len(part)
        print(f"{name}, a loop over the same series: {seconds:.1f} s, {seconds / total:.1f} times ours")
    for teams in GROWTH if arguments.growth else ():
        command = [
            sys.executable,
            "-m",
            "tests.perf.trends",
            "--alone",
            f"--teams={teams}",
            f"--waves={arguments.waves}",
        ]
        subprocess.run(command, check=True)


def _peak() -> float:
    """Peak memory of this program in MiB; the counter of ``getrusage`` would carry over that of the parent."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
