"""Turns what people are told into messages of their language and hands them to an SMTP server or a folder.

Every message is plain text with exactly one link, the same for everyone of a mailing but for that link; nothing in it
depends on whether somebody has answered. Its Message-ID depends only on wave, mailing, link generation and person, so
that a repeat after a crash is the same message, and shows no more than wave and mailing.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import hmac
import math
import os
import smtplib
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, unquote, urlsplit
from zoneinfo import ZoneInfo

from app.config import Settings
from surveys.ballots import manifest, trustee
from surveys.enums import BallotMode
from surveys.errors import SurveyError
from surveys.i18n import Translator, translator

TIMEOUT_SECONDS = 10.0
"""How long a mail server may keep us waiting before the message is tried again later."""

RELEASED = "released"
"""The mailing to leaders after a release."""

_PORTS = {"smtp": 25, "smtps": 465}
_SUBMISSION_PORT = 587
_PERMANENT = 500


class MailDeferred(SurveyError):
    """The mail system took the message neither now nor for good; trying again later may work."""


class MailRefused(SurveyError):
    """The mail system will never take this message for this address."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message to one address; ``message_id`` stands without angle brackets."""

    message_id: str
    to: str
    subject: str
    text: str
    language: str
    written_at: dt.datetime


class Sender(Protocol):
    """Hands letters over, one at a time."""

    def send(self, letter: Letter) -> None:
        """Hand one letter over.

        Raises:
            MailDeferred: try again later.
            MailRefused: this address will not work.
        """
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...


@dataclass(frozen=True, kw_only=True)
class WaveFacts:
    """What a message tells about a wave; the same for everyone invited.

    ``seconds`` is how long answering takes by language; empty where the wave does not say. ``second_lock`` is the
    trustee's public key (32 bytes), None without one.
    """

    wave: str
    organisation: str
    mode: BallotMode
    closes_at: dt.datetime
    timezone: str
    fingerprint: str
    k: int
    seconds: Mapping[str, int]
    second_lock: bytes | None


def sender(settings: Settings) -> Sender:
    """Return the sender that ``BAROGRAPH_MAIL_URL`` names; connects when the first letter is sent."""
    address = urlsplit(settings.mail_target)
    if address.scheme == "file":
        return FolderSender(Path(unquote(address.path)), mail_from=settings.mail_from)
    return SmtpSender(address, mail_from=settings.mail_from, own_name=urlsplit(settings.base_url).hostname)


class FolderSender:
    """Writes each letter as an ``.eml`` file whose name is its Message-ID, so that a repeat overwrites."""

    def __init__(self, folder: Path, *, mail_from: str) -> None:
        self._folder = folder
        self._mail_from = mail_from

    def send(self, letter: Letter) -> None:
        """Write beside and rename, so that a crash leaves no half message."""
        content = _message(letter, self._mail_from).as_bytes(policy=SMTP)
        name = "".join(sign if sign.isalnum() or sign in "-._@" else "_" for sign in letter.message_id)
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside = self._folder / f".{name}.new"
            # Links are secrets, so nobody else on the machine may read the file.
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(self._folder / f"{name}.eml")
        except OSError as error:
            raise MailDeferred(
                "The message could not be written to the folder {folder}: {reason}.",
                folder=str(self._folder),
                reason=error.strerror or type(error).__name__,
            ) from None

    def close(self) -> None:
        """Nothing is open between letters."""


class SmtpSender:
    """Sends letters over one SMTP connection, which is made again after a failure."""

    def __init__(self, address: SplitResult, *, mail_from: str, own_name: str | None) -> None:
        self._address = address
        self._mail_from = mail_from
        self._own_name = own_name or "localhost"
        self._connection: smtplib.SMTP | None = None

    def send(self, letter: Letter) -> None:
        """Send one letter; after any doubt the connection is closed and the letter counts as not taken."""
        message = _message(letter, self._mail_from)
        envelope_from = parseaddr(self._mail_from)[1]
        try:
            connection = self._connection = self._connection or self._connect()
            connection.send_message(message, from_addr=envelope_from, to_addrs=[letter.to])
        except smtplib.SMTPRecipientsRefused as error:
            code = max((reply[0] for reply in error.recipients.values()), default=0)
            raise self._failure(code, is_about_address=True) from None
        except smtplib.SMTPNotSupportedError:
            self._drop()
            raise MailDeferred("The mail server does not offer what is needed to send safely.") from None
        except smtplib.SMTPDataError as error:
            raise self._failure(error.smtp_code, is_about_address=True) from None
        except smtplib.SMTPResponseException as error:
            self._drop()
            raise self._failure(error.smtp_code, is_about_address=False) from None
        except (smtplib.SMTPException, OSError):
            self._drop()
            raise MailDeferred("The mail server cannot be reached or does not answer in time.") from None

    def close(self) -> None:
        """Take leave of the server and close the connection."""
        if self._connection is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._connection.quit()
            self._drop()

    def _drop(self) -> None:
        """Close the connection without a word, because its state is in doubt."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> smtplib.SMTP:
        host = self._address.hostname or "localhost"
        user = unquote(self._address.username or "")
        is_direct_tls = self._address.scheme == "smtps"
        port = self._address.port or (_SUBMISSION_PORT if user and not is_direct_tls else _PORTS[self._address.scheme])
        connection = self._open(host, port, is_direct_tls=is_direct_tls)
        try:
            if not is_direct_tls and (user or port == _SUBMISSION_PORT):
                connection.starttls(context=ssl.create_default_context())
            if user:
                connection.login(user, unquote(self._address.password or ""))
        except BaseException:
            connection.close()
            raise
        return connection

    def _open(self, host: str, port: int, *, is_direct_tls: bool) -> smtplib.SMTP:
        if is_direct_tls:
            return smtplib.SMTP_SSL(
                host,
                port,
                local_hostname=self._own_name,
                timeout=TIMEOUT_SECONDS,
                context=ssl.create_default_context(),
            )
        return smtplib.SMTP(host, port, local_hostname=self._own_name, timeout=TIMEOUT_SECONDS)

    def _failure(self, code: int, *, is_about_address: bool) -> SurveyError:
        if is_about_address and code >= _PERMANENT:
            return MailRefused("The mail server refuses this message for good (reply {code}).", code=code)
        return MailDeferred("The mail server did not take the message (reply {code}).", code=code)


def wave_letter(
    facts: WaveFacts, *, kind: str, to: str, language: str, link: str, message_id: str, now: dt.datetime
) -> Letter:
    """Write an invitation or one of the two reminders; everyone invited gets the same words.

    ``kind`` is one of the mailings of :mod:`surveys.services.invitations`.
    """
    say = translator(language)
    # The organisation's own clock: people read when it closes where they work.
    closes = say.moment(facts.closes_at, ZoneInfo(facts.timezone))
    if kind == "invitation":
        subject = say.t("{organisation}: your survey is open until {day}", organisation=facts.organisation, day=closes)
        opening = [
            say.t("{organisation} asks how work is going.", organisation=facts.organisation)
            + " "
            + _effort(say, facts),
        ]
    else:
        subject = say.t("{organisation}: the survey closes on {day}", organisation=facts.organisation, day=closes)
        opening = [
            say.t("If you have not answered yet, this is your link. If you have, there is nothing to do."),
            say.t("Everybody who is invited gets this message."),
        ]
    paragraphs = [
        *opening,
        link,
        say.t("The link is meant for you alone. Please do not pass it on."),
        say.t("The survey closes on {moment} ({timezone}).", moment=closes, timezone=facts.timezone),
        *_promises(say, facts),
    ]
    return _letter(say, subject, paragraphs, to=to, message_id=message_id, now=now)


def release_letter(facts: WaveFacts, *, to: str, language: str, link: str, message_id: str, now: dt.datetime) -> Letter:
    """Tell a leader that results are out; the message holds no figure."""
    say = translator(language)
    subject = say.t("{organisation}: the results of the survey are out", organisation=facts.organisation)
    paragraphs = [
        say.t("The results of {wave} are out. Leaders and teams can see them from now on.", wave=facts.wave),
        link,
        say.t("The page asks you to sign in. This message holds no figures, so it may be kept."),
    ]
    return _letter(say, subject, paragraphs, to=to, message_id=message_id, now=now)


def sign_in_letter(*, to: str, language: str, link: str, message_id: str, now: dt.datetime) -> Letter:
    """Send somebody of the staff the one-time link they asked for."""
    say = translator(language)
    paragraphs = [
        say.t("This link signs you in once. It works for ten minutes."),
        link,
        say.t("If you did not ask for it, you can ignore this message. Nobody is signed in without the link."),
    ]
    return _letter(say, say.t("Your sign-in link"), paragraphs, to=to, message_id=message_id, now=now)


def message_id(settings: Settings, key: bytes, *, wave: str, kind: str, person_id: str, generation: int) -> str:
    """Return the lasting Message-ID of a message; without ``key`` nobody can tell whom it is for.

    The digest covers wave and mailing, so that the messages to one person have nothing in common, and the generation,
    so that the identifier does not show who asked for a new link.
    """
    text = "\0".join(("barograph/mail/1", wave, kind, str(generation), person_id))
    digest = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:24]
    return f"{wave}.{kind}.{digest}@{_domain(settings)}"


def link_mailer(settings: Settings, clock: Callable[[], dt.datetime]) -> Callable[[str, str, str], None]:
    """Return the callable that mails a sign-in link: address of the person, address of the page, language."""

    def send(to: str, link: str, language: str) -> None:
        digest = hashlib.sha256(b"barograph/mail/sign-in/1" + link.encode()).hexdigest()[:24]
        letter = sign_in_letter(
            to=to, language=language, link=link, message_id=f"sign-in.{digest}@{_domain(settings)}", now=clock()
        )
        post = sender(settings)
        try:
            post.send(letter)
        finally:
            post.close()

    return send


def _effort(say: Translator, facts: WaveFacts) -> str:
    """Say how long it takes, where the wave tells, and that nobody has to answer everything."""
    freedom = say.t("You may leave out any question.")
    if say.language not in facts.seconds:
        return freedom
    minutes = math.ceil(facts.seconds[say.language] / 60)
    return say.n("Answering takes about one minute.", "Answering takes about {count} minutes.", minutes) + " " + freedom


def _promises(say: Translator, facts: WaveFacts) -> list[str]:
    """Say what the mode of the wave protects, and by which words everybody can see that the rules are the same."""
    rule = say.t("Figures are shown for at least {k} people together.", k=facts.k)
    compare = "\n".join(
        (
            say.t("The page shows these words:"),
            *_in_two_lines(manifest.words(facts.fingerprint)),
            say.t("They must be the same for everybody in this survey: compare them with a colleague."),
        )
    )
    digits = say.t("They stand for this fingerprint of the rules:") + "\n" + facts.fingerprint
    if facts.mode is BallotMode.SEALED:
        lock = () if facts.second_lock is None else (_second_lock(say, facts.second_lock),)
        return [
            say.t(
                "Your answers are locked in your browser before they are sent. When the survey is counted, the single "
                "answers and the key are destroyed. After that nobody can find out what you answered."
            )
            + " "
            + rule,
            compare,
            digits,
            *lock,
            "\n".join(
                (
                    say.t(
                        "If you trust no page: the program barograph takes the same link on your own machine. "
                        "Put the link in the place of LINK, between the quotes:"
                    ),
                    'barograph ballot questions "LINK" --out answers.toml',
                    'barograph ballot answer "LINK" --answers answers.toml',
                )
            ),
        ]
    promise = (
        say.t("Promise mode: you rely on your employer’s server to forget who sent this.")
        + " "
        + say.t("Your answers are destroyed when the survey is counted.")
        + " "
        + rule
    )
    return [promise, compare, digits]


def _second_lock(say: Translator, key: bytes) -> str:
    return say.t(
        "The answers have a second lock. Its key: {words}. Those who run the survey say who holds it; compare there.",
        words=trustee.key_words(key),
    )


def _in_two_lines(words: str) -> tuple[str, str]:
    """Break words in the middle: eight of them are longer than a line of mail, and easier to read out by fours."""
    each = words.split(" ")
    half = len(each) // 2
    return " ".join(each[:half]), " ".join(each[half:])


def _letter(
    say: Translator, subject: str, paragraphs: list[str], *, to: str, message_id: str, now: dt.datetime
) -> Letter:
    text = "\n\n".join([say.t("Hello,"), *paragraphs]) + "\n"
    return Letter(message_id=message_id, to=to, subject=subject, text=text, language=say.language, written_at=now)


def _message(letter: Letter, mail_from: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = f"<{letter.message_id}>"
    message["Date"] = format_datetime(letter.written_at.astimezone(dt.UTC))
    message["From"] = mail_from
    message["To"] = letter.to
    message["Subject"] = " ".join(letter.subject.split())
    message["Auto-Submitted"] = "auto-generated"  # no answer from those who are away
    message.set_content(letter.text, cte="quoted-printable")
    message["Content-Language"] = letter.language  # after the content, which replaces such headers
    return message


def _domain(settings: Settings) -> str:
    domain = parseaddr(settings.mail_from)[1].rpartition("@")[2]
    return domain or socket.gethostname()
