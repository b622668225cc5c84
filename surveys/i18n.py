"""Turns messages and values into sentences of a language, from the catalogues in ``surveys/locale``.

The catalogues are read as text (``es.po``) when first used, so no compiled file has to be built or shipped.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LANGUAGES = ("en", "es")
"""The languages of the product, the first one is the source language of every message."""

_LOCALES = {"en": "en_GB", "es": "es_ES"}
_CATALOGUES = Path(__file__).parent / "locale"
_MINUS = "\N{MINUS SIGN}"


def mark(message: str) -> str:
    """Return ``message`` unchanged; the call makes the text known to the extraction of messages."""
    return message


@dataclass(frozen=True)
class Message:
    """A text of the source language with named values, rendered when its reader is known."""

    text: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return translator("en").render(self)


class Translator:
    """Formats messages, numbers and dates for one language; obtain it with :func:`translator`."""

    def __init__(self, language: str, singles: Mapping[str, str], plurals: Mapping[str, tuple[str, str]]) -> None:
        self.language = language
        self.locale = Locale.parse(_LOCALES[language])
        self._singles = singles
        self._plurals = plurals

    def t(self, message: str, /, **params: object) -> str:
        """Translate ``message`` and fill its ``{named}`` places; an untranslated message stays English."""
        return self._fill(self._singles.get(message) or message, params)

    def n(self, singular: str, plural: str, count: int, /, **params: object) -> str:
        """Like :meth:`t` with the form that fits ``count``, which is also available as ``{count}``."""
        forms = self._plurals.get(singular, (singular, plural))
        return self._fill(forms[0] if count == 1 else forms[1], {"count": count, **params})

    def render(self, message: Message) -> str:
        """Translate a :class:`Message` and its values."""
        return self.t(message.text, **message.params)

    def number(self, value: float, decimals: int = 1) -> str:
        """Format with exactly ``decimals`` places, the decimal sign of the locale and a true minus sign."""
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        rounded = round(float(value), decimals) + 0.0  # adding zero turns -0.0 into 0.0
        return format_decimal(rounded, format=pattern, locale=self.locale).replace("-", _MINUS)

    def date(self, value: dt.date, style: str = "d MMM y") -> str:
        """Format a date; the default gives ``3 Nov 2026``."""
        return format_date(value, format=style, locale=self.locale)

    def moment(self, value: dt.datetime, zone: dt.tzinfo | None = None) -> str:
        """Format an instant as date and minute in ``zone`` (UTC where none is given)."""
        return format_datetime(value, "d MMM y, HH:mm", tzinfo=zone or dt.UTC, locale=self.locale)

    def join(self, parts: Sequence[str], style: str = "standard") -> str:
        """Join words as the language does: ``A, B and C``."""
        return format_list(list(parts), style=style, locale=self.locale)  # type: ignore[arg-type]

    def _fill(self, text: str, params: Mapping[str, object]) -> str:
        if not params:
            return text
        return text.format(**{name: self._value(value) for name, value in params.items()})

    def _value(self, value: object) -> object:
        if isinstance(value, Message):
            return self.render(value)
        if isinstance(value, dt.datetime):
            return self.moment(value)
        if isinstance(value, dt.date):
            return self.date(value)
        return value


@cache
def translator(language: str) -> Translator:
    """Return the translator of ``language``; an unknown language falls back to English."""
    if language not in _LOCALES:
        language = "en"
    singles: dict[str, str] = {}
    plurals: dict[str, tuple[str, str]] = {}
    path = _CATALOGUES / f"{language}.po"
    if path.exists():
        with path.open("rb") as stream:
            catalogue = read_po(stream, locale=language)
        for entry in catalogue:
            if not entry.id or entry.fuzzy:
                continue
            if isinstance(entry.id, str):
                singles[entry.id] = str(entry.string or "")
            elif isinstance(entry.string, (tuple, list)) and all(entry.string):
                plurals[entry.id[0]] = (entry.string[0], entry.string[1])
    return Translator(language, singles, plurals)
