"""Cuts a long list into parts that fit on a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, kw_only=True)
class Part(Generic[Row]):
    """One part of a list: its rows, its number from 1, and how many parts there are (at least one)."""

    rows: Sequence[Row]
    number: int
    parts: int


def part_of(rows: Sequence[Row], asked: str, *, size: int) -> Part[Row]:
    """Return the part that a request asks for by number; the first or last one where there is none of this number."""
    parts = max(1, -(-len(rows) // size))
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
    number = min(max(1, number), parts)
    return Part(rows=rows[(number - 1) * size : number * size], number=number, parts=parts)
