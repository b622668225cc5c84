"""Writes the fixed paragraphs of a leader report and the team conversation that collects nothing."""

from __future__ import annotations

from reports.document import Conversation, ConversationStep, Paragraph
from reports.services.history import History
from surveys.enums import BallotMode
from surveys.i18n import Translator
from surveys.instruments.account import attributions

METHOD_VERSION = "1"


def mode_text(mode: BallotMode, tr: Translator) -> str:
    """Return what a mode means, in a sentence."""
    return {
        BallotMode.SEALED: tr.t("Sealed mode: answers were locked in the browser before they were sent."),
        BallotMode.CARD: tr.t("Card mode: as anonymous as the box the cards were drawn from."),
        BallotMode.PROMISE: tr.t("Promise mode: people relied on this server to forget who sent an answer."),
    }[mode]


def paragraphs(history: History, tr: Translator, *, has_pressure: bool) -> tuple[Paragraph, ...]:
    """Return the method and privacy page."""
    wave = history.last
    texts = [
        Paragraph(
            title=tr.t("How the figures are made"),
            text=tr.t(
                "Each figure is the mean of whole groups of {k} or more people, rounded and, near the ends of the "
                "scale, given as “or more” or “or less”. The likely range (95 %) says where the mean of everybody "
                "invited would lie. It uses the spread of answers in the whole organisation, or a published value "
                "before 50 people have answered.",
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
