"""Fixtures of databases: each test gets a fresh one with the current tables, on SQLite and on PostgreSQL.

The migrations run once per kind and session; a test gets a copy of the result, which costs milliseconds.
``BAROGRAPH_TEST_DATABASES=sqlite`` leaves PostgreSQL out.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from app.extensions import Database
from app.schema import upgrade
from tests.support.postgres import Cluster
from tests.support.requirements import missing
from tools.programs import find_postgres

KINDS = tuple(os.environ.get("BAROGRAPH_TEST_DATABASES", "sqlite,postgresql").split(","))


def migrate(url: str) -> None:
    """Bring the database at ``url`` to the current tables."""
    database = Database(url)
    try:
        upgrade(database)
    finally:
        database.dispose()


class Provider(Protocol):
    """Makes and removes databases of one kind; ``fresh`` has the current tables, ``empty`` has none."""

    def fresh(self) -> str: ...
    def empty(self) -> str: ...
    def clean(self) -> None: ...


@dataclass
class SqliteFiles:
    """SQLite databases as files in one folder."""

    folder: Path
    made: list[Path] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=itertools.count)

    def empty(self) -> str:
        return f"sqlite:///{self._next()}"

    def fresh(self) -> str:
        template = self.folder / "template.db"
        if not template.exists():
            migrate(f"sqlite:///{template}")  # closing the last connection moves the log into the file
        return f"sqlite:///{shutil.copyfile(template, self._next())}"

    def clean(self) -> None:
        while self.made:
            path = self.made.pop()
            for suffix in ("", "-wal", "-shm", ".lock"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)

    def _next(self) -> Path:
        path = self.folder / f"test-{next(self._number)}.db"
        self.made.append(path)
        return path


@dataclass
class PostgresDatabases:
    """PostgreSQL databases in one temporary cluster."""

    cluster: Cluster
    made: list[str] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=itertools.count)
    _has_template: bool = False

    def empty(self) -> str:
        return self.cluster.create(self._next())

    def fresh(self) -> str:
        if not self._has_template:
            migrate(self.cluster.create("template_tables"))
            self._has_template = True
        return self.cluster.create(self._next(), template="template_tables")

    def clean(self) -> None:
        while self.made:
            self.cluster.drop(self.made.pop())

    def _next(self) -> str:
        name = f"test_{next(self._number)}"
        self.made.append(name)
        return name


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A temporary PostgreSQL server, stopped at the end of the session."""
    programs = find_postgres()
    if programs is None:
        missing("PostgreSQL's server programs are not installed.", "BAROGRAPH_REQUIRE_TOOLS")
    cluster = Cluster(programs)
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def postgres_url(postgres_cluster: Cluster) -> str:
    """The address of the temporary server's own database, for a test that needs PostgreSQL and nothing in it."""
    return postgres_cluster.url("postgres")


@pytest.fixture(scope="session")
def _sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def _postgres_databases(postgres_cluster: Cluster) -> PostgresDatabases:
    return PostgresDatabases(postgres_cluster)


@pytest.fixture(params=KINDS)
def database_provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    """Makes databases for one test, once per kind; for a test that needs several."""
    fixture = {"sqlite": "_sqlite_files", "postgresql": "_postgres_databases"}[request.param]
    provider: Provider = request.getfixturevalue(fixture)
    yield provider
    provider.clean()


@pytest.fixture
def database_url(database_provider: Provider) -> str:
    """The address of a fresh database with the current tables."""
    return database_provider.fresh()


@pytest.fixture
def empty_database_url(database_provider: Provider) -> str:
    """The address of a database without tables, for the tests of the migrations."""
    return database_provider.empty()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database with the current tables, opened as the program opens it."""
    opened = Database(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def sqlite_url(_sqlite_files: SqliteFiles) -> Iterator[str]:
    """The address of a fresh SQLite database, for a test that has nothing to gain from PostgreSQL."""
    yield _sqlite_files.fresh()
    _sqlite_files.clean()
