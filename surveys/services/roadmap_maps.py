"""Keeps the map of each source, so that the next import of it needs none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy.orm import Session

from surveys.importers.roadmap_map import RoadmapMap, read_map, write_map
from surveys.store import roadmap_writing as store


def saved_map(session: Session, name: str, *, teams: Collection[str]) -> RoadmapMap | None:
    """Return the map that was saved for the source ``name``, ``None`` where none was.

    Raises ``InvalidInput`` where it names a team that is not known any more.
    """
    document = store.load_map(session, name)
    return None if document is None else read_map(document.encode(), source=f"{name}.toml", teams=teams)


def save_map(session: Session, name: str, mapping: RoadmapMap, *, now: dt.datetime) -> None:
    """Save a map for the source ``name`` in place of the one before; the source need not be imported yet."""
    store.save_map(session, name, write_map(mapping), now=now)
