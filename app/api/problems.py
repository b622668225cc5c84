"""Turns refusals and breakdowns into problem documents (RFC 9457) in the reader's language."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Mapping
from http import HTTPStatus

from flask import Blueprint, Response, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app import errors
from surveys.errors import SurveyError
from surveys.i18n import LANGUAGES, Message, Translator, mark, translator

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 60

_LOG = logging.getLogger("barograph.api")

_CODES: Mapping[int, str] = {
    400: "bad_request",
    403: "not_permitted",
    404: "nothing_here",
    405: "wrong_method",
    409: "refused",
    413: "too_large",
    500: "broken",
    503: "unavailable",
}
_SENTENCES: Mapping[int, str] = {
    400: mark("This request cannot be read."),
    403: mark("This request was sent by a page of another site."),
    404: mark("There is nothing at this address."),
    405: mark("Figures can only be read here. Use GET."),
    413: mark("What you sent is too large. This interface reads no body."),
    500: mark("Something broke on our side. The fault was noted without your data."),
    503: mark("The database does not answer right now. Repeat the request in a minute."),
}


class Problem(Exception):
    """A request that is refused; ``code`` is a stable word for programs, ``parameter`` the one at fault."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: Message,
        *,
        parameter: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.detail = status, code, detail
        self.parameter, self.headers = parameter, dict(headers or {})


def reader() -> Translator:
    """Return the translator of the language that the request accepts best; English where it accepts neither."""
    return translator(request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0])


def answer(problem: Problem) -> Response:
    """Return the document of a problem: type, title, status, detail, code, and the parameter where one is at fault."""
    say = reader()
    document: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": say.render(problem.detail),
        "code": problem.code,
    }
    if problem.parameter:
        document["parameter"] = problem.parameter
    body = json.dumps(document, ensure_ascii=False).encode()
    response = Response(body, status=problem.status, content_type=MEDIA_TYPE)
    response.headers.update(problem.headers)
    response.headers["Content-Language"] = say.language
    response.headers["Vary"] = "Accept-Language, Authorization"
    return response


def install(blueprint: Blueprint) -> None:
    """Attach the handlers to the blueprint of the interface."""

    @blueprint.errorhandler(Problem)
    def refused(error: Problem) -> Response:
        return answer(error)

    @blueprint.errorhandler(SurveyError)
    def declined(error: SurveyError) -> Response:
        status = errors.status_of(error)
        return answer(Problem(status, _CODES.get(status, "refused"), error.message))

    @blueprint.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Response:
        return _plain(error.code or 500)

    @blueprint.errorhandler(OperationalError)
    @blueprint.errorhandler(PoolTimeout)
    def unavailable(error: Exception) -> Response:
        _note(error)
        response = _plain(503)
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response

    @blueprint.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        _note(error)
        return _plain(500)


def _plain(status: int) -> Response:
    code = _CODES.get(status, "bad_request")
    return answer(Problem(status, code, Message(_SENTENCES.get(status, _SENTENCES[400]))))


def _note(error: Exception) -> None:
    """Log what broke and where, without the message of the error: messages of databases hold values."""
    where = "".join(traceback.format_tb(error.__traceback__))
    _LOG.error("%s in %s\n%s", type(error).__name__, request.endpoint, where)
