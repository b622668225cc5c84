"""Turns the place where a page ended into an opaque cursor and back.

A cursor names the keys of the last row that was handed out, so that the next page is found by key and a row is neither
skipped nor repeated. It carries no right: whatever it says, a page holds released rows only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence

LONGEST = 2000
"""Signs of the longest cursor that is looked at: five keys of 64 signs in any script fit into it."""


def encode(place: Sequence[str], stamp: str) -> str:
    """Return the cursor of a place; ``stamp`` names the list it belongs to."""
    text = json.dumps([stamp, *place], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, stamp: str, *, keys: int) -> tuple[str, ...] | None:
    """Return the place of a cursor, ``keys`` texts; None where it is none, or that of another list."""
    if len(cursor) > LONGEST:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        found = json.loads(raw)
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(found, list) or len(found) != keys + 1 or found[0] != stamp:
        return None
    place = tuple(part for part in found[1:] if isinstance(part, str) and "\0" not in part and _is_text(part))
    return place if len(place) == keys else None


def stamp_of(*parts: str) -> str:
    """Return a short name of a list from its address and filters, so that a cursor of another list is noticed."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def _is_text(part: str) -> bool:
    """Tell whether a text can be stored: JSON may hold half a surrogate pair, which no database takes."""
    return not any("\ud800" <= sign <= "\udfff" for sign in part)
