"""Says what a writer of export files does, and sums up the files that it made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

from reports.exports.code_book import CodeBookEntry
from reports.exports.table import Row, Table

CHECKSUMS = "SHA256SUMS"
"""Name of the checksum file; ``sha256sum -c`` reads it."""

_BLOCK = 1 << 20

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What stands beside the tables in every format: the code book, and the lines of the read-me."""

    code_book: Sequence[CodeBookEntry]
    read_me: Sequence[str]
    language: str


class Writer(Protocol):
    """Writes tables into files of a folder as the rows come; holds a bounded number of them in memory."""

    def __enter__(self) -> Self:
        """Open the files."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files; what an error left unfinished is of no use."""
        ...

    def add(self, table: Table, rows: Iterable[Row]) -> int:
        """Append rows to a table and return how many there were; tables may come in turns."""
        ...

    def finish(self) -> None:
        """Write what stands beside the tables, and the ends of the files."""
        ...


def batches(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield rows in lists of at most ``size``."""
    batch: list[T] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def write_checksums(folder: Path) -> tuple[Path, ...]:
    """Write the SHA-256 of every file of a folder in the form of ``sha256sum``; returns all files by name."""
    paths = sorted(path for path in folder.iterdir() if path.is_file() and path.name != CHECKSUMS)
    lines = [f"{sha256_of(path)}  {path.name}\n" for path in paths]
    sums = folder / CHECKSUMS
    sums.write_bytes("".join(lines).encode())
    return (*paths, sums)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, hex; reads it in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
