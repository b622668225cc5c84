"""Turns the raw tables of what is asked beside the items (segments, topics, a comment) into checked parts."""

from __future__ import annotations

from collections.abc import Mapping

from surveys.i18n import LANGUAGES, Message
from surveys.instruments.parts import SEGMENT_CODES, CommentBox, Instrument, ResponseOption, Segment, Text, Topic
from surveys.instruments.tables import Notes, Table, repeated, short

SEGMENT_OPTIONS = (2, 12)
"""How few and how many options a segment may have."""

OPTION_LENGTH = 120
"""Characters of an option of a segment and of a topic; the manifest lists the options."""


def segments(top: Table, lines: Mapping[tuple[str, int], int]) -> tuple[Segment, ...]:
    """Return the segments of a document, none where it has none; what is wrong is noted."""
    if not top.has("segments"):
        return ()
    found = tuple(_segment(table) for table in top.rows("segments", lines))
    for code in repeated(segment.code for segment in found):
        top.fault(Message("The segment “{code}” stands there twice.", {"code": short(code)}))
    return found


def topics(top: Table, lines: Mapping[tuple[str, int], int]) -> tuple[Topic, ...]:
    """Return the topics of a document, none where it has none; what is wrong is noted."""
    if not top.has("topics"):
        return ()
    found = []
    for table in top.rows("topics", lines):
        found.append(Topic(code=table.code("code"), label=_label(table)))
        table.finish()
    for code in repeated(topic.code for topic in found):
        top.fault(Message("The topic “{code}” stands there twice.", {"code": short(code)}))
    _check_labels(top, Message("the topics"), [topic.label for topic in found])
    return tuple(found)


def comment(top: Table) -> CommentBox | None:
    """Return the words of the comment box, None where there is none; what is wrong is noted."""
    if not top.has("comment"):
        return None
    table = top.table(top.value("comment"), Message("the comment box"))
    box = CommentBox(prompt=table.text("prompt"), hint=table.text("hint"))
    table.finish()
    return box


def check(instrument: Instrument, notes: Notes) -> None:
    """Note segments out of order, and those that share their code with an item or a scale.

    The order is one and the same everywhere, because tables are admitted in it; answers stand under one set of names.
    """
    if list(instrument.segment_codes) != sorted(instrument.segment_codes):
        notes.add(None, Message("The segments must stand in the order of their codes."))
    measures = {*instrument.item_codes, *(scale.code for scale in instrument.scales)}
    for code in sorted(measures & set(instrument.segment_codes)):
        notes.add(None, Message("The code “{code}” is used twice.", {"code": code}))


def _segment(table: Table) -> Segment:
    code = table.string("code")
    if code and code not in SEGMENT_CODES:
        table.fault(
            Message(
                "“{code}” is no segment. A segment is one of: {codes}.",
                {"code": short(code), "codes": ", ".join(SEGMENT_CODES)},
            )
        )
    text = table.text("text")
    least, most = SEGMENT_OPTIONS
    choices = []
    for row in table.rows("choices", {}, least=least, most=most):
        choices.append(ResponseOption(code=row.whole("code", 1, most), label=_label(row)))
        row.finish()
    table.finish()
    if [choice.code for choice in choices] != list(range(1, len(choices) + 1)):
        table.fault(
            Message("The choices of {place} must be numbered from 1 without a gap.", {"place": table.place.name})
        )
    _check_labels(table, table.place.name, [choice.label for choice in choices])
    return Segment(code=code, text=text, choices=tuple(choices))


def _label(table: Table) -> Text:
    text = table.text("label")
    if any(len(text.to(language)) > OPTION_LENGTH for language in LANGUAGES):
        table.fault(
            Message(
                "“{key}” of {place} is longer than {limit} characters.",
                {"key": "label", "place": table.place.name, "limit": OPTION_LENGTH},
            )
        )
    return text


def _check_labels(table: Table, place: Message, labels: list[Text]) -> None:
    """Note labels that a reader cannot tell apart in one of the languages."""
    for language in LANGUAGES:
        for label in repeated(label.to(language).casefold() for label in labels):
            table.fault(Message("{place}: “{label}” stands there twice.", {"place": place, "label": short(label)}))
