"""Turns weekly pressure and released scores into page A: both side by side, one row per team or joint set of teams."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from reports.document import Value, WavePoint, WeekPoint
from reports.document_roadmap import Shade, SideLine, SidePage, SideRow
from reports.pressure.index import JointPressure, PressureIndex
from reports.pressure.weeks import WEEK
from reports.services.pressure_moves import Move
from reports.services.pressure_series import Series, load_series
from reports.services.pressure_words import caution, move_sentences, points_text
from reports.services.report_pressure import EVENT_KINDS, PressureFindings, drawn, events_of, told_move
from reports.services.report_sentences import Member
from reports.services.report_traces import Sheet, points_of
from reports.services.report_words import range_text
from reports.services.trend_sets import TrendSet, page_crowds, window
from reports.store.releases import CrowdRecord
from surveys.i18n import Translator
from surveys.importers.calendar_kinds import KIND_NAMES, DayKind
from surveys.instruments.schema import Direction, Scale
from surveys.store import calendar_days, roadmap
from surveys.store.calendar_days import StoredDay

MOST_ROWS = 12
"""Teams that get a row each; a unit with more of them has its own row only, and they have reports of their own."""

LONG_WEEKS = 3
"""Weeks in a row over the limit of the anchors from which a team is named for a decision."""

_SCALES = ("workload", "energy")
_QUARTER = 13 * WEEK
_LEAST_COUNTED = 3
_SHADED = frozenset(DayKind) - {DayKind.RELEASE, DayKind.MILESTONE}


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A row with what is said about all rows together."""

    row: SideRow
    series: Series
    scales: tuple[Scale, ...]


def side_page(session: Session, *, sheet: Sheet, findings: PressureFindings, as_of: dt.date) -> SidePage | None:
    """Return page A of a unit, None where it has no weekly pressure.

    A unit of which several crowds have figures has a row for each of them, with the figures that were released of the
    crowd; every other unit has one row with the figures of its page.
    """
    if findings.series is None:
        return None
    tr, history = sheet.tr, sheet.history
    days = calendar_days.list_days(session, kinds=_SHADED)
    crowds = page_crowds(history.last, sheet.unit)
    is_split = 1 < len(crowds) <= MOST_ROWS
    if is_split:
        made = [_crowd_row(session, sheet, record, whole=findings.series, days=days, as_of=as_of) for record in crowds]
        rows = sorted((row for row in made if row is not None), key=lambda row: row.row.name)
    else:
        held = frozenset(key for record in crowds for key in record.units) or history.last.subtree(sheet.unit)
        name = _own_name(sheet, crowds)
        rows = [_row(sheet, name, findings.series, plans=findings.plans, days=_days_of(days, held), as_of=as_of)]
    if not rows:
        return None
    shades = sorted({shade.label for row in rows for shade in row.row.shades})
    return SidePage(
        title=tr.t("Pressure and sentiment, side by side"),
        rows=tuple(row.row for row in rows),
        sentences=tuple(_together(rows, tr)),
        ask=_ask(rows, tr),
        key_text=tr.t("Grey columns: {kinds}.", kinds=tr.join(shades)) if shades else "",
        more_text=""
        if len(crowds) <= MOST_ROWS
        else tr.n(
            "The {count} teams below have this picture in their own reports.",
            "The {count} teams below have this picture in their own reports.",
            len(crowds),
        ),
        caution=caution(tr),
    )


def _own_name(sheet: Sheet, crowds: Sequence[CrowdRecord]) -> str:
    last = sheet.history.last
    held = {key for record in crowds for key in record.units}
    if len(crowds) == 1 and not held <= last.subtree(sheet.unit) and not crowds[0].is_whole_company:
        return sheet.tr.join(last.names(sorted(held)))
    return last.units[sheet.unit].name


def _crowd_row(
    session: Session, sheet: Sheet, record: CrowdRecord, *, whole: Series, days: Sequence[StoredDay], as_of: dt.date
) -> _Row | None:
    """Return the row of one crowd on the unit's page; None where none of its teams has weekly pressure."""
    last = sheet.history.last
    members = [
        Member(team=key, name=last.units[key].name, invited=last.units[key].invited)
        for key in sorted(record.units)
        if key in last.units
    ]
    series = load_series(
        session,
        members,
        opened_on=whole.opened_on,
        recall_days=whole.recall_days,
        as_of=as_of,
        first_on=whole.weeks[0],
    )
    if not series.visible or not series.weeks:
        return None
    units = frozenset(record.units)
    own = replace(sheet, found=TrendSet(units=units, without=_hidden(sheet, units)))
    plans = roadmap.list_dated_plans(session, [team.member.team for team in series.visible], kinds=EVENT_KINDS)
    name = sheet.tr.join(last.names(sorted(units)))
    return _row(own, name, series, plans=plans, days=_days_of(days, units), as_of=as_of)


def _hidden(sheet: Sheet, units: frozenset[str]) -> frozenset[str]:
    """Return the waves in which a crowd that holds one of the units is kept from the reader of this report."""
    return frozenset(
        wave.slug
        for wave in window(sheet.history.waves)
        for unit in units
        if (place := wave.places.get(unit)) is not None and sheet.unit in wave.crowds[place].hidden_from
    )


def _row(
    sheet: Sheet,
    name: str,
    series: Series,
    *,
    plans: Iterable[roadmap.DatedPlan],
    days: Sequence[tuple[DayKind, dt.date]],
    as_of: dt.date,
) -> _Row:
    tr = sheet.tr
    scales = _scales(sheet)
    lines = tuple(_line(sheet, scale) for scale in scales)
    move = told_move(series)
    last = _last_value(series)
    row = SideRow(
        name=name,
        weeks=tuple(WeekPoint(week=monday, index=drawn(point, tr)) for monday, point in series.points.items()),
        lines=lines,
        events=events_of(tuple(plans), series.weeks[0], as_of, tr),
        shades=_shades(days, series.weeks[0], as_of, tr),
        week_text=points_text(last, tr) if last is not None else "",
        sentences=tuple(_sentences(move, lines, tr)),
        alt=_alt(name, series, lines, tr),
    )
    return _Row(row=row, series=series, scales=scales)


def _scales(sheet: Sheet) -> tuple[Scale, ...]:
    """Return workload and energy where they are asked, else the first two scales, as far as there are figures."""
    if sheet.found is None:
        return ()
    held = sheet.history.last.instrument.scales
    chosen = [scale for code in _SCALES for scale in held if scale.code == code]
    return tuple((chosen or list(held))[: len(_SCALES)])


def _line(sheet: Sheet, scale: Scale) -> SideLine:
    points = points_of(sheet, scale)
    return SideLine(
        code=scale.code,
        name=scale.name.to(sheet.tr.language),
        points=points,
        latest_text=_latest(points, sheet.tr),
    )


def _latest(points: Sequence[WavePoint], tr: Translator) -> str:
    if not points:
        return ""
    cell = points[-1].cell
    if not isinstance(cell, Value):
        return cell.text
    return tr.t("{value} ({range})", value=tr.number(cell.mean, 1), range=range_text(cell, tr))


def _last_value(series: Series) -> float | None:
    point = series.points[series.weeks[-1]]
    return point.value if isinstance(point, PressureIndex | JointPressure) else None


def _days_of(days: Sequence[StoredDay], units: Collection[str]) -> list[tuple[DayKind, dt.date]]:
    return sorted(
        {(each.kind, each.day) for each in days if each.team == calendar_days.ALL_TEAMS or each.team in units}
    )


def _shades(
    days: Sequence[tuple[DayKind, dt.date]], first: dt.date, last: dt.date, tr: Translator
) -> tuple[Shade, ...]:
    """Return the days of a row as spans; days of one kind that follow each other, weekends between, are one span."""
    found: list[Shade] = []
    for kind, day in days:
        if not first <= day <= last:
            continue
        label = tr.t(KIND_NAMES[kind]).lower()
        if found and found[-1].label == label and (day - found[-1].last).days <= _gap_days(found[-1].last):
            found[-1] = replace(found[-1], last=day)
        else:
            found.append(Shade(first=day, last=day, label=label))
    return tuple(found)


def _gap_days(day: dt.date) -> int:
    """Return how many days later the next working day is: three after a Friday."""
    return 8 - day.isoweekday() if day.isoweekday() >= 5 else 1


def _sentences(move: Move | None, lines: Sequence[SideLine], tr: Translator) -> list[str]:
    """Return how pressure moved, and where the scales stood before that and stand now; no cause and no test."""
    if move is None:
        return []
    told = ["".join(run.text for run in sentence) for sentence in move_sentences(move, tr)[:1]]
    for line in lines:
        before = [point for point in line.points if point.date <= move.start and isinstance(point.cell, Value)]
        now = line.points[-1] if line.points else None
        if not before or now is None or now is before[-1] or not isinstance(now.cell, Value):
            continue
        old = before[-1].cell
        told.append(
            tr.t(
                "{scale} stood at {before} on {day} and stands at {after} (likely range {range}).",
                scale=line.name,
                before=tr.number(old.mean, 1) if isinstance(old, Value) else "",
                day=tr.date(before[-1].date, "d MMM"),
                after=tr.number(now.cell.mean, 1),
                range=range_text(now.cell, tr),
            )
        )
    return told


def _together(rows: Sequence[_Row], tr: Translator) -> list[str]:
    """Return in how many rows pressure and strain went the same way over a quarter; a count, never a test."""
    moves = [found for row in rows if (found := _quarter(row)) is not None]
    if len(moves) < _LEAST_COUNTED:
        return []
    same = sum(pressure * strain > 0 for pressure, strain in moves)
    return [
        tr.t(
            "Over the last quarter pressure and strain in {scale} went the same way in {same} of {count} rows. This "
            "is a count, not a test.",
            scale=rows[0].row.lines[0].name,
            same=same,
            count=len(moves),
        )
    ]


def _quarter(row: _Row) -> tuple[float, float] | None:
    """Return how far pressure and strain of a row are from where they were a quarter before; None where unknown."""
    held = row.series.run_up
    if not row.scales or not held:
        return None
    since = max(held) - _QUARTER
    old = [monday for monday in held if monday <= since]
    values = [(point.date, point.cell.mean) for point in row.row.lines[0].points if isinstance(point.cell, Value)]
    before = [mean for day, mean in values if day <= since + WEEK]
    if not old or not before or values[-1][0] <= since + WEEK:
        return None
    sign = 1 if row.scales[0].higher_is is Direction.WORSE else -1
    return held[max(held)] - held[max(old)], sign * (values[-1][1] - before[-1])


def _ask(rows: Sequence[_Row], tr: Translator) -> str:
    """Return the line for a decision: who has been over the limit for weeks, by name, and two questions."""
    limit = rows[0].series.anchors.strained_above
    names = [row.row.name for row in rows if _weeks_over(row.series, limit) >= LONG_WEEKS]
    if not names:
        return tr.t("Nobody has been above {limit} for three weeks or more.", limit=points_text(limit, tr))
    return tr.t(
        "Above {limit} for three weeks or more: {names}. Ask: which date can move, and what can leave the scope?",
        limit=points_text(limit, tr),
        names=tr.join(names),
    )


def _weeks_over(series: Series, limit: float) -> int:
    """Return how many of the last weeks before the wave in a row lie over a limit."""
    count = 0
    for monday in sorted(series.run_up, reverse=True):
        if series.run_up[monday] <= limit or monday != max(series.run_up) - count * WEEK:
            break
        count += 1
    return count


def _alt(name: str, series: Series, lines: Sequence[SideLine], tr: Translator) -> str:
    values = [point.value for point in series.points.values() if isinstance(point, PressureIndex | JointPressure)]
    text = tr.t("{name}: weekly pressure has no value.", name=name)
    if values:
        text = tr.t(
            "{name}: weekly pressure from {low} to {high}, last {last}.",
            name=name,
            low=points_text(min(values), tr),
            high=points_text(max(values), tr),
            last=points_text(values[-1], tr),
        )
    for line in lines:
        text += " " + tr.t("{scale}, last wave: {value}.", scale=line.name, value=line.latest_text)
    return text
