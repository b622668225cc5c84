"""Finds what syncs have read that will never be gone on with, and takes it away with its hashes of people."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from surveys.models.roadmap import RoadmapConnection
from surveys.services.connections.state import STALE, read_state
from surveys.store import connections as store


def list_stale(session: Session, now: dt.datetime) -> list[str]:
    """Return the names of the connections whose sync was cut off too long ago, or by a program of another form."""
    return [row.name for row in store.list_connections(session) if _is_stale(row, now)]


def clear_stale(session: Session, name: str, now: dt.datetime) -> None:
    """Delete what the sync of a connection had read, if it is still stale; the place to go on stays as its mark."""
    if _is_stale(store.lock_connection(session, name), now):
        store.clear_staged(session, name)


def end_stale(session: Session, name: str, now: dt.datetime) -> None:
    """Take the mark away too, once the files hold nothing of it."""
    row = store.lock_connection(session, name)
    if _is_stale(row, now):
        row.resume = None


def _is_stale(row: RoadmapConnection, now: dt.datetime) -> bool:
    if row.resume is None:
        return False
    state = read_state(row.resume)
    return state is None or now - state.started_at >= STALE
