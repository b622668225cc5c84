"""Tells the redactors by mail that comments wait for them; the message holds one link and no comment."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from app import mail
from app.installation import Installation
from app.mail import Letter, MailDeferred, MailRefused, Sender
from surveys.enums import Role
from surveys.i18n import translator
from surveys.models.accounts import Account
from surveys.services import redaction
from surveys.services.redaction import WaitingWave
from surveys.store import accounts

KIND = "comments"
"""The name of the mailing in the identifiers of its messages."""


def tell_redactors(inst: Installation, *, wave: str, now: dt.datetime, post: Sender) -> bool:
    """Write to every redactor; returns False where none of the messages was taken, so that it is tried again.

    One that was taken is enough: a repeat would tell those again who were told. Where no redactor is appointed yet, it
    is tried again too; where nothing waits any more, there is nothing to tell, and the answer is True.
    """
    with inst.database.reading() as session:
        waiting = next((each for each in redaction.list_waiting(session) if each.wave == wave), None)
        letters = [
            _letter(inst, waiting, account, now)
            for account in accounts.list_accounts(session)
            if waiting is not None
            and account.is_active
            and any(grant.role == Role.REDACTOR for grant in accounts.list_grants(session, account.id))
        ]
    if waiting is None:
        return True
    taken = 0
    for letter in letters:
        try:
            post.send(letter)
            taken += 1
        except MailRefused:
            taken += 1  # that address will never work, so trying again would not help
        except MailDeferred:
            continue
    return taken > 0


def _letter(inst: Installation, waiting: WaitingWave, account: Account, now: dt.datetime) -> Letter:
    say = translator(account.language)
    due = say.moment(waiting.due_at, ZoneInfo(waiting.timezone))
    paragraphs = (
        say.t("Hello,"),
        say.t("Comments of {wave} wait for you. Please keep or remove each of them until {moment}.",
              wave=waiting.wave, moment=due),
        f"{inst.settings.base_url.rstrip('/')}/redact/",
        say.t("What is kept is released then. What is not decided by then is destroyed."),
        say.t("The page asks you to sign in. This message holds no comment, so it may be kept."),
    )  # fmt: skip
    return Letter(
        message_id=mail.message_id(
            inst.settings,
            inst.keys.installation_key(),
            wave=waiting.wave,
            kind=KIND,
            person_id=account.id,
            generation=1,
        ),
        to=account.email,
        subject=say.t("{programme}: comments wait for you", programme=waiting.programme),
        text="\n\n".join(paragraphs) + "\n",
        language=say.language,
        written_at=now,
    )
