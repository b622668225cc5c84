"""Turns what a member's link must carry into the part of an address that browsers never send, and back.

The fragment names wave, crowd and language, so that the page can compute everything that the ballot paper is bound to
without asking the server whose link it is.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import quote, unquote

from surveys.ballots import codes
from surveys.ballots.wire import NotOnWire, decode64, encode64
from surveys.errors import Refused

READ_KEY_BYTES = 16
MARK_BYTES = 16

_PARTS = 6
_UNESCAPED = "-_.!~*'()"
"""What encodeURIComponent leaves as it is, beside letters and digits (ECMA-262, section 19.2.6.4)."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """One member's link to one wave.

    ``read_key`` (16 bytes) is the same for everyone in the crowd, ``code`` (26 signs) is the member's own secret.
    ``mark`` (16 bytes) is the beginning of the wave's fingerprint: the server cannot show one member another manifest.
    """

    wave: str
    crowd: str
    language: str
    read_key: bytes
    code: str
    mark: bytes


def read_key(installation_key: bytes, *, wave: str, crowd: str) -> bytes:
    """Return the key under which the members of a crowd may read its last results, 16 bytes."""
    text = "\x1f".join(("barograph/read/1", wave, crowd))
    return hmac.new(installation_key, text.encode(), hashlib.sha256).digest()[:READ_KEY_BYTES]


def mark_of(fingerprint: str) -> bytes:
    """Return what a link carries of a fingerprint (64 hex digits): its first 16 bytes."""
    return bytes.fromhex(fingerprint)[:MARK_BYTES]


def fragment(link: Link) -> str:
    """Write a link as the part behind the ``#``, without the sign itself.

    The code stands last: it has letters and digits only, and mail programs drop other signs from the end of a link.
    """
    parts = (link.wave, link.crowd, link.language, encode64(link.read_key), encode64(link.mark), link.code)
    return "/".join(quote(part, safe=_UNESCAPED) for part in parts)


def parse(text: str) -> Link:
    """Read a link: a whole address, or the part behind the ``#`` with or without the sign.

    Raises:
        Refused: the text is no link to a sealed wave; the sentence does not repeat it.
    """
    parts = text.strip().rpartition("#")[2].split("/")
    if len(parts) != _PARTS:
        raise Refused("This is not a complete link. Please copy all of it from the message that you received.")
    try:
        wave, crowd, language, key, mark, code = (unquote(part, errors="strict") for part in parts)
        found = Link(
            wave=wave,
            crowd=crowd,
            language=language,
            read_key=decode64(key, READ_KEY_BYTES),
            code=codes.encode(codes.decode(code)),
            mark=decode64(mark, MARK_BYTES),
        )
    except (NotOnWire, UnicodeDecodeError) as error:
        raise _damaged() from error
    if not (wave and crowd and language):
        raise _damaged()
    return found


def _damaged() -> Refused:
    return Refused("This link is damaged. Please copy all of it from the message that you received.")
