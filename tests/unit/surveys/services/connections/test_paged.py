"""Questions are repeated, slowed down, bounded and ended by rules; no sentence shows a credential or what came back."""

from __future__ import annotations

import datetime as dt
import email.utils
import logging
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from surveys.services.connections.allowed import check_address, read_hosts
from surveys.services.connections.credentials import Credential
from surveys.services.connections.failures import SyncFailed, SyncPaused
from surveys.services.connections.paged import Clock, Limits, PagedSource
from surveys.services.connections.transport import BadCertificate, UnknownName

TOKEN = "very-secret-token"
BASE = "https://api.example.org"
START = 1_780_000_000.0

Answerer = Callable[[httpx.Request], httpx.Response]


class Time:
    """A clock that only moves when somebody rests."""

    def __init__(self) -> None:
        self.now = 0.0
        self.rests: list[float] = []

    def rest(self, seconds: float) -> None:
        self.rests.append(seconds)
        self.now += seconds

    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.now, wall=lambda: START + self.now, sleep=self.rest, chance=lambda: 0.5)


class Wire(httpx.BaseTransport):
    """Gives answers as a network does: their bytes are not read yet."""

    def __init__(self, answer: Answerer) -> None:
        self.answer = answer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        given = self.answer(request)
        if not given.is_stream_consumed:
            return given
        return httpx.Response(given.status_code, headers=given.headers, stream=httpx.ByteStream(given.content))


@pytest.fixture
def time() -> Time:
    return Time()


def source(answer: Answerer, time: Time, *, email_: str = "", **limits: Any) -> PagedSource:
    return PagedSource(
        check_address(BASE, read_hosts("api.example.org")),
        Credential(token=TOKEN, email=email_),
        headers={"User-Agent": "test"},
        transport=Wire(answer),
        limits=Limits(**limits),
        clock=time.clock(),
    )


def one_by_one(*answers: httpx.Response | Exception) -> Answerer:
    waiting = iter(answers)

    def answer(_request: httpx.Request) -> httpx.Response:
        given = next(waiting)
        if isinstance(given, Exception):
            raise given
        return given

    return answer


def ok(value: object = None, **headers: str) -> httpx.Response:
    return httpx.Response(200, json={"ok": True} if value is None else value, headers=headers)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_passing_faults_are_tried_again_with_longer_rests(time: Time, status: int) -> None:
    asked = source(one_by_one(httpx.Response(status), httpx.Response(status), ok()), time)
    assert asked.get("/x").value == {"ok": True}
    assert time.rests == [1.0, 2.0]


@pytest.mark.parametrize("error", [httpx.ReadError("cut"), httpx.ReadTimeout("slow"), httpx.ConnectError("no")])
def test_a_broken_connection_is_tried_again(time: Time, error: Exception) -> None:
    assert source(one_by_one(error, ok()), time).get("/x").value == {"ok": True}


def test_after_five_tries_it_is_given_up(time: Time) -> None:
    asked = source(one_by_one(*[httpx.Response(502)] * 5, ok()), time)
    with pytest.raises(SyncFailed, match=r"fails at /x again and again \(status 502\)"):
        asked.get("/x")
    assert len(time.rests) == 4


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": email.utils.formatdate(START + 30, usegmt=True)}, 30.0),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(START + 20))}, 20.0),
        (
            {
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": dt.datetime.fromtimestamp(START + 60, dt.UTC).strftime("%Y-%m-%dT%H:%MZ"),
            },
            60.0 - START % 60,
        ),
        ({}, 60.0),
    ],
)
def test_a_rate_limit_is_obeyed_as_its_headers_say(time: Time, headers: dict[str, str], seconds: float) -> None:
    asked = source(one_by_one(httpx.Response(429, headers=headers), ok()), time)
    asked.get("/x")
    assert time.rests == [pytest.approx(max(seconds, 1.0) * 1.05)]


def test_githubs_rate_limit_comes_as_forbidden_with_a_header(time: Time) -> None:
    asked = source(one_by_one(httpx.Response(403, headers={"Retry-After": "3"}), ok()), time)
    assert asked.get("/x").value == {"ok": True}


def test_a_long_rest_is_a_pause_with_its_end(time: Time) -> None:
    asked = source(one_by_one(httpx.Response(429, headers={"Retry-After": "3600"}), ok()), time)
    with pytest.raises(SyncPaused, match="asks for a pause until 2026-05-28"):
        asked.get("/x")
    assert time.rests == []


def test_the_end_of_a_pause_is_known_where_it_is_named_and_only_there(time: Time) -> None:
    named = source(one_by_one(httpx.Response(429, headers={"Retry-After": "3600"})), time)
    with pytest.raises(SyncPaused) as paused:
        named.get("/x")
    assert paused.value.until == dt.datetime.fromtimestamp(START + 3600 * 1.05, dt.UTC)
    with pytest.raises(SyncPaused, match="names no end of the pause") as paused:
        source(lambda _request: httpx.Response(429), time).get("/x")
    assert paused.value.until is None


def test_our_own_rest_is_not_told_as_a_pause_that_the_host_asked_for(time: Time) -> None:
    asked = source(one_by_one(httpx.Response(502), ok()), time, seconds=0.5)
    with pytest.raises(SyncPaused, match="The time for one sync is over"):
        asked.get("/x")


def test_a_limit_that_stays_after_all_tries_is_a_pause(time: Time) -> None:
    asked = source(lambda _request: httpx.Response(429, headers={"Retry-After": "5"}), time, tries=2)
    with pytest.raises(SyncPaused, match="asks for a pause until"):
        asked.get("/x")


def test_a_certificate_and_a_name_have_sentences_of_their_own(time: Time) -> None:
    asked = source(one_by_one(BadCertificate("no")), time)
    with pytest.raises(SyncFailed, match="does not prove that it is"):
        asked.get("/x")
    assert time.rests == []
    with pytest.raises(SyncFailed, match="leads to no address"):
        source(one_by_one(*[UnknownName("no")] * 5), time).get("/x")


def test_the_time_of_a_sync_is_bounded(time: Time) -> None:
    asked = source(one_by_one(ok(), ok()), time, seconds=10.0)
    asked.get("/x")
    time.now = 10.0
    with pytest.raises(SyncPaused, match="The time for one sync is over"):
        asked.get("/x")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "does not accept the credential"),
        (403, "may not read /x"),
        (404, "has no /x"),
        (410, "no longer offers"),
        (400, "refused"),
    ],
)
def test_a_refusal_is_told_at_once_and_in_our_words(time: Time, status: int, words: str) -> None:
    asked = source(one_by_one(httpx.Response(status, text=f"you sent {TOKEN}")), time)
    with pytest.raises(SyncFailed, match=words) as failed:
        asked.get("/x", {"q": "parameter"})
    assert failed.value.status == status
    assert TOKEN not in str(failed.value)
    assert "parameter" not in str(failed.value)
    assert failed.value.__cause__ is None


def test_a_redirect_to_another_host_is_not_followed_and_the_credential_goes_nowhere(time: Time) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return httpx.Response(302, headers={"Location": "https://evil.example/x"})

    with pytest.raises(SyncFailed, match=r"another host, evil\.example"):
        source(answer, time).get("/x")
    assert seen == ["api.example.org"]


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("//evil.example/x", "another host, evil"),
        ("https://api.example.org.evil.example/x", "another host, api.example.org.evil"),
        ("http://api.example.org/x", "another port of its own, or to one without encryption"),
        ("https://api.example.org:8443/x", "another port of its own"),
        ("https://me:pass@api.example.org/x", "a name or a password in it"),
        ("http://[", "cannot be read"),
    ],
)
def test_a_redirect_that_only_looks_alike_is_not_followed(time: Time, place: str, words: str) -> None:
    with pytest.raises(SyncFailed, match=words) as failed:
        source(one_by_one(httpx.Response(301, headers={"Location": place})), time).get("/x")
    assert "pass@" not in str(failed.value)


def test_a_link_that_is_no_address_is_told(time: Time) -> None:
    with pytest.raises(SyncFailed, match="an address that cannot be read"):
        source(one_by_one(ok([1], Link='<http://[>; rel="next"')), time).get("/x")


@pytest.mark.parametrize("after", ["Mon, 01 Jan 99999 00:00:00 GMT", "Mon, 99 Foo 2026 00:00:00", "soon", "-5"])
def test_a_pause_that_names_no_time_counts_as_none(time: Time, after: str) -> None:
    asked = source(one_by_one(httpx.Response(429, headers={"Retry-After": after}), ok()), time)
    assert asked.get("/x").value == {"ok": True}
    assert time.rests == [63.0]


def test_a_redirect_inside_the_host_is_followed_and_circles_are_not(time: Time) -> None:
    moved = httpx.Response(301, headers={"Location": "/y"})
    assert source(one_by_one(moved, ok()), time).get("/x").value == {"ok": True}
    with pytest.raises(SyncFailed, match="circles"):
        source(lambda _request: httpx.Response(302, headers={"Location": "/x"}), time).get("/x")


def test_a_body_that_is_too_large_is_not_read_to_its_end(time: Time) -> None:
    read: list[int] = []

    def parts() -> Iterator[bytes]:
        for number in range(1000):
            read.append(number)
            yield b"x" * 1024

    with pytest.raises(SyncFailed, match="larger than"):
        source(lambda _request: httpx.Response(200, content=parts()), time, body_bytes=4096).get("/x")
    assert len(read) < 10


@pytest.mark.parametrize("text", ["<html>sign in</html>", "", "[" * 200_000])
def test_what_is_not_json_is_told(time: Time, text: str) -> None:
    with pytest.raises(SyncFailed, match="is not JSON"):
        source(lambda _request: httpx.Response(200, text=text), time).get("/x")


def test_pages_are_followed_by_link_and_only_on_the_same_host(time: Time) -> None:
    pages = [ok([1], Link='<https://api.example.org/x?page=2>; rel="next"'), ok([2])]
    assert [page.value for page in source(one_by_one(*pages), time).by_link("/x")] == [[1], [2]]
    stranger = ok([1], Link='<https://evil.example/x?page=2>; rel="next"')
    with pytest.raises(SyncFailed, match="another host"):
        list(source(one_by_one(stranger), time).by_link("/x"))
    with pytest.raises(SyncFailed, match="another host"):
        list(source(one_by_one(ok()), time).by_link("/x", start="https://evil.example/"))


def test_pages_that_repeat_themselves_are_ended(time: Time) -> None:
    circle = ok([1], Link='<https://api.example.org/x?page=1>; rel="next"')
    with pytest.raises(SyncFailed, match="again and again"):
        list(source(lambda _request: circle, time).by_link("/x"))
    with pytest.raises(SyncFailed, match="again and again"):
        list(source(lambda _request: ok({"nextPageToken": "same"}), time).by_token("/x", {}))


def test_pages_are_followed_by_token_until_the_last(time: Time) -> None:
    bodies: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.read())
        return ok({"values": [len(bodies)], "nextPageToken": f"t{len(bodies)}", "isLast": len(bodies) == 3})

    pages = list(source(answer, time).by_token("/x", {"a": 1}))
    assert [page.next_url for page in pages] == ["t1", "t2", None]
    assert bodies[0] == b'{"a":1}'
    assert bodies[2] == b'{"a":1,"nextPageToken":"t2"}'


def test_pages_are_followed_by_offset(time: Time) -> None:
    starts: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        starts.append(request.url.params["startAt"])
        return ok({"values": [1, 2], "isLast": len(starts) == 3})

    assert len(list(source(answer, time).by_offset("/x"))) == 3
    assert starts == ["0", "2", "4"]


def test_the_credential_goes_as_bearer_or_with_an_address_as_basic(time: Time) -> None:
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["Authorization"])
        return ok()

    source(answer, time).get("/x")
    source(answer, time, email_="me@x.org").get("/x")
    assert sent[0] == f"Bearer {TOKEN}"
    assert sent[1].startswith("Basic ")


def test_nothing_is_logged(time: Time, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        source(one_by_one(httpx.Response(500), ok()), time).get("/x", {"q": "parameter"})
    assert caplog.records == []


def test_a_proxy_of_the_environment_is_not_used(time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://evil.example:3128")
    asked = source(one_by_one(ok()), time)
    assert asked._client.trust_env is False
    assert asked._client._mounts == {}
