"""Attack 11: read every log of a wave held at the most talkative level, with an error forced in each handler."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from flask import Flask, request
from sqlalchemy import event

from app.extensions import Database
from app.installation import Installation
from surveys.ballots import codes, sealing
from tests.attacks import account
from tests.attacks.people import any_answer_needles, distinct_answers, sealed_company
from tests.attacks.tools import carve, spellings
from tests.attacks.voters import Voter, build_app, served, voters_of
from tests.support import journey

STAFF = ("leader", "hr", "earlier", "manage", "audit", "redact", "remarks", "tokens", "api", "sign_in", "static")
"""Blueprints that no respondent meets."""


class Everything(logging.Handler):
    """Keeps all that a record carries: its text, its arguments, its traceback, its attributes."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{self.format(record)} {vars(record)!r}")

    @property
    def content(self) -> bytes:
        return "\n".join(self.lines).encode()


@contextmanager
def listening() -> Iterator[Everything]:
    """Turn every logger to its most talkative level, before anything is opened."""
    handler = Everything()
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    # The test's own client is not the product.
    quiet = [logging.getLogger(name) for name in ("httpx", "httpcore", "asyncio", "werkzeug")]
    levels = [each.level for each in quiet]
    for each in quiet:
        each.setLevel(logging.CRITICAL)
    try:
        yield handler
    finally:
        for each, old in zip(quiet, levels, strict=True):
            each.setLevel(old)
        root.setLevel(level)
        root.removeHandler(handler)


@dataclass
class Scene:
    """A served wave under the ears of a logger."""

    inst: Installation
    app: Flask
    voter: Voter
    log: Everything
    needles: dict[str, bytes]
    wave: str


@pytest.fixture
def scene(database_url: str, tmp_path: Path) -> Iterator[Scene]:
    """One member has answered; all messages since the database was opened were kept."""
    with listening() as log:
        inst = journey.installation(tmp_path, database_url)
        sealed_company(inst, journey.TWO_TEAMS)
        wave = journey.open_wave(inst)
        log.lines.clear()  # from here on only what respondents cause
        app = build_app(inst, lambda: wave.opens_at)
        with served(app) as url, httpx.Client(base_url=url) as http:
            voters = voters_of(inst, wave, http)
            log.lines.clear()
            voter = voters[journey.member("ant", 1)]
            answers = distinct_answers(list(voters), wave.instrument.item_codes)[voter.email]
            voter.take_paper()
            assert voter.send(answers).status_code == 200
            yield Scene(inst, app, voter, log, needles_of(voter), wave.slug)
        inst.database.dispose()


def needles_of(voter: Voter) -> dict[str, bytes]:
    """Return what would give a ballot, its paper or its link away."""
    assert voter.paper is not None
    assert voter.draft is not None
    secret = codes.decode(voter.link.code)
    needles = any_answer_needles()
    needles |= spellings("nonce", voter.paper.nonce) | spellings(
        "hash of the nonce", sealing.nonce_hash(voter.paper.nonce)
    )
    needles |= spellings("token", voter.paper.token[:32]) | spellings("blinded", voter.draft.blinded.element)
    needles |= spellings("ciphertext", voter.sealed[:24]) | spellings("secret", secret)
    needles |= {"code": voter.link.code.encode(), "hash of the code": codes.code_hash(secret).encode()}
    return needles | spellings("read key", voter.link.read_key) | {"address": b"127.0.0.1"}


Ask = Callable[[httpx.Client], httpx.Response]


def requests_of(scene: Scene) -> dict[str, Ask]:
    """Return one request to every address that respondents use, with real secrets in it, by endpoint."""
    voter, wave = scene.voter, scene.wave
    ballot = voter.sent[-1]
    paper = {"wave": wave, "code": voter.link.code, "blinded": ballot["nonce"]}
    form = {"code": voter.link.code, "go": "send", "step": "0"}
    read = {"wave": wave, "crowd": voter.link.crowd, "read_key": "x"}
    return {
        "ballots.put": lambda http: http.post("/ballots", json=ballot),
        "papers.take": lambda http: http.post("/papers", json=paper),
        "respond.step": lambda http: http.post("/card", data=form),
        "respond.card": lambda http: http.get("/card"),
        "respond.thanks": lambda http: http.get("/thanks"),
        "shell.answer": lambda http: http.get("/answer"),
        "shell.file": lambda http: http.get(f"/answer/files/{'0' * 64}.js"),
        "results.results": lambda http: http.post("/results", json=read),
        "public.home": lambda http: http.get("/"),
        "public.manifest": lambda http: http.get(f"/waves/{wave}/manifest.json"),
        "public.questionnaire": lambda http: http.get(f"/waves/{wave}/questionnaire.json"),
        "public.account": lambda http: http.get(f"/waves/{wave}/account.json"),
        "public.counted": lambda http: http.get(f"/waves/{wave}/counted.txt"),
        "public.alive": lambda http: http.get("/healthz"),
        "public.ready": lambda http: http.get("/readyz"),
    }


@contextmanager
def broken_handlers(app: Flask) -> Iterator[None]:
    """Make every handler fail as careless code does: with all it was given in the message of its error."""
    kept = dict(app.view_functions)

    def fail(**_: object) -> str:
        told = f"{request.get_data(cache=True)!r} {dict(request.headers)} {request.form} {request.remote_addr}"
        raise RuntimeError(told)

    for endpoint in kept:
        app.view_functions[endpoint] = fail
    try:
        yield
    finally:
        app.view_functions.update(kept)


@contextmanager
def broken_database(database: Database) -> Iterator[None]:
    """Make every statement fail as drivers do: with the statement and its values in the message of the error."""

    def fail(_link: object, _cursor: object, statement: str, values: object, _context: object, _many: object) -> None:
        raise RuntimeError(f"cannot execute {statement} with {values!r}")

    event.listen(database.engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        event.remove(database.engine, "before_cursor_execute", fail)


def ask_all(scene: Scene, app: Flask) -> dict[str, int]:
    with served(app) as url, httpx.Client(base_url=url) as http:
        return {endpoint: ask(http).status_code for endpoint, ask in requests_of(scene).items()}


def test_the_requests_reach_every_handler_of_respondents(scene: Scene) -> None:
    known = {rule.endpoint for rule in scene.app.url_map.iter_rules() if rule.endpoint.split(".")[0] not in STAFF}
    assert known == set(requests_of(scene))


def test_weakened_an_error_that_is_logged_whole_gives_everything_away(scene: Scene) -> None:
    careless = build_app(scene.inst, lambda: journey.START)
    logger = logging.getLogger("careless")

    def log_it(error: Exception) -> tuple[str, int]:
        logger.error("%s", error, exc_info=error)
        return "broken", 500

    careless.error_handler_spec.clear()
    careless.register_error_handler(Exception, log_it)
    scene.log.lines.clear()
    with broken_handlers(careless):
        ask_all(scene, careless)
    found = carve(scene.log.content, scene.needles)
    assert {"code", "address"} <= set(found)
    assert any(each.startswith("nonce") for each in found)
    assert any(each.startswith("ciphertext") for each in found)
    account.weakened("11 logs", "errors logged whole: code, nonce, ciphertext and address found")


def test_an_answer_leaves_no_trace_in_any_log(scene: Scene, capfd: pytest.CaptureFixture[str]) -> None:
    """Paper, ballot and everything around them at the most talkative level of every library."""
    ask_all(scene, scene.app)
    printed = "".join(capfd.readouterr()).encode()
    assert carve(scene.log.content + printed, scene.needles) == []


def test_refusals_leave_no_trace_either(scene: Scene) -> None:
    with served(scene.app) as url, httpx.Client(base_url=url) as http:
        ballot = scene.voter.sent[-1]
        spoiled = {**ballot, "token": "A" * 86}
        statuses = [
            http.post("/ballots", json=spoiled).status_code,
            http.post("/ballots", content=json.dumps(ballot)[:-9]).status_code,
            http.post("/ballots", content=json.dumps(ballot) * 9).status_code,
            http.post("/papers", json={"wave": "pulse-1", "code": scene.voter.link.code, "blinded": "x"}).status_code,
            http.put("/ballots", json=ballot).status_code,
            http.post("/ballots", json=ballot, headers={"Sec-Fetch-Site": "cross-site"}).status_code,
        ]
    assert statuses == [409, 409, 413, 422, 405, 403]
    assert carve(scene.log.content, scene.needles) == []


@pytest.mark.parametrize("fault", ["handler", "database"])
def test_a_forced_error_in_each_handler_is_noted_without_its_data(
    scene: Scene, fault: str, capfd: pytest.CaptureFixture[str]
) -> None:
    scene.log.lines.clear()
    capfd.readouterr()
    with broken_handlers(scene.app) if fault == "handler" else broken_database(scene.inst.database):
        statuses = ask_all(scene, scene.app)
    assert sum(status >= 500 for status in statuses.values()) >= (len(statuses) if fault == "handler" else 5)
    assert re.search(rb"RuntimeError in ballots\.put", scene.log.content)
    printed = "".join(capfd.readouterr()).encode()
    found = carve(scene.log.content + printed, scene.needles)
    account.product(
        "11 logs", f"{scene.inst.database.engine.name}, broken {fault}, every handler: {len(found)} secrets"
    )
    assert found == []
