"""Hands the mailings of a wave over, each message once, and notes every delivery after it was taken.

A crash between the two repeats at most one message, which carries the same Message-ID.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from app import lifecycle, mail
from app.installation import Installation
from app.mail import Letter, MailDeferred, MailRefused, Sender, WaveFacts
from surveys.enums import BallotMode, WaveStatus
from surveys.models.invitations import Delivery, Mailing
from surveys.services import invitations as invitation_service
from surveys.store import accounts, organisation, waves
from surveys.store import invitations as store
from surveys.store.invitations import Addressee

_FAILURES_IN_A_ROW = 3
"""After so many the server is down, and the rest waits for the next attempt instead of for as many time-outs."""


@dataclass(frozen=True, kw_only=True)
class MailingAccount:
    """What an attempt at a mailing did, in numbers of messages."""

    sent: int
    refused: int
    waiting: int


def send_mailing(
    inst: Installation, *, wave: str, kind: str, now: dt.datetime, actor: str, post: Sender
) -> MailingAccount:
    """Send a mailing to everybody invited who did not get it yet; it is finished when nobody is left waiting.

    Whether somebody has answered or taken a ballot paper is never read here. In card mode nobody is written to, and
    the mailing is finished at once.

    An address that the mail server refuses for good counts as served, and the audit log says how many there were.

    Raises:
        Refused: the wave is not open, or there is no such mailing.
    """
    with _one_at_a_time(inst):
        with inst.database.transaction() as session:
            invitation_service.start_mailing(session, wave=wave, kind=kind)
        facts = facts_of(inst, wave)
        with inst.database.reading() as session:
            waiting = invitation_service.list_undelivered(session, wave=wave, kind=kind)
        return _deliver(
            inst,
            wave=wave,
            kind=kind,
            now=now,
            actor=actor,
            post=post,
            waiting=waiting,
            write=lambda addressee: invitation_letter(inst, facts, kind=kind, addressee=addressee, now=now),
        )


def send_release_notices(
    inst: Installation, *, wave: str, now: dt.datetime, actor: str, post: Sender
) -> MailingAccount:
    """Tell the leaders of the teams of a released wave that its results are out."""
    facts = facts_of(inst, wave)
    with _one_at_a_time(inst):
        leaders = _leaders(inst, wave)
        with inst.database.transaction() as session:
            if store.find_mailing(session, wave=wave, kind=mail.RELEASED) is None:
                session.add(Mailing(wave=wave, kind=mail.RELEASED, recipients=len(leaders), finished_at=None))
        with inst.database.reading() as session:
            waiting = [
                leader for leader in leaders if session.get(Delivery, (wave, mail.RELEASED, leader.person_id)) is None
            ]
        return _deliver(
            inst,
            wave=wave,
            kind=mail.RELEASED,
            now=now,
            actor=actor,
            post=post,
            waiting=waiting,
            write=lambda addressee: _release_letter(inst, facts, addressee, now),
        )


def resend(inst: Installation, *, wave: str, email: str, now: dt.datetime, actor: str, post: Sender) -> None:
    """Give one person a new link by mail; the old one dies at once. Nothing here tells whether they have answered.

    Raises:
        NotFound: nobody with this address is invited.
        Refused: the wave is not open, or it is answered with cards.
        MailDeferred, MailRefused: the message was not taken; a repeat makes yet another link.
    """
    facts = facts_of(inst, wave)
    with inst.database.transaction() as session:
        addressee = invitation_service.renew_link(session, inst.keys, wave=wave, email=email)
        # Who asked stays out: the log must not tell who has a reason to ask for a link.
        accounts.add_audit_event(session, at=now, actor=actor, action="invite.resend", subject=wave, detail={})
    # After the commit: a mail server that hangs must not keep a write lock.
    post.send(invitation_letter(inst, facts, kind=invitation_service.MAILINGS[0], addressee=addressee, now=now))


def facts_of(inst: Installation, wave: str) -> WaveFacts:
    """Return what the messages of a wave say about it."""
    with inst.database.reading() as session:
        row = waves.get_wave(session, wave)
        programme = waves.get_programme(session, row.programme_slug)
        return WaveFacts(
            wave=wave,
            organisation=programme.organisation,
            mode=BallotMode(row.mode),
            closes_at=row.closes_at,
            timezone=programme.timezone,
            fingerprint=row.fingerprint or "",
            k=row.k,
            seconds=json.loads(row.manifest or "{}").get("seconds", {}),
            second_lock=bytes.fromhex(row.second_lock) if row.second_lock else None,
        )


def invitation_letter(
    inst: Installation, facts: WaveFacts, *, kind: str, addressee: Addressee, now: dt.datetime
) -> Letter:
    """Write the message of one addressee with the personal link."""
    message = lifecycle.message_for(inst, wave=facts.wave, kind=kind, addressee=addressee)
    return mail.wave_letter(
        facts,
        kind=kind,
        to=addressee.email,
        language=addressee.language,
        link=message.link,
        message_id=_message_id(inst, facts.wave, kind, addressee),
        now=now,
    )


def _release_letter(inst: Installation, facts: WaveFacts, addressee: Addressee, now: dt.datetime) -> Letter:
    return mail.release_letter(
        facts,
        to=addressee.email,
        language=addressee.language,
        link=f"{inst.settings.base_url.rstrip('/')}/leader/",
        message_id=_message_id(inst, facts.wave, mail.RELEASED, addressee),
        now=now,
    )


def _deliver(
    inst: Installation,
    *,
    wave: str,
    kind: str,
    now: dt.datetime,
    actor: str,
    post: Sender,
    waiting: Sequence[Addressee],
    write: Callable[[Addressee], Letter],
) -> MailingAccount:
    sent = refused = in_a_row = 0
    for addressee in waiting:
        try:
            post.send(write(addressee))
            sent, in_a_row = sent + 1, 0
        except MailRefused:
            refused, in_a_row = refused + 1, 0
        except MailDeferred:
            in_a_row += 1
            if in_a_row == _FAILURES_IN_A_ROW:
                break
            continue
        if not _note(inst, wave=wave, kind=kind, addressee=addressee):
            break
    left = len(waiting) - sent - refused
    with inst.database.transaction() as session:
        if not left:
            store.finish_mailing(session, wave=wave, kind=kind, now=now)
        if refused:
            detail = {"mailing": kind, "messages": refused}
            accounts.add_audit_event(session, at=now, actor=actor, action="mail.refused", subject=wave, detail=detail)
    return MailingAccount(sent=sent, refused=refused, waiting=left)


def _note(inst: Installation, *, wave: str, kind: str, addressee: Addressee) -> bool:
    """Note a delivery; returns False where the wave closed meanwhile, so that reminders stop at its close."""
    with inst.database.transaction() as session:
        if kind != mail.RELEASED and waves.get_wave(session, wave).status != WaveStatus.OPEN:
            return False
        store.add_delivery(session, wave=wave, kind=kind, person_id=addressee.person_id)
        return True


def _leaders(inst: Installation, wave: str) -> list[Addressee]:
    """Return who leads a team of the wave today, by person; somebody who leads two is told once."""
    with inst.database.reading() as session:
        frozen = {unit.unit for unit in waves.list_units(session, wave)}
        leading = {team.leader_id for team in organisation.list_teams(session) if team.is_active and team.key in frozen}
        return [
            Addressee(person_id=person.id, email=person.email, name=person.name, language=person.language, generation=1)
            for person in organisation.list_people(session)
            if person.id in leading
        ]


def _message_id(inst: Installation, wave: str, kind: str, addressee: Addressee) -> str:
    return mail.message_id(
        inst.settings,
        inst.keys.installation_key(),
        wave=wave,
        kind=kind,
        person_id=addressee.person_id,
        generation=addressee.generation,
    )


@contextmanager
def _one_at_a_time(inst: Installation) -> Iterator[None]:
    """Keep a command and the worker of one machine from sending the same mailing side by side."""
    with (inst.settings.data_dir / "mailing.lock").open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(stream, fcntl.LOCK_UN)
