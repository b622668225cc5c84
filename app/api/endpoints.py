"""The lists that programs may read, as data: address, scope, filters, columns and the function that reads a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from reports.exports.table import CELLS, SEGMENTS, TOPICS, TOTALS, UNITS, Column, Table
from reports.services import api_rows
from reports.services.api_pages import Page, Selection
from surveys.i18n import mark
from surveys.services.tokens import Scope

PREFIX = "/api/v1"

_OF_WAVES = ("wave",)
_OF_UNITS = ("wave", "unit")
_OF_CELLS = ("wave", "unit", "scale")


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One list: ``keys`` are the columns that name a row and order the list, ``figures`` whether it holds figures."""

    name: str
    summary: str
    scope: Scope
    table: Table
    keys: tuple[str, ...]
    filters: tuple[str, ...]
    read: Callable[[Session, Selection], Page]
    figures: bool = False

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of its rows."""
        return self.table.columns

    @property
    def path(self) -> str:
        """The address of the list."""
        return f"{PREFIX}/{self.name}"


ENDPOINTS = (
    Endpoint(
        name="waves",
        summary=mark("The released waves, the oldest first."),
        scope=Scope.RESULTS,
        table=api_rows.WAVES,
        keys=("wave",),
        filters=_OF_WAVES,
        read=api_rows.read_waves,
    ),
    Endpoint(
        name="measures",
        summary=mark("The items and scales of each wave with their words and sources."),
        scope=Scope.RESULTS,
        table=api_rows.MEASURES,
        keys=("wave", "measure"),
        filters=("wave", "scale"),
        read=api_rows.read_measures,
    ),
    Endpoint(
        name="units",
        summary=mark("The units of each wave as they were when it opened."),
        scope=Scope.RESULTS,
        table=api_rows.TREE,
        keys=("wave", "unit"),
        filters=_OF_UNITS,
        read=api_rows.read_units,
    ),
    Endpoint(
        name="crowds",
        summary=mark("The crowds of each wave: who is reported together."),
        scope=Scope.RESULTS,
        table=api_rows.CROWDS,
        keys=("wave", "crowd"),
        filters=_OF_UNITS,
        read=api_rows.read_crowds,
    ),
    Endpoint(
        name="bridge",
        summary=mark("For each unit the crowds in which its people's answers stand. Join cells to units over it."),
        scope=Scope.RESULTS,
        table=UNITS,
        keys=("wave", "unit", "crowd"),
        filters=_OF_UNITS,
        read=api_rows.read_bridge,
    ),
    Endpoint(
        name="cells",
        summary=mark("One row for each crowd, measure and wave: a figure, or the reason why there is none."),
        scope=Scope.RESULTS,
        table=CELLS,
        keys=("wave", "crowd", "measure"),
        filters=_OF_CELLS,
        read=api_rows.read_cells,
        figures=True,
    ),
    Endpoint(
        name="totals",
        summary=mark("One row for each unit above team level, measure and wave, ready made from whole crowds."),
        scope=Scope.RESULTS,
        table=TOTALS,
        keys=("wave", "unit", "measure"),
        filters=_OF_CELLS,
        read=api_rows.read_totals,
        figures=True,
    ),
    Endpoint(
        name="topics",
        summary=mark("One row for each crowd, topic and wave: which part of the crowd ticked it, as a band."),
        scope=Scope.RESULTS,
        table=TOPICS,
        keys=("wave", "crowd", "topic"),
        filters=_OF_UNITS,
        read=api_rows.read_topics,
        figures=True,
    ),
    Endpoint(
        name="segments",
        summary=mark("One row for each unit, cell of an admitted segment table, measure and wave."),
        scope=Scope.SEGMENTS,
        table=SEGMENTS,
        keys=("wave", "unit", "segment", "segment_cell", "measure"),
        filters=_OF_CELLS,
        read=api_rows.read_segments,
        figures=True,
    ),
    Endpoint(
        name="code-book",
        summary=mark("Every column explained: what it holds, in which unit, and what not to do with it."),
        scope=Scope.RESULTS,
        table=api_rows.CODE_BOOK,
        keys=("place",),
        filters=(),
        read=api_rows.read_code_book,
    ),
    Endpoint(
        name="ledger",
        summary=mark("Who got which cells when, for auditors. It holds no figures."),
        scope=Scope.LEDGER,
        table=api_rows.LEDGER,
        keys=("number",),
        filters=(),
        read=api_rows.read_ledger,
    ),
)
"""Every list of the interface."""
