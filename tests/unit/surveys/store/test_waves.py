"""Waves and programmes: found or not found with a sentence, moved by one worker only, frozen once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from app.extensions import Database
from surveys.enums import WaveStatus
from surveys.errors import NotFound
from surveys.models.waves import Wave
from surveys.services.programmes import add_programme
from surveys.store import chains, totals, waves
from tests.support.journey import facts

NOW = dt.datetime(2025, 1, 6, tzinfo=dt.UTC)


def wave(number: int, *, fingerprint: str | None = None, status: WaveStatus = WaveStatus.PLANNED) -> Wave:
    return Wave(
        slug=f"pulse-{number}", programme_slug="pulse", number=number, status=status, mode="promise", k=5,
        instrument_sha256="0", opens_at=NOW, closes_at=NOW, releases_at=NOW, fingerprint=fingerprint,
    )  # fmt: skip


@pytest.fixture
def three_waves(database: Database) -> Database:
    """A programme with three waves of which the first was opened."""
    with database.transaction() as session:
        add_programme(session, facts())
        waves.add_instrument_version(session, sha256="0", code="pulse-1", document={"a": 1})
        for number, fingerprint in ((2, None), (10, None), (1, "f")):
            waves.add_wave(session, wave(number, fingerprint=fingerprint))
    return database


def test_what_is_not_there_is_not_found_with_its_name(database: Database) -> None:
    finders: list[tuple[Callable[[Session], object], str]] = [
        (lambda session: waves.get_wave(session, "x-1"), "no wave x-1"),
        (lambda session: waves.lock_wave(session, "x-1"), "no wave x-1"),
        (lambda session: waves.get_programme(session, "x"), "no programme x"),
        (lambda session: waves.get_instrument_document(session, "0"), "not stored"),
    ]
    for find, sentence in finders:
        with database.reading() as session, pytest.raises(NotFound, match=sentence):
            find(session)
    with database.reading() as session:
        assert waves.find_programme(session, "x") is None


def test_waves_are_listed_by_number_and_filtered(three_waves: Database) -> None:
    with three_waves.reading() as session:
        assert [each.number for each in waves.list_waves(session)] == [1, 2, 10]
        assert waves.list_waves(session, programme="other") == []
        assert len(waves.list_waves(session, programme="pulse", status=WaveStatus.PLANNED)) == 3
        assert waves.list_waves(session, status=WaveStatus.OPEN) == []
        assert [each.slug for each in waves.list_programmes(session)] == ["pulse"]


def test_the_previous_wave_is_the_last_one_that_was_opened(three_waves: Database) -> None:
    with three_waves.reading() as session:
        found = waves.find_previous_wave(session, waves.get_wave(session, "pulse-10"))
        assert found is not None
        assert found.slug == "pulse-1"
        assert waves.find_previous_wave(session, found) is None


def test_only_one_caller_moves_a_wave(three_waves: Database) -> None:
    with three_waves.transaction() as session:
        row = waves.get_wave(session, "pulse-1")
        assert waves.move_wave(session, "pulse-1", WaveStatus.PLANNED, WaveStatus.OPEN, opened_at=NOW)
        assert not waves.move_wave(session, "pulse-1", WaveStatus.PLANNED, WaveStatus.OPEN, opened_at=NOW)
        assert (row.status, row.opened_at) == (WaveStatus.OPEN, NOW)
        assert waves.get_wave(session, "pulse-2").status == WaveStatus.PLANNED


def test_a_lock_reads_the_row_as_it_is_now(three_waves: Database) -> None:
    with three_waves.transaction() as session:
        stale = waves.get_wave(session, "pulse-1")
        assert stale.is_none is False
        session.connection().exec_driver_sql("UPDATE wave SET k = 9")
        assert stale.k == 5
        assert waves.lock_wave(session, "pulse-1").k == 9


def test_a_questionnaire_is_stored_once(three_waves: Database) -> None:
    with three_waves.transaction() as session:
        waves.add_instrument_version(session, sha256="0", code="other", document={"a": 2})
        assert waves.get_instrument_document(session, "0") == {"a": 1}


def test_nothing_frozen_is_fine_and_totals_of_no_wave_are_empty(three_waves: Database) -> None:
    with three_waves.transaction() as session:
        waves.add_frozen(session, units=[], crowds=[])
        assert waves.list_units(session, "pulse-1") == waves.list_crowds(session, "pulse-1") == []
        totals.add_totals(session, counts=[], totals=[], moments=[])
        assert totals.list_moments(session, "pulse-1") == []
        assert totals.find_ballots(session, "pulse-1") is None


def test_taking_a_turn_twice_in_one_transaction_does_not_wait(database: Database) -> None:
    with database.transaction() as session:
        chains.take_turn(session, "audit_event")
        chains.take_turn(session, "audit_event")
        chains.take_turn(session, "ledger_entry")
