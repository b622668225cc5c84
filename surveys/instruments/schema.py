"""The questionnaire as data: the parts, and their turn into a canonical document with a hash and back."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Mapping

from surveys.instruments.checking import POINTS, parse
from surveys.instruments.parts import Direction, Instrument, Item, OptionSet, Recall, ResponseOption, Scale, Text

__all__ = [
    "POINTS",
    "Direction",
    "Instrument",
    "Item",
    "OptionSet",
    "Recall",
    "ResponseOption",
    "Scale",
    "Text",
    "canonical",
    "content_hash",
    "document",
    "from_document",
]


def document(instrument: Instrument) -> dict[str, object]:
    """Return the instrument as plain data for JSON: every key present, every default written out, dates in ISO form."""
    return {field.name: _plain(getattr(instrument, field.name)) for field in dataclasses.fields(instrument)}


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


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, Direction) else value
