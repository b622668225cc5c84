"""Reads raw tables by key: hands out checked values and collects everything that is wrong with them."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from surveys.errors import Problem
from surveys.i18n import LANGUAGES, Message
from surveys.instruments.parts import Text

LONGEST_TEXT = 1000
LONGEST_LIST = {"items": 60, "scales": 60, "options": 20, "choices": 10, "segments": 3, "topics": 12}
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_EMPTY_TEXT = Text(**dict.fromkeys(LANGUAGES, ""))


@dataclass(frozen=True)
class Place:
    """Where in the document a table stands: words for the reader and the line of the file, where known."""

    name: Message
    line: int | None = None


@dataclass
class Notes:
    """Collects the problems of one document."""

    source: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, line: int | None, reason: Message) -> None:
        """Note one fault."""
        self.problems.append(Problem(self.source, line, reason))


class Table:
    """One raw table: hands out checked values by key, notes what is wrong and puts a harmless value in its place."""

    def __init__(self, raw: object, place: Place, notes: Notes) -> None:
        self.place = place
        self._notes = notes
        self._seen: set[str] = set()
        self._raw: Mapping[str, object] = {}
        self._is_table = isinstance(raw, Mapping)
        if isinstance(raw, Mapping):
            self._raw = {str(key): value for key, value in raw.items()}
        else:
            self.fault(Message("{place} must be a table.", {"place": place.name}))

    def fault(self, reason: Message) -> None:
        """Note a fault at the line of this table."""
        self._notes.add(self.place.line, reason)

    def has(self, key: str) -> bool:
        """Whether the key is present."""
        return key in self._raw

    def value(self, key: str, *, required: bool = True) -> object:
        """Return the raw value or ``None``; a missing required key is noted once."""
        self._seen.add(key)
        value = self._raw.get(key)
        if value is None and required and self._is_table:
            self.fault(Message("{place} lacks the key “{key}”.", self._at(key)))
        return value

    def string(self, key: str, *, required: bool = True) -> str:
        """Return a text of one line in Unicode form C, ``""`` where there is none or a wrong one."""
        value = self.value(key, required=required)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.fault(Message("“{key}” of {place} must be a text.", self._at(key)))
            return ""
        text = unicodedata.normalize("NFC", value).strip()
        if required and not text:
            self.fault(Message("“{key}” of {place} is empty.", self._at(key)))
        if len(text) > LONGEST_TEXT:
            self.fault(
                Message(
                    "“{key}” of {place} is longer than {limit} characters.", self._at(key) | {"limit": LONGEST_TEXT}
                )
            )
        if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
            self.fault(Message("“{key}” of {place} contains a control character.", self._at(key)))
            return ""
        return text

    def code(self, key: str, pattern: re.Pattern[str] = CODE) -> str:
        """Return a code: small letters, digits and single hyphens, starting with a letter."""
        value = self.string(key)
        if value and not (pattern.fullmatch(value) and len(value) <= 200):
            self.fault(
                Message(
                    "“{key}” of {place} must be small letters, digits and hyphens, not “{value}”.",
                    self._at(key) | {"value": short(value)},
                )
            )
        return value

    def codes(self, key: str, pattern: re.Pattern[str] = CODE, *, required: bool = True) -> tuple[str, ...]:
        """Return a list of codes without repeats."""
        value = self.value(key, required=required)
        if value is None:
            return ()
        if not isinstance(value, (list, tuple)) or not all(isinstance(entry, str) for entry in value):
            self.fault(Message("“{key}” of {place} must be a list of texts.", self._at(key)))
            return ()
        for entry in value:
            if not pattern.fullmatch(entry):
                self.fault(
                    Message(
                        "“{key}” of {place} must be small letters, digits and hyphens, not “{value}”.",
                        self._at(key) | {"value": short(entry)},
                    )
                )
        for entry in repeated(value):
            self.fault(Message("“{key}” of {place} names “{value}” twice.", self._at(key) | {"value": short(entry)}))
        return tuple(value)

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """Return a whole number from ``low`` to ``high``; ``default`` where the key is absent."""
        value = self.value(key, required=default is None)
        fallback = low if default is None else default
        if value is None:
            return fallback
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.fault(
                Message(
                    "“{key}” of {place} must be a whole number from {low} to {high}.",
                    self._at(key) | {"low": low, "high": high},
                )
            )
            return fallback
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.value(key, required=False)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.fault(Message("“{key}” of {place} must be true or false.", self._at(key)))
            return default
        return value

    def text(self, key: str, *, required: bool = True) -> Text:
        """Return a text in every language; an optional one may be missing as a whole."""
        value = self.value(key, required=required)
        if value is None or (not required and value in ({}, dict.fromkeys(LANGUAGES, ""))):
            return _EMPTY_TEXT
        table = self.table(value, Message("“{key}” of {place}", self._at(key)))
        found = {language: table.string(language) for language in LANGUAGES}
        table.finish()
        return Text(**found)

    def day(self, key: str) -> dt.date:
        """Return a date, given as a date or as text in ISO form."""
        value = self.value(key)
        if isinstance(value, str):
            try:
                return dt.date.fromisoformat(value)
            except ValueError:
                value = ""
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return value
        if value is not None:
            self.fault(Message("“{key}” of {place} must be a date such as 2026-11-22.", self._at(key)))
        return dt.date.min

    def table(self, raw: object, name: Message) -> Table:
        """Wrap a table inside this one; its faults are noted at the same line."""
        return Table(raw, Place(name, self.place.line), self._notes)

    def rows(self, key: str, lines: Mapping[tuple[str, int], int], *, least: int = 1, most: int = 0) -> list[Table]:
        """Return the tables of a list, each with its number and line.

        There must be ``least`` to ``most`` of them; where ``most`` is left out, :data:`LONGEST_LIST` says it.
        """
        value = self.value(key)
        if value is None:
            return []
        limit = most or LONGEST_LIST[key]
        if not isinstance(value, (list, tuple)) or not least <= len(value) <= limit:
            self.fault(
                Message(
                    "“{key}” of {place} must be a list of {least} to {limit} tables.",
                    self._at(key) | {"least": least, "limit": limit},
                )
            )
            return []
        return [
            Table(row, Place(_row_name(key, number, row), lines.get((key, number), self.place.line)), self._notes)
            for number, row in enumerate(value, start=1)
        ]

    def finish(self) -> None:
        """Note every key that nobody asked for."""
        for key in sorted(set(self._raw) - self._seen):
            self.fault(Message("{place} has the unknown key “{key}”.", {"place": self.place.name, "key": short(key)}))

    def _at(self, key: str) -> dict[str, object]:
        return {"key": key, "place": self.place.name}


def _row_name(key: str, number: int, row: object) -> Message:
    """Name a row for the reader by number and, where it has one, by code."""
    raw = row.get("code") if isinstance(row, Mapping) else None
    params: dict[str, object] = {"number": number, "code": short(raw) if isinstance(raw, str) else ""}
    if key == "items":
        return Message("item {number} “{code}”", params) if params["code"] else Message("item {number}", params)
    if key == "scales":
        return Message("scale {number} “{code}”", params) if params["code"] else Message("scale {number}", params)
    if key == "options":
        return (
            Message("option set {number} “{code}”", params)
            if params["code"]
            else Message("option set {number}", params)
        )
    if key == "segments":
        return Message("segment {number} “{code}”", params) if params["code"] else Message("segment {number}", params)
    if key == "topics":
        return Message("topic {number} “{code}”", params) if params["code"] else Message("topic {number}", params)
    return Message("choice {number}", params)


def repeated(entries: Iterable[str]) -> list[str]:
    """Return every text that occurs more than once, in order of appearance."""
    return [entry for entry, count in Counter(entries).items() if count > 1 and entry]


def short(value: str) -> str:
    """Cut a value for a sentence; control characters and braces would spoil the line it is printed on."""
    clean = "".join(character if character.isprintable() else "?" for character in value)
    return clean if len(clean) <= 60 else clean[:59] + "…"
