"""Turns weekly pressure into page C: its parts week by week, what moved it, and the few items behind the top parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from statistics import fmean
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from reports.document_roadmap import (
    DriversPage,
    DrivingPart,
    FeedLine,
    PartName,
    PartShare,
    StackWeek,
    Waterfall,
    WaterStep,
)
from reports.pressure.anchors import Indicator
from reports.pressure.sentences import INDICATOR_NAMES
from reports.pressure.weeks import WEEK
from reports.services.pressure_moves import Move
from reports.services.pressure_parts import latest_part, part_fact, shown_indicators, top_indicators
from reports.services.pressure_series import Series
from reports.services.pressure_words import capital, indicator_word, points_text, what_if_sentences
from reports.services.priorities import priority_lines
from reports.services.report_items import Driving, items_behind, of_team
from reports.services.report_pressure import PressureFindings, drawn
from reports.services.what_if import plan_lines
from reports.store.report_roadmap import sources_of
from surveys.i18n import Translator
from surveys.services.roadmap_feeds import Feed, FeedState, feeds_of
from surveys.store import roadmap

STACK_WEEKS = 26
TOP_PARTS = 3
"""Parts with a fill of their own in the stack; the others are one."""

OTHERS = ""
"""Code of all other parts together."""

_TOLD = 2
_MOST_STEPS = 5
_LEAST_STEP = 0.5
_UTC = "UTC"
_DAY = dt.timedelta(days=1)


def drivers_page(
    session: Session, findings: PressureFindings, tr: Translator, *, zones: Mapping[str, str]
) -> DriversPage | None:
    """Return page C of a unit, None without weekly pressure; ``zones`` has the time zone of each team's weeks."""
    series = findings.series
    if series is None:
        return None
    teams = [team.member for team in series.visible]
    as_of = series.weeks[-1] + WEEK - _DAY
    key = _key(series, tr)
    weeks = tuple(_week(series, monday, key, tr) for monday in series.weeks[-STACK_WEEKS:])
    feeds = _feeds(session, series, tr)
    return DriversPage(
        title=tr.t("What drove the pressure"),
        lead=_lead(findings.move, tr),
        key=key,
        weeks=weeks,
        stack_alt=_stack_alt(weeks, key, tr),
        waterfall=_waterfall(findings.move, tr),
        parts=tuple(_parts(session, series, zones, tr)),
        feeds=feeds,
        feeds_text=_feeds_text(feeds, tr),
        what_if=plan_lines(session, members=teams, as_of=as_of, tr=tr) or tuple(what_if_sentences(series, tr)),
        priorities=priority_lines(session, members=teams, as_of=as_of, tr=tr),
    )


def _key(series: Series, tr: Translator) -> tuple[PartName, ...]:
    """Return the parts of the stack: the three that add most in the weeks shown, then all others as one."""
    held = [series.contributions(monday) for monday in series.weeks[-STACK_WEEKS:]]
    known = [week for week in held if week]
    if not known:
        return ()
    means = {name: fmean(week.get(name, 0.0) for week in known) for name in shown_indicators(series)}
    top = sorted(means, key=lambda name: (-means[name], name))[:TOP_PARTS]
    named = [PartName(code=name.value, name=capital(indicator_word(name, tr))) for name in top if means[name] > 0]
    return (*named, PartName(code=OTHERS, name=tr.t("Other parts")))


def _week(series: Series, monday: dt.date, key: Sequence[PartName], tr: Translator) -> StackWeek:
    index = drawn(series.points[monday], tr)
    if not isinstance(index, float | int):
        return StackWeek(week=monday, index=index, parts=())
    held = series.contributions(monday)
    own = [PartShare(code=part.code, points=held.get(Indicator(part.code), 0.0)) for part in key if part.code != OTHERS]
    rest = max(sum(held.values()) - sum(share.points for share in own), 0.0)
    return StackWeek(week=monday, index=index, parts=(*own, PartShare(code=OTHERS, points=rest)))


def _lead(move: Move | None, tr: Translator) -> str:
    if move is None:
        return tr.t("There are too few weeks to say how far pressure moved. The parts of each week are below.")
    return tr.t(
        "From the four weeks up to {start} to those up to {end} the index moved from {before} to {after}.",
        start=tr.date(move.start, "d MMM"),
        end=tr.date(move.end, "d MMM"),
        before=points_text(move.before, tr),
        after=points_text(move.after, tr),
    )


def _stack_alt(weeks: Sequence[StackWeek], key: Sequence[PartName], tr: Translator) -> str:
    known = [week for week in weeks if week.parts]
    if not known:
        return tr.t("The parts of pressure by week: there is no week with an index.")
    parts = [
        tr.t("{part} {points}", part=name.name, points=points_text(share.points, tr))
        for name, share in zip(key, known[-1].parts, strict=True)
    ]
    return tr.n(
        "The parts of pressure in {count} week. In the last one, in index points: {parts}.",
        "The parts of pressure in {count} weeks. In the last one, in index points: {parts}.",
        len(known),
        parts=tr.join(parts),
    )


def _waterfall(move: Move | None, tr: Translator) -> Waterfall | None:
    """Return the parts of a move, the largest first; what is small or beyond five is one step, so that all add up."""
    if move is None or not move.parts:
        return None
    large = sorted(
        (part for part in move.parts if abs(part[1]) >= _LEAST_STEP), key=lambda part: (-abs(part[1]), part[0])
    )
    told = [(name.value, capital(indicator_word(name, tr)), gain) for name, gain in large[:_MOST_STEPS]]
    rest = move.amount - sum(gain for _, _, gain in told)
    if abs(rest) >= _LEAST_STEP:
        told.append((OTHERS, tr.t("Other parts"), rest))
    steps = tuple(
        WaterStep(code=code, name=name, points=gain, text=signed_points(gain, tr)) for code, name, gain in told
    )
    start, end = tr.date(move.start, "d MMM"), tr.date(move.end, "d MMM")
    return Waterfall(
        before=move.before,
        after=move.after,
        before_text=tr.t("Four weeks up to {day}", day=start),
        after_text=tr.t("Four weeks up to {day}", day=end),
        steps=steps,
        title=tr.t("What the difference is made of, in index points"),
        alt=tr.t(
            "From {before} up to {start} to {after} up to {end}: {parts}.",
            before=points_text(move.before, tr),
            after=points_text(move.after, tr),
            start=start,
            end=end,
            parts=tr.join([tr.t("{part} {points}", part=step.name, points=step.text) for step in steps])
            if steps
            else tr.t("no part changed by half a point"),
        ),
    )


def signed_points(value: float, tr: Translator) -> str:
    """Return index points with their sign, plus included; whole numbers with a true minus."""
    text = points_text(value, tr)
    return f"+{text}" if round(value) > 0 else text


def _parts(session: Session, series: Series, zones: Mapping[str, str], tr: Translator) -> list[DrivingPart]:
    found = []
    for indicator in top_indicators(series, _TOLD):
        driving = _driving(session, series, indicator, zones, tr)
        found.append(
            DrivingPart(
                code=indicator.value,
                name=capital(indicator_word(indicator, tr)),
                fact=capital(part_fact(series, indicator, tr)),
                items=driving.items,
                note=_note(driving, tr),
            )
        )
    return found


def _driving(
    session: Session, series: Series, indicator: Indicator, zones: Mapping[str, str], tr: Translator
) -> Driving:
    """Return the items behind a part of the team whose fact is told; weeks that may not be shown name none."""
    latest = latest_part(series, indicator)
    if latest is None:
        return Driving(items=(), count=0)
    team, monday, part = latest
    key = team.member.team
    facts = roadmap.load_facts(session, [key])
    work = of_team(
        key,
        ((source.items, source.events, source.plans) for source in facts),
        ZoneInfo(zones.get(key, _UTC)),
    )
    return items_behind(work, indicator, monday=monday, measured=part.measured, tr=tr)


def _note(driving: Driving, tr: Translator) -> str:
    if not driving.items:
        return tr.t("No single item is named for this part.")
    if driving.count > len(driving.items):
        return tr.t("{shown} of {count} items.", shown=len(driving.items), count=driving.count)
    return ""


def _feeds(session: Session, series: Series, tr: Translator) -> tuple[FeedLine, ...]:
    """Return the indicators that no source of the teams feeds wholly, with what would feed them."""
    found: dict[str, list[Feed]] = {}
    for source in sources_of(session, [team.member.team for team in series.visible]):
        for feed in feeds_of(source):
            found.setdefault(feed.indicator, []).append(feed)
    lines = []
    for indicator in shown_indicators(series):
        held = found.get(indicator.value, [])
        if not held or all(feed.state is FeedState.FED for feed in held):
            continue
        worst = next((feed for feed in held if feed.state is FeedState.MISSING), None) or next(
            feed for feed in held if feed.state is not FeedState.FED
        )
        lines.append(
            FeedLine(
                code=indicator.value,
                name=capital(tr.t(INDICATOR_NAMES[indicator])),
                state=tr.t("not fed") if all(feed.state is FeedState.MISSING for feed in held) else tr.t("fed in part"),
                reason=tr.render(worst.reason),
                remedy=tr.render(worst.remedy),
            )
        )
    return tuple(lines)


def _feeds_text(feeds: Sequence[FeedLine], tr: Translator) -> str:
    if not feeds:
        return ""
    return tr.t("What the imported delivery data cannot feed, and which export would:")
