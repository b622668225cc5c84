"""A body gives exactly the texts that were asked for, or nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.web.bodies import is_wave_name, texts

NAMES = frozenset({"wave", "code"})


def test_a_whole_body_gives_its_texts() -> None:
    assert texts(b'{"code": "x", "wave": "pulse-1"}', NAMES) == {"wave": "pulse-1", "code": "x"}


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b'"x"', b"{}", b'{"wave":"x"}', b'{"wave":"x","code":"y","more":"z"}',
     b'{"wave":1,"code":"y"}',
     b'{"wave":null,"code":"y"}', b'{"wave":["x"],"code":"y"}', b"\xff", b"[" * 8000, b'{"wave":' * 2000,
     b'{"wave":' + b"9" * 5000 + b"}"],
)  # fmt: skip
def test_anything_else_gives_nothing(body: bytes) -> None:
    assert texts(body, NAMES) is None


@given(
    st.binary(max_size=40)
    | st.dictionaries(st.text(max_size=5), st.text(max_size=5)).map(lambda x: json.dumps(x).encode())
)
@settings(max_examples=10)
def test_no_body_breaks_it(body: bytes) -> None:
    found = texts(body, NAMES)
    assert found is None or found.keys() == NAMES


@pytest.mark.parametrize(
    ("text", "is_name"),
    [("pulse-1", True), ("a", True), ("", False), ("Pulse-1", False), ("1", False), ("a\x00", False), ("a\n", False),
     ("../x", False), ("\ud800", False), ("a" * 65, False)],
)  # fmt: skip
def test_only_names_that_a_wave_could_have_are_looked_up(text: str, is_name: bool) -> None:
    assert is_wave_name(text) is is_name
