"""Two workers doing the same step at the same moment do it once, on both databases and in threads and processes."""

from __future__ import annotations

import itertools
import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.synchronize import Barrier

import pytest

from app import lifecycle
from app.config import Settings
from app.extensions import Database
from app.installation import Installation, open_existing
from reports.store import releases
from surveys.ballots.sealing import Opener
from surveys.enums import WaveStatus
from surveys.store import accounts, ballots
from surveys.store import waves as wave_store
from surveys.store.keys import KeyStore
from tests.support import journey
from tests.support.journey import OpenWave

PAUSE = 0.15
"""How long a worker stands still inside its step, so that the other one runs into it."""


class SlowKeys(KeyStore):
    """A key folder on a slow disk: whoever uses it gives the other worker time to come along."""

    def add_wave_key(self, wave: str, private_key: bytes) -> None:
        super().add_wave_key(wave, private_key)
        time.sleep(PAUSE)

    def wave_key(self, wave: str) -> bytes:
        key = super().wave_key(wave)
        time.sleep(PAUSE)
        return key


@pytest.fixture
def pair(inst: Installation) -> Iterator[tuple[Installation, Installation]]:
    """Two workers of one installation, with databases and key folders of their own."""
    workers = tuple(
        replace(inst, database=Database(inst.settings.sqlalchemy_url), keys=SlowKeys(inst.settings.key_dir))
        for _ in range(2)
    )
    yield workers[0], workers[1]
    for worker in workers:
        worker.database.dispose()


def at_once(workers: tuple[Installation, Installation], step: Callable[[Installation], object]) -> list[object]:
    """Run a step by both workers at the same moment; returns what each returned or raised."""
    gate = threading.Barrier(2)
    results: list[object] = []

    def run(worker: Installation) -> None:
        gate.wait()
        try:
            results.append(step(worker))
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results.append(error)

    threads = [threading.Thread(target=run, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


def actions(inst: Installation) -> Counter[str]:
    """How often each action stands in the audit log, which has to be whole."""
    with inst.database.reading() as session:
        assert accounts.broken_audit_number(session) is None
        return Counter(event.action for event in accounts.list_audit_events(session))


def answered_wave(inst: Installation) -> OpenWave:
    journey.company(inst, journey.TWO_TEAMS)
    wave = journey.open_wave(inst)
    journey.cast_all(inst, wave, journey.varied())
    return wave


def test_two_workers_open_a_wave_once_and_its_key_opens_its_ballots(
    pair: tuple[Installation, Installation], inst: Installation
) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    slug = journey.plan_wave(inst)
    with inst.database.reading() as session:
        now = wave_store.get_wave(session, slug).opens_at
    results = at_once(pair, lambda worker: lifecycle.open_wave(worker, wave=slug, now=now, actor="w"))
    assert sum(1 for result in results if result is None) == 1, results
    assert [type(result).__name__ for result in results if result is not None] == ["Refused"], results
    assert actions(inst)["wave.open"] == 1
    wave = journey.opened(inst, slug)
    journey.cast_all(inst, wave, journey.everybody())
    with inst.database.reading() as session:
        opener = Opener(inst.keys.wave_key(slug), wave_store.get_wave(session, slug).fingerprint or "")
        assert all(opener.open(sealed, crowd) for crowd, sealed in ballots.read_sealed(session, slug))
    assert journey.close_wave(inst, wave).unreadable == 0


def test_two_threads_close_a_wave_once(pair: tuple[Installation, Installation], inst: Installation) -> None:
    wave = answered_wave(inst)
    results = at_once(pair, lambda worker: lifecycle.close_wave(worker, wave=wave.slug, now=wave.closes_at, actor="w"))
    assert sorted(getattr(result, "already_counted", result) for result in results) == [False, True], results
    check_closed_once(inst, wave)


def test_two_threads_release_a_wave_once(pair: tuple[Installation, Installation], inst: Installation) -> None:
    wave = answered_wave(inst)
    journey.close_wave(inst, wave)
    results = at_once(
        pair, lambda worker: lifecycle.release_wave(worker, wave=wave.slug, now=wave.releases_at, actor="w")
    )
    assert sorted(getattr(result, "already_released", result) for result in results) == [False, True], results
    assert actions(inst)["wave.release"] == 1
    with inst.database.reading() as session:
        assert [entry.kind for entry in releases.list_ledger(session)] == ["release"]


def test_two_threads_append_to_the_audit_log_without_a_gap(
    pair: tuple[Installation, Installation], inst: Installation
) -> None:
    def note_often(worker: Installation) -> int:
        for number in range(10):
            with worker.database.transaction() as session:
                accounts.add_audit_event(
                    session, at=journey.START, actor="w", action="note", subject=str(number), detail={}
                )
        return 10

    assert at_once(pair, note_often) == [10, 10]
    assert actions(inst) == {"note": 20}


def test_two_threads_append_to_the_ledger_without_a_gap(
    pair: tuple[Installation, Installation], inst: Installation
) -> None:
    def note_often(worker: Installation) -> int:
        for number in range(10):
            with worker.database.transaction() as session:
                releases.add_ledger_entry(
                    session, at=journey.START, actor="w", kind="export", subject=str(number), cells=1, sha256="0"
                )
        return 10

    assert at_once(pair, note_often) == [10, 10]
    with inst.database.reading() as session:
        rows = [(row.number, row.previous_hash, row.hash) for row in releases.list_ledger(session)]
    assert [row[0] for row in rows] == list(range(1, 21))
    assert all(later[1] == earlier[2] for earlier, later in itertools.pairwise(rows))


def close_in_process(settings: Settings, wave: OpenWave, gate: Barrier) -> None:
    worker = replace(open_existing(settings), keys=SlowKeys(settings.key_dir))
    gate.wait(timeout=20)
    lifecycle.close_wave(worker, wave=wave.slug, now=wave.closes_at, actor="w")
    worker.database.dispose()


def test_two_processes_close_a_wave_once(inst: Installation) -> None:
    wave = answered_wave(inst)
    inst.database.dispose()  # a process must not inherit an open connection
    fork = multiprocessing.get_context("fork")
    gate = fork.Barrier(2)
    processes = [fork.Process(target=close_in_process, args=(inst.settings, wave, gate)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=60)
    assert [process.exitcode for process in processes] == [0, 0]
    check_closed_once(inst, wave)


def check_closed_once(inst: Installation, wave: OpenWave) -> None:
    happened = actions(inst)
    assert {name: happened[name] for name in ("wave.close", "wave.count", "wave.key-destroyed")} == {
        "wave.close": 1,
        "wave.count": 1,
        "wave.key-destroyed": 1,
    }
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, wave.slug)
        assert (row.status, row.is_none) == (WaveStatus.COUNTED, False)
        assert not inst.keys.has_wave_key(wave.slug)
        assert ballots.count_ballots(session, wave.slug) == 0
