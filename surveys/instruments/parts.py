"""The parts of a questionnaire as frozen data: texts, options, items, scales, what is asked beside them, the whole.

Nothing here checks anything; :mod:`surveys.instruments.checking` builds these parts from raw data and refuses bad ones.
The field names are the keys of an instrument file and of the document in the database.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

SEGMENT_CODES = ("role_family", "site", "tenure_band")
"""What a segment may be about; none of them is ever read from the roster."""

COMMENT_LENGTH = 400
"""Code points that a comment may have."""


class Direction(StrEnum):
    """What a high value of a scale means for the people who answered."""

    BETTER = "better"
    WORSE = "worse"


@dataclass(frozen=True, kw_only=True)
class Text:
    """One text in every language of the product."""

    en: str
    es: str

    def to(self, language: str) -> str:
        """Return the text in ``language``; an unknown language falls back to English, as in :mod:`surveys.i18n`."""
        return self.es if language == "es" else self.en


@dataclass(frozen=True, kw_only=True)
class Recall:
    """The period an item asks about: ``text`` inside a sentence, ``prompt`` above the item, ``days`` back from now."""

    text: Text
    prompt: Text
    days: int


@dataclass(frozen=True, kw_only=True)
class ResponseOption:
    """One option of an item; ``code`` counts from 1 in the order shown."""

    code: int
    label: Text


@dataclass(frozen=True, kw_only=True)
class OptionSet:
    """The ordered options that several items share; the ``favourable`` ones at the good end count as favourable."""

    code: str
    choices: tuple[ResponseOption, ...]
    favourable: int

    @property
    def maximum(self) -> int:
        """The highest option code; the lowest is always 1."""
        return len(self.choices)


@dataclass(frozen=True, kw_only=True)
class Item:
    """One question with its origin.

    ``scale`` is the scale it belongs to first; other scales of the same instrument may use it too.
    ``validated_in`` names the languages in which the wording is its source's own, unaltered, from a survey with a
    published record; a translation of ours is never among them. ``original`` quotes what an altered item comes from.
    ``talk`` is a question for the room, asked where this item came out lowest.
    """

    code: str
    text: Text
    options: str
    scale: str
    is_reversed: bool
    recall: Recall
    source: str
    licence: str
    validated_in: tuple[str, ...]
    is_altered: bool
    original: str
    attribution: str
    checked_on: dt.date
    talk: Text

    @property
    def is_validated(self) -> bool:
        """Whether the wording is validated in at least one language."""
        return bool(self.validated_in)

    def is_validated_in(self, language: str) -> bool:
        """Whether the wording is validated in ``language``."""
        return language in self.validated_in


@dataclass(frozen=True, kw_only=True)
class Scale:
    """What several items measure together: names, the items, and the words for its two ends and its two directions.

    ``low_label`` and ``high_label`` name the ends ("hard to carry", "easy to carry"); ``short_better`` and
    ``short_worse`` complete a sentence after "has become" ("easier to carry", "harder to carry").
    """

    code: str
    name: Text
    items: tuple[str, ...]
    minimum_answered: int
    higher_is: Direction
    low_label: Text
    high_label: Text
    short_better: Text
    short_worse: Text


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A question about the person who answers, inside the sealed answers; ``choices`` are numbered from 1.

    ``code`` is one of :data:`SEGMENT_CODES`. It is no item: it is never scored.
    """

    code: str
    text: Text
    choices: tuple[ResponseOption, ...]

    @property
    def maximum(self) -> int:
        """The highest option code; the lowest is always 1."""
        return len(self.choices)


@dataclass(frozen=True, kw_only=True)
class Topic:
    """Something that a person may tick as being on their mind."""

    code: str
    label: Text


@dataclass(frozen=True, kw_only=True)
class CommentBox:
    """The words above and below the box for a comment of at most :data:`COMMENT_LENGTH` characters."""

    prompt: Text
    hint: Text


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """A complete, versioned questionnaire; ``modules`` are the codes of the instruments it was composed of.

    ``segments`` (by code), ``topics`` and ``comment`` belong to a programme and not to any module.
    """

    code: str
    version: int
    title: Text
    note: Text
    recall: Recall
    modules: tuple[str, ...]
    options: tuple[OptionSet, ...]
    items: tuple[Item, ...]
    scales: tuple[Scale, ...]
    segments: tuple[Segment, ...] = ()
    topics: tuple[Topic, ...] = ()
    comment: CommentBox | None = None

    @property
    def item_codes(self) -> tuple[str, ...]:
        """The codes of the items in the order they are asked."""
        return tuple(item.code for item in self.items)

    @property
    def segment_codes(self) -> tuple[str, ...]:
        """The codes of the segments in their fixed order."""
        return tuple(segment.code for segment in self.segments)

    @property
    def topic_codes(self) -> tuple[str, ...]:
        """The codes of the topics in the order they are shown."""
        return tuple(topic.code for topic in self.topics)

    @property
    def answer_codes(self) -> tuple[str, ...]:
        """Under which codes a ballot holds answers: those of the items, then those of the segments."""
        return (*self.item_codes, *self.segment_codes)

    @property
    def has_comments(self) -> bool:
        """Whether a comment may be written."""
        return self.comment is not None

    def item(self, code: str) -> Item:
        """Return the item with this code; ``KeyError`` where there is none."""
        return _named(self.items, code)

    def segment(self, code: str) -> Segment:
        """Return the segment with this code; ``KeyError`` where there is none."""
        return _named(self.segments, code)

    def scale(self, code: str) -> Scale:
        """Return the scale with this code; ``KeyError`` where there is none."""
        return _named(self.scales, code)

    def option_set(self, item: Item) -> OptionSet:
        """Return the options of ``item``; ``KeyError`` where the instrument lacks them."""
        return _named(self.options, item.options)


_Part = TypeVar("_Part", OptionSet, Item, Scale, Segment)


def _named(parts: Iterable[_Part], code: str) -> _Part:
    for part in parts:
        if part.code == code:
            return part
    raise KeyError(code)
