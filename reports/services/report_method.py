"""Writes the fixed paragraphs of a leader report and the team conversation that collects nothing."""

from __future__ import annotations

from reports.document import Conversation, ConversationStep, Paragraph
from reports.services.history import History
from reports.stats.methods import METHOD_VERSION, SettingValue, settings
from reports.stats.shrinkage import LEAST_UNITS, LEVEL_FALSE_DISCOVERY_RATE, RECENT_WAVES
from surveys.enums import BallotMode
from surveys.i18n import Translator
from surveys.instruments.account import attributions


def setting_lines(tr: Translator) -> tuple[str, ...]:
    """Return version and settings of the methods that decide what a report says, in short lines."""
    found = settings()
    return (
        tr.t(
            "Version {version}. Question, rule, source and limits of each method: docs/methods.md.",
            version=METHOD_VERSION,
        ),
        tr.t(
            "Trend: {waves} waves at most, {least} at least; test at {level} %, false verdicts of one report held to "
            "{false} %; detectable means in {power} % of cases.",
            waves=tr.number(_number(found["window_waves"]), 0),
            least=tr.number(_number(found["least_waves"]), 0),
            level=_percent(found["trend_level"], tr),
            false=_percent(found["false_discovery_rate"], tr),
            power=_percent(found["power"], tr),
        ),
        tr.t(
            "Notice: the last {recent} waves against up to {earlier}; {rate} % of calm years a scale.",
            recent=tr.number(_number(found["contrast_recent"]), 0),
            earlier=tr.number(_number(found["contrast_earlier"]), 0),
            rate=_percent(found["alert_rate"], tr),
        ),
        tr.t(
            "Ranges: {level} %. Against the organisation: {waves} waves, false words held to {false} %, from {least} "
            "groups on. Response: a move of more than {points} points.",
            level=_percent(found["interval_level"], tr),
            waves=tr.number(RECENT_WAVES, 0),
            false=_percent(LEVEL_FALSE_DISCOVERY_RATE, tr),
            least=tr.number(LEAST_UNITS, 0),
            points=_percent(found["response_points"], tr),
        ),
    )


def _number(value: SettingValue) -> float:
    if not isinstance(value, int | float):
        raise TypeError("a list or a text is no single number")
    return value


def _percent(share: SettingValue, tr: Translator) -> str:
    return tr.number(100 * _number(share), 0)


def mode_text(mode: BallotMode, tr: Translator) -> str:
    """Return what a mode means, in a sentence."""
    return {
        BallotMode.SEALED: tr.t("Sealed mode: answers were locked in the browser before they were sent."),
        BallotMode.CARD: tr.t("Card mode: as anonymous as the box the cards were drawn from."),
        BallotMode.PROMISE: tr.t("Promise mode: people relied on this server to forget who sent an answer."),
    }[mode]


def paragraphs(
    history: History, tr: Translator, *, has_pressure: bool, has_levels: bool = False, has_bounds: bool = False
) -> tuple[Paragraph, ...]:
    """Return the method and privacy page.

    ``has_levels``: the report says how levels stand against the organisation; ``has_bounds``: it has lines on what
    silent people may hide.
    """
    wave = history.last
    texts = [
        Paragraph(
            title=tr.t("How the figures are made"),
            text=tr.t(
                "Each figure is the mean of whole groups of {k} or more people, rounded and, near the ends of the "
                "scale, given as “or more” or “or less”. The likely range of this wave (95 %) says where the mean of "
                "everybody invited would lie. It uses the spread of answers in the whole organisation, or a published "
                "value before 50 people have answered.",
                k=wave.k,
            ),
        ),
        Paragraph(
            title=tr.t("How changes are judged"),
            text=tr.t(
                "A change is named only where a straight line through all waves of the last year departs from level "
                "by more than moods that come and go explain. How strong such moods are is learnt from all teams "
                "together. The test is at 5 %, and the verdicts of one report share a limit of 10 % false ones. "
                "“No detectable change” means that the data cannot tell, not that nothing moved. The amount compares "
                "the level now with the level at the start of the window."
            ),
        ),
        Paragraph(
            title=tr.t("Two questions, two ranges"),
            text=tr.t(
                "“This wave” is about how the people invited felt in these days. “Lasting” is about the level behind "
                "the waves, which moods come and go around; the darker band in the traces is its likely range. A range "
                "of the one says nothing about the other."
            ),
        ),
        _notices(tr, has_levels=has_levels, has_bounds=has_bounds),
        Paragraph(
            title=tr.t("What protects answers"),
            text=tr.t(
                "Every answer counts in exactly one group of {k} or more people, and every number anybody sees is "
                "about whole groups. When the wave closed, the answers were made into totals, and the single answers "
                "and the key to them were destroyed. Numbers of answers are shown as bands. Nothing here is about a "
                "person.",
                k=wave.k,
            ),
        ),
    ]
    if has_pressure:
        texts.append(_pressure(tr))
    texts.append(_sources(history, tr))
    return tuple(texts)


def _notices(tr: Translator, *, has_levels: bool, has_bounds: bool) -> Paragraph:
    text = tr.t(
        "A notice looks at the last three waves against up to nine before them. Its limit is set by simulated years in "
        "which nothing lasting happens: on one scale about one in ten teams gets a notice in such a year. It says look "
        "again, not that something changed."
    )
    if has_levels:
        text += " " + tr.t(
            "The lasting level beside a scale is the mean of the last four waves, drawn towards the mean of all groups "
            "by as much as chance could have moved it. It is clearly below or above the organisation, or not "
            "distinguishable. No ranks are given."
        )
    if has_bounds:
        text += " " + tr.t(
            "Where the share of people who answered moved by more than 15 points, each change is printed again as if "
            "silent people had felt half a point or one point worse, and no rise is called an improvement."
        )
    return Paragraph(title=tr.t("What stands beside a verdict"), text=text)


def _pressure(tr: Translator) -> Paragraph:
    return Paragraph(
        title=tr.t("How roadmap pressure is made"),
        text=tr.t(
            "The index runs from 0 to 100 and comes from delivery data only. Each part compares the plan with "
            "what the team has lately delivered; weights and anchors are fixed and the same for all teams. "
            "It is a property of the plan, not of people, and it may not be a goal. Compare it with the "
            "team's own past, hardly with other teams. Pressure and answers that move together are an "
            "association, not a cause."
        ),
    )


def _sources(history: History, tr: Translator) -> Paragraph:
    instrument = history.last.instrument
    own = [item for item in instrument.items if not item.is_validated_in(tr.language)]
    parts = []
    if own:
        parts.append(
            tr.n(
                "{count} question is not validated in this language.",
                "{count} questions are not validated in this language.",
                len(own),
            )
        )
    parts.extend(attributions([instrument]))
    text = " ".join(parts) or tr.t("All questions are in the wording of their published source.")
    return Paragraph(title=tr.t("Where the questions come from"), text=text)


def conversation(tr: Translator) -> Conversation:
    """Return a 20-minute team conversation on vision, motivation and workload."""
    return Conversation(
        title=tr.t("A team conversation of 20 minutes"),
        intro=tr.t(
            "For teams without figures of their own. Nothing is written down about who says what, nothing is counted, "
            "and everybody may pass. Read each question aloud and wait."
        ),
        steps=(
            ConversationStep(
                minutes=6,
                title=tr.t("Vision"),
                prompts=(
                    tr.t("Which goal does our work of these two weeks serve?"),
                    tr.t("What would a user notice if we stopped?"),
                ),
            ),
            ConversationStep(
                minutes=6,
                title=tr.t("Motivation"),
                prompts=(
                    tr.t("What did we finish lately that we are glad about?"),
                    tr.t("What would give each of us more room to try something?"),
                ),
            ),
            ConversationStep(
                minutes=8,
                title=tr.t("Workload"),
                prompts=(
                    tr.t("What is on our list that nobody would miss?"),
                    tr.t("When new work arrives, what comes off the list?"),
                ),
            ),
        ),
    )
