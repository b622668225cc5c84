"""Turns a person's place in a wave into the secret of a link, and a typed code back into that secret.

The secret is derived from the installation key and never stored, so that a link can be sent again and revoked
by raising its generation. 128 bits, written in an alphabet without letters that look alike.
"""

from __future__ import annotations

import hashlib
import hmac

from surveys.errors import Refused

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 signs; I, O, 0 and 1 are left out because they are misread."""

SECRET_BYTES = 16
CODE_LENGTH = 26
_GROUP = 5


def link_secret(installation_key: bytes, *, wave: str, person_id: str, generation: int) -> bytes:
    """Return the 16-byte secret of one person's link in one wave."""
    text = "\x1f".join(("barograph/link/1", wave, person_id, str(generation)))
    return hmac.new(installation_key, text.encode(), hashlib.sha256).digest()[:SECRET_BYTES]


def voter_secret(wave_key: bytes, *, wave: str, person_id: str) -> bytes:
    """Return the 16-byte secret from which the nonce of promise mode is derived.

    It hangs on the private key of the wave and dies with it, so that no backup tells afterwards who has answered.
    """
    text = "\x1f".join(("barograph/voter/1", wave, person_id))
    return hmac.new(wave_key, text.encode(), hashlib.sha256).digest()[:SECRET_BYTES]


def paper_mark(wave_key: bytes, *, wave: str, person_id: str) -> bytes:
    """Return the 32 bytes under which the database keeps that a person took the ballot paper of a wave.

    They hang on the private key of the wave and die with it, so that no backup tells afterwards who took one; and on
    the person, not on the link, so that a renewed link gives no second paper.
    """
    text = "\x1f".join(("barograph/paper-mark/1", wave, person_id))
    return hmac.new(wave_key, text.encode(), hashlib.sha256).digest()


def code_hash(secret: bytes) -> str:
    """Return what the database keeps of a secret, as hex."""
    return hashlib.sha256(b"barograph/code/1" + secret).hexdigest()


def encode(secret: bytes) -> str:
    """Write a secret as 26 signs without grouping, fit for a URL fragment."""
    number = int.from_bytes(secret, "big") << (CODE_LENGTH * 5 - SECRET_BYTES * 8)
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range((CODE_LENGTH - 1) * 5, -1, -5))


def grouped(code: str) -> str:
    """Write a code in groups of five for reading and typing."""
    return "-".join(code[start : start + _GROUP] for start in range(0, len(code), _GROUP))


def decode(typed: str) -> bytes:
    """Read a typed code: case, blanks and dashes do not matter.

    Raises:
        Refused: the text is not a code; the sentence does not repeat what was typed.
    """
    text = "".join(sign for sign in typed.upper() if sign not in " -\t\r\n\u2010\u2011\u2013")
    if len(text) != CODE_LENGTH or any(sign not in ALPHABET for sign in text):
        raise Refused("This is not a complete code. It has 26 letters and digits.")
    number = 0
    for sign in text:
        number = number << 5 | ALPHABET.index(sign)
    spare = CODE_LENGTH * 5 - SECRET_BYTES * 8
    if number & ((1 << spare) - 1):
        raise Refused("This code has a typing mistake. Please compare it with the message you received.")
    return (number >> spare).to_bytes(SECRET_BYTES, "big")
