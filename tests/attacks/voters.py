"""Takes respondents through the product's protocol over real HTTP, paper and ballot when the test wants them."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import cast

import httpx
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from app import lifecycle
from app.factory import create_app
from app.installation import Installation
from app.web.ports import Reports
from reports.document import LeaderReport
from surveys.ballots import client, links, wire
from surveys.errors import NotFound
from surveys.store import invitations as invitation_store
from tests.support.journey import Answers, OpenWave


class _Quiet(WSGIRequestHandler):
    """The test's own server keeps no log of requests; the shipped one has a test of its own."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def build_app(inst: Installation, clock: Callable[[], dt.datetime]) -> Flask:
    """Build the product's web application on an installation."""

    def no_report(*, unit: str, wave: str | None, language: str) -> LeaderReport:
        raise NotFound("There is no report yet.")

    return create_app(
        inst.settings,
        database=inst.database,
        keys=inst.keys,
        clock=clock,
        send_link=lambda *_: None,
        reports=Reports(get=no_report, render=lambda _report: b""),  # type: ignore[arg-type]
    )


@contextlib.contextmanager
def served(app: Callable[..., Iterable[bytes]]) -> Iterator[str]:
    """Serve an application on a real port; yields its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def links_of(inst: Installation, wave: str) -> dict[str, str]:
    """Return everybody's link as the mails carry it, by address."""
    with inst.database.reading() as session:
        people = invitation_store.list_undelivered(session, wave=wave, kind="none")
    return {
        each.email: lifecycle.message_for(inst, wave=wave, kind="invitation", addressee=each).link for each in people
    }


@dataclass
class Voter:
    """One respondent: the link of the mail, then the paper, then the ballot. Keeps what a browser would keep."""

    email: str
    link: links.Link
    http: httpx.Client
    sent: list[dict[str, object]] = field(default_factory=list)
    offer: client.Offer | None = None
    draft: client.Draft | None = None
    paper: client.Paper | None = None

    def look(self) -> client.Offer:
        """Fetch and check what the wave offers."""
        if self.offer is None:
            base = f"/waves/{self.link.wave}"
            manifest = self.http.get(f"{base}/manifest.json").raise_for_status().text
            questionnaire = self.http.get(f"{base}/questionnaire.json").raise_for_status().content
            self.offer = client.check_offer(self.link, manifest, questionnaire)
        return self.offer

    def ask_paper(self) -> httpx.Response:
        """Ask for the paper and return the raw answer; a repeat asks for the same paper."""
        offer = self.look()
        self.draft = self.draft or client.draw(offer)
        return self.http.post("/papers", json=client.paper_request(self.link, self.draft))

    def take_paper(self) -> client.Paper:
        """Take the paper and check its proof."""
        answer = cast("dict[str, object]", self.ask_paper().raise_for_status().json())
        assert self.draft is not None
        self.paper = client.take_paper(self.look(), self.draft, answer["element"], answer["proof"])
        return self.paper

    def write(self, answers: Answers) -> dict[str, object]:
        """Seal answers into the body of a ballot without sending it."""
        assert self.paper is not None
        return dict(client.ballot(self.look(), self.paper, answers))

    def send(self, answers: Answers) -> httpx.Response:
        """Seal and send; returns the raw answer."""
        body = self.write(answers)
        self.sent.append(body)
        return self.http.post("/ballots", json=body)

    @property
    def sealed(self) -> bytes:
        """The ciphertext sent last."""
        return wire.decode64(str(self.sent[-1]["sealed"]))


def voters_of(inst: Installation, wave: OpenWave, http: httpx.Client) -> dict[str, Voter]:
    """Return everybody invited as a voter, by address."""
    return {
        email: Voter(email=email, link=links.parse(link), http=http)
        for email, link in sorted(links_of(inst, wave.slug).items())
    }
