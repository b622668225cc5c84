"""Turns verdicts, levels and bands into the words of a leader report, in its language."""

from __future__ import annotations

import datetime as dt

from reports.charts.words import range_words
from reports.disclosure.cells import Qualifier, ReleasedCell
from reports.document import Band, Run, RunStyle, Sentence, Tone, Value, Verdict, VerdictChip, band_of
from reports.services.report_findings import ScaleFinding
from reports.services.report_notices import notice_words
from reports.stats.results import Shape, TooEarly, TrendResult
from reports.stats.verdicts import Verdict as Decision
from surveys.i18n import Translator
from surveys.instruments.schema import Scale

_RARE = ((0.001, 200), (0.01, 50), (0.05, 10))
_LEAST_RARE = 5
"""By adjusted p value, how rarely a team without any change shows one such change on any of its scales.

Not 1 / p: simulated with six scales (white, base, strong; 6, 12, 26 waves) such shares were up to twice the p value.
"""


def band_word(band: Band, tr: Translator) -> str:
    """Return the word of a level band."""
    return {
        Band.VERY_STRAINED: tr.t("very strained"),
        Band.STRAINED: tr.t("strained"),
        Band.MIXED: tr.t("mixed"),
        Band.GOOD: tr.t("good"),
        Band.VERY_GOOD: tr.t("very good"),
    }[band]


def value_text(cell: ReleasedCell, tr: Translator) -> str:
    """Return a released value as printed: ``3.4``, ``4.4 or more``."""
    return qualified(tr.number(cell.value, cell.decimals), cell.qualifier, tr)


def qualified(number: str, qualifier: Qualifier, tr: Translator) -> str:
    """Return a printed number with what its qualifier adds."""
    if qualifier is Qualifier.AT_LEAST:
        return tr.t("{value} or more", value=number)
    if qualifier is Qualifier.AT_MOST:
        return tr.t("{value} or less", value=number)
    return number


def range_text(value: Value, tr: Translator) -> str:
    """Return a likely range as printed: ``2.5 to 3.3``."""
    return range_words(tr.language, value.low, value.high)


def level_text(value: Value, text: str, tr: Translator, *, lower_is_better: bool) -> str:
    """Return a level in words: ``3.1, mixed (likely range 2.6 to 3.6)``."""
    word = band_word(band_of(value.mean, lower_is_better=lower_is_better), tr)
    return tr.t("{value}, {band} (likely range {range})", value=text, band=word, range=range_text(value, tr))


def chip_of(finding: ScaleFinding, tr: Translator) -> VerdictChip:
    """Return the verdict chip of a scale with its line below."""
    judgement = finding.judgement
    result = judgement.finding
    if finding.is_change and isinstance(result, TrendResult):
        scale = finding.scale
        word = (scale.short_worse if finding.is_worse else scale.short_better).to(tr.language)
        text = tr.t("Falling") if judgement.verdict is Decision.FALLING else tr.t("Rising")
        tone = Tone.LESS if finding.is_worse else Tone.MORE
        sub = _since(result, word, tr)
        if finding.is_doubtful:
            tone, sub = Tone.NONE, tr.t("those who answered changed too")
        return VerdictChip(verdict=Verdict(judgement.verdict.value), tone=tone, text=text, sub=sub)
    if judgement.verdict is Decision.NO_DETECTABLE_CHANGE:
        sub = notice_words(finding, tr) or _seen(judgement.minimum, tr)
        text = tr.t("No detectable change")
        return VerdictChip(verdict=Verdict.NO_DETECTABLE_CHANGE, tone=Tone.NONE, text=text, sub=sub)
    if isinstance(result, TooEarly):
        sub = tr.n("{count} more wave needed", "{count} more waves needed", result.waves_left)
        return VerdictChip(verdict=Verdict.TOO_EARLY, tone=Tone.NONE, text=tr.t("Too early to tell"), sub=sub)
    return VerdictChip(verdict=Verdict.NEVER_HERE, tone=Tone.NONE, text=tr.t("No trend here"), sub="")


def change_sentence(finding: ScaleFinding, tr: Translator) -> Sentence:
    """Return the heading sentence of a change: what, by how much, since when, how sure."""
    result = finding.judgement.finding
    if not isinstance(result, TrendResult):
        raise TypeError("only a tested trend has a change to tell")
    scale, amount = finding.scale, result.amount
    word = (scale.short_worse if finding.is_worse else scale.short_better).to(tr.language)
    points = tr.number(abs(amount.estimate), 1)
    ends = sorted((abs(amount.low), abs(amount.high)))
    figures = tr.t(
        "{points} {when} (lasting change, likely range {range})",
        points=points,
        when=_when(result, tr),
        range=range_words(tr.language, ends[0], ends[1]),
    )
    if finding.is_doubtful:
        return _doubtful_sentence(scale, figures, tr)
    opening = tr.t("{scale} has become ", scale=scale.name.to(tr.language))
    if finding.judgement.verdict is Decision.FALLING:
        moved = tr.t(": it fell by {figures}, further than chance would explain.", figures=figures)
    else:
        moved = tr.t(": it rose by {figures}, further than chance would explain.", figures=figures)
    runs = [Run(text=opening), Run(text=word, style=RunStyle.STRONG), Run(text=moved)]
    runs.append(Run(text=" " + _sure(finding.judgement.p_adjusted, tr), style=RunStyle.MUTED))
    return tuple(runs)


def _doubtful_sentence(scale: Scale, figures: str, tr: Translator) -> Sentence:
    text = tr.t("The mean of {scale} moved by {figures}. ", scale=scale.name.to(tr.language), figures=figures)
    doubt = tr.t("The share of people who answered changed in the same time, so this is not called an improvement.")
    return (Run(text=text), Run(text=doubt, style=RunStyle.MUTED))


def minimum_sentence(finding: ScaleFinding, tr: Translator) -> str:
    """Return what would have been seen, for a scale without a detected change; empty otherwise."""
    result = finding.judgement.finding
    minimum = finding.judgement.minimum
    if finding.is_change or not isinstance(result, TrendResult):
        return ""
    if minimum is None:
        return clipped_sentence(tr)
    return tr.t(
        "A lasting change of {points} points over these {waves} waves would have been seen in 4 of 5 cases.",
        points=tr.number(minimum, 1),
        waves=result.waves,
    )


def clipped_words(tr: Translator) -> str:
    """Return what stands in the place of a smallest change where too many values are clipped."""
    return tr.t("many values stand at the end of what may be shown, so a change there cannot be seen")


def clipped_sentence(tr: Translator) -> str:
    """Return :func:`clipped_words` as a sentence of its own."""
    words = clipped_words(tr)
    return f"{words[:1].upper()}{words[1:]}."


def _seen(minimum: float | None, tr: Translator) -> str:
    if minimum is None:
        return clipped_words(tr)
    return tr.t("{points} points would have been seen", points=tr.number(minimum, 1))


def _since(result: TrendResult, word: str, tr: Translator) -> str:
    if result.shift.shape is Shape.STEP:
        return tr.t("{word} since {day}", word=word, day=_day(result, tr))
    return tr.t("{word} over {waves} waves", word=word, waves=result.waves)


def _when(result: TrendResult, tr: Translator) -> str:
    if result.shift.shape is Shape.STEP:
        return tr.t("since about {day}", day=_day(result, tr))
    return tr.t("over {waves} waves", waves=result.waves)


def _day(result: TrendResult, tr: Translator) -> str:
    day = dt.date.fromordinal(round(result.shift.since_day))
    return tr.date(day, "LLLL y" if tr.language == "en" else "LLLL 'de' y")


def _sure(p: float | None, tr: Translator) -> str:
    """Return how rare such a change is by chance, in four steps, from its p value adjusted for the report's scales."""
    times = next((count for limit, count in _RARE if p is not None and p < limit), _LEAST_RARE)
    return tr.t(
        "Chance alone shows a change like this in fewer than 1 of {times} teams where nothing lasting happened.",
        times=tr.number(times, 0),
    )
