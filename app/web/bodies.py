"""Turns the body of a request into the texts that it must carry, or into nothing; it never says what was wrong."""

from __future__ import annotations

import json
import re

_WAVE = re.compile(r"[a-z][a-z0-9-]{0,63}")


def texts(body: bytes, names: frozenset[str]) -> dict[str, str] | None:
    """Return the values of a JSON object that has exactly these names and only texts; None for anything else."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):  # a deep nest of brackets is the second
        return None
    if not isinstance(document, dict) or document.keys() != names:
        return None
    if not all(isinstance(value, str) for value in document.values()):
        return None
    return document


def is_wave_name(text: str) -> bool:
    """Tell whether a text could be the name of a wave; no other text is looked up in the database."""
    return _WAVE.fullmatch(text) is not None
