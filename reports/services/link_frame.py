"""Sets dated events, pressure with its parts and strain side by side: what is left where nothing can be tested.

Means and differences of what is released and imported, one release at a time. Nothing is tested and no cause is named.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter

import numpy as np

from reports.services.link_data import LinkInputs
from reports.services.link_record import FlagCount, FramePoint, FrameRelease, FrameRow
from reports.stats.event_study import RUN_UP_DAYS, EventStudy, event_study, run_ups
from reports.stats.fixed_effects import demean
from reports.stats.results import Floats, TooEarly

RUN_UP = dt.timedelta(days=RUN_UP_DAYS)
"""Days up to a release that count as near it."""

MOST_RELEASES = 8
_TOLD_PARTS = 2


def frame_of(inputs: LinkInputs, scale: str) -> tuple[FrameRow, ...]:
    """Return the frame of every row that has delivery data or dated releases, in the order of the rows covered."""
    return tuple(_row(inputs, scale, row, place) for place, row in enumerate(inputs.covered))


def near_waves(inputs: LinkInputs, scale: str, day: dt.date) -> list[int]:
    """Return the places of the waves whose questions ask about a day of the three weeks up to ``day``."""
    found = []
    for place, (opens_on, days) in enumerate(zip(inputs.opened_on, inputs.recall[scale], strict=True)):
        first, last = opens_on - dt.timedelta(days=days), opens_on - dt.timedelta(days=1)
        if first <= day and last >= day - RUN_UP + dt.timedelta(days=1):
            found.append(place)
    return found


def release_days(inputs: LinkInputs, row: int) -> list[tuple[dt.date, str, bool]]:
    """Return the dated plans of a row within the time looked back on, in order: day, name, and whether it is done.

    A plan that is not done stands at the day it is due, which says nothing about when it came, if it did.
    """
    if not inputs.opened_on:
        return []
    units = set(inputs.rows[row].units)
    first = inputs.opened_on[0] - RUN_UP
    found = {
        (day, plan.name, plan.done_on is not None)
        for plan in inputs.plans
        if plan.teams & units and (day := plan.done_on or plan.due) is not None and first <= day <= inputs.opened_on[-1]
    }
    return sorted(found)


def study_of(inputs: LinkInputs, scale: str) -> EventStudy | TooEarly | None:
    """Return strain in the run-up to releases beside other times; None where no release is shared by half of the rows.

    A wave counts at the middle of the days it asks about, a release on the day it was done. Each row is compared with
    itself: its means and its straight line are taken out, or a slow drift would look like many releases.
    """
    rows = list(inputs.covered)
    shared = Counter(day for row in rows for day in {day for day, _, is_done in release_days(inputs, row) if is_done})
    days = [float(day.toordinal()) for day, count in shared.items() if 2 * count >= len(rows)]
    if not days:
        return None
    strain = inputs.strain[scale][rows]
    mask = np.isfinite(strain)
    middle = inputs.days - (np.array(inputs.recall[scale]) + 1) / 2
    apart = demean(strain, mask, days=middle, segments=inputs.segments[rows], waves=False)
    return event_study(apart, mask, run_ups(middle, days))


def _row(inputs: LinkInputs, scale: str, row: int, place: int) -> FrameRow:
    table, strain = inputs.table(scale), inputs.strain[scale][row]
    return FrameRow(
        row=place,
        points=tuple(
            FramePoint(
                wave=slug,
                opened_on=inputs.opened_on[w],
                pressure=_number(table.index[row, w]),
                strain=_number(strain[w]),
                at_end=bool(inputs.at_end[scale][row, w]),
                parts=_parts(inputs, scale, row, w),
            )
            for w, slug in enumerate(inputs.waves)
        ),
        releases=tuple(
            _release(inputs, scale, row, day, name, is_done=is_done)
            for day, name, is_done in release_days(inputs, row)[-MOST_RELEASES:]
        ),
        flagged=tuple(
            FlagCount(kind=kind, cells=int(masks[inputs.recall[scale]][row].sum()))
            for kind, masks in sorted(inputs.flags.items())
            if masks[inputs.recall[scale]][row].any()
        ),
    )


def _release(inputs: LinkInputs, scale: str, row: int, day: dt.date, name: str, *, is_done: bool) -> FrameRelease:
    near = np.zeros(len(inputs.waves), dtype=np.bool_)
    near[near_waves(inputs, scale, day)] = True
    index, strain = inputs.table(scale).index[row], inputs.strain[scale][row]
    return FrameRelease(
        name=name,
        day=day,
        is_done=is_done,
        near=int((near & np.isfinite(strain)).sum()),
        pressure=_mean(index[near]),
        pressure_else=_mean(index[~near]),
        strain=_mean(strain[near]),
        strain_else=_mean(strain[~near]),
    )


def _parts(inputs: LinkInputs, scale: str, row: int, wave: int) -> tuple[str, ...]:
    points = inputs.table(scale).points
    held = [(float(values[row, wave]), name.value) for name, values in points.items() if np.isfinite(values[row, wave])]
    return tuple(name for value, name in sorted(held, key=lambda each: (-each[0], each[1])) if value > 0)[:_TOLD_PARTS]


def _mean(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else None


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
