"""Turns the labels of tools that have no fields for priority, size, type and status into the words for these."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from surveys.importers.roadmap_map import moscow_of
from surveys.importers.roadmap_model import FAULT_KINDS, Moscow
from surveys.importers.roadmap_raw import Reading

_PREFIXES = {
    "priority": frozenset({"priority", "prio", "pri", "severity"}),
    "size": frozenset({"size", "points", "point", "story points", "sp", "estimate", "effort"}),
    "kind": frozenset({"type", "kind", "issue type"}),
    "status": frozenset({"status", "state", "stage"}),
    "moscow": frozenset({"moscow"}),
}
_MOSCOW_ALONE = re.compile(r"(?:must|should|could|won'?t)[ -]have$")
_PARTED = re.compile(r"\s*(?:::|[:/=])\s*|\s+-\s+")
_BARE_PRIORITY = re.compile(r"p\d$")
_SIZE_FIRST = re.compile(r"(\d+(?:\.\d+)?)\s*(?:pt|pts|point|points|sp)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelWords:
    """What the labels of one item say, "" and ``None`` where they are silent."""

    priority: str = ""
    size: float | None = None
    kind: str = ""
    status: str = ""
    moscow: Moscow | None = None


def words_of(labels: Sequence[str], *, reading: Reading) -> LabelWords:
    """Return what labels say by the common habits of naming them.

    Read are ``priority: high``, ``priority/high``, ``prio-high`` and a bare ``P0`` to ``P9``; ``size: 3``,
    ``points/5`` and ``3 points``; ``type: bug`` and a bare name of a fault such as ``bug``; ``status: in review``;
    ``moscow: must``, a bare ``must have`` and the words of the map. ``size_field`` and ``moscow_field`` of the reading
    are one more name before a size and a MoSCoW class. Where several labels say the same thing, the first in the order
    of the alphabet counts, so that the order of a file leaves no trace. A size that is a word, such as ``size: M``,
    is no number and left out. All other labels keep their meaning for the map alone.
    """
    priority, kind, status = "", "", ""
    size: float | None = None
    moscow: Moscow | None = None
    for label in sorted(labels, key=str.casefold):
        part, value = parted(label, reading=reading)
        if part == "size":
            size = size if size is not None else _number(value)
        elif part == "priority":
            priority = priority or value
        elif part == "kind":
            kind = kind or value
        elif part == "status":
            status = status or value
        elif part == "moscow":
            moscow = moscow or moscow_of(value, reading.moscow_words)
    return LabelWords(priority=priority, size=size, kind=kind, status=status, moscow=moscow)


def parted(label: str, *, reading: Reading) -> tuple[str, str]:
    """Return what one label is about (priority, size, kind, status, moscow) and its value; ("", "") for any other."""
    folded = label.strip().casefold()
    pieces = _PARTED.split(folded, maxsplit=1)
    if len(pieces) == 1:
        # A hyphen is part of many plain names (type-system), so it parts those two only.
        before, _, after = folded.partition("-")
        pieces = [before, after] if before in _PREFIXES["priority"] or _is_sized(before, after) else pieces
    if len(pieces) == 2 and pieces[1]:
        name = " ".join(pieces[0].split())
        own = {reading.size_field.strip().casefold(): "size", reading.moscow_field.strip().casefold(): "moscow"}
        if name and name in own:
            return own[name], pieces[1]
        for part, names in _PREFIXES.items():
            if name in names:
                return part, pieces[1]
    if _BARE_PRIORITY.match(folded):
        return "priority", folded
    if folded in reading.moscow_words or _MOSCOW_ALONE.match(folded):
        return "moscow", folded
    found = _SIZE_FIRST.match(folded)
    if found is not None:
        return "size", found[1]
    return ("kind", folded) if folded in FAULT_KINDS else ("", "")


def _is_sized(before: str, after: str) -> bool:
    return before in _PREFIXES["size"] and _number(after) is not None


def _number(value: str) -> float | None:
    try:
        known = float(value)
    except ValueError:
        return None
    return known if math.isfinite(known) and known >= 0 else None
