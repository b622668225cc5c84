"""Measures papers and ballots per second through the real server beside a page that never changes.

    python -m tests.perf.throughput [--people 3000] [--connections 8] [--workers 2]

One address asks for everything, as an office behind one router does: every member takes a paper, then sends a ballot.
The requests are prepared, the connections are kept open, and server and clients share the machine. The constant page
is /healthz on the same server in the same run; the processor time is that of the web workers alone.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from app import lifecycle
from app.config import Settings
from app.installation import Installation, create
from surveys.ballots import client
from surveys.ballots.client import Draft, Offer
from surveys.ballots.links import parse
from surveys.importers.organisation import read_organisation
from surveys.services import invitations, programmes, published
from surveys.services.organisation import import_organisation
from surveys.store import ballots

ROOT = Path(__file__).resolve().parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")
_TEAM = 10


@dataclass(frozen=True, kw_only=True)
class Voter:
    """One member with a checked wave and a nonce."""

    offer: Offer
    draft: Draft


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one phase took: requests a second, and milliseconds of the web workers' processor time for each."""

    rate: float
    cpu: float


def main() -> None:
    """Prepare an open wave, serve it, ask for everything, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=3000)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        settings = Settings(
            data_dir=Path(folder) / "data", key_dir=Path(folder) / "keys", base_url=f"http://127.0.0.1:{port}"
        )
        inst = create(settings)
        wave, voters = _prepare(inst, arguments.people)
        inst.database.dispose()
        with _served(settings, port, arguments.workers) as workers:
            constant = [b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"] * len(voters)
            asked = [_post("/papers", client.paper_request(each.offer.link, each.draft)) for each in voters]
            load = Load(port=port, connections=arguments.connections, workers=workers)
            load.run(constant[:500])
            before, _ = load.run(constant)
            issuing, replies = load.run(asked)
            sent = [_post("/ballots", _ballot(*pair)) for pair in zip(voters, replies, strict=True)]
            casting, _ = load.run(sent)
            after, _ = load.run(constant)
        with inst.database.reading() as session:
            stored = ballots.count_ballots(session, wave)
    floor = Figures(rate=(before.rate + after.rate) / 2, cpu=(before.cpu + after.cpu) / 2)
    print(f"{len(voters)} members behind one address, {stored} ballots stored, {arguments.connections} connections")
    for name, found in (("constant page", floor), ("papers", issuing), ("ballots", casting)):
        share = 100 * found.rate / floor.rate
        print(f"{name}: {found.rate:.0f} a second ({share:.0f} %), {found.cpu:.2f} ms of processor time each")


def _prepare(inst: Installation, people: int) -> tuple[str, list[Voter]]:
    """Open a wave of so many people now, and let each of them check it and draw a nonce."""
    teams = max(1, people // _TEAM)
    team_rows = ["team,parent,name,leader_email,timezone", "root,,Acme,,UTC"]
    team_rows += [f"t{number},root,Team {number},," for number in range(teams)]
    rows = ["email,name,team,language,starts_on,ends_on"]
    rows += [f"p{number}@x.example,P {number},t{number % teams},en,2024-01-01," for number in range(people)]
    today = dt.datetime.now(dt.UTC).date()
    with inst.database.transaction() as session:
        import_organisation(
            session, read_organisation("\n".join(team_rows).encode(), "\n".join(rows).encode()), today=today
        )
    facts = programmes.ProgrammeFacts(
        slug="pulse", name="Pulse", organisation="Acme", audience="root", starts_on=today, opens_time="00:00"
    )
    with inst.database.transaction() as session:
        programmes.add_programme(session, facts)
    now = dt.datetime.now(dt.UTC)
    wave = lifecycle.plan_next(inst, programme="pulse", now=now, actor="perf").slug
    lifecycle.open_wave(inst, wave=wave, now=now, actor="perf")
    with inst.database.transaction() as session:  # nobody is mailed while we measure
        invitations.start_mailing(session, wave=wave, kind="invitation")
        invitations.finish_mailing(session, wave=wave, kind="invitation", now=now)
    with inst.database.reading() as session:
        shown = published.manifest_text(session, wave), published.questionnaire(session, wave)
        addressees = invitations.list_undelivered(session, wave=wave, kind="none")
        links = [parse(invitations.link_fragment(session, inst.keys, wave=wave, addressee=each)) for each in addressees]
    offers: dict[str, Offer] = {}
    for link in links:
        if link.crowd not in offers:
            offers[link.crowd] = client.check_offer(link, *shown)
    mine = [replace(offers[link.crowd], link=link) for link in links]
    return wave, [Voter(offer=offer, draft=client.draw(offer)) for offer in mine]


def _ballot(voter: Voter, reply: bytes) -> dict[str, str]:
    received = json.loads(reply)
    paper = client.take_paper(voter.offer, voter.draft, received["element"], received["proof"])
    return client.ballot(voter.offer, paper, dict.fromkeys(voter.offer.choices, 4))


def _post(path: str, document: dict[str, str]) -> bytes:
    body = json.dumps(document).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    )
    return head.encode() + b"\r\n" + body


@dataclass(frozen=True, kw_only=True)
class Load:
    """Sends prepared requests over connections that are kept open, one after the other on each."""

    port: int
    connections: int
    workers: Sequence[int]

    def run(self, requests: Sequence[bytes]) -> tuple[Figures, list[bytes]]:
        """Send all requests; returns the figures and the bodies of the replies in the order of the requests.

        Raises:
            RuntimeError: a reply had another status than 200.
        """
        bodies: list[bytes] = [b""] * len(requests)
        refused: Counter[bytes] = Counter()
        gate = threading.Barrier(self.connections + 1)

        def work(first: int) -> None:
            with socket.create_connection(("127.0.0.1", self.port)) as link:
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                gate.wait()
                for place in range(first, len(requests), self.connections):
                    link.sendall(requests[place])
                    status, bodies[place] = _read(link)
                    if status != b"200":
                        refused[status] += 1

        threads = [threading.Thread(target=work, args=(first,)) for first in range(self.connections)]
        for thread in threads:
            thread.start()
        gate.wait()
        cpu, start = self._cpu(), time.perf_counter()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - start
        spent = self._cpu() - cpu
        if refused:
            raise RuntimeError(f"not every request was granted: {dict(refused)}")
        return Figures(rate=len(requests) / seconds, cpu=1000 * spent / len(requests)), bodies

    def _cpu(self) -> float:
        """Seconds of processor time that the web workers have used so far."""
        fields = [Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split() for number in self.workers]
        return sum(int(each[11]) + int(each[12]) for each in fields) / _TICKS


def _read(link: socket.socket) -> tuple[bytes, bytes]:
    """Read one reply: its status and its body."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(link)
    head, _, body = received.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next(int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:"))
    while len(body) < length:
        body += _more(link)
    return head.split(b" ", 2)[1], body


def _more(link: socket.socket) -> bytes:
    piece = link.recv(65_536)
    if not piece:
        raise RuntimeError("the server closed the connection")
    return piece


@contextmanager
def _served(settings: Settings, port: int, workers: int) -> Iterator[list[int]]:
    """Run ``barograph serve``; yields the process ids of its web workers."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BAROGRAPH_")}
    places = {
        "BAROGRAPH_DATA_DIR": str(settings.data_dir),
        "BAROGRAPH_KEY_DIR": str(settings.key_dir),
        "BAROGRAPH_BASE_URL": settings.base_url,
        "BAROGRAPH_MAIL_URL": f"file://{settings.data_dir}/mail",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli.main", "serve", "--port", str(port), "--workers", str(workers)],
        cwd=ROOT,
        env=kept | places,
    )
    try:
        while True:
            time.sleep(0.2)
            found = _web_workers(process.pid)
            if len(found) == workers and _answers(port):
                break
        time.sleep(3)  # the workers import and open everything at their first request
        yield found
    finally:
        process.terminate()
        process.wait(60)


def _web_workers(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task").glob("*/children")
    numbers = [int(text) for each in children for text in each.read_text().split()]
    return [each for each in numbers if b"\0serve\0" in Path(f"/proc/{each}/cmdline").read_bytes()]


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as link:
            link.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return _read(link)[0] == b"200"
    except (OSError, RuntimeError):
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
