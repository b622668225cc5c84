"""Two workers close one wave at the same time, and it is closed, counted and noted once."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from app import lifecycle
from app.installation import Installation, open_existing
from surveys.enums import WaveStatus
from surveys.errors import SurveyError
from surveys.store import accounts, waves
from tests.integration.jobs import sample

START = dt.date(2026, 3, 2)
CLOSE = dt.datetime(2026, 3, 9, tzinfo=dt.UTC)
PROGRAM = """
import datetime as dt, os, sys
from app import lifecycle
from app.config import from_environment
from app.installation import open_existing
inst = open_existing(from_environment(os.environ))
print("ready", flush=True)
sys.stdin.readline()
account = lifecycle.close_wave(inst, wave="pulse-1", now=dt.datetime(2026, 3, 9, tzinfo=dt.UTC), actor="test")
print("already" if account.already_counted else "counted")
"""


@pytest.fixture
def inst(tmp_path: Path, database_url: str) -> Installation:
    made = sample.installation(tmp_path, database_url=database_url)
    sample.programme(made, START)
    sample.open_with_answers(made, CLOSE - dt.timedelta(days=8))
    return made


def check_closed_once(inst: Installation) -> None:
    with inst.database.reading() as session:
        row = waves.get_wave(session, "pulse-1")
        assert row.status == WaveStatus.COUNTED
        assert row.key_destroyed_at is not None
        assert not row.is_none
        actions = Counter(event.action for event in accounts.list_audit_events(session))
        assert accounts.broken_audit_number(session) is None
    assert (actions["wave.close"], actions["wave.count"]) == (1, 1)
    assert not inst.keys.has_wave_key("pulse-1")


def test_threads_close_a_wave_once(inst: Installation) -> None:
    others = [open_existing(inst.settings) for _ in range(4)]
    start = threading.Barrier(len(others))
    counted: list[bool] = []
    errors: list[SurveyError] = []

    def close(mine: Installation) -> None:
        start.wait()
        try:
            account = lifecycle.close_wave(mine, wave="pulse-1", now=CLOSE, actor="test")
            counted.append(not account.already_counted)
        except SurveyError as error:  # a worker that lost the race may be refused; the wave must not suffer
            errors.append(error)

    threads = [threading.Thread(target=close, args=(each,)) for each in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in others:
        each.database.dispose()
    assert sum(counted) == 1
    check_closed_once(inst)
    inst.database.dispose()


@pytest.mark.slow
def test_processes_close_a_wave_once(inst: Installation) -> None:
    command = [sys.executable, "-c", PROGRAM]
    processes = [
        subprocess.Popen(
            command,
            cwd=sample.ROOT,
            env=sample.environment_of(inst.settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert said.count("counted") == 1
    check_closed_once(inst)
    inst.database.dispose()
