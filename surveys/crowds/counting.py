"""Turns the planned crowds and their numbers of answers into the final crowds of a wave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surveys.crowds.merging import Block, Merging
from surveys.crowds.shapes import WHOLE_COMPANY, CountMerge, Crowd, label_of
from surveys.crowds.tree import Tree


@dataclass(frozen=True, kw_only=True)
class TooFewAnswers:
    """Fewer than k people answered in all: the wave is released as none and its ballots are destroyed."""

    k: int


@dataclass(frozen=True, kw_only=True)
class CountPlan:
    """The final crowds of a wave; ``final`` maps every planned label to the label its answers are counted under.

    ``crowds`` carry the number of answers in ``invited``, which never leaves the counting transaction except as
    totals do. ``merges`` are the joins that the plan had not foreseen, for the next plan to keep.
    """

    final: Mapping[str, str]
    crowds: tuple[Crowd, ...]
    merges: tuple[CountMerge, ...]


def merge_at_count(
    crowds: Sequence[Crowd], parents: Mapping[str, str | None], counts: Mapping[str, int], *, k: int
) -> CountPlan | TooFewAnswers:
    """Join planned crowds until each has at least k answers; nothing is ever split.

    ``crowds`` and ``parents`` are those frozen at opening, ``counts`` the answers by planned label (a missing label
    counts zero). No person occurs: leaders are known by the units they lead. Raises ValueError for a k below 1, an
    unknown label or a negative count.
    """
    unknown = set(counts) - {crowd.label for crowd in crowds}
    if unknown or k < 1 or any(count < 0 for count in counts.values()):
        raise ValueError(f"counts must be zero or more, k one or more, labels known: {sorted(unknown)}")
    total = sum(counts.values())
    if total < k:
        return TooFewAnswers(k=k)
    merging = Merging(Tree(parents), k)
    planned = sorted(crowds, key=lambda crowd: crowd.label)
    for crowd in planned:
        merging.add(crowd.units, crowd.leads, counts.get(crowd.label, 0))
    merging.join_teams()
    merging.lift_leaders()
    merging.finish()
    parts: dict[Block, list[Crowd]] = {block: [] for block in merging.live}
    for crowd in planned:
        parts[merging.block_of[crowd.units[0]]].append(crowd)
    finals = {block: _final(merging, block, members) for block, members in parts.items()}
    return CountPlan(
        final={crowd.label: finals[block].label for block, members in parts.items() for crowd in members},
        crowds=tuple(sorted(finals.values(), key=lambda crowd: crowd.label)),
        merges=tuple(
            sorted((_merge(members) for members in parts.values() if len(members) > 1), key=lambda merge: merge.parts)
        ),
    )


def _final(merging: Merging, block: Block, members: Sequence[Crowd]) -> Crowd:
    whole = len(merging.live) == 1
    leads = tuple(sorted(block.leads))
    receiving = tuple(unit for unit in leads if whole or merging.receives(unit, block))
    label = members[0].label if len(members) == 1 else (WHOLE_COMPANY if whole else label_of(block.units))
    return Crowd(
        label=label,
        units=tuple(sorted(block.units)),
        home=block.home,
        invited=block.size,
        is_whole_company=whole,
        leads=leads,
        receiving=receiving,
    )


def _merge(members: Sequence[Crowd]) -> CountMerge:
    return CountMerge(parts=tuple(sorted(crowd.units for crowd in members)))
