"""Looks at every released wave again each night, notes the outcome, and tells the stewards where one does not pass."""

from __future__ import annotations

import datetime as dt
import logging

from sqlalchemy.orm import Session

from app import mail
from app.installation import Installation
from app.mail import Letter, MailDeferred, MailRefused, Sender
from reports.disclosure.wave_audit import WaveAccount
from reports.services import auditing
from surveys.enums import Role, WaveStatus
from surveys.i18n import translator
from surveys.models.accounts import Account
from surveys.store import accounts, audit_events, waves

ACTION = "releases.audit"
"""The action under which the audit log notes the outcome; ``detail`` names the waves that failed."""

FROM_HOUR = 1
"""Hour (UTC) from which the audit of a day is due."""

_LOG = logging.getLogger("barograph.audit")


def is_due(session: Session, now: dt.datetime) -> bool:
    """Tell whether the audit of this day (UTC) has still to be made; a wave is looked at from the day after on."""
    today = now.astimezone(dt.UTC).date()
    if now.astimezone(dt.UTC).hour < FROM_HOUR:
        return False
    released = [row.released_at for row in waves.list_waves(session, status=WaveStatus.RELEASED)]
    if not any(at is not None and at.astimezone(dt.UTC).date() < today for at in released):
        return False
    last = audit_events.find_last_event(session, ACTION)
    return last is None or last.at.astimezone(dt.UTC).date() < today


def audit_releases(inst: Installation, *, now: dt.datetime, actor: str, post: Sender) -> bool:
    """Audit all released waves, note it, and write to the stewards and operators if one fails; return whether all pass.

    What does not pass is neither shown nor exported any more, whether or not anybody reads the message.
    """
    with inst.database.reading() as session:
        failing = auditing.failing_waves(session)
    with inst.database.transaction() as session:
        accounts.add_audit_event(
            session,
            at=now,
            actor=actor,
            action=ACTION,
            subject="all",
            detail={"failing": [wave for wave, _ in failing]},
        )
        readers = [] if not failing else _readers(session)
    for wave, account in failing:
        _LOG.error("%s: %s", wave, " ".join(str(line) for line in account.lines))
    for reader in readers:
        try:
            post.send(_letter(inst, failing, reader, now))
        except (MailRefused, MailDeferred) as error:
            _LOG.error("audit: %s", error)
    return not failing


def _readers(session: Session) -> list[Account]:
    return [
        account
        for account in accounts.list_accounts(session)
        if account.is_active
        and any(grant.role in {Role.STEWARD, Role.OPERATOR} for grant in accounts.list_grants(session, account.id))
    ]


def _letter(inst: Installation, failing: list[tuple[str, WaveAccount]], reader: Account, now: dt.datetime) -> Letter:
    say = translator(reader.language)
    paragraphs = [
        say.t("Hello,"),
        say.t("The nightly audit refused released figures. They are neither shown nor exported until it passes them."),
        *(" ".join([f"{wave}:", *(say.render(line) for line in account.lines)]) for wave, account in failing),
        say.t("The whole account is printed by: barograph wave audit {wave}", wave=failing[0][0]),
    ]
    return Letter(
        message_id=mail.message_id(
            inst.settings,
            inst.keys.installation_key(),
            wave=failing[0][0],
            kind="audit",
            person_id=reader.id,
            generation=now.toordinal(),
        ),
        to=reader.email,
        subject=say.t("Barograph: released figures did not pass the audit"),
        text="\n\n".join(paragraphs) + "\n",
        language=say.language,
        written_at=now,
    )
