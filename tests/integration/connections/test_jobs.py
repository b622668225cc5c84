"""The nightly job syncs what is due, rests after failures, and names nothing but the connection."""

from __future__ import annotations

import datetime as dt

import pytest

from app.jobs import perform, sync
from app.jobs.due import due_jobs
from surveys.errors import Refused
from surveys.services.connections import managing, paged
from surveys.services.connections.failures import SyncFailed, SyncPaused
from surveys.services.connections.paged import Clock
from surveys.store import connections as store
from tests.integration.connections.conftest import NOW, World

HOUR = dt.timedelta(hours=1)


def due(world: World, now: dt.datetime) -> list[str]:
    with world.inst.database.reading() as session:
        return [job.id for job in due_jobs(session, now) if job.kind == "sync"]


def test_each_connection_is_due_once_a_night(world: World) -> None:
    assert due(world, NOW) == ["sync:github", "sync:jira"]
    world.sync("jira")
    assert due(world, NOW + HOUR) == ["sync:github"]
    assert due(world, NOW.replace(hour=1) + dt.timedelta(days=1)) == ["sync:github"]
    assert due(world, NOW + dt.timedelta(days=1)) == ["sync:github", "sync:jira"]


@pytest.fixture(autouse=True)
def at_night(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tools see the clock of the test, and rest in no time."""
    clock = Clock(wall=NOW.timestamp, sleep=lambda _seconds: None, chance=lambda: 0.0)
    monkeypatch.setattr(paged, "Clock", lambda: clock)


def test_one_that_failed_rests_three_hours_and_one_that_pauses_as_long_as_it_says(world: World) -> None:
    world.jira.faults = {"jql": [401]}
    with pytest.raises(SyncFailed):
        world.sync("jira")
    assert "sync:jira" not in due(world, NOW + 2 * HOUR)
    assert "sync:jira" in due(world, NOW + 3 * HOUR)
    world.github.faults = {"issues": [(429, {"Retry-After": "7200"})]}
    with pytest.raises(SyncPaused):
        world.sync("github")
    assert "sync:github" not in due(world, NOW + 1.9 * HOUR)
    assert "sync:github" in due(world, NOW + 2 * HOUR)


def test_a_pause_without_an_end_is_twenty_minutes_and_no_pause_is_longer_than_a_day(world: World) -> None:
    world.github.faults = {"issues": [429, 429, 429, 429]}
    with pytest.raises(SyncPaused):
        world.sync("github")
    assert "sync:github" not in due(world, NOW + HOUR / 4)
    assert "sync:github" in due(world, NOW + HOUR / 2)
    world.github.faults = {"issues": [(429, {"Retry-After": "999999999"})]}
    with pytest.raises(SyncPaused):
        world.sync("github")
    assert "sync:github" not in due(world, NOW + 23 * HOUR)
    assert "sync:github" in due(world, NOW + 24 * HOUR)


def test_one_that_somebody_asked_for_is_due_at_once_and_once(world: World) -> None:
    world.sync("jira")
    with world.inst.database.transaction() as session:
        managing.ask_sync(session, "jira", now=NOW + HOUR)
    assert "sync:jira" in due(world, NOW + HOUR)
    world.sync("jira", now=NOW + HOUR)
    assert "sync:jira" not in due(world, NOW + HOUR)


def test_one_that_is_not_active_is_left_alone(world: World) -> None:
    with world.inst.database.transaction() as session:
        store.get_connection(session, "jira").is_active = False
    assert due(world, NOW) == ["sync:github"]


def test_the_job_takes_the_name_only_and_tells_where_a_credential_is_missing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BAROGRAPH_CONNECTION_JIRA_TOKEN", raising=False)
    context = perform.Context(inst=world.inst, clock=lambda: NOW, make_report=None)
    with pytest.raises(Refused, match="There is no credential for the connection jira"):
        perform.perform(context, "sync", "jira", "")
    assert "There is no credential" in str(world.view("jira").failure)
    assert sync.FROM_HOUR == 2
