"""Finds the link of roadmap pressure and survey strain at a release and stores it, from released figures only.

One pair is tested by itself: the index and the strain of workload, over exactly the days the questions ask about. All
other pairs are one family with control of false discoveries, and are shown as worth a look at most.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy.orm import Session

from reports.models import LinkResult
from reports.pressure.anchors import Indicator
from reports.services.analysis_data import Reading
from reports.services.history import check_is_released
from reports.services.link_data import PRIMARY, LinkInputs, mark_of, read_inputs
from reports.services.link_frame import frame_of, study_of
from reports.services.link_record import Absence, ExtraPair, FlagCount, LinkRecord, RecordRow, from_plain, to_plain
from reports.stats.link import find_link, link_pair, worth_a_look
from reports.stats.link_results import LinkSlope, NotIdentifiable, PairLink, TeamLink
from reports.stats.methods import METHOD_VERSION
from reports.stats.results import NeverHere, TooEarly
from reports.store import link as store

Writing = Callable[[], AbstractContextManager[Session]]
"""Opens a writing transaction."""

LEAST_ROWS = 5
"""Under so many sets of teams nothing is ever told about a link between teams."""


@dataclass(frozen=True, kw_only=True)
class LinkAccount:
    """What became of making a link: made, kept because nothing changed, or kept because it stood there already."""

    wave: str
    method_version: str
    is_new: bool


def find_current(session: Session, wave: str) -> LinkResult | None:
    """Return the stored link of a released wave if it was made by today's methods of today's data, else None.

    Raises:
        NotFound: the wave is unknown, not released, or withdrawn.
    """
    mark = mark_of(session, wave)
    found = store.find_link(session, wave)
    if found is None or found.method_version != METHOD_VERSION or found.document.get("mark") != mark:
        return None
    return found


def is_due(session: Session, wave: str) -> bool:
    """Tell whether a released wave lacks a link by today's methods from today's data; never where there are none."""
    return store.has_pressure(session) and find_current(session, wave) is None


def make_link(session: Session, *, wave: str, now: dt.datetime) -> LinkResult:
    """Find the link of a released wave and store it in place of an earlier one, within the caller's transaction.

    Raises:
        NotFound: the wave is unknown, not released, or withdrawn.
        ReleaseRefused: an auditor found something wrong with a release of the window.
    """
    inputs = read_inputs(lambda: nullcontext(session), wave=wave)
    return _store(session, inputs, build_record(inputs), now)


def remake_link(
    reading: Reading, writing: Writing, *, wave: str, now: dt.datetime, remake: bool = False
) -> LinkAccount:
    """Find the link of a released wave and store it, without holding a writing transaction while it is worked out.

    One that is current is kept unless ``remake``. Where the data changed and every figure of it stayed the same, only
    its mark is renewed.

    Raises:
        NotFound: the wave is unknown, not released, or withdrawn.
        ReleaseRefused: an auditor found something wrong with a release of the window.
    """
    with reading() as session:
        if not remake and find_current(session, wave) is not None:
            return LinkAccount(wave=wave, method_version=METHOD_VERSION, is_new=False)
        before = store.find_link(session, wave)
        known = None if before is None or remake else (before.method_version, before.inputs_sha256, before.document)
    inputs = read_inputs(reading, wave=wave)
    is_same = known is not None and known[:2] == (METHOD_VERSION, inputs.sha256)
    record = replace(from_plain(known[2]), mark=inputs.mark) if known and is_same else build_record(inputs)
    with writing() as session:
        check_is_released(session, wave)
        _store(session, inputs, record, now)
    return LinkAccount(wave=wave, method_version=METHOD_VERSION, is_new=not is_same)


def load_record(session: Session, wave: str) -> tuple[LinkRecord, dt.datetime] | None:
    """Return the current link of a released wave and when it was made; None where there is none.

    Raises:
        NotFound: the wave is unknown, not released, or withdrawn.
    """
    found = find_current(session, wave)
    return None if found is None else (from_plain(found.document), found.made_at)


def forget_wave(session: Session, wave: str) -> int:
    """Delete all links that rest on a wave, because it is withdrawn; returns how many there were.

    Those of other waves are found anew without it when they are due.
    """
    return store.delete_links_with(session, wave)


def build_record(inputs: LinkInputs) -> LinkRecord:
    """Return what is found in the inputs; a pure function of them."""
    scale = PRIMARY if PRIMARY in inputs.strain else (inputs.scales[0] if inputs.scales else "")
    absence = _absence(inputs)
    fit = previous = None
    if absence is not Absence.NO_PRESSURE and absence is not Absence.NOT_ASKED:
        fit = find_link(inputs.panel(PRIMARY, with_lags=True))
        previous = _previous(inputs) if isinstance(fit.team, TeamLink) else None
    is_never = fit is None or isinstance(fit.team, NeverHere)
    return LinkRecord(
        wave=inputs.wave,
        waves=inputs.waves,
        first_on=inputs.opened_on[0],
        last_on=inputs.opened_on[-1],
        mark=inputs.mark,
        scale=scale,
        recall_days=inputs.recall[scale][-1] if scale else inputs.instrument.recall.days,
        absence=absence,
        all_rows=len(inputs.rows),
        known_rows=_known_rows(inputs),
        rows=tuple(_record_row(inputs, row) for row in inputs.covered),
        fit=fit,
        previous=previous,
        extras=() if is_never else find_extras(inputs),
        flags=_flag_counts(inputs, scale),
        study=None if is_never or absence is not Absence.NONE else study_of(inputs, PRIMARY),
        frame=frame_of(inputs, scale) if is_never and scale else (),
        anchors=inputs.anchors,
        unmapped=inputs.unmapped,
    )


def find_extras(inputs: LinkInputs) -> tuple[ExtraPair, ...]:
    """Return all pairs beside the primary one that could be tested, as one family by Benjamini and Hochberg.

    The pairs are every other scale with the index, and the primary scale with the points of every indicator.
    """
    pairs: list[tuple[str, Indicator | None]] = [(scale, None) for scale in inputs.scales if scale != PRIMARY]
    if PRIMARY in inputs.strain:
        pairs += [(PRIMARY, indicator) for indicator in inputs.table(PRIMARY).points]
    found: dict[tuple[str, str], PairLink] = {}
    for scale, indicator in pairs:
        pair = link_pair(inputs.panel(scale, indicator=indicator))
        if isinstance(pair, PairLink):
            found[scale, "" if indicator is None else indicator.value] = pair
    decisions = worth_a_look(found)
    return tuple(
        ExtraPair(
            scale=scale,
            indicator=indicator,
            slope=pair.slope.interval,
            p=pair.swap.p,
            p_adjusted=decisions[scale, indicator].p_adjusted,
            is_worth_a_look=decisions[scale, indicator].selected,
        )
        for (scale, indicator), pair in found.items()
    )


def _absence(inputs: LinkInputs) -> Absence:
    if PRIMARY not in inputs.strain:
        return Absence.NOT_ASKED
    if not inputs.covered:
        return Absence.NO_PRESSURE
    return Absence.FEW_COVERED if len(inputs.covered) < LEAST_ROWS <= len(inputs.rows) else Absence.NONE


def _previous(inputs: LinkInputs) -> LinkSlope | NotIdentifiable | TooEarly | NeverHere:
    """Return the slope on the window of equal length before the one asked about; a second look, without a test."""
    panel = inputs.panel(PRIMARY)
    earlier = replace(panel, pressure=inputs.table(PRIMARY).previous[list(inputs.covered)])
    pair = link_pair(earlier)
    return pair.slope if isinstance(pair, PairLink) else pair


def _record_row(inputs: LinkInputs, row: int) -> RecordRow:
    own = inputs.rows[row]
    kept = inputs.kept_from[row] if inputs.kept_from else ()
    return RecordRow(key=own.key, units=own.units, readers=own.readers, kept_from=kept)


def _known_rows(inputs: LinkInputs) -> int:
    """Return how many rows have both pressure and strain in some wave."""
    if PRIMARY not in inputs.strain:
        return 0
    both = np.isfinite(inputs.table(PRIMARY).index) & np.isfinite(inputs.strain[PRIMARY])
    return int(both.any(axis=1).sum())


def _flag_counts(inputs: LinkInputs, scale: str) -> tuple[FlagCount, ...]:
    if not scale:
        return ()
    rows = list(inputs.covered)
    used = np.isfinite(inputs.table(scale).index[rows]) & np.isfinite(inputs.strain[scale][rows])
    counted = [
        FlagCount(kind=kind, cells=int((masks[inputs.recall[scale]][rows] & used).sum()))
        for kind, masks in sorted(inputs.flags.items())
    ]
    return tuple(each for each in counted if each.cells)


def _store(session: Session, inputs: LinkInputs, record: LinkRecord, now: dt.datetime) -> LinkResult:
    return store.replace_link(
        session,
        wave=inputs.wave,
        made_at=now,
        method_version=METHOD_VERSION,
        inputs_sha256=inputs.sha256,
        document=to_plain(record),
    )
