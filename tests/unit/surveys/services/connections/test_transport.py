"""A name is resolved once, every address is looked at, and the connection goes to that very address."""

from __future__ import annotations

import socket
import ssl

import httpx
import pytest

from surveys.errors import Refused
from surveys.services.connections.allowed import AllowedHost
from surveys.services.connections.transport import BadCertificate, GuardedTransport, UnknownName

HOST = AllowedHost(host="jira.example.org")


class Wire(httpx.BaseTransport):
    """Keeps what would be sent; addresses in ``dead`` do not answer."""

    def __init__(self, *dead: str) -> None:
        self.sent: list[httpx.Request] = []
        self.dead = dead

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        if request.url.host in self.dead:
            raise httpx.ConnectError("dead")
        return httpx.Response(200, json=[])


def ask(wire: Wire, addresses: list[str], *, url: str = "https://jira.example.org/x", host: AllowedHost = HOST) -> None:
    transport = GuardedTransport(host, resolve=lambda _name, _port: addresses, inner=wire)
    with httpx.Client(transport=transport, trust_env=False) as client:
        client.get(url)


def test_the_connection_goes_to_the_address_and_the_certificate_is_checked_against_the_name() -> None:
    wire = Wire()
    ask(wire, ["140.82.121.6"])
    (sent,) = wire.sent
    assert (sent.url.host, sent.url.path) == ("140.82.121.6", "/x")
    assert sent.headers["host"] == "jira.example.org"
    assert sent.extensions["sni_hostname"] == "jira.example.org"


def test_the_next_address_is_tried_where_one_does_not_answer() -> None:
    wire = Wire("140.82.121.6")
    ask(wire, ["140.82.121.6", "140.82.121.5"])
    assert [sent.url.host for sent in wire.sent] == ["140.82.121.6", "140.82.121.5"]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("127.0.0.1", "by writing private: before the host"),
        ("100.64.0.1", "by writing private: before the host"),
        ("169.254.169.254", "never asked"),
        ("168.63.129.16", "never asked"),
        ("::ffff:10.0.0.1", "never asked"),
    ],
)
def test_a_name_with_one_address_of_the_own_network_is_not_asked_at_all(bad: str, words: str) -> None:
    wire = Wire()
    with pytest.raises(Refused, match=words):
        ask(wire, ["140.82.121.6", bad])
    assert wire.sent == []


@pytest.mark.parametrize("address", ["10.1.2.3", "100.64.0.1", "127.0.0.1", "fd00::1"])
def test_what_the_sentence_says_helps(address: str) -> None:
    wire = Wire()
    ask(wire, [address], host=AllowedHost(host="jira.example.org", is_private=True))
    assert wire.sent


def test_a_bad_certificate_and_an_unknown_name_are_told_apart_from_a_broken_line() -> None:
    class Stranger(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            del request
            try:
                raise ssl.SSLCertVerificationError("self-signed")
            except ssl.SSLError as error:
                raise httpx.ConnectError("wrapped") from error

    def unknown(_name: str, _port: int) -> list[str]:
        raise socket.gaierror

    for resolve, inner, expected in (
        (lambda _name, _port: ["140.82.121.6"], Stranger(), BadCertificate),
        (unknown, Wire(), UnknownName),
    ):
        transport = GuardedTransport(HOST, resolve=resolve, inner=inner)
        with httpx.Client(transport=transport, trust_env=False) as client, pytest.raises(expected):
            client.get("https://jira.example.org/x")
    with pytest.raises(httpx.ConnectError) as broken:
        ask(Wire("140.82.121.6"), ["140.82.121.6"])
    assert not isinstance(broken.value, BadCertificate | UnknownName)


def test_a_name_that_changes_its_address_between_two_questions_leads_nowhere() -> None:
    answers = iter([["140.82.121.6"], ["127.0.0.1"]])
    wire = Wire()
    transport = GuardedTransport(HOST, resolve=lambda _name, _port: next(answers), inner=wire)
    with httpx.Client(transport=transport, trust_env=False) as client:
        client.get("https://jira.example.org/1")
        with pytest.raises(Refused):
            client.get("https://jira.example.org/2")
    assert [sent.url.host for sent in wire.sent] == ["140.82.121.6"]


def test_another_host_is_never_asked() -> None:
    wire = Wire()
    with pytest.raises(Refused, match="not the one of this connection"):
        ask(wire, ["140.82.121.6"], url="https://other.example.org/")
    assert wire.sent == []


def test_a_host_of_the_own_network_is_asked_where_the_operator_allows_it() -> None:
    wire = Wire()
    ask(wire, ["10.1.2.3"], host=AllowedHost(host="jira.example.org", is_private=True))
    assert wire.sent[0].url.host == "10.1.2.3"


def test_a_name_without_an_address_is_a_broken_connection() -> None:
    with pytest.raises(httpx.ConnectError):
        ask(Wire(), [])
