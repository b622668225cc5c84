"""A whole web application on a real temporary database: an organisation, an open wave, and staff of each role."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from app import lifecycle
from app.config import Settings
from app.extensions import Database
from app.factory import create_app
from app.installation import Installation
from app.web.ports import Reports
from reports.document import LeaderReport, sha256
from surveys.enums import BallotMode
from surveys.errors import NotFound
from surveys.importers.organisation import read_organisation
from surveys.instruments.library import load
from surveys.models.accounts import Account
from surveys.models.base import new_id
from surveys.services import invitations
from surveys.services.organisation import import_organisation
from surveys.services.programmes import ProgrammeFacts, add_programme
from surveys.store import accounts
from surveys.store import invitations as invitation_store
from surveys.store.keys import KeyStore
from tests.pdf import samples
from tests.support import journey

START = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)

TEAMS = "team,parent,name,leader_email,timezone\n" + "\n".join(
    (
        "larkfield,,Larkfield Transit,amara@larkfield.example,Europe/Madrid",
        "ticketing,larkfield,Ticketing,lena@larkfield.example,",
        "payments,larkfield,Payments,pau@larkfield.example,",
    )
)


def _people() -> str:
    rows = ["email,name,team,language,starts_on,ends_on", "amara@larkfield.example,Amara Osei,larkfield,en,,"]
    for team, leader in (("ticketing", "lena"), ("payments", "pau")):
        rows.append(f"{leader}@larkfield.example,{leader.title()} Ros,{team},en,,")
        rows.extend(
            f"{team}{number}@larkfield.example,Person {number},{team},{'es' if number == 1 else 'en'},,"
            for number in range(1, 10)
        )
    return "\n".join(rows)


@dataclass(frozen=True)
class Stored:
    """A frozen report as the service returns it."""

    document: LeaderReport
    wave: str = "pulse-1"

    @property
    def sha256(self) -> str:
        return sha256(self.document)


@dataclass
class World:
    """The application with the things a test turns: the clock and the mails that went out."""

    app: Flask
    inst: Installation
    now: dt.datetime = START
    address: str = ""
    document: LeaderReport = field(default_factory=samples.troubled)
    mails: list[tuple[str, str, str]] = field(default_factory=list)

    def report(self, *, unit: str, wave: str | None, language: str) -> Stored:
        """A report of any unit, so that only the guard of the page keeps foreign ones away."""
        if wave not in {None, "pulse-1"}:
            raise NotFound("There is no report yet.")
        return Stored(document=self.document)

    def code(self, person: str = "ticketing2", wave: str = "pulse-1") -> str:
        """The code of somebody invited."""
        with self.inst.database.reading() as session:
            people = invitation_store.list_undelivered(session, wave=wave, kind="invitation")
            found = next(each for each in people if each.email.startswith(f"{person}@"))
            return invitations.link_code(self.inst.keys, wave=wave, addressee=found)

    def signed_in(self, email: str) -> FlaskClient:
        """A browser of somebody who went through the mail."""
        client = self.app.test_client()
        client.post("/sign-in", data={"email": email}).close()
        client.post(self.mails[-1][1].removeprefix(self.inst.settings.base_url))
        return client

    def answers(self, value: str = "4", **other: str) -> dict[str, str]:
        """The body of a whole card."""
        return {"code": self.code(), "go": "send", **{f"q{number}": value for number in range(1, 7)}, **other}


def token(response: TestResponse) -> str:
    """The form token of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', response.text)
    assert found, "the page has no form token"
    return found.group(1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", key_dir=tmp_path / "keys", base_url="http://127.0.0.1:8000")


@pytest.fixture
def make_world(settings: Settings, sqlite_url: str) -> Iterator[Callable[..., World]]:
    made: list[Database] = []

    def make(**changes: object) -> World:
        keys = KeyStore(settings.key_dir)
        keys.prepare()
        database = Database(sqlite_url)
        made.append(database)
        chosen = Settings(**{**settings.__dict__, **changes})  # type: ignore[arg-type]
        inst = Installation(settings=chosen, database=database, keys=keys)
        world: World

        def report(*, unit: str, wave: str | None, language: str) -> Stored:
            return world.report(unit=unit, wave=wave, language=language)

        def send(email: str, url: str, language: str) -> None:
            world.mails.append((email, url, language))

        app = create_app(
            chosen,
            database=database,
            keys=keys,
            clock=lambda: world.now,
            send_link=send,
            reports=Reports(get=report, render=lambda report: b"%PDF-" + sha256(report).encode()),
        )
        world = World(app=app, inst=inst)
        return world

    yield make
    for database in made:
        database.dispose()


@pytest.fixture
def mode() -> BallotMode:
    """How people answer; a module about another mode says so with a fixture of this name."""
    return BallotMode.SEALED


@pytest.fixture
def world(make_world: Callable[..., World], mode: BallotMode) -> World:
    """An organisation of 21 people with an open wave of the pulse and an account of every role."""
    world = make_world()
    with world.inst.database.transaction() as session:
        import_organisation(session, read_organisation(TEAMS.encode(), _people().encode()), today=START.date())
        add_programme(
            session,
            ProgrammeFacts(
                slug="pulse",
                name="Team pulse",
                organisation="Larkfield Transit",
                audience="larkfield",
                starts_on=dt.date(2026, 11, 23),
                timezone="UTC",
                instruments=({"code": "pulse-1", "every": 1, "offset": 0},),
                mode=mode,
            ),
        )
        for role in ("hr", "steward", "auditor", "redactor"):
            account = Account(id=new_id(), email=f"{role}@larkfield.example", name=role.title(), language="en")
            accounts.add_account(session, account)
            accounts.add_grant(session, account_id=account.id, role=role, team_key="")
    lifecycle.plan_next(world.inst, programme="pulse", now=START, actor="test")
    lifecycle.open_wave(world.inst, wave="pulse-1", now=START, actor="test")
    return world


@pytest.fixture
def client(world: World) -> FlaskClient:
    """A browser nobody signed in with."""
    return world.app.test_client()


@pytest.fixture
def released(world: World) -> World:
    """The same with everybody's answers counted and released."""
    with world.inst.database.reading() as session:
        people = invitation_store.list_undelivered(session, wave="pulse-1", kind="invitation")
    for position, addressee in enumerate(people):
        answers = {item: 1 + (position + place) % 5 for place, item in enumerate(load("pulse-1").item_codes)}
        code = invitations.link_code(world.inst.keys, wave="pulse-1", addressee=addressee)
        journey.cast(world.inst, code, answers, now=world.now)
    world.now = START + dt.timedelta(days=9)
    lifecycle.close_wave(world.inst, wave="pulse-1", now=world.now, actor="test")
    lifecycle.release_wave(world.inst, wave="pulse-1", now=world.now, actor="test")
    return world


@pytest.fixture
def served(released: World) -> Iterator[World]:
    """The application on a real port with a second wave open; its address stands in the settings."""
    server = make_server("127.0.0.1", 0, released.app, threaded=True)
    released.address = f"http://127.0.0.1:{server.server_port}"
    lifecycle.plan_next(released.inst, programme="pulse", now=released.now, actor="test")
    released.now = released.now + dt.timedelta(days=6)
    lifecycle.open_wave(released.inst, wave="pulse-2", now=released.now, actor="test")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield released
    server.shutdown()
    thread.join()
    server.server_close()


__all__ = [
    "START", "TEAMS", "World", "client", "make_world", "mode", "released", "served", "settings", "token", "world",
]  # fmt: skip
