"""A sync stores what its tool says, asks for changes only, goes on from any crash, and keeps nothing it must not."""

from __future__ import annotations

import datetime as dt
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from surveys.errors import Refused
from surveys.importers.roadmap_model import EventField, Moscow, PlanKind, StatusClass, hash_person
from surveys.services.connections import paged
from surveys.services.connections.failures import SyncFailed, SyncPaused
from surveys.services.connections.paged import Clock
from surveys.services.connections.sync import sync_connection
from surveys.store import accounts
from surveys.store import connections as store
from surveys.store.roadmap import SourceFacts, list_dated_plans, load_facts
from tests.integration.connections.conftest import NOW, World, make
from tests.support import fake_github, fake_jira

DAY = dt.timedelta(days=1)
SECRETS = (fake_jira.TOKEN, fake_github.TOKEN, fake_jira.EMAIL)
PRIVATE = ("Secret title", "secret text", "Ana Secreta", "ana@x.org", "Rita", "rita-reporter", "ana-", "account-")


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paged, "Clock", lambda: Clock(sleep=lambda _seconds: None))


def facts(world: World, name: str) -> SourceFacts:
    with world.inst.database.reading() as session:
        return next(each for each in load_facts(session) if each.name == name)


def everything(world: World) -> list[str]:
    """Return all that a source is, apart from when it was imported."""
    found = []
    with world.inst.database.reading() as session:
        for each in load_facts(session):
            found += [repr(each.items), repr(each.events), repr(each.plans), repr(each.history)]
    return found


def test_jira_is_read_with_its_change_log_versions_and_sprints(world: World) -> None:
    sprint = {"id": 5, "name": "Pay 5", "state": "active", "startDate": "2026-05-18T08:00:00.000Z",
              "endDate": "2026-05-29T08:00:00.000Z"}  # fmt: skip
    world.jira.issues[0]["fields"] |= {
        "customfield_10016": 5.0, "customfield_10020": [sprint], "customfield_10050": {"value": "Must"},
        "fixVersions": [{"name": "2.0", "releaseDate": "2026-06-30", "released": False}],
    }  # fmt: skip
    world.jira.issues[0]["changelog"].append({
        "id": "x", "created": "2026-05-07T09:00:00.000+0200",
        "items": [{"field": "Versión", "fieldId": "fixVersions", "fromString": None, "toString": "2.0"}],
    })  # fmt: skip
    world.jira.versions = {"PAY": [{"name": "2.0", "releaseDate": "2026-06-30"}, {"name": "3.0"}]}
    world.jira.sprints = [{**sprint, "name": f"Pay {number}"} for number in (5, 6, 7)]
    outcome = world.sync("jira")
    found = facts(world, "jira")
    assert (outcome.account.read, outcome.account.imported.items, outcome.account.pages) == (6, 6, 3)
    first = next(item for item in found.items if item.key == "PAY-1")
    assert (first.team, first.status_class, first.size, first.moscow) == ("pay", StatusClass.DOING, 5.0, Moscow.MUST)
    assert first.plans == ("PAY/2.0", "Pay 5")
    events = [(event.field, event.old, event.new) for event in found.events if event.item == "PAY-1"]
    assert events == [(EventField.STATUS, "todo", "doing"), (EventField.PLAN, None, "PAY/2.0")]
    plans = {plan.name: plan.due for plan in found.plans}
    end = dt.date(2026, 5, 29)
    assert plans == {"PAY/2.0": dt.date(2026, 6, 30), "PAY/3.0": None, "Pay 5": end, "Pay 6": end, "Pay 7": end}
    assert found.covered_to == NOW.date()
    assert {item.team for item in found.items} == {"pay", "web"}


def test_the_bulk_change_log_may_write_its_times_in_milliseconds(world: World) -> None:
    world.sync("jira")
    before = facts(world, "jira").events
    world.jira.in_milliseconds = True
    world.sync("jira", now=NOW + DAY, all_history=True)
    assert [event.at for event in facts(world, "jira").events] == [event.at for event in before]
    assert before


def test_github_is_read_with_its_events_milestones_and_releases(world: World) -> None:
    world.github.issues[0]["milestone"] = {"title": "June", "due_on": "2026-06-30T07:00:00Z"}
    world.github.events = {1: [
        fake_github.event(11, "milestoned", "2026-05-11T09:00:00Z", milestone={"title": "June"}),
        fake_github.event(11, "milestoned", "2026-05-11T09:00:00Z", milestone={"title": "June"}),
        *(fake_github.event(20 + n, "labeled", f"2026-05-12T0{n}:00:00Z", label={"name": "x"}) for n in range(5)),
    ]}  # fmt: skip
    world.github.milestones = [{"title": "June", "due_on": "2026-06-30T07:00:00Z", "open_issues": 1}]
    world.github.releases = [{"tag_name": "v1", "published_at": "2026-05-01T09:00:00Z"}]
    world.github.issues.append(fake_github.issue(8, pull_request={"url": "x"}, state="closed",
                                                 closed_at="2026-05-21T09:00:00Z"))  # fmt: skip
    outcome = world.sync("github")
    found = facts(world, "github")
    assert outcome.account.read == 8
    assert [event.new for event in found.events if event.item == "acme/web#1"] == ["acme/web/June"]
    assert {plan.name for plan in found.plans} == {"acme/web/June", "acme/web/v1"}
    with world.inst.database.reading() as session:
        (release,) = list_dated_plans(session, ["web"], kinds=[PlanKind.RELEASE])
    assert (release.name, release.teams) == ("acme/web/v1", {"web"})
    assert next(item for item in found.items if item.key == "acme/web#8").kind == "pull request"


def test_open_pull_requests_of_github_are_in_progress_and_no_word_of_its_own_is_unknown(world: World) -> None:
    world.github.issues.append(fake_github.issue(9, pull_request={"url": "x"}))
    world.github.issues.append(fake_github.issue(10, pull_request={"url": "x"}, draft=True))
    outcome = world.sync("github")
    found = {item.key: item.status_class for item in facts(world, "github").items}
    assert (found["acme/web#9"], found["acme/web#10"]) == (StatusClass.DOING, StatusClass.DOING)
    assert found["acme/web#1"] is StatusClass.TODO
    assert "not in the map; it counts as to do" not in " ".join(map(str, outcome.account.problems))


def test_events_without_a_readable_time_are_told_with_their_number_over_all_pages(world: World) -> None:
    lost = fake_github.event(11, "closed", "soon")
    world.github.events = {number["number"]: [lost] for number in world.github.issues}
    told = [str(problem) for problem in world.sync("github").account.problems]
    count = len(world.github.issues)
    assert f"github: Changes without a readable time were left out: {count}." in told


def test_the_second_sync_asks_for_changes_only_and_finds_the_same_when_there_are_none(world: World) -> None:
    world.sync("jira")
    before = everything(world)
    world.jira.bodies.clear()
    world.jira.asked.clear()
    outcome = world.sync("jira", now=NOW + DAY)
    jql = [body["jql"] for kind, body in world.jira.bodies if kind == "jql"]
    assert 'updated >= "2026-05-24"' in jql[0]
    assert (outcome.account.read, world.jira.asked["bulkfetch"]) == (0, 0)
    assert everything(world) == before
    assert world.view("jira").read_until == NOW + DAY


def test_a_change_is_taken_and_what_is_not_named_stays(world: World) -> None:
    world.sync("jira")
    world.jira.issues[0]["fields"] |= {
        "updated": "2026-05-25T12:00:00.000+0200",
        "status": {"name": "Hecho", "statusCategory": {"key": "done"}},
        "resolutiondate": "2026-05-25T12:00:00.000+0200",
    }
    outcome = world.sync("jira", now=NOW + DAY)
    assert (outcome.account.read, outcome.account.imported.changed) == (1, 1)
    found = {item.key: item.status_class for item in facts(world, "jira").items}
    assert (len(found), found["PAY-1"], found["PAY-2"]) == (6, StatusClass.DONE, StatusClass.DOING)


def test_what_the_tool_no_longer_has_goes_when_everything_is_read_again(world: World) -> None:
    world.sync("github")
    del world.github.issues[0]
    world.sync("github", now=NOW + DAY)
    assert len(facts(world, "github").items) == 7
    world.sync("github", now=NOW + 2 * DAY, all_history=True)
    assert len(facts(world, "github").items) == 6


@pytest.mark.parametrize("name", ["jira", "github"])
@pytest.mark.parametrize("writes", range(1, 7))
def test_a_sync_that_dies_between_any_two_pages_goes_on_without_loss_or_double(
    world: World, name: str, writes: int
) -> None:
    whole = "jql" if name == "jira" else "issues"
    with_fault = world.jira if name == "jira" else world.github
    database = world.inst.database
    left = [writes]
    real = database.transaction

    @contextmanager
    def dying() -> Iterator[Session]:
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        with real() as session:
            yield session

    database.transaction = dying  # type: ignore[method-assign]
    try:
        with pytest.raises(KeyboardInterrupt):
            world.sync(name)
    finally:
        database.transaction = real  # type: ignore[method-assign]
    asked = with_fault.asked[whole]
    world.sync(name, now=NOW + dt.timedelta(minutes=30))
    after = everything(world)
    assert len(facts(world, name).items) == (6 if name == "jira" else 7)
    assert len(facts(world, name).events) == (6 if name == "jira" else 0)
    with database.reading() as session:
        assert store.count_staged(session, name) == 0
        assert store.get_connection(session, name).read_until in {NOW, NOW + dt.timedelta(minutes=30)}
    assert asked
    world.sync(name, now=NOW + DAY, all_history=True)
    assert everything(world) == after


def test_of_a_half_read_page_only_the_rest_is_asked_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveys.services.connections.github._AT_ONCE", 2)
    world.github.page = 100
    world.github.faults["events"] = [[], [], [], [], 404]
    with pytest.raises(SyncFailed):
        world.sync("github")
    assert world.view("github").waiting == 4
    world.github.asked.clear()
    world.sync("github", now=NOW + dt.timedelta(hours=3))
    assert world.github.asked["events"] == 3


def test_a_place_that_the_tool_forgot_is_no_end(world: World) -> None:
    world.jira.faults = {"bulkfetch": [{"issueChangeLogs": []}, 403]}
    with pytest.raises(SyncFailed, match="may not read"):
        world.sync("jira")
    with world.inst.database.transaction() as session:
        row = store.get_connection(session, "jira")
        assert row.resume is not None
        row.resume = {**row.resume, "cursor": {"token": "expired"}}
    world.sync("jira", now=NOW + dt.timedelta(hours=1))
    assert len(facts(world, "jira").events) == 6


def test_what_was_read_is_dropped_where_the_settings_or_the_map_changed(world: World) -> None:
    world.jira.faults = {"bulkfetch": [{"issueChangeLogs": []}, 403]}
    with pytest.raises(SyncFailed):
        world.sync("jira")
    assert world.view("jira").waiting == 2
    with world.inst.database.transaction() as session:
        row = store.get_connection(session, "jira")
        row.settings = {"projects": ["WEB"]}
    world.sync("jira")
    assert {item.key for item in facts(world, "jira").items} == {"WEB-9"}


def test_of_two_syncs_at_once_the_older_one_ends(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sync_connection.__globals__["_Run"].stage
    calls = []

    def stage(self: object, state: object, page: object) -> object:
        calls.append(page)
        if len(calls) == 1:
            world.jira.faults = {"bulkfetch": [{"issueChangeLogs": []}, 403]}  # the younger one reads one page only
            with pytest.raises(SyncFailed, match="may not read"):
                world.sync("jira", now=NOW + dt.timedelta(minutes=1))
        return real(self, state, page)

    monkeypatch.setattr("surveys.services.connections.sync._Run.stage", stage)
    with pytest.raises(SyncFailed, match="Another sync of jira"):
        world.sync("jira")
    world.sync("jira")
    assert len(facts(world, "jira").items) == 6


@pytest.mark.parametrize(
    "fault",
    [500, 502, 503, (429, {"Retry-After": "1"}), (403, {"Retry-After": "1"})],
)
def test_passing_faults_change_nothing_in_what_is_read(world: World, fault: object) -> None:
    world.jira.faults = {kind: [fault] for kind in ("jql", "bulkfetch", "versions", "sprint", "field", "myself")}
    world.sync("jira")
    assert len(facts(world, "jira").items) == 6
    assert len(facts(world, "jira").events) == 6


def test_a_page_that_changes_while_it_is_read_loses_nothing(world: World) -> None:
    real = world.jira._changes

    def changing() -> object:
        if len(world.jira.issues) == 6:
            world.jira.issues.append(fake_jira.issue(50, updated="2026-05-25T03:30:00.000+0000"))
            world.jira.issues[3]["fields"]["updated"] = "2026-05-25T03:30:00.000+0000"
        return real()

    world.jira._changes = changing  # type: ignore[method-assign]
    world.sync("jira")
    world.sync("jira", now=NOW + DAY)
    assert len(facts(world, "jira").items) == 7


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (401, "does not accept the credential"),
        (410, "no longer offers"),
        ("https://evil.example/x", "another host"),
        ("<html>", "not JSON"),
        ({"errorMessages": ["?"]}, "form has changed"),
        ((429, {"Retry-After": "99999"}), "asks for a pause"),
        (b" " * (33 * 1024 * 1024), "larger than"),
    ],
)
def test_a_failure_is_stored_as_a_sentence_and_nothing_is_imported(world: World, fault: object, words: str) -> None:
    world.jira.faults = {"jql": [fault]}
    with pytest.raises(SyncFailed, match=words):
        world.sync("jira")
    view = world.view("jira")
    assert words in str(view.failure)
    assert view.read_until is None
    assert view.is_paused == (words == "asks for a pause")
    with world.inst.database.reading() as session:
        assert load_facts(session) == ()
    world.sync("jira", now=NOW + DAY)
    assert world.view("jira").failure is None


def test_a_dead_token_is_not_taken_for_a_plan_without_issues(world: World) -> None:
    """A site answers the search of a stranger with no issues, and no error."""
    world.sync("jira")
    world.environ["BAROGRAPH_CONNECTION_JIRA_TOKEN"] = "expired"
    with pytest.raises(SyncFailed, match="does not accept the credential"):
        world.sync("jira", now=NOW + DAY)
    assert world.view("jira").read_until == NOW


def test_the_people_of_running_weeks_are_known_again_after_their_hashes_were_counted(world: World) -> None:
    world.sync("jira")
    with world.inst.database.reading() as session:
        assert all(item.assignee_hash is None for item in load_facts(session)[0].items)
    given = {}

    def spying(*arguments: object, **named: object) -> object:
        given.update(named["assignees"])  # type: ignore[call-overload]
        return real(*arguments, **named)

    module = sync_connection.__globals__
    real = module["import_roadmap"]
    module["import_roadmap"] = spying
    try:
        world.sync("jira", now=NOW + DAY)
    finally:
        module["import_roadmap"] = real
    assert len(given) == 6
    assert all(len(each) == 16 for each in given.values())


def test_no_credential_and_no_private_word_is_stored_or_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []
    with caplog.at_level(logging.DEBUG):
        world.jira.faults = {"bulkfetch": [{"issueChangeLogs": []}, 401]}
        for name in ("jira", "github"):
            try:
                world.sync(name)
            except Refused as error:
                told.append(repr(error.__dict__) + str(error))
        staged = dump(world)
        world.sync("jira")
    kept = dump(world)
    for text in (staged, kept, caplog.text, *told):
        assert not [secret for secret in SECRETS if secret in text]
        assert not [word for word in PRIVATE if word in text]
    with world.inst.database.reading() as session:
        details = [event.detail for event in accounts.list_audit_events(session) if event.action == "roadmap.sync"]
    assert details
    assert all(set(detail) == {"items", "read", "pages"} for detail in details)


def test_hashes_of_people_leave_no_bytes_in_the_files(world: World) -> None:
    world.sync("jira")
    with world.inst.database.reading() as session:
        secret = world.inst.keys.installation_key()
        assert store.count_staged(session, "jira") == 0
    hashed = [hash_person(secret, f"account-{number}") for number in range(4)]
    file = Path(world.inst.database.engine.url.database or "")
    content = b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
    assert not [each for each in hashed if each.encode() in content]


def test_a_host_that_left_the_list_is_not_asked(world: World) -> None:
    world.inst = type(world.inst)(
        settings=type(world.inst.settings)(**{**vars(world.inst.settings), "connection_hosts": "api.github.com"}),
        database=world.inst.database,
        keys=world.inst.keys,
    )
    with pytest.raises(Refused, match="not on the list"):
        world.sync("jira")
    assert world.jira.asked == {}
    assert "not on the list" in str(world.view("jira").failure)


def test_a_pause_is_no_failure_for_the_next_night(world: World) -> None:
    world.github.faults = {"events": [(403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "99999999999"})]}
    with pytest.raises(SyncPaused):
        world.sync("github")
    assert world.view("github").is_paused
    world.sync("github", now=NOW + dt.timedelta(hours=1))
    assert len(facts(world, "github").items) == 7


def dump(world: World) -> str:
    """Return all rows of the database as text."""
    path = world.inst.database.engine.url.database or ""
    with sqlite3.connect(path) as connection:
        text = "\n".join(connection.iterdump())
    connection.close()
    return text


def test_both_databases_take_a_sync_that_was_cut_off(tmp_path: Path, database_url: str) -> None:
    world = make(tmp_path, database_url)
    try:
        world.jira.faults = {"bulkfetch": [{"issueChangeLogs": []}, 403]}
        with pytest.raises(SyncFailed):
            world.sync("jira")
        world.sync("jira", now=NOW + DAY)
        assert len(facts(world, "jira").items) == 6
        assert world.view("jira").waiting == 0
    finally:
        world.inst.database.dispose()
