"""Deletes what has had its time: totals of old waves, lists of counted ballots after their week, uploads unapplied."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from app.installation import Installation
from surveys.models.waves import Wave
from surveys.services import roadmap_drafts, tally
from surveys.services.connections import staging
from surveys.store import accounts, counted
from surveys.store.connections import STAGED_TABLE
from surveys.store.roadmap_drafts import DRAFT_TABLE


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


def forget_drafts(inst: Installation, *, now: dt.datetime) -> None:
    """Delete uploads of roadmaps that were not applied within their hour, from the files too."""
    with inst.database.transaction() as session:
        roadmap_drafts.forget_drafts(session, now)
    inst.database.rewrite((DRAFT_TABLE,))


def forget_staging(inst: Installation, *, now: dt.datetime) -> None:
    """Delete what cut-off syncs had read and nobody goes on with, from the files too.

    The mark of such a sync goes last, so that a repeat finishes what could not be wiped. Raises ``Refused`` then.
    """
    with inst.database.reading() as session:
        stale = staging.list_stale(session, now)
    if not stale:
        return
    with inst.database.transaction() as session:
        for name in stale:
            staging.clear_stale(session, name, now)
    inst.database.rewrite((STAGED_TABLE,))
    with inst.database.transaction() as session:
        for name in stale:
            staging.end_stale(session, name, now)
