"""Decides for the comments of every crowd at which unit they are shown, so that enough people may have written them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surveys.crowds.tree import Tree

LEAST_BALLOTS = 10
"""Ballots behind the comments that are shown together."""

LEAST_COMMENTS = 5
"""Comments that are shown together."""


@dataclass(frozen=True, kw_only=True)
class Voices:
    """A final crowd: the lowest unit that covers it, its ballots, and how many of them came with a comment."""

    crowd: str
    home: str
    ballots: int
    comments: int


def place(crowds: Sequence[Voices], parents: Mapping[str, str | None]) -> dict[str, str]:
    """Return by crowd the unit at which its comments are shown; crowds without such a unit are left out.

    Units are taken from the deepest upwards, equally deep ones by their keys. A unit's pool are the crowds it covers
    that no unit below it has taken. Where they hold at least ten ballots and five comments, the unit takes all of them;
    else they wait for the unit above. What is left at the root has no place, and nothing of it is to be kept.
    So the comments shown at a unit are those of whole crowds that are shown nowhere else, and taking away what is shown
    below leaves a pool of the same least size. More comments of a crowd than ballots, which copied ballots can bring,
    count as one a ballot.

    Raises:
        ValueError: the units are no tree.
    """
    tree = Tree(parents)
    waiting: dict[str, list[Voices]] = {unit: [] for unit in tree.parents}
    for crowd in sorted(crowds, key=lambda each: each.crowd):
        waiting[crowd.home].append(crowd)
    placed: dict[str, str] = {}
    for unit in reversed(tree.top_down):
        pool = waiting[unit]
        above = tree.parents[unit]
        if is_enough(sum(crowd.ballots for crowd in pool), sum(min(crowd.comments, crowd.ballots) for crowd in pool)):
            placed.update((crowd.crowd, unit) for crowd in pool)
        elif above is not None:
            waiting[above].extend(pool)
    return placed


def is_enough(ballots: int, comments: int) -> bool:
    """Tell whether so many comments of so many ballots may be shown together."""
    return ballots >= LEAST_BALLOTS and comments >= LEAST_COMMENTS
