"""Turns questions to one host into JSON answers, page by page: with retries, rate limits, a time budget and limits.

Nothing here logs. No error carries a request, because requests carry credentials; sentences name the host and the
path of a question, never its parameters and nothing that the other side wrote.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import logging
import secrets
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

import httpx

from surveys.services.connections.allowed import Origin
from surveys.services.connections.bodies import read_body, read_json
from surveys.services.connections.credentials import Credential
from surveys.services.connections.failures import (
    SyncFailed,
    SyncPaused,
    denied,
    given_up,
    out_of_time,
    pause,
    sent_away,
)
from surveys.services.connections.transport import BadCertificate, GuardedTransport, UnknownName

# The libraries below log the address of every question, and at finer levels more than that.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

Json = Mapping[str, object]

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 3
_MOST_PAGES = 100_000
_LIMITED_SECONDS = 60.0
_HASTE_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long and how often one source is asked: tries per question, seconds in all and per read, bytes per answer."""

    tries: int = 5
    seconds: float = 1500.0
    longest_wait: float = 300.0
    read_seconds: float = 60.0
    body_bytes: int = 32 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One JSON answer and, where a header names it, the address of the next page."""

    value: object
    next_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Time as a source sees it; tests bring their own."""

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = lambda: secrets.randbelow(1000) / 1000


class PagedSource:
    """Asks one origin for JSON. A source is used by one thread, and closed by its maker.

    Redirects are followed inside the same origin only, so that the credential goes nowhere else. ``transport`` is
    for tests; the usual one looks at the addresses behind the host's name.
    """

    def __init__(
        self,
        origin: Origin,
        credential: Credential,
        *,
        headers: Mapping[str, str],
        transport: httpx.BaseTransport | None = None,
        limits: Limits | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.host = origin.allowed.host
        self._base = origin.url
        self._origin = httpx.URL(origin.url)
        self.limits = limits or Limits()
        self._clock = clock or Clock()
        self._end = self._clock.monotonic() + self.limits.seconds
        self._auth = (
            httpx.BasicAuth(credential.email, credential.token) if credential.email else _Bearer(credential.token)
        )
        self._client = httpx.Client(
            transport=transport or GuardedTransport(origin.allowed),
            headers={"Accept": "application/json", **headers, "Accept-Encoding": "gzip"},
            timeout=httpx.Timeout(self.limits.read_seconds, connect=10.0),
            follow_redirects=False,
            trust_env=False,  # no proxy and no netrc of the environment may see the credential
        )

    def __enter__(self) -> PagedSource:
        """Return the source itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to a question; ``path`` begins with a slash, under the path of the origin.

        Raises:
            SyncFailed: no usable answer after all tries; the sentence tells why.
            SyncPaused: the other side asks for a longer pause, or the time is over.
        """
        return self._ask("GET", self._own(path), params=params)

    def post(self, path: str, body: Json) -> Answer:
        """Return the answer to a question that has a body; raises as :meth:`get`."""
        return self._ask("POST", self._own(path), body=body)

    def by_link(
        self, path: str, params: Mapping[str, str] | None = None, *, start: str | None = None
    ) -> Iterator[Answer]:
        """Yield pages that name the next one in their ``Link`` header, from ``start`` on where it is given."""
        seen: set[str] = set()
        answer = self._ask("GET", self._same(start)) if start else self.get(path, params)
        while True:
            yield answer
            if answer.next_url is None:
                return
            self._check_new(answer.next_url, seen)
            answer = self._ask("GET", self._same(answer.next_url))

    def by_token(self, path: str, body: Json, *, start: str | None = None) -> Iterator[Answer]:
        """Yield pages that name the next one in ``nextPageToken``, from the token ``start`` on where it is given."""
        seen: set[str] = set()
        token = start
        while True:
            answer = self.post(path, body if token is None else {**body, "nextPageToken": token})
            page = answer.value if isinstance(answer.value, dict) else {}
            token = None if page.get("isLast") is True else _text(page.get("nextPageToken"))
            yield Answer(value=page, next_url=token)
            if token is None:
                return
            self._check_new(token, seen)

    def by_offset(self, path: str, params: Mapping[str, str] | None = None) -> Iterator[Answer]:
        """Yield pages with ``values`` that are counted by ``startAt`` until ``isLast`` or an empty one."""
        at = 0
        while at < _MOST_PAGES:
            answer = self.get(path, {**(params or {}), "startAt": str(at)})
            page = answer.value if isinstance(answer.value, dict) else {}
            values = page.get("values")
            yield answer
            if page.get("isLast") is not False or not isinstance(values, list) or not values:
                return
            at += len(values)

    def _own(self, path: str) -> httpx.URL:
        return httpx.URL(self._base + path)

    def _same(self, url: str) -> httpx.URL:
        """Return an address that the other side named, if it is of the same origin."""
        try:
            found = httpx.URL(url)
        except httpx.InvalidURL:
            raise sent_away(self.host, "", is_named=False) from None
        if _origin(found) != _origin(self._origin) or found.userinfo:
            raise sent_away(self.host, found.host, is_named=bool(found.userinfo))
        return found

    def _beside(self, url: httpx.URL, named: str) -> str:
        """Return the whole address that an answer to ``url`` names."""
        try:
            return urljoin(str(url), named)
        except ValueError:
            raise sent_away(self.host, "", is_named=False) from None

    def _check_new(self, page: str, seen: set[str]) -> None:
        if page in seen or len(seen) >= _MOST_PAGES:
            raise SyncFailed("{host} names the same page again and again, so the sync was ended.", host=self.host)
        seen.add(page)

    def _ask(
        self, method: str, url: httpx.URL, *, params: Mapping[str, str] | None = None, body: Json | None = None
    ) -> Answer:
        for attempt in range(1, self.limits.tries + 1):
            rest = _Rest(_HASTE_SECONDS * 2 ** (attempt - 1) * (0.5 + self._clock.chance()))
            reason: int | str
            try:
                response, content = self._send(method, url, params=params, body=body)
            except BadCertificate:  # another try would see the same certificate
                raise given_up(self.host, _path(url), "certificate") from None
            except httpx.TransportError as error:
                reason = _reason(error)
            else:
                if response.is_success:
                    return self._answer(url, response, content)
                reason = response.status_code
                if not _is_limited(response) and reason not in _PASSING:
                    raise denied(self.host, _path(url), reason)
                rest = self._asked_rest(response, rest, attempt)
            if attempt == self.limits.tries:
                raise self._pause(rest) if rest.is_limit else given_up(self.host, _path(url), reason)
            self._rest(rest)
        raise AssertionError

    def _send(
        self, method: str, url: httpx.URL, *, params: Mapping[str, str] | None, body: Json | None
    ) -> tuple[httpx.Response, bytes]:
        for _ in range(_MOST_REDIRECTS + 1):
            if self._clock.monotonic() >= self._end:
                raise out_of_time(self.host)
            request = self._client.build_request(method, url, params=params or None, json=body)
            try:
                response = self._client.send(request, auth=self._auth, stream=True)
                try:
                    if response.status_code not in _REDIRECTS:
                        return response, self._read(response) if response.is_success else b""
                finally:
                    response.close()
            except httpx.TransportError as error:
                # The error would carry the request, and with it the credential.
                raise type(error)(type(error).__name__) from None
            except (httpx.HTTPError, httpx.StreamError):
                raise SyncFailed("The answer of {host} cannot be read.", host=self.host) from None
            if method != "GET" and response.status_code not in {307, 308}:
                raise denied(self.host, _path(url), response.status_code)
            url, params = self._same(self._beside(url, response.headers.get("location", ""))), None
        raise SyncFailed("{host} sends us round in circles.", host=self.host)

    def _read(self, response: httpx.Response) -> bytes:
        return read_body(response, host=self.host, limit=self.limits.body_bytes, check=self._check_time)

    def _check_time(self) -> None:
        if self._clock.monotonic() >= self._end:
            raise out_of_time(self.host)

    def _answer(self, url: httpx.URL, response: httpx.Response, content: bytes) -> Answer:
        value = read_json(content, host=self.host, path=_path(url))
        link = response.links.get("next", {}).get("url")
        return Answer(value=value, next_url=self._beside(url, link) if link else None)

    def _asked_rest(self, response: httpx.Response, own: _Rest, attempt: int) -> _Rest:
        """Return the rest after an answer; after a rate limit without a header at least a minute, then longer."""
        named = self._named_wait(response)
        if not _is_limited(response):
            return _Rest(max(own.seconds, named or 0.0), is_named=named is not None and named > own.seconds)
        wait = _LIMITED_SECONDS * 2 ** (attempt - 1) if named is None else max(named, _HASTE_SECONDS)
        return _Rest(wait * (1.0 + 0.1 * self._clock.chance()), is_limit=True, is_named=named is not None)

    def _named_wait(self, response: httpx.Response) -> float | None:
        """Return the seconds that the headers ask for: ``Retry-After``, else the end of a limit that is used up."""
        after = response.headers.get("retry-after", "").strip()
        if after.isascii() and after.isdigit():
            return float(after[:9])
        until = _instant(after)
        if until is None and response.headers.get("x-ratelimit-remaining", "").strip() == "0":
            until = _instant(response.headers.get("x-ratelimit-reset", "").strip())
        return None if until is None else max(0.0, until - self._clock.wall())

    def _rest(self, rest: _Rest) -> None:
        if rest.seconds > self.limits.longest_wait or self._clock.monotonic() + rest.seconds >= self._end:
            raise self._pause(rest)
        self._clock.sleep(rest.seconds)

    def _pause(self, rest: _Rest) -> SyncPaused:
        if not (rest.is_named or rest.is_limit):
            return out_of_time(self.host)
        until = dt.datetime.fromtimestamp(min(self._clock.wall() + rest.seconds, 4e9), dt.UTC)
        return pause(self.host, until if rest.is_named else None)


@dataclass(frozen=True)
class _Rest:
    """Seconds to rest before the next try; ``is_named`` where the other side named them, not we."""

    seconds: float
    is_limit: bool = False
    is_named: bool = False


class _Bearer(httpx.Auth):
    """Sends a token as bearer; keeps it out of the client's headers, which are shown in places."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"https": 443, "http": 80}.get(url.scheme)


def _is_limited(response: httpx.Response) -> bool:
    """Tell whether an answer is a rate limit: 429, or GitHub's 403 with one of the headers of a limit."""
    if response.status_code == 429:
        return True
    headers = response.headers
    is_used_up = headers.get("x-ratelimit-remaining", "").strip() == "0"
    return response.status_code == 403 and ("retry-after" in headers or is_used_up)


def _instant(text: str) -> float | None:
    """Read seconds since 1970, an HTTP date, or an ISO time (Jira's form of the end of a limit)."""
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return _http_date(text)
    return (found if found.tzinfo else found.replace(tzinfo=dt.UTC)).timestamp()


def _http_date(text: str) -> float | None:
    try:
        parsed = email.utils.parsedate_tz(text)
        return None if parsed is None else float(email.utils.mktime_tz(parsed))
    except (ValueError, OverflowError):  # a year or a month that is none
        return None


def _reason(error: httpx.TransportError) -> str:
    if isinstance(error, UnknownName):
        return "name"
    return "timeout" if isinstance(error, httpx.TimeoutException) else "cut"


def _path(url: httpx.URL) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in url.path)[:120]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
