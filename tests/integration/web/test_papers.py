"""Papers over HTTP: one per link, one word for each refusal, no cookie, no log line, failures counted in memory."""

from __future__ import annotations

import datetime as dt
import json
import logging
import secrets

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from app.web.papers.views import FAILURES
from surveys.ballots import client as respondent
from surveys.ballots import codes
from surveys.ballots.wire import encode64
from surveys.enums import BallotMode
from tests.integration.web.world import World
from tests.support import journey


def ask(client: FlaskClient, body: object, **headers: str) -> TestResponse:
    return client.post("/papers", data=json.dumps(body), content_type="application/json", headers=headers)


def request_for(world: World, person: str = "ticketing2") -> tuple[respondent.Offer, respondent.Draft, dict[str, str]]:
    offer = journey.offer_of(world.inst, journey.link_of(world.inst, world.code(person)))
    draft = respondent.draw(offer)
    return offer, draft, respondent.paper_request(offer.link, draft)


def test_a_paper_is_issued_that_a_careful_program_accepts(world: World, client: FlaskClient) -> None:
    offer, draft, body = request_for(world)
    reply = ask(client, body)
    assert (reply.status_code, reply.content_type) == (200, "application/json")
    assert "Set-Cookie" not in reply.headers
    assert reply.headers["Cache-Control"] == "no-store"
    paper = respondent.take_paper(offer, draft, reply.json["element"], reply.json["proof"])  # type: ignore[index]
    assert journey.put(world.inst, journey.sealed_ballot(offer, paper, {}), now=world.now)
    again = ask(client, body)
    assert again.json["element"] == reply.json["element"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("change", "status", "kind"),
    [
        ({"code": codes.encode(b"nobody was given")}, 404, "unknown-code"),
        ({"code": "a typing mistake"}, 404, "unknown-code"),
        ({"wave": "pulse-9"}, 404, "unknown-code"),
        ({"wave": "PULSE"}, 422, "malformed"),
        ({"wave": "\x00"}, 422, "malformed"),
        ({"blinded": encode64(bytes(32))}, 422, "malformed"),
        ({"blinded": encode64(bytes(31))}, 422, "malformed"),
        ({"blinded": "=" * 43}, 422, "malformed"),
        ({"blinded": None}, 422, "malformed"),
        ({"more": "x"}, 422, "malformed"),
    ],
)
def test_each_refusal_is_one_word(
    world: World, client: FlaskClient, change: dict[str, object], status: int, kind: str
) -> None:
    _, _, body = request_for(world)
    refused = ask(client, {**body, **change})
    assert (refused.status_code, refused.json) == (status, {"refused": kind})
    assert ask(client, body).status_code == 200  # a broken request costs nobody the paper


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{", b"\xff", b"[" * 8000, b'{"wave":' + b"9" * 5000 + b"}"])
def test_what_is_no_request_is_malformed(world: World, raw: bytes) -> None:
    refused = world.app.test_client().post("/papers", data=raw)
    assert (refused.status_code, refused.json) == (422, {"refused": "malformed"})


def test_another_nonce_and_a_wave_that_is_over_have_their_words(world: World, client: FlaskClient) -> None:
    assert ask(client, request_for(world)[2]).status_code == 200
    _, _, body = request_for(world)
    assert (ask(client, body).status_code, ask(client, body).json) == (409, {"refused": "paper-taken"})
    world.now += dt.timedelta(days=30)
    assert (ask(client, body).status_code, ask(client, body).json) == (409, {"refused": "not-open"})


def test_an_office_behind_one_address_is_not_shut_out_by_wrong_codes(world: World, client: FlaskClient) -> None:
    _, _, body = request_for(world)
    wrong = {**body, "code": codes.encode(secrets.token_bytes(16))}
    statuses = [ask(client, wrong).status_code for _ in range(FAILURES + 1)]
    assert (statuses[0], statuses[-1]) == (404, 429)
    limited = ask(client, wrong)
    assert (limited.json, limited.headers["Retry-After"]) == ({"refused": "too-many"}, "300")
    assert ask(client, body).status_code == 200


def test_a_wrong_code_makes_no_writer_wait(world: World, client: FlaskClient) -> None:
    """On SQLite a write transaction begins with a statement of its own; only a code that is valid gets so far."""
    _, _, body = request_for(world)
    begun: list[str] = []

    @event.listens_for(world.inst.database.engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        begun.extend([statement] if statement.startswith("BEGIN") else [])

    for change in (
        {"code": codes.encode(bytes(16))},
        {"code": "x"},
        {"wave": "pulse-9"},
        {"blinded": encode64(bytes(32))},
    ):
        assert ask(client, {**body, **change}).status_code in {404, 422}
    assert begun == ["BEGIN"] * 4
    assert ask(client, body).status_code == 200
    assert begun[4:] == ["BEGIN", "BEGIN IMMEDIATE"]


def test_success_is_not_counted(world: World, client: FlaskClient) -> None:
    _, _, body = request_for(world)
    assert {ask(client, body).status_code for _ in range(FAILURES + 10)} == {200}
    assert ask(client, {**body, "code": codes.encode(bytes(16))}).status_code == 404


def test_a_request_is_refused_unread_when_it_is_large_and_when_another_site_sends_it(
    world: World, client: FlaskClient
) -> None:
    _, _, body = request_for(world)
    large = ask(client, {**body, "more": "x" * 9000})
    assert (large.status_code, large.json) == (413, {"refused": "too-large"})
    foreign = ask(client, body, **{"Sec-Fetch-Site": "cross-site"})
    assert (foreign.status_code, foreign.json) == (403, {"refused": "foreign"})


def test_nothing_is_logged(world: World, client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    _, _, body = request_for(world)
    for each in (body, {**body, "code": "x"}, {**body, "blinded": "x"}):
        ask(client, each)
    assert caplog.messages == []


class TestPromiseMode:
    """The same page where the wave has no papers."""

    @pytest.fixture
    def mode(self) -> BallotMode:
        return BallotMode.PROMISE

    def test_there_is_no_paper(self, world: World, client: FlaskClient) -> None:
        offer = encode64(journey.links.read_key(bytes(32), wave="x", crowd="y") * 2)
        refused = ask(client, {"wave": "pulse-1", "code": world.code(), "blinded": offer})
        assert (refused.status_code, refused.json) == (409, {"refused": "not-open"})
