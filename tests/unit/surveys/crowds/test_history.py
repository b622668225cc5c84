"""Merges made at a count last until the teams have grown for three waves, or until the people change."""

from surveys.crowds.history import MergedWave, MergeHistory, kept_merges
from surveys.crowds.shapes import CountMerge

MERGE = CountMerge(parts=(("a",), ("b",)))
LARGE = MergedWave(invited=(10, 10), answers=14)  # 7 answers each, which is k + 2
SMALL = MergedWave(invited=(10, 10), answers=13)
UNEVEN = MergedWave(invited=(4, 16), answers=20)


def kept(*waves: MergedWave, changed: bool = False) -> bool:
    return kept_merges([MergeHistory(merge=MERGE, waves=waves, roster_changed=changed)], k=5) == (MERGE,)


def test_a_fresh_merge_is_kept() -> None:
    assert kept()


def test_three_large_waves_in_a_row_end_it() -> None:
    assert kept(LARGE, LARGE)
    assert not kept(LARGE, LARGE, LARGE)
    assert not kept(SMALL, LARGE, LARGE, LARGE)


def test_one_small_wave_among_the_last_three_keeps_it() -> None:
    assert kept(LARGE, LARGE, SMALL)
    assert kept(LARGE, LARGE, LARGE, UNEVEN)


def test_a_roster_change_ends_it_at_once() -> None:
    assert not kept(changed=True)


def test_the_merges_come_once_and_in_a_fixed_order() -> None:
    other = MergeHistory(merge=CountMerge(parts=(("A",), ("z",))))
    mine = MergeHistory(merge=MERGE)
    assert kept_merges([mine, other, mine], k=5) == (other.merge, MERGE)
