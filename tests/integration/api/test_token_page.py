"""The page of tokens: an HR analyst makes, sees and revokes own ones; the secret is on one page once."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from surveys.services import tokens
from surveys.services.tokens import Scope
from surveys.store import accounts
from tests.integration.api.conftest import AUDITOR, HR, Program, program
from tests.integration.web.world import World, token

FAULTS: tuple[dict[str, object], ...] = (
    {"name": ""}, {"name": "x" * 61}, {"scope": []}, {"scope": ["ledger:read"]}, {"days": "0"}, {"days": "400"},
    {"days": "x"}, {"name": "a\0"},
)  # fmt: skip


def form(world: World) -> tuple[FlaskClient, dict[str, object]]:
    browser = world.signed_in(HR)
    page = browser.get("/tokens/")
    body = {"csrf_token": token(page), "name": "Power BI", "scope": ["results:read"], "days": "30"}
    return browser, body


def test_a_token_made_on_the_page_reads_and_is_shown_once(released: World) -> None:
    browser, body = form(released)
    page = browser.post("/tokens/", data=body)
    secret = re.findall(r"bgr_[a-z2-7]{52}", page.text)
    assert len(secret) == 1
    assert page.headers["Cache-Control"] == "no-store"
    reader = Program(world=released, secret=secret[0], token="")
    assert reader.get("waves").status_code == 200
    assert reader.get("segments").status_code == 403
    again = browser.get("/tokens/").text
    assert secret[0] not in again
    assert "Power BI" in again
    place = re.search(r'action="(/tokens/[^"]+/revoke)"', again)
    assert place is not None
    answer = browser.post(place.group(1), data={"csrf_token": body["csrf_token"]})
    assert answer.status_code == 303
    assert reader.get("waves").status_code == 401
    with released.inst.database.reading() as session:
        events = [(event.action, event.actor) for event in accounts.list_audit_events(session)]
    assert events[-2:] == [("token.add", HR), ("token.revoke", HR)]


def test_a_form_out_of_bounds_makes_nothing_and_says_why(released: World) -> None:
    browser, body = form(released)
    for changes in FAULTS:
        page = browser.post("/tokens/", data={**body, **changes})
        assert page.status_code == 409, changes
        assert "bgr_" not in page.text
        assert 'role="alert"' in page.text
    with released.inst.database.reading() as session:
        assert tokens.list_tokens(session, now=released.now) == []


def test_nobody_sees_or_revokes_the_token_of_another(released: World) -> None:
    other = program(released, Scope.LEDGER, email=AUDITOR)
    browser, body = form(released)
    assert other.token not in browser.get("/tokens/").text
    answer = browser.post(f"/tokens/{other.token}/revoke", data={"csrf_token": body["csrf_token"]})
    assert answer.status_code == 404
    assert other.get("ledger").status_code == 200


def test_the_page_needs_the_role_and_the_form_token(released: World) -> None:
    assert released.app.test_client().get("/tokens/").status_code == 303
    assert released.signed_in("steward@larkfield.example").get("/tokens/").status_code == 403
    browser, body = form(released)
    assert browser.post("/tokens/", data={**body, "csrf_token": "x"}).status_code == 400
