"""Turns an organisation on paper into a year of released waves, by the calls that commands and pages make.

Time is simulated: each step gets the instant at which a real installation would have taken it. People answer with the
code of their own link; as on the web the place of a code is looked up in one transaction and the sealed ballot stored
in another one, so that no transaction sees both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app import lifecycle
from app.demo.calendar import OPEN_DAYS, RELEASE_DELAY, WAVE_DAYS, Calendar
from app.demo.organisation import TIMEZONE
from app.demo.shapes import ROOT, WAVES
from app.demo.world import World
from app.installation import Installation
from surveys.importers.organisation import read_organisation
from surveys.instruments.schema import from_document
from surveys.services import answering, invitations, programmes
from surveys.services.answering import Questionnaire
from surveys.services.organisation import OrganisationChanges, import_organisation
from surveys.store import waves as wave_store

PROGRAMME = "pulse"
ACTOR = "demo"

Answers = Mapping[str, Mapping[str, int | None]]
"""Answers by address and item."""


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
    """Plan, open, answer, close, count and release the next wave, which is the one with this number."""
    if not 1 <= number <= WAVES:
        raise ValueError(f"a demonstration has waves 1 to {WAVES}")
    morning = dt.datetime.combine(calendar.opening(number), dt.time(), tzinfo=dt.UTC)
    planned = lifecycle.plan_next(inst, programme=PROGRAMME, now=morning, actor=ACTOR)
    lifecycle.open_wave(inst, wave=planned.slug, now=planned.opens_at, actor=ACTOR)
    codes = _codes(inst, planned.slug)
    with inst.database.reading() as session:
        instrument = wave_store.get_instrument_document(session, planned.instrument_sha256)
    answers = world.answers(number, from_document(instrument))
    cast = _answer(inst, codes, answers, now=planned.opens_at + dt.timedelta(days=1))
    count = lifecycle.close_wave(inst, wave=planned.slug, now=planned.closes_at, actor=ACTOR)
    lifecycle.release_wave(inst, wave=planned.slug, now=planned.releases_at, actor=ACTOR)
    return WaveAccount(
        slug=planned.slug, invited=len(codes), ballots=cast, crowds=count.crowds, released_at=planned.releases_at
    )


def _codes(inst: Installation, wave: str) -> dict[str, str]:
    """Return the code in everybody's link by address; what a mailing would have carried."""
    with inst.database.reading() as session:
        addressees = invitations.list_undelivered(session, wave=wave, kind="invitation")
    return {each.email: invitations.link_code(inst.keys, wave=wave, addressee=each) for each in addressees}


def _answer(inst: Installation, codes: Mapping[str, str], answers: Answers, *, now: dt.datetime) -> int:
    """Let everybody answer who has a code and a mind to; returns how many did."""
    pages: dict[str, Questionnaire] = {}
    cast = 0
    for email in sorted(codes.keys() & answers.keys()):
        with inst.database.reading() as session:
            place = invitations.find_place(session, inst.keys, codes[email])
        if place.crowd not in pages:  # the page that all of a crowd see; the web asks for it again each time
            with inst.database.reading() as session:
                pages[place.crowd] = answering.get_questionnaire(session, wave=place.wave, crowd=place.crowd, now=now)
        with inst.database.transaction() as session:
            answering.submit_promise_ballot(
                session, pages[place.crowd], secret=place.secret, answers=answers[email], now=now
            )
        cast += 1
    return cast
