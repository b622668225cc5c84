"""Turns instrument files into instruments: shipped ones by code, a custom one by path, several joined for a wave.

Beside them stand two smaller files: the comment box with its topics, which is shipped, and the segments of a programme.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from surveys.errors import InvalidInput, NotFound, Problem, Refused
from surveys.i18n import LANGUAGES, Message
from surveys.instruments import additions
from surveys.instruments.checking import parse
from surveys.instruments.schema import (
    ADDITIONS,
    CommentBox,
    Instrument,
    Segment,
    Text,
    Topic,
    document,
    from_document,
)
from surveys.instruments.tables import Notes, Place, Table

DEFAULT = "pulse-1"
LARGEST_FILE = 1_000_000
"""Bytes an instrument file may have; the largest shipped one has about 16,000."""

_DATA = Path(__file__).parent / "data"
_COMMENTS = Path(__file__).parent / "comments.toml"
_HEADER = re.compile(r"\s*\[\[\s*(\w+)\s*\]\]")
_LINE = re.compile(r"at line (\d+)")


@cache
def shipped() -> tuple[str, ...]:
    """Return the codes of the instruments that come with the product, in alphabetical order."""
    return tuple(sorted(path.stem for path in _DATA.glob("*.toml")))


@cache
def load(code: str) -> Instrument:
    """Return a shipped instrument; raises :class:`NotFound` for any other code."""
    if code not in shipped():
        raise NotFound("There is no instrument {code}. Shipped are {codes}.", code=code, codes=", ".join(shipped()))
    return _read_file(_DATA / f"{code}.toml")


@dataclass(frozen=True, kw_only=True)
class Comments:
    """What a wave with comments asks after its questions: the box, and topics to tick."""

    box: CommentBox
    topics: tuple[Topic, ...]


@cache
def comments() -> Comments:
    """Return the comment box and the topics that come with the product."""
    notes = Notes(_COMMENTS.name)
    text = _text_of(_COMMENTS)
    top = Table(tomllib.loads(text), Place(Message("the file")), notes)
    box, topics = additions.comment(top), additions.topics(top, _line_numbers(text))
    top.finish()
    if notes.problems or box is None:
        raise InvalidInput("The file {source} is not valid.", notes.problems, source=_COMMENTS.name)
    return Comments(box=box, topics=topics)


def read_segments(path: Path) -> tuple[Segment, ...]:
    """Return the segments of a file, by code.

    The file is TOML, with one table ``[[segments]]`` each: ``code``, ``text.en`` and ``text.es``, and ``choices``, a
    list of texts such as ``{ en = "Office", es = "Oficina" }``. Raises :class:`InvalidInput` with every problem,
    :class:`NotFound` where there is no such file.
    """
    text = _text_of(path)
    raw = _toml(path, text)
    rows = raw.get("segments")
    numbered = {"segments": [_numbered(row) for row in rows]} if isinstance(rows, list) else {}
    return parse_segments({**raw, **numbered}, path.name, _line_numbers(text))


def parse_segments(raw: object, source: str, lines: Mapping[tuple[str, int], int] | None = None) -> tuple[Segment, ...]:
    """Return the segments of a document with the one key ``segments``, by code, as the questionnaire has them.

    Raises :class:`InvalidInput` with every problem; ``source`` names the document in them.
    """
    notes = Notes(source)
    top = Table(raw, Place(Message("the file")), notes)
    top.value("segments")
    found = additions.segments(top, lines or {})
    top.finish()
    if notes.problems:
        raise InvalidInput("The segments in {source} are not valid.", notes.problems, source=source)
    return tuple(sorted(found, key=lambda segment: segment.code))


def read(path: Path) -> Instrument:
    """Return the instrument of any file.

    Besides the rules of :func:`surveys.instruments.checking.parse` a custom file must not give another meaning to a
    code that a shipped instrument uses, or trends would join what does not belong together. Raises
    :class:`InvalidInput` with every problem, :class:`NotFound` where there is no such file.
    """
    instrument = _read_file(path)
    reasons = [reason for code in shipped() for reason in _conflicts(load(code), instrument)]
    if instrument.code in shipped() and instrument != load(instrument.code):
        reasons.append(
            Message("The code “{code}” belongs to a shipped instrument. Give yours another.", {"code": instrument.code})
        )
    if reasons:
        problems = [Problem(path.name, None, reason) for reason in reasons]
        raise InvalidInput("The instrument {source} is not valid.", problems, source=path.name)
    return instrument


def compose(
    instruments: Sequence[Instrument], *, segments: Sequence[Segment] = (), asked: Comments | None = None
) -> Instrument:
    """Join instruments for one wave: every item and scale once, in the order given, with the code ``pulse-1+core-1``.

    ``segments`` are asked beside the questions, and where there is ``asked`` topics and a comment too. A code stands
    for one thing only: where two instruments define the same item, scale or option set differently, all the conflicts
    are refused in one :class:`InvalidInput`. One instrument alone is returned unchanged but for what is asked beside.
    """
    joined = _joined_parts(instruments)
    if not segments and asked is None:
        return joined
    whole = replace(
        joined,
        segments=tuple(sorted(segments, key=lambda segment: segment.code)),
        topics=asked.topics if asked else (),
        comment=asked.box if asked else None,
    )
    return from_document(document(whole), whole.code)


def _joined_parts(instruments: Sequence[Instrument]) -> Instrument:
    parts = list(dict.fromkeys(instruments))
    if not parts:
        raise Refused("A wave needs at least one instrument.")
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    code = "+".join(dict.fromkeys(module for part in parts for module in part.modules))
    clashes = [
        Problem(code, None, reason)
        for number, part in enumerate(parts)
        for other in parts[number + 1 :]
        for reason in _conflicts(part, other)
    ]
    if clashes:
        raise InvalidInput("The instruments {code} cannot be asked in one wave.", clashes, code=code)
    joined = Instrument(
        code=code,
        version=max(part.version for part in parts),
        title=_joined(" + ", [part.title for part in parts]),
        note=_joined(" ", [part.note for part in parts]),
        recall=first.recall,
        modules=tuple(code.split("+")),
        options=tuple(dict.fromkeys(option_set for part in parts for option_set in part.options)),
        items=tuple(dict.fromkeys(item for part in parts for item in part.items)),
        scales=tuple(dict.fromkeys(scale for part in parts for scale in part.scales)),
    )
    return from_document(document(joined), code)


def _conflicts(first: Instrument, second: Instrument) -> list[Message]:
    """Return a sentence for every code that the two instruments use for different things."""
    names: dict[str, object] = {"first": first.code, "second": second.code}
    sets = {option_set.code: option_set for option_set in first.options}
    items = {item.code: item for item in first.items}
    scales = {scale.code: scale for scale in first.scales}
    options_that_differ = [
        Message("{first} and {second} mean different options by “{code}”.", names | {"code": option_set.code})
        for option_set in second.options
        if sets.get(option_set.code, option_set) != option_set
    ]
    items_that_differ = [
        Message("{first} and {second} mean different questions by “{code}”.", names | {"code": item.code})
        for item in second.items
        if items.get(item.code, item) != item or item.code in scales
    ]
    scales_that_differ = [
        Message("{first} and {second} mean different scales by “{code}”.", names | {"code": scale.code})
        for scale in second.scales
        if scales.get(scale.code, scale) != scale or scale.code in items
    ]
    return [*options_that_differ, *items_that_differ, *scales_that_differ]


def _joined(between: str, texts: Sequence[Text]) -> Text:
    return Text(
        **{language: between.join(filter(None, (text.to(language) for text in texts))) for language in LANGUAGES}
    )


def _numbered(row: object) -> object:
    """Return a segment of a file as a document has it: the choices with their numbers."""
    choices = row.get("choices") if isinstance(row, dict) else None
    if not isinstance(row, dict) or not isinstance(choices, list):
        return row
    return row | {"choices": [{"code": number, "label": label} for number, label in enumerate(choices, start=1)]}


def _read_file(path: Path) -> Instrument:
    text = _text_of(path)
    raw = _toml(path, text)
    reasons = [
        Problem(
            path.name,
            None,
            Message("“{key}” belongs to a programme, not to a file of questions.", {"key": key}),
        )
        for key in ADDITIONS
        if key in raw
    ]
    if reasons:
        raise InvalidInput("The instrument {source} is not valid.", reasons, source=path.name)
    return parse(raw, path.name, _line_numbers(text))


def _toml(path: Path, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _unreadable(path, None, Message("The file is nested too deeply.")) from None
    except ValueError as error:  # TOMLDecodeError is one; a number of thousands of digits raises the plain kind
        where = _LINE.search(str(error))
        reason = Message("This is not valid TOML: {detail}.", {"detail": str(error)})
        raise _unreadable(path, int(where[1]) if where else None, reason) from None


def _text_of(path: Path) -> str:
    """Read a file of limited size as UTF-8; a byte order mark, which some editors add, is allowed."""
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise NotFound("There is no file {path}.", path=str(path)) from None
    except OSError as error:
        raise Refused("The file {path} cannot be read: {reason}.", path=str(path), reason=error.strerror) from None
    if len(content) > LARGEST_FILE:
        raise _unreadable(path, None, Message("The file is larger than 1 MB."))
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _unreadable(path, line, Message("This line is not valid UTF-8.")) from None


def _unreadable(path: Path, line: int | None, reason: Message) -> InvalidInput:
    return InvalidInput("The file {source} is not valid.", [Problem(path.name, line, reason)], source=path.name)


def _line_numbers(text: str) -> dict[tuple[str, int], int]:
    """Return where the n-th ``[[items]]``, ``[[scales]]`` and so on starts; TOML itself keeps no line numbers."""
    found: dict[tuple[str, int], int] = {}
    counts: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        header = _HEADER.match(line)
        if header:
            counts[header[1]] = counts.get(header[1], 0) + 1
            found[header[1], counts[header[1]]] = number
    return found
