"""A wave with comments that wait, on either database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.installation import Installation
from tests.attacks.test_04_carving import database_files
from tests.support import journey, written

TEXTS = {
    "ant": ["Fewer meetings, please.", "Marta shouts at us.", "The new tool helps.", "We plan too much.", "Zero time."],
    "root": ["Canteen!", "Alone at night on 3 May.", "I like it here.", "More pay.", "Say what comes next."],
}
"""Ten comments; what no redactor would keep names somebody or a day."""

REMOVED = ("Marta shouts at us.", "Alone at night on 3 May.")


@dataclass
class Written:
    """An installation with a counted wave whose comments wait, and its instants."""

    inst: Installation
    wave: str
    counted_at: dt.datetime
    releases_at: dt.datetime

    @property
    def due_at(self) -> dt.datetime:
        return self.counted_at + written.DAYS

    def release(self) -> None:
        written.release_wave(self.inst.database, self.wave, self.releases_at)


def files_of(inst: Installation) -> dict[str, bytes]:
    """The files of the database with their logs, on PostgreSQL those of the tables that comments pass through."""
    if inst.database.is_sqlite:
        path = Path(inst.database.engine.url.database or "")
        return {each.name: each.read_bytes() for each in path.parent.glob(f"{path.name}*")}
    return database_files(inst, ("ballot", "comment", "released_comment", "audit_event", "ledger_entry"))


@pytest.fixture
def counted(database_url: str, tmp_path: Path) -> Iterator[Written]:
    """Six teams after a count that placed five comments at ant and five at the root."""
    inst = journey.installation(tmp_path, database_url)
    journey.company(inst)
    wave = journey.open_wave(inst)
    written.count_wave(inst.database, wave.slug, wave.closes_at)
    written.write(inst.database, wave.slug, TEXTS, wave.closes_at)
    yield Written(inst=inst, wave=wave.slug, counted_at=wave.closes_at, releases_at=wave.releases_at)
    inst.database.dispose()


@pytest.fixture
def released(counted: Written) -> Written:
    """The same after the release of the figures."""
    counted.release()
    return counted
