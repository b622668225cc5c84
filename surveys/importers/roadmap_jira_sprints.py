"""Turns the lists of sprints in Jira's change log, which parts names by commas that names may hold too, into moves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

Listed = tuple[str | None, int]
"""A list of sprints as the change log writes it, and how many identifiers stand beside it; 0 where none do."""

_MOST_PARTS = 60


def is_clear(written: str | None, count: int) -> bool:
    """Tell whether every comma of a list parts two names: there are as many parts as sprints, or only one part."""
    parts = len(_parts(written))
    return parts <= max(count, 1)


def sprint_moves(old: Listed, new: Listed, known: Collection[str]) -> list[tuple[str, None] | tuple[None, str]]:
    """Return the sprints that were left, as (name, None), and those that were joined, as (None, name), by name."""
    before, after = (set(split_names(written or "", count, known)) for written, count in (old, new))
    left: list[tuple[str, None] | tuple[None, str]] = [(name, None) for name in sorted(before - after)]
    return left + [(None, name) for name in sorted(after - before)]


def split_names(written: str, count: int, known: Collection[str]) -> list[str]:
    """Return the names in a list of ``count`` sprints, some of which may hold commas.

    Where there are more parts than sprints, the parts are joined so that most of the names are ``known`` ones. Where
    two ways are equally good, the list stays as it is, in one piece. Without a count (0) every comma parts two names,
    unless the whole is the name of a known sprint.
    """
    parts, whole = _parts(written), written.strip()
    if count == 0:
        return [whole] if whole in known else parts
    if len(parts) <= count:
        return parts
    if count == 1 or len(parts) > _MOST_PARTS:
        return [whole]
    best = _best(parts, count, frozenset(known))
    return [whole] if best.is_unclear else list(best.names)


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to join parts to names: how many of the names are known, and whether another way is as good."""

    score: int
    is_unclear: bool
    names: tuple[str, ...]


def _best(parts: list[str], count: int, known: frozenset[str]) -> _Way:
    """Return the best way to join ``parts`` to ``count`` names; each step adds a name before those found so far."""
    size = len(parts)
    ways: dict[int, _Way] = {size: _Way(score=0, is_unclear=False, names=())}
    for _ in range(count):
        longer: dict[int, _Way] = {}
        for begin in range(size):
            for end in range(begin + 1, size + 1):
                rest = ways.get(end)
                if rest is None:
                    continue
                name = ", ".join(parts[begin:end])
                score, found = rest.score + (name in known), longer.get(begin)
                if found is None or score > found.score:
                    longer[begin] = _Way(score, rest.is_unclear, (name, *rest.names))
                elif score == found.score:
                    longer[begin] = _Way(score, is_unclear=True, names=found.names)
        ways = longer
    return ways[0]


def _parts(written: str | None) -> list[str]:
    return [part for part in map(str.strip, (written or "").split(",")) if part]
