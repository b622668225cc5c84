"""Turns answers into a ciphertext of fixed length and back (HPKE, RFC 9180, base mode).

Suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM. The context binds fingerprint and crowd, so that a
ballot moved to another wave or crowd does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from surveys.errors import Refused

PLAINTEXT_BYTES = 2048
"""Every ballot is padded to this length before sealing; a comment changes nothing in it."""

_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_128_GCM)


class UnreadableBallot(Exception):
    """A stored ciphertext does not open with this key and context, or holds no answers."""


def new_wave_key() -> tuple[bytes, bytes]:
    """Make a key pair; returns 32 bytes of private and 32 bytes of public key."""
    private = X25519PrivateKey.generate()
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()


def nonce_hash(nonce: bytes) -> bytes:
    """Return the 32-byte key under which a ballot is stored; the same nonce replaces."""
    return hashlib.sha256(b"barograph/nonce/1" + nonce).digest()


def promise_nonce(secret: bytes, fingerprint: str) -> bytes:
    """Derive the nonce of promise mode from the link's secret, so that sending again replaces.

    In this mode the server learns both; that is why the page labels it.
    """
    return hmac.new(secret, b"barograph/promise-nonce/1" + fingerprint.encode(), hashlib.sha256).digest()


def pad(answers: Mapping[str, int | None]) -> bytes:
    """Write answers as JSON and fill with blanks to the fixed length.

    Raises:
        Refused: the answers do not fit.
    """
    text = json.dumps({"answers": dict(answers), "v": 1}, sort_keys=True, separators=(",", ":")).encode()
    if len(text) > PLAINTEXT_BYTES:
        raise Refused("These answers are too long to be sent.")
    return text.ljust(PLAINTEXT_BYTES, b" ")


def unpad(plaintext: bytes) -> dict[str, int | None]:
    """Read padded answers back.

    Raises:
        UnreadableBallot: the text is not what :func:`pad` writes.
    """
    try:
        document = json.loads(plaintext)
        answers = document["answers"]
        if document["v"] != 1 or not isinstance(answers, dict):
            raise UnreadableBallot
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableBallot from error
    for value in answers.values():
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise UnreadableBallot
    return answers


def seal(plaintext: bytes, *, public_key: bytes, fingerprint: str, crowd: str) -> bytes:
    """Seal a padded plaintext to the wave key."""
    key = X25519PublicKey.from_public_bytes(public_key)
    return _SUITE.encrypt(plaintext, key, info=_context(fingerprint, crowd))


class Opener:
    """Opens the ballots of one wave; holds the private key in memory and nowhere else."""

    def __init__(self, private_key: bytes, fingerprint: str) -> None:
        self._key = X25519PrivateKey.from_private_bytes(private_key)
        self._fingerprint = fingerprint

    def open(self, ciphertext: bytes, crowd: str) -> bytes:
        """Return the padded plaintext.

        Raises:
            UnreadableBallot: key, fingerprint, crowd or ciphertext do not belong together.
        """
        try:
            return _SUITE.decrypt(ciphertext, self._key, info=_context(self._fingerprint, crowd))
        except (InvalidTag, ValueError) as error:
            raise UnreadableBallot from error


def _context(fingerprint: str, crowd: str) -> bytes:
    return b"\x1f".join((b"barograph/ballot/1", fingerprint.encode(), crowd.encode()))
