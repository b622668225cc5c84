"""Keeps the items of one large export in a file without a name, so that only their keys stay in memory."""

from __future__ import annotations

import marshal
import tempfile
import weakref
from collections.abc import Iterator
from typing import Any

Draft = tuple[Any, ...]
"""Plain values only: texts, numbers, ``None`` and tuples of these. People are hashes before they get here."""

_VERSION = 2
"""The last version that writes equal values as equal bytes; later ones depend on what else refers to a value."""

_IN_MEMORY = 8 * 1024 * 1024


class Spool:
    """Items by key; of two with the same key the fresher one stays, whatever came first.

    The file has no name in any folder and is gone with this object.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed below
        weakref.finalize(self, self._file.close)
        self._end = 0
        self._places: dict[str, tuple[int, int, int]] = {}

    def __len__(self) -> int:
        """Return the number of keys."""
        return len(self._places)

    def add(self, key: str, freshness: int, draft: Draft) -> bool:
        """Keep a draft, and return whether the key was there already; equal freshness is decided by content."""
        packed = marshal.dumps(draft, _VERSION)
        known = self._places.get(key)
        if known is not None and (known[2], self._bytes(known)) >= (freshness, packed):
            return True
        self._file.seek(self._end)
        self._file.write(packed)
        self._places[key] = (self._end, len(packed), freshness)
        self._end += len(packed)
        return known is not None

    def drafts(self) -> Iterator[Draft]:
        """Yield the drafts in the order of their keys."""
        for key in sorted(self._places):
            yield marshal.loads(self._bytes(self._places[key]))  # noqa: S302 - own bytes, never a file of others

    def _bytes(self, place: tuple[int, int, int]) -> bytes:
        self._file.seek(place[0])
        return self._file.read(place[1])
