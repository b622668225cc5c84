"""Takes a small organisation through waves by the calls that commands and pages make; time is an argument throughout.

Not a plugin: import what you need. ``company(inst)`` sets everything up, ``hold_wave(inst, answers)`` runs a wave.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app import lifecycle
from app.config import Settings
from app.installation import Installation, create
from app.lifecycle import Message
from reports.services.release import ReleaseAccount
from surveys.importers.organisation import OrganisationFile, read_organisation
from surveys.instruments.schema import Instrument, from_document
from surveys.services import answering, invitations, programmes
from surveys.services.organisation import OrganisationChanges, import_organisation
from surveys.services.tally import CountAccount
from surveys.store import waves as wave_store

ROOT = "root"
PROGRAMME = "pulse"
ACTOR = "test"
FIRST_DAY = dt.date(2025, 1, 6)
START = dt.datetime(2025, 1, 2, tzinfo=dt.UTC)
"""A moment before the first opening, which is on Monday, 6 January 2025, 9:00 in Madrid."""

Teams = Mapping[str, tuple[str | None, int]]
"""Teams by key: the team above and the number of people, the leader among them. The root comes first."""

Answers = Mapping[str, int | None]
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


def company(inst: Installation, teams: Teams = SIX_TEAMS, **changes: object) -> None:
    """Import an organisation and add its programme."""
    import_teams(inst, teams)
    with inst.database.transaction() as session:
        programmes.add_programme(session, facts(**changes))


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
        codes = {each.email: invitations.link_code(inst.keys, wave=slug, addressee=each) for each in addressees}
        return OpenWave(
            slug=slug,
            opens_at=row.opens_at,
            closes_at=row.closes_at,
            releases_at=row.releases_at,
            codes=codes,
            crowds={email: invitations.find_place(session, inst.keys, code).crowd for email, code in codes.items()},
            instrument=from_document(wave_store.get_instrument_document(session, row.instrument_sha256)),
        )


def mail_wave(inst: Installation, wave: OpenWave, kind: str = "invitation") -> list[Message]:
    """Send a mailing of an open wave and return its messages."""
    box: list[Message] = []
    lifecycle.send_mailing(inst, wave=wave.slug, kind=kind, now=wave.opens_at, send=box.append)
    return box


def cast(inst: Installation, code: str, answers: Answers, *, now: dt.datetime) -> None:
    """Answer once with the code of a link: the place in one transaction, the ballot in another, as the pages do."""
    with inst.database.reading() as session:
        place = invitations.find_place(session, inst.keys, code)
    with inst.database.transaction() as session:
        page = answering.get_questionnaire(session, wave=place.wave, crowd=place.crowd, now=now)
        answering.submit_promise_ballot(session, page, secret=place.secret, answers=answers, now=now)


def cast_all(inst: Installation, wave: OpenWave, answers: Answering) -> dict[str, Answers]:
    """Let everybody answer who wants to; returns what each address answered. One transaction, for speed."""
    chosen = {email: found for email in sorted(wave.codes) if (found := answers(email, wave.instrument)) is not None}
    pages: dict[str, answering.Questionnaire] = {}
    with inst.database.transaction() as session:
        for email, given in chosen.items():
            place = invitations.find_place(session, inst.keys, wave.codes[email])
            if place.crowd not in pages:
                pages[place.crowd] = answering.get_questionnaire(
                    session, wave=place.wave, crowd=place.crowd, now=wave.opens_at
                )
            answering.submit_promise_ballot(
                session, pages[place.crowd], secret=place.secret, answers=given, now=wave.opens_at
            )
    return chosen


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
