"""Makes small installations whose waves are due by the clock of the machine."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app import lifecycle
from app.config import Settings
from app.installation import Installation, create
from surveys.importers.organisation import read_organisation
from surveys.instruments.schema import from_document
from surveys.services import programmes
from surveys.services.organisation import import_organisation
from surveys.store import waves
from tests.support import journey

ROOT = Path(__file__).resolve().parents[3]
TEAMS = "team,parent,name,leader_email,timezone\nroot,,Acme,boss@x.example,UTC\na,root,Alpha,lea@x.example,\n"
WITHIN_SECONDS = 60


def settings_for(folder: Path, **values: str) -> Settings:
    return Settings(data_dir=folder / "data", key_dir=folder / "keys", **values)  # type: ignore[arg-type]


def environment_of(settings: Settings) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BAROGRAPH_")}
    chosen = {
        "BAROGRAPH_DATA_DIR": str(settings.data_dir),
        "BAROGRAPH_KEY_DIR": str(settings.key_dir),
        "BAROGRAPH_DATABASE_URL": settings.database_url,
        "BAROGRAPH_MAIL_URL": settings.mail_url,
    }
    return {**kept, **chosen, "PYTHONPATH": str(ROOT)}


def organisation(inst: Installation, people: int = 12) -> None:
    rows = ["email,name,team,language,starts_on,ends_on", "boss@x.example,Boss,root,en,2024-01-01,"]
    rows += ["lea@x.example,Lea,a,es,2024-01-01,"]
    rows += [f"p{number}@x.example,P {number},a,en,2024-01-01," for number in range(people - 2)]
    file = read_organisation(TEAMS.encode(), "\n".join(rows).encode() + b"\n")
    with inst.database.transaction() as session:
        import_organisation(session, file, today=dt.date(2025, 1, 1))


def programme(inst: Installation, starts_on: dt.date, **values: object) -> None:
    facts = programmes.ProgrammeFacts(
        slug="pulse", name="Pulse", organisation="Acme", audience="root", starts_on=starts_on, opens_time="00:00",
        **values,  # type: ignore[arg-type]
    )  # fmt: skip
    with inst.database.transaction() as session:
        programmes.add_programme(session, facts)


def open_with_answers(inst: Installation, now: dt.datetime, *, answers: int = 12) -> str:
    """Plan and open the next wave, and let some answer; returns its name."""
    wave = lifecycle.plan_next(inst, programme="pulse", now=now, actor="test").slug
    with inst.database.reading() as session:
        opens_at = waves.get_wave(session, wave).opens_at
    lifecycle.open_wave(inst, wave=wave, now=opens_at, actor="test")
    codes: list[str] = []
    lifecycle.send_mailing(
        inst, wave=wave, kind="invitation", now=opens_at, send=lambda message: codes.append(message.code)
    )
    with inst.database.reading() as session:
        items = from_document(waves.get_instrument_document(session, waves.get_wave(session, wave).instrument_sha256))
    for code in codes[:answers]:
        journey.cast(inst, code, dict.fromkeys(items.item_codes, 4), now=opens_at)
    return wave


def released_wave(inst: Installation, starts_on: dt.date) -> str:
    """Take one wave to its release, as if the days since ``starts_on`` had passed."""
    programme(inst, starts_on, open_days=1, release_delay_hours=0)
    start = dt.datetime.combine(starts_on, dt.time(), dt.UTC)
    wave = open_with_answers(inst, start - dt.timedelta(hours=1))
    close = start + dt.timedelta(days=1)
    lifecycle.close_wave(inst, wave=wave, now=close, actor="test")
    lifecycle.release_wave(inst, wave=wave, now=close, actor="test")
    return wave


def installation(folder: Path, **values: str) -> Installation:
    inst = create(settings_for(folder, **values))
    organisation(inst)
    return inst


@contextmanager
def worker(inst: Installation, reports: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the worker in a process of its own and end it at the end of the block."""
    reports.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.integration.jobs.run_worker", str(reports)],
        cwd=ROOT,
        env=environment_of(inst.settings),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + WITHIN_SECONDS
    while not condition():
        assert time.monotonic() < until, "this did not happen in time"
        time.sleep(0.05)
