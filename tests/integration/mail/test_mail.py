"""Messages as a mail server and a folder receive them."""

from __future__ import annotations

import datetime as dt
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest

from app import mail
from app.config import Settings
from app.mail import MailDeferred, MailRefused, WaveFacts
from surveys.ballots.manifest import words
from tests.integration.mail.smtp import Mailbox, mail_server

NOW = dt.datetime(2026, 3, 2, 8, 0, tzinfo=dt.UTC)
LINK = "https://pulse.example/answer#SECRETCODE"
FACTS = WaveFacts(
    wave="pulse-3",
    organisation="Acme & Söhne",
    closes_at=dt.datetime(2026, 3, 9, 8, 0, tzinfo=dt.UTC),
    timezone="Europe/Madrid",
    fingerprint="ab" * 32,
    k=5,
)
KINDS = ("invitation", "reminder-1", "reminder-2")


def letter(kind: str = "invitation", language: str = "en", to: str = "ana@x.example") -> mail.Letter:
    return mail.wave_letter(FACTS, kind=kind, to=to, language=language, link=LINK, message_id="id@x.example", now=NOW)


def smtp_settings(box: Mailbox, user: str = "") -> Settings:
    return Settings(mail_url=f"smtp://{user}127.0.0.1:{box.port}", mail_from="Pulse <pulse@acme.example>")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_message_holds_its_link_once_and_the_secret_nowhere_else(kind: str, language: str) -> None:
    text = letter(kind, language).text
    assert re.findall(r"https?://\S+", text) == [LINK]
    assert text.count("SECRETCODE") == 1
    assert "SECRETCODE" not in letter(kind, language).subject


def test_an_invitation_names_organisation_close_and_fingerprint() -> None:
    text = letter().text
    assert "Acme & Söhne" in text
    assert "9 Mar 2026, 09:00" in text  # in Madrid, one hour ahead of UTC
    assert words("ab" * 32) in text


def test_a_reminder_is_for_everyone_and_assumes_nothing() -> None:
    assert "If you have not answered yet" in letter("reminder-1").text
    assert letter("reminder-1").text == letter("reminder-2").text


def test_the_identity_of_a_message_tells_no_person_and_lasts() -> None:
    def identity(**changes: object) -> str:
        facts: dict[str, object] = {"wave": "pulse-3", "kind": "invitation", "person_id": "p1", "generation": 1}
        return mail.message_id(Settings(mail_from="a@acme.example"), b"k" * 32, **(facts | changes))  # type: ignore[arg-type]

    assert identity() == identity()
    assert identity().startswith("pulse-3.invitation.1.")
    assert identity().endswith("@acme.example")
    changes: tuple[dict[str, object], ...] = ({}, {"wave": "pulse-4"}, {"person_id": "p2"}, {"kind": "reminder-1"})
    assert len({identity(**change).split(".")[3] for change in changes}) == len(changes)


def test_a_real_server_receives_the_message_as_it_was_written() -> None:
    with mail_server() as box:
        post = mail.sender(smtp_settings(box))
        post.send(letter(language="es"))
        post.send(letter(to="bo@x.example"))
        post.close()
    first, second = box.messages
    assert first["Message-ID"] == "<id@x.example>"
    assert first["From"] == "Pulse <pulse@acme.example>"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Content-Language"] == "es"
    assert first.get_content().replace("\r\n", "\n") == letter(language="es").text
    assert not first.is_multipart()
    assert box.recipients == ["ana@x.example", "bo@x.example"]
    assert second["To"] == "bo@x.example"
    assert sum(command.startswith("ehlo") for command in box.commands) == 1  # one connection for both


@pytest.mark.parametrize(("code", "expected"), [(450, MailDeferred), (550, MailRefused)], ids=["for now", "for good"])
def test_a_refused_recipient_is_told_apart_from_one_to_try_again(code: int, expected: type[Exception]) -> None:
    with mail_server() as box:
        box.reply = lambda recipient: (code, "no") if recipient.startswith("ana") else (250, "ok")
        post = mail.sender(smtp_settings(box))
        with pytest.raises(expected, match=str(code)):
            post.send(letter())
        post.send(letter(to="bo@x.example"))
        post.close()
    assert box.recipients == ["bo@x.example"]


def test_a_server_that_hangs_defers_and_the_next_try_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "TIMEOUT_SECONDS", 0.2)
    with mail_server() as box:
        box.hangs = 1
        post = mail.sender(smtp_settings(box))
        with pytest.raises(MailDeferred):
            post.send(letter())
        post.send(letter())
        post.close()
    assert box.ids == ["<id@x.example>"]


def test_no_server_defers() -> None:
    post = mail.sender(Settings(mail_url="smtp://127.0.0.1:1"))
    with pytest.raises(MailDeferred):
        post.send(letter())


def test_a_password_is_never_sent_without_encryption() -> None:
    with mail_server() as box:
        post = mail.sender(smtp_settings(box, user="me:pa%40ss@"))
        with pytest.raises(MailDeferred):
            post.send(letter())
    assert not [command for command in box.commands if command.lower().startswith(("auth", "mail"))]


def test_files_are_for_their_owner_and_a_repeat_overwrites(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    post = mail.sender(Settings(mail_url=f"file://{folder}"))
    post.send(letter())
    post.send(letter())
    (file,) = folder.iterdir()
    assert file.name == "id@x.example.eml"
    assert (file.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    message = cast("EmailMessage", message_from_bytes(file.read_bytes(), policy=policy.default))
    assert message.get_content().replace("\r\n", "\n") == letter().text


def test_a_folder_that_cannot_be_written_defers_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")
    with pytest.raises(MailDeferred, match="could not be written"):
        mail.sender(Settings(mail_url=f"file://{tmp_path / 'mail'}")).send(letter())


def test_a_header_cannot_be_smuggled_in_through_an_organisation() -> None:
    facts = WaveFacts(**{**vars(FACTS), "organisation": "Acme\r\nBcc: all@x.example"})
    written = mail.wave_letter(
        facts, kind="invitation", to="a@x.example", language="en", link=LINK, message_id="i@x", now=NOW
    )
    with mail_server() as box:
        post = mail.sender(smtp_settings(box))
        post.send(written)
        post.close()
    assert box.messages[0]["Bcc"] is None


def test_a_release_notice_has_a_link_and_no_figure() -> None:
    notice = mail.release_letter(
        FACTS, to="a@x.example", language="en", link="https://pulse.example/leader/", message_id="i@x", now=NOW
    )
    assert re.findall(r"\d+", notice.text.replace("pulse-3", "")) == []
    assert notice.text.count("https://") == 1


def test_a_sign_in_link_is_mailed_once_per_link(tmp_path: Path) -> None:
    send = mail.link_mailer(Settings(mail_url=f"file://{tmp_path}"), lambda: NOW)
    send("hr@x.example", "https://pulse.example/sign-in/T", "en")
    send("hr@x.example", "https://pulse.example/sign-in/T", "en")
    assert len(list(tmp_path.iterdir())) == 1


def test_smtp_over_tls_refuses_a_plain_server() -> None:
    with mail_server() as box:
        post = mail.sender(Settings(mail_url=f"smtps://127.0.0.1:{box.port}"))
        with pytest.raises(MailDeferred):
            post.send(letter())
