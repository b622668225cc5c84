"""Queues the writers of a hash chain, so that each row knows the one before."""

from __future__ import annotations

import zlib

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def take_turn(session: Session, chain: str) -> None:
    """Wait until no other transaction appends to ``chain``; the turn ends with the caller's transaction.

    A lock on the last row does not do: whoever waited for it reads the old last row again, and an empty table has no
    row to lock. SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(zlib.crc32(chain.encode()))))
