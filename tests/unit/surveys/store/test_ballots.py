"""The ballot box: one way in while the wave is open, a reader in the order of the hashes, one way out."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import inspect, text, update

from app.extensions import Database
from surveys.enums import WaveStatus
from surveys.models.waves import InstrumentVersion, Programme, Wave
from surveys.store import ballots

NOW = dt.datetime(2025, 1, 6, tzinfo=dt.UTC)


@pytest.fixture
def box(database: Database) -> Database:
    """A database with one open wave."""
    with database.transaction() as session:
        session.add(
            Programme(
                slug="p",
                name="P",
                organisation="A",
                audience="root",
                instruments=[],
                rrule="FREQ=DAILY",
                starts_on=NOW.date(),
                opens_time="09:00",
                timezone="UTC",
                open_days=1,
                release_delay_hours=0,
                k=5,
                languages=["en"],
                mode="promise",
                retention_days=1,
            )
        )
        session.add(InstrumentVersion(sha256="0", code="c", document={}))
        session.flush()
        session.add(
            Wave(
                slug="p-1",
                programme_slug="p",
                number=1,
                status=WaveStatus.OPEN,
                mode="promise",
                k=5,
                instrument_sha256="0",
                opens_at=NOW,
                closes_at=NOW,
                releases_at=NOW,
            )
        )
    return database


def put(database: Database, name: bytes, sealed: bytes, crowd: str = "ant") -> bool:
    with database.transaction() as session:
        return ballots.put_ballot(session, wave="p-1", nonce_hash=name, crowd=crowd, ciphertext=sealed)


def test_ballots_are_read_in_the_order_of_their_hashes_not_of_their_arrival(box: Database) -> None:
    arrivals = [bytes([value]) * 32 for value in (200, 3, 90, 17)]
    for name in arrivals:
        assert put(box, name, name[:4])
    with box.reading() as session:
        assert [sealed for _, sealed in ballots.read_sealed(session, "p-1")] == [name[:4] for name in sorted(arrivals)]
        assert ballots.count_ballots(session, "p-1") == 4
        assert ballots.count_ballots(session, "p-2") == 0


def test_the_same_nonce_replaces_crowd_and_ciphertext(box: Database) -> None:
    put(box, b"a" * 32, b"first", "ant")
    put(box, b"a" * 32, b"second", "bee")
    with box.reading() as session:
        assert list(ballots.read_sealed(session, "p-1")) == [("bee", b"second")]


@pytest.mark.parametrize("status", [status for status in WaveStatus if status is not WaveStatus.OPEN])
def test_a_wave_that_is_not_open_takes_nothing(box: Database, status: WaveStatus) -> None:
    with box.transaction() as session:
        session.execute(update(Wave).values(status=status))
    assert not put(box, b"a" * 32, b"late")
    with box.reading() as session:
        assert ballots.count_ballots(session, "p-1") == 0


def test_an_unknown_wave_takes_nothing(box: Database) -> None:
    with box.transaction() as session:
        assert not ballots.put_ballot(session, wave="p-9", nonce_hash=b"a" * 32, crowd="ant", ciphertext=b"x")


def test_deleting_empties_one_wave_only(box: Database) -> None:
    rows: list[dict[str, object]] = [
        {"wave": wave, "nonce_hash": bytes([number]) * 32, "crowd": "ant", "ciphertext": b"x"}
        for wave in ("p-1", "p-2")
        for number in range(3)
    ]
    with box.transaction() as session:
        ballots.add_ballots(session, rows)
        ballots.delete_ballots(session, "p-1")
        assert [ballots.count_ballots(session, wave) for wave in ("p-1", "p-2")] == [0, 3]


def test_the_stored_table_has_no_row_number_no_time_and_no_reference(box: Database) -> None:
    """As the database has it, whatever the models say."""
    found = inspect(box.engine)
    assert {column["name"] for column in found.get_columns("ballot")} == {"wave", "nonce_hash", "crowd", "ciphertext"}
    assert found.get_pk_constraint("ballot")["constrained_columns"] == ["wave", "nonce_hash"]
    assert found.get_foreign_keys("ballot") == found.get_indexes("ballot") == []
    if box.is_sqlite:
        with box.reading() as session:
            schema = session.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'ballot'"))
        assert "WITHOUT ROWID" in str(schema)
    else:
        with box.reading() as session:
            assert session.scalars(text("SELECT 1 FROM pg_class WHERE relkind = 'S'")).all() == []
            triggers = text("SELECT tgname FROM pg_trigger WHERE tgrelid = 'ballot'::regclass")
            assert session.scalars(triggers).all() == []
