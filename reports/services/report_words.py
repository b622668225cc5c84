"""Turns verdicts, levels and bands into the words of a leader report, in its language."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from reports.charts.words import range_words
from reports.disclosure.cells import Qualifier, ReleasedCell
from reports.document import Band, Run, RunStyle, Sentence, Tone, Value, Verdict, VerdictChip, band_of
from reports.stats.results import Shape, TooEarly, TrendResult
from reports.stats.verdicts import Judgement
from reports.stats.verdicts import Verdict as Decision
from surveys.i18n import Translator
from surveys.instruments.schema import Direction, Scale

_RARE = ((0.001, 1000), (0.01, 100), (0.05, 20))


@dataclass(frozen=True, kw_only=True)
class ScaleFinding:
    """What was found about a scale: its definition and the verdict on its trend."""

    scale: Scale
    judgement: Judgement

    @property
    def lower_is_better(self) -> bool:
        """Whether low values are the favourable end."""
        return self.scale.higher_is is Direction.WORSE

    @property
    def is_change(self) -> bool:
        """Whether the verdict is a change."""
        return self.judgement.verdict in {Decision.RISING, Decision.FALLING}

    @property
    def is_worse(self) -> bool:
        """Whether the change is towards the unfavourable end."""
        falling = self.judgement.verdict is Decision.FALLING
        return self.is_change and falling != self.lower_is_better

    @property
    def is_doubtful(self) -> bool:
        """Whether the change looks favourable but may be a change of who answered, so that it is no improvement."""
        return self.is_change and not self.is_worse and self.judgement.response_moved


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
    if judgement.verdict is Decision.NO_DETECTABLE_CHANGE and judgement.minimum is not None:
        sub = tr.t("{points} points would have been seen", points=tr.number(judgement.minimum, 1))
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
        "{points} {when} (likely range {range})",
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
    runs.append(Run(text=" " + _sure(result.p, tr), style=RunStyle.MUTED))
    return tuple(runs)


def _doubtful_sentence(scale: Scale, figures: str, tr: Translator) -> Sentence:
    text = tr.t("The mean of {scale} moved by {figures}. ", scale=scale.name.to(tr.language), figures=figures)
    doubt = tr.t("The share of people who answered changed in the same time, so this is not called an improvement.")
    return (Run(text=text), Run(text=doubt, style=RunStyle.MUTED))


def minimum_sentence(finding: ScaleFinding, tr: Translator) -> str:
    """Return what would have been seen, for a scale without a detected change; empty otherwise."""
    result = finding.judgement.finding
    minimum = finding.judgement.minimum
    if finding.is_change or not isinstance(result, TrendResult) or minimum is None:
        return ""
    return tr.t(
        "{scale}: a change of {points} points over these {waves} waves would have been seen in 4 of 5 cases.",
        scale=finding.scale.name.to(tr.language),
        points=tr.number(minimum, 1),
        waves=result.waves,
    )


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


def _sure(p: float, tr: Translator) -> str:
    """Return how rare such a change is by chance, in three steps, so that no exact figure is given away."""
    times = next((count for limit, count in _RARE if p < limit), 20)
    return tr.t(
        "Chance alone shows a change like this in fewer than 1 of {times} teams where nothing lasting happened.",
        times=tr.number(times, 0),
    )
