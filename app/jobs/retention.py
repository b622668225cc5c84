"""Deletes what has had its time: the totals of old waves, and lists of counted ballots after their week."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from app.installation import Installation
from surveys.models.waves import Wave
from surveys.services import tally
from surveys.store import accounts, counted


def is_over(session: Session, wave: Wave, *, days: int, now: dt.datetime) -> bool:
    """Tell whether a released wave still has totals although ``days`` have passed since its release."""
    if wave.released_at is None or now - wave.released_at < dt.timedelta(days=days):
        return False
    return tally.has_totals(session, wave.slug)


def forget_totals(inst: Installation, *, wave: str, now: dt.datetime, actor: str) -> None:
    """Delete the totals of a wave and note it; a repeat finds nothing left."""
    with inst.database.transaction() as session:
        tally.forget_totals(session, wave=wave)
        accounts.add_audit_event(session, at=now, actor=actor, action="wave.forget", subject=wave, detail={})


def forget_list(inst: Installation, *, wave: str, now: dt.datetime, actor: str) -> None:
    """Delete the list of counted ballots of a wave from the files too and note it; a repeat finds nothing left."""
    with inst.database.transaction() as session:
        if counted.has_list(session, wave):
            counted.delete_list(session, wave)
            accounts.add_audit_event(session, at=now, actor=actor, action="wave.unlist", subject=wave, detail={})
    inst.database.rewrite(("counted_list",))
