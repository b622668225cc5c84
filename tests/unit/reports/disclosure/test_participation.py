"""Response bands and the rule of roster changes."""

from __future__ import annotations

from collections import Counter

import pytest

from reports.disclosure.participation import ResponseBand, response_band, shows_arrow, unit_response
from reports.disclosure.policy import NBand, n_band


def is_true(band: ResponseBand, answers: int, invited: int) -> bool:
    half, most = 2 * answers < invited, 4 * answers >= 3 * invited
    return {
        ResponseBand.UNDER_HALF: half,
        ResponseBand.HALF_TO_THREE_QUARTERS: not half and not most,
        ResponseBand.THREE_QUARTERS_OR_MORE: most,
        ResponseBand.UNDER_THREE_QUARTERS: not most,
        ResponseBand.HALF_OR_MORE: not half,
        ResponseBand.NOT_SHOWN: True,
    }[band]


@pytest.mark.parametrize("k", [5, 6, 8])
@pytest.mark.parametrize("invited", range(5, 70))
def test_n_band_and_response_band_together_leave_three_numbers_of_answers_open(invited: int, k: int) -> None:
    seen: Counter[tuple[NBand, ResponseBand]] = Counter()
    for answers in range(k, invited + 1):
        band = response_band(answers, invited, k=k)
        assert is_true(band, answers, invited)
        seen[n_band(answers, k=k, invited=invited), band] += 1
    possible = max(invited - k + 1, 0)
    assert not seen or min(seen.values()) >= min(3, possible)


def test_a_full_response_looks_like_a_good_one() -> None:
    assert response_band(12, 12) == response_band(8, 12) == ResponseBand.HALF_OR_MORE
    assert response_band(16, 16) == response_band(12, 16) == ResponseBand.THREE_QUARTERS_OR_MORE


def test_the_plain_bands_appear_where_there_is_room() -> None:
    assert response_band(9, 24) is ResponseBand.UNDER_HALF
    assert response_band(12, 24) is ResponseBand.HALF_OR_MORE
    assert response_band(22, 24) is ResponseBand.THREE_QUARTERS_OR_MORE
    assert response_band(7, 10) is ResponseBand.HALF_TO_THREE_QUARTERS
    assert response_band(8, 8) is response_band(5, 8) is ResponseBand.HALF_OR_MORE


def test_too_few_answers_have_no_response_band() -> None:
    assert response_band(4, 30) is ResponseBand.NOT_SHOWN


def test_more_answers_than_invited_are_refused() -> None:
    with pytest.raises(ValueError, match="9 answers of 8"):
        response_band(9, 8)


def test_a_unit_of_crowds_tells_only_what_its_band_tells() -> None:
    assert unit_response(NBand(low=8, high=19), 40) is ResponseBand.UNDER_HALF
    assert unit_response(NBand(low=12, high=19), 20) is ResponseBand.HALF_OR_MORE
    assert unit_response(NBand(low=20, high=49), 48) is ResponseBand.NOT_SHOWN


def test_every_band_has_words() -> None:
    assert len({str(band.words) for band in ResponseBand}) == len(ResponseBand)


@pytest.mark.parametrize(
    ("joined", "left", "shown"),
    [(0, 0, True), (1, 0, False), (0, 4, False), (5, 0, True), (5, 5, True), (6, 1, False), (4, 4, False)],
)
def test_a_change_of_one_to_four_people_hides_the_arrow(joined: int, left: int, shown: bool) -> None:
    assert shows_arrow(joined=joined, left=left) is shown
