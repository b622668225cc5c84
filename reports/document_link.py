"""The page "How sure are we" as data: what a report says of the link of pressure and strain, in words and figures.

Everything here is text in the language of the report or a figure made of released means. A leader's report names the
reader's own unit and no other one; of the others it says how many there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LinkState(StrEnum):
    """Whether a link between teams could be estimated at all, and why not; never mixed with one another."""

    ESTIMATED = "estimated"
    TOO_EARLY = "too_early"  # it can be told once there are more waves
    NEVER_HERE = "never_here"  # no number of waves can tell it here, for there are too few teams
    NOT_IDENTIFIABLE = "not_identifiable"  # the teams share one calendar, so they cannot be compared
    NO_DATA = "no_data"  # nothing to compare: no delivery data, or no such scale


class ForestKind(StrEnum):
    """What a line of the forest plot is about."""

    ALL = "all"  # the common slope of all teams: the estimate chosen in advance
    UNIT = "unit"  # one set of teams, moved towards the common slope
    REVERSE = "reverse"  # strain first and pressure a wave later
    SENSITIVITY = "sensitivity"  # the common slope under another choice, such as without flagged weeks


@dataclass(frozen=True, kw_only=True)
class ForestRow:
    """One estimate with its likely range, in the unit of its plot; ``low <= estimate <= high``.

    ``text`` is estimate and range as printed, such as "+0.21 (0.07 to 0.35)".
    """

    kind: ForestKind
    name: str
    estimate: float
    low: float
    high: float
    text: str


@dataclass(frozen=True, kw_only=True)
class DealtStrip:
    """The estimates that re-dealt pressure gave, as counts in bins of equal width from ``first`` on, beside ours.

    Bin ``i`` holds what lies from ``first + i * width`` up to ``first + (i + 1) * width``; ``counts`` is not empty and
    ``width`` is above 0. ``own`` is the estimate of the teams' own pressure in the same unit, which may lie outside.
    ``caption`` says what is drawn and how often re-dealt pressure did as well.
    """

    first: float
    width: float
    counts: tuple[int, ...]
    own: float
    caption: str


@dataclass(frozen=True, kw_only=True)
class LinkGateRow:
    """One condition that must hold before anything is estimated: what was found, what is needed, as printed."""

    name: str
    found: str
    needed: str
    is_met: bool


@dataclass(frozen=True, kw_only=True)
class LinkFact:
    """One line of what was compared, such as lag, window, flagged weeks, version of the anchors, unmapped share."""

    name: str
    text: str


@dataclass(frozen=True, kw_only=True)
class LinkTable:
    """A table of texts under a title; every row has as many cells as there are columns, the first names the row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class LinkPage:
    """Everything on the page: ``title`` is the finding in at most ten words, ``sentences`` the finding in full first.

    ``forest`` and ``strip`` are there exactly with :attr:`LinkState.ESTIMATED`. ``unit_text`` says what a figure of the
    forest is ("points of strain for 12 points of the index"). ``whole`` is what is said about all teams together,
    ``releases`` the run-up to releases one by one, ``frames`` the dated facts side by side where no link is ever told.
    ``must_not`` are the conclusions that the figures do not bear; they are printed always.
    """

    state: LinkState
    title: str
    sentences: tuple[str, ...]
    gates: tuple[LinkGateRow, ...]
    facts: tuple[LinkFact, ...]
    must_not: tuple[str, ...]
    unit_text: str = ""
    forest: tuple[ForestRow, ...] = ()
    forest_caption: str = ""
    strip: DealtStrip | None = None
    whole: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    frames: tuple[LinkTable, ...] = ()
    caution: str = ""
