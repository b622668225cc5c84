"""A withdrawal leaves nothing of a wave that was not released, and one that was interrupted is finished later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import text

from app import lifecycle
from app.extensions import Database
from app.installation import Installation
from app.jobs import perform
from app.jobs.due import due_jobs
from surveys.enums import WaveStatus
from surveys.errors import Refused
from surveys.services import waves as wave_service
from surveys.store import accounts
from surveys.store import waves as wave_store
from tests.support import journey
from tests.support.crashes import Fuse, PowerCut, fragile
from tests.support.journey import ACTOR, OpenWave

SEVEN_TEAMS = {**journey.SIX_TEAMS, "fox": (journey.ROOT, 10)}
"""Fifty-two people, which is enough for a list of counted ballots."""

TOTALS = ("crowd_count", "crowd_total", "moment", "wave_count", "counted_list")
LEFT = ("ballot", "invitation", "paper", *TOTALS, "answer_file")


@pytest.fixture
def wave(inst: Installation) -> OpenWave:
    """Fifty-two people who all answered, with a wave that is open."""
    journey.company(inst, SEVEN_TEAMS)
    opened = journey.open_wave(inst)
    journey.cast_all(inst, opened, journey.varied())
    return opened


def only_close(inst: Installation, wave: OpenWave) -> None:
    """Close without counting, as a close ends whose count was refused."""
    with inst.database.transaction() as session:
        wave_service.close_wave(session, wave=wave.slug, now=wave.closes_at)


def withdraw(inst: Installation, wave: OpenWave) -> None:
    lifecycle.withdraw_wave(inst, wave=wave.slug, reason="A mistake.", now=wave.closes_at, actor=ACTOR)


def close(inst: Installation, wave: OpenWave) -> None:
    assert lifecycle.close_wave(inst, wave=wave.slug, now=wave.closes_at, actor=ACTOR).already_counted


def by_schedule(inst: Installation, wave: OpenWave) -> None:
    assert f"close:{wave.slug}" in jobs(inst, wave)
    context = perform.Context(inst=inst, clock=lambda: wave.closes_at, make_report=None)
    assert perform.perform(context, "close", wave.slug, "") == perform.DONE


def jobs(inst: Installation, wave: OpenWave) -> list[str]:
    with inst.database.reading() as session:
        return [job.id for job in due_jobs(session, wave.closes_at + dt.timedelta(days=30), inst.keys)]


def rows(inst: Installation) -> dict[str, int]:
    with inst.database.reading() as session:
        return {name: session.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in LEFT}  # noqa: S608


def actions(inst: Installation) -> list[str]:
    with inst.database.reading() as session:
        return [event.action for event in accounts.list_audit_events(session)]


def assert_wiped(inst: Installation, wave: OpenWave) -> None:
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, wave.slug)
        assert (row.status, row.withdrawn_reason) == (WaveStatus.WITHDRAWN, "A mistake.")
        assert None not in {row.rewritten_at, row.key_destroyed_at}
    assert not inst.keys.has_wave_key(wave.slug)
    assert rows(inst) == dict.fromkeys(LEFT, 0)
    assert f"close:{wave.slug}" not in jobs(inst, wave)
    assert actions(inst).count("wave.withdraw") == actions(inst).count("wave.key-destroyed") == 1


def test_a_withdrawal_before_the_count_leaves_nothing(inst: Installation, wave: OpenWave) -> None:
    only_close(inst, wave)
    assert rows(inst)["answer_file"] > 0
    withdraw(inst, wave)
    assert_wiped(inst, wave)


def test_a_withdrawal_after_the_count_leaves_no_total_and_no_list_and_rewrites_the_files_again(
    inst: Installation, wave: OpenWave, monkeypatch: pytest.MonkeyPatch
) -> None:
    journey.close_wave(inst, wave)
    before = rows(inst)
    assert min(before[name] for name in TOTALS) > 0
    rewritten: list[tuple[str, ...]] = []
    real = Database.rewrite

    def rewrite(database: Database, tables: tuple[str, ...]) -> None:
        rewritten.append(tables)
        real(database, tables)

    monkeypatch.setattr(Database, "rewrite", rewrite)
    withdraw(inst, wave)
    assert_wiped(inst, wave)
    assert len(rewritten) == 1
    assert {"crowd_total", "counted_list"} <= set(rewritten[0])


def test_a_withdrawal_after_the_release_leaves_the_totals_for_their_retention(
    inst: Installation, wave: OpenWave
) -> None:
    journey.close_wave(inst, wave)
    journey.release_wave(inst, wave)
    before = rows(inst)
    withdraw(inst, wave)
    assert rows(inst) == before
    assert f"close:{wave.slug}" not in jobs(inst, wave)


@pytest.mark.parametrize("finish", [withdraw, close, by_schedule])
def test_a_withdrawal_whose_files_could_not_be_rewritten_is_finished_later(
    inst: Installation,
    wave: OpenWave,
    finish: Callable[[Installation, OpenWave], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    only_close(inst, wave)
    with monkeypatch.context() as patch:
        patch.setattr(Database, "rewrite", _busy)
        with pytest.raises(Refused, match=r"is withdrawn, but .* The schedule tries again .* repeat the withdrawal"):
            withdraw(inst, wave)
    assert inst.keys.has_wave_key(wave.slug)
    finish(inst, wave)
    assert_wiped(inst, wave)
    with pytest.raises(Refused, match="nothing can be done with it"):
        withdraw(inst, wave)


def _busy(*_args: object) -> None:
    raise Refused("The database file is being read.")


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_withdrawal_cut_at_any_operation_is_finished_by_the_schedule(
    inst: Installation, wave: OpenWave, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut one operation later each time, until the schedule finds nothing to do any more."""
    only_close(inst, wave)
    for place in range(1, 20):
        if is_withdrawn(inst, wave) and f"close:{wave.slug}" not in jobs(inst, wave):
            break
        with monkeypatch.context() as cut:
            worker = fragile(inst, Fuse(place, after=after), cut)
            with suppress(PowerCut):
                (close if is_withdrawn(inst, wave) else withdraw)(worker, wave)
            worker.database.dispose()
    assert place > 2
    assert_wiped(inst, wave)


def is_withdrawn(inst: Installation, wave: OpenWave) -> bool:
    with inst.database.reading() as session:
        return wave_store.get_wave(session, wave.slug).status == WaveStatus.WITHDRAWN
