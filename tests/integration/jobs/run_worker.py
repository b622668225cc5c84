"""Runs the job worker of the installation that the environment names, fast and with a slow stand-in for reports.

Usage: ``python -m tests.integration.jobs.run_worker FOLDER``; each report becomes a file of FOLDER, and every start of
one a line of FOLDER/starts.
"""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
import threading
import time
from pathlib import Path

from app.config import from_environment
from app.installation import Installation, open_existing
from app.jobs import worker
from app.jobs.perform import Context

SECONDS_PER_REPORT = 0.3


def main() -> None:
    folder = Path(sys.argv[1])

    def make_report(_inst: Installation, wave: str, unit: str, language: str, _now: dt.datetime) -> None:
        name = f"{wave}.{unit}.{language}"
        with (folder / "starts").open("a") as stream:
            stream.write(name + "\n")
        time.sleep(SECONDS_PER_REPORT)
        (folder / f"{name}.pdf").write_text(name)

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    context = Context(
        inst=open_existing(from_environment(os.environ)),
        clock=lambda: dt.datetime.now(dt.UTC),
        make_report=make_report,
    )
    worker.run(context, stop, sweep_seconds=0.5)
    os._exit(0)


main()
