"""Records every request and reply of an application as they are on the wire, and says what differs between members."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

SECRET_FIELDS = {"/papers": {"code", "blinded"}, "/ballots": {"nonce", "token", "sealed"}, "/results": {"read_key"}}
"""What the protocol makes random or secret for everybody; nothing else may differ between two members of a crowd."""

TELLING_HEADERS = (
    "cookie",
    "authorization",
    "referer",
    "x-",
    "if-none-match",
    "if-modified-since",
    "from",
    "origin-id",
)
"""Headers that carry something from one request to the next, or say where a reader came from."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request with its reply; names of headers are in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    status: str
    reply_headers: dict[str, str]

    @property
    def fields(self) -> dict[str, object]:
        """The fields of a JSON body; empty where there is none."""
        return dict(json.loads(self.body)) if self.body else {}


@dataclass
class Recorder:
    """A WSGI application around another one that keeps every exchange."""

    inner: Callable[..., Iterable[bytes]]
    seen: list[Exchange] = field(default_factory=list)

    def __call__(self, environ: dict[str, object], start: Callable[..., object]) -> Iterable[bytes]:
        length = int(str(environ.get("CONTENT_LENGTH") or 0))
        body = environ["wsgi.input"].read(length) if length else b""  # type: ignore[attr-defined]
        environ["wsgi.input"] = io.BytesIO(body)
        headers = {
            name[5:].replace("_", "-").lower(): str(value)
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        headers |= {
            name.replace("_", "-").lower(): str(environ[name])
            for name in ("CONTENT_TYPE", "CONTENT_LENGTH")
            if environ.get(name)
        }
        kept: list[tuple[str, Sequence[tuple[str, str]]]] = []

        def begin(status: str, reply: Sequence[tuple[str, str]], *more: object) -> object:
            kept.append((status, reply))
            return start(status, reply, *more)

        reply_body = self.inner(environ, begin)
        content = list(reply_body)
        getattr(reply_body, "close", lambda: None)()
        status, reply = kept[-1]
        self.seen.append(
            Exchange(
                method=str(environ["REQUEST_METHOD"]),
                path=str(environ["PATH_INFO"]),
                query=str(environ.get("QUERY_STRING", "")),
                headers=headers,
                body=body,
                status=status,
                reply_headers={name.lower(): value for name, value in reply},
            )
        )
        return content

    def take(self) -> list[Exchange]:
        """Return what was seen since the last call."""
        found, self.seen = self.seen, []
        return found


def telling(exchanges: Sequence[Exchange]) -> list[str]:
    """Name what a single member's requests carry that could be recognised again."""
    found = []
    for each in exchanges:
        found += [
            f"{each.path}: header {name}"
            for name in each.headers
            if name.startswith(TELLING_HEADERS) and each.headers[name]
        ]
        found += [f"{each.path}: sets a cookie" for name in each.reply_headers if name == "set-cookie"]
        found += [f"{each.path}: a query" for _ in [each.query] if each.query]
    return found


def differing(first: Sequence[Exchange], second: Sequence[Exchange]) -> list[str]:
    """Name every header and field in which two members of one crowd differ, beside what the protocol makes random.

    Fonts and marks are left out: which of them arrive before a page is shut depends on the moment alone.
    """
    found = []
    first, second = _own_requests(first), _own_requests(second)
    if [(each.method, each.path) for each in first] != [(each.method, each.path) for each in second]:
        return ["the requests themselves"]
    for one, other in zip(first, second, strict=True):
        found += [
            f"{one.path}: header {name}"
            for name in sorted(one.headers.keys() | other.headers.keys())
            if one.headers.get(name) != other.headers.get(name)
        ]
        mine, theirs = one.fields, other.fields
        found += [
            f"{one.path}: field {name}"
            for name in sorted(mine.keys() | theirs.keys())
            if name not in SECRET_FIELDS.get(one.path, set()) and mine.get(name) != theirs.get(name)
        ]
        if len(one.body) != len(other.body):
            found.append(f"{one.path}: length of the body")
    return found


def _own_requests(exchanges: Sequence[Exchange]) -> list[Exchange]:
    kept = [each for each in exchanges if not each.path.startswith("/static/")]
    return sorted(kept, key=lambda each: (each.method, each.path))
