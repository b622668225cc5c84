"""Runs the web workers and one worker for the jobs as a group of processes that starts and ends together."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from app.config import SERVICE_VARIABLE
from surveys.errors import Refused

_TARGET = "app.wsgi:application"
_CONNECTIONS_PER_WORKER = 64
"""Requests a worker works on at once; more wait in the backlog of the socket."""

_MOST_THREADS = 8
_STOP_SECONDS = 20
_PAUSE_SECONDS = 2.0
_LOG = logging.getLogger("barograph.serve")


def serve(*, host: str, port: int, workers: int | None) -> None:
    """Serve until SIGTERM or SIGINT; a killed web worker or job worker is started again.

    The environment names the installation, which must exist. There is no access log: who asks for what is not kept.

    Raises:
        Refused: the address cannot be listened on.
    """
    cores = os.cpu_count() or 1
    os.environ[SERVICE_VARIABLE] = str(os.getpid())
    jobs = JobProcess([sys.executable, "-m", "app.cli.main", "worker", "--parent", str(os.getpid())])
    server = Granian(
        _TARGET,
        factory=True,
        interface=Interfaces.WSGI,
        address=host,
        port=port,
        workers=workers or cores,
        blocking_threads=min(_MOST_THREADS, 2 * cores + 1),
        backpressure=_CONNECTIONS_PER_WORKER,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_SECONDS,
        log_access=False,
        log_level=LogLevels.warning,
    )
    jobs.start()
    try:
        server.serve()
    except (OSError, RuntimeError) as error:
        raise Refused("Nothing can listen on {host}:{port}: {reason}.", host=host, port=port, reason=error) from None
    finally:
        jobs.stop()


class JobProcess:
    """Keeps one job worker running; the worker looks after its parent and ends by itself when that is gone."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher = threading.Thread(target=self._watch, name="job-worker", daemon=True)

    def start(self) -> None:
        """Start the worker and watch it."""
        self._watcher.start()

    def stop(self) -> None:
        """End the worker; what it leaves half done goes on at the next start."""
        self._stopping.set()
        process = self._process
        if process is not None:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        self._watcher.join(_PAUSE_SECONDS)

    def _watch(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            self._process = subprocess.Popen(self._command)  # noqa: S603 - our own program
            if self._stopping.is_set():
                self._process.terminate()
            self._process.wait()
            if self._stopping.is_set():
                return
            _LOG.warning("The job worker ended and is started again.")
            if time.monotonic() - began < _PAUSE_SECONDS:
                self._stopping.wait(_PAUSE_SECONDS)
