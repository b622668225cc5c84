"""The ballot box over HTTP: it takes what carries a paper and refuses everything else with the same bytes."""

from __future__ import annotations

import datetime as dt
import json
import logging
import secrets
import statistics
import time
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import lifecycle
from app.web.respond.ballots import FAILURES
from surveys.ballots import client as respondent
from surveys.ballots.wire import encode64
from surveys.store import accounts, ballots
from tests.integration.web.world import World
from tests.support import journey

Change = Callable[[dict[str, object]], object]

WRONG: dict[str, Change] = {
    "another nonce": lambda body: {**body, "nonce": encode64(secrets.token_bytes(32))},
    "another token": lambda body: {**body, "token": encode64(secrets.token_bytes(64))},
    "another crowd": lambda body: {**body, "crowd": "payments"},
    "no crowd": lambda body: {**body, "crowd": "\ud800"},
    "another wave": lambda body: {**body, "wave": "pulse-2"},
    "unknown wave": lambda body: {**body, "wave": "pulse-99"},
    "no wave": lambda body: {**body, "wave": "\x00' OR 1=1"},
    "too short": lambda body: {**body, "sealed": encode64(bytes(2095))},
    "too long": lambda body: {**body, "sealed": encode64(bytes(2097))},
    "padded": lambda body: {**body, "nonce": f"{body['nonce']}="},
    "another spelling": lambda body: {**body, "nonce": f"{str(body['nonce'])[:-1]}_"},
    "a number": lambda body: {**body, "nonce": 1},
    "more": lambda body: {**body, "more": "x"},
    "less": lambda body: {name: value for name, value in body.items() if name != "crowd"},
    "a list": lambda body: [body],
    "nothing": lambda _body: None,
}


def put(client: FlaskClient, body: object, **headers: str) -> TestResponse:
    return client.post("/ballots", data=json.dumps(body), content_type="application/json", headers=headers)


def ballot_of(world: World, person: str = "ticketing2", value: int = 4) -> dict[str, object]:
    """What the page of somebody posts; the paper of a person is taken once."""
    offer, paper = journey.take_paper(world.inst, world.code(person), now=world.now)
    return dict(respondent.ballot(offer, paper, dict.fromkeys(offer.choices, value)))


def stored(world: World) -> list[tuple[str, bytes]]:
    with world.inst.database.reading() as session:
        return list(ballots.read_sealed(session, "pulse-1"))


def shape(response: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Everything that can be seen of a response."""
    return response.status_code, response.data, sorted(response.headers.items())


def test_a_ballot_is_taken_and_a_second_one_replaces_it(world: World, client: FlaskClient) -> None:
    for value in (4, 4, 1):
        body = ballot_of(world, value=value)
        taken = put(client, body)
        assert (taken.status_code, taken.data) == (200, b'{"accepted":true}')
        assert "Set-Cookie" not in taken.headers
        assert put(client, body).data == taken.data  # the very same once more, as after a lost answer
        assert [(crowd, encode64(sealed)) for crowd, sealed in stored(world)] == [(body["crowd"], body["sealed"])]


@pytest.mark.parametrize("what", WRONG)
def test_every_refusal_is_the_same_status_headers_and_bytes(world: World, client: FlaskClient, what: str) -> None:
    body = ballot_of(world)
    refused = put(client, WRONG[what](body))
    assert shape(refused) == shape(client.post("/ballots", data=b"no ballot"))
    assert (refused.status_code, refused.data) == (409, b'{"accepted":false}')
    assert stored(world) == []
    assert put(client, body).status_code == 200


def test_late_and_replayed_into_the_next_wave_are_refused_like_everything_else(
    world: World, client: FlaskClient
) -> None:
    body = ballot_of(world)
    assert put(client, body).status_code == 200
    nonsense = shape(client.post("/ballots", data=b"no ballot"))
    world.now += dt.timedelta(days=7)
    assert shape(put(client, body)) == nonsense  # its time is over, and no job has closed it yet
    lifecycle.close_wave(world.inst, wave="pulse-1", now=world.now, actor="test")
    assert shape(put(client, body)) == nonsense
    planned = lifecycle.plan_next(world.inst, programme="pulse", now=world.now, actor="test")
    world.now = planned.opens_at
    lifecycle.open_wave(world.inst, wave=planned.slug, now=world.now, actor="test")
    assert shape(put(client, body)) == shape(put(client, {**body, "wave": planned.slug})) == nonsense
    assert stored(world) == []


def test_a_wave_closed_by_hand_takes_no_ballot_though_its_facts_are_still_known(
    world: World, client: FlaskClient
) -> None:
    body = ballot_of(world)
    assert put(client, body).status_code == 200
    lifecycle.close_wave(world.inst, wave="pulse-1", now=world.now, actor="test")
    assert put(client, body).status_code == 409
    assert stored(world) == []


@pytest.mark.parametrize("raw", [b"", b"\xff", b"[" * 8000, b'{"nonce":' + b"9" * 5000 + b"}", b'"x"'])
def test_what_is_no_ballot_is_refused_and_breaks_nothing(world: World, raw: bytes) -> None:
    refused = world.app.test_client().post("/ballots", data=raw)
    assert (refused.status_code, refused.data) == (409, b'{"accepted":false}')


def test_a_body_above_eight_kilobytes_is_refused_unread(world: World, client: FlaskClient) -> None:
    large = put(client, {**ballot_of(world), "more": "x" * 9000})
    assert (large.status_code, large.json) == (413, {"refused": "too-large"})
    assert stored(world) == []


def test_a_page_of_another_site_cannot_put_a_ballot(world: World, client: FlaskClient) -> None:
    refused = put(client, ballot_of(world), **{"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403
    assert stored(world) == []


def test_an_office_behind_one_address_is_not_shut_out_by_refusals(world: World, client: FlaskClient) -> None:
    statuses = [client.post("/ballots", data=b"no ballot").status_code for _ in range(FAILURES + 1)]
    assert (set(statuses[:-1]), statuses[-1]) == ({409}, 429)
    assert put(client, ballot_of(world)).status_code == 200


def test_nothing_is_logged_and_nothing_is_noted(
    world: World, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with world.inst.database.reading() as session:
        before = len(accounts.list_audit_events(session))
    body = ballot_of(world)
    caplog.set_level(logging.DEBUG)
    put(client, body)
    for change in WRONG.values():
        put(client, change(body))
    assert caplog.messages == []
    with world.inst.database.reading() as session:
        assert len(accounts.list_audit_events(session)) == before


@pytest.mark.slow
def test_no_refusal_is_told_from_another_by_its_time(world: World, client: FlaskClient) -> None:
    """Medians of wall-clock times, interleaved; the bound is the one of the requirement, about ten times the noise."""
    body = ballot_of(world)
    assert put(client, body).status_code == 200
    kinds = ["another token", "another crowd", "unknown wave", "another wave", "too short", "nothing"]
    raw = {kind: json.dumps(WRONG[kind](body)) for kind in kinds}
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(150):
        for kind in kinds:
            start = time.perf_counter()
            client.post("/ballots", data=raw[kind], content_type="application/json")
            times[kind].append(1000 * (time.perf_counter() - start))
    medians = {kind: statistics.median(found) for kind, found in times.items()}
    rounded = {kind: round(value, 3) for kind, value in medians.items()}
    print(f"median milliseconds by refusal: {rounded}")  # noqa: T201 - the measurement itself
    assert max(medians.values()) - min(medians.values()) < 2.0
