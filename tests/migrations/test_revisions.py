"""The migrations: one line of revisions, the models' tables on both databases, and a way back with data in them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Column, Date, DateTime, Float, Integer, LargeBinary, Table, inspect, select, text
from sqlalchemy.types import TypeDecorator

import reports.models  # noqa: F401 - registers its tables
from app import schema
from app.extensions import Database
from surveys.models import Base
from surveys.models.base import JsonText

FOLDER = Path(__file__).resolve().parents[2] / "migrations" / "versions"
NAME = re.compile(r"\d{4}_[a-z][a-z0-9_]*")
CHOSEN: dict[str, object] = {
    "k": 5, "status": "open", "ballots": 5, "n": 50, "ends_on": dt.date(2030, 1, 1), "mode": "promise",
    "decision": "kept",
}  # fmt: skip
"""Values that a rule of a table asks for."""


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Database]:
    database = Database(empty_database_url)
    yield database
    database.dispose()


def scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(schema.configuration())


def test_there_is_one_first_revision_and_one_head() -> None:
    assert len(scripts().get_heads()) == 1
    assert len(scripts().get_bases()) == 1
    assert all(len(revision._all_down_revisions) <= 1 for revision in scripts().walk_revisions())


def test_every_file_is_named_after_its_revision_and_numbered_without_a_gap() -> None:
    files = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
    assert files == sorted(revision.revision for revision in scripts().walk_revisions())
    assert all(NAME.fullmatch(name) for name in files)
    assert [int(name[:4]) for name in files] == list(range(1, len(files) + 1))
    for name in files:
        assert f'revision = "{name}"' in (FOLDER / f"{name}.py").read_text()


def test_the_head_is_what_the_models_say(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_keys_and_rules_are_named_in_the_database_as_in_the_models(database: Database) -> None:
    """The comparison above does not look at primary keys and check constraints."""
    found = inspect(database.engine)
    for table in Base.metadata.sorted_tables:
        assert found.get_pk_constraint(table.name)["name"] == table.primary_key.name
        names = {
            kind: {str(each["name"]) for each in rows}
            for kind, rows in {
                "fk": found.get_foreign_keys(table.name),
                "uq": found.get_unique_constraints(table.name),
                "ck": found.get_check_constraints(table.name),
                "ix": [row for row in found.get_indexes(table.name) if not row.get("duplicates_constraint")],
            }.items()
        }
        wanted = {str(each.name) for each in table.constraints if each is not table.primary_key}
        assert names["fk"] | names["uq"] | names["ck"] == wanted, table.name
        assert names["ix"] == {str(index.name) for index in table.indexes}, table.name


def test_sqlite_keeps_no_row_numbers_where_the_models_forbid_them(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.reading() as session:
        stored = {row[0]: row[1] for row in session.execute(text("SELECT name, sql FROM sqlite_master"))}
    for table in Base.metadata.sorted_tables:
        without = table.dialect_options["sqlite"]["with_rowid"] is False
        assert ("WITHOUT ROWID" in stored[table.name]) is without, table.name
        assert "AUTOINCREMENT" not in stored[table.name]
    database.dispose()


def value_of(column: Column[object]) -> object:
    """A value that fits a column."""
    if column.name in CHOSEN:
        return CHOSEN[column.name]
    kind = column.type
    if isinstance(kind, JsonText):
        return {"ñ": [1, None]}
    if isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    for type_, value in (
        (Boolean, True),
        (Integer, 3),
        (Float, 1.5),
        (DateTime, dt.datetime(2025, 1, 6, 8, 30, tzinfo=dt.UTC)),
        (Date, dt.date(2025, 1, 6)),
        (LargeBinary, b"\0\xff"),
    ):
        if isinstance(kind, type_):
            return value
    return "ñ x"


def seed(database: Database) -> dict[str, dict[str, object]]:
    """Put a row into every table; foreign keys fit because every text is the same."""
    rows: dict[str, dict[str, object]] = {}
    with database.transaction() as session:
        for table in Base.metadata.sorted_tables:
            rows[table.name] = {column.name: value_of(column) for column in table.columns}
            for key in table.foreign_keys:
                rows[table.name][key.parent.name] = rows[key.column.table.name][key.column.name]
            session.execute(table.insert().values(rows[table.name]))
    return rows


def read(database: Database, table: Table) -> list[dict[str, object]]:
    with database.reading() as session:
        return [dict(row._mapping) for row in session.execute(select(table))]


@pytest.mark.slow
def test_up_down_up_with_a_row_in_every_table(empty: Database) -> None:
    schema.upgrade(empty)
    rows = seed(empty)
    for table in Base.metadata.sorted_tables:
        assert read(empty, table) == [rows[table.name]], table.name
    schema.downgrade(empty, "base")
    left = set(inspect(empty.engine).get_table_names())
    assert left <= {"alembic_version"}
    schema.upgrade(empty)
    schema.check_current(empty)
    assert all(read(empty, table) == [] for table in Base.metadata.sorted_tables)
    seed(empty)


@pytest.mark.slow
def test_each_revision_goes_down_and_up_by_itself_and_keeps_what_was_there_before(empty: Database) -> None:
    """With data made at the head: a step down and up again may lose only what the step itself brought."""
    schema.upgrade(empty)
    seed(empty)
    for revision in list(scripts().walk_revisions()):
        below = revision.down_revision
        target = str(below) if below else "base"
        kept = _tables_at(empty) if below else set()
        schema.downgrade(empty, target)
        counts = {name: _count(empty, name) for name in kept & _tables_at(empty)}
        schema.upgrade(empty, revision.revision)
        assert {name: _count(empty, name) for name in counts} == counts
        schema.downgrade(empty, target)
    schema.upgrade(empty)
    schema.check_current(empty)


def _tables_at(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names()) - {"alembic_version"}


def _count(database: Database, name: str) -> int:
    with database.reading() as session:
        return int(session.scalar(text(f"SELECT count(*) FROM {name}")) or 0)  # noqa: S608 - names from the database


def test_an_upgrade_that_fails_leaves_no_half_of_itself(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last table cannot be made because it is there: then none of the others is, either."""
    with empty.engine.begin() as link:
        link.execute(text("CREATE TABLE report_document (x INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        schema.upgrade(empty)
    assert _tables_at(empty) == {"report_document"}
    with empty.engine.begin() as link:
        link.execute(text("DROP TABLE report_document"))
    schema.upgrade(empty)
    schema.check_current(empty)
