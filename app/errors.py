"""Turns every error into a status and a page in the reader's language: one table, no traces, no bodies in logs."""

from __future__ import annotations

import logging
import traceback

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from surveys.errors import InvalidInput, NotFound, NotPermitted, Refused, SurveyError
from surveys.i18n import mark, translator

_LOG = logging.getLogger("barograph.web")

STATUS: tuple[tuple[type[SurveyError], int], ...] = (
    (NotPermitted, 403),
    (NotFound, 404),
    (InvalidInput, 422),
    (Refused, 409),
    (SurveyError, 400),
)
"""The status of each error of the product; the first line that fits counts."""

_TITLES = {
    400: mark("This request cannot be read"),
    403: mark("This is not open to you"),
    404: mark("There is nothing here"),
    405: mark("This request cannot be read"),
    409: mark("This was not done"),
    413: mark("This is too large"),
    422: mark("This was not done"),
    429: mark("Please wait"),
    500: mark("Something broke on our side"),
    503: mark("We cannot take this right now"),
}
_SENTENCES = {
    400: mark("Nothing was changed. Go back, load the page again and repeat your step."),
    403: mark("Your account has no right to this page. Nothing was changed."),
    404: mark("This page does not exist, or it is not open to you."),
    405: mark("Nothing was changed. Go back, load the page again and repeat your step."),
    413: mark("What you sent is larger than this page takes. Nothing was changed."),
    429: mark("There were too many attempts from your network. Wait a few minutes and try again."),
    500: mark("Nothing was changed that you did not see confirmed. The fault was noted without your data."),
    503: mark("Your step was not stored. Wait a minute and repeat it."),
}
_RETRY_SECONDS = {429: 300, 503: 60}
_KINDS = {403: "foreign", 413: "too-large", 429: "too-many", 503: "unavailable"}
_FOR_PROGRAMS = frozenset({"papers", "ballots", "results"})
"""The faces that only programs talk to: they answer a word instead of a page."""


def reader_language() -> str:
    """Return the language of this request; English before it is known."""
    return str(g.get("language", "en"))


def status_of(error: SurveyError) -> int:
    """Return the HTTP status of an error of the product."""
    return next(status for kind, status in STATUS if isinstance(error, kind))


def page(status: int, *, sentence: str = "", problems: tuple[str, ...] = ()) -> Response:
    """Return an error page in the reader's language; without ``sentence`` the one of the status stands there."""
    say = translator(reader_language())
    response = make_response(
        render_template(
            "error.html",
            title=say.t(_TITLES.get(status, _TITLES[400])),
            sentence=sentence or say.t(_SENTENCES.get(status, _SENTENCES[400])),
            problems=problems,
        ),
        status,
    )
    if status in _RETRY_SECONDS:
        response.headers["Retry-After"] = str(_RETRY_SECONDS[status])
    return response


def short(status: int, kind: str = "") -> Response:
    """Return a refusal for programs: one word as JSON; without ``kind`` the one of the status."""
    response = make_response(jsonify(refused=kind or _KINDS.get(status, "broken")), status)
    if status in _RETRY_SECONDS:
        response.headers["Retry-After"] = str(_RETRY_SECONDS[status])
    return response


def _failure(status: int) -> Response:
    return short(status) if request.blueprint in _FOR_PROGRAMS else page(status)


def install(app: Flask) -> None:
    """Attach the handlers to an application."""

    @app.errorhandler(SurveyError)
    def refused(error: SurveyError) -> Response:
        say = translator(reader_language())
        problems = error.problems if isinstance(error, InvalidInput) else ()
        lines = tuple(
            f"{problem.source}{'' if problem.line is None else f':{problem.line}'}: {say.render(problem.reason)}"
            for problem in problems
        )
        return page(status_of(error), sentence=say.render(error.message), problems=lines)

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Response:
        if error.code is None or error.code < 400:
            return make_response(error.get_response())
        return _failure(error.code)

    @app.errorhandler(OperationalError)
    @app.errorhandler(PoolTimeout)
    def unavailable(error: Exception) -> Response:
        _note(error)
        return _failure(503)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        _note(error)
        return _failure(500)


def _note(error: Exception) -> None:
    """Log what broke and where, without the message of the error: messages of databases hold values."""
    where = "".join(traceback.format_tb(error.__traceback__))
    _LOG.error("%s in %s\n%s", type(error).__name__, request.endpoint, where)
