"""Turns a stream of JSON into its outer structure, one value at a time, so that an export of any size fits into memory.

Inner values are read by the C decoder of the standard library, which takes about half the time of a streaming
parser, see docs/decisions/0040-exports-piece-by-piece.md.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message, mark
from surveys.importers.roadmap_remarks import Remarks

_PIECE = 1 << 20
_LONG = 4 * _PIECE
MOST_PARTS = 2_000_000
"""Objects and lists that are held in memory at once."""

TOO_MANY_PARTS = mark("The file holds more than {limit} parts. Export a shorter time and import the parts by turns.")

_SPACE = re.compile(r"[ \t\r\n]*")
_SPLIT = 64
"""A fault nearer to the end of what was read than this may be a value that goes on in the next piece."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class JsonWalk:
    """Walks through one JSON file. After a key or an element is yielded its value must be read before going on.

    Bytes that are no UTF-8 (or UTF-16, with a mark at the start) are replaced and named in ``remarks``. Every method
    raises ``InvalidInput`` where the text is no JSON.
    """

    def __init__(self, stream: BinaryIO, *, remarks: Remarks, limit: int) -> None:
        self._stream, self._remarks, self._limit = stream, remarks, limit
        first = stream.read(_PIECE)
        name = "utf-16" if first[:2] in _UTF_16 else "utf-8-sig"
        self._decode = codecs.getincrementaldecoder(name)(errors="replace").decode
        self._scan = json.JSONDecoder().raw_decode
        self._text, self._at, self._read = "", 0, len(first)
        self._is_whole = not first
        self._take(first)

    def opening(self) -> str:
        """Return the character that the next value begins with, "" at the end; it is not consumed."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def value(self) -> object:
        """Read the next value as a whole."""
        self.opening()
        while True:
            self._check_parts()
            try:
                value, end = self._scan(self._text, self._at)
            except json.JSONDecodeError as error:
                is_cut = error.pos >= len(self._text) - _SPLIT or error.msg.startswith("Unterminated string")
                if not is_cut or not self._more():
                    raise self.fault(f"{error.msg}") from error
                continue
            except (RecursionError, ValueError) as error:  # too deep, or a number of thousands of digits
                raise self.fault(f"{error}") from error
            # A number near the end of the piece may go on in the next one: 1 may become 1.5 or 1e9.
            if end > len(self._text) - _SPLIT and isinstance(value, int | float) and self._more():
                continue
            self._at = end
            return value

    def _check_parts(self) -> None:
        """Refuse a value of too many parts before it is built; each takes far more memory than room in the file."""
        if len(self._text) - self._at < _LONG:
            return
        count = self._text.count("{", self._at) + self._text.count("[", self._at)
        if count > MOST_PARTS:
            source = self._remarks.source
            reason = Message(TOO_MANY_PARTS, {"limit": MOST_PARTS})
            raise InvalidInput("{source} was not imported.", [Problem(source, None, reason)], source=source)

    def members(self) -> Iterator[str]:
        """Walk through the object that begins here and yield each key."""
        self._skip("{")
        if self.opening() == "}":
            self._at += 1
            return
        while True:
            key = self.value()
            if not isinstance(key, str):
                raise self.fault("Expecting a key")
            self._skip(":")
            yield key
            if self._ends("}"):
                return

    def elements(self) -> Iterator[None]:
        """Walk through the list that begins here; each step stands before an element."""
        self._skip("[")
        if self.opening() == "]":
            self._at += 1
            return
        while True:
            yield None
            if self._ends("]"):
                return

    def end(self) -> None:
        """Check that nothing follows."""
        if self.opening():
            raise self.fault("Extra data")

    def fault(self, cause: str) -> InvalidInput:
        """Return the error that refuses the file as no JSON."""
        reason = Message("This is not a JSON file: {cause}.", {"cause": cause})
        source = self._remarks.source
        return InvalidInput("{source} was not imported.", [Problem(source, None, reason)], source=source)

    def _skip(self, wanted: str) -> None:
        if self.opening() != wanted:
            raise self.fault(f"Expecting {wanted}")
        self._at += 1

    def _ends(self, closing: str) -> bool:
        found = self.opening()
        if found not in {",", closing} or not found:
            raise self.fault(f"Expecting , or {closing}")
        self._at += 1
        return found == closing

    def _more(self) -> bool:
        """Read on, at least as much as is waiting already, so that a long value is not scanned again and again."""
        if self._is_whole:
            return False
        data = self._stream.read(max(_PIECE, len(self._text) - self._at))
        self._is_whole = not data
        self._read += len(data)
        self._take(data)
        return True

    def _take(self, data: bytes) -> None:
        if self._read > self._limit:
            reason = Message("The file holds more than {limit} MB.", {"limit": self._limit // 1024 // 1024})
            source = self._remarks.source
            raise InvalidInput("{source} was not imported.", [Problem(source, None, reason)], source=source)
        text = self._decode(data, final=self._is_whole)
        if not data.isascii() and "\N{REPLACEMENT CHARACTER}" in text:
            reason = Message("Some bytes are not UTF-8. They were replaced; names with accents may differ.")
            self._remarks.add(reason)
        self._text = self._text[self._at :] + text
        self._at = 0
