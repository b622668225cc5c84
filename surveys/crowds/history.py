"""Turns the merges of earlier counts and what happened since into the merges that the next plan keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from surveys.crowds.shapes import CountMerge

WAVES_TO_PART = 3
"""So many consecutive waves must have been large enough before joined teams part again."""

MARGIN = 2
"""So many answers above k a part needs in each of them."""


@dataclass(frozen=True, kw_only=True)
class MergedWave:
    """One wave since a merge: people invited in each part, in the order of the merge, and answers of the joined crowd.

    After the merge nobody, the software included, can know how many of one part answered. ``answers`` is the lower end
    of the crowd's released band, so that the decision to part tells no more than the release did.
    """

    invited: tuple[int, ...]
    answers: int


@dataclass(frozen=True, kw_only=True)
class MergeHistory:
    """A merge and its ``waves``, oldest first; ``roster_changed`` where anybody joined or left one of its units."""

    merge: CountMerge
    waves: tuple[MergedWave, ...] = ()
    roster_changed: bool = False


def kept_merges(histories: Iterable[MergeHistory], *, k: int) -> tuple[CountMerge, ...]:
    """Return the merges to hand to the next plan, in a fixed order.

    A merge ends with a roster change, or when each part would have stood alone with k + 2 answers in the last three
    waves, were the answers of the joined crowd spread as its invitations are (design section 6).
    """
    kept = {history.merge for history in histories if not history.roster_changed and not _has_grown(history, k)}
    return tuple(sorted(kept, key=lambda merge: merge.parts))


def _has_grown(history: MergeHistory, k: int) -> bool:
    last = history.waves[-WAVES_TO_PART:]
    return len(last) == WAVES_TO_PART and all(_would_stand(wave, k) for wave in last)


def _would_stand(wave: MergedWave, k: int) -> bool:
    everybody = sum(wave.invited)
    return everybody > 0 and all(part * wave.answers >= (k + MARGIN) * everybody for part in wave.invited)
