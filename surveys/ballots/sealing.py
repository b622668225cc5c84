"""Turns answers and a comment into ciphertexts of fixed length and back (HPKE, RFC 9180, base mode).

Suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM. The context binds fingerprint and crowd, so that a
ballot moved to another wave or crowd does not open. With a second lock the answers are sealed to the trustee first and
to the wave after that, so that opening them needs both. Where a wave takes comments, one is sealed by itself beside the
answers, an empty one too; neither part names the other.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from surveys.errors import Refused

PLAINTEXT_BYTES = 2048
"""The answers of every ballot are padded to this length before sealing, and so is every comment."""

COMMENT_LENGTH = 400
"""Code points that a comment may have."""

OVERHEAD_BYTES = 48
"""What sealing adds: the encapsulated key (32) and the tag (16)."""

COMMENT_BYTES = PLAINTEXT_BYTES + OVERHEAD_BYTES
"""Length of every sealed comment; it stands behind the sealed answers."""

_VERSION = 2
_LONGEST_CODE = 40
_MOST_TOPICS = 20
_CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_UNSENT = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but the end of a line, and halves of signs: they say nothing and would take more room."""
_HALVES = re.compile("[\ud800-\udfff]")

_BALLOT = b"barograph/ballot/1"
_COMMENT = b"barograph/comment/1"
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


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What the answers of one ballot say: option number or None by item and segment, and the codes ticked, sorted."""

    answers: Mapping[str, int | None]
    topics: tuple[str, ...] = ()


def pad(answers: Mapping[str, int | None], topics: Collection[str] = ()) -> bytes:
    """Write answers and ticked topics as JSON and fill with blanks to the fixed length.

    Raises:
        Refused: they do not fit.
    """
    document = {"answers": dict(answers), "topics": sorted(set(topics)), "v": _VERSION}
    text = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    if len(text) > PLAINTEXT_BYTES:
        raise Refused("These answers are too long to be sent.")
    return text.ljust(PLAINTEXT_BYTES, b" ")


def unpad(plaintext: bytes) -> Sheet:
    """Read padded answers back.

    Raises:
        UnreadableBallot: the text is not what :func:`pad` writes.
    """
    document = _read(plaintext)
    answers, topics = document.get("answers"), document.get("topics")
    if not isinstance(answers, dict) or not all(value is None or type(value) is int for value in answers.values()):
        raise UnreadableBallot
    if not isinstance(topics, list) or len(topics) > _MOST_TOPICS or not all(map(_is_topic, topics)):
        raise UnreadableBallot
    if topics != sorted(set(topics)):
        raise UnreadableBallot
    return Sheet(answers=answers, topics=tuple(topics))


def pad_comment(text: str) -> bytes:
    """Write a comment as JSON and fill with blanks to the fixed length; a blank stands for each control character.

    Raises:
        Refused: it is longer than :data:`COMMENT_LENGTH`.
    """
    plain = _UNSENT.sub(" ", text.replace("\r\n", "\n"))
    if len(plain) > COMMENT_LENGTH:
        raise Refused("A comment has at most {limit} characters.", limit=COMMENT_LENGTH)
    document = {"comment": plain, "v": _VERSION}
    # 400 signs of at most four bytes, or of two where a backslash is written before them: they always fit.
    written = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return written.ljust(PLAINTEXT_BYTES, b" ")


def unpad_comment(plaintext: bytes) -> str:
    """Read a padded comment back as it was written; an empty one is the empty text.

    Raises:
        UnreadableBallot: it holds no text, a longer one than :func:`pad_comment` writes, or halves of signs.
    """
    comment = _read(plaintext).get("comment")
    if not isinstance(comment, str) or len(comment) > COMMENT_LENGTH or _HALVES.search(comment):
        raise UnreadableBallot
    return comment


def sealed_length(has_second_lock: bool, has_comments: bool = False) -> int:  # noqa: FBT001, FBT002 - all it depends on
    """Return the number of bytes of every sealed ballot of a wave."""
    answers = PLAINTEXT_BYTES + OVERHEAD_BYTES * (2 if has_second_lock else 1)
    return answers + (COMMENT_BYTES if has_comments else 0)


def split(ciphertext: bytes, *, has_comments: bool) -> tuple[bytes, bytes | None]:
    """Return the sealed answers and the sealed comment of a stored ballot; None where the wave takes no comments.

    Where the length is wrong, neither part opens.
    """
    return (ciphertext[:-COMMENT_BYTES], ciphertext[-COMMENT_BYTES:]) if has_comments else (ciphertext, None)


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


def seal_comment(plaintext: bytes, *, public_key: bytes, fingerprint: str, crowd: str) -> bytes:
    """Seal what :func:`pad_comment` wrote to the wave key; it goes behind the sealed answers.

    Raises:
        ValueError: the key has another length or is a point of small order.
    """
    return seal_to(public_key, plaintext, context(_COMMENT, fingerprint, crowd))


def seal_ballot(
    *,
    answers: bytes,
    comment: bytes | None,
    public_key: bytes,
    fingerprint: str,
    crowd: str,
    second_lock: bytes | None = None,
) -> bytes:
    """Seal a whole ballot: the answers, and behind them the comment where the wave takes comments.

    Args:
        answers: what :func:`pad` wrote.
        comment: what :func:`pad_comment` wrote, or None where the wave takes none.
        public_key: public key of the wave, 32 bytes.
        fingerprint: fingerprint of the wave, 64 hex digits.
        crowd: label of the crowd.
        second_lock: public key of the trustee, 32 bytes, or None; a wave with one takes no comments.

    Raises:
        ValueError: a key has another length or is a point of small order, or there are a lock and a comment.
    """
    if comment is not None and second_lock is not None:
        raise ValueError("a wave with a second lock takes no comments")
    sealed = seal(answers, public_key=public_key, fingerprint=fingerprint, crowd=crowd, second_lock=second_lock)
    if comment is None:
        return sealed
    return sealed + seal_comment(comment, public_key=public_key, fingerprint=fingerprint, crowd=crowd)


class Opener:
    """Opens the ballots of one wave; holds the private key in memory and nowhere else.

    Where the wave has a second lock, what comes out is what :func:`open_inner` opens.
    """

    def __init__(self, private_key: bytes, fingerprint: str) -> None:
        self._key = X25519PrivateKey.from_private_bytes(private_key)
        self._fingerprint = fingerprint

    def open(self, ciphertext: bytes, crowd: str) -> bytes:
        """Return the padded answers.

        Raises:
            UnreadableBallot: key, fingerprint, crowd or ciphertext do not belong together.
        """
        return _opened(self._key, ciphertext, context(_BALLOT, self._fingerprint, crowd))

    def open_comment(self, ciphertext: bytes, crowd: str) -> bytes:
        """Return a padded comment.

        Raises:
            UnreadableBallot: key, fingerprint, crowd or ciphertext do not belong together.
        """
        return _opened(self._key, ciphertext, context(_COMMENT, self._fingerprint, crowd))


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


def _read(plaintext: bytes) -> Mapping[str, object]:
    try:
        document = json.loads(plaintext)
    except (ValueError, RecursionError) as error:  # the last: brackets without end
        raise UnreadableBallot from error
    if not isinstance(document, dict) or type(document.get("v")) is not int or document["v"] != _VERSION:
        raise UnreadableBallot
    return document


def _is_topic(code: object) -> bool:
    return isinstance(code, str) and len(code) <= _LONGEST_CODE and _CODE.fullmatch(code) is not None
