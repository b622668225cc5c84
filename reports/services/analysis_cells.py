"""Turns the stored findings of one unit into the cells of its row: chip, figures, alert and level in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.charts.words import range_words
from reports.services.analysis_plain import Plain
from reports.services.report_words import clipped_words
from reports.stats.results import AlertStatus, Shape
from reports.stats.shrinkage import LevelStanding
from reports.stats.verdicts import RESPONSE_POINTS, Verdict
from reports.store.findings import FindingRow
from surveys.i18n import Translator
from surveys.instruments.schema import Direction, Scale


@dataclass(frozen=True, kw_only=True)
class FindingCell:
    """One unit and scale: the chip with its tone (less, more, early or none) and the lines below it.

    ``this_wave`` is how the people felt in this wave, the other lines are about what lasts; a line is empty where there
    is nothing to say. ``is_change``, ``is_alert`` and ``is_level`` tell whether a line stands out.
    """

    scale: str
    chip: str
    tone: str
    line: str
    this_wave: str
    alert: str
    level: str
    is_change: bool
    is_alert: bool
    is_level: bool


@dataclass(frozen=True, kw_only=True)
class FindingLine:
    """One row: the names of the units that share a series, and a cell for each scale shown."""

    name: str
    is_joint: bool
    cells: tuple[FindingCell | None, ...]


def finding_line(
    rows: Mapping[str, FindingRow], scales: Sequence[Scale], names: Mapping[str, str], tr: Translator
) -> FindingLine:
    """Return the row of a unit from its findings by scale; a scale without one has no cell."""
    units = next((Plain(row.document).texts("units") for row in rows.values()), [])
    cells = tuple(_cell(rows[scale.code], scale, tr) if scale.code in rows else None for scale in scales)
    return FindingLine(name=tr.join([names.get(unit, unit) for unit in units]), is_joint=len(units) > 1, cells=cells)


def verdict_word(verdict: str, tr: Translator) -> str:
    """Return the word of a verdict of the closed list."""
    words = {
        Verdict.RISING.value: tr.t("Rising"),
        Verdict.FALLING.value: tr.t("Falling"),
        Verdict.NO_DETECTABLE_CHANGE.value: tr.t("No detectable change"),
        Verdict.TOO_EARLY.value: tr.t("Too early to tell"),
    }
    return words.get(verdict, tr.t("No trend here"))


def standing_word(standing: str, tr: Translator) -> str:
    """Return the word of a level against the organisation."""
    words = {
        LevelStanding.CLEARLY_BELOW.value: tr.t("clearly below"),
        LevelStanding.CLEARLY_ABOVE.value: tr.t("clearly above"),
    }
    return words.get(standing, tr.t("not distinguishable"))


def _cell(row: FindingRow, scale: Scale, tr: Translator) -> FindingCell:
    own = Plain(row.document)
    trend, level, this = own.part("trend"), own.part("level"), own.part("this_wave")
    is_alert = row.alert in {AlertStatus.LOWER.value, AlertStatus.HIGHER.value}
    standing = "" if level is None else level.text("standing")
    return FindingCell(
        scale=scale.name.to(tr.language),
        chip=verdict_word(row.verdict, tr),
        tone=_tone(row.verdict, scale, trend),
        line=_early(own, tr) if trend is None else _trend_line(row.verdict, scale, trend, tr),
        this_wave="" if this is None else _valued(tr.t("This wave"), this, tr),
        alert=_alert_line(row.alert, own.part("alert"), tr) if is_alert else "",
        level="" if level is None else tr.t("Level: {standing}", standing=standing_word(standing, tr)),
        is_change=row.verdict in {Verdict.RISING.value, Verdict.FALLING.value},
        is_alert=is_alert,
        is_level=standing in {LevelStanding.CLEARLY_BELOW.value, LevelStanding.CLEARLY_ABOVE.value},
    )


def _tone(verdict: str, scale: Scale, trend: Plain | None) -> str:
    if verdict == Verdict.TOO_EARLY.value or trend is None:
        return "early"
    if verdict not in {Verdict.RISING.value, Verdict.FALLING.value}:
        return ""
    if _is_worse(verdict, scale):
        return "less"
    return "" if trend.flag("response_moved") else "more"


def _is_worse(verdict: str, scale: Scale) -> bool:
    """Tell whether a change is towards the unfavourable end."""
    return (verdict == Verdict.FALLING.value) != (scale.higher_is is Direction.WORSE)


def _early(own: Plain, tr: Translator) -> str:
    return tr.n("{count} more wave needed", "{count} more waves needed", max(1, own.count("waves_left")))


def _trend_line(verdict: str, scale: Scale, trend: Plain, tr: Translator) -> str:
    if verdict == Verdict.NO_DETECTABLE_CHANGE.value:
        if not trend.has("minimum"):
            return clipped_words(tr)
        return tr.t("{points} points would have been seen", points=tr.number(trend.number("minimum"), 1))
    amount, low, high = (abs(trend.number(name)) for name in ("change", "low", "high"))
    ends = sorted((low, high))
    points = tr.number(amount, 1)
    reach = range_words(tr.language, ends[0], ends[1])
    if trend.text("shape") == Shape.STEP.value and trend.has("since"):
        day = tr.date(dt.date.fromisoformat(trend.text("since")), "LLLL y" if tr.language == "en" else "LLLL 'de' y")
        moved = tr.t("by {points} since about {day} (likely range {range})", points=points, day=day, range=reach)
    else:
        waves = trend.count("waves")
        moved = tr.t("by {points} over {waves} waves (likely range {range})", points=points, waves=waves, range=reach)
    if not trend.flag("response_moved"):
        return moved
    share = tr.number(100 * RESPONSE_POINTS, 0)
    if _is_worse(verdict, scale):
        return tr.t("{moved}; the share who answered moved by more than {share} points", moved=moved, share=share)
    return tr.t(
        "{moved}; not called an improvement: the share who answered moved by more than {share} points",
        moved=moved, share=share,
    )  # fmt: skip


def _alert_line(status: str, alert: Plain | None, tr: Translator) -> str:
    if alert is None:
        return ""
    points = tr.number(abs(alert.number("change")), 1)
    if status == AlertStatus.LOWER.value:
        return tr.t("Alert: the last three waves lie {points} points lower than those before", points=points)
    return tr.t("Alert: the last three waves lie {points} points higher than those before", points=points)


def _valued(label: str, part: Plain, tr: Translator) -> str:
    reach = range_words(tr.language, part.number("low"), part.number("high"))
    value = tr.number(part.number("value"), 1)
    return tr.t("{label}: {value} (likely range {range})", label=label, value=value, range=reach)
