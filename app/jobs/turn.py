"""Lets one worker of an installation work and the others stand by until it is gone."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.installation import Installation

_POLL_SECONDS = 1.0
_POSTGRES_KEY = 0x6261_726F  # "baro"; any constant that nothing else in the database uses


@contextmanager
def hold_turn(inst: Installation, stop: threading.Event) -> Iterator[Callable[[], None] | None]:
    """Wait for the turn; yields a check that raises where it was lost, or None where ``stop`` came first.

    On SQLite the turn is a lock on a file of the data folder, on PostgreSQL one of the database, so that workers of
    several machines share it. The system gives both back when their holder dies.
    """
    if inst.database.is_sqlite:
        with _file_turn(inst, stop) as check:
            yield check
    else:
        with inst.database.advisory_lock(_POSTGRES_KEY) as lock:
            yield lock.check if _wait(lock.take, stop) else None


@contextmanager
def _file_turn(inst: Installation, stop: threading.Event) -> Iterator[Callable[[], None] | None]:
    with (inst.settings.data_dir / "worker.lock").open("a") as stream:

        def try_lock() -> bool:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        yield (lambda: None) if _wait(try_lock, stop) else None


def _wait(try_lock: Callable[[], bool], stop: threading.Event) -> bool:
    while not stop.is_set():
        if try_lock():
            return True
        stop.wait(_POLL_SECONDS)
    return False
