"""Sets up the standing survey and works out which questionnaire and which instants its next wave has."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import rrulebase, rruleset, rrulestr
from sqlalchemy.orm import Session

from surveys import policies
from surveys.enums import BallotMode, WaveStatus
from surveys.errors import Refused
from surveys.i18n import LANGUAGES, mark
from surveys.instruments.library import comments, compose, load, parse_segments, shipped
from surveys.instruments.schema import Instrument, Segment, content_hash, document, plain
from surveys.models.waves import Programme
from surveys.store import waves as store

K_FLOOR = 5
MAX_OPEN_DAYS = 35
DEFAULT_INSTRUMENTS: tuple[Mapping[str, object], ...] = (
    {"code": "pulse-1", "every": 1, "offset": 0},
    {"code": "core-1", "every": 3, "offset": 2},
    {"code": "levers-1", "every": 3, "offset": 1},
    {"code": "burnout-1", "every": 6, "offset": 5},
)
"""The pulse in every wave, the core in every third, our own items in the wave before it, burnout once a quarter."""

LOST_KEY = mark("If this key is lost, the answers of the wave are lost. Keep three copies apart.")
"""What a second lock may cost; said before a wave opens with one."""

MODE_SENTENCES = {
    BallotMode.SEALED: mark("Sealed mode: answers are locked in the browser before they are sent."),
    BallotMode.CARD: mark("Card mode: as anonymous as the box the cards are drawn from."),
    BallotMode.PROMISE: mark("Promise mode: people rely on this server to forget who sent an answer."),
}
"""What a mode means, before and while a wave is held."""

_A_DAY = dt.timedelta(days=1)

_SLUG = re.compile(r"[a-z][a-z0-9-]{0,30}")
_STANDSTILL = re.compile(r"INTERVAL=0*(;|$)", re.IGNORECASE)
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True, kw_only=True)
class ProgrammeFacts:
    """What a steward decides about a programme; the defaults are the product's.

    ``second_lock`` is the public key (32 bytes) of a trustee without whom no ballots are counted. ``segments`` are
    asked inside the sealed answers and never read from the roster; with ``has_comments`` people may tick topics and
    write a comment; ``is_strict`` clips means so far that two people could have said otherwise, not one.
    """

    slug: str
    name: str
    organisation: str
    audience: str
    starts_on: dt.date
    instruments: Sequence[Mapping[str, object]] = DEFAULT_INSTRUMENTS
    rrule: str = "FREQ=WEEKLY;INTERVAL=2"
    opens_time: str = "09:00"
    timezone: str = "UTC"
    open_days: int = 7
    release_delay_hours: int = 24
    k: int = K_FLOOR
    languages: Sequence[str] = LANGUAGES
    mode: BallotMode = BallotMode.SEALED
    second_lock: bytes | None = None
    retention_days: int = 5 * 365
    segments: Sequence[Segment] = ()
    has_comments: bool = False
    is_strict: bool = False


def add_programme(session: Session, facts: ProgrammeFacts) -> Programme:
    """Store a new programme.

    Raises:
        Refused: a value breaks a rule, or the name is taken; the sentence names the field.
    """
    _check(facts)
    if store.find_programme(session, facts.slug) is not None:
        raise Refused("There is already a programme {slug}.", slug=facts.slug)
    programme = Programme(
        slug=facts.slug,
        name=facts.name,
        organisation=facts.organisation,
        audience=facts.audience,
        instruments=[dict(entry) for entry in facts.instruments],
        rrule=facts.rrule,
        starts_on=facts.starts_on,
        opens_time=facts.opens_time,
        timezone=facts.timezone,
        open_days=facts.open_days,
        release_delay_hours=facts.release_delay_hours,
        k=facts.k,
        languages=list(facts.languages),
        mode=facts.mode.value,
        second_lock=facts.second_lock.hex() if facts.second_lock else None,
        retention_days=facts.retention_days,
        segments=_stored(facts.segments),
        has_comments=facts.has_comments,
        is_strict=facts.is_strict,
        is_active=True,
    )
    store.add_programme(session, programme)
    return programme


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is to be different in a programme from its next opening on; None leaves it as it is."""

    segments: Sequence[Segment] | None = None
    has_comments: bool | None = None
    is_strict: bool | None = None


def change_ballots(
    session: Session, slug: str, *, mode: BallotMode, second_lock: bytes | None, change: Change | None = None
) -> str | None:
    """Let a programme take or show answers in another way or with another trustee, from the next opening on.

    A wave that is only planned follows; its name is returned, or None where none waits. Other waves stay as they are.

    Raises:
        NotFound: there is no such programme.
        InvalidInput: the segments are not valid.
        Refused: a wave of the programme is open, and its manifest promises how answers are taken; or comments and a
            second lock would come together.
    """
    programme = store.get_programme(session, slug)
    held = store.list_waves(session, programme=slug)
    for wave in held:
        policies.check_can_change_ballots(wave.slug, WaveStatus(wave.status))
    wanted = change or Change()
    has_comments = programme.has_comments if wanted.has_comments is None else wanted.has_comments
    _check_locks(has_comments=has_comments, has_second_lock=second_lock is not None)
    stored = programme.segments if wanted.segments is None else _stored(wanted.segments)
    store.set_ballots(session, programme=slug, mode=mode, second_lock=second_lock.hex() if second_lock else None)
    programme = store.get_programme(session, slug)
    programme.segments = stored
    programme.has_comments = has_comments
    programme.is_strict = programme.is_strict if wanted.is_strict is None else wanted.is_strict
    planned = next((wave for wave in held if wave.status == WaveStatus.PLANNED), None)
    if planned is not None:
        planned.is_strict = programme.is_strict
        if (wanted.segments, wanted.has_comments) != (None, None):  # else the questions stay those of the planning
            planned.instrument_sha256 = add_questionnaire(session, programme, planned.number)
    session.flush()
    return None if planned is None else planned.slug


def add_questionnaire(session: Session, programme: Programme, number: int) -> str:
    """Store the questionnaire of a programme's wave with this number and return its hash.

    Raises:
        Refused: it would have no questions.
    """
    asked = questionnaire(programme, number)
    sha256 = content_hash(asked)
    store.add_instrument_version(session, sha256=sha256, code=asked.code, document=document(asked))
    return sha256


def questionnaire(programme: Programme, number: int) -> Instrument:
    """Return the questionnaire of a programme's wave with this number, counted from 1, with all that it asks beside."""
    chosen = [
        load(str(entry["code"]))
        for entry in programme.instruments
        if (number - 1) % int(str(entry["every"])) == int(str(entry["offset"])) % int(str(entry["every"]))
    ]
    if not chosen:
        raise Refused("Wave {number} of this programme would have no questions.", number=number)
    asked = comments() if programme.has_comments else None
    return compose(chosen, segments=_read_segments(programme.segments), asked=asked)


def opening_after(programme: Programme, after: dt.datetime | None) -> dt.datetime:
    """Return the first opening strictly after an instant, or the very first one, as UTC.

    Local time counts; a time that the clock skips in spring becomes the same distance after the skip, one that
    happens twice in autumn is the first of the two.

    Raises:
        Refused: the rhythm has ended.
    """
    zone = ZoneInfo(programme.timezone)
    rule = _rule(programme.rrule, programme.starts_on, programme.opens_time)
    # From a day earlier in local time, because the clock may have gone back since; the instants decide.
    local = iter(rule) if after is None else rule.xafter(after.astimezone(zone).replace(tzinfo=None) - _A_DAY)
    instants = (moment.replace(tzinfo=zone).astimezone(dt.UTC) for moment in local)
    found = next((instant for instant in instants if after is None or instant > after), None)
    if found is None:
        raise Refused("The rhythm of programme {slug} has no further opening.", slug=programme.slug)
    return found


def _rule(text: str, starts_on: dt.date, opens_time: str) -> rrulebase:
    hour, minute = (int(part) for part in opens_time.split(":"))
    rule = rrulestr(text, dtstart=dt.datetime.combine(starts_on, dt.time(hour, minute)))
    if isinstance(rule, rruleset) or _STANDSTILL.search(text):
        raise ValueError("not a rule of its own, or one that never moves on")
    return rule


def _check(facts: ProgrammeFacts) -> None:
    if not _SLUG.fullmatch(facts.slug):
        raise Refused("The name of a programme has small letters, digits and dashes, such as pulse.")
    if facts.k < K_FLOOR:
        raise Refused("The threshold k is at least {floor}; it may be raised, never lowered.", floor=K_FLOOR)
    if not 1 <= facts.open_days <= MAX_OPEN_DAYS:
        raise Refused("A wave stays open for 1 to {most} days.", most=MAX_OPEN_DAYS)
    if not _TIME.fullmatch(facts.opens_time):
        raise Refused("The time of opening is written as HH:MM.")
    unknown = sorted(set(facts.languages) - set(LANGUAGES))
    if unknown or not facts.languages:
        raise Refused("The languages of a programme are among {known}.", known=", ".join(LANGUAGES))
    _check_rhythm(facts)
    _check_locks(has_comments=facts.has_comments, has_second_lock=facts.second_lock is not None)
    for entry in facts.instruments:
        if entry.get("code") not in shipped():
            raise Refused("There is no questionnaire {code}.", code=str(entry.get("code"))[:60])
        every, offset = entry.get("every"), entry.get("offset")
        if not isinstance(every, int) or not isinstance(offset, int) or every < 1 or offset < 0:
            raise Refused("The questionnaire {code} needs every from 1 and offset from 0.", code=str(entry["code"]))


def _check_locks(*, has_comments: bool, has_second_lock: bool) -> None:
    if has_comments and has_second_lock:
        raise Refused(
            "A programme takes comments or has a second lock, not both: comments are not sealed to the trustee. "
            "Choose one of the two."
        )


def _stored(segments: Sequence[Segment]) -> list[dict[str, object]]:
    """Return segments as the database keeps them, in their fixed order, once they are known to be valid."""
    raw = [cast("dict[str, object]", plain(segment)) for segment in segments]
    return [cast("dict[str, object]", plain(segment)) for segment in _read_segments(raw)]


def _read_segments(raw: Sequence[Mapping[str, object]]) -> tuple[Segment, ...]:
    return parse_segments({"segments": list(raw)}, "segments") if raw else ()


def _check_rhythm(facts: ProgrammeFacts) -> None:
    try:
        ZoneInfo(facts.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Refused("There is no time zone {zone}.", zone=facts.timezone[:60]) from None
    try:
        is_empty = not list(itertools.islice(_rule(facts.rrule, facts.starts_on, facts.opens_time), 1))
    except (ValueError, KeyError, TypeError):
        raise Refused("The rhythm is not a rule of RFC 5545, such as FREQ=WEEKLY;INTERVAL=2.") from None
    if is_empty:
        raise Refused("The rhythm of programme {slug} has no further opening.", slug=facts.slug)
