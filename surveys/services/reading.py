"""Turns a wave, a crowd and what a link claims as its read key into whether that crowd's page may be read."""

from __future__ import annotations

import hmac

from surveys.ballots import links
from surveys.ballots.wire import NotOnWire, decode64
from surveys.store.keys import KeyStore


def may_read(keys: KeyStore, *, wave: str, crowd: str, claim: str) -> bool:
    """Tell whether ``claim`` (base64url) is the read key that the links of this crowd and wave carry.

    One key is shared by the whole crowd, so it says nothing about who reads. The comparison takes constant time; names
    that no wave has are answered like wrong keys.
    """
    try:
        given = decode64(claim, links.READ_KEY_BYTES)
        expected = links.read_key(keys.installation_key(), wave=wave, crowd=crowd)
    except (NotOnWire, UnicodeEncodeError):  # the latter: half a character, which JSON can write and no name holds
        return False
    return hmac.compare_digest(expected, given)
