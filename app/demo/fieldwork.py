"""Turns an organisation on paper into a year of released waves, by the calls that commands and pages make.

Time is simulated: each step gets the instant at which a real installation would have taken it. People answer with
their own link as a careful program does: they check the manifest, take a ballot paper, check the proof, seal their
answers and put them into the box. Papers are noted in one transaction and ballots in others, so that none sees both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app import lifecycle
from app.demo.calendar import OPEN_DAYS, RELEASE_DELAY, WAVE_DAYS, Calendar
from app.demo.organisation import TIMEZONE
from app.demo.remarks import Remark, make_remarks
from app.demo.shapes import ROOT, WAVES
from app.demo.world import World
from app.installation import Installation
from surveys.ballots import client
from surveys.ballots.client import Draft, Offer, Paper
from surveys.ballots.links import parse
from surveys.ballots.wire import decode64, encode64
from surveys.enums import BallotMode
from surveys.importers.organisation import read_organisation
from surveys.instruments.schema import Instrument, from_document
from surveys.services import answering, invitations, papers, programmes, published
from surveys.services.organisation import OrganisationChanges, import_organisation
from surveys.store import waves as wave_store
from surveys.store.invitations import Addressee

PROGRAMME = "pulse"
ACTOR = "demo"

Answers = Mapping[str, Mapping[str, int | None]]
"""Answers by address and item."""

_NOTHING = Remark(topics=(), comment="")


@dataclass(kw_only=True)
class _Voter:
    """One person's browser: the checked wave, the nonce, and later the paper."""

    email: str
    offer: Offer
    draft: Draft
    paper: Paper | None = None

    @property
    def taken(self) -> Paper:
        """The paper, once it was taken."""
        if self.paper is None:
            raise RuntimeError("nobody can answer without a paper")
        return self.paper


@dataclass(frozen=True, kw_only=True)
class WaveAccount:
    """What became of one wave."""

    slug: str
    invited: int
    ballots: int
    crowds: int
    released_at: dt.datetime


def set_up(inst: Installation, *, teams: Path, people: Path, name: str, calendar: Calendar) -> OrganisationChanges:
    """Import the organisation and add the programme, as a steward does before the first wave."""
    file = read_organisation(teams, people)
    with inst.database.transaction() as session:
        changes = import_organisation(session, file, today=calendar.first_opening)
    with inst.database.transaction() as session:
        programmes.add_programme(
            session,
            programmes.ProgrammeFacts(
                slug=PROGRAMME,
                name="Pulse",
                organisation=name,
                audience=ROOT,
                starts_on=calendar.first_opening,
                rrule=f"FREQ=DAILY;INTERVAL={WAVE_DAYS}",
                timezone=TIMEZONE,
                open_days=OPEN_DAYS,
                release_delay_hours=int(RELEASE_DELAY.total_seconds() // 3600),
            ),
        )
    return changes


def hold_wave(inst: Installation, world: World, *, number: int, calendar: Calendar) -> WaveAccount:
    """Plan, open, answer, close, count and release the next wave, which is the one with this number.

    The last wave asks for topics and comments; an account must have the role redactor then.
    """
    if not 1 <= number <= WAVES:
        raise ValueError(f"a demonstration has waves 1 to {WAVES}")
    morning = dt.datetime.combine(calendar.opening(number), dt.time(), tzinfo=dt.UTC)
    if number == WAVES:
        _add_comments(inst)
    planned = lifecycle.plan_next(inst, programme=PROGRAMME, now=morning, actor=ACTOR)
    lifecycle.open_wave(inst, wave=planned.slug, now=planned.opens_at, actor=ACTOR)
    with inst.database.reading() as session:
        instrument = from_document(wave_store.get_instrument_document(session, planned.instrument_sha256))
    answers = world.answers(number, instrument)
    invited = _invited(inst, planned.slug)
    voters = _voters(inst, planned.slug, [each for each in invited if each.email in answers])
    asked_at = planned.opens_at + dt.timedelta(days=1)
    _take_papers(inst, voters, now=asked_at)
    _cast(inst, planned.slug, voters, answers, _remarks(world, instrument, voters))
    count = lifecycle.close_wave(inst, wave=planned.slug, now=planned.closes_at, actor=ACTOR)
    lifecycle.release_wave(inst, wave=planned.slug, now=planned.releases_at, actor=ACTOR)
    return WaveAccount(
        slug=planned.slug,
        invited=len(invited),
        ballots=len(voters),
        crowds=count.crowds,
        released_at=planned.releases_at,
    )


def _add_comments(inst: Installation) -> None:
    """Let people tick topics and write a comment from the next wave on, as a steward does with a programme."""
    with inst.database.transaction() as session:
        programmes.change_ballots(
            session,
            PROGRAMME,
            mode=BallotMode.SEALED,
            second_lock=None,
            change=programmes.Change(has_comments=True),
        )


def _remarks(world: World, instrument: Instrument, voters: Sequence[_Voter]) -> Mapping[str, Remark]:
    """Return by address what these people tick and write; nothing where the wave does not ask."""
    if instrument.comment is None:
        return {}
    organisation, emails = world.organisation, {voter.email for voter in voters}
    return make_remarks(
        [person for person in organisation.people if person.identity.email in emails],
        [topic.code for topic in instrument.topics],
        troubled=organisation.shape.troubled,
        seed=world.seed,
    )


def _invited(inst: Installation, wave: str) -> list[Addressee]:
    """Return everybody to whom a mailing would carry a link, by address."""
    with inst.database.reading() as session:
        addressees = invitations.list_undelivered(session, wave=wave, kind="invitation")
    return sorted(addressees, key=lambda each: each.email)


def _voters(inst: Installation, wave: str, people: Sequence[Addressee]) -> list[_Voter]:
    """Let these people check what the wave promises; what a crowd is shown is checked once for all of it."""
    with inst.database.reading() as session:
        shown = published.manifest_text(session, wave), published.questionnaire(session, wave)
        links = {
            each.email: parse(invitations.link_fragment(session, inst.keys, wave=wave, addressee=each))
            for each in people
        }
    offers: dict[str, Offer] = {}
    for link in links.values():
        if link.crowd not in offers:
            offers[link.crowd] = client.check_offer(link, *shown)
    mine = {email: replace(offers[link.crowd], link=link) for email, link in links.items()}
    return [_Voter(email=email, offer=offer, draft=client.draw(offer)) for email, offer in mine.items()]


def _take_papers(inst: Installation, voters: Sequence[_Voter], *, now: dt.datetime) -> None:
    """Let everybody take a paper; one transaction for all of them, because nobody waits for an answer here."""
    with inst.database.transaction() as session:
        for voter in voters:
            evaluation = papers.issue_paper(
                session,
                inst.keys,
                wave=voter.offer.link.wave,
                code=voter.offer.link.code,
                blinded=voter.draft.blinded.element,
                now=now,
            )
            element, proof = encode64(evaluation.element), encode64(evaluation.proof)
            voter.paper = client.take_paper(voter.offer, voter.draft, element, proof)


def _cast(
    inst: Installation, wave: str, voters: Sequence[_Voter], answers: Answers, remarks: Mapping[str, Remark]
) -> None:
    """Let everybody put a sealed ballot into the box, each in a transaction of its own.

    Raises:
        RuntimeError: the box refused a ballot, which would be a fault of this program.
    """
    with inst.database.reading() as session:
        box = answering.box_of(session, wave)
    for voter in voters:
        remark = remarks.get(voter.email, _NOTHING)
        sent = client.ballot(
            voter.offer, voter.taken, answers[voter.email], topics=remark.topics, comment=remark.comment
        )
        ballot = answering.ParsedBallot(
            wave=sent["wave"],
            crowd=sent["crowd"],
            nonce=decode64(sent["nonce"]),
            token=decode64(sent["token"]),
            sealed=decode64(sent["sealed"]),
        )
        if box is None or not answering.is_valid(inst.keys, box, ballot):
            raise RuntimeError("a ballot of the demonstration was refused")
        with inst.database.transaction() as session:
            answering.store_sealed(session, box, ballot)
