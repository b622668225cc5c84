"""Judges single cells of the organisation files: each function returns the fault as a sentence, or None."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Sequence
from functools import cache, lru_cache

from holidays.utils import list_supported_countries

from surveys.i18n import Message, mark
from surveys.importers.tables import has_control, quote

MAX_KEY = 64
MAX_NAME = 120
MAX_EMAIL = 254
MAX_LOCAL_PART = 64

# The unquoted form of RFC 5322 with a domain of at least two labels: what mail relays accept without extensions.
_EMAIL = re.compile(
    r"(?P<local>[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])"
)
# A key becomes part of addresses and file names.
_KEY = re.compile(r"\w[\w.-]*")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# Files that lie in the system's zone directory and name no place.
_NO_ZONES = frozenset({"localtime", "Factory", "posixrules"})


def team_key_fault(key: str) -> Message | None:
    """Judge a team key: 1 to 64 letters, digits, dots, hyphens, underscores; neither dot nor hyphen first."""
    if not key:
        return Message("The key of the team is empty.")
    if len(key) > MAX_KEY or not _KEY.fullmatch(key):
        text = mark("The key “{team}” may have letters, digits, dots, hyphens and underscores only, at most {limit}.")
        return Message(text, {"team": quote(key), "limit": MAX_KEY})
    return None


def text_fault(text: str, what: Message) -> Message | None:
    """Judge a name: 1 to 120 characters, no control characters; one that looks like a formula is only text here."""
    if not text:
        return Message("{what} is empty.", {"what": what})
    if len(text) > MAX_NAME:
        return Message("{what} is longer than {limit} characters.", {"what": what, "limit": MAX_NAME})
    if has_control(text):
        return Message("{what} holds a line break or a control character.", {"what": what})
    return None


@lru_cache(maxsize=1 << 17)
def email_fault(email: str) -> Message | None:
    """Judge an e-mail address in lower case."""
    if not email:
        return Message("The e-mail address is empty.")
    found = _EMAIL.fullmatch(email) if len(email) <= MAX_EMAIL else None
    if found is None or len(found["local"]) > MAX_LOCAL_PART:
        return Message("“{email}” is not an e-mail address.", {"email": quote(email)})
    return None


def timezone_fault(timezone: str) -> Message | None:
    """Judge a time zone by the names of the IANA data base."""
    if timezone in _zones():
        return None
    return Message("Unknown time zone “{timezone}”. Write it as Europe/Madrid.", {"timezone": quote(timezone)})


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones() - _NO_ZONES)


@lru_cache(maxsize=1024)
def country(cell: str) -> tuple[str, Message | None]:
    """Return the country of a cell, such as ES, or ES-MD with its part, as the library of holidays spells it.

    The case of a cell does not matter; an empty cell is no country and no fault. Source of the codes: ISO 3166 as far
    as the ``holidays`` library knows the country's public holidays.
    """
    if not cell:
        return "", None
    code, _, part = cell.partition("-")
    parts = _countries().get(code.upper())
    if parts is None:
        text = mark("Unknown country “{country}”. Write it as ES, or as ES-MD where a part has holidays of its own.")
        return "", Message(text, {"country": quote(cell)})
    if code == cell:
        return code.upper(), None
    if part.casefold() in parts:
        return f"{code.upper()}-{parts[part.casefold()]}", None
    if not parts:
        text = mark("No part of the country {country} has holidays of its own. Write {country} alone.")
        return "", Message(text, {"country": code.upper()})
    known = ", ".join(parts.values())
    params = {"country": code.upper(), "part": quote(part), "known": known}
    return "", Message("The country {country} has no part “{part}”. Known are: {known}.", params)


@cache
def _countries() -> dict[str, dict[str, str]]:
    """Return the parts of each country by their name without case."""
    listed = list_supported_countries(include_aliases=False)
    return {code: {part.casefold(): part for part in parts} for code, parts in listed.items() if len(code) == 2}


def language_fault(language: str, languages: Sequence[str]) -> Message | None:
    """Judge a language by those that the installation speaks."""
    if language in languages:
        return None
    params = {"language": quote(language), "known": ", ".join(languages)}
    return Message("Unknown language “{language}”. Known are: {known}.", params)


@lru_cache(maxsize=4096)
def day(cell: str) -> tuple[dt.date | None, Message | None]:
    """Return the day of a cell and its fault; an empty cell is no day and no fault."""
    if not cell:
        return None, None
    try:
        if _DAY.fullmatch(cell):
            return dt.date.fromisoformat(cell), None
    except ValueError:
        pass  # a thirtieth of February has the right form
    return None, Message("“{cell}” is not a date. Write it as 2026-03-31.", {"cell": quote(cell)})


def period_fault(starts_on: dt.date | None, ends_on: dt.date | None) -> Message | None:
    """Judge a period whose last day must not lie before its first."""
    if starts_on is None or ends_on is None or starts_on <= ends_on:
        return None
    return Message("The membership ends before it starts.")


def cycle_text(cycle: Sequence[str]) -> str:
    """Name a cycle from its smallest key round to itself; a long one is shortened in the middle."""
    first = cycle.index(min(cycle))
    names = [quote(key) for key in (*cycle[first:], *cycle[:first], cycle[first])]
    return " > ".join(names if len(names) <= 8 else [*names[:5], "…", *names[-2:]])
