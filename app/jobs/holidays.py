"""Keeps the public holidays of the teams' countries known ahead, day by day, without anybody asking."""

from __future__ import annotations

import datetime as dt

from app.installation import Installation
from reports.services.pressure import compute_pressure
from surveys.services.calendar_days import refresh_holidays
from surveys.services.roadmap import REWRITTEN_TABLES
from surveys.store import accounts, organisation


def refresh(inst: Installation, *, now: dt.datetime, actor: str) -> int:
    """Store what is new, compute the weeks that it touches, and return how many days changed."""
    with inst.database.transaction() as session:
        changed = refresh_holidays(session, today=now.date())
        if not changed:
            return 0
        detail = {"changed": changed}
        accounts.add_audit_event(session, at=now, actor=actor, action="calendar.holidays", subject="", detail=detail)
    with inst.database.transaction() as session:
        zones = {team.key: team.timezone for team in organisation.list_teams(session) if team.is_active}
        compute_pressure(session, teams=zones, until=now.date())
    inst.database.rewrite(REWRITTEN_TABLES)  # hashes of people may have been counted on the way
    return changed
