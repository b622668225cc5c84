"""SQL for uploads that wait for their map, and for taking a source away."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from surveys.models.roadmap import (
    PlanDateSeen,
    RoadmapDraft,
    RoadmapMap,
    RoadmapPlan,
    RoadmapSource,
    WorkEvent,
    WorkItem,
)

DRAFT_TABLE = RoadmapDraft.__tablename__


def put_draft(session: Session, draft: RoadmapDraft) -> None:
    """Store a draft, or replace the one of its token."""
    session.merge(draft)
    session.flush()


def find_draft(session: Session, token: str) -> RoadmapDraft | None:
    """Return a draft or ``None``."""
    return session.get(RoadmapDraft, token)


def delete_drafts(session: Session, *, prefix: str) -> int:
    """Delete the drafts whose token begins with ``prefix`` and return their number."""
    tokens = session.scalars(select(RoadmapDraft.token)).all()
    wanted = [token for token in tokens if token.startswith(prefix)]
    session.execute(delete(RoadmapDraft).where(RoadmapDraft.token.in_(wanted)))
    return len(wanted)


def delete_until(session: Session, moment: dt.datetime) -> None:
    """Delete the drafts that were uploaded by ``moment``."""
    session.execute(delete(RoadmapDraft).where(RoadmapDraft.made_at <= moment))


def any_until(session: Session, moment: dt.datetime) -> bool:
    """Say whether there are drafts that were uploaded by ``moment``."""
    return bool(session.scalar(select(exists().where(RoadmapDraft.made_at <= moment))))


def delete_source(session: Session, name: str) -> None:
    """Delete a source with all that was imported, the days seen for its plans and its map."""
    for table in (WorkEvent, WorkItem, RoadmapPlan, PlanDateSeen):
        session.execute(delete(table).where(table.source == name).execution_options(synchronize_session=False))
    session.execute(delete(RoadmapMap).where(RoadmapMap.name == name))
    session.execute(delete(RoadmapSource).where(RoadmapSource.name == name))
    session.expire_all()


def names_of_maps(session: Session) -> list[str]:
    """Return the names of the sources that have a map, imported or not."""
    return list(session.scalars(select(RoadmapMap.name).order_by(RoadmapMap.name)))
