"""Turns bytes into the text that JSON carries and back, refusing every second spelling of the same bytes."""

from __future__ import annotations

import base64
import binascii


class NotOnWire(ValueError):
    """A value of a message is not the canonical base64url text of the expected bytes."""


def encode64(raw: bytes) -> str:
    """Write bytes as base64url without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode64(text: object, length: int | None = None) -> bytes:
    """Read what :func:`encode64` wrote, and nothing else: no padding, no blanks, no other signs, no stray last bits.

    Args:
        text: the value found in a message; anything but a text is refused.
        length: the number of bytes expected; any number where it is None.

    Raises:
        NotOnWire: the text is not canonical, or holds another number of bytes.
    """
    if not isinstance(text, str) or not text.isascii():
        raise NotOnWire
    try:
        raw = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotOnWire from error
    if encode64(raw) != text or (length is not None and len(raw) != length):
        raise NotOnWire
    return raw
