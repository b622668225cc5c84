"""A cursor gives back the place it was made of, to its own list only, and nothing else breaks it."""

from __future__ import annotations

import base64
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.api.cursors import LONGEST, decode, encode, stamp_of

STAMP = stamp_of("cells", "wave=pulse-1")
KEYS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=64)


@given(st.lists(KEYS, min_size=1, max_size=3))
@settings(max_examples=20)
def test_a_place_comes_back(place: list[str]) -> None:
    cursor = encode(place, STAMP)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor)
    expected = tuple(place) if len(cursor) <= LONGEST else None
    assert decode(cursor, STAMP, keys=len(place)) == expected


def test_the_longest_place_of_plain_keys_fits() -> None:
    place = ["w" * 64, "u" * 64, "site", "1-2-3-4-5-6-7-8-9", "m" * 64]
    assert decode(encode(place, STAMP), STAMP, keys=5) == tuple(place)


def test_another_list_does_not_take_it() -> None:
    cursor = encode(["pulse-1", "a"], STAMP)
    assert decode(cursor, stamp_of("cells"), keys=2) is None
    assert decode(cursor, STAMP, keys=3) is None


def _forged(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "!!!!", "\N{LATIN SMALL LETTER SHARP S}", "A" * (LONGEST + 1), _forged(None), _forged({}), _forged([]),
     _forged([STAMP]), _forged([STAMP, 1]), _forged([STAMP, None]), _forged([STAMP, "a\0"]), _forged([STAMP, "\ud800"]),
     _forged([["x"], "a"]), base64.urlsafe_b64encode(b"[" * 1400).decode()],
)  # fmt: skip
def test_anything_else_is_no_place(cursor: str) -> None:
    assert decode(cursor, STAMP, keys=1) is None


@given(st.text(max_size=40))
@settings(max_examples=20)
def test_no_text_breaks_it(cursor: str) -> None:
    assert decode(cursor, STAMP, keys=1) is None
