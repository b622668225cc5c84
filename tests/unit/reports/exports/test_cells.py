"""Texts that a spreadsheet program must not run."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.exports.cells import neutralise, restore

NASTY = st.text(alphabet="'=+-@＝＋－＠−﹣﹢﹦⁺ \t\r\n\0\ufeff\u200b\u00a0a1;,\"", max_size=6)


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "−", "\t", "\r", "\n", "\0", " =", "\ufeff="]
)
def test_a_text_that_could_be_a_formula_gets_a_quote(start: str) -> None:
    assert neutralise(start + "1+1") == "'" + start + "1+1"


@pytest.mark.parametrize("text", ["", "Payments", "a=b", "5 to 7", ">=", "O'Brien", "'quoted'", "¿Por qué?", "  "])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert neutralise(text) == text


@settings(max_examples=100, deadline=None)
@given(NASTY)
def test_what_was_neutralised_can_be_read_back_and_is_harmless(text: str) -> None:
    safe = neutralise(text)
    assert restore(safe) == text
    assert safe[:1] not in {"=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "\0"} or not safe
