"""The pages on the roadmap as data: pressure beside sentiment, the run-up to releases, what drove it, how sure we are.

Every sentence is inside, in the language of the report. Figures on sentiment are released ones, figures on pressure
have three people behind them; work items are named by their key alone, and nothing here is about a person.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from reports.document_link import LinkPage
from reports.document_parts import Event, NotAsked, Sentence, WavePoint, WeekPoint, Withheld


@dataclass(frozen=True, kw_only=True)
class Shade:
    """Days of the calendar that are shaded, both ends included; ``label`` is their kind, such as "public holiday"."""

    first: dt.date
    last: dt.date
    label: str


@dataclass(frozen=True, kw_only=True)
class SideLine:
    """The trace of one scale in a row of page A; ``latest_text`` is value and range of the last wave, or its reason."""

    code: str
    name: str
    points: tuple[WavePoint, ...]
    latest_text: str
    lowest: float = 1.0
    highest: float = 5.0


@dataclass(frozen=True, kw_only=True)
class SideRow:
    """One team, or one joint set of teams: pressure by week, up to two scales by wave, releases and shaded days.

    ``sentences`` are facts about this row; ``week_text`` is the index of the last week as printed.
    """

    name: str
    weeks: tuple[WeekPoint, ...]
    lines: tuple[SideLine, ...]
    events: tuple[Event, ...]
    shades: tuple[Shade, ...]
    week_text: str
    sentences: tuple[str, ...]
    alt: str


@dataclass(frozen=True, kw_only=True)
class SidePage:
    """Page A. Rows are in the order of their names, never of their figures; ``ask`` is the line for a decision.

    ``more_text`` says why there are no rows of single teams where there could be. ``key_text`` explains the shading.
    """

    title: str
    rows: tuple[SideRow, ...]
    sentences: tuple[str, ...]
    ask: str
    key_text: str
    more_text: str
    caution: str


@dataclass(frozen=True, kw_only=True)
class AwayPoint:
    """A value ``weeks`` after a release (below 0: before it)."""

    weeks: float
    value: float


@dataclass(frozen=True, kw_only=True)
class AwayBand:
    """The mean over releases at a distance with its likely range; equal ends where too few releases give no range."""

    weeks: float
    mean: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class RunUpLine:
    """One release: its name and day, and the values around it in order of their distance."""

    label: str
    points: tuple[AwayPoint, ...]


@dataclass(frozen=True, kw_only=True)
class RunUpPanel:
    """One measure around releases: thin lines, the mean over them, ``has_range`` says whether a range could be told."""

    name: str
    is_pressure: bool
    lowest: float
    highest: float
    lines: tuple[RunUpLine, ...]
    mean: tuple[AwayBand, ...]
    has_range: bool
    sentence: str
    alt: str


@dataclass(frozen=True, kw_only=True)
class RunUpPage:
    """Page B: ``before`` and ``after`` are the weeks drawn on both sides; ``releases_text`` names the releases."""

    title: str
    lead: str
    panels: tuple[RunUpPanel, ...]
    releases_text: str
    note: str
    before: int = 8
    after: int = 4


@dataclass(frozen=True, kw_only=True)
class PartName:
    """An indicator by letter and name, as it stands in a key."""

    code: str
    name: str


@dataclass(frozen=True, kw_only=True)
class PartShare:
    """What one indicator adds to the index of a week, in index points."""

    code: str
    points: float


@dataclass(frozen=True, kw_only=True)
class StackWeek:
    """A week with its index, or why there is none, and its parts in order of the key; the parts add up to the index."""

    week: dt.date
    index: float | Withheld | NotAsked
    parts: tuple[PartShare, ...]


@dataclass(frozen=True, kw_only=True)
class WaterStep:
    """What one indicator gives to a move, in index points; ``text`` is the same with its sign, as printed."""

    code: str
    name: str
    points: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Waterfall:
    """From one four-week mean to another: the steps add up to the difference of both."""

    before: float
    after: float
    before_text: str
    after_text: str
    steps: tuple[WaterStep, ...]
    title: str
    alt: str


@dataclass(frozen=True, kw_only=True)
class DrivingItem:
    """A work item by its key alone, and the plain fact for which it is named."""

    key: str
    fact: str


@dataclass(frozen=True, kw_only=True)
class DrivingPart:
    """One of the two largest parts: its fact, up to five items behind it, and how many there are in all."""

    code: str
    name: str
    fact: str
    items: tuple[DrivingItem, ...]
    note: str


@dataclass(frozen=True, kw_only=True)
class FeedLine:
    """An indicator that the source feeds in part or not at all: why, and which export would feed it."""

    code: str
    name: str
    state: str
    reason: str
    remedy: str


@dataclass(frozen=True, kw_only=True)
class DriversPage:
    """Page C. ``priorities`` and ``what_if`` are sentences on prioritisation and on changes of the plan."""

    title: str
    lead: str
    key: tuple[PartName, ...]
    weeks: tuple[StackWeek, ...]
    stack_alt: str
    waterfall: Waterfall | None
    parts: tuple[DrivingPart, ...]
    feeds: tuple[FeedLine, ...]
    feeds_text: str
    what_if: tuple[Sentence, ...]
    priorities: tuple[Sentence, ...]


@dataclass(frozen=True, kw_only=True)
class RoadmapPages:
    """The four pages; each may be missing by itself."""

    side: SidePage | None = None
    run_up: RunUpPage | None = None
    drivers: DriversPage | None = None
    link: LinkPage | None = None
