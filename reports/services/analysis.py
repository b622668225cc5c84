"""Analyses a released wave over all units and scales at once and stores what was found, in bounded memory.

The window is read wave by wave into small arrays; then each scale is fitted by itself and only a narrow table of it
is kept; then all units and scales are judged as one hierarchical family, and rows are written in pieces.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
from scipy import special
from sqlalchemy.orm import Session

from reports.models import Analysis
from reports.services.analysis_data import Progress, Reading, Window, plan_window, read_window
from reports.services.analysis_response import response_of
from reports.services.analysis_scale import (
    ScaleTable,
    alert_part,
    analyse_scale,
    level_part,
    this_wave_part,
    trend_part,
)
from reports.services.analysis_sets import SetTable, find_sets
from reports.services.analysis_whole import agreement_of, companions, reliability_of
from reports.services.history import check_is_released
from reports.stats.methods import METHOD_VERSION, settings
from reports.stats.multiplicity import FALSE_DISCOVERY_RATE, Decision, hierarchical
from reports.stats.results import AlertStatus, Floats
from reports.stats.shrinkage import LevelStanding
from reports.stats.verdicts import MOST_CLIPPED, POWER, TREND_LEVEL, Verdict
from reports.store import findings as store
from reports.store.findings import FindingRow
from surveys.enums import WaveStatus
from surveys.instruments.schema import Direction
from surveys.store import waves as wave_store

Writing = Callable[[], AbstractContextManager[Session]]
"""Opens a writing transaction."""

STEPS_OF_A_SCALE = 4
"""Steps of the progress that fitting one scale counts as; reading a wave is one."""


@dataclass(frozen=True, kw_only=True)
class AnalysisAccount:
    """What was made, or that it stood there already."""

    wave: str
    method_version: str
    findings: int
    already_made: bool


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The verdict on one set and scale whose trend was tested.

    ``minimum`` is None where too many values are clipped for it.
    """

    verdict: Verdict
    p_adjusted: float
    minimum: float | None


def find_current(session: Session, wave: str) -> Analysis | None:
    """Return the analysis of a wave if it was made by today's methods of the waves that its window has now.

    A wave of the window that was withdrawn, or released late, makes it an analysis of something else.
    """
    found = store.find_analysis(session, wave)
    if found is None or found.method_version != METHOD_VERSION:
        return None
    if wave_store.get_wave(session, wave).status != WaveStatus.RELEASED:
        return None
    now = plan_window(session, wave=wave).used
    return found if found.document.get("waves") == list(now) else None


def is_due(session: Session, wave: str) -> bool:
    """Tell whether a released wave has no analysis by today's methods."""
    return find_current(session, wave) is None


def make_analysis(
    reading: Reading,
    writing: Writing,
    *,
    wave: str,
    now: dt.datetime,
    remake: bool = False,
    progress: Progress = lambda _done, _of: None,
) -> AnalysisAccount:
    """Analyse a released wave and store the findings; one that stands there is kept unless ``remake``.

    The figures are a function of released rows and of the version of the methods; only ``now`` is noted beside them.

    Raises:
        NotFound: the wave is unknown, not released, or withdrawn.
        ReleaseRefused: an auditor found something wrong with a release of the window.
    """
    with reading() as session:
        plan = plan_window(session, wave=wave)
        if not remake and not is_due(session, wave):
            return AnalysisAccount(
                wave=wave,
                method_version=METHOD_VERSION,
                findings=store.count_findings(session, wave),
                already_made=True,
            )
    total = plan.steps + STEPS_OF_A_SCALE * (len(plan.scales) + 1)
    window = read_window(reading, plan, progress=lambda done, _: progress(done, total))
    table = find_sets(window)
    scales = []
    for number, scale in enumerate(window.scales, start=1):
        scales.append(analyse_scale(window, table, scale))
        progress(plan.steps + STEPS_OF_A_SCALE * number, total)
    judged = judge_all(scales)
    document = _document(window, table, scales, judged)
    with writing() as session:
        check_is_released(session, wave)
        stored = store.replace_analysis(
            session,
            wave=wave,
            made_at=now,
            method_version=METHOD_VERSION,
            document=document,
            findings=_rows(table, scales, judged),
        )
    progress(total, total)
    return AnalysisAccount(wave=wave, method_version=METHOD_VERSION, findings=stored, already_made=False)


def judge_all(scales: Sequence[ScaleTable]) -> list[dict[int, Judged]]:
    """Judge all scales of all sets together; by scale and set, those that were tested.

    The rule is that of :func:`reports.stats.verdicts.judge_release`, over arrays.
    """
    tested = [table.tested() for table in scales]
    families: dict[int, dict[int, float]] = {}
    for place, found in enumerate(tested):
        for number, p in found.items():
            families.setdefault(number, {})[place] = p
    decisions = hierarchical(families)
    sizes = {number: len(own) * len(families) for number, own in families.items()}
    return [_judge_scale(table, place, tested[place], decisions, sizes) for place, table in enumerate(scales)]


def minima(mde80: Floats, df: Floats, tested: Floats) -> Floats:
    """The smallest changes found with 80 % power where so many cells share the rate of false discoveries; (g,).

    As :func:`reports.stats.verdicts.minimum_in_family`, for many at once.
    """
    share = np.minimum(TREND_LEVEL, FALSE_DISCOVERY_RATE / np.maximum(1.0, tested))
    power = special.stdtrit(df, POWER)
    found: Floats = mde80 * (special.stdtrit(df, 1 - share / 2) + power)
    return found / (special.stdtrit(df, 1 - TREND_LEVEL / 2) + power)


def _judge_scale(
    table: ScaleTable,
    place: int,
    tested: Mapping[int, float],
    decisions: Mapping[int, Mapping[int, Decision]],
    sizes: Mapping[int, int],
) -> dict[int, Judged]:
    numbers = list(tested)
    family = np.array([sizes[number] for number in numbers], dtype=np.float64)
    smallest = minima(table.column("mde80")[numbers], table.column("df")[numbers], family).tolist()
    lines = table.column("line")[numbers].tolist()
    hidden = (table.column("clipped")[numbers] > MOST_CLIPPED).tolist()
    judged = {}
    for number, minimum, line, is_clipped in zip(numbers, smallest, lines, hidden, strict=True):
        decision = decisions[number][place]
        verdict = Verdict.NO_DETECTABLE_CHANGE
        if tested[number] < TREND_LEVEL and decision.selected:
            verdict = Verdict.RISING if line > 0 else Verdict.FALLING
        seen = None if is_clipped else minimum
        judged[number] = Judged(verdict=verdict, p_adjusted=decision.p_adjusted, minimum=seen)
    return judged


def _rows(
    table: SetTable, scales: Sequence[ScaleTable], judged: Sequence[Mapping[int, Judged]]
) -> Iterator[FindingRow]:
    for number, units in enumerate(table.units):
        for own, found in zip(scales, judged, strict=True):
            yield _row(table, own, found.get(number), number, units)


def _row(table: SetTable, own: ScaleTable, judged: Judged | None, number: int, units: Sequence[str]) -> FindingRow:
    moved = bool(table.moved[number])
    document: dict[str, object] = {
        "units": list(units),
        "this_wave": this_wave_part(own, number),
        "alert": alert_part(own, number),
        "level": level_part(own, number),
    }
    if judged is None:
        document["trend"], document["waves_left"] = None, int(own.column("waves_left")[number])
    else:
        document["trend"] = trend_part(
            own, number, p_adjusted=judged.p_adjusted, minimum=judged.minimum, response_moved=moved
        )
    return FindingRow(
        unit=units[0],
        measure=own.scale,
        verdict=(Verdict.TOO_EARLY if judged is None else judged.verdict).value,
        alert=own.alert[number],
        document=document,
    )


def _document(
    window: Window, table: SetTable, scales: Sequence[ScaleTable], judged: Sequence[Mapping[int, Judged]]
) -> dict[str, object]:
    return {
        "settings": settings(),
        "waves": list(window.used),
        "units": {
            "rows": len(table),
            "units": sum(len(units) for units in table.units),
            "without": len(window.last.units) - sum(len(units) for units in table.units),
        },
        "family": {
            "level": TREND_LEVEL,
            "rate": FALSE_DISCOVERY_RATE,
            "tests": sum(map(len, judged)),
            "rows": len({number for found in judged for number in found}),
        },
        "rows": _counted(window, table, scales, judged),
        "scales": {
            own.scale: {
                **own.whole,
                "verdicts": _verdicts(len(table), found),
                "standings": dict(Counter(word for word in own.standing if word)),
                "reliability": reliability_of(window, own.scale),
                "agreement": agreement_of(window, own.scale),
            }
            for own, found in zip(scales, judged, strict=True)
        },
        "response": response_of(window, table),
        "companions": companions(window, table),
    }


def _verdicts(rows: int, found: Mapping[int, Judged]) -> dict[str, int]:
    counted = Counter(each.verdict.value for each in found.values())
    counted[Verdict.TOO_EARLY.value] += rows - len(found)
    return dict(counted)


def _counted(
    window: Window, table: SetTable, scales: Sequence[ScaleTable], judged: Sequence[Mapping[int, Judged]]
) -> dict[str, int]:
    """Count rows of which something stands out on at least one scale; worse and better are towards that end."""
    found: dict[str, set[int]] = {name: set() for name in ("worse", "better", "doubtful", "alert", "below", "above")}
    for own, verdicts in zip(scales, judged, strict=True):
        is_turned = window.instrument.scale(own.scale).higher_is is Direction.WORSE
        bad = Verdict.RISING if is_turned else Verdict.FALLING
        good = Verdict.FALLING if is_turned else Verdict.RISING
        for number, each in verdicts.items():
            if each.verdict is bad:
                found["worse"].add(number)
            elif each.verdict is good:
                found["doubtful" if table.moved[number] else "better"].add(number)
        for number, (alert, standing) in enumerate(zip(own.alert, own.standing, strict=True)):
            if alert in {AlertStatus.LOWER, AlertStatus.HIGHER}:
                found["alert"].add(number)
            if standing == LevelStanding.CLEARLY_BELOW:
                found["above" if is_turned else "below"].add(number)
            elif standing == LevelStanding.CLEARLY_ABOVE:
                found["below" if is_turned else "above"].add(number)
    changed = found["worse"] | found["better"] | found["doubtful"]
    return {"changed": len(changed), **{name: len(numbers) for name, numbers in found.items()}}
