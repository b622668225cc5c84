"""Names that no database holds, on both databases: a NUL in an address or a form finds nothing and breaks nothing."""

from __future__ import annotations

import logging

import pytest
from flask.testing import FlaskClient

from tests.integration.web.world import World, token

NAMES = ("%00", "pulse-1%00", "%ED%A0%80", "%FF", "PULSE-1")
STAFF = {
    "amara": ("/leader/{}", "/leader/{}/report.pdf", "/leader/larkfield?wave={}"),
    "hr": ("/hr/?wave={}",),
    "steward": ("/setup/waves/{}",),
}


@pytest.fixture
def sqlite_url(database_url: str) -> str:
    """The same world on either database."""
    return database_url


@pytest.mark.parametrize("name", NAMES)
def test_a_public_address_with_an_odd_name_finds_nothing(world: World, client: FlaskClient, name: str) -> None:
    documents = ("manifest.json", "questionnaire.json", "account.json", "counted.txt")
    addresses = [f"/waves/{name}/{each}" for each in documents] + [f"/answer/files/{name}.js"]
    assert {address: client.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 404)
    assert client.get(f"/sign-in/{name}").status_code in {200, 404}
    assert client.post(f"/sign-in/{name}").status_code == 404
    assert client.get(f"/answer?code={name}").status_code in {200, 404}
    assert world.mails == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("who", STAFF)
def test_a_staff_page_with_an_odd_name_finds_nothing(world: World, who: str, name: str) -> None:
    browser = world.signed_in(f"{who}@larkfield.example")
    for address in STAFF[who]:
        assert browser.get(address.format(name)).status_code in {403, 404}, address


def test_odd_forms_change_nothing(world: World, client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    client.post("/sign-in", data={"email": "hr\0@larkfield.example"}).close()
    assert world.mails == []
    assert client.post("/card", data={"code": "\0"}).status_code == 422
    hr = world.signed_in("hr@larkfield.example")
    form = {"csrf_token": token(hr.get("/hr/")), "wave": "pulse-1\0", "format": "csv"}
    assert hr.post("/hr/export", data=form).status_code == 404
    steward = world.signed_in("steward@larkfield.example")
    csrf = {"csrf_token": token(steward.get("/setup/waves/pulse-1"))}
    for address in ("/setup/waves/%00/open", "/setup/waves/%00/close", "/setup/programmes/%00/plan"):
        assert steward.post(address, data=csrf).status_code == 404, address
    assert caplog.messages == []


@pytest.mark.parametrize("crowd", ["\0", "\ud800"])
def test_odd_bodies_are_refused_in_a_word(world: World, client: FlaskClient, crowd: str) -> None:
    assert world.app is not None
    blinded = "A" * 43
    assert client.post("/papers", json={"wave": "pulse-1", "code": crowd, "blinded": blinded}).status_code in {404, 422}
    assert client.post("/results", json={"wave": "pulse-1", "crowd": crowd, "read_key": "A" * 22}).status_code == 404
    body = {"wave": "pulse-1", "crowd": crowd, "nonce": blinded, "token": "A" * 86, "sealed": "A" * 44}
    assert client.post("/ballots", json=body).status_code == 409
