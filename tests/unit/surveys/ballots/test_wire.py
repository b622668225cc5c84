"""Bytes in JSON have one spelling, and no second one is read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.ballots.wire import NotOnWire, decode64, encode64


def test_the_examples_of_the_rfc_lose_their_padding() -> None:
    # RFC 4648, section 10, and its section 5 for the two other signs.
    assert [encode64(text) for text in (b"", b"f", b"fo", b"foo", b"foob")] == ["", "Zg", "Zm8", "Zm9v", "Zm9vYg"]
    assert encode64(b"\xfb\xff") == "-_8"


@settings(max_examples=8)
@given(st.binary(max_size=70))
def test_bytes_survive_writing_and_reading(raw: bytes) -> None:
    assert decode64(encode64(raw), len(raw)) == raw


@pytest.mark.parametrize(
    "text",
    ["Zg==", "Zg=", "Z", "Zh", "Zm9", "Z g", "Zg\n", " Zg", "+_8", "-/8", "Zm9v!", "Zé", "\ufeffZg", 7, None, b"Zg"],
    ids=repr,
)
def test_a_second_spelling_or_no_text_is_refused(text: object) -> None:
    with pytest.raises(NotOnWire):
        decode64(text)


@pytest.mark.parametrize("length", [0, 2, 4])
def test_another_length_is_refused(length: int) -> None:
    assert decode64("Zm9v", 3) == b"foo"
    with pytest.raises(NotOnWire):
        decode64("Zm9v", length)
