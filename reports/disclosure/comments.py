"""Turns the comments that a redactor kept into those that are shown: neither too few nor too many at one unit.

Where comments are placed at first was decided at the count, when it was known how many people had answered. A unit
above another one holds at least the same people, so moving comments upwards keeps to that rule.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from surveys.crowds.comments import LEAST_BALLOTS

TOGETHER = 3
"""Fewest comments that stand together: one or two that were kept of a unit would stand out (decision 0022)."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The kept comments of a unit, and the number of people who answered for certain: the sum of lower ends of bands.

    More comments than ``least`` would tell more about the number of answers than the bands do (decision 0010).
    """

    texts: tuple[str, ...]
    least: int


def least_answers(
    crowds: Sequence[tuple[str, int]], units: Collection[str], parents: Mapping[str, str | None]
) -> dict[str, int]:
    """Return by unit how many people answered for certain among those whose comments were placed at it.

    ``crowds`` are home and lower end of the n band of every final crowd, ``units`` those where the count placed
    comments: a crowd's comments stand at the first of them from its home upwards. Raises ``KeyError`` for a home that
    is not in ``parents``.
    """
    found = dict.fromkeys(units, 0)
    for home, low in crowds:
        unit = _first(home, found, parents)
        if unit is not None:
            found[unit] += low
    return found


def settle(
    kept: Mapping[str, Kept], parents: Mapping[str, str | None], crowds: Sequence[tuple[str, int]]
) -> dict[str, tuple[str, ...]]:
    """Return the comments to show by unit, in alphabetical order; units without any are left out.

    ``parents`` names the unit above each unit, None for the root; ``crowds`` are home and upper end of the n band of
    every final crowd. Fewer than :data:`TOGETHER` go to the unit above, and so on; what is too little at the root is
    not shown. Comments need ten answers. Where the bands allow ten at most, showing them would tell that it was ten, of
    ten invited that everybody answered; these go up too. Of more than people answered for certain, so many are shown,
    taken in the order of their SHA-256, which favours nobody. Raises ``KeyError`` for a unit not in ``parents``.
    """
    shown: dict[str, tuple[str, ...]] = {}
    pools: dict[str, list[Kept]] = {}
    by_depth: dict[int, set[str]] = {}
    for unit, own in kept.items():
        if own.texts:
            pools[unit] = [own]
            by_depth.setdefault(_depth(unit, parents), set()).add(unit)
    for depth in range(max(by_depth, default=-1), -1, -1):
        for unit in sorted(by_depth.get(depth, ())):
            pool, above = pools.pop(unit), parents[unit]
            texts = sorted((text for each in pool for text in each.texts), key=_digest)
            least = sum(each.least for each in pool)
            may_stand = texts[:least]
            is_telling = least < LEAST_BALLOTS >= _most(unit, shown, parents, crowds)
            if len(may_stand) >= TOGETHER and not is_telling:
                shown[unit] = tuple(sorted(may_stand, key=_place))
            elif above is not None:
                pools.setdefault(above, []).extend(pool)
                by_depth.setdefault(depth - 1, set()).add(above)
    return shown


def _most(
    unit: str, shown: Collection[str], parents: Mapping[str, str | None], crowds: Sequence[tuple[str, int]]
) -> int:
    """Return how many people at most can have answered whose comments may stand at a unit, for all that readers see."""
    return sum(high for home, high in crowds if _first(home, {unit, *shown}, parents) == unit)


def _first(unit: str | None, wanted: Collection[str], parents: Mapping[str, str | None]) -> str | None:
    """Return the first of the wanted units from a unit upwards."""
    while unit is not None and unit not in wanted:
        unit = parents[unit]
    return unit


def _place(text: str) -> tuple[str, str]:
    """The place in the alphabet: letters with marks after the same letter without, as in N and Ñ; capitals as small."""
    return unicodedata.normalize("NFKD", text.casefold()), text


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _depth(unit: str, parents: Mapping[str, str | None]) -> int:
    depth, above = 0, parents[unit]
    while above is not None:
        depth, above = depth + 1, parents[above]
    return depth
