"""Turns the bytes of an answer into JSON values, in bounded memory whatever the other side packs into it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable

import httpx

from surveys.services.connections.failures import SyncFailed

_GZIP = frozenset({"gzip", "x-gzip"})
_PLAIN = frozenset({"", "identity"})
_STEP = 1 << 18
_MOST_PARTS = 1_000_000
_UNUSUAL = (b"\\ud", b"\\u0000")


def read_body(response: httpx.Response, *, host: str, limit: int, check: Callable[[], None]) -> bytes:
    """Return the unpacked body of an answer, of at most ``limit`` bytes; ``check`` may raise between any two parts.

    Only gzip is unpacked, and no further than to the limit: ``httpx`` itself would unpack a whole part at once, and
    whatever the other side names. Raises ``SyncFailed`` for a larger body, another packing, or one that is damaged.
    """
    packing = response.headers.get("content-encoding", "").strip().lower()
    if packing in _PLAIN:
        parts: Iterable[bytes] = response.iter_raw()
    elif packing in _GZIP:
        parts = _unpacked(response.iter_raw(_STEP), host)
    else:
        raise SyncFailed("{host} packs its answer in a way that was not asked for, so it was not read.", host=host)
    found = bytearray()
    for part in parts:
        found += part
        if len(found) > limit:
            raise SyncFailed(
                "An answer of {host} is larger than {limit} MB, so it was not read.",
                host=host,
                limit=limit // 1024 // 1024,
            )
        check()
    return bytes(found)


def read_json(content: bytes, *, host: str, path: str) -> object:
    """Return the JSON value of a body; half characters and zeros, which no database stores, are replaced."""
    if content.count(b"{") + content.count(b"[") > _MOST_PARTS:  # each takes many times its bytes in memory
        raise SyncFailed("An answer of {host} has more than a million parts, so it was not read.", host=host)
    try:
        value: object = json.loads(content)
        folded = content.lower()
        return _mended(value) if any(sign in folded for sign in _UNUSUAL) else value
    except (ValueError, RecursionError):
        raise SyncFailed(
            "The answer of {host} to {path} is not JSON. Is this the address of the interface?", host=host, path=path
        ) from None


def _unpacked(parts: Iterable[bytes], host: str) -> Iterable[bytes]:
    """Yield unpacked bytes, a bounded number at a time."""
    engine = zlib.decompressobj(wbits=31)
    try:
        for part in parts:
            left = part
            while left and not engine.eof:
                yield engine.decompress(left, _STEP)
                left = engine.unconsumed_tail
        while not engine.eof and (rest := engine.decompress(b"", _STEP)):
            yield rest
    except zlib.error:
        raise SyncFailed("The answer of {host} cannot be read.", host=host) from None
    if not engine.eof:
        raise SyncFailed("The answer of {host} cannot be read.", host=host)


def _mended(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")
    if isinstance(value, list):
        return [_mended(part) for part in value]
    if isinstance(value, dict):
        return {str(_mended(name)): _mended(part) for name, part in value.items()}
    return value
