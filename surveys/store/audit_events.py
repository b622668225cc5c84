"""SQL for single questions to the chain of audit events."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.models.accounts import AuditEvent


def find_last_event(session: Session, action: str) -> AuditEvent | None:
    """Return the newest event of a kind, or None."""
    query = select(AuditEvent).where(AuditEvent.action == action).order_by(AuditEvent.number.desc()).limit(1)
    return session.scalars(query).one_or_none()
