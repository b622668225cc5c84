"""SQL for the roadmap pages of a report: which sources hold the work of some teams."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.models.roadmap import RoadmapSource, WorkItem


def sources_of(session: Session, teams: Collection[str]) -> list[RoadmapSource]:
    """Return the sources with items of ``teams``, by name."""
    query = (
        select(RoadmapSource)
        .where(RoadmapSource.name.in_(select(WorkItem.source).where(WorkItem.team.in_(sorted(teams))).distinct()))
        .order_by(RoadmapSource.name)
    )
    return list(session.scalars(query))
