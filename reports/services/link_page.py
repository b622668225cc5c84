"""Turns the link of a wave into the page "How sure are we" of one leader: own teams by name, others as counts.

A leader reads the common figures, and slopes and values of those rows only that are their own page or lie below their
unit and are not kept from them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import nullcontext
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from reports.document_link import (
    DealtStrip,
    ForestKind,
    ForestRow,
    LinkFact,
    LinkGateRow,
    LinkPage,
    LinkState,
    LinkTable,
)
from reports.services.link import build_record, load_record
from reports.services.link_data import mark_of, read_inputs
from reports.services.link_looks import extra_sentences, gate_rows, robust_sentences, setting_rows
from reports.services.link_record import Absence, LinkRecord, RecordRow
from reports.services.link_terms import range_text, scale_name, signed, swing_text
from reports.services.link_view import StoredLink, frame_section, release_sentence
from reports.services.link_words import (
    company_sentences,
    frame_lead,
    must_not_conclude,
    sentences_of,
    study_sentences,
    swap_sentence,
    title_of,
)
from reports.services.pressure_words import caution
from reports.stats.link_results import LinkSlope, NotIdentifiable, PairLink, SwapTest, TeamLink
from reports.stats.results import Interval, NeverHere, TooEarly
from reports.store import link as store
from surveys.i18n import Translator
from surveys.services.questionnaires import instrument_of
from surveys.store import waves as wave_store

BINS = 40
_MOST_EXTRAS = 4

_made: WeakKeyDictionary[Engine, tuple[str, str, LinkRecord]] = WeakKeyDictionary()
"""By database: the last wave whose link was worked out without being stored, its mark, and the link."""


def link_page(session: Session, *, wave: str, unit: str, tr: Translator) -> LinkPage | None:
    """Return the page of a unit for a released wave; None where no delivery data are stored at all.

    The stored link is taken where it is of today's data; else it is worked out, and kept for the next reports.

    Raises:
        NotFound: the wave is unknown, not released, or withdrawn.
        ReleaseRefused: an auditor found something wrong with a release of the window.
    """
    if not store.has_pressure(session):
        return None
    record = _record(session, wave)
    frozen = {each.unit: each for each in wave_store.list_units(session, wave)}
    link = StoredLink(
        record=record,
        made_at=None,
        instrument=instrument_of(session, wave_store.get_wave(session, wave).instrument_sha256),
        names={key: each.name for key, each in frozen.items()},
    )
    below = _below({key: each.parent for key, each in frozen.items()}, unit)
    return page_of(link, visible_rows(record, unit, below), tr)


def visible_rows(record: LinkRecord, unit: str, below: frozenset[str]) -> tuple[int, ...]:
    """Return the places of the rows whose figures a unit's leader may read; ``below`` is the unit and all under it."""
    return tuple(
        place
        for place, row in enumerate(record.rows)
        if unit in row.readers or (below.issuperset(row.units) and unit not in row.kept_from)
    )


def page_of(link: StoredLink, visible: Sequence[int], tr: Translator) -> LinkPage:
    """Return the page with the figures of the visible rows of the record only."""
    record, scale = link.record, link.scale(tr)
    team = record.fit.team if record.fit is not None else None
    hidden = len(record.rows) - len(visible)
    frames = [frame for frame in record.frame if frame.row in visible]
    sections = [frame_section(frame, link.name_of(record.rows[frame.row], tr), scale, tr) for frame in frames]
    estimated = team if isinstance(team, TeamLink) and record.absence is Absence.NONE else None
    return LinkPage(
        state=_state(record),
        title=title_of(record, tr),
        sentences=tuple(_sentences(link, estimated, scale, tr, hidden=hidden)),
        gates=_gates(record, tr),
        facts=tuple(LinkFact(name=name, text=text) for name, text in setting_rows(record, scale, tr)),
        must_not=tuple(must_not_conclude(tr)),
        unit_text=_unit_text(estimated, scale, tr),
        forest=_forest(link, estimated, [record.rows[place] for place in visible], tr),
        forest_caption=_forest_caption(tr) if estimated else "",
        strip=strip_of(estimated.pair.swap, tr) if estimated else None,
        whole=(*company_sentences(record, tr), *study_sentences(record, scale, tr, hidden=hidden)),
        releases=tuple(release_sentence(each, tr) for frame in frames for each in frame.releases),
        frames=tuple(
            LinkTable(title=section.title, columns=section.table.columns, rows=section.table.rows)
            for section in sections
            if section.table is not None
        ),
        caution=caution(tr),
    )


def strip_of(swap: SwapTest, tr: Translator) -> DealtStrip | None:
    """Return the correlations of the deals as counts in bins of equal width; None where there was no deal."""
    if not swap.dealt:
        return None
    first, last = (math.floor(100 * end) for end in (min(swap.dealt), max(swap.dealt)))
    # Edges on hundredths: a page tells no more of the figures than their two digits.
    width = math.ceil((last + 1 - first) / BINS)
    places = [(math.floor(100 * each) - first) // width for each in swap.dealt]
    return DealtStrip(
        first=first / 100,
        width=width / 100,
        counts=tuple(np.bincount(places).tolist()),
        own=_two(swap.observed),
        caption=swap_sentence(swap, tr),
    )


def _record(session: Session, wave: str) -> LinkRecord:
    found = load_record(session, wave)
    if found is not None:
        return found[0]
    engine = session.get_bind().engine
    mark = mark_of(session, wave)
    known = _made.get(engine)
    if known is not None and known[:2] == (wave, mark):
        return known[2]
    record = build_record(read_inputs(lambda: nullcontext(session), wave=wave))
    _made[engine] = (wave, mark, record)
    return record


def _below(parents: dict[str, str | None], unit: str) -> frozenset[str]:
    inside = {unit}
    grew = True
    while grew:
        found = {key for key, parent in parents.items() if parent in inside} - inside
        inside |= found
        grew = bool(found)
    return frozenset(inside)


def _state(record: LinkRecord) -> LinkState:
    if record.fit is None or record.absence is not Absence.NONE:
        return LinkState.NO_DATA
    team = record.fit.team
    if isinstance(team, TeamLink):
        return LinkState.ESTIMATED
    if isinstance(team, NotIdentifiable):
        return LinkState.NOT_IDENTIFIABLE
    return LinkState.NEVER_HERE if isinstance(team, NeverHere) else LinkState.TOO_EARLY


def _sentences(link: StoredLink, estimated: TeamLink | None, scale: str, tr: Translator, *, hidden: int) -> list[str]:
    record = link.record
    said = sentences_of(record, scale, tr, hidden=hidden)
    if record.frame:
        said += frame_lead(tr)
    if estimated is not None:
        said += robust_sentences(record, estimated, tr)
        names = {pair.scale: scale_name(link.instrument, pair.scale, tr) for pair in record.extras}
        said += extra_sentences(record, names, tr)[: _MOST_EXTRAS + 1]
    return said


def _gates(record: LinkRecord, tr: Translator) -> tuple[LinkGateRow, ...]:
    rows = gate_rows(record.fit.gates, tr) if record.fit is not None else []
    return tuple(
        LinkGateRow(name=name, found=found, needed=needed, is_met=is_met) for name, found, needed, is_met in rows
    )


def _unit_text(estimated: TeamLink | None, scale: str, tr: Translator) -> str:
    if estimated is None:
        return ""
    return tr.t(
        "points of strain in {scale} for {points} points of the index",
        scale=scale,
        points=swing_text(estimated.pair.pressure_sd, tr),
    )


def _forest_caption(tr: Translator) -> str:
    return tr.t(
        "Lines are likely ranges (90 %). Teams are moved towards the common slope and stand in alphabetical order. "
        "The other direction is drawn by its strength in the same unit."
    )


def _forest(
    link: StoredLink, estimated: TeamLink | None, visible: Sequence[RecordRow], tr: Translator
) -> tuple[ForestRow, ...]:
    if estimated is None:
        return ()
    slope = estimated.pair.slope
    rows = [_forest_row(ForestKind.ALL, tr.t("All teams"), slope.interval, tr)]
    named = {row.key: link.name_of(row, tr) for row in visible}
    if not isinstance(estimated.team_slopes, TooEarly):
        own = [each for each in estimated.team_slopes.slopes if each.key in named]
        rows += sorted(
            (_forest_row(ForestKind.UNIT, named[each.key], each.interval, tr) for each in own), key=lambda row: row.name
        )
    if isinstance(estimated.reverse, PairLink):
        name = tr.t("The other direction: strain first, pressure in the next wave")
        rows.append(_forest_row(ForestKind.REVERSE, name, _as_strong(estimated.reverse.slope, slope), tr))
    if estimated.flags.cells and isinstance(estimated.flags.dropped, LinkSlope):
        rows.append(
            _forest_row(ForestKind.SENSITIVITY, tr.t("Without flagged weeks"), estimated.flags.dropped.interval, tr)
        )
    if estimated.low_response_cells and isinstance(estimated.all_responses, LinkSlope):
        name = tr.t("With waves that under half answered")
        rows.append(_forest_row(ForestKind.SENSITIVITY, name, estimated.all_responses.interval, tr))
    return tuple(rows)


def _forest_row(kind: ForestKind, name: str, interval: Interval, tr: Translator) -> ForestRow:
    text = tr.t("{slope} ({range})", slope=signed(interval.estimate, 2, tr), range=range_text(interval, 2, tr))
    return ForestRow(
        kind=kind,
        name=name,
        estimate=_two(interval.estimate),
        low=_two(interval.low),
        high=_two(interval.high),
        text=text,
    )


def _two(value: float) -> float:
    """Return a figure as it is printed: more digits in a picture would tell what its sentence does not."""
    return round(value, 2)


def _as_strong(found: LinkSlope, like: LinkSlope) -> Interval:
    """Return a slope in the unit of another one, at the same strength in SDs of what it explains."""
    half = like.standardised.half_width
    unit = like.interval.half_width / half if half > 0 else 0.0
    own = found.standardised
    return Interval(estimate=own.estimate * unit, low=own.low * unit, high=own.high * unit, level=own.level)
