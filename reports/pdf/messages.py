"""Turns requests and answers between the asking process and its helper into bytes on a pipe, and back."""

from __future__ import annotations

import struct
from typing import IO

DONE, FAILED = b"+", b"-"
_HEAD = struct.Struct("!cQ")


def send(stream: IO[bytes], state: bytes, body: bytes) -> None:
    """Write one message: a byte of state, eight of length, the body."""
    stream.write(_HEAD.pack(state, len(body)) + body)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[bytes, bytes]:
    """Read one message as state and body; ``EOFError`` where the other side is gone."""
    state, length = _HEAD.unpack(_exactly(stream, _HEAD.size))
    return state, _exactly(stream, length)


def _exactly(stream: IO[bytes], length: int) -> bytes:
    body = stream.read(length)
    if len(body) < length:
        raise EOFError
    return body
