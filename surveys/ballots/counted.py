"""Turns the marks of the ballots that were counted into one list whose length tells nobody how many there were."""

from __future__ import annotations

import secrets
from bisect import bisect_left
from collections.abc import Callable, Iterable

HASH_BYTES = 32
STEP = 50
"""The list is filled up with random entries to the next multiple of this from the number of invited people."""


def padded_list(
    hashes: Iterable[bytes], *, invited: int, random_bytes: Callable[[int], bytes] = secrets.token_bytes
) -> bytes:
    """Return the hashes of the counted nonces, sorted and filled up with random ones, as one row of bytes.

    Args:
        hashes: 32 bytes each, in any order and without crowds.
        invited: how many people were invited, which is public; the length hangs on it and not on who answered.
        random_bytes: where the entries that fill up come from; they cannot be told from true ones.

    Returns:
        As many entries of 32 bytes as people were invited, rounded up to a multiple of 50; more where there are more
        ballots than that.
    """
    entries = set(hashes)
    if any(len(each) != HASH_BYTES for each in entries):
        raise ValueError("a hash has 32 bytes")
    wanted = max(STEP, *(-(-number // STEP) * STEP for number in (invited, len(entries))))
    while len(entries) < wanted:
        entries.add(random_bytes(HASH_BYTES))
    return b"".join(sorted(entries))


def contains(entries: bytes, nonce_hash: bytes) -> bool:
    """Tell whether a hash is in what :func:`padded_list` wrote."""
    rows = split(entries)
    place = bisect_left(rows, nonce_hash)
    return place < len(rows) and rows[place] == nonce_hash


def split(entries: bytes) -> list[bytes]:
    """Return the single hashes of a list, in its order."""
    return [entries[start : start + HASH_BYTES] for start in range(0, len(entries), HASH_BYTES)]


def to_text(entries: bytes) -> str:
    """Write a list as hex, one hash a line."""
    return "".join(f"{each.hex()}\n" for each in split(entries))


def from_text(text: str) -> bytes:
    """Read what :func:`to_text` wrote.

    Raises:
        ValueError: a line is not the hex of 32 bytes, or the lines are not in order.
    """
    rows = [bytes.fromhex(line) for line in text.split()]
    if any(len(each) != HASH_BYTES for each in rows) or rows != sorted(rows):
        raise ValueError("not a list of counted ballots")
    return b"".join(rows)
