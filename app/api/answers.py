"""Turns a page of rows into the answer: JSON with a strong ETag and headers for private caches, or 304."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from wsgiref.types import WSGIEnvironment

from flask import Request, Response
from werkzeug.datastructures import Headers

from surveys.i18n import Translator

MEDIA_TYPE = "application/json"
CACHING = "private, no-cache"
"""A program may keep an answer and has to ask with its ETag before it uses it again."""

_MOST_TAGS = 4
"""More ETags than a program can have kept of one address are guesses at what it was not given yet."""

_VARY = "Accept-Language, Authorization"


class Answer(Response):
    """An answer of the interface; it keeps its own caching rule where the pages of the product are never stored."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """Return the headers as they leave, after those that every response of the product gets."""
        headers = super().get_wsgi_headers(environ)
        headers["Cache-Control"] = CACHING
        return headers


def body_of(document: Mapping[str, object]) -> bytes:
    """Return a document as JSON in UTF-8; the same document gives the same bytes."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def checksum(body: bytes) -> str:
    """Return the SHA-256 of a body, hex."""
    return hashlib.sha256(body).hexdigest()


def answer(received: Request, body: bytes, say: Translator) -> Response:
    """Return 200 with the body, or 304 without one where the reader has these very bytes already.

    A 304 is not noted in the ledger, and a page may be one figure of few possible ones: a long list of ETags would ask
    which of them it is. Such a list is not looked at.
    """
    etag = checksum(body)
    asked = received.if_none_match
    has_it = len(asked.as_set(include_weak=True)) <= _MOST_TAGS and asked.contains_weak(etag)
    response = Answer(None if has_it else body, status=304 if has_it else 200, content_type=MEDIA_TYPE)
    if has_it:
        del response.headers["Content-Type"]
    response.set_etag(etag)
    response.headers["Content-Language"] = say.language
    response.headers["Vary"] = _VARY
    return response
