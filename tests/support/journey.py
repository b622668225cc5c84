"""Takes a small organisation through waves by the calls that commands and pages make; time is an argument throughout.

Not a plugin: import what you need. ``company(inst)`` sets everything up, ``hold_wave(inst, answers)`` runs a wave.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from app import lifecycle
from app.config import Settings
from app.installation import Installation, create
from app.lifecycle import Message
from reports.services.release import ReleaseAccount
from surveys.ballots import client, codes, links
from surveys.ballots.client import Offer, Paper
from surveys.ballots.links import Link
from surveys.ballots.wire import decode64, encode64
from surveys.enums import BallotMode, Role
from surveys.errors import Refused
from surveys.importers.organisation import OrganisationFile, read_organisation
from surveys.instruments.schema import Instrument, ResponseOption, Segment, Text, from_document
from surveys.services import answering, invitations, papers, programmes, published, staff
from surveys.services.answering import ParsedBallot
from surveys.services.organisation import OrganisationChanges, import_organisation
from surveys.services.papers import UnknownCode
from surveys.services.tally import CountAccount
from surveys.store import invitations as invitation_store
from surveys.store import waves as wave_store

ROOT = "root"
PROGRAMME = "pulse"
ACTOR = "test"
REDACTOR = "redactor@acme.example"
FIRST_DAY = dt.date(2025, 1, 6)
START = dt.datetime(2025, 1, 2, tzinfo=dt.UTC)
"""A moment before the first opening, which is on Monday, 6 January 2025, 9:00 in Madrid."""

Teams = Mapping[str, tuple[str | None, int]]
"""Teams by key: the team above and the number of people, the leader among them. The root comes first."""

Answers = Mapping[str, int | None]
"""Option numbers by item and, where a wave asks for them, by segment."""


class Ticked(dict[str, int | None]):
    """Answers with topics that were ticked and a comment; to be given wherever plain answers may be."""

    def __init__(
        self, answers: Answers = MappingProxyType({}), *, topics: Sequence[str] = (), comment: str = ""
    ) -> None:
        super().__init__(answers)
        self.topics = tuple(topics)
        self.comment = comment


Answering = Callable[[str, Instrument], Answers | None]
"""Says what the person with an address answers; None: this person does not take part."""

SIX_TEAMS: Teams = {
    ROOT: (None, 2),
    "ant": (ROOT, 10),
    "bee": (ROOT, 9),
    "cat": (ROOT, 8),
    "dog": (ROOT, 4),
    "elk": (ROOT, 9),
}
"""Four teams that stand alone, and dog, whose four people are counted with a sister team."""

TWO_TEAMS: Teams = {ROOT: (None, 1), "ant": (ROOT, 6), "bee": (ROOT, 5)}
"""Twelve people in two teams: everybody is one crowd."""


_WALLETS: dict[tuple[str, str], tuple[Offer, Paper]] = {}
"""What the browsers of members keep, by database and code; a copy of an installation has the same codes."""


@dataclass(frozen=True, kw_only=True)
class OpenWave:
    """An open wave: by address the code of everybody's link and the crowd everybody's answer counts in."""

    slug: str
    opens_at: dt.datetime
    closes_at: dt.datetime
    releases_at: dt.datetime
    codes: Mapping[str, str]
    crowds: Mapping[str, str]
    instrument: Instrument


@dataclass(frozen=True, kw_only=True)
class HeldWave:
    """A wave that went all the way: what was sent, answered (by address), counted and released."""

    wave: OpenWave
    answers: Mapping[str, Answers]
    count: CountAccount
    release: ReleaseAccount


def leader(team: str) -> str:
    """The address of the person who leads a team."""
    return f"lead.{team}@acme.example"


def member(team: str, number: int) -> str:
    """The address of a member who does not lead, from 1."""
    return f"{team}.{number}@acme.example"


def members(team: str, people: int) -> list[str]:
    """All addresses of a team of so many people, the leader first."""
    return [leader(team), *(member(team, number) for number in range(1, people))]


def csv_files(teams: Teams) -> tuple[bytes, bytes]:
    """Write the organisation as the two files a steward imports."""
    team_rows = ["team,parent,name,leader_email,timezone"]
    people_rows = ["email,name,team,language,starts_on,ends_on"]
    for key, (parent, people) in teams.items():
        team_rows.append(f"{key},{parent or ''},Team {key},{leader(key)},Europe/Madrid")
        people_rows += [f"{each},Name of {each},{key},en,2024-01-01," for each in members(key, people)]
    return "\n".join(team_rows).encode() + b"\n", "\n".join(people_rows).encode() + b"\n"


def organisation(teams: Teams) -> OrganisationFile:
    """Return the organisation as read from its files."""
    return read_organisation(*csv_files(teams))


def installation(folder: Path, url: str = "") -> Installation:
    """Make an installation below a folder, on the database at ``url`` or an SQLite file of its own."""
    return create(replace(installation_settings(folder / "data", folder / "keys"), database_url=url))


def installation_settings(data_dir: Path, key_dir: Path) -> Settings:
    """Return the settings of an installation in these folders."""
    return Settings(data_dir=data_dir, key_dir=key_dir)


def import_teams(inst: Installation, teams: Teams, *, today: dt.date = FIRST_DAY) -> OrganisationChanges:
    """Import an organisation as ``org import`` does."""
    with inst.database.transaction() as session:
        return import_organisation(session, organisation(teams), today=today)


def facts(**changes: object) -> programmes.ProgrammeFacts:
    """Return a programme of biweekly pulses for the whole organisation, with other values where they are named."""
    plain = programmes.ProgrammeFacts(
        slug=PROGRAMME,
        name="Pulse",
        organisation="Acme",
        audience=ROOT,
        starts_on=FIRST_DAY,
        timezone="Europe/Madrid",
        instruments=({"code": "pulse-1", "every": 1, "offset": 0},),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def segment(code: str, *options: str) -> Segment:
    """Return a segment with these options, named alike in both languages."""
    return Segment(
        code=code,
        text=Text(en=f"Your {code}?", es=f"¿Tu {code}?"),
        choices=tuple(
            ResponseOption(code=number, label=Text(en=option, es=option)) for number, option in enumerate(options, 1)
        ),
    )


def company(inst: Installation, teams: Teams = SIX_TEAMS, **changes: object) -> None:
    """Import an organisation and add its programme; where it takes comments, somebody may redact them."""
    import_teams(inst, teams)
    with inst.database.transaction() as session:
        if programmes.add_programme(session, facts(**changes)).has_comments:
            staff.grant_role(session, email=REDACTOR, role=Role.REDACTOR, team=None, name="Red", language="en")


def plan_wave(inst: Installation, *, now: dt.datetime = START) -> str:
    """Plan the next wave and return its name."""
    return lifecycle.plan_next(inst, programme=PROGRAMME, now=now, actor=ACTOR).slug


def open_wave(inst: Installation, slug: str | None = None) -> OpenWave:
    """Plan (where no name is given) and open a wave at its time."""
    slug = slug or plan_wave(inst)
    with inst.database.reading() as session:
        opens_at = wave_store.get_wave(session, slug).opens_at
    lifecycle.open_wave(inst, wave=slug, now=opens_at, actor=ACTOR)
    return opened(inst, slug)


def opened(inst: Installation, slug: str) -> OpenWave:
    """Return a wave that is already open."""
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, slug)
        addressees = invitations.list_undelivered(session, wave=slug, kind="none")
        own_codes = {each.email: invitations.link_code(inst.keys, wave=slug, addressee=each) for each in addressees}
        return OpenWave(
            slug=slug,
            opens_at=row.opens_at,
            closes_at=row.closes_at,
            releases_at=row.releases_at,
            codes=own_codes,
            crowds={email: invitations.find_place(session, inst.keys, code).crowd for email, code in own_codes.items()},
            instrument=from_document(wave_store.get_instrument_document(session, row.instrument_sha256)),
        )


def mail_wave(inst: Installation, wave: OpenWave, kind: str = "invitation") -> list[Message]:
    """Send a mailing of an open wave and return its messages."""
    box: list[Message] = []
    lifecycle.send_mailing(inst, wave=wave.slug, kind=kind, now=wave.opens_at, send=box.append)
    return box


def link_of(inst: Installation, code: str) -> Link:
    """Return the link to a sealed wave that carries a code."""
    with inst.database.reading() as session:
        found = invitation_store.find_by_code_hash(session, codes.code_hash(codes.decode(code)))
        if found is None:
            raise UnknownCode
        return Link(
            wave=found.wave,
            crowd=found.crowd,
            language=found.language,
            read_key=links.read_key(inst.keys.installation_key(), wave=found.wave, crowd=found.crowd),
            code=code,
            mark=links.mark_of(wave_store.get_wave(session, found.wave).fingerprint or ""),
        )


def offer_of(inst: Installation, link: Link) -> Offer:
    """Return the wave of a link as a careful program checks it."""
    with inst.database.reading() as session:
        return client.check_offer(
            link, published.manifest_text(session, link.wave), published.questionnaire(session, link.wave)
        )


def take_paper(inst: Installation, code: str, *, now: dt.datetime) -> tuple[Offer, Paper]:
    """Take the paper of a code in a transaction of its own, or return the one this code already took here."""
    wallet = inst.database.url, code
    if wallet not in _WALLETS:
        offer = offer_of(inst, link_of(inst, code))
        draft = client.draw(offer)
        with inst.database.transaction() as session:
            reply = papers.issue_paper(
                session, inst.keys, wave=offer.link.wave, code=code, blinded=draft.blinded.element, now=now
            )
        _WALLETS[wallet] = offer, client.take_paper(offer, draft, encode64(reply.element), encode64(reply.proof))
    return _WALLETS[wallet]


def sealed_ballot(
    offer: Offer, paper: Paper, answers: Answers, *, topics: Sequence[str] = (), comment: str = ""
) -> ParsedBallot:
    """Return what the server reads out of a posted ballot; items without an answer are passed over."""
    whole = _ticked(answers, topics, comment)
    sent = client.ballot(offer, paper, {**dict.fromkeys(offer.choices), **whole}, whole.topics, whole.comment)
    return ParsedBallot(
        wave=sent["wave"],
        crowd=sent["crowd"],
        nonce=decode64(sent["nonce"]),
        token=decode64(sent["token"]),
        sealed=decode64(sent["sealed"]),
    )


def put(inst: Installation, ballot: ParsedBallot, *, now: dt.datetime) -> bool:
    """Put a sealed ballot into the box as the web does; returns whether it was taken."""
    with inst.database.reading() as session:
        box = answering.box_of(session, ballot.wave)
    if box is None or now >= box.closes_at or not answering.is_valid(inst.keys, box, ballot):
        return False
    with inst.database.transaction() as session:
        return answering.store_sealed(session, box, ballot)


def _ticked(answers: Answers, topics: Sequence[str] = (), comment: str = "") -> Ticked:
    """Return answers with what was ticked and written, whichever way they came."""
    if isinstance(answers, Ticked):
        return Ticked(answers, topics=topics or answers.topics, comment=comment or answers.comment)
    return Ticked(answers, topics=topics, comment=comment)


def cast(
    inst: Installation,
    code: str,
    answers: Answers,
    *,
    now: dt.datetime,
    topics: Sequence[str] = (),
    comment: str = "",
) -> None:
    """Answer once with the code of a link, in the way of its wave; a second time replaces.

    ``answers`` holds those to segments too; topics and a comment stand beside them, or in a :class:`Ticked`. Sealed:
    the paper in one transaction, the ballot in another, as the answer page does. Promise: as the forms do.
    """
    answers = _ticked(answers, topics, comment)
    if _mode_of(inst, code) is BallotMode.SEALED:
        offer, paper = take_paper(inst, code, now=now)
        if not put(inst, sealed_ballot(offer, paper, answers), now=now):
            raise Refused("The box did not take the ballot.")
        return
    with inst.database.reading() as session:
        place = invitations.find_place(session, inst.keys, code)
    with inst.database.transaction() as session:
        page = answering.get_questionnaire(session, wave=place.wave, crowd=place.crowd, now=now)
        answering.submit_promise_ballot(
            session,
            page,
            secret=place.secret,
            answers=answers,
            now=now,
            topics=answers.topics,
            comment=answers.comment,
        )


def cast_all(inst: Installation, wave: OpenWave, answers: Answering) -> dict[str, Answers]:
    """Let everybody answer who wants to; returns what each address answered. Few transactions, for speed.

    Where ``answers`` returns a :class:`Ticked`, its topics and comment are sent as well.
    """
    chosen = {email: found for email in sorted(wave.codes) if (found := answers(email, wave.instrument)) is not None}
    with inst.database.reading() as session:
        mode = BallotMode(wave_store.get_wave(session, wave.slug).mode)
    if mode is BallotMode.SEALED:
        _cast_sealed(inst, wave, chosen)
        return chosen
    pages: dict[str, answering.Questionnaire] = {}
    with inst.database.transaction() as session:
        for email, given in chosen.items():
            place = invitations.find_place(session, inst.keys, wave.codes[email])
            if place.crowd not in pages:
                pages[place.crowd] = answering.get_questionnaire(
                    session, wave=place.wave, crowd=place.crowd, now=wave.opens_at
                )
            whole = _ticked(given)
            answering.submit_promise_ballot(
                session,
                pages[place.crowd],
                secret=place.secret,
                answers=whole,
                now=wave.opens_at,
                topics=whole.topics,
                comment=whole.comment,
            )
    return chosen


def _cast_sealed(inst: Installation, wave: OpenWave, chosen: Mapping[str, Answers]) -> None:
    """All papers in one transaction, then all ballots in another one."""
    offers: dict[str, Offer] = {}
    with inst.database.transaction() as session:
        for code in (wave.codes[email] for email in chosen):
            if (inst.database.url, code) in _WALLETS:
                continue
            link = link_of(inst, code)
            if link.crowd not in offers:
                offers[link.crowd] = offer_of(inst, link)
            offer = replace(offers[link.crowd], link=link)
            draft = client.draw(offer)
            reply = papers.issue_paper(
                session, inst.keys, wave=wave.slug, code=code, blinded=draft.blinded.element, now=wave.opens_at
            )
            _WALLETS[inst.database.url, code] = (
                offer,
                client.take_paper(offer, draft, encode64(reply.element), encode64(reply.proof)),
            )
    with inst.database.transaction() as session:
        box = answering.box_of(session, wave.slug)
        assert box is not None
        for email, given in chosen.items():
            ballot = sealed_ballot(*_WALLETS[inst.database.url, wave.codes[email]], given)
            assert answering.is_valid(inst.keys, box, ballot)
            assert answering.store_sealed(session, box, ballot)


def _mode_of(inst: Installation, code: str) -> BallotMode:
    with inst.database.reading() as session:
        found = invitation_store.find_by_code_hash(session, codes.code_hash(codes.decode(code)))
        return BallotMode(wave_store.get_wave(session, found.wave).mode) if found is not None else BallotMode.PROMISE


def close_wave(inst: Installation, wave: OpenWave) -> CountAccount:
    """Close and count a wave at its time."""
    return lifecycle.close_wave(inst, wave=wave.slug, now=wave.closes_at, actor=ACTOR)


def release_wave(inst: Installation, wave: OpenWave) -> ReleaseAccount:
    """Release a counted wave at its time."""
    return lifecycle.release_wave(inst, wave=wave.slug, now=wave.releases_at, actor=ACTOR)


def hold_wave(inst: Installation, answers: Answering) -> HeldWave:
    """Plan, open, answer, close, count and release the next wave."""
    wave = open_wave(inst)
    given = cast_all(inst, wave, answers)
    count = close_wave(inst, wave)
    return HeldWave(wave=wave, answers=given, count=count, release=release_wave(inst, wave))


def everybody(value: int = 4) -> Answering:
    """Everybody chooses the same option of every item."""
    return lambda _email, instrument: dict.fromkeys(instrument.item_codes, value)


def varied(*, shift: int = 0, absent: Sequence[str] = ()) -> Answering:
    """Everybody but the absent answers; options differ by person and item and depend on nothing else."""

    def answer(email: str, instrument: Instrument) -> Answers | None:
        if email in absent:
            return None
        start = sum(email.encode()) + shift
        return {code: 1 + (start * (place + 3) + place) % 5 for place, code in enumerate(instrument.item_codes)}

    return answer


def only(emails: Sequence[str], answers: Answering | None = None) -> Answering:
    """Nobody but these people takes part."""
    inner = answers or varied()
    return lambda email, instrument: inner(email, instrument) if email in emails else None
