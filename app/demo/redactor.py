"""Turns the waiting comments of a wave into released ones: a redactor reads each of them, then they are released."""

from __future__ import annotations

import datetime as dt

from app.demo.remarks import tells_too_much
from app.installation import Installation
from app.jobs.comments import release_comments
from reports.services.comment_release import CommentAccount
from surveys.services import redaction
from surveys.services.redaction import Decision

READING = dt.timedelta(hours=4)
"""From the release of the figures until everything is read, on the same day and so before the day of today."""


def settle_comments(inst: Installation, *, wave: str, now: dt.datetime, actor: str) -> CommentAccount | None:
    """Keep or remove every comment of a released wave and release those kept; None where none waits.

    In an organisation of twelve people fewer than ten may answer, and then the count keeps no comment.
    """
    with inst.database.transaction() as session:
        texts = redaction.list_texts(session, wave)
        for each in texts:
            decision = Decision.REMOVED if tells_too_much(each.text) else Decision.KEPT
            redaction.decide(session, wave=wave, unit=each.unit, place=each.place, decision=decision)
    return release_comments(inst, wave=wave, now=now, actor=actor) if texts else None
