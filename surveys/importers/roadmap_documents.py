"""Turns the bytes of a JSON export into its documents, and reads the shapes that lists take in such exports."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message, mark
from surveys.importers.roadmap_jira_fields import JsonObject, objects
from surveys.importers.roadmap_json import MOST_PARTS, TOO_MANY_PARTS
from surveys.importers.roadmap_raw import Reading

TOO_LARGE = mark("The file holds more than {limit} MB. Export a shorter time and import the parts one after another.")

MOST_BYTES = 200 * 1024 * 1024
"""The largest file that is safe to hold at once."""

_OFFSET = re.compile(r"(?:(Z)|([+-])(\d{2}):?(\d{2}))$")


def documents(stream: BinaryIO, *, reading: Reading) -> list[object]:
    """Return every JSON document of a file; pages that were written one after another are several.

    Bytes that are not UTF-8 are replaced. Raises ``InvalidInput`` where the file is no JSON, is empty, or is more than
    is safe to hold at once: larger than ``reading.limit`` or 200 MB, or of more than ``MOST_PARTS`` objects and lists.
    """
    limit = min(reading.limit, MOST_BYTES)
    content = stream.read(limit + 1)
    if len(content) > limit:
        raise refused(reading.source, Message(TOO_LARGE, {"limit": limit // 1024 // 1024}))
    encoding = "utf-16" if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    text = content.decode(encoding, errors="replace")
    if text.count("{") + text.count("[") > MOST_PARTS:
        raise refused(reading.source, Message(TOO_MANY_PARTS, {"limit": MOST_PARTS}))
    decoder, found, place = json.JSONDecoder(), [], 0
    try:
        while (place := _next(text, place)) < len(text):
            document, place = decoder.raw_decode(text, place)
            found.append(document)
    except (ValueError, RecursionError) as error:
        raise refused(reading.source, Message("This is not a JSON file: {cause}.", {"cause": str(error)})) from error
    if not found:
        raise refused(reading.source, Message("The file is empty."))
    return found


def refused(source: str, reason: Message) -> InvalidInput:
    """Return the error that refuses a whole file for one reason."""
    return InvalidInput("{source} was not imported.", [Problem(source, None, reason)], source=source)


def nodes(value: object) -> Iterator[JsonObject]:
    """Yield the objects of a list, of ``{"nodes": [...]}`` or of ``{"edges": [{"node": ...}]}``."""
    if isinstance(value, dict):
        if "edges" in value:
            yield from (node for edge in objects(value["edges"]) for node in objects([edge.get("node")]))
        else:
            yield from objects(value.get("nodes"))
    else:
        yield from objects(value)


def either(part: JsonObject, *keys: str) -> object:
    """Return the value of the first of some keys that is there and not null, else ``None``."""
    return next((part[key] for key in keys if part.get(key) is not None), None)


def offset_minutes(text: str) -> int | None:
    """Return the minutes east of UTC that a written time ends with, or ``None`` where it names none."""
    found = _OFFSET.search(text.strip())
    if found is None:
        return None
    if found[1]:
        return 0
    minutes = int(found[3]) * 60 + int(found[4])
    return -minutes if found[2] == "-" else minutes


def _next(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place
