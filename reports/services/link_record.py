"""The stored form of a link result: what was found at a wave, of which rows and data; plain data both ways."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from reports.codec import decode, encode
from reports.stats.event_study import EventStudy
from reports.stats.link_results import LinkFit, LinkSlope, NotIdentifiable
from reports.stats.results import Interval, NeverHere, TooEarly


class Absence(StrEnum):
    """Why there is no fit beside the rules of the statistics.

    NO_PRESSURE: no row has an index in any wave; NOT_ASKED: the questionnaire has no question about workload;
    FEW_COVERED: there would be enough rows, but too few of them have delivery data; NONE: there is a fit.
    """

    NONE = "none"
    NO_PRESSURE = "no_pressure"
    NOT_ASKED = "not_asked"
    FEW_COVERED = "few_covered"


@dataclass(frozen=True, kw_only=True)
class RecordRow:
    """A set of teams in the panel; ``readers`` have it as their own page, ``kept_from`` must not see its figures."""

    key: str
    units: tuple[str, ...]
    readers: tuple[str, ...]
    kept_from: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ExtraPair:
    """Another scale with the index, or an indicator with the primary scale; ``indicator`` is empty for the index.

    ``slope`` is in points of strain per within-team SD of pressure; ``p_adjusted`` after Benjamini-Hochberg over all
    extra pairs that could be tested.
    """

    scale: str
    indicator: str
    slope: Interval
    p: float
    p_adjusted: float
    is_worth_a_look: bool


@dataclass(frozen=True, kw_only=True)
class FlagCount:
    """How many of the used team-waves have a flagged day of a kind among the days the questions ask about."""

    kind: str
    cells: int


@dataclass(frozen=True, kw_only=True)
class FramePoint:
    """One wave of a row in the frame: pressure over the days asked about, and strain; None where there is none.

    ``at_end``: the released value stands for an end of the scale. ``parts`` names the indicators with the most points.
    """

    wave: str
    opened_on: dt.date
    pressure: float | None
    strain: float | None
    at_end: bool
    parts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FrameRelease:
    """A dated release or milestone of a row: pressure and strain near it beside those of all other waves.

    ``near`` counts the waves whose questions ask about a day of the three weeks up to it. What is not ``is_done``
    stands at the day it is due.
    """

    name: str
    day: dt.date
    is_done: bool
    near: int
    pressure: float | None
    pressure_else: float | None
    strain: float | None
    strain_else: float | None


@dataclass(frozen=True, kw_only=True)
class FrameRow:
    """All that is set side by side for one row where a link can never be told: the place is that in the record."""

    row: int
    points: tuple[FramePoint, ...]
    releases: tuple[FrameRelease, ...]
    flagged: tuple[FlagCount, ...]


@dataclass(frozen=True, kw_only=True)
class LinkRecord:
    """What is stored of a wave's link.

    ``waves`` are those looked back on, ``rows`` the sets of teams with delivery data, ``all_rows`` how many sets there
    are with or without, ``known_rows`` those with both pressure and strain. ``previous`` is the slope on the window
    before the one asked about, a second look only. ``study`` is strain in the run-up to releases that at least half of
    the rows share; None where there are none, and with fewer than five rows.
    """

    wave: str
    waves: tuple[str, ...]
    first_on: dt.date
    last_on: dt.date
    mark: str
    scale: str
    recall_days: int
    absence: Absence
    all_rows: int
    known_rows: int
    rows: tuple[RecordRow, ...]
    fit: LinkFit | None
    previous: LinkSlope | NotIdentifiable | TooEarly | NeverHere | None
    extras: tuple[ExtraPair, ...]
    flags: tuple[FlagCount, ...]
    study: EventStudy | TooEarly | None
    frame: tuple[FrameRow, ...]
    anchors: tuple[int, ...]
    unmapped: float | None


def to_plain(record: LinkRecord) -> dict[str, object]:
    """Return a record as plain data for JSON, decimals rounded to four places."""
    plain = encode(record, LinkRecord)
    if not isinstance(plain, dict):
        raise TypeError("a record is stored as an object")
    return plain


def from_plain(plain: object) -> LinkRecord:
    """Return the record of stored plain data. Raises :class:`reports.codec.DecodeError` for another form."""
    found = decode(plain, LinkRecord)
    if not isinstance(found, LinkRecord):
        raise TypeError("a record is stored as an object")
    return found
