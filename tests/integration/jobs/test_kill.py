"""The worker is killed in the middle of its work, and the next one finishes it exactly."""

from __future__ import annotations

import base64
import datetime as dt
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.installation import Installation
from surveys.enums import WaveStatus
from surveys.store import invitations, organisation, waves
from tests.integration.jobs import sample
from tests.integration.mail.smtp import Mailbox, mail_server

pytestmark = pytest.mark.slow
_BASE64 = re.compile(r"[A-Za-z0-9+/=]{8,}")
TODAY = dt.datetime.now(dt.UTC).date()


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as found:
        yield found


def is_finished(inst: Installation, wave: str, kind: str) -> bool:
    with inst.database.reading() as session:
        mailing = invitations.find_mailing(session, wave=wave, kind=kind)
        return mailing is not None and mailing.finished_at is not None


def test_a_mailing_survives_kills_without_a_loss(tmp_path: Path, database_url: str, box: Mailbox) -> None:
    inst = sample.installation(tmp_path, database_url=database_url, mail_url=f"smtp://127.0.0.1:{box.port}")
    sample.programme(inst, TODAY)
    box.pause = 0.2
    kills = 0
    while not is_finished(inst, "pulse-1", "invitation"):
        before = len(box.messages)
        with sample.worker(inst, tmp_path / "reports") as process:
            sample.wait_until(
                lambda before=before: len(box.messages) >= before + 4 or is_finished(inst, "pulse-1", "invitation")
            )
            if len(box.messages) < 12:
                process.kill()
                process.wait()
                kills += 1
    counts = Counter(box.ids)
    assert kills >= 1
    assert len(counts) == 12
    assert sum(counts.values()) <= 12 + kills
    assert len(set(box.recipients)) == 12
    inst.database.dispose()


def test_reports_survive_a_kill_and_each_is_made_once(tmp_path: Path, box: Mailbox) -> None:
    inst = sample.installation(tmp_path, mail_url=f"smtp://127.0.0.1:{box.port}")
    wave = sample.released_wave(inst, TODAY - dt.timedelta(days=40))
    reports = tmp_path / "reports"
    expected = {f"{wave}.{unit}.{language}" for unit in ("root", "a") for language in ("en", "es")}
    with sample.worker(inst, reports) as process:
        sample.wait_until(lambda: len(list(reports.glob("*.pdf"))) >= 2)
        process.kill()
        process.wait()
    with sample.worker(inst, reports):
        sample.wait_until(lambda: len(list(reports.glob("*.pdf"))) == len(expected))
    starts = Counter((reports / "starts").read_text().split())
    assert set(starts) == expected
    assert sum(starts.values()) <= len(expected) + 1  # only the report under way is made again
    inst.database.dispose()


def test_the_printed_reports_survive_a_kill(tmp_path: Path) -> None:
    inst = sample.installation(tmp_path)
    wave = sample.released_wave(inst, TODAY - dt.timedelta(days=40))
    folder = inst.settings.data_dir / "reports" / wave
    command = [sys.executable, "-m", "app.cli.main", "worker"]
    for wanted in (1, 4):
        process = subprocess.Popen(command, cwd=sample.ROOT, env=sample.environment_of(inst.settings))
        try:
            sample.wait_until(lambda wanted=wanted: len(list(folder.glob("*.pdf"))) >= wanted)
        finally:
            process.kill()
            process.wait()
    assert sorted(path.name for path in folder.glob("*.pdf")) == ["a.en.pdf", "a.es.pdf", "root.en.pdf", "root.es.pdf"]
    for path in folder.glob("*.pdf"):
        content = path.read_bytes()
        assert content.startswith(b"%PDF-")
        assert content.rstrip().endswith(b"%%EOF")
    inst.database.dispose()


def test_a_wave_lives_its_life_by_the_clock(tmp_path: Path, box: Mailbox) -> None:
    inst = sample.installation(tmp_path, mail_url=f"smtp://127.0.0.1:{box.port}")
    sample.programme(inst, TODAY - dt.timedelta(days=2), open_days=1, release_delay_hours=0, rrule="FREQ=DAILY")
    start = dt.datetime.combine(TODAY - dt.timedelta(days=2), dt.time(), dt.UTC)
    wave = sample.open_with_answers(inst, start - dt.timedelta(hours=1))

    def status_of(name: str) -> str | None:
        with inst.database.reading() as session:
            found = [row.status for row in waves.list_waves(session) if row.slug == name]
            return found[0] if found else None

    with sample.worker(inst, tmp_path / "reports"):
        sample.wait_until(lambda: status_of(wave) == WaveStatus.RELEASED)
        sample.wait_until(lambda: status_of("pulse-2") == WaveStatus.OPEN)
        sample.wait_until(lambda: is_finished(inst, wave, "released") and is_finished(inst, "pulse-2", "invitation"))
    assert not inst.keys.has_wave_key(wave)
    notices = [message for message in box.messages if ".released." in str(message["Message-ID"])]
    assert sorted(str(message["To"]) for message in notices) == ["boss@x.example", "lea@x.example"]
    assert len(box.messages) == 12 + 2
    check_queue_names_nobody(inst)
    inst.database.dispose()


def check_queue_names_nobody(inst: Installation) -> None:
    """Search everything the queue keeps, decoded, for addresses, names and identifiers of people."""
    with inst.database.reading() as session:
        people = organisation.list_people(session)
        forbidden = {word for person in people for word in (person.id, person.email)}
    kept: list[str] = []
    with closing(sqlite3.connect(inst.settings.data_dir / "jobs.db")) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            kept += [str(cell) for row in connection.execute(f'SELECT * FROM "{name}"') for cell in row]  # noqa: S608 - names of tables
    assert any("close:pulse-1" in cell for cell in kept)
    texts = kept + [
        base64.b64decode(cell[: len(cell) // 4 * 4]).decode("latin-1") for cell in kept if _BASE64.fullmatch(cell)
    ]
    assert [text for text in texts if any(word in text for word in forbidden)] == []
