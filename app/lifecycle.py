"""Puts the steps of a wave in order, one transaction or file operation each; every function may be repeated.

A crash between any two steps leaves a state from which calling the same function again finishes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.installation import Installation
from reports.services import release as release_service
from reports.services.release import ReleaseAccount
from surveys.enums import WaveStatus
from surveys.errors import Refused
from surveys.models.waves import Wave
from surveys.services import invitations as invitation_service
from surveys.services import tally
from surveys.services import waves as wave_service
from surveys.store import accounts
from surveys.store import waves as wave_store
from surveys.store.invitations import Addressee


@dataclass(frozen=True, kw_only=True)
class Message:
    """What a sender needs for one invitation or reminder; the secret stands in the fragment only."""

    kind: str
    wave: str
    addressee: Addressee
    link: str
    code: str


Send = Callable[[Message], None]


def plan_next(inst: Installation, *, programme: str, now: dt.datetime, actor: str) -> Wave:
    """Plan the next wave of a programme."""
    with inst.database.transaction() as session:
        wave = wave_service.plan_wave(session, programme=programme, now=now)
        _note(session, now, actor, "wave.plan", wave.slug, opens_at=wave.opens_at.isoformat())
        return wave


def open_wave(inst: Installation, *, wave: str, now: dt.datetime, actor: str) -> None:
    """Open a planned wave; sealed waves need HTTPS, which promise mode on a local machine does not."""
    with inst.database.transaction() as session:
        plan = wave_service.open_wave(session, inst.keys, wave=wave, now=now, thresholds=release_service.thresholds())
        row = wave_store.get_wave(session, wave)
        _note(
            session, now, actor, "wave.open", wave, fingerprint=row.fingerprint, mode=row.mode, crowds=len(plan.crowds)
        )


def send_mailing(inst: Installation, *, wave: str, kind: str, now: dt.datetime, send: Send) -> int:
    """Hand a mailing over to everybody invited who did not get it yet; returns how many messages went out.

    Each delivery is noted in a transaction of its own after the message was taken, so that a crash repeats at most
    one message, which carries the same Message-ID.
    """
    with inst.database.transaction() as session:
        invitation_service.start_mailing(session, wave=wave, kind=kind)
    with inst.database.reading() as session:
        waiting = invitation_service.list_undelivered(session, wave=wave, kind=kind)
    for addressee in waiting:
        send(message_for(inst, wave=wave, kind=kind, addressee=addressee))
        with inst.database.transaction() as session:
            invitation_service.note_delivery(session, wave=wave, kind=kind, addressee=addressee)
    with inst.database.transaction() as session:
        invitation_service.finish_mailing(session, wave=wave, kind=kind, now=now)
    return len(waiting)


def message_for(inst: Installation, *, wave: str, kind: str, addressee: Addressee) -> Message:
    """Return the message of one addressee with the personal link."""
    code = invitation_service.link_code(inst.keys, wave=wave, addressee=addressee)
    link = f"{inst.settings.base_url.rstrip('/')}/answer#{code}"
    return Message(kind=kind, wave=wave, addressee=addressee, link=link, code=code)


def close_wave(inst: Installation, *, wave: str, now: dt.datetime, actor: str) -> tally.CountAccount:
    """Close a wave, count it, rewrite the files and destroy its key; a repeat finishes what is missing."""
    with inst.database.transaction() as session:
        if wave_service.close_wave(session, wave=wave, now=now):
            _note(session, now, actor, "wave.close", wave)
    with inst.database.transaction() as session:
        account = tally.count_wave(session, inst.keys, wave=wave, now=now)
        if not account.already_counted:
            invitation_service.forget(session, wave=wave)
            _note(session, now, actor, "wave.count", wave, none=account.is_none, unreadable=account.unreadable)
    _finish(inst, wave=wave, now=now, actor=actor)
    return account


def release_wave(inst: Installation, *, wave: str, now: dt.datetime, actor: str) -> ReleaseAccount:
    """Release a counted wave, after the auditors have passed it."""
    _finish(inst, wave=wave, now=now, actor=actor)
    with inst.database.transaction() as session:
        account = release_service.build_release(session, wave=wave, now=now, actor=actor)
        if not account.already_released:
            _note(session, now, actor, "wave.release", wave, cells=account.cells)
    return account


def withdraw_wave(inst: Installation, *, wave: str, reason: str, now: dt.datetime, actor: str) -> None:
    """Take a wave back with a reason; ballots that were not counted are destroyed unopened."""
    with inst.database.transaction() as session:
        wave_service.withdraw_wave(session, wave=wave, reason=reason)
        tally.discard_ballots(session, wave=wave)
        invitation_service.forget(session, wave=wave)
        _note(session, now, actor, "wave.withdraw", wave, reason=reason)
    _finish(inst, wave=wave, now=now, actor=actor)


def _finish(inst: Installation, *, wave: str, now: dt.datetime, actor: str) -> None:
    """Rewrite the database files, then destroy the key, each recorded once it is verified."""
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, wave)
        status, rewritten_at, destroyed_at = row.status, row.rewritten_at, row.key_destroyed_at
        was_opened = row.fingerprint is not None
    if status not in {WaveStatus.COUNTED, WaveStatus.WITHDRAWN} or not was_opened:
        return
    if rewritten_at is None:
        with inst.database.reading() as session:
            if tally.has_ballots(session, wave):
                raise Refused("Wave {wave} still has ballots, so its files were not rewritten.", wave=wave)
        inst.database.rewrite((*tally.REWRITTEN_TABLES, *invitation_service.REWRITTEN_TABLES))
        with inst.database.transaction() as session:
            if wave_store.lock_wave(session, wave).rewritten_at is None:
                wave_store.set_wave_values(session, wave, rewritten_at=now)
    if destroyed_at is None:
        inst.keys.destroy_wave_key(wave)
        with inst.database.transaction() as session:
            if wave_store.lock_wave(session, wave).key_destroyed_at is None:
                wave_store.set_wave_values(session, wave, key_destroyed_at=now)
                _note(session, now, actor, "wave.key-destroyed", wave)


def _note(session: Session, now: dt.datetime, actor: str, action: str, subject: str, /, **detail: object) -> None:
    accounts.add_audit_event(session, at=now, actor=actor, action=action, subject=subject, detail=detail)
