"""Turns an instrument into the short account that ``barograph instrument check`` prints."""

from __future__ import annotations

import math
from collections.abc import Iterable

from surveys.i18n import LANGUAGES, mark, translator
from surveys.instruments.schema import Direction, Instrument, Item, Scale

WORDS_PER_SECOND = 4.0
"""Silent reading, about 240 words a minute (Brysbaert 2019, J. Mem. Lang. 109:104047)."""

CHOOSING_SECONDS = 3.0
"""Our assumption for weighing the options of one question; not measured."""

START_SECONDS = 20.0
"""Our assumption for the page that says who sees what; not measured."""

_LANGUAGE_NAMES = {"en": mark("English"), "es": mark("Spanish")}


def answering_seconds(instrument: Instrument, language: str = "en") -> float:
    """Estimate the time to answer in seconds: reading every question, each option set once in a row, and choosing.

    Segments count as questions and the list of topics as one more; a comment is left out, because most people write
    none. An estimate from assumptions above, not a measurement.
    """
    seconds = START_SECONDS
    shown = ""
    for item in instrument.items:
        words = len(item.text.to(language).split())
        if item.options != shown:
            words += sum(len(choice.label.to(language).split()) for choice in instrument.option_set(item).choices)
            shown = item.options
        seconds += words / WORDS_PER_SECOND + CHOOSING_SECONDS
    lists = [[each.text, *(choice.label for choice in each.choices)] for each in instrument.segments]
    lists += [[topic.label for topic in instrument.topics]] if instrument.topics else []
    for texts in lists:
        seconds += sum(len(text.to(language).split()) for text in texts) / WORDS_PER_SECOND + CHOOSING_SECONDS
    return seconds


def account(instrument: Instrument, language: str = "en") -> tuple[str, ...]:
    """Return the account in ``language``, line by line: size, time, scales, origins, and what is not validated."""
    say = translator(language)
    lines = [
        say.t(
            "{title}: {code}, version {version}.",
            title=instrument.title.to(language),
            code=instrument.code,
            version=instrument.version,
        ),
        say.n("One question.", "{count} questions.", len(instrument.items)),
        say.n("One scale.", "{count} scales.", len(instrument.scales)),
        say.t("Languages: {languages}.", languages=say.join([say.t(_LANGUAGE_NAMES[code]) for code in LANGUAGES])),
        say.t("It asks about this period: {recall}.", recall=instrument.recall.text.to(language)),
        say.n(
            "Answering takes about one minute. This is an estimate, not a measurement.",
            "Answering takes about {count} minutes. This is an estimate, not a measurement.",
            math.ceil(answering_seconds(instrument, language) / 60),
        ),
    ]
    lines += [_scale_line(instrument, scale, language) for scale in instrument.scales]
    lines += [
        _source_line(source, licence, codes, language) for (source, licence), codes in _sources(instrument).items()
    ]
    lines += [say.t("Attribution: {text}", text=text) for text in attributions([instrument])]
    lines += _validation_lines(instrument, language)
    return tuple(lines)


def attributions(instruments: Iterable[Instrument]) -> tuple[str, ...]:
    """Return every attribution line that the licences ask for, each once, in the order of the items."""
    found = (item.attribution for instrument in instruments for item in instrument.items if item.attribution)
    return tuple(dict.fromkeys(found))


def _scale_line(instrument: Instrument, scale: Scale, language: str) -> str:
    say = translator(language)
    name, items = scale.name.to(language), say.join(list(scale.items))
    turned = [code for code in scale.items if instrument.item(code).is_reversed]
    line = (
        say.t("Scale {name} ({code}): {items}. A high value is better.", name=name, code=scale.code, items=items)
        if scale.higher_is is Direction.BETTER
        else say.t("Scale {name} ({code}): {items}. A high value is worse.", name=name, code=scale.code, items=items)
    )
    if turned:
        line += " " + say.t("Turned round when scored: {items}.", items=say.join(turned))
    return line


def _sources(instrument: Instrument) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for item in instrument.items:
        found.setdefault((item.source, item.licence), []).append(item.code)
    return found


def _source_line(source: str, licence: str, codes: list[str], language: str) -> str:
    say = translator(language)
    return say.t(
        "Source: {source}. Licence: {licence}. Questions: {items}.",
        source=source.rstrip("."),
        licence=licence,
        items=say.join(codes),
    )


def _validation_lines(instrument: Instrument, language: str) -> list[str]:
    """Say for each language which wordings are not validated, and which items were altered."""
    say = translator(language)
    lines = []
    for code in LANGUAGES:
        missing = [item.code for item in instrument.items if not item.is_validated_in(code)]
        name = say.t(_LANGUAGE_NAMES[code])
        if not missing:
            lines.append(say.t("Every wording in {language} is validated.", language=name))
        elif len(missing) == len(instrument.items):
            lines.append(say.t("No wording in {language} is validated.", language=name))
        else:
            lines.append(say.t("Not validated in {language}: {items}.", language=name, items=say.join(missing)))
    altered: list[Item] = [item for item in instrument.items if item.is_altered]
    lines += [
        say.t("Altered: {item}. The original reads: {original}", item=item.code, original=item.original)
        for item in altered
    ]
    return lines
