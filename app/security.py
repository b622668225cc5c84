"""What every request and response obeys: headers, content policy, sizes, foreign origins, failure limits, one cookie.

The staff cookie is the only cookie there is. Form tokens are derived from it, so that no second one is needed and a
page that nobody signed in to sets none.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable, Mapping

from flask import Flask, Request, Response, abort, request
from flask.sessions import SecureCookieSession, SessionInterface, SessionMixin
from flask_wtf import CSRFProtect

ANSWER_BYTES = 8 * 1024
FORM_BYTES = 64 * 1024
IMPORT_BYTES = 20 * 1024 * 1024

POLICY = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "font-src 'self'",
        "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    )
)  # fmt: skip
"""The content policy: nothing from elsewhere, nothing inline."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""Headers of every response."""

STRICT_TRANSPORT = "max-age=63072000; includeSubDomains"
_A_YEAR = "public, max-age=31536000, immutable"
_A_DAY = "public, max-age=86400"
_NAMED_BY_HASH = frozenset({"shell.file"})
"""Endpoints whose address holds the hash of what they serve."""


def _limit_body(limit: int) -> None:
    request.max_content_length = limit
    if limit > FORM_BYTES:  # the parser counts its own reading piece of a file among the fields of a form
        request.max_form_memory_size = 4 * FORM_BYTES
    if (request.content_length or 0) > limit:
        abort(413)


def install(app: Flask, *, is_secure: bool, body_limits: Mapping[str, int]) -> CSRFProtect:
    """Attach headers, limits and the form token to an application; returns the guard of the form tokens.

    ``body_limits`` gives the largest body in bytes by endpoint; every other endpoint takes :data:`FORM_BYTES`.
    """
    app.config.update(
        MAX_CONTENT_LENGTH=FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # the token ends with the session it is derived from
        WTF_CSRF_SSL_STRICT=False,  # pages send no referrer; Sec-Fetch-Site does this work
    )

    @app.before_request
    def refuse_what_is_too_large() -> None:
        _limit_body(body_limits.get(request.endpoint or "", FORM_BYTES))

    @app.before_request
    def refuse_foreign_pages() -> None:
        if request.method not in {"GET", "HEAD", "OPTIONS"} and is_foreign(request):
            abort(403)

    @app.before_request
    def refuse_what_no_database_holds() -> None:
        """No name holds a NUL, and PostgreSQL breaks off over one; forms and JSON are looked at where they are read."""
        if "\0" in request.path or any("\0" in value for value in request.args.values()):
            abort(404)

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if is_secure:
            response.headers.setdefault("Strict-Transport-Security", STRICT_TRANSPORT)
        response.headers["Cache-Control"] = _caching(response)
        return response

    return CSRFProtect(app)


def is_foreign(received: Request) -> bool:
    """Tell whether a page of another origin sent this request; browsers say so, other clients say nothing."""
    return received.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}


def _caching(response: Response) -> str:
    """Return how long a response may be kept: files named by their hash for ever, pages never."""
    if response.status_code >= 400:
        return "no-store"
    if request.endpoint in _NAMED_BY_HASH:
        return _A_YEAR
    if request.endpoint != "static":
        return "no-store"
    return _A_YEAR if "v" in request.args else _A_DAY


class FormSessions(SessionInterface):
    """Gives each request the secret of its form token, derived from the staff cookie; writes nothing."""

    def __init__(self, cookie: str) -> None:
        self._cookie = cookie

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """Return the derived secret as a session, or an empty one where nobody is signed in."""
        token = request.cookies.get(self._cookie, "")
        if not token:
            return SecureCookieSession()
        key = str(app.secret_key).encode()
        return SecureCookieSession({"csrf_token": hmac.new(key, b"form" + token.encode(), hashlib.sha256).hexdigest()})

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write nothing: there is no second cookie."""


class FailureLimit:
    """Counts failures by address in memory, never on disk; success is not counted, so that one office stays welcome.

    Holds at most ``places`` addresses; the oldest is forgotten first.
    """

    def __init__(
        self, *, most: int, window: dt.timedelta, clock: Callable[[], dt.datetime], places: int = 10_000
    ) -> None:
        self._most, self._window, self._clock, self._places = most, window, clock, places
        self._failures: OrderedDict[str, tuple[dt.datetime, int]] = OrderedDict()

    def is_over(self, address: str) -> bool:
        """Tell whether an address has failed more often than allowed within the window."""
        since, count = self._failures.get(address, (self._clock(), 0))
        return count > self._most and self._clock() - since < self._window

    def note(self, address: str) -> None:
        """Count one failure of an address; the window starts with the first one."""
        now = self._clock()
        since, count = self._failures.pop(address, (now, 0))
        if now - since >= self._window:
            since, count = now, 0
        self._failures[address] = (since, count + 1)
        while len(self._failures) > self._places:
            self._failures.popitem(last=False)
