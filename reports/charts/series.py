"""Turns the points of a trace or of weekly pressure into what is drawn: runs, bridges and hidden columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from reports.document import LevelPoint, Value, WavePoint, WeekPoint, Withheld


@dataclass(frozen=True, kw_only=True)
class Dated:
    """A value at the day its wave opened."""

    day: dt.date
    value: Value


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """A trace cut at its gaps.

    ``runs`` hold neighbouring waves with values; ``bridges`` join two runs between which nothing was asked; a bridge is
    never laid over ``hidden`` waves, at which the trace stays open.
    """

    runs: tuple[tuple[Dated, ...], ...]
    bridges: tuple[tuple[Dated, Dated], ...]
    hidden: tuple[dt.date, ...]


def pieces_of(points: Sequence[WavePoint]) -> Pieces:
    """Cut the points of a trace, oldest first, into its pieces."""
    runs: list[list[Dated]] = []
    bridges: list[tuple[Dated, Dated]] = []
    hidden: list[dt.date] = []
    gap = broken = False
    for point in points:
        cell = point.cell
        if isinstance(cell, Value):
            here = Dated(day=point.date, value=cell)
            if runs and not gap and not broken:
                runs[-1].append(here)
            else:
                if runs and not broken:
                    bridges.append((runs[-1][-1], here))
                runs.append([here])
            gap = broken = False
        elif isinstance(cell, Withheld):
            hidden.append(point.date)
            broken = True
        else:
            gap = True
    return Pieces(runs=tuple(map(tuple, runs)), bridges=tuple(bridges), hidden=tuple(hidden))


def level_runs(level: Sequence[LevelPoint], pieces: Pieces) -> tuple[tuple[Dated, ...], ...]:
    """The smoothed level cut where the trace is cut, so that it never runs across a hidden or missing wave.

    A lone wave has no line and is left out.
    """
    known = {point.date: Dated(day=point.date, value=point.value) for point in level}
    runs = [tuple(known[dated.day] for dated in run if dated.day in known) for run in pieces.runs]
    return tuple(run for run in runs if len(run) > 1)


def week_runs(
    weeks: Sequence[WeekPoint], start: dt.date, end: dt.date
) -> tuple[tuple[tuple[dt.date, float], ...], ...]:
    """Runs of neighbouring weeks from ``start`` to ``end`` that have an index; a week without one ends a run."""
    runs: list[list[tuple[dt.date, float]]] = [[]]
    for point in weeks:
        if not start <= point.week <= end:
            continue
        if isinstance(point.index, float | int):
            runs[-1].append((point.week, float(point.index)))
        elif runs[-1]:
            runs.append([])
    return tuple(tuple(run) for run in runs if run)


def hidden_weeks(weeks: Sequence[WeekPoint], start: dt.date, end: dt.date) -> tuple[dt.date, ...]:
    """Weeks whose index exists and is withheld."""
    return tuple(point.week for point in weeks if start <= point.week <= end and isinstance(point.index, Withheld))
