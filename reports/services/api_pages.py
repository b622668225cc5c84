"""Cuts the rows of released waves into pages that are found by key, so that a page never reads a whole history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy.orm import Session

from reports.exports.table import Row, Table
from reports.services.export_wave import WaveExport, known_measures
from reports.services.history import check_is_released
from reports.services.hr_export import released_slugs
from reports.store import api_rows as store
from surveys.enums import MeasureKind
from surveys.errors import NotFound
from surveys.store import waves as wave_store

Record = dict[str, object]
"""One row as fields by column, as JSON writes it."""

Place = tuple[str, ...]
"""The keys of a row, which say where it stands in its list."""

MOST_WAVES = 3
"""Waves whose trees one page loads at most, so that a narrow filter costs no more than a wide one."""

MOST_LIGHT_WAVES = 500
"""The same for lists that need no tree."""

MOST_NAMED = 200
"""More units or measures than these are noted in the ledger as all."""

_ALL = "all"
_END = "\U0010ffff"
"""Stands after every key: the place behind the last row of a wave."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which rows are wanted: filters (``None``: all), at most ``limit`` of them, those after the place ``after``."""

    language: str
    limit: int
    after: Place | None = None
    wave: str | None = None
    unit: str | None = None
    scale: str | None = None

    @property
    def units(self) -> tuple[str, ...] | None:
        """The unit as a pick of units."""
        return None if self.unit is None else (self.unit,)

    @property
    def scales(self) -> tuple[str, ...] | None:
        """The scale as a pick of scales."""
        return None if self.scale is None else (self.scale,)


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some rows in their order; ``after`` is the place of the last one where more may follow, else None.

    ``waves`` and ``units`` are those that the rows are about.
    """

    rows: tuple[Record, ...]
    after: Place | None
    waves: tuple[str, ...] = ()
    units: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Keyed:
    """A row of a wave with its keys after the wave's own, and the units it is about."""

    place: Place
    row: Row
    units: tuple[str, ...] = ()


Load = Callable[[Session, str, str], WaveExport]
"""Loads a wave by slug in a language, as much of it as a list needs."""

Read = Callable[[Session, WaveExport, Selection, str], Iterator[Keyed]]
"""Yields the rows of one wave in the order of their keys, from a first key on (empty: from the start)."""


def page_of(
    session: Session, selection: Selection, table: Table, *, load: Load, read: Read, keys: int, most: int = MOST_WAVES
) -> Page:
    """Return the page of a list that runs through the waves; ``keys`` counts the keys after the wave.

    A page may hold fewer rows than the limit although more follow: it looks into ``most`` waves only.

    Raises:
        NotFound: no released wave has this name, this unit or this scale, or the place is in a wave that is gone.
    """
    slugs = _slugs(session, selection)
    inner: Place | None = None
    if selection.after is not None:
        if selection.after[0] not in slugs:
            raise NotFound("The list has changed, because a wave was withdrawn. Start again without a cursor.")
        slugs, inner = slugs[slugs.index(selection.after[0]) :], selection.after[1:]
    found: list[tuple[str, Keyed]] = []
    for slug in slugs[:most]:
        wave = load(session, slug, selection.language)
        rows = read(session, wave, selection, inner[0] if inner else "")
        later = rows if inner is None else _later(rows, inner)
        found.extend((slug, each) for each in islice(later, selection.limit + 1 - len(found)))
        inner = None
        if len(found) > selection.limit:
            return _page(table, found[: selection.limit], _place(found[selection.limit - 1]))
    return _page(table, found, (slugs[most - 1], *([_END] * keys)) if len(slugs) > most else None)


def slice_of(records: Sequence[Record], selection: Selection, *, place: int) -> Page:
    """Return the page of a short list after the first ``place`` records."""
    part = records[place : place + selection.limit]
    has_more = place + selection.limit < len(records)
    return Page(rows=tuple(part), after=(str(place + selection.limit),) if has_more else None)


def number_of(place: Place | None) -> int:
    """Return a place that is one number; 0 where there is none or where it is no number."""
    text = place[0] if place else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else 0


def ledger_detail(page: Page) -> dict[str, object]:
    """Return what the ledger notes about a page: waves, units, measures, policy and format."""
    named = (row.get("measure") or row.get("topic") for row in page.rows)
    measures = {str(measure) for measure in named if measure}  # a declined segment table has a row without one
    return {
        "waves": list(page.waves),
        "units": sorted(page.units) if len(page.units) <= MOST_NAMED else _ALL,
        "measures": sorted(measures) if len(measures) <= MOST_NAMED else _ALL,
        "policy": ", ".join(sorted({str(row["policy_version"]) for row in page.rows})),
        "format": "json",
    }


def _later(rows: Iterator[Keyed], place: Place) -> Iterator[Keyed]:
    return (each for each in rows if each.place > place)


def _place(last: tuple[str, Keyed]) -> Place:
    return (last[0], *last[1].place)


def _page(table: Table, found: Sequence[tuple[str, Keyed]], after: Place | None) -> Page:
    return Page(
        rows=tuple(dict(table.record(each.row)) for _, each in found),
        after=after,
        waves=tuple(dict.fromkeys(slug for slug, _ in found)),
        units=frozenset(unit for _, each in found for unit in each.units),
    )


def _slugs(session: Session, selection: Selection) -> list[str]:
    """Return the slugs of the released waves that the filters leave, the oldest first."""
    if selection.wave is not None:
        check_is_released(session, selection.wave)
    slugs = released_slugs(session) if selection.wave is None else [selection.wave]
    if selection.unit is not None:
        having = store.waves_with_unit(session, slugs, selection.unit)
        slugs = [slug for slug in slugs if slug in having]
        if not slugs:
            raise NotFound("No released wave has a unit {unit}.", unit=selection.unit)
    if selection.scale is not None:
        slugs = [slug for slug in slugs if _has_scale(session, slug, selection.scale)]
        if not slugs:
            raise NotFound("No released wave has a scale {scale}.", scale=selection.scale)
    return slugs


def _has_scale(session: Session, slug: str, scale: str) -> bool:
    known = known_measures(session, wave_store.get_wave(session, slug).programme_slug)
    return scale in known and known[scale].measure.kind is MeasureKind.SCALE
