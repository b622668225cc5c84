"""Installations for the waves: one per module for journeys that only look, one per test for those that change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.installation import Installation
from tests.support import journey
from tests.support.databases import KINDS, migrate
from tests.support.journey import HeldWave


@pytest.fixture
def inst(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    """A fresh, empty installation on either database."""
    made = journey.installation(tmp_path, database_url)
    yield made
    made.database.dispose()


@pytest.fixture(scope="module", params=KINDS)
def module_inst(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One installation for all tests of a module, on either database."""
    folder = tmp_path_factory.mktemp("journey")
    url, name = "", ""
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgres_cluster")
        name = f"journey_{abs(hash(request.node.name)) % 10**9}_{len(folder.name)}"
        url = cluster.create(name)
        migrate(url)
    made = journey.installation(folder, url)
    yield made
    made.database.dispose()
    if name:
        request.getfixturevalue("postgres_cluster").drop(name)


@pytest.fixture(scope="module")
def held(module_inst: Installation) -> tuple[Installation, HeldWave]:
    """Six teams after one released wave in which all but three people answered."""
    journey.company(module_inst)
    absent = [journey.member("ant", 1), journey.member("bee", 2), journey.leader("cat")]
    return module_inst, journey.hold_wave(module_inst, journey.varied(absent=absent))
