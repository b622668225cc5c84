"""Turns each request on standard input into a PDF on standard output, drawn by a forked child with limits.

Started by :class:`reports.pdf.child.Renderer`; has one thread and no state but the loaded renderer.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import json
import os
import resource
import select
import signal
import sys
import time
from dataclasses import dataclass
from typing import IO, NoReturn

from reports.document import LeaderReport, from_json
from reports.pdf import messages
from reports.pdf.render import render, warm

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_CHUNK = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Request:
    """One report to draw and what that may use."""

    report: LeaderReport
    released_on: dt.datetime
    address_space: int
    cpu_seconds: int
    wall_seconds: float
    result: int


def main() -> None:
    """Answer requests until standard input ends."""
    warm()
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            _, body = messages.receive(source)
        except EOFError:
            return
        state, answer = _answer(parse(body))
        messages.send(target, state, answer)


def parse(body: bytes) -> Request:
    """Read a request; the other side is this program, so a malformed one is a fault and not an input error."""
    plain = json.loads(body)
    return Request(
        report=from_json(plain["report"].encode()),
        released_on=dt.datetime.fromisoformat(plain["released_on"]),
        **plain["limits"],
    )


def _answer(request: Request) -> tuple[bytes, bytes]:
    """Fork, let the child draw, collect what it writes until it ends or the time is over."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _draw(request, writing)
    os.close(writing)
    try:
        found = _collect(reading, time.monotonic() + request.wall_seconds, request.result)
    finally:
        os.close(reading)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    if found is None:
        return messages.FAILED, b"The drawing of a report took too long or grew too large."
    if not found:
        return messages.FAILED, f"The drawing of a report was stopped by its limits ({status}).".encode()
    return found[:1], found[1:]


def _collect(reading: int, deadline: float, most: int) -> bytes | None:
    """All bytes until the child closes its end; ``None`` after the deadline or beyond ``most`` bytes."""
    parts: list[bytes] = []
    size = 0
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([reading], [], [], left)[0]:
            return None
        part = os.read(reading, _CHUNK)
        if not part:
            return b"".join(parts)
        size += len(part)
        if size > most:
            return None
        parts.append(part)


def _draw(request: Request, writing: int) -> NoReturn:
    """Run in the child: give up what it does not need, draw, write, end without any clean-up of the parent's things."""
    state, answer = messages.FAILED, b""
    try:
        _confine(request)
        answer = render(request.report, released_on=request.released_on)
        state = messages.DONE
    except BaseException as error:  # noqa: BLE001 - whatever ends the child is told to the one who asked
        answer = f"{type(error).__name__}: {error}".encode()
    with os.fdopen(writing, "wb") as target:
        _write(target, state + answer)
    os._exit(0)


def _write(target: IO[bytes], body: bytes) -> None:
    target.write(body)
    target.flush()


def _confine(request: Request) -> None:
    """No network where the system lets us leave it, no files, no processes, and the limits of the request."""
    ctypes.CDLL(None).unshare(_NEW_USER | _NEW_NETWORK)  # best effort: the fetcher refuses addresses in any case
    limits = {
        resource.RLIMIT_AS: request.address_space,
        resource.RLIMIT_CPU: request.cpu_seconds,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_CORE: 0,
    }
    for kind, most in limits.items():
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most, most) if hard == resource.RLIM_INFINITY else (min(most, hard),) * 2)


if __name__ == "__main__":
    main()
