"""The secrets of cards hang on every part they are made of, and on nothing else."""

from __future__ import annotations

from surveys.ballots import codes
from surveys.services.cards import card_secret, nonce_secret

KEY = bytes(range(32))


def test_each_part_of_a_card_changes_its_secret() -> None:
    made = {
        card_secret(KEY, wave="pulse-1", crowd="ant", index=0),
        card_secret(KEY, wave="pulse-1", crowd="ant", index=1),
        card_secret(KEY, wave="pulse-1", crowd="bee", index=0),
        card_secret(KEY, wave="pulse-2", crowd="ant", index=0),
        card_secret(KEY[::-1], wave="pulse-1", crowd="ant", index=0),
    }
    assert len(made) == 5
    assert {len(secret) for secret in made} == {codes.SECRET_BYTES}


def test_a_secret_is_the_same_each_time_it_is_made() -> None:
    """Computed apart with openssl dgst -sha256 -mac HMAC over the parts joined by 0x1f."""
    assert card_secret(KEY, wave="pulse-1", crowd="ant", index=0).hex() == "9a3a329b286ce26381085d4bc9165bb2"


def test_the_secret_of_a_nonce_is_that_of_no_card_and_no_person() -> None:
    code_hash = codes.code_hash(card_secret(KEY, wave="pulse-1", crowd="ant", index=0))
    made = {
        nonce_secret(KEY, wave="pulse-1", code_hash=code_hash),
        codes.voter_secret(KEY, wave="pulse-1", person_id=code_hash),
        card_secret(KEY, wave="pulse-1", crowd="ant", index=0),
    }
    assert len(made) == 3
