"""Turns the marks of a wave and a crowd into the metadata of a ballot paper, and tells a true token from any other."""

from __future__ import annotations

import hashlib
import hmac

from surveys.ballots import poprf
from surveys.ballots.poprf import KeyPair, Mode, ProtocolError

NONCE_BYTES = 32
TOKEN_BYTES = 64

_SEED = b"barograph/poprf/1"
_KEY_INFO = b"barograph"
_PAPER = b"barograph/paper/1"


def paper_info(fingerprint: str, crowd: str) -> bytes:
    """Return the public metadata under which a paper is evaluated: it names one wave and one crowd of it.

    Args:
        fingerprint: fingerprint of the wave, 64 hex digits.
        crowd: label of the crowd.
    """
    return b"\x1f".join((_PAPER, fingerprint.encode(), crowd.encode()))


def installation_pair(installation_key: bytes) -> KeyPair:
    """Derive the one key pair of an installation that evaluates papers (RFC 9497, section 3.2.1).

    One pair for all waves and crowds: what tells them apart is in the metadata, which every member can compute.
    """
    seed = hmac.new(installation_key, _SEED, hashlib.sha256).digest()
    return poprf.derive_key_pair(seed, _KEY_INFO, Mode.POPRF)


def token_matches(private: bytes, *, nonce: bytes, token: bytes, fingerprint: str, crowd: str) -> bool:
    """Tell whether ``token`` is the output of this installation for the nonce in this wave and crowd.

    One evaluation and one comparison in constant time, whatever the token is; False for wrong lengths too.
    """
    try:
        expected = poprf.evaluate(private, nonce, paper_info(fingerprint, crowd))
    except ProtocolError:
        return False
    return hmac.compare_digest(expected, token) and len(nonce) == NONCE_BYTES
