"""Analyses a made-up organisation and prints seconds, peak memory and what was found.

    python -m tests.perf.analysis [--teams 1000] [--waves 52] [--scales 6] [--folder DIR]

The database is filled directly with released rows; the last wave is then analysed in a fresh process, whose memory is
that of the kernel's account. The auditors pass every wave of the window first, as they do in an installation; their
seconds are printed apart.
"""

from __future__ import annotations

import argparse
import datetime as dt
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from app.extensions import Database
from reports.services.analysis import make_analysis
from reports.services.analysis_data import plan_window
from reports.services.auditing import check_released
from tests.support import journey
from tests.support.filled import World, fill


def main() -> None:
    """Fill, analyse, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--teams", type=int, nargs="+", default=[1000])
    parser.add_argument("--waves", type=int, default=52)
    parser.add_argument("--scales", type=int, default=6)
    parser.add_argument("--one", nargs=2, help="analyse this wave of the database at this address")
    parser.add_argument("--folder", help="where databases are made; a temporary folder if left out")
    arguments = parser.parse_args()
    if arguments.one:
        _one(*arguments.one)
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        for teams in arguments.teams:
            started = time.perf_counter()
            inst = journey.installation(Path(folder, str(teams)))
            falls = dict.fromkeys(range(0, teams, 10), 1.0)
            slugs = fill(inst, World(teams=teams, waves=arguments.waves, scales=arguments.scales, falls=falls))
            inst.database.dispose()
            spent = time.perf_counter() - started
            print(f"{teams} teams x {arguments.waves} waves x {arguments.scales} scales filled in {spent:.0f} s")
            command = [sys.executable, "-m", "tests.perf.analysis", "--one", inst.database.url, slugs[-1]]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            print(done.stdout.strip(), flush=True)


def _one(url: str, wave: str) -> None:
    database = Database(url)
    before = _peak()
    started = time.perf_counter()
    with database.reading() as session:
        used = plan_window(session, wave=wave).used
        for slug in used:
            check_released(session, [slug])
            session.expunge_all()
    audited, auditing = _peak(), time.perf_counter() - started
    busy, started = time.process_time(), time.perf_counter()
    steps: list[tuple[int, float]] = []
    made = make_analysis(
        database.reading,
        database.transaction,
        wave=wave,
        now=dt.datetime.now(dt.UTC),
        progress=lambda done, _: steps.append((done, time.perf_counter() - started)),
    )
    spent, busy = time.perf_counter() - started, time.process_time() - busy
    print(
        f"{made.findings} findings in {spent:.1f} s ({busy:.1f} s of processor) after {auditing:.1f} s of auditors; "
        f"peak memory {_peak():.0f} MiB ({before:.0f} MiB before, {audited:.0f} MiB after the auditors)"
    )
    print("steps: " + ", ".join(f"{done} at {second:.1f} s" for done, second in steps[:: max(1, len(steps) // 12)]))
    database.dispose()


def _peak() -> float:
    """MiB, from the kernel's account of this process."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main()
