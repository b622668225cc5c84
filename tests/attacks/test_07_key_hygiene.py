"""Attack 7: look for the key of an open wave in database, dump, backup, environment, logs and process arguments."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from app.cli import backup
from app.installation import Installation
from tests.attacks import account
from tests.attacks.evidence import Evidence
from tests.attacks.people import sealed_company
from tests.attacks.tools import carve, carve_folder, spellings
from tests.support import journey

Opened = tuple[Installation, dict[str, bytes]]
ROOT = Path(__file__).resolve().parents[2]
WITHIN_SECONDS = 60


def family(process_id: int) -> Iterator[int]:
    """Yield a process and all below it."""
    yield process_id
    for task in Path(f"/proc/{process_id}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from family(int(child))


def told_by_processes(process_id: int) -> bytes:
    """Return environment and arguments of a process and of all below it, as any tool of the machine shows them."""
    return b"\0".join(
        Path(f"/proc/{number}/{file}").read_bytes() for number in family(process_id) for file in ("environ", "cmdline")
    )


def dump(inst: Installation, folder: Path) -> bytes:
    """Return the whole database as text and as the backup of the product."""
    file = folder / "archive"
    backup.write(inst.database, file)
    if inst.database.is_sqlite:
        with closing(sqlite3.connect(inst.database.engine.url.database or "")) as link:
            return "\n".join(link.iterdump()).encode() + file.read_bytes()
    program = shutil.which("pg_restore")
    assert program
    return subprocess.run([program, "--file=-", str(file)], check=True, capture_output=True).stdout + file.read_bytes()


@pytest.fixture
def opened(inst: Installation) -> Opened:
    """An open wave, and what its key looks like wherever it may be written."""
    sealed_company(inst, journey.TWO_TEAMS)
    wave = journey.open_wave(inst)
    return inst, spellings("wave key", inst.keys.wave_key(wave.slug))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_weakened_a_key_in_environment_or_arguments_is_found(
    opened: Opened,
) -> None:
    _, needles = opened
    key = needles["wave key in hex"].decode()
    wait = "import sys; print(1, flush=True); sys.stdin.read()"
    for arguments, environment in (([key], {}), ([], {"BAROGRAPH_WAVE_KEY": key})):
        with subprocess.Popen(
            [sys.executable, "-c", wait, *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout
            process.stdout.readline()
            assert carve(told_by_processes(process.pid), needles)
    account.weakened("07 key hygiene", "a key in the environment or the arguments: found")


def test_weakened_a_key_in_a_table_is_found_in_dump_and_backup(opened: Opened, tmp_path: Path) -> None:
    inst, needles = opened
    with inst.database.engine.begin() as link:
        link.exec_driver_sql("CREATE TABLE weak (wave_key VARCHAR)")
        link.exec_driver_sql(f"INSERT INTO weak VALUES ('{needles['wave key in hex'].decode()}')")  # noqa: S608
    assert carve(dump(inst, tmp_path), needles)
    account.weakened("07 key hygiene", "a key in a table: found in dump and backup")


def test_dump_and_backup_of_an_open_wave_hold_no_key(opened: Opened, tmp_path: Path) -> None:
    inst, needles = opened
    assert carve(dump(inst, tmp_path), needles) == []
    assert carve_folder(inst.settings.data_dir, needles) == []


def test_the_installation_key_is_in_no_backup_either(opened: Opened, tmp_path: Path) -> None:
    inst, _ = opened
    wanted = spellings("installation key", inst.keys.installation_key())
    wanted |= spellings("ballot key", inst.keys.ballot_key().private)
    assert carve(dump(inst, tmp_path), wanted) == []
    assert carve_folder(inst.settings.data_dir, wanted) == []


def test_keys_lie_apart_from_the_data_for_their_owner_alone(opened: Opened) -> None:
    inst, needles = opened
    assert not inst.keys.folder.resolve().is_relative_to(inst.settings.data_dir.resolve())
    holding = [path for path in inst.keys.folder.iterdir() if carve(path.read_bytes(), needles)]
    assert [path.stat().st_mode & 0o777 for path in holding] == [0o600]


def test_after_the_close_the_key_is_nowhere(evidence: Evidence) -> None:
    assert carve_folder(evidence.inst.keys.folder, evidence.key_needles) == []
    assert carve_folder(evidence.inst.settings.data_dir, evidence.key_needles) == []
    for file in evidence.backups:
        assert carve(file.read_bytes(), evidence.key_needles) == []
    account.product("07 key hygiene", f"{evidence.kind}: in no dump, backup, file, process or output")


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_running_service_shows_no_key_and_prints_no_request(sqlite_url: str, tmp_path: Path) -> None:
    """The shipped server with its workers: environment, arguments, output; nobody's request is in it either."""
    inst = journey.installation(tmp_path, sqlite_url)
    sealed_company(inst, journey.TWO_TEAMS)
    wave = journey.open_wave(inst)
    needles = spellings("wave key", inst.keys.wave_key(wave.slug))
    needles |= spellings("installation key", inst.keys.installation_key())
    inst.database.dispose()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    places = {
        "BAROGRAPH_DATA_DIR": str(inst.settings.data_dir),
        "BAROGRAPH_KEY_DIR": str(inst.settings.key_dir),
        "BAROGRAPH_DATABASE_URL": sqlite_url,
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BAROGRAPH_")}
    output = tmp_path / "output"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli.main", "serve", "--port", str(port), "--workers", "1"],
            cwd=ROOT,
            env=kept | places,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
        members: set[int] = set()
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url, process)
            answers = ask_everything(url, wave.slug)
            members = set(family(process.pid))
            told = told_by_processes(process.pid)
        finally:
            members |= set(family(process.pid)) if process.poll() is None else set()
            process.terminate()
            process.wait(60)
            for number in members - {process.pid}:
                end(number)
    assert set(answers) <= {200, 404, 409, 422}
    assert len(members) >= 3
    assert carve(told, needles) == []
    printed = output.read_bytes()
    assert printed.count(b"127.0.0.1") == 2, printed.decode()  # its own address and port, at the start
    assert carve(printed, needles) == []
    for word in (b"POST", b"GET", b"/papers", b"/ballots", b"/answer", b"typed-code"):
        assert word not in printed, printed.decode()


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the service answers."""
    until = time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, "the service ended at its start"
        try:
            if httpx.get(f"{url}/healthz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the service did not start in time")


def ask_everything(url: str, wave: str) -> list[int]:
    """Ask the respondent's addresses once each, with bodies that an access log would show."""
    with httpx.Client(base_url=url, timeout=20) as http:
        return [
            http.get("/answer").status_code,
            http.get(f"/waves/{wave}/manifest.json").status_code,
            http.get(f"/waves/{wave}/questionnaire.json").status_code,
            http.post("/papers", json={"wave": wave, "code": "typed-code", "blinded": "x"}).status_code,
            http.post("/ballots", json={"wave": wave, "crowd": "typed-code"}).status_code,
            http.post("/results", json={"wave": wave, "crowd": "typed-code", "read_key": "x"}).status_code,
        ]


def end(number: int) -> None:
    """End a process of the service that outlived it, by its own number."""
    if Path(f"/proc/{number}").exists():
        os.kill(number, signal.SIGKILL)
