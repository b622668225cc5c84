"""Turns export tables into one JSON document with code book and read-me, written as the rows come."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import lru_cache, partial
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from reports.exports.table import TABLES, Column, Part, Row, Table
from reports.exports.writer import Beside, batches

FORMAT = "barograph-export/2"
"""Names the shape of the document; a reader checks it."""

_KEPT = 1 << 13
_BATCH = 2000
_BUFFER = 1 << 20


class JsonWriter:
    """Writes ``<stem>.json``: ``format``, ``language``, a list of objects for each table, code book and read-me.

    A field without content is ``null``: there is no value, and the reason stands beside it. UTF-8; same rows, same
    bytes. The first table is written in place, the others wait in files of their own.
    """

    def __init__(self, folder: Path, beside: Beside, *, stem: str = "barograph") -> None:
        self._path, self._beside = folder / f"{stem}.json", beside
        self._open = ExitStack()
        self._streams: dict[str, TextIO] = {}
        self._counts: dict[str, int] = {}
        self._renders: dict[str, tuple[Callable[[Part], str], ...]] = {}

    def __enter__(self) -> Self:
        """Open the document, and a file beside it for each table but the first."""
        for table in TABLES:
            stream = self._waiting(table).open("w", encoding="utf-8", newline="", buffering=_BUFFER)
            self._streams[table.name] = self._open.enter_context(stream)
            self._counts[table.name] = 0
            self._renders[table.name] = tuple(
                lru_cache(maxsize=_KEPT)(partial(_members, columns)) for columns in table.parts
            )
        head = {"format": FORMAT, "language": self._beside.language}
        self._streams[TABLES[0].name].write(_text(head)[:-1] + f', "{TABLES[0].name}": [\n')
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files and remove those that waited."""
        self._open.close()
        for table in TABLES[1:]:
            self._waiting(table).unlink(missing_ok=True)

    def add(self, table: Table, rows: Iterable[Row]) -> int:
        """Append rows to a table; returns how many."""
        stream, renders, before = self._streams[table.name], self._renders[table.name], self._counts[table.name]
        for batch in batches(rows, _BATCH):
            objects = [
                "{" + ", ".join([render(part) for render, part in zip(renders, row, strict=True)]) + "}"
                for row in batch
            ]
            stream.write((",\n" if self._counts[table.name] else "") + ",\n".join(objects))
            self._counts[table.name] += len(batch)
        return self._counts[table.name] - before

    def finish(self) -> None:
        """Put the tables together and write the end."""
        self._open.close()
        with self._path.open("a", encoding="utf-8", newline="") as whole:
            for table in TABLES[1:]:
                whole.write(f'\n], "{table.name}": [\n')
                with self._waiting(table).open(encoding="utf-8", newline="") as waiting:
                    shutil.copyfileobj(waiting, whole, _BUFFER)
            entries = [entry.fields() for entry in self._beside.code_book]
            tail = {"code_book": entries, "read_me": list(self._beside.read_me)}
            whole.write("\n], " + _text(tail)[1:] + "\n")

    def _waiting(self, table: Table) -> Path:
        return self._path if table is TABLES[0] else self._path.with_name(f".{table.name}.part")


def _members(columns: tuple[Column, ...], part: Part) -> str:
    return _text({column.name: value for column, value in zip(columns, part, strict=True)})[1:-1]


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
