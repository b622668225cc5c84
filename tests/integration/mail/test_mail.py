"""Messages as a mail server and a folder receive them."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest

from app import mail
from app.config import Settings
from app.mail import MailDeferred, MailRefused, WaveFacts
from surveys.ballots.manifest import words
from surveys.ballots.trustee import key_words
from surveys.enums import BallotMode
from tests.integration.mail.smtp import Mailbox, mail_server

NOW = dt.datetime(2026, 3, 2, 8, 0, tzinfo=dt.UTC)
LINK = "https://pulse.example/answer#pulse-3/opera%C3%A7%C3%A3o~1f2e3d/es/0123456789abcdefghijkl/SECRETCODE/ABCDEFGHIJKLMNOPQRSTUV"
FACTS = WaveFacts(
    wave="pulse-3",
    organisation="Acme & Söhne",
    mode=BallotMode.SEALED,
    closes_at=dt.datetime(2026, 3, 9, 8, 0, tzinfo=dt.UTC),
    timezone="Europe/Madrid",
    fingerprint="ab" * 32,
    k=5,
    seconds={"en": 61, "es": 59},
    second_lock=None,
)
KINDS = ("invitation", "reminder-1", "reminder-2")


def letter(
    kind: str = "invitation", language: str = "en", to: str = "ana@x.example", facts: WaveFacts = FACTS
) -> mail.Letter:
    return mail.wave_letter(facts, kind=kind, to=to, language=language, link=LINK, message_id="id@x.example", now=NOW)


def smtp_settings(box: Mailbox, user: str = "") -> Settings:
    return Settings(mail_url=f"smtp://{user}127.0.0.1:{box.port}", mail_from="Pulse <pulse@acme.example>")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "es"])
def test_a_message_holds_its_link_once_and_the_secret_nowhere_else(kind: str, language: str) -> None:
    text = letter(kind, language).text
    assert re.findall(r"https?://\S+", text) == [LINK]
    assert text.count("SECRETCODE") == 1
    assert "SECRETCODE" not in letter(kind, language).subject


def test_an_invitation_names_organisation_and_close() -> None:
    text = letter().text
    assert "Acme & Söhne" in text
    assert "9 Mar 2026, 09:00" in text  # in Madrid, one hour ahead of UTC
    assert "about 2 minutes" in text
    assert "minute" not in letter(facts=replace(FACTS, seconds={})).text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", [BallotMode.SEALED, BallotMode.PROMISE])
def test_a_message_holds_the_words_and_all_digits_of_the_fingerprint(kind: str, mode: BallotMode) -> None:
    lines = letter(kind, facts=replace(FACTS, mode=mode)).text.splitlines()
    first = next(place for place, line in enumerate(lines) if line == "The page shows these words:") + 1
    assert " ".join(lines[first : first + 2]) == words("ab" * 32)
    assert [len(line.split()) for line in lines[first : first + 2]] == [4, 4]
    assert "ab" * 32 in lines  # alone, so that no mail program breaks it


def test_each_mode_says_what_it_protects_and_no_mode_says_more() -> None:
    sealed = letter().text
    promise = letter(facts=replace(FACTS, mode=BallotMode.PROMISE)).text
    assert "locked in your browser" in sealed
    assert 'barograph ballot questions "LINK" --out answers.toml\n' in sealed
    assert 'barograph ballot answer "LINK" --answers answers.toml\n' in sealed
    assert "Promise mode: you rely on your employer’s server to forget who sent this." in promise
    assert "locked in your browser" not in promise
    assert "ballot answer" not in promise
    assert "we cannot" not in sealed + promise


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_lock_is_named_by_its_words_in_every_message(kind: str) -> None:
    key = b"\x07" * 32
    text = letter(kind, facts=replace(FACTS, second_lock=key)).text
    assert f"The answers have a second lock. Its key: {key_words(key)}." in text
    assert "second lock" not in letter(kind).text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_link_arrives_in_one_line_of_its_own(kind: str, language: str) -> None:
    with mail_server() as box:
        post = mail.sender(smtp_settings(box))
        post.send(letter(kind, language))
        post.close()
    (message,) = box.messages
    assert message["Content-Transfer-Encoding"] == "quoted-printable"
    assert LINK in message.get_content().splitlines()
    assert max(len(line) for line in message.as_bytes().splitlines()) <= 78


def test_a_message_is_plain_text_and_fetches_nothing() -> None:
    with mail_server() as box:
        post = mail.sender(smtp_settings(box))
        post.send(letter())
        post.close()
    (message,) = box.messages
    assert message.get_content_type() == "text/plain"
    assert not list(message.iter_attachments())
    assert "<" not in message.get_content()
    assert set(message.keys()) == {
        "Message-ID", "Date", "From", "To", "Subject", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding",
        "MIME-Version", "Content-Language",
    }  # fmt: skip


def test_a_reminder_is_for_everyone_and_assumes_nothing() -> None:
    assert "If you have not answered yet" in letter("reminder-1").text
    assert letter("reminder-1").text == letter("reminder-2").text


def test_the_identity_of_a_message_tells_no_person_and_lasts() -> None:
    def identity(**changes: object) -> str:
        facts: dict[str, object] = {"wave": "pulse-3", "kind": "invitation", "person_id": "p1", "generation": 1}
        return mail.message_id(Settings(mail_from="a@acme.example"), b"k" * 32, **(facts | changes))  # type: ignore[arg-type]

    assert identity() == identity()
    assert re.fullmatch(r"pulse-3\.invitation\.[0-9a-f]{24}@acme\.example", identity())
    changes: tuple[dict[str, object], ...] = (
        {}, {"wave": "pulse-4"}, {"person_id": "p2"}, {"kind": "reminder-1"}, {"generation": 2},
    )  # fmt: skip
    assert len({identity(**change).split(".")[2] for change in changes}) == len(changes)


def test_the_identity_of_a_message_does_not_show_who_asked_for_a_new_link() -> None:
    first, renewed = (
        mail.message_id(
            Settings(mail_from="a@acme.example"),
            b"k" * 32,
            wave="pulse-3",
            kind="reminder-1",
            person_id="p1",
            generation=generation,
        )
        for generation in (1, 2)
    )
    assert re.sub("[0-9a-f]{24}", "", first) == re.sub("[0-9a-f]{24}", "", renewed)


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
    facts = replace(FACTS, organisation="Acme\r\nBcc: all@x.example")
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
