"""The respondent's own client: the same protocol as the answer page, for those who trust no page.

These commands need no installation and no setting; they know what a link says and what its server publishes.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from app.cli import plain
from app.cli.ballot_files import KEPT_DAYS, KEPT_DAYS_TRUSTEE, Kept, Wallet, form, read_answers
from app.cli.ballot_server import Reply, Server
from app.cli.files import write_new
from surveys.ballots import client, counted, links, manifest, sealing, trustee
from surveys.ballots.client import Offer, Paper
from surveys.ballots.links import Link
from surveys.ballots.rules import Untrusted
from surveys.errors import InvalidInput, NotFound, Refused
from surveys.instruments.schema import Instrument, from_document

LISTED_FROM = 50
"""Invited people from which a wave has a list of counted ballots."""

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)
_WAVE = re.compile(r"[a-z][a-z0-9-]{0,63}")

_state_option = click.option(
    "--state",
    type=_FOLDER,
    help="Folder for what is needed to change or check the ballot; usually ~/.local/state/barograph.",
)


@click.group(cls=plain.Commands)
def ballot() -> None:
    """Answer a survey without a browser, change the answers, check that they were counted.

    LINK is the whole link of the invitation. Put it between quotes. The program connects to the server of the link and
    to nothing else: it uses no proxy and no password file, even where the system names them.
    """


@ballot.command()
@click.argument("link")
@click.option("--out", type=_FILE, help="A new file; standard output if left out.")
def questions(*, link: str, out: Path | None) -> None:
    """Write the questions as a file to fill in (TOML), in the language of the link.

    The file also holds what the survey asks beside them: questions about yourself, topics to tick, and a comment of at
    most 400 characters. You may leave all of these as they are.
    """
    server, found = _parsed(link)
    offer = _offer(server, found)
    tell = plain.say()
    heading = (
        tell.t("{organisation}, wave {wave}", organisation=offer.organisation, wave=found.wave),
        tell.t("Words of the wave: {words}", words=manifest.words(offer.fingerprint)),
    )
    text = form(_instrument(offer), found.language, tell, heading)
    if out is None:
        click.echo(text, nl=False)
        return
    write_new(out, text.encode())


@ballot.command()
@click.argument("link")
@click.option("--answers", "file", required=True, type=_FILE, help="The filled-in file, TOML or JSON.")
@_state_option
@plain.json_option
def answer(*, link: str, file: Path, state: Path | None, as_json: bool) -> None:
    """Check the wave, take a ballot paper, seal the answers in FILE and send them; again replaces until the close.

    FILE holds an option number by question, or "none". Where the survey asks for them it may hold answers about
    yourself, such as site = 2, topics = ["workload", "tools"] and comment = "a text". A comment is sealed by itself,
    apart from the answers, and an empty one is sealed as well, so that nobody sees whether you wrote one.
    """
    server, found = _parsed(link)
    offer = _offer(server, found)
    filled = read_answers(file, _instrument(offer))
    _tell_checks(offer, as_json=as_json)
    wallet = Wallet(state, now=plain.now())
    kept = wallet.find(server.address, found) or _fresh(wallet, server, offer)
    paper = _paper(wallet, server, offer, kept)
    ballot = client.ballot(offer, paper, filled.answers, filled.topics, filled.comment)
    reply = server.post("/ballots", ballot)
    if reply.status != 200 or reply.fields().get("accepted") is not True:
        raise _ballot_refused(reply)
    wallet.keep(server.address, found, dataclasses.replace(kept, token=paper.token, is_sent=True))
    tell = plain.say()
    until = tell.moment(_instant(offer.closes_at))
    if kept.is_sent:
        sentence = tell.t("These answers replace the earlier ones. You can change them until {until} UTC.", until=until)
    else:
        sentence = tell.t("Your ballot is in the box. You can change the answers until {until} UTC.", until=until)
    plain.print_result(
        {
            "wave": found.wave,
            "fingerprint": offer.fingerprint,
            "words": manifest.words(offer.fingerprint),
            "crowd": offer.crowd.label,
            "accepted": True,
            "replaced": kept.is_sent,
        },
        sentence,
        as_json=as_json,
    )


@ballot.command()
@click.argument("link")
@click.option("--forget", is_flag=True, help="Ask nothing, and delete what this machine keeps about the ballot.")
@_state_option
@plain.json_option
@click.pass_context
def check(ctx: click.Context, *, link: str, forget: bool, state: Path | None, as_json: bool) -> None:
    """Tell after the close whether the own ballot was counted; exit code 1 if it was not.

    The whole list is read and searched here; the server does not learn which ballot is meant.
    """
    server, found = _parsed(link)
    wallet = Wallet(state, now=plain.now())
    tell = plain.say()
    if forget:
        was_kept = wallet.forget(server.address, found)
        gone = tell.t("This machine keeps nothing about this ballot any more.")
        none = tell.t("This machine kept nothing about this ballot.")
        plain.print_result({"forgotten": was_kept}, gone if was_kept else none, as_json=as_json)
        return
    kept = wallet.find(server.address, found)
    is_counted, reason = _search(server, found, kept)
    plain.print_result({"wave": found.wave, "counted": is_counted, "reason": reason}, reason, as_json=as_json)
    if is_counted is False:
        ctx.exit(1)


def _parsed(text: str) -> tuple[Server, Link]:
    found = links.parse(text)
    if not _WAVE.fullmatch(found.wave):
        raise Refused("This link is damaged. Please copy all of it from the message that you received.")
    return Server(text), found


def _offer(server: Server, link: Link) -> Offer:
    text = _document(server, f"/waves/{link.wave}/manifest.json")
    return client.check_offer(link, _decoded(text), _document(server, f"/waves/{link.wave}/questionnaire.json"))


def _document(server: Server, path: str) -> bytes:
    reply = server.get(path)
    if reply.status == 404:
        raise NotFound("The server {host} does not have what your link names.", host=server.host)
    if reply.status == 429:
        raise _wait()
    if reply.status != 200:
        raise Refused("The server {host} reports a fault ({status}).", host=server.host, status=reply.status)
    return reply.body


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Untrusted("The server sends what no program of this kind wrote. Nothing was sent.") from None


def _instrument(offer: Offer) -> Instrument:
    try:
        return from_document(offer.questionnaire)
    except InvalidInput as error:
        raise Untrusted("The questions cannot be read by this program. Please update it. Nothing was sent.") from error


def _tell_checks(offer: Offer, *, as_json: bool) -> None:
    tell = plain.say()
    lines = [
        tell.t(
            "Words of the wave: {words}. Your colleagues must see the same; compare.",
            words=manifest.words(offer.fingerprint),
        ),
        tell.t("They stand for these digits: {digits}", digits=offer.fingerprint),
        tell.n(
            "Your answers count in a group with {count} invited person: {teams}.",
            "Your answers count in a group of {count} invited people: {teams}.",
            offer.crowd.invited,
            teams=plain.one_line(tell.join(offer.crowd.units)),
        ),
        tell.t("Checked: the rules are those that your link was made for."),
        tell.t("Checked: the questions are those of the rules."),
        tell.n(
            "Checked: the one group has at least {k} invited people.",
            "Checked: each of the {count} groups is listed once and has at least {k} invited people.",
            offer.crowds,
            k=offer.k,
        ),
    ]
    if offer.second_lock is not None:
        lines += [
            tell.t(
                "The answers have a second lock. Its key: {words}. Those who run the survey say who holds it; "
                "compare there.",
                words=trustee.key_words(offer.second_lock),
            ),
            tell.t("Digits of that key: {digits}", digits=offer.second_lock.hex()),
        ]
    for line in () if as_json else lines:
        plain.print_line(line)


def _fresh(wallet: Wallet, server: Server, offer: Offer) -> Kept:
    """Draw a nonce and keep it before anything is sent, so that a lost reply costs nobody the ballot."""
    draft = client.draw(offer)
    return wallet.keep_first(
        server.address,
        offer.link,
        Kept(
            nonce=draft.nonce,
            blind=draft.blinded.blind,
            token=None,
            closes_at=_instant(offer.closes_at),
            days=KEPT_DAYS if offer.second_lock is None else KEPT_DAYS_TRUSTEE,
            is_sent=False,
        ),
    )


def _paper(wallet: Wallet, server: Server, offer: Offer, kept: Kept) -> Paper:
    """Return the paper that is kept, or take it now and keep it."""
    if kept.token is not None:
        return Paper(nonce=kept.nonce, token=kept.token)
    draft = client.draw(offer, nonce=kept.nonce, scalar=kept.blind)
    reply = server.post("/papers", client.paper_request(offer.link, draft))
    if reply.status != 200:
        raise _paper_refused(reply)
    fields = reply.fields()
    paper = client.take_paper(offer, draft, fields.get("element"), fields.get("proof"))
    wallet.keep(server.address, offer.link, dataclasses.replace(kept, token=paper.token))
    return paper


def _paper_refused(reply: Reply) -> Refused:
    if reply.status == 429:
        return _wait()
    match reply.fields().get("refused"):
        case "unknown-code":
            return Refused("This link is not valid any more. A newer one may have been sent to you.")
        case "not-open":
            return Refused("This wave is not open. No answers are taken.")
        case "paper-taken":
            return Refused(
                "The ballot paper of this link was taken already, in a browser or on another machine. "
                "Change your answers there. A second paper would be a second vote."
            )
        case "malformed":
            return Refused("The server could not read the request. One of the two programs may be too old.")
    return Refused("The server refused the ballot paper ({status}). Nothing was sent.", status=reply.status)


def _ballot_refused(reply: Reply) -> Refused:
    if reply.status == 429:
        return _wait()
    if reply.status == 409:
        return Refused(
            "The server did not take the ballot. The wave may have closed. It tells no other reason to anybody."
        )
    return Refused(
        "The server reports a fault ({status}). Run the same command again; an answer is never counted twice.",
        status=reply.status,
    )


def _wait() -> Refused:
    return Refused("There were too many attempts from your network. Wait ten minutes and run the same command again.")


def _search(server: Server, link: Link, kept: Kept | None) -> tuple[bool | None, str]:
    """Return whether the ballot was counted, None where nobody can tell, and the sentence that says so."""
    tell = plain.say()
    if kept is None:
        return None, tell.t(
            "This machine keeps nothing about a ballot of this link. What it keeps goes {days} days after the close, "
            "or {days_trustee} where the answers have a second lock.",
            days=KEPT_DAYS,
            days_trustee=KEPT_DAYS_TRUSTEE,
        )
    account = Reply(status=200, body=_document(server, f"/waves/{link.wave}/account.json")).fields()
    shown = account.get("fingerprint")
    if not isinstance(shown, str) or not re.fullmatch(r"[0-9a-f]{64}", shown) or links.mark_of(shown) != link.mark:
        raise Untrusted("The server shows another wave than the one your link was made for.")
    if account.get("is_within_papers") is False:
        raise Untrusted("More ballots were counted in this wave than papers were issued. Tell your works council.")
    if account.get("has_counted_list") is not True:
        return None, _why_no_list(account, kept.closes_at, lambda: _offer(server, link).invited)
    try:
        entries = counted.from_text(_decoded(_document(server, f"/waves/{link.wave}/counted.txt")))
    except ValueError:
        raise Untrusted("The list of counted ballots cannot be read.") from None
    if counted.contains(entries, sealing.nonce_hash(kept.nonce)):
        return True, tell.t("Yes. Your ballot is in the list of those that were counted.")
    if not kept.is_sent:
        return False, tell.t("No. This machine took a ballot paper, but no ballot of yours was accepted.")
    return False, tell.t("No. Your ballot is not in the list of those that were counted. Tell your works council.")


def _why_no_list(account: Mapping[str, object], closes_at: dt.datetime, invited: Callable[[], int]) -> str:
    tell = plain.say()
    match account.get("status"):
        case "open":
            reason = tell.t("The wave is still open. Ask again after {until} UTC.", until=tell.moment(closes_at))
        case "closed" if account.get("is_waiting") is True:
            reason = tell.t("The wave is closed and waits for the holder of the second key. Ask again later.")
        case "closed":
            reason = tell.t("The wave is closed and not counted yet. Ask again later.")
        case "withdrawn":
            reason = tell.t("The wave was taken back. Its ballots were destroyed and nothing was counted.")
        case _ if account.get("is_none") is True:
            reason = tell.t("Too few people answered, so nothing was counted. All ballots were destroyed.")
        case _ if invited() < LISTED_FROM:
            reason = tell.t(
                "There is no list for this wave, because fewer than {least} people were invited.", least=LISTED_FROM
            )
        case _:
            reason = tell.t("There is no list for this wave any more. It is deleted seven days after the count.")
    return reason


def _instant(text: str) -> dt.datetime:
    """Return an instant as a manifest writes it."""
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Untrusted("The rules of the wave name no time at which it closes. Nothing was sent.") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=dt.UTC)
