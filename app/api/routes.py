"""The addresses under /api/v1: each asks for a token, reads one page of released rows, and notes it in the ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import Blueprint, Response, request
from flask_wtf import CSRFProtect

from app.api import access, answers, asked, openapi, problems
from app.api.endpoints import ENDPOINTS, PREFIX, Endpoint
from app.api.problems import Problem
from app.extensions import Database
from reports.services import api_pages, auditing
from reports.services.api_pages import Page, Selection
from reports.services.history import check_is_released
from reports.store import releases
from surveys.i18n import Message
from surveys.services.tokens import Reader

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
_READING = "GET, HEAD"


def make_blueprint(*, database: Database, clock: Callable[[], dt.datetime], guard: CSRFProtect) -> Blueprint:
    """Return the interface for programs of one installation; it reads and sets no cookie."""
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
    guard.exempt(blueprint)
    problems.install(blueprint)
    lists = {endpoint.name: endpoint for endpoint in ENDPOINTS}

    @blueprint.route("/openapi.json", methods=_METHODS)
    def document() -> Response:
        _check_method()
        say = problems.reader()
        return answers.answer(request, answers.body_of(openapi.document(say)), say)

    # One rule for everything below, so that an unknown address and a wrong method are problem documents too.
    @blueprint.route("/", defaults={"name": ""}, methods=_METHODS)
    @blueprint.route("/<path:name>", methods=_METHODS)
    def rows(name: str) -> Response:
        if name not in lists:
            raise Problem(404, "nothing_here", Message("There is nothing at this address."))
        _check_method()
        return _page(lists[name], database, clock())

    return blueprint


def _check_method() -> None:
    if request.method not in {"GET", "HEAD"}:
        detail = Message("Figures can only be read here. Use GET.")
        raise Problem(405, "wrong_method", detail, headers={"Allow": _READING})


def _page(endpoint: Endpoint, database: Database, now: dt.datetime) -> Response:
    say = problems.reader()
    with database.reading() as session:
        reader = access.check_reader(session, request, scope=endpoint.scope, now=now)
        wanted = asked.read(request.args, endpoint)
        selection = Selection(language=say.language, limit=wanted.limit, after=wanted.place, **wanted.filters)
        page = endpoint.read(session, selection)
        if endpoint.figures:
            auditing.check_released(session, page.waves)
    following = None if page.after is None else wanted.next_address(endpoint.path, endpoint, page.after)
    body = answers.body_of({"data": page.rows, "next": following})
    response = answers.answer(request, body, say)
    # HEAD as well: the checksum of a page with one figure tells which of the few possible ones it is.
    if endpoint.figures and page.rows and response.status_code == 200:
        _note(database, endpoint, reader, page, body=body, now=now)
    return response


def _note(database: Database, endpoint: Endpoint, reader: Reader, page: Page, *, body: bytes, now: dt.datetime) -> None:
    """Write into the ledger what is handed out, before it leaves: what cannot be noted is not handed out.

    Raises:
        NotFound: a wave of the page was withdrawn while it was read.
    """
    with database.transaction() as session:
        for wave in page.waves:
            check_is_released(session, wave)
        releases.add_ledger_entry(
            session,
            at=now,
            actor=reader.actor,
            kind="api",
            subject=endpoint.name,
            cells=len(page.rows),
            sha256=answers.checksum(body),
            detail=api_pages.ledger_detail(page),
        )
