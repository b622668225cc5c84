"""Over a real socket of this machine: a connection that is cut in the middle of an answer is tried again."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from surveys.errors import Refused
from surveys.services.connections.allowed import check_address, read_hosts
from surveys.services.connections.credentials import Credential
from surveys.services.connections.failures import SyncFailed
from surveys.services.connections.paged import Clock, Limits, PagedSource

BODY = json.dumps([1, 2, 3]).encode()
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(
    BODY
)


@contextmanager
def server(*answers: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Answer one connection after another with these bytes, then close it."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(5)

        def serve() -> None:
            for answer in answers:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    asked.append(connection.recv(65536))
                    connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1], asked
        listening.close()
        thread.join(5)


def source(port: int, hosts: str) -> PagedSource:
    return PagedSource(
        check_address(f"http://127.0.0.1:{port}", read_hosts(hosts)),
        Credential(token="socket-token"),
        headers={},
        limits=Limits(read_seconds=2.0, tries=3),
        clock=Clock(sleep=lambda _seconds: None),
    )


def test_an_answer_that_is_cut_is_asked_for_again() -> None:
    with server(WHOLE + BODY[:2], b"", WHOLE + BODY) as (port, asked):
        with source(port, f"private:127.0.0.1:{port}") as asking:
            assert asking.get("/x").value == [1, 2, 3]
        assert len(asked) == 3
        assert b"Host: 127.0.0.1" in asked[2]
        assert b"Authorization: Bearer socket-token" in asked[2]


def test_an_answer_that_is_always_cut_is_given_up() -> None:
    with (
        server(*[WHOLE + BODY[:2]] * 3) as (port, _asked),
        source(port, f"private:127.0.0.1:{port}") as asking,
        pytest.raises(SyncFailed, match="breaks again and again"),
    ):
        asking.get("/x")


def test_this_machine_is_not_asked_where_the_list_does_not_say_that_it_may() -> None:
    with server(WHOLE + BODY) as (port, asked):
        with pytest.raises(Refused, match="https://"):
            source(port, f"127.0.0.1:{port}")
        with (
            PagedSource(
                check_address(f"https://localhost:{port}", read_hosts(f"localhost:{port}")),
                Credential(token="socket-token"),
                headers={},
            ) as asking,
            pytest.raises(Refused, match="in the own network"),
        ):
            asking.get("/x")
        assert asked == []
