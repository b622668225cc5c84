"""Turns what an attacker can get hold of (rows, files, logs, requests) into links between people and answers."""

from __future__ import annotations

import base64
import json
import sqlite3
import struct
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

_WAL_HEADER = 32
_FRAME_HEADER = 24
_SHORTEST = 6
"""Needles under so many bytes occur by chance."""


@dataclass(frozen=True, kw_only=True)
class Trace:
    """One row that appeared: who or what it is, the crowd it tells, and the moment it tells.

    The moment is the transaction on PostgreSQL, the number of the commit in the log on SQLite, or a mere position.
    """

    what: str | bytes
    crowd: str
    moment: int


@dataclass(frozen=True, kw_only=True)
class Linked:
    """What an attack achieved: how many people it tied to their own stored answer, how many of those it can read."""

    people: int
    right: int
    readable: int

    @property
    def share(self) -> float:
        """Share of people tied to their own stored answer, readable or not."""
        return self.right / self.people if self.people else 0.0

    def __str__(self) -> str:
        return f"{self.share:.0%} tied to their row, {self.readable} of {self.people} answers read"


def link_by_transaction(papers: Sequence[Trace], ballots: Sequence[Trace]) -> dict[str, bytes]:
    """Join marks of people and stored answers that appeared in one and the same transaction."""
    together: dict[int, list[Trace]] = defaultdict(list)
    for ballot in ballots:
        together[ballot.moment].append(ballot)
    return {
        str(paper.what): bytes(together[paper.moment][0].what)  # type: ignore[arg-type]
        for paper in papers
        if len(together[paper.moment]) == 1
    }


def link_by_order(papers: Sequence[Trace], ballots: Sequence[Trace]) -> dict[str, bytes]:
    """Within each crowd, tie the person with the n-th mark to the answer that came n-th."""
    links: dict[str, bytes] = {}
    for crowd in {paper.crowd for paper in papers}:
        people = sorted((paper for paper in papers if paper.crowd == crowd), key=lambda each: each.moment)
        answers = sorted((ballot for ballot in ballots if ballot.crowd == crowd), key=lambda each: each.moment)
        links |= {str(one.what): bytes(other.what) for one, other in zip(people, answers, strict=False)}  # type: ignore[arg-type]
    return links


def judge(
    links: Mapping[str, bytes], truth: Mapping[str, bytes], answers: Mapping[str, Mapping[str, object]]
) -> Linked:
    """Compare links with what was stored for each person, and count those whose content gives the answers back."""
    right = [person for person, content in links.items() if truth.get(person) == content]
    return Linked(
        people=len(truth),
        right=len(right),
        readable=sum(read_answers(links[person]) == dict(answers[person]) for person in right),
    )


def chance(papers: Sequence[Trace]) -> float:
    """The share a blind guess within each crowd ties rightly: one in each crowd, on average."""
    sizes = Counter(paper.crowd for paper in papers)
    return len(sizes) / sum(sizes.values()) if sizes else 0.0


def read_answers(content: bytes) -> dict[str, object] | None:
    """Return the answers that stand readable in stored bytes; None where they do not."""
    try:
        found = json.loads(content)["answers"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, dict) else None


def spellings(name: str, secret: bytes) -> dict[str, bytes]:
    """Write a secret in the ways programs keep bytes: raw, hex, base64 at each of the three offsets, escaped."""
    ways = {f"{name}": secret, f"{name} in hex": secret.hex().encode(), f"{name} in HEX": secret.hex().upper().encode()}
    for offset in range(3):
        for label, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
            # What stands before and after changes the signs at the ends, so these are left out.
            text = encode(b"\0" * offset + secret).rstrip(b"=")[(0, 2, 3)[offset] :]
            ways[f"{name} in {label} at {offset}"] = text[:-1]
    ways[f"{name} escaped"] = repr(secret)[2:-1].encode()
    return {way: needle for way, needle in ways.items() if len(needle) >= _SHORTEST}


def carve(content: bytes, needles: Mapping[str, bytes]) -> list[str]:
    """Name the needles that stand anywhere in some bytes: live rows, free pages, remnants alike."""
    return [name for name, needle in needles.items() if needle in content]


def carve_folder(folder: Path, needles: Mapping[str, bytes]) -> list[str]:
    """Name the needles that stand in any file below a folder, with the file."""
    return [
        f"{name} in {path.name}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for name in carve(path.read_bytes(), needles)
    ]


def replay_wal(database: bytes, log: bytes) -> Iterator[bytes]:
    """Yield the SQLite file as it was after each commit in its write-ahead log, oldest first.

    The format is that of https://www.sqlite.org/fileformat2.html#walformat; frames of an older round of the log have
    other salts and end the replay.
    """
    if len(log) < _WAL_HEADER:
        return
    page_size = struct.unpack(">I", log[8:12])[0]
    salts = log[16:24]
    image = bytearray(database)
    at = _WAL_HEADER
    while at + _FRAME_HEADER + page_size <= len(log):
        page, pages_after_commit = struct.unpack(">II", log[at : at + 8])
        if log[at + 8 : at + 16] != salts:
            return
        begin = (page - 1) * page_size
        image.extend(bytes(max(0, begin + page_size - len(image))))
        image[begin : begin + page_size] = log[at + _FRAME_HEADER : at + _FRAME_HEADER + page_size]
        if pages_after_commit:
            del image[pages_after_commit * page_size :]
            yield bytes(image)
        at += _FRAME_HEADER + page_size


def rows_of(image: bytes, query: str) -> list[tuple[object, ...]]:
    """Ask an SQLite file that is held in memory; an image that is not whole yet has no rows."""
    with closing(sqlite3.connect(":memory:")) as connection:
        # Bytes 18 and 19 say that a log belongs to the file; in memory there is none.
        connection.deserialize(image[:18] + b"\1\1" + image[20:])
        return connection.execute(query).fetchall()


def new_bytes(before: bytes, after: bytes, page_size: int = 4096) -> bytes:
    """Join the pages that differ between two copies of a file; what stands in them is what happened in between."""
    places = range(0, max(len(before), len(after)), page_size)
    return b"".join(
        after[at : at + page_size] for at in places if after[at : at + page_size] != before[at : at + page_size]
    )


def shared_moments(first: Sequence[Trace], second: Sequence[Trace]) -> set[int]:
    """Transactions that touched both kinds of rows."""
    return {each.moment for each in first} & {each.moment for each in second}
