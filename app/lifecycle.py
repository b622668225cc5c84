"""Puts the steps of a wave in order, one transaction or file operation each; every function may be repeated.

A crash between any two steps leaves a state from which calling the same function again finishes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from app import answer_page
from app.answer_page import AnswerPage
from app.installation import Installation
from reports.disclosure.segments import admit
from reports.services import link as link_service
from reports.services import release as release_service
from reports.services.release import ReleaseAccount
from surveys.ballots.trustee import OpenedBallots
from surveys.enums import BallotMode, Role, WaveStatus
from surveys.errors import Refused
from surveys.models.waves import Wave
from surveys.services import handover, promises, redaction, tally
from surveys.services import invitations as invitation_service
from surveys.services import papers as paper_service
from surveys.services import waves as wave_service
from surveys.services.handover import HandoverAccount
from surveys.store import accounts
from surveys.store import waves as wave_store
from surveys.store.invitations import Addressee

REWRITTEN_TABLES = tuple(
    dict.fromkeys((*tally.REWRITTEN_TABLES, *invitation_service.REWRITTEN_TABLES, "counted_list", "answer_file"))
)
"""Tables whose files are rewritten after a count, so that deleted rows leave no bytes behind."""

WITHDRAWN_TABLES = (*REWRITTEN_TABLES, *tally.DISCARDED_TABLES)
"""The same after a withdrawal."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """What a sender needs for one invitation or reminder; the secret stands in the fragment only."""

    kind: str
    wave: str
    addressee: Addressee
    link: str
    code: str


@dataclass(frozen=True, kw_only=True)
class CloseAccount(tally.CountAccount):
    """What a close did; where it waits for the trustee of the second lock, nothing is counted yet."""

    is_waiting: bool = False


Send = Callable[[Message], None]


def plan_next(inst: Installation, *, programme: str, now: dt.datetime, actor: str) -> Wave:
    """Plan the next wave of a programme."""
    with inst.database.transaction() as session:
        wave = wave_service.plan_wave(session, programme=programme, now=now)
        _note(session, now, actor, "wave.plan", wave.slug, opens_at=wave.opens_at.isoformat())
        return wave


def open_wave(inst: Installation, *, wave: str, now: dt.datetime, actor: str) -> None:
    """Open a planned wave and keep the answer page for it as it is now.

    Raises:
        Refused: the wave cannot open, the database server keeps a log of statements or times, or the wave is sealed
            and people do not reach it by HTTPS; the sentence names the remedy.
    """
    kept = inst.database.server_log()
    if kept.settings:
        raise Refused(
            "The database server keeps statements or times ({settings}), and with them who answered when. No wave "
            "opens like this. As a superuser of the database run: {remedy} Then start Barograph again; "
            "track_commit_timestamp needs a restart of the database too.",
            settings=", ".join(kept.settings),
            remedy=kept.remedy,
        )
    with inst.database.transaction() as session:
        planned = wave_store.get_wave(session, wave)
        terms = wave_service.Terms(
            thresholds=_thresholds(planned),
            keys_apart=inst.database.is_apart_from(inst.settings.key_dir),
            page=_answer_page(session, inst) if planned.mode == BallotMode.SEALED else None,
            has_redactor=_has_redactor(session),
        )
        plan = wave_service.open_wave(session, inst.keys, wave=wave, now=now, terms=terms)
        row = wave_store.get_wave(session, wave)
        _note(
            session, now, actor, "wave.open", wave, fingerprint=row.fingerprint, mode=row.mode, crowds=len(plan.crowds)
        )


def _thresholds(row: Wave) -> dict[str, object]:
    """Return the disclosure rules as the manifest of a wave promises them."""
    return release_service.thresholds(strict=row.is_strict)


def _has_redactor(session: Session) -> bool:
    """Tell whether somebody who can sign in may read comments before they are shown."""
    return any(
        grant.role == Role.REDACTOR
        for account in accounts.list_accounts(session)
        if account.is_active
        for grant in accounts.list_grants(session, account.id)
    )


def _answer_page(session: Session, inst: Installation) -> AnswerPage:
    """Return the page that a sealed wave keeps.

    Raises:
        Refused: people would reach it without HTTPS, where browsers have no cryptography.
    """
    if not inst.settings.is_secure and not inst.settings.is_local:
        raise Refused(
            "A sealed wave needs HTTPS, because browsers lock answers on secure pages only. Set BAROGRAPH_BASE_URL to "
            "an address that starts with https:// (now {url}), or choose cards with: barograph programme change",
            url=inst.settings.base_url,
        )
    return answer_page.in_use(session)


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
    with inst.database.reading() as session:
        fragment = invitation_service.link_fragment(session, inst.keys, wave=wave, addressee=addressee)
    link = f"{inst.settings.base_url.rstrip('/')}/answer#{fragment}"
    return Message(kind=kind, wave=wave, addressee=addressee, link=link, code=code)


def close_wave(
    inst: Installation, *, wave: str, now: dt.datetime, actor: str, opened: bytes | None = None
) -> CloseAccount:
    """Close a wave, count it, rewrite the files and destroy its key; a repeat finishes what is missing.

    A wave that is withdrawn, but not wiped yet, is wiped and stays withdrawn.

    With a second lock the wave is closed and waits, until ``opened`` is the file that its trustee gave back; where
    fewer than k ballots can be handed over, there is nothing to wait for.

    Raises:
        Refused: the opened file does not answer the handover of this wave; nothing was changed.
    """
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, wave)
        is_half_withdrawn, is_none = _is_half_withdrawn(row), row.is_none
    if is_half_withdrawn:
        _finish(inst, wave=wave, now=now, actor=actor)
        return CloseAccount(wave=wave, is_none=is_none, crowds=0, unreadable=0, already_counted=True)
    with inst.database.transaction() as session:
        if opened is not None:
            handover.check_takes_opened(session, wave=wave)
        if wave_service.close_wave(session, wave=wave, now=now):
            _note(session, now, actor, "wave.close", wave)
    with inst.database.transaction() as session:
        account = _count(session, inst, wave=wave, now=now, actor=actor, opened=opened)
    _finish(inst, wave=wave, now=now, actor=actor)
    return account


def hand_over(inst: Installation, *, wave: str, now: dt.datetime, actor: str) -> HandoverAccount:
    """Return the handover of a closed wave with a second lock, and note that it was made.

    Raises:
        Refused: the wave is not one whose ballots are handed over, or fewer than k ballots can be.
    """
    with inst.database.transaction() as session:
        account = handover.build_handover(session, inst.keys, wave=wave)
        row = wave_store.get_wave(session, wave)
        promises.check_thresholds(row, _thresholds(row))
        _note(session, now, actor, "wave.handover", wave, sha256=handover.required(account).sha256)
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
    """Take a wave back with a reason; ballots that were not counted are destroyed unopened.

    Before its release nothing is left of its answers, its links and its key. A wave that is withdrawn, but not wiped
    yet, is wiped; its first reason stays.

    Raises:
        Refused: the wave cannot be withdrawn; or it is, and its files could not be wiped yet.
    """
    with inst.database.transaction() as session:
        row = wave_store.lock_wave(session, wave)
        if not _is_half_withdrawn(row):
            is_released = row.status == WaveStatus.RELEASED
            wave_service.withdraw_wave(session, wave=wave, reason=reason)
            if is_released:
                link_service.forget_wave(session, wave)
                redaction.discard(session, wave=wave)
            else:
                tally.discard(session, wave=wave)
            invitation_service.forget(session, wave=wave)
            _note(session, now, actor, "wave.withdraw", wave, reason=reason)
    try:
        _finish(inst, wave=wave, now=now, actor=actor)
    except Refused as error:
        raise Refused(
            "Wave {wave} is withdrawn, but what it left could not be wiped from the disk yet. The schedule tries again "
            "every few minutes; to try now, repeat the withdrawal.",
            wave=wave,
        ) from error


def _is_half_withdrawn(row: Wave) -> bool:
    """Tell whether a wave was withdrawn and its files or its key are still to be wiped."""
    is_wiped = row.rewritten_at is not None and row.key_destroyed_at is not None
    return row.status == WaveStatus.WITHDRAWN and row.fingerprint is not None and not is_wiped


def _count(
    session: Session, inst: Installation, *, wave: str, now: dt.datetime, actor: str, opened: bytes | None
) -> CloseAccount:
    """Count a closed wave in the caller's transaction, or tell that it waits for its trustee."""
    row = wave_store.lock_wave(session, wave)
    answers, left_out = None, None
    if row.status == WaveStatus.CLOSED:
        promises.check_thresholds(row, _thresholds(row))
    if row.status == WaveStatus.CLOSED and row.second_lock is not None:
        if opened is not None:
            answers = handover.read_opened(session, inst.keys, wave=wave, file=opened)
        else:
            made = handover.build_handover(session, inst.keys, wave=wave)
            if made.handover is not None:
                return CloseAccount(
                    wave=wave, is_none=False, crowds=0, unreadable=0, already_counted=False, is_waiting=True
                )
            answers, left_out = OpenedBallots(handover_sha256="", ballots=()), made.left_out
    papers = paper_service.count_papers(session, wave) if row.mode == BallotMode.SEALED else None
    counted = tally.count_wave(session, inst.keys, wave=wave, now=now, papers=papers, admit=admit, opened=answers)
    account = CloseAccount(**vars(counted))
    if account.already_counted:
        return account
    joined = release_service.check_count(session, wave=wave)
    account = replace(account, crowds=account.crowds - len(joined))
    invitation_service.forget(session, wave=wave)
    if left_out is not None:
        account = replace(account, unreadable=left_out)  # the others were left unopened, which is not unreadable
    _note(session, now, actor, "wave.count", wave, none=account.is_none, unreadable=account.unreadable)
    if wave_store.lock_wave(session, wave).is_within_papers is False:
        _note(session, now, actor, "wave.more-ballots-than-papers", wave)
    return account


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
        inst.database.rewrite(WITHDRAWN_TABLES if status == WaveStatus.WITHDRAWN else REWRITTEN_TABLES)
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
