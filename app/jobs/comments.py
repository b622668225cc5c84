"""Releases the comments of a wave, or destroys them, and rewrites the files before anybody is told that it is done."""

from __future__ import annotations

import datetime as dt

from app.installation import Installation
from reports.services import comment_release
from reports.services.comment_release import CommentAccount
from surveys.enums import WaveStatus
from surveys.errors import Refused
from surveys.services import redaction
from surveys.store import accounts, waves


def release_comments(inst: Installation, *, wave: str, now: dt.datetime, actor: str) -> CommentAccount:
    """Release what the redactor kept, once; a repeat finishes what is missing.

    The log says how many were kept and removed in the whole wave, never which and never of which unit.

    Raises:
        Refused: the wave has no comments, is not released itself, or some are undecided before the deadline; or the
            files could not be rewritten yet, and nothing is shown before they are.
    """
    with inst.database.transaction() as session:
        account = comment_release.settle_comments(session, wave=wave, now=now)
        if not account.was_begun:
            numbers = {name: getattr(account, name) for name in ("shown", "held_back", "removed", "undecided")}
            accounts.add_audit_event(
                session, at=now, actor=actor, action="comments.settle", subject=wave, detail=numbers
            )
        is_done = waves.get_wave(session, wave).comments_released_at is not None
    if is_done:
        return account
    _wipe(inst, wave)
    with inst.database.transaction() as session:
        if comment_release.publish_comments(session, wave=wave, now=now, actor=actor):
            accounts.add_audit_event(session, at=now, actor=actor, action="comments.release", subject=wave, detail={})
    return account


def destroy_comments(inst: Installation, *, wave: str, now: dt.datetime, actor: str) -> None:
    """Destroy the waiting comments of a withdrawn wave; a repeat finishes what is missing.

    Raises:
        Refused: the wave is not withdrawn, or the files could not be rewritten yet.
    """
    with inst.database.transaction() as session:
        if waves.lock_wave(session, wave).status != WaveStatus.WITHDRAWN:
            raise Refused("Wave {wave} is not withdrawn, so its comments stay.", wave=wave)
        redaction.discard(session, wave=wave)
    _wipe(inst, wave)
    with inst.database.transaction() as session:
        if redaction.close(session, wave=wave):
            accounts.add_audit_event(session, at=now, actor=actor, action="comments.destroy", subject=wave, detail={})


def finish_comments(inst: Installation, *, wave: str, now: dt.datetime, actor: str) -> None:
    """Do what is due with the comments of a wave: destroy them where it is withdrawn, else release them."""
    with inst.database.reading() as session:
        is_withdrawn = waves.get_wave(session, wave).status == WaveStatus.WITHDRAWN
    if is_withdrawn:
        destroy_comments(inst, wave=wave, now=now, actor=actor)
    else:
        release_comments(inst, wave=wave, now=now, actor=actor)


def _wipe(inst: Installation, wave: str) -> None:
    try:
        inst.database.rewrite(redaction.REWRITTEN_TABLES)
    except Refused as error:
        raise Refused(
            "The comments of wave {wave} are settled, but those removed could not be wiped from the disk yet. The "
            "schedule tries again every few minutes, and nothing is shown before.",
            wave=wave,
        ) from error
