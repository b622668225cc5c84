"""Fixtures of the attacks: a fresh installation per test on either database, and one whole wave as evidence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from app.cli import backup
from app.extensions import Database
from app.installation import Installation
from tests.attacks import account
from tests.attacks.evidence import Evidence, gather, reopened
from tests.support import journey
from tests.support.databases import KINDS, migrate
from tests.support.postgres import Cluster
from tests.support.requirements import missing
from tools.programs import find_postgres


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    lines = account.table()
    if lines:
        terminalreporter.section("what each attack achieved")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture
def inst(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    """A fresh, empty installation on either database."""
    made = journey.installation(tmp_path, database_url)
    yield made
    made.database.dispose()


@pytest.fixture(scope="session", params=KINDS)
def evidence(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """One whole wave on either database with everything copied on the way; made once, for tests that only look.

    On PostgreSQL it has a server of its own: the log of the other one holds what the weakened variants wrote.
    """
    folder = tmp_path_factory.mktemp("evidence")
    with server_of_its_own() if request.param == "postgresql" else nullcontext("") as url:
        inst = journey.installation(folder / "installation", url)
        try:
            yield gather(inst, folder)
        finally:
            inst.database.dispose()


@pytest.fixture
def restored(evidence: Evidence, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """The installation with the backup of the middle of the wave put back, and the key folder as the close left it."""
    if evidence.is_sqlite:
        found = reopened(evidence, evidence.backups[1], tmp_path / "restored")
        yield found
        found.database.dispose()
        return
    cluster = request.getfixturevalue("postgres_cluster")
    database = Database(cluster.create("restored"))
    backup.read(database, evidence.backups[1])
    yield replace(evidence.inst, database=database)
    database.dispose()
    cluster.drop("restored")


@contextmanager
def server_of_its_own() -> Iterator[str]:
    """Run a PostgreSQL server for one database; yields its address."""
    programs = find_postgres()
    if programs is None:
        missing("PostgreSQL's server programs are not installed.", "BAROGRAPH_REQUIRE_TOOLS")
    cluster = Cluster(programs)
    cluster.start()
    try:
        url = cluster.create("evidence")
        migrate(url)
        yield url
    finally:
        cluster.stop()
