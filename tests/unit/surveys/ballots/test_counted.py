"""The counted list: every counted ballot is in it, and its length hangs on the number of invited people alone."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.ballots import counted


def hashes(number: int) -> list[bytes]:
    return [hashlib.sha256(str(place).encode()).digest() for place in range(number)]


@settings(max_examples=5)
@given(st.integers(0, 160), st.integers(0, 160))
def test_all_are_in_it_sorted_and_filled_up_to_fifties(number: int, invited: int) -> None:
    entries = counted.padded_list(hashes(number), invited=invited)
    rows = counted.split(entries)
    assert len(rows) % 50 == 0
    most = max(number, invited)
    assert max(50, most) <= len(rows) < max(51, most + 50)
    assert rows == sorted(set(rows))
    assert all(counted.contains(entries, each) for each in hashes(number))
    assert not counted.contains(entries, hashlib.sha256(b"other").digest())


@pytest.mark.parametrize(("invited", "entries"), [(50, 50), (51, 100), (100, 100), (101, 150)])
def test_the_length_is_the_next_fifty_from_the_invited_whoever_answered(invited: int, entries: int) -> None:
    for number in (0, 5, 49, 50, invited - 1, invited):
        assert len(counted.padded_list(hashes(number), invited=invited)) == 32 * entries


@pytest.mark.parametrize(("number", "entries"), [(100, 100), (101, 150), (150, 150)])
def test_more_ballots_than_invited_people_still_find_their_place(number: int, entries: int) -> None:
    assert len(counted.padded_list(hashes(number), invited=60)) == 32 * entries


def test_the_entries_that_fill_up_are_new_each_time_and_a_repeated_one_is_drawn_again() -> None:
    assert counted.padded_list([], invited=50) != counted.padded_list([], invited=50)
    drawn = iter([hashes(1)[0], *(bytes([place]) * 32 for place in range(49))])
    entries = counted.padded_list(hashes(1), invited=50, random_bytes=lambda _: next(drawn))
    assert len(set(counted.split(entries))) == 50


def test_a_list_survives_writing_and_reading_and_an_altered_one_is_refused() -> None:
    entries = counted.padded_list(hashes(3), invited=60)
    text = counted.to_text(entries)
    assert counted.from_text(text) == entries
    lines = text.splitlines()
    for wrong in ("\n".join(reversed(lines)), text + "ab", text.replace(lines[0], "x" * 64), "hello"):
        with pytest.raises(ValueError, match=r"."):
            counted.from_text(wrong)


def test_what_is_no_hash_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        counted.padded_list([b"short"], invited=50)


def test_nothing_is_in_an_empty_list() -> None:
    assert not counted.contains(b"", bytes(32))
