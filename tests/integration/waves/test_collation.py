"""A database that sorts letters as a language does, not by their numbers, takes a wave to its release."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql

from app.installation import Installation
from reports.store import releases
from surveys.store import waves as wave_store
from tests.support import journey
from tests.support.databases import KINDS
from tests.support.postgres import Cluster

TEAMS: journey.Teams = {
    journey.ROOT: (None, 2),
    "ant": (journey.ROOT, 8),
    "ant1": (journey.ROOT, 10),
    "dog": (journey.ROOT, 4),
    "elk": (journey.ROOT, 10),
}
"""The crowds ``ant1`` and ``ant~...`` stand in another order by number than by language."""


@pytest.fixture
def english(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    if "postgresql" not in KINDS:
        pytest.skip("PostgreSQL is left out")
    cluster: Cluster = request.getfixturevalue("postgres_cluster")
    cluster._execute(
        sql.SQL("CREATE DATABASE english TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US'")
    )
    inst = journey.installation(tmp_path / "english", cluster.url("english"))
    yield inst
    inst.database.dispose()
    cluster.drop("english")


def test_a_wave_is_counted_and_released_on_a_database_that_sorts_as_english_does(english: Installation) -> None:
    journey.company(english, TEAMS)
    held = journey.hold_wave(english, journey.varied())
    with english.database.reading() as session:
        labels = [row.label for row in wave_store.list_crowds(session, "pulse-1")]
        counted = {row.crowd for row in releases.list_crowd_records(session, ["pulse-1"])}
    assert labels != sorted(labels)  # else this test shows nothing
    assert counted == set(labels) == set(held.wave.crowds.values())
