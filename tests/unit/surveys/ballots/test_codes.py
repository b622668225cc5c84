"""Codes of links: a secret survives writing and typing, and a mistyped code is refused without being repeated."""

from __future__ import annotations

import hashlib
import hmac
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.ballots.codes import ALPHABET, CODE_LENGTH, code_hash, decode, encode, grouped, link_secret
from surveys.errors import Refused

SECRETS = st.binary(min_size=16, max_size=16)
KEY = bytes(range(32))


@settings(max_examples=40)
@given(SECRETS)
def test_a_secret_survives_writing_and_reading(secret: bytes) -> None:
    code = encode(secret)
    assert len(code) == CODE_LENGTH
    assert set(code) <= set(ALPHABET)
    assert decode(code) == secret


@settings(max_examples=40)
@given(SECRETS, st.randoms(use_true_random=False))
def test_case_blanks_and_dashes_do_not_matter(secret: bytes, dice: random.Random) -> None:
    code = grouped(encode(secret))
    typed = "".join(
        (sign.lower() if dice.random() < 0.5 else sign) + dice.choice(["", "", " ", "-", "–", "‑", "\t", "\n"])
        for sign in code
    )
    assert decode(f"  {typed}\r\n") == secret


def test_a_code_is_grouped_by_five_for_the_eye() -> None:
    code = encode(bytes(16))
    assert code == "2" * 26
    assert grouped(code) == "22222-22222-22222-22222-22222-2"


def test_two_known_codes() -> None:
    """By hand: 128 ones and two zeros in groups of five are 25 times 31 and then 28."""
    assert encode(b"\xff" * 16) == "Z" * 25 + ALPHABET[28]
    assert encode(b"\0" * 15 + b"\1") == "2" * 25 + ALPHABET[4]


def test_letters_that_look_alike_are_not_in_the_alphabet() -> None:
    assert len(set(ALPHABET)) == 32
    assert not set("IO01") & set(ALPHABET)


@pytest.mark.parametrize(
    "typed", ["", "9", "2" * 25, "2" * 27, "2" * 25 + "O", "2" * 25 + "1", "2" * 25 + "é", "ß" * 26]
)
def test_what_is_no_code_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(Refused, match="26 letters and digits") as caught:
        decode(typed)
    assert not typed or typed not in str(caught.value)


def test_spare_bits_catch_some_mistakes_in_the_last_sign() -> None:
    with pytest.raises(Refused, match="typing mistake"):
        decode("2" * 25 + "3")


@settings(max_examples=30)
@given(SECRETS, st.integers(0, CODE_LENGTH - 1), st.integers(1, 31))
def test_one_wrong_sign_never_gives_the_same_secret(secret: bytes, place: int, step: int) -> None:
    code = encode(secret)
    wrong = ALPHABET[(ALPHABET.index(code[place]) + step) % 32]
    try:
        assert decode(code[:place] + wrong + code[place + 1 :]) != secret
    except Refused:
        assert place == CODE_LENGTH - 1


def test_a_link_secret_is_the_hmac_of_what_it_belongs_to() -> None:
    text = b"barograph/link/1\x1fpulse-1\x1fp1\x1f2"
    expected = hmac.new(KEY, text, hashlib.sha256).digest()[:16]
    assert link_secret(KEY, wave="pulse-1", person_id="p1", generation=2) == expected


def test_each_part_of_a_place_changes_the_secret() -> None:
    secrets = {
        link_secret(key, wave=wave, person_id=person, generation=generation)
        for key in (KEY, bytes(32))
        for wave in ("pulse-1", "pulse-2")
        for person in ("p1", "p2")
        for generation in (0, 1)
    }
    assert len(secrets) == 16


def test_parts_cannot_be_shifted_into_one_another() -> None:
    one = link_secret(KEY, wave="pulse-1", person_id="1p", generation=1)
    other = link_secret(KEY, wave="pulse-11", person_id="p", generation=1)
    assert one != other


def test_the_stored_hash_is_not_the_secret() -> None:
    secret = bytes(range(16))
    assert code_hash(secret) == hashlib.sha256(b"barograph/code/1" + secret).hexdigest()
    assert secret.hex() not in code_hash(secret)
