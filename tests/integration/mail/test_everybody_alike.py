"""What somebody who reads the mail server or the mail folder learns of who has answered: nothing.

Two mailings of one wave are compared, one from before anybody answered and one from after half of them did; and the
same mailing of two waves of which in one nobody answered. The attacker sees bytes, sizes, order and headers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest

from app import mail
from app.config import Settings
from app.installation import Installation
from app.jobs import mailing
from surveys.ballots import links
from surveys.ballots.manifest import words
from surveys.enums import BallotMode
from surveys.store import invitations, waves
from surveys.store.invitations import Addressee
from tests.integration.mail.smtp import Mailbox, mail_server
from tests.support import journey
from tests.support.journey import OpenWave

BASE = "https://pulse.acme.example"
ANSWERED = [journey.member("ant", number) for number in range(1, 9)] + [journey.leader("bee")]


@pytest.fixture
def inst(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    made = journey.installation(tmp_path, database_url)
    yield replace(made, settings=replace(made.settings, base_url=BASE, mail_from="Pulse <pulse@acme.example>"))
    made.database.dispose()


@pytest.fixture(params=[BallotMode.SEALED, BallotMode.PROMISE])
def wave(inst: Installation, request: pytest.FixtureRequest) -> OpenWave:
    journey.company(inst, mode=request.param)
    return journey.open_wave(inst)


def send(inst: Installation, wave: OpenWave, kind: str) -> Mailbox:
    """Send a mailing to a real server and return what it saw."""
    with mail_server() as box:
        post = mail.sender(replace(inst.settings, mail_url=f"smtp://127.0.0.1:{box.port}"))
        mailing.send_mailing(inst, wave=wave.slug, kind=kind, now=wave.opens_at, actor="test", post=post)
        post.close()
    return box


def some_answer(inst: Installation, wave: OpenWave) -> None:
    journey.cast_all(inst, wave, journey.only(ANSWERED))


def blank(text: str) -> str:
    """A part of a message without what is personal by right: the link and the identity."""
    return re.sub(r"[0-9a-f]{24}@|https://\S+", "-", text)


def link_in(message: EmailMessage) -> str:
    (link,) = re.findall(r"https://\S+", message.get_content())
    return str(link)


def test_everybody_gets_one_message_with_one_link_and_the_same_words(inst: Installation, wave: OpenWave) -> None:
    some_answer(inst, wave)
    box = send(inst, wave, "reminder-1")
    assert sorted(box.recipients) == sorted(wave.codes)
    assert len({blank(message.get_content()) for message in box.messages}) == 1
    headers = {
        tuple((name, blank(str(value))) for name, value in message.items() if name != "To") for message in box.messages
    }
    assert len(headers) == 1
    assert len({link_in(message) for message in box.messages}) == len(wave.codes)
    assert "If you have not answered yet" in box.messages[0].get_content()


def test_order_and_sizes_are_those_of_before_anybody_answered(inst: Installation, wave: OpenWave) -> None:
    before = send(inst, wave, "reminder-1")
    some_answer(inst, wave)
    after = send(inst, wave, "reminder-2")
    assert after.recipients == before.recipients
    sizes = [[len(message.as_bytes()) for message in box.messages] for box in (before, after)]
    assert sizes[0] == sizes[1]
    assert [link_in(message) for message in after.messages] == [link_in(message) for message in before.messages]


def test_the_conversation_itself_is_the_same(inst: Installation, wave: OpenWave) -> None:
    before = send(inst, wave, "reminder-1")
    some_answer(inst, wave)
    after = send(inst, wave, "reminder-2")
    assert [blank(line) for line in after.commands] == [blank(line) for line in before.commands]


def test_a_reminder_that_leaves_out_who_answered_would_be_seen(inst: Installation, wave: OpenWave) -> None:
    """The attack on a weakened sender, so that the tests above can fail: it names exactly those who answered."""
    some_answer(inst, wave)
    with mail_server() as box:
        post = mail.sender(replace(inst.settings, mail_url=f"smtp://127.0.0.1:{box.port}"))
        facts = mailing.facts_of(inst, wave.slug)
        for addressee in everybody(inst, wave):
            if addressee.email not in ANSWERED:
                post.send(mailing.invitation_letter(inst, facts, kind="x", addressee=addressee, now=wave.opens_at))
        post.close()
    assert set(wave.codes) - set(box.recipients) == set(ANSWERED)


def everybody(inst: Installation, wave: OpenWave) -> list[Addressee]:
    with inst.database.reading() as session:
        return list(invitations.list_undelivered(session, wave=wave.slug, kind="nothing"))


def test_the_folder_of_mails_tells_no_more(inst: Installation, wave: OpenWave, tmp_path: Path) -> None:
    some_answer(inst, wave)
    folder = tmp_path / "sent"
    post = mail.sender(Settings(mail_url=f"file://{folder}", mail_from="Pulse <pulse@acme.example>"))
    mailing.send_mailing(inst, wave=wave.slug, kind="reminder-1", now=wave.opens_at, actor="test", post=post)
    files = sorted(folder.iterdir())
    assert len(files) == len(wave.codes)
    assert all(re.fullmatch(r"pulse-1\.reminder-1\.[0-9a-f]{24}@\S+\.eml", file.name) for file in files)
    found = [cast("EmailMessage", message_from_bytes(file.read_bytes(), policy=policy.default)) for file in files]
    assert len({blank(message.get_content()) for message in found}) == 1


def test_a_sealed_link_holds_everything_the_browser_needs_and_nothing_of_another_person(inst: Installation) -> None:
    journey.company(inst)
    wave = journey.open_wave(inst)
    box = send(inst, wave, "invitation")
    with inst.database.reading() as session:
        fingerprint = waves.get_wave(session, wave.slug).fingerprint or ""
    by_crowd: dict[str, set[bytes]] = {}
    for message, to in zip(box.messages, box.recipients, strict=True):
        link = links.parse(link_in(message))
        assert link_in(message).startswith(f"{BASE}/answer#{wave.slug}/")
        assert (link.wave, link.crowd, link.language, link.code) == (wave.slug, wave.crowds[to], "en", wave.codes[to])
        assert link.mark == bytes.fromhex(fingerprint)[:16]
        by_crowd.setdefault(link.crowd, set()).add(link.read_key)
        assert fingerprint in message.get_content()
        assert words(fingerprint) in " ".join(message.get_content().split())
    assert all(len(keys) == 1 for keys in by_crowd.values())
    assert len(set.union(*by_crowd.values())) == len(by_crowd)


def test_a_promise_link_holds_a_bare_code(inst: Installation) -> None:
    journey.company(inst, mode=BallotMode.PROMISE)
    wave = journey.open_wave(inst)
    box = send(inst, wave, "invitation")
    sent = dict(zip(box.recipients, box.messages, strict=True))
    assert {to: link_in(message) for to, message in sent.items()} == {
        to: f"{BASE}/answer#{code}" for to, code in wave.codes.items()
    }


def test_a_new_link_is_mailed_in_the_same_words_whether_or_not_its_owner_answered(
    inst: Installation, wave: OpenWave
) -> None:
    some_answer(inst, wave)
    texts, shapes = set(), set()
    for email in (ANSWERED[0], journey.leader("cat")):
        with mail_server() as box:
            post = mail.sender(replace(inst.settings, mail_url=f"smtp://127.0.0.1:{box.port}"))
            mailing.resend(inst, wave=wave.slug, email=email, now=wave.opens_at, actor="test", post=post)
            post.close()
        (message,) = box.messages
        assert wave.codes[email] not in link_in(message)
        texts.add(blank(message.get_content()))
        shapes.add(blank(str(message["Message-ID"])))
    assert len(texts) == 1
    assert len(shapes) == 1
