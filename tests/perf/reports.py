"""Makes an organisation of many teams and prints what its leader reports cost, cold, warm and all together.

    python -m tests.perf.reports [--teams 100] [--waves 6]

Cold is a fresh process that draws one report; warm is the next one of a process that has drawn before. "All" is the
command ``barograph report --all`` as an operator runs it.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from app.jobs.leader_reports import ReportMaker
from reports.pdf.render import render
from tests.support import journey


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, default=100)
    parser.add_argument("--waves", type=int, default=6)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        inst = journey.installation(Path(folder))
        teams: dict[str, tuple[str | None, int]] = {journey.ROOT: (None, 2)}
        teams |= {f"team{place}": (journey.ROOT, 9) for place in range(arguments.teams)}
        journey.company(inst, teams)
        started = time.perf_counter()
        for _ in range(arguments.waves):
            last = journey.hold_wave(inst, journey.varied())
        print(f"prepared {arguments.waves} waves of {arguments.teams} teams in {time.perf_counter() - started:.1f} s")
        _measure_one(inst, last)
        _measure_all(inst, Path(folder), arguments.teams + 1)


def _measure_one(inst: journey.Installation, last: journey.HeldWave) -> None:
    maker, now, slug = ReportMaker(), last.wave.releases_at, last.wave.slug
    started = time.perf_counter()
    report = maker.get(inst, wave=slug, unit="team0", language="en", now=now)
    print(f"first report as data (history, trends of all teams, sentences): {time.perf_counter() - started:.2f} s")
    started = time.perf_counter()
    other = maker.get(inst, wave=slug, unit="team1", language="en", now=now)
    print(f"next report as data: {time.perf_counter() - started:.3f} s")
    started = time.perf_counter()
    pdf = render(report.document, released_on=now)
    print(f"PDF, first of a process: {time.perf_counter() - started:.2f} s, {len(pdf) // 1024} KiB")
    started = time.perf_counter()
    render(other.document, released_on=now)
    print(f"PDF, warm: {time.perf_counter() - started:.2f} s, peak memory {_peak():.0f} MiB")


def _measure_all(inst: journey.Installation, folder: Path, number: int) -> None:
    environment = os.environ | {
        "BAROGRAPH_DATA_DIR": str(inst.settings.data_dir),
        "BAROGRAPH_KEY_DIR": str(inst.settings.key_dir),
    }
    command = [sys.executable, "-m", "app.cli.main", "report"]
    started = time.perf_counter()
    one = [*command, "team2", "--out", str(folder / "one.pdf")]
    subprocess.run(one, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print(f"one report by command, cold process: {time.perf_counter() - started:.2f} s")
    started = time.perf_counter()
    everything = [*command, "--all", "--dir", str(folder / "all")]
    subprocess.run(everything, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    spent = time.perf_counter() - started
    print(f"report --all: {number} reports in {spent:.0f} s, {60 * number / spent:.0f} a minute")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
