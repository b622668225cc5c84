"""The questionnaire as data: the parts, and their turn into a canonical document with a hash and back."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Mapping

from surveys.instruments.checking import POINTS, parse
from surveys.instruments.parts import (
    COMMENT_LENGTH,
    SEGMENT_CODES,
    CommentBox,
    Direction,
    Instrument,
    Item,
    OptionSet,
    Recall,
    ResponseOption,
    Scale,
    Segment,
    Text,
    Topic,
)

__all__ = [
    "COMMENT_LENGTH",
    "POINTS",
    "SEGMENT_CODES",
    "CommentBox",
    "Direction",
    "Instrument",
    "Item",
    "OptionSet",
    "Recall",
    "ResponseOption",
    "Scale",
    "Segment",
    "Text",
    "Topic",
    "canonical",
    "content_hash",
    "document",
    "from_document",
]


ADDITIONS = ("segments", "topics", "comment")
"""Keys that a document has only where something stands under them, so that questionnaires of old keep their hash."""


def document(instrument: Instrument) -> dict[str, object]:
    """Return the instrument as plain data for JSON: every default written out, dates in ISO form.

    Every key is present but those of :data:`ADDITIONS`, which an instrument has only where it uses them.
    """
    values = {field.name: getattr(instrument, field.name) for field in dataclasses.fields(instrument)}
    return {name: plain(value) for name, value in values.items() if value or name not in ADDITIONS}


def plain(part: object) -> object:
    """Return a part, or a tuple of parts, as plain data for JSON."""
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        return {field.name: plain(getattr(part, field.name)) for field in dataclasses.fields(part)}
    if isinstance(part, tuple):
        return [plain(entry) for entry in part]
    if isinstance(part, dt.date):
        return part.isoformat()
    return str(part) if isinstance(part, Direction) else part


def from_document(raw: Mapping[str, object], source: str = "document") -> Instrument:
    """Return the instrument of a document; raises :class:`surveys.errors.InvalidInput` with every problem in it.

    ``from_document(document(x)) == x`` holds for every instrument; ``source`` names the document in the problems.
    """
    return parse(raw, source)


def canonical(instrument: Instrument) -> bytes:
    """Return the document as canonical JSON: UTF-8, keys sorted, no spaces."""
    text = json.dumps(document(instrument), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode()


def content_hash(instrument: Instrument) -> str:
    """Return the SHA-256 of the canonical JSON in 64 hexadecimal digits; any change of any text changes it."""
    return hashlib.sha256(canonical(instrument)).hexdigest()
