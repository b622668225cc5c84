"""Turns answers into a ciphertext of fixed length and back (HPKE, RFC 9180, base mode).

Suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM. The context binds fingerprint and crowd, so that a
ballot moved to another wave or crowd does not open. With a second lock the answers are sealed to the trustee first and
to the wave after that, so that opening them needs both.
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

OVERHEAD_BYTES = 48
"""What sealing adds: the encapsulated key (32) and the tag (16)."""

_BALLOT = b"barograph/ballot/1"
_SECOND = b"barograph/second/1"

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
    except (ValueError, KeyError, TypeError, RecursionError) as error:  # the last: brackets without end
        raise UnreadableBallot from error
    for value in answers.values():
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise UnreadableBallot
    return answers


def sealed_length(has_second_lock: bool) -> int:  # noqa: FBT001 - the one thing the length depends on
    """Return the number of bytes of every sealed ballot of a wave."""
    return PLAINTEXT_BYTES + OVERHEAD_BYTES * (2 if has_second_lock else 1)


def seal(
    plaintext: bytes, *, public_key: bytes, fingerprint: str, crowd: str, second_lock: bytes | None = None
) -> bytes:
    """Seal a padded plaintext to the wave key, before that to the trustee's key where there is a second lock.

    Args:
        plaintext: what :func:`pad` wrote.
        public_key: public key of the wave, 32 bytes.
        fingerprint: fingerprint of the wave, 64 hex digits.
        crowd: label of the crowd.
        second_lock: public key of the trustee, 32 bytes, or None.

    Raises:
        ValueError: a key has another length or is a point of small order.
    """
    inner = plaintext
    if second_lock is not None:
        inner = seal_to(second_lock, plaintext, context(_SECOND, fingerprint, crowd))
    return seal_to(public_key, inner, context(_BALLOT, fingerprint, crowd))


class Opener:
    """Opens the ballots of one wave; holds the private key in memory and nowhere else.

    Where the wave has a second lock, what comes out is what :func:`open_inner` opens.
    """

    def __init__(self, private_key: bytes, fingerprint: str) -> None:
        self._key = X25519PrivateKey.from_private_bytes(private_key)
        self._fingerprint = fingerprint

    def open(self, ciphertext: bytes, crowd: str) -> bytes:
        """Return the padded plaintext.

        Raises:
            UnreadableBallot: key, fingerprint, crowd or ciphertext do not belong together.
        """
        return _opened(self._key, ciphertext, context(_BALLOT, self._fingerprint, crowd))


def open_inner(private: bytes, sealed: bytes, fingerprint: str, crowd: str) -> bytes:
    """Open the second lock with the trustee's private key and return the padded plaintext.

    Raises:
        UnreadableBallot: key, fingerprint, crowd or ciphertext do not belong together.
    """
    return open_with(private, sealed, context(_SECOND, fingerprint, crowd))


def context(purpose: bytes, *parts: str) -> bytes:
    """Return the HPKE info of a purpose: the parts joined by a sign that none of them holds."""
    return b"\x1f".join((purpose, *(part.encode() for part in parts)))


def seal_to(public_key: bytes, plaintext: bytes, info: bytes) -> bytes:
    """Seal bytes of any length to a public key (RFC 9180, section 6.1, SealBase with no associated data).

    Raises:
        ValueError: the key has another length or is a point of small order.
    """
    return _SUITE.encrypt(plaintext, X25519PublicKey.from_public_bytes(public_key), info=info)


def open_with(private_key: bytes, sealed: bytes, info: bytes) -> bytes:
    """Open what :func:`seal_to` sealed; raises UnreadableBallot where key, info or bytes do not belong together."""
    return _opened(X25519PrivateKey.from_private_bytes(private_key), sealed, info)


def _opened(key: X25519PrivateKey, sealed: bytes, info: bytes) -> bytes:
    try:
        return _SUITE.decrypt(sealed, key, info=info)
    except (InvalidTag, ValueError) as error:
        raise UnreadableBallot from error
