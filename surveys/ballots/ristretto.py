"""Turns group elements and scalars of ristretto255 (RFC 9496) into others, by libsodium's constant-time functions.

The one place that knows the library ``rbcl``. Elements and scalars are 32 bytes; whatever comes from outside goes
through :func:`element` or :func:`scalar` first, or through :func:`multiply`, which decodes strictly itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import sys
from pathlib import Path
from typing import cast

import rbcl

ELEMENT_BYTES = 32
SCALAR_BYTES = 32
UNIFORM_BYTES = 64

_IDENTITY = bytes(ELEMENT_BYTES)
_ZERO = bytes(SCALAR_BYTES)
_ORDER = 2**252 + 27742317777372353535851937790883648493
"""Order of the group (RFC 9496, section 4)."""

_BLOCK_BYTES = 128


def _remove_copy_of_library() -> None:
    """Delete the file that ``rbcl`` unpacks libsodium into at each start and leaves behind, 2.8 MB a process.

    What is loaded stays loaded; where a system does not let go of a loaded file, it is left as the library leaves it.
    """
    path = getattr(sys.modules.get("rbcl._sodium"), "lib_path", None)
    if isinstance(path, str):
        with contextlib.suppress(OSError):
            Path(path).unlink(missing_ok=True)


_remove_copy_of_library()


class ProtocolError(Exception):
    """An element, a scalar or a proof is not what the protocol allows."""


def element(raw: bytes) -> bytes:
    """Return a canonical element other than the identity (RFC 9497, section 2.1, DeserializeElement).

    Raises:
        ProtocolError: wrong length, not canonical, not an element, or the identity.
    """
    if len(raw) != ELEMENT_BYTES or raw == _IDENTITY or not rbcl.crypto_core_ristretto255_is_valid_point(raw):
        raise ProtocolError("not an element of the group")
    return raw


def scalar(raw: bytes) -> bytes:
    """Return a canonical scalar other than zero (RFC 9497, section 2.1, DeserializeScalar).

    The RFC lets zero pass; an honest party meets it once in 2^252 runs, so it is refused here.

    Raises:
        ProtocolError: wrong length, not below the order of the group, or zero.
    """
    if len(raw) != SCALAR_BYTES or not 0 < int.from_bytes(raw, "little") < _ORDER:
        raise ProtocolError("not a scalar of the group")
    return raw


def random_scalar() -> bytes:
    """Return a uniformly random scalar other than zero."""
    return cast("bytes", rbcl.crypto_core_ristretto255_scalar_random())


def base(factor: bytes) -> bytes:
    """Return the generator times a scalar; ProtocolError where that is the identity."""
    try:
        return cast("bytes", rbcl.crypto_scalarmult_ristretto255_base(factor))
    except (RuntimeError, ValueError) as error:
        raise ProtocolError("a product is the identity") from error


def multiply(factor: bytes, point: bytes) -> bytes:
    """Return an element times a scalar.

    libsodium decodes ``point`` strictly, so that an element from outside needs no other check.

    Raises:
        ProtocolError: ``point`` is no canonical element, or the product is the identity.
    """
    try:
        return cast("bytes", rbcl.crypto_scalarmult_ristretto255(factor, point))
    except (RuntimeError, ValueError) as error:
        raise ProtocolError("not an element of the group, or a product is the identity") from error


def add(first: bytes, second: bytes) -> bytes:
    """Return the sum of two elements that are known to be valid; ProtocolError where it is the identity."""
    total = cast("bytes", rbcl.crypto_core_ristretto255_add(first, second))
    if total == _IDENTITY:
        raise ProtocolError("a sum is the identity")
    return total


def scalar_add(first: bytes, second: bytes) -> bytes:
    """Return the sum of two scalars modulo the order; ProtocolError where it is zero."""
    total = cast("bytes", rbcl.crypto_core_ristretto255_scalar_add(first, second))
    if hmac.compare_digest(total, _ZERO):
        raise ProtocolError("a scalar is zero")
    return total


def scalar_subtract(first: bytes, second: bytes) -> bytes:
    """Return the difference of two scalars modulo the order."""
    return cast("bytes", rbcl.crypto_core_ristretto255_scalar_sub(first, second))


def scalar_multiply(first: bytes, second: bytes) -> bytes:
    """Return the product of two scalars modulo the order."""
    return cast("bytes", rbcl.crypto_core_ristretto255_scalar_mul(first, second))


def scalar_invert(factor: bytes) -> bytes:
    """Return the inverse of a scalar other than zero modulo the order."""
    return cast("bytes", rbcl.crypto_core_ristretto255_scalar_invert(factor))


def hash_to_group(message: bytes, tag: bytes) -> bytes:
    """Map a message to an element (RFC 9497, section 4.1; RFC 9380, appendix B).

    Raises:
        ProtocolError: the element is the identity, which no known message reaches.
    """
    point = cast("bytes", rbcl.crypto_core_ristretto255_from_hash(_uniform(message, tag)))
    if point == _IDENTITY:
        raise ProtocolError("a message maps to the identity")
    return point


def hash_to_scalar(message: bytes, tag: bytes) -> bytes:
    """Map a message to a scalar, which may be zero (RFC 9497, section 4.1)."""
    return cast("bytes", rbcl.crypto_core_ristretto255_scalar_reduce(_uniform(message, tag)))


def _uniform(message: bytes, tag: bytes) -> bytes:
    """expand_message_xmd with SHA-512 for 64 bytes, which is one block of output (RFC 9380, section 5.3.1)."""
    suffix = tag + bytes([len(tag)])
    length = UNIFORM_BYTES.to_bytes(2, "big")
    first = hashlib.sha512(bytes(_BLOCK_BYTES) + message + length + b"\0" + suffix).digest()
    return hashlib.sha512(first + b"\1" + suffix).digest()
