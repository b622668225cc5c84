"""Defines the tables of an export, their typed columns and their rows; turns a released cell into its fields."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import chain

from reports.disclosure.cells import ReleasedCell
from reports.disclosure.participation import ResponseBand
from reports.disclosure.policy import FavourableBand, NBand
from reports.disclosure.reasons import Withheld
from surveys.i18n import Translator

Scalar = str | int | float | None
"""What a field may hold: dates are texts in ISO form, ``None`` where there is nothing to tell. JSON can write it."""

Part = tuple[Scalar, ...]
"""Fields that many rows share, such as all about one crowd; made once, so that writers may render it once."""

Row = tuple[Part, ...]
"""A row of a table: one part for each part of the table, in its order."""

UNIT_SEPARATOR = " | "
"""Stands between the names of the units of one crowd."""

MOST_NAMES = 20
"""More names are not listed in one field; the table of units has them all."""


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    CODE = "code"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"


@dataclass(frozen=True)
class Column:
    """A column: its name, the same in every format and in the interface for programs, and what it holds."""

    name: str
    kind: Kind = Kind.TEXT


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of the export: its name and its columns in parts."""

    name: str
    parts: tuple[tuple[Column, ...], ...]

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """All columns in their order."""
        return tuple(column for part in self.parts for column in part)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all columns in their order."""
        return tuple(column.name for column in self.columns)

    def record(self, row: Row) -> dict[str, Scalar]:
        """Return a row as fields by column, in the order of the columns."""
        return dict(zip(self.names, flat(row), strict=True))


def flat(row: Row) -> Iterator[Scalar]:
    """Yield the fields of a row in the order of the columns."""
    return chain.from_iterable(row)


def _columns(kind: Kind, *names: str) -> tuple[Column, ...]:
    return tuple(Column(name, kind) for name in names)


_TEXT, _CODE, _INTEGER, _DECIMAL, _DATE = Kind.TEXT, Kind.CODE, Kind.INTEGER, Kind.DECIMAL, Kind.DATE

WAVE_PART = (
    Column("wave"), Column("programme"), Column("wave_number", _INTEGER),
    *_columns(_DATE, "wave_opened_on", "wave_closed_on"),
)  # fmt: skip
CROWD_PART = (
    *_columns(_TEXT, "crowd", "crowd_name", "units", "unit_names", "joined_with"),
    Column("invited", _INTEGER),
)
UNIT_PART = (
    *_columns(_TEXT, "unit", "unit_name", "parent"), Column("level", _CODE), Column("crowds", _INTEGER),
    Column("not_included"), Column("joined_with"), Column("invited", _INTEGER),
)  # fmt: skip
MEASURE_PART = (
    Column("measure"), Column("measure_kind", _CODE), *_columns(_TEXT, "scale", "measure_name", "item_text"),
    Column("higher_is", _CODE), *_columns(_TEXT, "source", "attribution", "licence"),
)  # fmt: skip
OUTCOME_PART = (
    *_columns(_DECIMAL, "value", "low", "high"), Column("qualifier", _CODE),
    Column("n_band"), *_columns(_INTEGER, "n_low", "n_high", "n_band_sort"),
    Column("response_band", _CODE), Column("response_sort", _INTEGER),
    Column("favourable_band"), *_columns(_DECIMAL, "favourable_low", "favourable_high"),
    Column("favourable_sort", _INTEGER), Column("reason_code", _CODE), Column("reason"),
)  # fmt: skip
PROVENANCE_PART = (
    *_columns(_TEXT, "instrument", "instrument_sha256", "policy_version", "fingerprint"), Column("mode", _CODE),
)  # fmt: skip

CELLS = Table(name="cells", parts=(WAVE_PART, CROWD_PART, MEASURE_PART, OUTCOME_PART, PROVENANCE_PART))
"""One row for each crowd, measure and wave."""

TOTALS = Table(name="totals", parts=(WAVE_PART, UNIT_PART, MEASURE_PART, OUTCOME_PART, PROVENANCE_PART))
"""One row for each unit above team level, the whole company among them, measure and wave."""

UNITS = Table(
    name="units",
    parts=(
        WAVE_PART,
        (*_columns(_TEXT, "unit", "unit_name", "parent"), Column("level", _CODE)),
        (*_columns(_TEXT, "crowd", "crowd_name"), Column("relation", _CODE), Column("joined_with"),
         Column("reason_code", _CODE), Column("reason")),
    ),
)  # fmt: skip
"""The bridge: one row for each unit and crowd with answers of its people, per wave."""

TOPICS = Table(
    name="topics",
    parts=(
        WAVE_PART,
        CROWD_PART,
        (*_columns(_TEXT, "topic", "topic_name"), Column("ticked_band"),
         *_columns(_DECIMAL, "ticked_low", "ticked_high"), Column("ticked_sort", _INTEGER),
         Column("reason_code", _CODE), Column("reason")),
        PROVENANCE_PART,
    ),
)  # fmt: skip
"""One row for each crowd, topic and wave."""

SEGMENTS = Table(
    name="segments",
    parts=(
        WAVE_PART,
        _columns(_TEXT, "unit", "unit_name", "segment", "segment_name", "segment_cell", "segment_options"),
        MEASURE_PART,
        OUTCOME_PART,
        PROVENANCE_PART,
    ),
)
"""One row for each top-level unit, cell of a segment question, measure and wave; one for a table that was declined."""

TABLES = (CELLS, TOTALS, UNITS, TOPICS, SEGMENTS)
"""All tables, in the order in which a reader meets them."""


class Relation(StrEnum):
    """How a unit and a crowd of the bridge stand to one another."""

    INSIDE = "inside"
    ACROSS = "across"
    NONE = "none"


class Level(StrEnum):
    """Where a unit stands in the tree of a wave."""

    COMPANY = "company"
    UNIT = "unit"
    TEAM = "team"


@dataclass(frozen=True, kw_only=True)
class ExportRow:
    """One cell for a page: a measure of a crowd, with a figure or the reason for its absence."""

    crowd: str
    crowd_name: str
    units: tuple[str, ...]
    measure: str
    measure_name: str
    outcome: ReleasedCell | Withheld
    invited: int
    is_lower_better: bool = False


_RESPONSE_ORDER = (
    ResponseBand.NOT_SHOWN, ResponseBand.UNDER_HALF, ResponseBand.UNDER_THREE_QUARTERS,
    ResponseBand.HALF_TO_THREE_QUARTERS, ResponseBand.HALF_OR_MORE, ResponseBand.THREE_QUARTERS_OR_MORE,
)  # fmt: skip
_OUTCOME_NAMES = tuple(column.name for column in OUTCOME_PART)
_SHARE_DIGITS = 4
_NOISE = 1e-6


def outcome_part(
    outcome: ReleasedCell | Withheld, response: ResponseBand | None, tr: Translator, *, reason: str = ""
) -> Part:
    """Return the fields of :data:`OUTCOME_PART`; a withheld cell fills its reason and nothing else.

    ``reason`` stands in for the sentence of the reason where a fuller one is known.
    """
    if isinstance(outcome, Withheld):
        blank: Part = (None,) * (len(_OUTCOME_NAMES) - 2)
        return (*blank, outcome.reason_code, reason or outcome.sentence(tr))
    # The ends of the interval lie half a step off, so they need one decimal more than the value.
    # A value rounded for show may fall out of a narrow one, which is then widened to hold it.
    ends = outcome.decimals + 1
    value = round(outcome.value, outcome.decimals)
    return (
        value, min(value, -outwards(-outcome.low, ends)), max(value, outwards(outcome.high, ends)),
        outcome.qualifier.value, *band_fields(outcome.n_band, tr), None if response is None else response.value,
        None if response is None else _RESPONSE_ORDER.index(response), *share_fields(outcome.favourable, tr),
        None, None,
    )  # fmt: skip


def outwards(end: float, decimals: int) -> float:
    """Return the upper end of an interval, rounded up, so that what it encloses stays inside; noise does not count."""
    scale: float = 10.0**decimals
    return math.ceil(end * scale - _NOISE) / scale + 0.0  # adding zero turns -0.0 into 0.0


def band_fields(band: NBand, tr: Translator) -> Part:
    """Return the fields ``n_band``, ``n_low``, ``n_high`` and ``n_band_sort``."""
    return (tr.render(band.text), band.low, band.high, band.low)


def share_fields(share: FavourableBand, tr: Translator) -> Part:
    """Return a band of a share in words, its ends from 0 to 1, and its lower end in whole per cent to sort by."""
    low, high = round(share.low, _SHARE_DIGITS), round(share.high, _SHARE_DIGITS)
    return (tr.render(share.words), low, high, round(low * 100))


def withheld_part(code: str, reason: str) -> Part:
    """Return the fields of :data:`OUTCOME_PART` for a row that has no cell at all."""
    return (*((None,) * (len(_OUTCOME_NAMES) - 2)), code, reason)


def iso(day: dt.date) -> str:
    """Return a day as an export writes it."""
    return day.isoformat()


def list_names(names: list[str]) -> str | None:
    """Return names with bars between; after the first of very many there is an ellipsis, and None where are none."""
    shown = names if len(names) <= MOST_NAMES else [*names[:MOST_NAMES], "…"]
    return UNIT_SEPARATOR.join(shown) or None
