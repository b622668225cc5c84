"""Opening checks the version of the tables and says what to do."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app import schema
from app.extensions import Database
from surveys.errors import Refused


def test_a_current_database_is_accepted(database: Database) -> None:
    schema.check_current(database)


def test_an_empty_database_is_refused_with_the_command(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    with pytest.raises(Refused, match="barograph db upgrade"):
        schema.check_current(database)
    database.dispose()


def test_a_database_of_a_newer_program_is_refused_without_harm(database: Database) -> None:
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999_from_the_future'"))
    with pytest.raises(Refused, match="newer program"):
        schema.check_current(database)


@pytest.mark.slow
def test_upgrading_twice_changes_nothing(database: Database) -> None:
    with database.transaction() as session:
        session.execute(text("INSERT INTO person (id, email, name, language) VALUES ('1', 'a@x', 'A', 'en')"))
    schema.upgrade(database)
    schema.check_current(database)
    with database.reading() as session:
        assert session.scalar(text("SELECT name FROM person")) == "A"
