"""Tokens: the one of this installation, nonce, wave and crowd matches, and no other."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.ballots import poprf, tokens

PAIR = tokens.installation_pair(b"k" * 32)
PRINT = "ab" * 32


@dataclass(frozen=True, kw_only=True)
class Redeemed:
    private: bytes = PAIR.private
    nonce: bytes = bytes(range(32))
    token: bytes = poprf.evaluate(PAIR.private, bytes(range(32)), tokens.paper_info(PRINT, "ant"))
    fingerprint: str = PRINT
    crowd: str = "ant"

    def matches(self) -> bool:
        return tokens.token_matches(
            self.private, nonce=self.nonce, token=self.token, fingerprint=self.fingerprint, crowd=self.crowd
        )


def test_a_token_taken_through_the_whole_exchange_matches() -> None:
    info = tokens.paper_info(PRINT, "ant")
    blinded = poprf.blind(bytes(32), PAIR.public, info)
    evaluation = poprf.blind_evaluate(PAIR.private, blinded.element, info)
    token = poprf.finalize(bytes(32), blinded, evaluation, info)
    assert dataclasses.replace(Redeemed(), nonce=bytes(32), token=token).matches()
    assert Redeemed().matches()


@pytest.mark.parametrize(
    "changed",
    [
        {"private": tokens.installation_pair(b"l" * 32).private},
        {"nonce": bytes(32)},
        {"nonce": bytes(range(31))},
        {"nonce": b""},
        {"token": bytes(64)},
        {"token": b""},
        {"token": Redeemed().token[:63]},
        {"token": Redeemed().token + b"\0"},
        {"fingerprint": "cd" * 32},
        {"fingerprint": ""},
        {"crowd": "bee"},
        {"crowd": ""},
        {"crowd": "x" * 70_000},
        {"fingerprint": PRINT + "\x1fant", "crowd": ""},
    ],
    ids=lambda changed: "-".join(f"{name}{len(value)}" for name, value in changed.items()),
)
def test_any_altered_field_does_not_match(changed: dict[str, str]) -> None:
    assert not dataclasses.replace(Redeemed(), **changed).matches()  # type: ignore[arg-type]


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 8 * tokens.TOKEN_BYTES - 1))
def test_one_changed_bit_of_the_token_does_not_match(place: int) -> None:
    token = bytearray(Redeemed().token)
    token[place // 8] ^= 1 << place % 8
    assert not dataclasses.replace(Redeemed(), token=bytes(token)).matches()


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_nonce_of_another_length_never_matches_even_with_its_true_token(length: int) -> None:
    nonce = bytes(length)
    token = poprf.evaluate(PAIR.private, nonce, tokens.paper_info(PRINT, "ant"))
    assert not dataclasses.replace(Redeemed(), nonce=nonce, token=token).matches()


def test_the_pair_of_an_installation_is_always_the_same_and_another_one_for_another_key() -> None:
    assert tokens.installation_pair(b"k" * 32) == PAIR
    assert tokens.installation_pair(b"l" * 32).public != PAIR.public


def test_the_metadata_name_the_wave_and_the_crowd() -> None:
    assert tokens.paper_info(PRINT, "Süd") == b"barograph/paper/1\x1f" + PRINT.encode() + b"\x1fS\xc3\xbcd"
