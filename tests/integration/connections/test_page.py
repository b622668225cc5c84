"""The steward's page adds, checks, asks for and removes connections, and never shows a credential."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import httpx
import pytest
from flask import Blueprint
from flask.testing import FlaskClient

from app import factory
from app.installation import Installation
from app.jobs import sync
from app.web.manage import connections
from app.web.manage import views as manage
from surveys.models.accounts import Account
from surveys.models.base import new_id
from surveys.models.roadmap import RoadmapSource
from surveys.store import accounts
from surveys.store.calendar_days import CALENDAR_KIND
from surveys.store.roadmap_writing import put_source
from tests.integration.web.world import World, make_world, settings, token
from tests.support import fake_jira
from tests.support.fake_jira import FakeJira

__all__ = ["make_world", "settings"]

FORM = {
    "name": "jira",
    "kind": "jira-cloud",
    "address": fake_jira.SITE,
    "projects": "PAY, WEB",
    "zone": "Europe/Madrid",
}


@pytest.fixture
def world(make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> World:
    real = manage.add_pages

    def both(pages: Blueprint, inst: Installation, clock: Callable[[], dt.datetime]) -> None:
        real(pages, inst, clock)
        connections.add_pages(pages, inst, clock)

    if not hasattr(factory, "connections"):
        monkeypatch.setattr(manage, "add_pages", both)
    monkeypatch.setenv("BAROGRAPH_CONNECTION_JIRA_TOKEN", fake_jira.TOKEN)
    monkeypatch.setenv("BAROGRAPH_CONNECTION_JIRA_EMAIL", fake_jira.EMAIL)
    made = make_world(connection_hosts="example.atlassian.net")
    with made.inst.database.transaction() as session:
        for role in ("hr", "steward"):
            account = Account(id=new_id(), email=f"{role}@larkfield.example", name=role.title(), language="en")
            accounts.add_account(session, account)
            accounts.add_grant(session, account_id=account.id, role=role, team_key="")
    return made


@pytest.fixture
def steward(world: World) -> FlaskClient:
    return world.signed_in("steward@larkfield.example")


def post(client: FlaskClient, path: str, **data: str) -> str:
    data["csrf_token"] = token(client.get("/setup/connections"))
    return client.post(path, data=data, follow_redirects=True).text


def test_a_connection_is_added_asked_for_and_removed(world: World, steward: FlaskClient) -> None:
    assert "There is no connection yet." in steward.get("/setup/connections").text
    page = post(steward, "/setup/connections", **FORM)
    assert "PAY, WEB" in page
    assert "It was not synced yet." in page
    assert "A sync begins within a minute." in post(steward, "/setup/connections/jira/sync")
    with world.inst.database.reading() as session:
        assert list(sync.due_syncs(session, world.now)) == ["jira"]
        assert [event.action for event in accounts.list_audit_events(session)][-2:] == [
            "connection.add",
            "connection.sync",
        ]
    assert "There is no connection yet." in post(steward, "/setup/connections/jira/remove")


def test_a_name_that_other_data_has_is_not_taken(world: World, steward: FlaskClient) -> None:
    with world.inst.database.transaction() as session:
        for name, kind in (("cal", CALENDAR_KIND), ("sheet", "csv"), ("jira", "jira-csv")):
            put_source(session, RoadmapSource(
                name=name, kind=kind, covered_from=dt.date(2026, 1, 1), covered_to=dt.date(2026, 5, 1), history=[],
                people="none", file_sha256="", imported_at=world.now, account={}, timezone="UTC", touched={},
            ))  # fmt: skip
    assert "cal is a calendar" in post(steward, "/setup/connections", **{**FORM, "name": "cal"})
    assert "imported from another tool" in post(steward, "/setup/connections", **{**FORM, "name": "sheet"})
    assert "It was not synced yet." in post(steward, "/setup/connections", **FORM)


def test_a_check_tells_what_the_tool_answers_and_why_it_does_not(
    world: World, steward: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(steward, "/setup/connections", **FORM)
    jira = FakeJira([fake_jira.issue(1), fake_jira.issue(2, project="WEB")])
    real = sync.check_connection
    monkeypatch.setattr(
        sync,
        "check_connection",
        lambda inst, name: real(inst, name=name, transport=httpx.WSGITransport(app=jira.app())),
    )
    page = post(steward, "/setup/connections/jira/check")
    assert "accepts the credential" in page
    assert "The project WEB can be read." in page
    jira.token = "another"
    page = post(steward, "/setup/connections/jira/check")
    assert "does not accept the credential" in page
    for secret in (fake_jira.TOKEN, fake_jira.EMAIL):
        assert secret not in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"address": "https://evil.example"}, "not on the list"),
        ({"address": "http://169.254.169.254"}, "not on the list"),
        ({"name": "../keys"}, "small letter first"),
        ({"projects": ""}, "at least one project"),
        ({"projects": 'X")'}, "is none"),
        ({"boards": "1 or 1=1"}, "no number of a board"),
        ({"zone": "Mars/North"}, "no time zone"),
        ({"kind": "csv"}, "Choose a tool"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(steward: FlaskClient, change: dict[str, str], words: str) -> None:
    page = post(steward, "/setup/connections", **{**FORM, **change})
    assert words in page
    assert "There is no connection yet." in page


def test_only_stewards_reach_it(world: World) -> None:
    assert world.signed_in("hr@larkfield.example").get("/setup/connections").status_code in {403, 404}
    assert world.app.test_client().post("/setup/connections/jira/check").status_code in {302, 303, 400, 401, 403}
