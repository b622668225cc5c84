"""The pieces that the pages of a leader report share: figures or why there is none, sentences, dated points."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class RunStyle(StrEnum):
    """How a piece of a sentence is set."""

    PLAIN = "plain"
    STRONG = "strong"
    MUTED = "muted"


class WithheldReason(StrEnum):
    """Why a figure exists and is not shown."""

    JOINED = "joined"  # counted together with another team
    TOO_FEW = "too_few"  # too few answers in all
    TOO_FEW_TO_CUT = "too_few_to_cut"  # too few answers to cut them this way
    ROLLED_UP = "rolled_up"  # a figure on pressure with fewer than 3 distinct people
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True)
class Value:
    """A released figure with its likely range; all three in points of its scale, ``low <= mean <= high``."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """A figure that exists and is not shown; ``text`` is the reason in words and short enough for a cell."""

    reason: WithheldReason
    text: str


@dataclass(frozen=True, kw_only=True)
class NotAsked:
    """No figure exists: no wave was held, the item was not asked, or data are missing. Never drawn as hidden."""

    text: str


Cell = Value | Withheld | NotAsked


@dataclass(frozen=True, kw_only=True)
class Run:
    """A piece of a sentence in one style; pieces are joined without a space."""

    text: str
    style: RunStyle = RunStyle.PLAIN


Sentence = tuple[Run, ...]


@dataclass(frozen=True, kw_only=True)
class WavePoint:
    """One wave of a trace: the day it opened, its short name and what was released."""

    date: dt.date
    label: str
    cell: Cell


@dataclass(frozen=True, kw_only=True)
class WeekPoint:
    """Pressure of the week that starts on ``week``: the index 0 to 100, or why there is none."""

    week: dt.date
    index: float | Withheld | NotAsked


@dataclass(frozen=True, kw_only=True)
class Event:
    """A dated fact of the roadmap, such as a release. ``label`` is a fact without its date."""

    date: dt.date
    label: str
    date_text: str
