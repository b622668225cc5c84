"""The leader report as data: what was found about a unit in a wave in, its canonical JSON and the hash of it out.

Every sentence about this unit is already inside, in the language of the report, and every figure is a released
(protected) value. Web page and PDF draw the same document; nothing here is ever computed from answers.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum

from reports.codec import LATER, DecodeError, decode, encode
from reports.document_parts import (
    Cell,
    Event,
    NotAsked,
    Run,
    RunStyle,
    Sentence,
    Value,
    WavePoint,
    WeekPoint,
    Withheld,
    WithheldReason,
)
from reports.document_roadmap import RoadmapPages
from surveys.errors import InvalidInput

__all__ = [
    "Cell",
    "Event",
    "NotAsked",
    "Run",
    "RunStyle",
    "Sentence",
    "Value",
    "WavePoint",
    "WeekPoint",
    "Withheld",
    "WithheldReason",
]  # of the shared pieces alone: whoever reads a report finds them here, and all that is defined below is public too

FORMAT = 1
"""Version of this document; part of the JSON, raised whenever a field changes its meaning."""


class Verdict(StrEnum):
    """The closed list of verdicts, the same as that of the statistics.

    It is repeated here so that drawing a report does not load the numerical libraries; a test holds both together.
    """

    RISING = "rising"
    FALLING = "falling"
    NO_DETECTABLE_CHANGE = "no_detectable_change"
    TOO_EARLY = "too_early"
    NEVER_HERE = "never_here"


class Tone(StrEnum):
    """What a change means for the people: more is favourable, less is unfavourable."""

    MORE = "more"
    LESS = "less"
    NONE = "none"


class Band(StrEnum):
    """Labelled bands of a scale from 1 to 5 after keying, worst first (look.md, section 3)."""

    VERY_STRAINED = "very_strained"
    STRAINED = "strained"
    MIXED = "mixed"
    GOOD = "good"
    VERY_GOOD = "very_good"


class Load(StrEnum):
    """Labelled bands of roadmap pressure from 0 to 100, lightest first (look.md, section 3)."""

    VERY_LIGHT = "very_light"
    LIGHT = "light"
    USUAL = "usual"
    HEAVY = "heavy"
    VERY_HEAVY = "very_heavy"


class Standing(StrEnum):
    """Whose figures a report holds."""

    OWN = "own"  # the unit stands alone
    JOINED = "joined"  # the unit has no figures of its own; all figures are those of the named joint group
    COMPANY = "company"  # whole-company mode: one report for all, leaders included
    NOTHING = "nothing"  # nothing was released that holds this unit


@dataclass(frozen=True, kw_only=True)
class Unit:
    """Whom the report is about.

    ``context`` is the organisation and department in words. ``joined_with`` names the other teams of the joint group;
    ``standing_text`` says so in a sentence and is empty exactly for a unit that stands alone.
    """

    key: str
    name: str
    standing: Standing
    context: str
    joined_with: tuple[str, ...] = ()
    standing_text: str = ""


@dataclass(frozen=True, kw_only=True)
class WaveFacts:
    """The wave of the report: first and last day it was open, day of the release, and these as one line of words."""

    slug: str
    label: str
    opened_on: dt.date
    closed_on: dt.date
    released_on: dt.date
    dates_text: str


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What is needed to make the report again; versions are texts, ``fingerprint_hex`` the manifest's SHA-256.

    ``mode`` is the protocol mode (sealed, card, promise) and ``mode_text`` what it means, in a sentence.
    ``settings`` are the method's version and the numbers that decided the verdicts, in a few short lines.
    ``data_cutoff`` is an aware instant; ``data_cutoff_text`` the same as printed.
    """

    data_cutoff: dt.datetime
    data_cutoff_text: str
    program: str
    method: str
    instrument: str
    policy: str
    fingerprint_words: str
    fingerprint_hex: str
    mode: str
    mode_text: str
    settings: tuple[str, ...] = field(default=(), metadata=LATER)


@dataclass(frozen=True, kw_only=True)
class VerdictChip:
    """A verdict of the closed list as shown: ``text`` in the chip ("Falling"), ``sub`` below ("harder since June")."""

    verdict: Verdict
    tone: Tone
    text: str
    sub: str = ""


class Step(StrEnum):
    """How the last wave stands against the one before."""

    UP = "up"
    DOWN = "down"
    SAME = "same"
    HIDDEN = "hidden"  # not shown: so few people joined or left that the difference could be about them
    NONE = "none"  # nothing to compare with


@dataclass(frozen=True, kw_only=True)
class Change:
    """The change from the wave before in words; ``why`` is a sentence where a longer mean stands in its place."""

    step: Step
    text: str
    why: str = ""


class Notice(StrEnum):
    """How the last waves lie against those before where a notice is given; there is none without one."""

    LOWER = "lower"
    HIGHER = "higher"


@dataclass(frozen=True, kw_only=True)
class LevelPoint:
    """The smoothed level behind a wave with the likely range of that level, not of the wave; in points."""

    date: dt.date
    value: Value


@dataclass(frozen=True, kw_only=True)
class Trace:
    """One measure over the waves, oldest first, with all that is said about it.

    ``level`` is the smoothed level at the waves that have a figure, empty where no trend could be fitted. ``notice`` is
    there where the last waves lie apart from those before further than calm years do.

    ``title`` is the finding in at most ten words, ``alt`` the alternative text of its drawing. ``value_text`` and
    ``range_text`` are those of the latest point, empty where that is no value; ``minimum_text`` is the sentence on
    what would have been seen. ``low_word`` and ``high_word`` name the ends of the scale.
    """

    code: str
    name: str
    direction: str
    low_word: str
    high_word: str
    points: tuple[WavePoint, ...]
    value_text: str
    range_text: str
    band: Band | None
    band_text: str
    chip: VerdictChip
    minimum_text: str
    title: str
    alt: str
    lowest: float = 1.0
    highest: float = 5.0
    lower_is_better: bool = False
    change: Change | None = field(default=None, metadata=LATER)
    level: tuple[LevelPoint, ...] = field(default=(), metadata=LATER)
    notice: Notice | None = field(default=None, metadata=LATER)

    @property
    def latest(self) -> Cell:
        """What was released for the last wave; :class:`NotAsked` without text where there is no wave at all."""
        return self.points[-1].cell if self.points else NotAsked(text="")


@dataclass(frozen=True, kw_only=True)
class PressurePart:
    """One part of the index: ``fact`` in plain words, ``score`` 0 to 100 (50 is usual), what it adds in index points.

    ``coverage`` is the share (0 to 1) of the weeks of the window for which the part is known.
    """

    code: str
    name: str
    fact: str
    score: float | NotAsked
    contribution: float
    coverage: float


@dataclass(frozen=True, kw_only=True)
class ThinTrace:
    """The pressure of one team of a joint group, drawn thin beside the joint trace."""

    name: str
    weeks: tuple[WeekPoint, ...]


@dataclass(frozen=True, kw_only=True)
class PressureTrace:
    """Roadmap pressure, oldest week first; ``direction`` is its small line ("0 to 100, delivery data").

    ``value_text`` is the index of the last recall window and ``week_text`` that of the last week, both as printed;
    ``range_text`` is what other weightings give. ``driver`` is the top part in one sentence, for page 1.
    ``chip`` stays ``None`` while no change of pressure is tested; then the band word stands there.
    """

    name: str
    direction: str
    weeks: tuple[WeekPoint, ...]
    events: tuple[Event, ...]
    value_text: str
    range_text: str
    week_text: str
    load: Load | None
    load_text: str
    sub: str
    chip: VerdictChip | None
    title: str
    alt: str
    lead: str
    driver: str
    parts: tuple[PressurePart, ...]
    coverage_text: str
    teams: tuple[ThinTrace, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    caution: str = ""


class MarkKind(StrEnum):
    """What a measure is compared with on its ruler."""

    YEAR = "year"  # the unit's own mean of the year before: triangle
    PARENT = "parent"  # the unit above: diamond


@dataclass(frozen=True, kw_only=True)
class RulerMark:
    """A comparison on a ruler; ``label`` holds word and value ("year 3.6")."""

    kind: MarkKind
    value: float
    label: str


@dataclass(frozen=True, kw_only=True)
class ScaleRow:
    """One line of the scale table: a whole scale (``is_item`` false) or one of its items in full wording.

    ``favourable_text`` and ``response_text`` are bands in words ("40 to 60 %"), empty where none was released.
    """

    code: str
    label: str
    is_item: bool
    cell: Cell
    value_text: str
    range_text: str
    favourable_text: str
    response_text: str
    marks: tuple[RulerMark, ...] = ()


class Place(StrEnum):
    """How the level of a unit stands against its organisation, as far as chance lets us see; never a rank."""

    CLEARLY_BELOW = "clearly_below"
    NOT_DISTINGUISHABLE = "not_distinguishable"
    CLEARLY_ABOVE = "clearly_above"


@dataclass(frozen=True, kw_only=True)
class Standpoint:
    """The lasting level of a scale drawn towards all teams of the organisation, and how it stands among them.

    ``value`` is that level with its likely range in points; ``text`` says all of it in a sentence or two.
    """

    place: Place
    value: Value
    text: str


@dataclass(frozen=True, kw_only=True)
class ScaleSection:
    """One scale with its items on the second page; ``note`` is a sentence or two.

    ``silent_text`` says what the change would be if those who did not answer had felt worse; it is there only where the
    share of people who answered moved.
    """

    code: str
    name: str
    direction: str
    chip: VerdictChip
    note: str
    rows: tuple[ScaleRow, ...]
    change: Change | None = field(default=None, metadata=LATER)
    standpoint: Standpoint | None = field(default=None, metadata=LATER)
    silent_text: str = field(default="", metadata=LATER)


@dataclass(frozen=True, kw_only=True)
class Focus:
    """The lowest item and the question for the room that goes with it."""

    item: str
    level_text: str
    question: str


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """A titled paragraph of the method and privacy page."""

    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class ConversationStep:
    """One part of the printable team conversation: its minutes, title and the prompts to read aloud."""

    minutes: int
    title: str
    prompts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """A team conversation that collects nothing, for teams without figures of their own."""

    title: str
    intro: str
    steps: tuple[ConversationStep, ...]


@dataclass(frozen=True, kw_only=True)
class ImportedRow:
    """One earlier wave as another tool reported it: wave, result and band of answers, all as printed."""

    wave: str
    value: str
    answers_text: str


@dataclass(frozen=True, kw_only=True)
class ImportedGroup:
    """The earlier waves on one measure; ``title`` says that they are imported and names the tool and the measure."""

    title: str
    description: str
    rows: tuple[ImportedRow, ...]


@dataclass(frozen=True, kw_only=True)
class Imported:
    """Earlier results of other tools for this unit: a part of its own, never drawn in a trace."""

    sentence: str
    groups: tuple[ImportedGroup, ...]


@dataclass(frozen=True, kw_only=True)
class LeaderReport:
    """The whole report of one unit and wave in one language; see the module for what it may hold.

    ``headings``: up to three sentences. ``traces``: most important first, of which page 1 shows six. ``pressure`` is
    ``None`` without a roadmap and ``no_pressure_text`` then says so. With :attr:`Standing.NOTHING` there are no traces
    and no scales. ``conversation`` is for units without figures of their own. ``imported`` are results of other tools.
    ``roadmap`` are the pages on pressure beside sentiment, run-ups, drivers and the link.
    """

    language: str
    organisation: str
    unit: Unit
    wave: WaveFacts
    provenance: Provenance
    headings: tuple[Sentence, ...]
    traces: tuple[Trace, ...]
    trace_note: str
    response_text: str
    pressure: PressureTrace | None
    no_pressure_text: str
    who_answered: str
    focus: Focus | None
    cannot_tell: str
    scales: tuple[ScaleSection, ...]
    scales_lead: str
    method: tuple[Paragraph, ...]
    conversation: Conversation | None = None
    smallest_group: int = 5
    format: int = FORMAT
    imported: Imported | None = field(default=None, metadata=LATER)
    roadmap: RoadmapPages | None = field(default=None, metadata=LATER)


def band_of(value: float, *, lower_is_better: bool = False) -> Band:
    """The labelled band of a value from 1 to 5; a measure where lower is better is banded on 6 minus the value."""
    keyed = 6 - value if lower_is_better else value
    for limit, band in ((2.0, Band.VERY_STRAINED), (2.7, Band.STRAINED), (3.3, Band.MIXED), (4.0, Band.GOOD)):
        if keyed < limit:
            return band
    return Band.VERY_GOOD


def to_json(report: LeaderReport) -> bytes:
    """Encode a report as canonical JSON (UTF-8, sorted keys, no spaces); equal reports give equal bytes."""
    plain = encode(report, LeaderReport)
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def from_json(text: bytes) -> LeaderReport:
    """Read a report back; raises :class:`InvalidInput` for anything that :func:`to_json` does not write."""
    try:
        report = decode(json.loads(text), LeaderReport)
    except (DecodeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidInput("The stored report cannot be read: {fault}.", (), fault=str(error)) from error
    if not isinstance(report, LeaderReport) or report.format != FORMAT:
        raise InvalidInput("The stored report has a format that this program does not know.")
    return report


def sha256(report: LeaderReport) -> str:
    """The hash of the canonical JSON as 64 hexadecimal digits; 16 of them stand in the footer."""
    return hashlib.sha256(to_json(report)).hexdigest()
