"""Turns the repetition rules of a calendar's entry into leave to unfold them, or into the reason why not.

A rule that never comes round would be looked for until the year 9999, and one with an interval of zero for ever.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

from dateutil.rrule import rrule, rrulestr
from icalendar import Event

from surveys.i18n import Message, mark

MOST_STEPS = 2_000_000
"""Steps that all rules of one file may take together, of about five microseconds each."""

_DAYS = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 30, "YEARLY": 365}
_PLAIN = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})
_CYCLE = 400  # years after which the Gregorian calendar repeats, weekdays included
_LAST_YEAR = dt.MAXYEAR
_MOST_LOOKED_FOR = 20
_UNREADABLE = mark("The repetition of the entry cannot be read.")
_NEVER = mark("The repetition of the entry never comes round.")
TOO_MANY_STEPS = mark("The entries of the calendar repeat too often. Leave out old daily entries.")


def rules_of(event: Event) -> Iterator[Mapping[str, Sequence[object]]]:
    """Yield the repetition rules of an entry, each as its parts."""
    found = event.get("RRULE")
    yield from found if isinstance(found, list) else [found] if found is not None else []


class Repeats:
    """Judges the rules of one file, entry by entry; ``last`` is the last day that is asked for."""

    def __init__(self, last: dt.date) -> None:
        self._last = last
        self._steps = 0
        self._lost = 0

    @property
    def is_spent(self) -> bool:
        """Whether the file asks for more than one file may."""
        return self._steps > MOST_STEPS or self._lost > _MOST_LOOKED_FOR

    def fault(self, event: Event, first: dt.date) -> Message | None:
        """Return why the rules of an entry that begins on ``first`` cannot be unfolded; ``None`` where they can."""
        for rule in rules_of(event):
            if self.is_spent:
                return Message(TOO_MANY_STEPS)
            try:
                interval = int(str(_one(rule, "INTERVAL", 1)))
                days = _DAYS.get(str(_one(rule, "FREQ", "")).upper(), 1)
                if interval < 1:
                    return Message(_UNREADABLE)
                self._steps += max((self._last - first).days, 0) // (days * interval) + 1
                if not set(rule) <= _PLAIN and not _comes_round(rule, first):
                    self._lost += 1
                    return Message(_NEVER)
            except (ValueError, TypeError, AttributeError, OverflowError):
                return Message(_UNREADABLE)
        return None


def _one(rule: Mapping[str, Sequence[object]], name: str, usual: object) -> object:
    value = rule.get(name, usual)
    return value[0] if isinstance(value, list) else value


def _comes_round(rule: Mapping[str, Sequence[object]], first: dt.date) -> bool:
    """Say whether a rule without its end has a day in the last 400 years that a date can have; others are alike."""
    year = first.year + (_LAST_YEAR - first.year) // _CYCLE * _CYCLE
    if year > _LAST_YEAR - 40:
        year -= _CYCLE
    begins = dt.datetime.combine(first.replace(year=year), dt.time())
    endless = {name: value for name, value in rule.items() if name not in {"COUNT", "UNTIL"}}
    written = ";".join(f"{name}={_written(value)}" for name, value in endless.items())
    found = rrulestr(written, dtstart=begins)
    return isinstance(found, rrule) and next(iter(found), None) is not None


def _written(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
