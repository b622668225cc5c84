"""Turns the raw tables of an instrument into checked parts, or into the list of everything that is wrong with them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from surveys.errors import InvalidInput
from surveys.i18n import LANGUAGES, Message
from surveys.instruments import additions
from surveys.instruments.parts import Direction, Instrument, Item, OptionSet, Recall, ResponseOption, Scale, Text
from surveys.instruments.tables import CODE, Notes, Place, Table, repeated, short

POINTS = 5
"""How many options a set has. The disclosure rules are proven by enumeration for five, so no other number is let in."""

_INSTRUMENT_CODE = re.compile(rf"{CODE.pattern}(\+{CODE.pattern})*")
_NO_TEXT = Text(**dict.fromkeys(LANGUAGES, ""))


def parse(raw: object, source: str, lines: Mapping[tuple[str, int], int] | None = None) -> Instrument:
    """Check a raw document and return the instrument.

    ``lines`` maps ("items", 3) to the line where the third item starts. Raises :class:`InvalidInput` with every
    problem that was found; ``source`` names the file in them.
    """
    notes = Notes(source)
    where = lines or {}
    top = Table(raw, Place(Message("the instrument")), notes)
    code = top.code("code", _INSTRUMENT_CODE)
    recall = _recall(top, Message("the recall period"))
    instrument = Instrument(
        code=code,
        version=top.whole("version", 1, 10_000),
        title=top.text("title"),
        note=top.text("note", required=False),
        recall=recall,
        modules=top.codes("modules", required=False) or tuple(code.split("+")),
        options=tuple(_option_set(table) for table in top.rows("options", where)),
        items=tuple(_item(table, recall) for table in top.rows("items", where)),
        scales=tuple(_scale(table) for table in top.rows("scales", where)),
        segments=additions.segments(top, where),
        topics=additions.topics(top, where),
        comment=additions.comment(top),
    )
    top.finish()
    if instrument.modules != tuple(code.split("+")):
        top.fault(Message("“modules” of the instrument must be the parts of its code."))
    _check_codes(instrument, notes, where)
    _check_items(instrument, notes, where)
    _check_scales(instrument, notes, where)
    additions.check(instrument, notes)
    if notes.problems:
        raise InvalidInput("The instrument {source} is not valid.", notes.problems, source=source)
    return instrument


def _recall(owner: Table, name: Message) -> Recall:
    raw = owner.value("recall")
    if raw is None:
        return Recall(text=_NO_TEXT, prompt=_NO_TEXT, days=1)
    table = owner.table(raw, name)
    recall = Recall(text=table.text("text"), prompt=table.text("prompt"), days=table.whole("days", 1, 400))
    table.finish()
    return recall


def _option_set(table: Table) -> OptionSet:
    code = table.code("code")
    favourable = table.whole("favourable", 1, POINTS - 1, default=2)
    choices = []
    for row in table.rows("choices", {}):
        choices.append(ResponseOption(code=row.whole("code", -1000, 1000), label=row.text("label")))
        row.finish()
    table.finish()
    if [choice.code for choice in choices] != list(range(1, POINTS + 1)):
        table.fault(
            Message(
                "The choices of {place} must have the codes 1 to {points} in order.",
                {"place": table.place.name, "points": POINTS},
            )
        )
    return OptionSet(code=code, choices=tuple(choices), favourable=favourable)


def _item(table: Table, standard: Recall) -> Item:
    own = Message("the recall period of {place}", {"place": table.place.name})
    recall = _recall(table, own) if table.has("recall") else standard
    is_altered = table.flag("is_altered", default=False)
    item = Item(
        code=table.code("code"),
        text=table.text("text"),
        options=table.code("options"),
        scale=table.code("scale"),
        is_reversed=table.flag("is_reversed", default=False),
        recall=recall,
        source=table.string("source"),
        licence=table.string("licence"),
        validated_in=table.codes("validated_in", required=False),
        is_altered=is_altered,
        original=table.string("original", required=is_altered),
        attribution=table.string("attribution", required=False),
        checked_on=table.day("checked_on"),
        talk=table.text("talk"),
    )
    table.finish()
    for language in sorted(set(item.validated_in) - set(LANGUAGES)):
        table.fault(
            Message(
                "“validated_in” of {place} names the unknown language “{language}”.",
                {"place": table.place.name, "language": short(language)},
            )
        )
    if is_altered and item.validated_in:
        table.fault(Message("{place} is altered, so it cannot count as validated.", {"place": table.place.name}))
    return item


def _scale(table: Table) -> Scale:
    items = table.codes("items")
    direction = table.string("higher_is")
    if direction and direction not in set(Direction):
        table.fault(Message("“higher_is” of {place} must be “better” or “worse”.", {"place": table.place.name}))
    least = max(1, least_answered(len(items)))
    scale = Scale(
        code=table.code("code"),
        name=table.text("name"),
        items=items,
        minimum_answered=table.whole("minimum_answered", least, max(1, len(items)), default=least),
        higher_is=Direction.WORSE if direction == Direction.WORSE else Direction.BETTER,
        low_label=table.text("low_label"),
        high_label=table.text("high_label"),
        short_better=table.text("short_better"),
        short_worse=table.text("short_worse"),
    )
    table.finish()
    if not items and table.has("items"):
        table.fault(Message("{place} has no items.", {"place": table.place.name}))
    return scale


def least_answered(items: int) -> int:
    """How many of ``items`` answers a scale needs at least: half of them, rounded up (so 2 of 3)."""
    return (items + 1) // 2


def _check_codes(instrument: Instrument, notes: Notes, lines: Mapping[tuple[str, int], int]) -> None:
    """Note codes used twice; items and scales share one set of names, because both are measures of a wave."""
    used: dict[str, str] = {}
    measures = [("items", row.code) for row in instrument.items] + [("scales", row.code) for row in instrument.scales]
    numbers: Counter[str] = Counter()
    for kind, code in measures:
        numbers[kind] += 1
        if code and code in used:
            notes.add(lines.get((kind, numbers[kind])), Message("The code “{code}” is used twice.", {"code": code}))
        used[code] = kind
    for code in repeated(option_set.code for option_set in instrument.options):
        notes.add(None, Message("The option set “{code}” is defined twice.", {"code": code}))


def _check_items(instrument: Instrument, notes: Notes, lines: Mapping[tuple[str, int], int]) -> None:
    """Note items whose options or scale do not exist, or that their own scale leaves out; option sets nobody uses."""
    sets = {option_set.code for option_set in instrument.options}
    scales = {scale.code: scale for scale in instrument.scales}
    for number, item in enumerate(instrument.items, start=1):
        names: dict[str, object] = {"item": item.code, "options": item.options, "scale": item.scale}
        if item.options and item.options not in sets:
            notes.add(
                lines.get(("items", number)), Message("The item “{item}” uses unknown options “{options}”.", names)
            )
        if item.scale and item.scale not in scales:
            notes.add(
                lines.get(("items", number)), Message("The item “{item}” names the unknown scale “{scale}”.", names)
            )
        elif item.scale and item.code not in scales[item.scale].items:
            notes.add(
                lines.get(("items", number)), Message("The scale “{scale}” does not list its item “{item}”.", names)
            )
    for code in sorted(sets - {item.options for item in instrument.items}):
        notes.add(None, Message("No item uses the option set “{code}”.", {"code": code}))


def _check_scales(instrument: Instrument, notes: Notes, lines: Mapping[tuple[str, int], int]) -> None:
    """Note scales with unknown items, and items that one scale calls good and another bad."""
    known = set(instrument.item_codes)
    directions: dict[str, Direction] = {}
    for number, scale in enumerate(instrument.scales, start=1):
        for code in scale.items:
            names: dict[str, object] = {"scale": scale.code, "item": code}
            if code not in known:
                notes.add(
                    lines.get(("scales", number)),
                    Message("The scale “{scale}” lists the unknown item “{item}”.", names),
                )
            elif directions.setdefault(code, scale.higher_is) != scale.higher_is:
                notes.add(
                    lines.get(("scales", number)),
                    Message(
                        "The scale “{scale}” turns the item “{item}” the other way than another scale does.", names
                    ),
                )
