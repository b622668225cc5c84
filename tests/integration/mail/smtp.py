"""A small SMTP server on the loopback address that records what it is given and refuses what a test says."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

Reply = tuple[int, str]
_OK: Reply = (250, "ok")


@dataclass
class Mailbox:
    """What arrived, and how the server answers the recipients."""

    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    reply: Callable[[str], Reply] = lambda _recipient: _OK
    data_reply: Reply = _OK
    pause: float = 0.0
    hangs: int = 0
    port: int = 0

    @property
    def ids(self) -> list[str]:
        return [str(message["Message-ID"]) for message in self.messages]


class _Handler(socketserver.StreamRequestHandler):
    """One client."""

    server: _Server
    recipient = ""

    def handle(self) -> None:
        if self.server.box.hangs:
            self.server.box.hangs -= 1
            time.sleep(1)
            return
        self.say(220, "test")
        while line := self.rfile.readline():
            text = line.decode(errors="replace").strip()
            self.server.box.commands.append(text)
            if not self.answer(text):
                return

    def say(self, code: int, text: str) -> None:
        self.wfile.write(f"{code} {text}\r\n".encode())

    def answer(self, text: str) -> bool:
        verb = text[:4].upper()
        if verb == "QUIT":
            self.say(221, "bye")
            return False
        if verb == "RCPT":
            self.recipient = text.partition("<")[2].partition(">")[0]
            self.say(*self.server.box.reply(self.recipient))
        elif verb == "DATA":
            self.say(354, "go")
            self.take()
        else:
            self.say(*_OK)
        return True

    def take(self) -> None:
        box, lines = self.server.box, []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line[1:] if line.startswith(b".") else line)
        time.sleep(box.pause)
        if box.data_reply == _OK:
            box.messages.append(cast("EmailMessage", message_from_bytes(b"".join(lines), policy=policy.default)))
            box.recipients.append(self.recipient)
        self.say(*box.data_reply)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, box: Mailbox) -> None:
        self.box = box
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was killed is no fault of the server."""


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """Run the server in a thread; yields its mailbox."""
    box = Mailbox()
    with _Server(box) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield box
        server.shutdown()
        thread.join()
