"""Turns alerts, levels among teams and the bounds for silent people into the short sentences beside the verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from reports.charts.words import range_words
from reports.document import Notice, Place, Run, RunStyle, Sentence, Standpoint, Value
from reports.services.report_findings import ScaleFinding
from reports.stats.results import Interval, TrendResult
from reports.stats.shrinkage import LevelStanding
from surveys.i18n import Translator

_MOST_NAMES = 3
_DIGITS = 2
_FIRST_WORD = 2


def notice_sentence(findings: Sequence[ScaleFinding], tr: Translator) -> Sentence | None:
    """Return the sentence on all notices that no verdict tells, with how often they come without any change."""
    groups: dict[tuple[Notice, int, int], list[str]] = {}
    for finding in findings:
        if finding.notice is not None and finding.watch is not None:
            contrast = finding.watch.contrast
            group = groups.setdefault((finding.notice, contrast.recent, contrast.earlier), [])
            group.append(finding.scale.name.to(tr.language))
    if not groups:
        return None
    runs: list[Run] = []
    for (notice, recent, earlier), names in groups.items():
        runs.append(Run(text=tr.t("{names}: ", names=_names(names, tr))))
        runs.append(Run(text=_waves_lie(notice, recent, earlier, tr), style=RunStyle.STRONG))
        runs.append(Run(text=". "))
    times = round(1 / max(finding.rate for finding in findings if finding.notice is not None))
    often = tr.t(
        "On a scale without any change about one in {times} teams gets such a notice once a year.",
        times=counted(times, tr),
    )
    return (*runs, Run(text=often, style=RunStyle.MUTED))


def notice_words(finding: ScaleFinding, tr: Translator) -> str:
    """Return the line below a verdict chip, such as "the last three waves lie lower"; empty without a notice."""
    if finding.notice is None or finding.watch is None:
        return ""
    recent = counted(finding.watch.contrast.recent, tr)
    if finding.notice is Notice.LOWER:
        return tr.t("the last {recent} waves lie lower", recent=recent)
    return tr.t("the last {recent} waves lie higher", recent=recent)


def _waves_lie(notice: Notice, recent: int, earlier: int, tr: Translator) -> str:
    numbers = {"recent": counted(recent, tr), "earlier": counted(earlier, tr)}
    if notice is Notice.LOWER:
        return tr.t("the last {recent} waves lie lower than the {earlier} before", **numbers)
    return tr.t("the last {recent} waves lie higher than the {earlier} before", **numbers)


def counted(number: int, tr: Translator) -> str:
    """Return a small number as a word, a larger one in digits."""
    words = (
        *(tr.t("two"), tr.t("three"), tr.t("four"), tr.t("five"), tr.t("six")),
        *(tr.t("seven"), tr.t("eight"), tr.t("nine"), tr.t("ten")),
    )
    if _FIRST_WORD <= number < _FIRST_WORD + len(words):
        return words[number - _FIRST_WORD]
    return tr.number(number, 0)


def _names(names: Sequence[str], tr: Translator) -> str:
    shown = [name if place == 0 else name[:1].lower() + name[1:] for place, name in enumerate(names[:_MOST_NAMES])]
    if len(names) > _MOST_NAMES:
        shown.append(tr.n("{count} other scale", "{count} other scales", len(names) - _MOST_NAMES))
    return tr.join(shown)


def standpoint_of(finding: ScaleFinding, tr: Translator) -> Standpoint | None:
    """Return how the unit's level stands against the organisation; None where none was judged.

    The range is that of the level drawn towards all teams. It answers the lasting question, never that of one wave.
    """
    level = finding.level
    if level is None:
        return None
    place = {
        LevelStanding.CLEARLY_BELOW: Place.CLEARLY_BELOW,
        LevelStanding.NOT_DISTINGUISHABLE: Place.NOT_DISTINGUISHABLE,
        LevelStanding.CLEARLY_ABOVE: Place.CLEARLY_ABOVE,
    }[level.standing]
    value = _value(level.interval)
    return Standpoint(place=place, value=value, text=_stands(place, value, tr))


def _stands(place: Place, value: Value, tr: Translator) -> str:
    """Say the level and its place in the organisation; there are three ways to say it, and never a rank."""
    figures = {"value": tr.number(value.mean, 1), "range": range_words(tr.language, value.low, value.high)}
    if place is Place.CLEARLY_BELOW:
        return tr.t("Lasting level {value} (likely range {range}): clearly below the organisation.", **figures)
    if place is Place.CLEARLY_ABOVE:
        return tr.t("Lasting level {value} (likely range {range}): clearly above the organisation.", **figures)
    return tr.t("Lasting level {value} (likely range {range}): not distinguishable from the organisation.", **figures)


def silent_text(finding: ScaleFinding, tr: Translator) -> str:
    """Return the lasting change as answered and with silent people worse by each gap; empty without bounds."""
    result = finding.judgement.finding
    if not finding.bounds or not isinstance(result, TrendResult):
        return ""
    parts = [
        _gap(abs(bound.gap), _change(bound.change, tr), tr, is_higher=finding.lower_is_better)
        for bound in finding.bounds
    ]
    return tr.t(
        "Lasting change as answered: {change}. If those who were silent had stood {parts}.",
        change=_change(result.amount, tr),
        parts="; ".join(parts),
    )


def _gap(points: float, change: str, tr: Translator, *, is_higher: bool) -> str:
    if is_higher:
        return tr.t("{points} points higher: {change}", points=tr.number(points, 1), change=change)
    return tr.t("{points} points lower: {change}", points=tr.number(points, 1), change=change)


def _change(change: Interval, tr: Translator) -> str:
    between = range_words(tr.language, change.low, change.high)
    return tr.t("{change} (likely range {range})", change=tr.number(change.estimate, 1), range=between)


def _value(interval: Interval) -> Value:
    return Value(
        mean=round(interval.estimate, _DIGITS), low=round(interval.low, _DIGITS), high=round(interval.high, _DIGITS)
    )
