"""Turns the raw items of one upload into bytes and back, so that they wait for their map without being read again."""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from surveys.errors import Problem
from surveys.i18n import Message
from surveys.importers.roadmap_model import EventField, PlanFact, SourceKind, StatusClass
from surveys.importers.roadmap_packed import Packed, pack_item, pack_plan, unpack_item, unpack_plan
from surveys.importers.roadmap_raw import RawFile, RawItem

_FORMAT = 1
_PIECE = 1 << 16


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An upload between its check and its import: the raw file, the map so far (TOML), and how it was read.

    ``file`` is the name that messages use. ``moves_times`` is set where times without an offset are those of the
    item's team; ``timezone`` is kept with the source.
    """

    raw: RawFile
    file: str
    map_text: str
    timezone: str = "UTC"
    moves_times: bool = False


def pack_draft(draft: Draft) -> bytes:
    """Return a draft as bytes; items are read once and are never all in memory as objects."""
    return b"".join(_packed(draft))


def unpack_draft(body: bytes) -> Draft:
    """Return the draft that :func:`pack_draft` packed; its items are unpacked anew each time they are read."""
    head = _read(next(_lines(body)))
    if head.get("format") != _FORMAT:
        raise ValueError("this draft was packed by another version")
    raw = RawFile(
        kind=SourceKind(str(head["kind"])),
        items=lambda: _items(body),
        plans=tuple(_plan(each) for each in _list(head["plans"])),
        history=frozenset(EventField(str(name)) for name in _list(head["history"])),
        categories={word: StatusClass(str(known)) for word, known in _mapping(head["categories"]).items()},
        covered_from=_day(head["covered_from"]),
        covered_to=_day(head["covered_to"]),
        last_seen=None if head["last_seen"] is None else dt.datetime.fromisoformat(str(head["last_seen"])),
        problems=tuple(_problem(_list(each)) for each in _list(head["problems"])),
    )
    return Draft(
        raw=raw,
        file=str(head["file"]),
        map_text=str(head["map"]),
        timezone=str(head["timezone"]),
        moves_times=bool(head["moves_times"]),
    )


def _packed(draft: Draft) -> Iterator[bytes]:
    engine = zlib.compressobj(6)
    yield engine.compress(_line(_head(draft)))
    for item in draft.raw.items():
        yield engine.compress(_line(pack_item(item)))
    yield engine.flush()


def _head(draft: Draft) -> Packed:
    raw = draft.raw
    return {
        "format": _FORMAT,
        "file": draft.file,
        "map": draft.map_text,
        "timezone": draft.timezone,
        "moves_times": draft.moves_times,
        "kind": raw.kind.value,
        "plans": [
            {**pack_plan(plan), "seen": [[at.isoformat(), due.isoformat()] for at, due in plan.dates_seen]}
            for plan in raw.plans
        ],
        "history": sorted(field.value for field in raw.history),
        "categories": {word: known.value for word, known in raw.categories.items()},
        "covered_from": _iso(raw.covered_from),
        "covered_to": _iso(raw.covered_to),
        "last_seen": _iso(raw.last_seen),
        "problems": [[problem.source, problem.line, _told(problem.reason)] for problem in raw.problems],
    }


def _items(body: bytes) -> Iterator[RawItem]:
    lines = _lines(body)
    next(lines)
    for line in lines:
        yield unpack_item(_read(line))


def _lines(body: bytes) -> Iterator[bytes]:
    """Yield the lines of a packed draft, a piece of it in memory at a time."""
    engine, rest = zlib.decompressobj(), b""
    for start in range(0, len(body), _PIECE):
        parts = (rest + engine.decompress(body[start : start + _PIECE])).split(b"\n")
        rest = parts.pop()
        yield from parts
    yield from (part for part in (rest + engine.flush()).split(b"\n") if part)


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _read(line: bytes) -> Packed:
    value = json.loads(line)
    return value if isinstance(value, dict) else {}


def _plan(packed: object) -> PlanFact:
    found = _mapping(packed)
    pairs = (_list(pair) for pair in _list(found.get("seen")))
    seen = tuple((dt.date.fromisoformat(str(at)), dt.date.fromisoformat(str(due))) for at, due in pairs)
    return replace(unpack_plan(found), dates_seen=seen)


def _told(message: Message) -> Packed:
    return {"text": message.text, "params": {name: _value(value) for name, value in message.params.items()}}


def _value(value: object) -> object:
    """Return a value of a message as JSON; what is neither text nor number says what it is."""
    if isinstance(value, Message):
        return {"message": _told(value)}
    if isinstance(value, dt.datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, dt.date):
        return {"day": value.isoformat()}
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _problem(packed: list[object]) -> Problem:
    source, line, reason = packed
    return Problem(str(source), line if isinstance(line, int) else None, _message(_mapping(reason)))


def _message(packed: Mapping[str, object]) -> Message:
    params = {name: _param(value) for name, value in _mapping(packed["params"]).items()}
    return Message(str(packed["text"]), params)


def _param(value: object) -> object:
    told = _mapping(value)
    if "message" in told:
        return _message(_mapping(told["message"]))
    if "moment" in told:
        return dt.datetime.fromisoformat(str(told["moment"]))
    return dt.date.fromisoformat(str(told["day"])) if "day" in told else value


def _iso(value: dt.date | None) -> str | None:
    return None if value is None else value.isoformat()


def _day(value: object) -> dt.date | None:
    return None if value is None else dt.date.fromisoformat(str(value))


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
