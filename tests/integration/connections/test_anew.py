"""A sync reads all again where what is stored no longer fits, and what nobody goes on with leaves the files."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from app.jobs import sync
from surveys.errors import Refused
from surveys.importers.roadmap_model import hash_person
from surveys.services.connections import paged
from surveys.services.connections.credentials import variable
from surveys.services.connections.failures import SyncFailed
from surveys.services.connections.paged import Clock
from surveys.services.connections.sync import sync_connection
from surveys.store import connections as store
from surveys.store.roadmap import SourceFacts, load_facts
from surveys.store.roadmap_writing import save_map
from tests.integration.connections.conftest import JIRA_MAP, NOW, World, make

DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paged, "Clock", lambda: Clock(sleep=lambda _seconds: None))


def facts(world: World, name: str) -> SourceFacts:
    with world.inst.database.reading() as session:
        return next(each for each in load_facts(session) if each.name == name)


def teams(world: World) -> dict[str, str | None]:
    return {item.key: item.team for item in facts(world, "jira").items}


def put_map(world: World, text: str) -> None:
    with world.inst.database.transaction() as session:
        save_map(session, "jira", text, now=NOW)


def cut_off(world: World, now: dt.datetime = NOW) -> None:
    """Leave a sync of Jira after its first page."""
    world.jira.faults = {"bulkfetch": [{"issueChangeLogs": []}, 403]}
    with pytest.raises(SyncFailed, match="may not read"):
        world.sync("jira", now=now)
    assert world.view("jira").waiting


def files(world: World) -> bytes:
    file = Path(world.inst.database.engine.url.database or "")
    return b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))


def hashes_in_files(world: World) -> int:
    secret, content = world.inst.keys.installation_key(), files(world)
    return sum(hash_person(secret, f"account-{number}").encode() in content for number in range(4))


def test_a_changed_map_changes_what_is_stored_and_then_changes_are_asked_for_again(world: World) -> None:
    world.sync("jira")
    assert teams(world)["WEB-9"] == "web"
    put_map(world, JIRA_MAP.replace('team = "web"', 'team = "pay"'))
    assert world.sync("jira", now=NOW + DAY).account.read == 6
    assert teams(world)["WEB-9"] == "pay"
    assert world.sync("jira", now=NOW + 2 * DAY).account.read == 0


def test_a_map_that_changes_while_a_sync_is_cut_off_counts_for_all_that_is_stored(world: World) -> None:
    world.sync("jira")
    for issue in world.jira.issues[:4]:
        issue["fields"]["updated"] = "2026-05-25T12:00:00.000+0200"
    cut_off(world, NOW + DAY)
    put_map(world, JIRA_MAP.replace('team = "web"', 'team = "pay"'))
    world.sync("jira", now=NOW + DAY)
    assert set(teams(world).values()) == {"pay"}


def test_a_plan_that_got_another_name_leaves_none_behind(world: World) -> None:
    sprint: dict[str, Any] = {"id": 5, "name": "Pay 5", "state": "active", "endDate": "2026-05-29T08:00:00.000Z"}
    elsewhere = {"id": 6, "name": "Board that is not read", "state": "active", "endDate": "2026-05-29T08:00:00.000Z"}
    world.jira.issues[0]["fields"]["customfield_10020"] = [sprint]
    world.jira.issues[1]["fields"]["customfield_10020"] = [elsewhere]
    world.jira.sprints = [sprint]
    world.jira.versions = {"PAY": [{"name": "1.0", "releaseDate": "2026-06-30"}]}
    world.sync("jira")
    assert world.sync("jira", now=NOW + DAY).account.read == 0  # one that is never listed is no reason
    sprint["name"] = "Payments 5"
    assert world.sync("jira", now=NOW + 2 * DAY).account.read == 6
    assert {plan.name for plan in facts(world, "jira").plans} == {"Payments 5", "Board that is not read", "PAY/1.0"}
    assert next(item for item in facts(world, "jira").items if item.key == "PAY-1").plans == ("Payments 5",)
    assert world.sync("jira", now=NOW + 3 * DAY).account.read == 0


def test_what_a_program_of_another_version_read_is_not_used(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_off(world)
    monkeypatch.setattr("surveys.services.connections.state.PROGRAM_VERSION", "another")
    world.jira.asked.clear()
    world.sync("jira", now=NOW + DAY)
    assert world.jira.asked["bulkfetch"] == 3  # one for each page, and not for those that are left
    assert len(teams(world)) == 6


def test_what_was_read_long_ago_leaves_the_files_though_the_credential_is_gone(world: World) -> None:
    cut_off(world)
    assert hashes_in_files(world)
    del world.environ[variable("jira")]
    with pytest.raises(Refused, match="no credential"):
        world.sync("jira", now=NOW + 5 * DAY)
    assert world.view("jira").waiting
    with pytest.raises(Refused, match="no credential"):
        world.sync("jira", now=NOW + 6 * DAY)
    assert not world.view("jira").waiting
    assert not hashes_in_files(world)


def test_any_sync_forgets_what_others_left_and_a_busy_file_is_tried_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(world)

    def busy(_tables: object) -> None:
        raise Refused("Busy.")

    with monkeypatch.context() as patch:
        patch.setattr(world.inst.database, "rewrite", busy)
        with pytest.raises(Refused, match=r"github was synced\. Somebody reads the database"):
            world.sync("github", now=NOW + 6 * DAY)
    with world.inst.database.reading() as session:
        assert store.get_connection(session, "jira").resume is not None
    world.sync("github", now=NOW + 7 * DAY)
    with world.inst.database.reading() as session:
        assert store.get_connection(session, "jira").resume is None
    assert not hashes_in_files(world)


def test_a_connection_that_is_removed_leaves_no_hashes(world: World) -> None:
    cut_off(world)
    sync.remove_connection(world.inst, name="jira", now=NOW, actor="test")
    assert not hashes_in_files(world)


def test_the_loser_of_two_syncs_leaves_the_word_of_the_winner(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sync_connection.__globals__["_Run"].stage
    calls: list[object] = []

    def stage(self: object, state: object, page: object) -> object:
        calls.append(page)
        if len(calls) == 1:
            world.sync("jira", now=NOW + dt.timedelta(minutes=1))
        return real(self, state, page)

    monkeypatch.setattr("surveys.services.connections.sync._Run.stage", stage)
    with pytest.raises(SyncFailed, match="Another sync of jira"):
        world.sync("jira")
    assert world.view("jira").failure is None
    assert world.view("jira").succeeded_at == NOW + dt.timedelta(minutes=1)


def test_a_fault_of_the_program_is_noted_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object, **_named: object) -> object:
        raise ValueError("secret text")

    monkeypatch.setattr("surveys.services.connections.github.GitHub.plans", broken)
    with pytest.raises(ValueError, match="secret"):
        world.sync("github")
    assert "met a fault of this program" in str(world.view("github").failure)
    assert "secret" not in str(world.view("github").failure)


def test_an_issue_that_moves_up_while_pages_are_read_is_read(world: World) -> None:
    real = world.github._events
    asked: list[int] = []

    def events(number: int) -> object:
        asked.append(number)
        if len(asked) == 3:  # the last one of the first page: the fourth issue moves to where nobody asks any more
            world.github.issues = [issue for issue in world.github.issues if issue["number"] != asked[0]]
        return real(number)

    world.github._events = events  # type: ignore[assignment,method-assign]
    world.sync("github")
    gone = f"acme/web#{asked[0]}"
    assert {item.key for item in facts(world, "github").items} - {gone} == {f"acme/web#{n}" for n in range(1, 8)} - {
        gone
    }
    assert len(asked) == len(set(asked))


def test_a_list_of_one_page_is_read_once(world: World) -> None:
    world.github.page = 100
    world.sync("github")
    assert world.github.asked["issues"] == 3  # one for the issues, two for the people


def test_an_issue_that_was_deleted_since_it_was_listed_is_left_out(world: World) -> None:
    world.github.page = 100
    world.github.faults = {"events": [410]}
    world.sync("github")
    assert len(facts(world, "github").items) == 6


def test_a_repository_whose_issues_are_switched_off_is_told(world: World) -> None:
    world.github.faults = {"issues": [410]}
    with pytest.raises(SyncFailed, match=r"acme/web has no issues at api\.github\.com: they are switched off there"):
        world.sync("github")


def test_a_credential_that_is_for_another_host_is_not_sent(world: World) -> None:
    world.environ[variable("jira", "HOST")] = "api.github.com"
    with pytest.raises(Refused, match=r"is for api\.github\.com, so example\.atlassian\.net was not asked"):
        world.sync("jira")
    assert world.jira.asked == {}
    assert "was not asked" in str(world.view("jira").failure)
    world.environ[variable("jira", "HOST")] = "example.atlassian.net"
    world.sync("jira")


def test_the_row_is_locked_while_a_sync_looks_whose_it_is(tmp_path: Path, database_url: str) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time anyway.")
    world, asked = make(tmp_path, database_url), []
    event.listen(world.inst.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    try:
        world.sync("github")
    finally:
        world.inst.database.dispose()
    assert sum("roadmap_connection" in text and "FOR UPDATE" in text for text in asked) >= 4
