"""Bands, clips and steps of the policy, checked for every number they are used for."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import pytest

from reports.disclosure import policy
from reports.disclosure.policy import FavourableBand, NBand, n_band


@pytest.mark.parametrize(
    ("n", "words"),
    [
        (5, "5 to 7"),
        (7, "5 to 7"),
        (8, "8 to 11"),
        (11, "8 to 11"),
        (12, "12 to 19"),
        (19, "12 to 19"),
        (20, "20 to 49"),
        (49, "20 to 49"),
        (50, "about 50"),
        (54, "about 50"),
        (55, "about 60"),
        (64, "about 60"),
        (65, "about 70"),
        (104, "about 100"),
    ],
)
def test_the_bands_are_those_of_the_published_policy(n: int, words: str) -> None:
    assert str(n_band(n).text) == words


def test_under_k_there_is_no_band() -> None:
    with pytest.raises(ValueError, match="4 answers"):
        n_band(4)
    with pytest.raises(ValueError, match="7 answers"):
        n_band(7, k=8)


def test_more_answers_than_invited_have_no_band() -> None:
    with pytest.raises(ValueError, match="9 answers"):
        n_band(9, invited=8)


def test_k_has_a_floor() -> None:
    with pytest.raises(ValueError, match="floor is 5"):
        n_band(9, k=4)


@pytest.mark.parametrize("k", [5, 6, 8, 10])
@pytest.mark.parametrize("invited", [*range(10, 24), *range(48, 58), 104, 105, 106, 107])
def test_bands_split_the_possible_numbers_into_runs_of_three_or_more(k: int, invited: int) -> None:
    members: dict[NBand, list[int]] = {}
    for n in range(k, invited + 1):
        members.setdefault(n_band(n, k=k, invited=invited), []).append(n)
    for band, numbers in members.items():
        assert numbers == list(range(band.low, band.high + 1))
        assert len(numbers) >= min(3, invited - k + 1)


@pytest.mark.parametrize("invited", [5, 6, 7, 8, 9])
def test_few_invited_people_make_one_band(invited: int) -> None:
    assert {n_band(n, invited=invited) for n in range(5, invited + 1)} == {NBand(low=5, high=invited)}


def test_eight_of_eight_look_like_five_of_eight() -> None:
    assert n_band(8, invited=8) == n_band(5, invited=8) == NBand(low=5, high=8)
    assert str(n_band(8, invited=8).text) == "5 to 8"


def test_a_raised_k_joins_the_stump_of_its_band() -> None:
    assert n_band(6, k=6) == NBand(low=6, high=11)
    assert n_band(13, k=6) == NBand(low=12, high=19)


def test_the_middle_of_a_band_is_its_weight() -> None:
    assert n_band(6).mid == 6
    assert n_band(8).mid == 9.5


def test_sums_of_bands_are_covered_by_standard_bands() -> None:
    assert policy.covering_band(10, 14) == NBand(low=8, high=19)
    assert policy.covering_band(13, 18) == NBand(low=12, high=19)
    assert str(policy.covering_band(52, 70).text) == "50 to 74"


@pytest.mark.parametrize(
    ("n_low", "step"),
    [(5, "0.2"), (8, "0.2"), (11, "0.2"), (12, "0.1"), (49, "0.1"), (50, "0.02"), (99, "0.02"), (100, "0.01")],
)
def test_the_step_of_a_mean_follows_the_lower_end_of_the_band(n_low: int, step: str) -> None:
    assert policy.mean_step(n_low) == Fraction(step)


@pytest.mark.parametrize("n_low", range(5, 121))
def test_the_step_is_never_finer_than_what_one_person_moves(n_low: int) -> None:
    assert policy.mean_step(n_low) >= Fraction(1, n_low)


@pytest.mark.parametrize(
    ("n_low", "strict", "edges"),
    [
        (5, False, (1.6, 4.4)),
        (8, False, (1.4, 4.6)),
        (5, True, (2.2, 3.8)),
        (8, True, (1.8, 4.2)),
        (50, False, (1.06, 4.94)),
    ],
)
def test_the_clip_is_three_or_six_heads_moved_inwards(n_low: int, strict: bool, edges: tuple[float, float]) -> None:
    found = policy.clip_edges(n_low, low=1, high=5, strict=strict)
    assert tuple(float(edge) for edge in found) == edges


@pytest.mark.parametrize(("low", "high"), [(0, 1), (1, 3), (1, 7), (0, 10), (0, 100)])
def test_the_clip_leaves_room_on_every_scale(low: float, high: float) -> None:
    for n_low in (5, 6, 8, 12, 20, 50, 95):
        for strict in (False, True):
            lowest, highest = policy.clip_edges(n_low, low=low, high=high, strict=strict)
            assert low < lowest < highest < high


@pytest.mark.parametrize("n", [*range(5, 30), 49, 50, 53, 54, 55, 59, 64, 65, 66, 99, 205])
def test_favourable_bands_hold_three_head_counts_for_every_number_of_their_band(n: int) -> None:
    # Also under the edges of smaller numbers, which rule where one item of the crowd got fewer opinions.
    for n_low in {low for low in (n_band(n).low, 5, 8, 12, 20) if low <= n}:
        bands = [policy.favourable_band(favourable, n, n_low=n_low) for favourable in range(n + 1)]
        assert min(Counter(bands).values()) >= 3
        assert all(band.low <= favourable / n <= band.high for favourable, band in enumerate(bands))


def test_the_bands_of_eight_are_those_of_the_privacy_note() -> None:
    bands = [policy.favourable_band(count, 8, n_low=8) for count in range(9)]
    assert [bands.count(band) for band in dict.fromkeys(bands)] == [3, 3, 3]


def test_percentages_end_at_five_and_ninety_five() -> None:
    assert str(policy.favourable_band(50, 50, n_low=50).words) == "95 % or more"
    assert str(policy.favourable_band(0, 300, n_low=295).words) == "under 5 %"
    assert str(policy.favourable_band(200, 300, n_low=295).words) == "65 to 70 %"


@pytest.mark.parametrize(
    ("favourable", "n", "words"),
    [
        (2, 5, "under half"),
        (5, 5, "half or more"),
        (2, 8, "under a third"),
        (4, 8, "a third to two thirds"),
        (8, 8, "two thirds or more"),
        (2, 12, "under a quarter"),
        (4, 12, "a quarter to half"),
        (8, 12, "half to three quarters"),
        (12, 12, "three quarters or more"),
        (30, 30, "80 % or more"),
    ],
)
def test_small_bands_have_words(favourable: int, n: int, words: str) -> None:
    assert str(policy.favourable_band(favourable, n, n_low=n_band(n).low).words) == words


def test_combined_bands_are_rounded_outwards() -> None:
    assert str(FavourableBand(low=0.251, high=0.749).words) == "25 to 75 %"


def test_no_spread_under_twenty() -> None:
    assert not policy.shows_spread(12)
    assert policy.shows_spread(20)
