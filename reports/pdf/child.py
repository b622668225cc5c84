"""Turns reports into PDFs in forked children of a warm helper process, each with limits and without a network.

A helper process imports the renderer once and draws nothing itself. For each report it forks a child that may use so
much memory and time, write no file and reach no network; what the child leaves behind dies with it. The process that
asks stays free of the renderer and may have threads, because it is never the one that forks.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from reports.document import LeaderReport, to_json
from reports.pdf.errors import RenderError
from reports.pdf.messages import DONE, receive, send

_ROOT = Path(__file__).parents[2]
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one rendering may use: bytes of address space, seconds of processor and of wall clock, bytes of PDF."""

    address_space: int = 1 << 30
    cpu_seconds: int = 20
    wall_seconds: float = 40.0
    result: int = 32 << 20


class Renderer:
    """Draws reports through one helper process, which is started when needed and again after a failure.

    Safe to use from several threads, which then wait for each other; use two of them to draw on two cores.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._helper: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def render(self, report: LeaderReport, *, released_on: dt.datetime) -> bytes:
        """The bytes that :func:`reports.pdf.render.render` gives; :class:`RenderError` where a limit was reached."""
        request = {"report": to_json(report).decode(), "released_on": released_on.isoformat()}
        with self._lock:
            helper = self._started()
            try:
                return _ask(helper, json.dumps(request | {"limits": asdict(self._limits)}).encode())
            except (OSError, EOFError) as error:
                self._stop()
                raise RenderError("The helper that draws reports ended.") from error

    def close(self) -> None:
        """End the helper process."""
        with self._lock:
            self._stop()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._helper is not None and self._helper.poll() is not None:
            self._stop()
        if self._helper is None:
            kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
            self._helper = subprocess.Popen(
                [sys.executable, "-m", "reports.pdf.zygote"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=kept | {"PYTHONPATH": str(_ROOT)},
                cwd=_ROOT,
                start_new_session=True,
            )
        return self._helper

    def _stop(self) -> None:
        if self._helper is None:
            return
        for stream in (self._helper.stdin, self._helper.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        try:
            self._helper.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._helper.kill()
            self._helper.wait()
        self._helper = None


def _ask(helper: subprocess.Popen[bytes], request: bytes) -> bytes:
    if helper.stdin is None or helper.stdout is None:
        raise EOFError
    send(helper.stdin, DONE, request)
    state, answer = receive(helper.stdout)
    if state != DONE:
        raise RenderError(answer.decode(errors="replace"))
    return answer
