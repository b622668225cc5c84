"""An organisation of forty teams after thirteen waves in which four teams fell, on either database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from app.installation import Installation
from tests.support import journey
from tests.support.databases import KINDS, migrate
from tests.support.filled import World, fill

WORLD = World(
    teams=40,
    waves=13,
    scales=6,
    seed=3,
    falls={5: 2.0, 15: 2.0, 25: 2.0, 30: 2.0},
    joint=frozenset({30}),
    gone=frozenset({4}),
    covariance=0.4,
)
"""Teams 30 and 31 are counted together; the fourth wave was withdrawn after its release."""


@dataclass(frozen=True)
class Filled:
    """An installation and the waves in it, oldest first."""

    inst: Installation
    slugs: tuple[str, ...]

    @property
    def last(self) -> str:
        """The wave released last."""
        return self.slugs[-1]


@pytest.fixture(scope="module", params=KINDS)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    folder = tmp_path_factory.mktemp("findings")
    url, name = "", ""
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgres_cluster")
        name = f"findings_{abs(hash(request.node.name)) % 10**9}"
        url = cluster.create(name)
        migrate(url)
    inst = journey.installation(folder, url)
    yield Filled(inst, tuple(fill(inst, WORLD)))
    inst.database.dispose()
    if name:
        request.getfixturevalue("postgres_cluster").drop(name)
