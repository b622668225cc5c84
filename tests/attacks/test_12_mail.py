"""Attack 12: read the mail folder and the SMTP conversation for who has answered, for trackers, for useful secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select

from app import mail
from app.installation import Installation
from app.jobs import mailing
from surveys.ballots import links
from surveys.models.invitations import Paper
from tests.attacks import account
from tests.attacks.people import distinct_answers, sealed_company
from tests.attacks.spy import names
from tests.attacks.voters import Voter, build_app, served, voters_of
from tests.attacks.weak import list_invited
from tests.integration.mail.smtp import Mailbox, mail_server
from tests.support import journey
from tests.support.journey import OpenWave

ADDRESS = re.compile(r"https?://\S+")


@dataclass
class Scene:
    """An open wave of which half have answered, with everything mailed to a folder and over SMTP."""

    inst: Installation
    wave: OpenWave
    voters: dict[str, Voter]
    answered: set[str]
    folder: list[EmailMessage]
    box: Mailbox
    http: httpx.Client


@pytest.fixture
def scene(inst: Installation) -> Iterator[Scene]:
    sealed_company(inst, journey.TWO_TEAMS)
    wave = journey.open_wave(inst)
    with (
        mail_server() as box,
        served(build_app(inst, lambda: wave.opens_at)) as url,
        httpx.Client(base_url=url) as http,
    ):
        send(inst, wave, "invitation")
        voters = voters_of(inst, wave, http)
        answers = distinct_answers(list(voters), wave.instrument.item_codes)
        answered = set(sorted(voters)[::2])
        for email in answered:
            voters[email].take_paper()
            voters[email].send(answers[email])
        send(inst, wave, "reminder-1")
        over_smtp = replace(inst, settings=replace(inst.settings, mail_url=f"smtp://127.0.0.1:{box.port}"))
        send(over_smtp, wave, "reminder-2")
        yield Scene(inst, wave, voters, answered, letters(inst), box, http)


def send(inst: Installation, wave: OpenWave, kind: str) -> None:
    """Send a mailing as the worker does."""
    post = mail.sender(inst.settings)
    mailing.send_mailing(inst, wave=wave.slug, kind=kind, now=wave.opens_at, actor="t", post=post)
    post.close()


def letters(inst: Installation) -> list[EmailMessage]:
    """Return what lies in the mail folder."""
    folder = Path(urlsplit(inst.settings.mail_target).path)
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.glob("*.eml"))]


def of_kind(messages: list[EmailMessage], kind: str) -> dict[str, EmailMessage]:
    """Return the messages of a mailing by address."""
    return {str(each["To"]): each for each in messages if f".{kind}." in str(each["Message-ID"])}


def told_by(reminded: set[str], invited: set[str]) -> set[str]:
    """What a mail log tells: whoever was invited and not reminded has answered."""
    return invited - reminded


def faults(message: EmailMessage, base_url: str, code: str) -> list[str]:
    """Name what is wrong with one message: trackers, other links, a secret outside the fragment."""
    found = []
    text = message.get_content()
    addresses = ADDRESS.findall(text)
    if message.is_multipart() or message.get_content_type() != "text/plain":
        found.append("more than plain text")
    if len(addresses) != 1:
        found.append(f"{len(addresses)} links")
    if any(not each.startswith(f"{base_url}/answer#") for each in addresses):
        found.append("a link to elsewhere")
    if any(code in each.partition("#")[0] for each in addresses):
        found.append("the secret is sent to servers")
    rest = text.replace(addresses[0], "") if addresses else text
    headers = "".join(f"{name}: {value}" for name, value in message.items())
    if code in rest + headers:
        found.append("the secret stands outside the link")
    return found


def test_weakened_reminding_those_who_have_not_answered_tells_who_has(scene: Scene) -> None:
    """What most survey programs do, and what every mail relay then knows."""
    with scene.inst.database.reading() as session:
        taken = set(session.scalars(select(Paper.mark).where(Paper.wave == scene.wave.slug)))
    people = list_invited(scene.inst.database, scene.wave.slug)
    behind = names(people, wave=scene.wave.slug, wave_key=scene.inst.keys.wave_key(scene.wave.slug))
    reminded = {person.email for mark, person in behind.items() if mark not in taken}
    assert told_by(reminded, set(scene.voters)) == scene.answered
    account.weakened("12 mail", f"reminders to the others only: {len(scene.answered)} who answered are told")


def test_weakened_a_tracked_link_is_seen() -> None:
    message = EmailMessage()
    message.set_content("https://click.example/?code=SECRET\n\nhttps://x.example/pixel.gif\n\nor type: SECRET")
    assert faults(message, "https://pulse.example", "SECRET") == [
        "2 links",
        "a link to elsewhere",
        "the secret is sent to servers",
        "the secret stands outside the link",
    ]
    message.set_content('<a href="https://x.example/">SECRET</a>', subtype="html")
    assert "more than plain text" in faults(message, "https://pulse.example", "SECRET")
    account.weakened("12 mail", "a tracked link, a picture, a secret in the query: seen")


def test_reminders_go_to_everybody_whoever_took_a_paper(scene: Scene) -> None:
    everybody = set(scene.voters)
    first = of_kind(scene.folder, "reminder-1")
    assert set(of_kind(scene.folder, "invitation")) == set(first) == everybody
    assert set(scene.box.recipients) == everybody
    assert len(scene.box.recipients) == len(everybody)
    assert told_by(set(first), everybody) == set()
    account.product("12 mail", f"{scene.inst.database.engine.name}: reminders tell of 0 people that they answered")


def test_reminders_read_the_same_for_those_who_answered_and_those_who_did_not(scene: Scene) -> None:
    for messages in (of_kind(scene.folder, "reminder-1"), {str(each["To"]): each for each in scene.box.messages}):
        texts = {ADDRESS.sub("LINK", each.get_content().replace("\r\n", "\n")) for each in messages.values()}
        assert len(texts) == 1
        shapes = {tuple(name for name, _ in each.items()) for each in messages.values()}
        assert len(shapes) == 1
        for header in ("Subject", "Date", "From", "Content-Language"):
            assert len({str(each[header]) for each in messages.values()}) == 1


def test_the_smtp_conversation_is_the_same_for_everybody(scene: Scene) -> None:
    """Commands in the order of the people's own numbers; sizes alike, no options of one recipient."""
    talks = [command for command in scene.box.commands if command[:4].upper() in {"MAIL", "RCPT"}]
    assert len(talks) == 2 * len(scene.voters)
    senders = {command for command in talks if command[:4].upper() == "MAIL"}
    assert len({re.sub(r"size=\d+", "size", each, flags=re.IGNORECASE) for each in senders}) == 1
    assert {re.sub(r"<.*>", "<>", each).upper() for each in talks if each not in senders} == {"RCPT TO:<>"}


def test_every_message_has_one_link_and_its_secret_in_the_fragment_alone(scene: Scene) -> None:
    assert len(scene.folder) == 2 * len(scene.voters)
    for message in [*scene.folder, *scene.box.messages]:
        code = scene.wave.codes[str(message["To"])]
        assert faults(message, scene.inst.settings.base_url, code) == []
        assert code in message.get_content()


def test_two_messages_of_a_crowd_differ_in_the_secret_alone(scene: Scene) -> None:
    found = [links.parse(ADDRESS.findall(each.get_content())[0]) for each in scene.folder]
    by_crowd = {(each.crowd, each.language, each.read_key, each.mark, each.wave) for each in found}
    assert len(by_crowd) == len({(each.crowd, each.language) for each in found})
    assert len({each.code for each in found}) == len(scene.voters)


def test_the_secret_of_a_message_reads_nothing(scene: Scene) -> None:
    """With somebody's whole message an attacker learns no answer, gets no second paper, and replaces nothing."""
    email = sorted(scene.answered)[0]
    voter = scene.voters[email]
    thief = Voter(email=email, link=voter.link, http=scene.http)
    assert thief.ask_paper().status_code == 409
    assert thief.ask_paper().json() == {"refused": "paper-taken"}
    code = voter.link.code
    read = {"wave": scene.wave.slug, "crowd": voter.link.crowd, "read_key": code}
    assert scene.http.post("/results", json=read).status_code == 404
    assert scene.http.get(f"/waves/{code}/account.json").status_code == 404
    assert scene.http.get(f"/answer?code={code}").content == scene.http.get("/answer").content
    form = scene.http.post("/card", data={"code": code})
    assert form.status_code == 409
    assert scene.wave.instrument.items[0].text.to("en") not in form.text


def test_asking_with_a_stolen_secret_and_a_broken_request_tells_nothing_about_taking_part(scene: Scene) -> None:
    """A request that would cost nobody a paper is answered alike for those who took theirs and those who did not."""
    replies = {
        (reply.status_code, reply.content)
        for email in scene.voters
        for reply in [
            scene.http.post(
                "/papers", json={"wave": scene.wave.slug, "code": scene.voters[email].link.code, "blinded": "A" * 43}
            )
        ]
    }
    assert len(replies) == 1


def test_after_the_close_a_message_opens_nothing(scene: Scene) -> None:
    journey.close_wave(scene.inst, scene.wave)
    email = sorted(set(scene.voters) - scene.answered)[0]
    reply = scene.voters[email].ask_paper()
    assert (reply.status_code, reply.json()) in [(409, {"refused": "not-open"}), (404, {"refused": "unknown-code"})]
