"""Turns the findings about an import into sentences: what moved together, what differs, who is flagged, who is not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from reports.charts.words import range_words
from reports.services.earlier_cells import EarlierMeasure
from reports.services.earlier_trends import Finding, NoFinding, PairedFinding, TrendFinding, WavePair
from reports.stats.paired import PairedChange
from reports.stats.results import Interval, TrendResult
from reports.stats.verdicts import CommonVerdict, Judgement, ScatterVerdict, UnitVerdict, Verdict, judge_unit
from surveys.i18n import Translator
from surveys.importers.history_map import ValueKind

MOST_NAMED = 20
"""More flagged units than this are counted and not named one by one."""


@dataclass(frozen=True, kw_only=True)
class FlaggedUnit:
    """A unit that moved otherwise than the others, and its sentence."""

    unit: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What is said about a pair of waves, or about all waves of a measure: a heading, sentences and flagged units."""

    heading: str
    sentences: tuple[str, ...]
    flagged: tuple[FlaggedUnit, ...] = ()


def beside(tools: Sequence[str], tr: Translator) -> str:
    """The sentence under every table of imported results."""
    return tr.t(
        "These are results of {tools}: other questions, asked by another tool. They stand beside the results of this "
        "survey, never in line with them.",
        tools=tr.join(tools),
    )


def wave_words(days: Sequence[dt.date], tr: Translator) -> dict[dt.date, str]:
    """Return how each day of a wave is written: month and year, the whole date where a month has two waves."""
    months = [(day.year, day.month) for day in days]
    style = "MMM y" if len(set(months)) == len(set(days)) else "d MMM y"
    return {day: tr.date(day, style) for day in days}


def statements(measure: EarlierMeasure, finding: Finding, tr: Translator) -> tuple[Statement, ...]:
    """Return what is said about one measure."""
    if isinstance(finding, NoFinding):
        return (_nothing(finding, tr),)
    if isinstance(finding, TrendFinding):
        return (_trend(measure, finding, tr),)
    words = wave_words([day for pair in finding.pairs for day in (pair.before, pair.after)], tr)
    made = [_pair(measure, pair, words[pair.before], words[pair.after], tr) for pair in finding.pairs]
    left_out = _others(finding.others, tr)
    if left_out:
        made.append(Statement(heading=tr.t("Not compared"), sentences=left_out))
    return tuple(made)


def method_sentences(findings: Sequence[Finding], tr: Translator) -> tuple[str, ...]:
    """Return how the findings of one import were made, each method once."""
    lines = []
    if any(isinstance(each, PairedFinding) for each in findings):
        lines.append(
            tr.t(
                "Two to four waves carry no trend. Compared are consecutive waves of the units that are in all of "
                "them. Every unit counts once, and the range of a mean change comes from how much the units differ. "
                "A unit is flagged where it moved otherwise than the others and more than they differ among "
                "themselves (Benjamini-Hochberg at 10 % over the units). The ranges say whether something lasting "
                "changed."
            )
        )
    if any(isinstance(each, TrendFinding) for each in findings):
        lines.append(
            tr.t(
                "From five waves on each unit has a trend, tested with the moods that all units show together and "
                "against the mean of the units that are in all waves. What all units share is not seen here. A unit is "
                "flagged where its own test rejects at 5 % and Benjamini-Hochberg over the units does at 10 %. The "
                "ranges say whether something lasting changed."
            )
        )
    return tuple(lines)


def _nothing(finding: NoFinding, tr: Translator) -> Statement:
    if finding.waves < 2:
        said = tr.t("There is one wave, so nothing can be compared.")
    else:
        said = tr.n(
            "Only one unit has a result in all {waves} waves, so nothing can be compared.",
            "Only {count} units have a result in all {waves} waves, so nothing can be compared.",
            finding.units,
            waves=finding.waves,
        )
    return Statement(heading=tr.t("No comparison"), sentences=(said,))


def _pair(measure: EarlierMeasure, pair: WavePair, before: str, after: str, tr: Translator) -> Statement:
    heading = tr.t("{before} to {after}", before=before, after=after)
    if not isinstance(pair.change, PairedChange):
        return Statement(heading=heading, sentences=(tr.t("Too few units have both waves."),))
    flagged = _flagged_changes(measure, pair.change, tr)
    sentences = [
        _common(measure, pair, before, after, tr),
        _scatter(measure, pair, tr),
        _count_flagged(len(flagged), tr),
        _usual_z(pair.change, tr),
    ]
    return Statement(heading=heading, sentences=tuple(each for each in sentences if each), flagged=flagged)


def _common(measure: EarlierMeasure, pair: WavePair, before: str, after: str, tr: Translator) -> str:
    if not isinstance(pair.change, PairedChange):
        return ""
    mean = pair.change.mean
    values = {
        "measure": measure.name,
        "before": before,
        "after": after,
        "units": pair.change.units,
        "amount": _points(measure, abs(mean.estimate), tr),
        "range": range_words(tr.language, mean.low, mean.high, _decimals(measure)),
    }
    if pair.common is CommonVerdict.COMMON_FALL:
        return tr.t(
            "{measure}: the mean of {units} units fell by {amount} from {before} to {after} "
            "(likely range of the change {range}).",
            **values,
        )
    if pair.common is CommonVerdict.COMMON_RISE:
        return tr.t(
            "{measure}: the mean of {units} units rose by {amount} from {before} to {after} "
            "(likely range of the change {range}).",
            **values,
        )
    return tr.t(
        "{measure}: the mean of {units} units did not move detectably from {before} to {after} "
        "(likely range of the change {range}).",
        **values,
    )


def _scatter(measure: EarlierMeasure, pair: WavePair, tr: Translator) -> str:
    change = pair.change
    if measure.kind is ValueKind.MEAN and isinstance(change, PairedChange) and change.sampling is not None:
        # The spread of answers inside units is not in an import but assumed, and the test stands or falls with it.
        return ""
    if not isinstance(change, PairedChange) or change.sampling is None or pair.scatter is ScatterVerdict.CANNOT_TELL:
        return tr.t(
            "Without numbers of answers it cannot be told whether the units differ more than sampling explains."
        )
    values = {"spread": _points(measure, change.spread, tr), "sampling": _points(measure, change.sampling, tr)}
    if pair.scatter is ScatterVerdict.MORE_THAN_SAMPLING:
        return tr.t(
            "The units' changes differ more than sampling explains: their standard deviation is {spread}, and "
            "sampling alone would give {sampling}.",
            **values,
        )
    return tr.t(
        "No more difference between the units' changes than sampling explains was detected: their standard deviation "
        "is {spread}, and sampling alone would give {sampling}.",
        **values,
    )


def _others(count: int, tr: Translator) -> tuple[str, ...]:
    if not count:
        return ()
    return (
        tr.n(
            "One more unit lacks a wave and is in no comparison.",
            "{count} more units lack a wave and are in no comparison.",
            count,
        ),
    )


def _count_flagged(count: int, tr: Translator) -> str:
    if not count:
        return tr.t("No single unit is flagged.")
    return tr.n("One unit is flagged.", "{count} units are flagged.", count)


def _usual_z(change: PairedChange, tr: Translator) -> str:
    if change.sampling is None:
        return ""
    return tr.t(
        "The usual z test would flag {usual} of {units}: {down} down, {up} up.",
        usual=change.usual_down + change.usual_up,
        units=change.units,
        down=change.usual_down,
        up=change.usual_up,
    )


def _flagged_changes(measure: EarlierMeasure, change: PairedChange, tr: Translator) -> tuple[FlaggedUnit, ...]:
    found = []
    for unit in change.changes:
        verdict = judge_unit(unit)
        if verdict is UnitVerdict.WITH_THE_OTHERS:
            continue
        amount = _points(measure, abs(unit.beyond), tr)
        said = (
            tr.t("{amount} above the change of the others", amount=amount)
            if verdict is UnitVerdict.ABOVE_THE_OTHERS
            else tr.t("{amount} below the change of the others", amount=amount)
        )
        found.append(FlaggedUnit(unit=unit.key, sentence=said))
    return tuple(found)


def _trend(measure: EarlierMeasure, finding: TrendFinding, tr: Translator) -> Statement:
    words = wave_words(finding.waves, tr)
    heading = tr.t("{before} to {after}", before=words[finding.waves[0]], after=words[finding.waves[-1]])
    flagged = tuple(_flagged_trend(measure, unit, finding.judgements[unit], tr) for unit in finding.changed)
    compared = tr.t(
        "{measure}: {units} units have a result in all {waves} waves. Each is compared with their mean.",
        measure=measure.name,
        units=finding.units,
        waves=len(finding.waves),
    )
    usual = tr.t(
        "A straight line that knows no moods (OLS at 5 %) would flag {usual} of {units}.",
        usual=finding.usual,
        units=finding.units,
    )
    sentences = (compared, *_others(finding.others, tr), _count_flagged(len(flagged), tr), usual)
    return Statement(heading=heading, sentences=sentences, flagged=flagged)


def _flagged_trend(measure: EarlierMeasure, unit: str, judgement: Judgement, tr: Translator) -> FlaggedUnit:
    result = judgement.finding
    if not isinstance(result, TrendResult):
        raise TypeError("only a tested trend can be flagged")
    amount = result.amount
    back = Interval(
        estimate=amount.estimate * measure.per_point,
        low=amount.low * measure.per_point,
        high=amount.high * measure.per_point,
    )
    values = {
        "amount": _points(measure, abs(back.estimate), tr),
        "range": range_words(tr.language, back.low, back.high, _decimals(measure)),
    }
    if judgement.verdict is Verdict.RISING:
        said = tr.t("rose by {amount} against the mean (likely range {range})", **values)
    else:
        said = tr.t("fell by {amount} against the mean (likely range {range})", **values)
    return FlaggedUnit(unit=unit, sentence=said)


def _points(measure: EarlierMeasure, amount: float, tr: Translator) -> str:
    number = tr.number(amount, _decimals(measure))
    if measure.kind is ValueKind.PERCENT:
        return tr.t("{number} percentage points", number=number)
    return tr.t("{number} points", number=number)


def _decimals(measure: EarlierMeasure) -> int:
    """One decimal from a scale ten wide on, two below: a tenth of a point is a lot on 1 to 5."""
    return 1 if measure.high - measure.low >= 10 else 2
