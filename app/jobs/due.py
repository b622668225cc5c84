"""Turns the state of the database and an instant into the jobs that are due; the database alone decides.

A job is due until its effect stands in the database, so losing every record of the job queue loses nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.jobs import nightly_audit, retention, sync
from app.mail import RELEASED
from reports.services import analysis, link
from surveys.enums import WaveStatus
from surveys.models.waves import Programme, Wave
from surveys.services import calendar_days, handover, redaction, roadmap_drafts
from surveys.services.invitations import MAILINGS
from surveys.store import counted, invitations, waves
from surveys.store.keys import KeyStore

NOTICE_DAYS = 2
"""How long after a release its leaders are still told of it; later the news is no news."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One piece of work; its fields name waves and programmes, never a person."""

    kind: str
    subject: str
    part: str = ""
    is_noted_in_queue_only: bool = False
    """Whether only the queue knows that it is done, because its effect is files."""

    @property
    def id(self) -> str:
        """The fixed name under which it runs once."""
        return ":".join(filter(None, (self.kind, self.subject, self.part)))


def due_jobs(session: Session, now: dt.datetime, keys: KeyStore | None = None) -> list[Job]:
    """Return what is due at ``now``, in the order of programmes and waves.

    With ``keys`` a wave does not wait for its trustee where too few of its ballots can be handed over.
    """
    jobs: list[Job] = []
    for programme in waves.list_programmes(session):
        held = list(waves.list_waves(session, programme=programme.slug))
        for wave in held:
            jobs.extend(_of_wave(session, wave, now, keys))
            jobs.extend(_comments(session, wave, now))
        jobs.extend(_after_release(session, held, now))
        jobs.extend(_planning(programme, held))
        jobs.extend(
            Job(kind="forget", subject=wave.slug)
            for wave in held
            if retention.is_over(session, wave, days=programme.retention_days, now=now)
        )
    if nightly_audit.is_due(session, now):
        jobs.append(Job(kind="audit", subject=now.astimezone(dt.UTC).date().isoformat()))
    jobs.extend(Job(kind="unlist", subject=wave) for wave in counted.list_old(session, now))
    if roadmap_drafts.has_old_drafts(session, now):
        jobs.append(Job(kind="drafts", subject="old"))
    today = now.astimezone(dt.UTC).date()
    if calendar_days.are_holidays_due(session, today=today):
        jobs.append(Job(kind="holidays", subject=today.isoformat()))
    jobs.extend(Job(kind="sync", subject=connection) for connection in sync.due_syncs(session, now))
    return jobs


def reminder_times(wave: Wave) -> dict[str, dt.datetime]:
    """Return when the two reminders are due: after one third and two thirds of the time the wave is open."""
    start = max(wave.opened_at or wave.opens_at, wave.opens_at)
    third = (wave.closes_at - start) / 3
    return {MAILINGS[1]: start + third, MAILINGS[2]: start + 2 * third}


def _of_wave(session: Session, wave: Wave, now: dt.datetime, keys: KeyStore | None) -> Iterator[Job]:
    status = WaveStatus(wave.status)
    is_wiped = wave.rewritten_at is not None and wave.key_destroyed_at is not None
    if status is WaveStatus.PLANNED and now >= wave.opens_at:
        # A wave whose whole time passed while nothing ran would open and close at once, and block the next one.
        yield Job(kind="open" if now < wave.closes_at else "skip", subject=wave.slug)
    elif status is WaveStatus.OPEN and now < wave.closes_at:
        yield from (Job(kind="mail", subject=wave.slug, part=kind) for kind in _mailings(session, wave, now))
    elif status in {WaveStatus.OPEN, WaveStatus.CLOSED}:
        if not handover.is_waiting(session, wave, keys):  # only people can end that, so it is no job
            yield Job(kind="close", subject=wave.slug)
    elif status is WaveStatus.COUNTED:
        if not is_wiped:
            yield Job(kind="close", subject=wave.slug)
        elif now >= wave.releases_at:
            yield Job(kind="release", subject=wave.slug)
    elif status is WaveStatus.WITHDRAWN and wave.fingerprint is not None and not is_wiped:
        yield Job(kind="close", subject=wave.slug)


def _mailings(session: Session, wave: Wave, now: dt.datetime) -> list[str]:
    """Return the unfinished mailings whose time has come; of two late reminders only the last."""
    times = reminder_times(wave)
    reminders = [kind for kind in MAILINGS[1:] if now >= times[kind]][-1:]
    return [kind for kind in (MAILINGS[0], *reminders) if not _is_finished(session, wave.slug, kind)]


def _is_finished(session: Session, wave: str, kind: str) -> bool:
    mailing = invitations.find_mailing(session, wave=wave, kind=kind)
    return mailing is not None and mailing.finished_at is not None


def _after_release(session: Session, held: list[Wave], now: dt.datetime) -> Iterator[Job]:
    """Yield what follows the latest release; older ones have had their turn or never will."""
    released = [wave for wave in held if wave.status == WaveStatus.RELEASED]
    if not released or released[-1].is_none or released[-1].released_at is None:
        return
    latest = released[-1]
    if analysis.is_due(session, latest.slug):
        yield Job(kind="analyse", subject=latest.slug)
    if link.is_due(session, latest.slug):
        yield Job(kind="link", subject=latest.slug)
    yield Job(kind="reports", subject=latest.slug, is_noted_in_queue_only=True)
    is_news = now - released[-1].released_at < dt.timedelta(days=NOTICE_DAYS)
    if is_news and not _is_finished(session, latest.slug, RELEASED):
        yield Job(kind="mail", subject=latest.slug, part=RELEASED)


def _comments(session: Session, wave: Wave, now: dt.datetime) -> Iterator[Job]:
    """Yield the release of comments at their deadline, and before it the mail to those who read them."""
    if redaction.is_due(session, wave, now):
        yield Job(kind="comments", subject=wave.slug)
    elif redaction.is_waiting(session, wave):
        yield Job(kind="tell-redactors", subject=wave.slug, is_noted_in_queue_only=True)


def _planning(programme: Programme, held: list[Wave]) -> Iterator[Job]:
    if programme.is_active and all(wave.status != WaveStatus.PLANNED for wave in held):
        number = held[-1].number + 1 if held else 1
        yield Job(kind="plan", subject=programme.slug, part=str(number))
