"""Headers, form tokens, sizes and errors: the same on every page, whatever is sent."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from app.security import HEADERS, STRICT_TRANSPORT, FailureLimit
from app.web.respond.shell import POLICY_HERE
from surveys.ballots import client as respondent
from surveys.enums import BallotMode
from surveys.errors import InvalidInput, NotFound, NotPermitted, Refused, SurveyError
from surveys.store import accounts, waves
from tests.integration.web.test_staff import MATRIX
from tests.integration.web.world import World, token
from tests.support import journey

STEPS = ("/setup/programmes/pulse/plan", "/setup/waves/pulse-1/open", "/setup/waves/pulse-1/close",
         "/setup/organisation", "/setup/roadmap", "/hr/export", "/sign-out")  # fmt: skip


def state(world: World) -> tuple[object, ...]:
    """What a refused request must leave alone."""
    with world.inst.database.reading() as session:
        found = [(wave.slug, wave.status) for wave in waves.list_waves(session)]
        return (*found, len(accounts.list_audit_events(session)))


@pytest.mark.parametrize("path", [*(address for method, address, _ in MATRIX.values() if method == "GET"), "/nothing"])
def test_every_page_carries_the_headers(world: World, path: str) -> None:
    answer = world.app.test_client().get(path)
    expected = {**HEADERS, "Content-Security-Policy": POLICY_HERE} if path == "/answer" else HEADERS
    for name, value in expected.items():
        assert answer.headers[name] == value
    assert answer.headers["Cache-Control"] == "no-store"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in answer.headers


def test_https_is_held_on_to(make_world: Callable[..., World]) -> None:
    secure = make_world(base_url="https://pulse.larkfield.example")
    assert secure.app.test_client().get("/").headers["Strict-Transport-Security"] == STRICT_TRANSPORT


def test_no_page_has_inline_script_or_style(released: World) -> None:
    for person, path in (("lena", "/leader/ticketing"), ("hr", "/hr/"), ("steward", "/setup/waves/pulse-1")):
        page = released.signed_in(f"{person}@larkfield.example").get(path).text
        assert " style=" not in page
        assert "<style" not in page
        assert "<script" not in page
        assert " onclick" not in page


def test_static_files_with_their_hash_may_be_kept(client: FlaskClient) -> None:
    with client.get("/static/look.css?v=1") as kept, client.get("/static/look.css") as other:
        assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert other.headers["Cache-Control"] == "public, max-age=86400"


def test_files_of_the_answer_page_are_named_by_their_hash_and_may_be_kept(client: FlaskClient) -> None:
    named = re.findall(r'"(/answer/files/[^"]+)"', client.get("/answer").text)
    assert named
    for path in named:
        assert client.get(path).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/answer/files/" + "0" * 64 + ".js").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", STEPS)
def test_a_step_without_or_with_a_foreign_form_token_is_refused(world: World, path: str) -> None:
    person = "hr" if path.startswith("/hr") else "steward"
    client, other = (world.signed_in(f"{person}@larkfield.example") for _ in range(2))
    before = state(world)
    foreign = token(other.get("/hr/" if person == "hr" else "/setup/"))
    for data in ({}, {"csrf_token": "x"}, {"csrf_token": foreign}):
        assert client.post(path, data=data).status_code == 400
    assert state(world) == before


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("path", [*STEPS, "/sign-in", "/sign-in/x", "/card", "/papers", "/ballots", "/results"])
def test_a_step_from_another_site_is_refused(world: World, path: str, site: str) -> None:
    client = world.signed_in("steward@larkfield.example")
    data = {"csrf_token": token(client.get("/setup/"))}
    assert client.post(path, data=data, headers={"Sec-Fetch-Site": site}).status_code == 403


def test_looking_changes_nothing(released: World) -> None:
    before = state(released)
    for person in ("lena", "hr", "steward", "auditor"):
        client = released.signed_in(f"{person}@larkfield.example")
        for method, address, _ in MATRIX.values():
            if method == "GET":
                client.get(address)
    assert state(released) == before


def test_a_form_too_large_is_refused(world: World) -> None:
    steward = world.signed_in("steward@larkfield.example")
    data = {"csrf_token": token(steward.get("/setup/")), "x": "y" * 70_000}
    assert steward.post("/setup/programmes/pulse/plan", data=data).status_code == 413


@pytest.mark.parametrize("junk", ["'", "\x00", "x" * 60_000, "../../etc/passwd", "%ff%fe", "\ud7ff\U0001f600"])
def test_no_input_breaks_a_page(world: World, junk: str) -> None:
    lena, hr = world.signed_in("lena@larkfield.example"), world.signed_in("hr@larkfield.example")
    answers = [
        lena.get("/leader/ticketing", query_string={"wave": junk}),
        hr.get("/hr/", query_string={"wave": junk}),
        lena.get("/", query_string={"lang": junk}),
        lena.post("/card", data={"code": junk, "step": junk}),
        lena.post("/sign-in", data={"email": junk}),
    ]
    for answer in answers:
        assert answer.status_code < 500
        answer.close()


def test_a_broken_page_says_nothing_and_logs_no_values(
    world: World, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    value = " ".join(["the", "secret", "of", "somebody"])

    def broken(*_: object, **__: object) -> object:
        raise RuntimeError(value)

    monkeypatch.setattr("app.promise.open_questionnaire", broken)
    with caplog.at_level(logging.DEBUG):
        answer = client.post("/card", data=world.answers())
    assert answer.status_code == 500
    for told in (answer.text, caplog.text):
        assert value not in told
        assert world.code() not in told
    assert "Traceback" not in answer.text
    assert "RuntimeError in respond.step" in caplog.text


@pytest.mark.parametrize(
    ("error", "status"),
    [(NotPermitted("No."), 403), (NotFound("None."), 404), (InvalidInput("Bad."), 422), (Refused("Not now."), 409),
     (SurveyError("Hm."), 400)],
)  # fmt: skip
def test_each_error_has_its_status_and_its_sentence(
    world: World, monkeypatch: pytest.MonkeyPatch, error: SurveyError, status: int
) -> None:
    def raised(*_: object, **__: object) -> object:
        raise error

    monkeypatch.setattr("app.lifecycle.plan_next", raised)
    steward = world.signed_in("steward@larkfield.example")
    answer = steward.post("/setup/programmes/pulse/plan", data={"csrf_token": token(steward.get("/setup/"))})
    assert answer.status_code == status
    assert str(error) in answer.text


def test_the_limit_counts_failures_within_its_window_and_forgets_the_oldest() -> None:
    now = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
    limit = FailureLimit(most=2, window=dt.timedelta(minutes=10), clock=lambda: now, places=2)
    for _ in range(3):
        limit.note("a")
    assert limit.is_over("a")
    assert not limit.is_over("b")
    now += dt.timedelta(minutes=10)
    assert not limit.is_over("a")
    limit.note("a")
    assert not limit.is_over("a")
    for address in ("b", "c"):
        limit.note(address)
    assert not limit.is_over("a")


def test_an_upload_larger_than_its_limit_is_refused(world: World) -> None:
    steward = world.signed_in("steward@larkfield.example")
    kind = "multipart/form-data; boundary=x"
    assert (
        steward.post(
            "/setup/organisation", content_type=kind, environ_overrides={"CONTENT_LENGTH": str(21 << 20)}
        ).status_code
        == 413
    )


def test_a_database_that_cannot_write_is_said_so_and_may_be_tried_again(
    world: World, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> object:
        raise OperationalError("INSERT", {"nonce": "x"}, Exception("database or disk is full"))

    offer, paper = journey.take_paper(world.inst, world.code(), now=world.now)
    monkeypatch.setattr("surveys.services.answering.store_sealed", full)
    answer = client.post("/ballots", json=respondent.ballot(offer, paper, dict.fromkeys(offer.choices, 3)))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert answer.json == {"refused": "unavailable"}


class TestPromiseMode:
    """The same where answers are sealed by the server."""

    @pytest.fixture
    def mode(self) -> BallotMode:
        return BallotMode.PROMISE

    def test_a_database_that_cannot_write_is_said_so_on_a_page(
        self, world: World, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object, **__: object) -> object:
            raise OperationalError("INSERT", {"nonce": "x"}, Exception("database or disk is full"))

        monkeypatch.setattr("app.promise.submit_promise_ballot", full)
        answer = client.post("/card", data=world.answers())
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
        assert "not stored" in answer.text
        assert "INSERT" not in answer.text
