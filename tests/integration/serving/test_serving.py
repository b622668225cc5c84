"""The service as a group of processes: it survives the kill of one, and ends as a whole."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from app.config import Settings
from app.installation import create

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]
WITHIN_SECONDS = 60


@dataclass(frozen=True)
class Service:
    process: subprocess.Popen[bytes]
    url: str

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + WITHIN_SECONDS
    while not condition():
        assert time.monotonic() < until, "this did not happen in time"
        time.sleep(0.05)


def children(process_id: int) -> dict[int, str]:
    """The processes below one by id, with their command lines."""
    found: dict[int, str] = {}
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # one that ended while we looked
        for task in Path(f"/proc/{process_id}/task").glob("*/children"):
            for text in task.read_text().split():
                command = Path(f"/proc/{text}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                found |= {int(text): command, **children(int(text))}
    return found


def job_workers(service: Service) -> list[int]:
    return [number for number, command in children(service.process.pid).items() if " worker " in command]


def web_workers(service: Service) -> list[int]:
    # A forked web worker keeps the command line of its parent.
    return [number for number, command in children(service.process.pid).items() if " serve " in command]


def is_gone(number: int) -> bool:
    stat = Path(f"/proc/{number}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    settings = Settings(data_dir=tmp_path / "data", key_dir=tmp_path / "keys")
    create(settings).database.dispose()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BAROGRAPH_")}
    places = {"BAROGRAPH_DATA_DIR": str(settings.data_dir), "BAROGRAPH_KEY_DIR": str(settings.key_dir)}
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli.main", "serve", "--port", str(port), "--workers", "2"],
        cwd=ROOT,
        env=kept | places,
    )
    running = Service(process, f"http://127.0.0.1:{port}")
    everybody: set[int] = set()
    try:
        wait_until(lambda: running.answers() or process.poll() is not None)
        assert process.poll() is None, "the service ended at its start"
        everybody = set(children(process.pid))
        yield running
    finally:
        everybody |= set(children(process.pid)) if process.poll() is None else set()
        process.kill()
        process.wait()
        for number in everybody:
            if not is_gone(number):
                os.kill(number, signal.SIGKILL)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_service_survives_kills_and_ends_as_a_whole(service: Service) -> None:
    wait_until(lambda: len(job_workers(service)) == 1 and len(web_workers(service)) == 2)
    victim = web_workers(service)[0]
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: victim not in web_workers(service) and len(web_workers(service)) == 2)
    wait_until(service.answers)

    (jobs,) = job_workers(service)
    os.kill(jobs, signal.SIGKILL)
    wait_until(lambda: bool(job_workers(service)) and jobs not in job_workers(service))
    wait_until(service.answers)

    everybody = [service.process.pid, *children(service.process.pid)]
    service.process.terminate()
    service.process.wait(40)
    wait_until(lambda: all(is_gone(number) for number in everybody))


def test_nobody_goes_on_when_the_service_is_killed(service: Service) -> None:
    wait_until(lambda: len(job_workers(service)) == 1)
    left = children(service.process.pid)
    service.process.kill()
    service.process.wait()
    wait_until(lambda: all(is_gone(number) for number in left))


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", key_dir=tmp_path / "keys")
    create(settings).database.dispose()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BAROGRAPH_")}
    places = {"BAROGRAPH_DATA_DIR": str(settings.data_dir), "BAROGRAPH_KEY_DIR": str(settings.key_dir)}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "-m", "app.cli.main", "serve", "--port", str(taken.getsockname()[1]), "--workers", "1"],
            cwd=ROOT,
            env=kept | places,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert "Nothing can listen on 127.0.0.1" in done.stderr
    assert "Traceback" not in done.stderr
