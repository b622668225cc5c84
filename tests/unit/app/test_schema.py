"""Opening checks the version of the tables and says what to do."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app import schema
from app.extensions import Database
from surveys.ballots import manifest
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


def test_waves_of_an_earlier_protocol_are_named_before_an_upgrade(database: Database, empty_database_url: str) -> None:
    with database.transaction() as session:
        session.execute(text("INSERT INTO instrument_version (sha256, code, document) VALUES ('i', 'c', '{}')"))
        session.execute(
            text(
                "INSERT INTO programme (slug, name, organisation, audience, instruments, rrule, starts_on, opens_time, "
                "timezone, open_days, release_delay_hours, k, languages, mode, retention_days, is_active) VALUES "
                "('p', 'P', 'O', 'a', '[]', 'FREQ=DAILY', '2030-01-01', '09:00', 'UTC', 7, 24, 5, '[]', 'card', 9, "
                "true)"
            )
        )
        for number, (status, protocol) in enumerate(
            [("open", "barograph-ballot-2"), ("closed", "barograph-ballot-2"), ("released", "barograph-ballot-2"),
             ("open", manifest.PROTOCOL), ("planned", "")]
        ):  # fmt: skip
            session.execute(
                text(
                    "INSERT INTO wave (slug, programme_slug, number, status, mode, k, instrument_sha256, opens_at, "
                    "closes_at, releases_at, manifest, is_none) VALUES (:slug, 'p', :number, :status, 'card', 5, 'i', "
                    "'2030-01-01', '2030-01-02', '2030-01-03', :manifest, false)"
                ),
                {
                    "slug": f"p-{number}", "number": number, "status": status,
                    "manifest": f'{{"protocol":"{protocol}"}}' if protocol else None,
                },
            )  # fmt: skip
    assert schema.waves_of_old(database) == ["p-0", "p-1"]
    empty = Database(empty_database_url)
    assert schema.waves_of_old(empty) == []
    empty.dispose()
