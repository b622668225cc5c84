"""Turns days and times as tools write them into days and UTC times, with one order of day and month per column."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass, field

from surveys.errors import Problem
from surveys.i18n import Message

_CLOCK = (
    r"(?:,?[ T]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
    r"\s*(?P<half>[ap]\.?\s?m\.?)?\s*(?P<offset>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?$"
)
_FORMS = tuple(
    re.compile(form + _CLOCK, re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})",
        r"(?P<first>\d{1,2})(?P<sign>[./-])(?P<second_part>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})",
        r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[ /.-]+(?:de )?(?P<word>[^\W\d_]{3,12})[ /.,-]+(?:de )?(?P<year>\d{4}|\d{2})",
        r"(?P<word>[^\W\d_]{3,12})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4})",
    )
)
# The text form of JavaScript's Date (ECMA-262, Date.prototype.toString), as Linear exports it.
_SCRIPT = re.compile(
    r"[^\W\d_]{3} (?P<word>[^\W\d_]{3}) (?P<day>\d{2}) (?P<year>\d{4}) "
    r"(?P<hour>\d{2}):(?P<minute>\d{2}):(?P<second>\d{2}) (?:GMT|UTC)(?P<offset>[+-]\d{4})(?: \(.*\))?$"
)
# The first letters of the months in English, Spanish, French, German, Italian and Portuguese.
_MONTHS = {
    prefix: number
    for number, prefixes in enumerate(
        (
            "jan ene gen",
            "feb fev fév",
            "mar mär mrz",
            "apr abr avr",
            "may mai mag",
            "jun giu juin",
            "jul lug juil",
            "aug ago aoû aou",
            "sep set",
            "oct okt ott out",
            "nov",
            "dec dic dez déc",
        ),
        start=1,
    )
    for prefix in prefixes.split()
}
_IN_FIGURES = re.compile(r"\s*\d{1,2}[/-]\d")
_QUARTER = re.compile(
    r"(?:(?P<year>\d{4})[ /-]*(?P<kind>[QTH])(?P<number>[1-4])"
    r"|(?P<kind2>[QTH])(?P<number2>[1-4])[ ,/'-]*(?P<year2>\d{4}|\d{2}))$",
    re.IGNORECASE,
)
_MONTH_ALONE = re.compile(
    r"(?:(?P<year>\d{4})-(?P<month>\d{1,2})|(?P<word>[^\W\d_]{3,12})\.? (?P<year2>\d{4}))$", re.IGNORECASE
)
_NO_DAY = frozenset(
    {"-", "–", "—", "n/a", "none", "tbd", "tba", "now", "next", "later", "someday", "unscheduled", "backlog"}
)
_CENTURY = 80  # no tool in use is older than 1980, so a year of two digits from 80 on is of the last century


@dataclass(frozen=True, slots=True)
class Stamp:
    """One day, perhaps with a time, as it was written.

    ``first`` and ``second`` are day and month in that order; ``swaps`` says that they may also be month and day.
    ``clock`` is ``None`` for a day alone, ``offset`` the minutes east of UTC where any were written.
    """

    year: int
    first: int
    second: int
    swaps: bool = False
    clock: dt.time | None = None
    offset: int | None = None

    def fits(self, *, day_first: bool) -> bool:
        """Say whether the stamp names a real day when read in this order."""
        return self.day(day_first=day_first) is not None

    def day(self, *, day_first: bool = True) -> dt.date | None:
        """Return the day as written, whatever the time and offset; ``None`` where this order gives no real day."""
        day, month = (self.first, self.second) if day_first or not self.swaps else (self.second, self.first)
        try:
            return dt.date(self.year, month, day)
        except ValueError:
            return None

    def moment(self, zone: dt.tzinfo, *, day_first: bool = True) -> dt.datetime | None:
        """Return the UTC time; a day alone is its first instant, and a time without offset is in ``zone``."""
        day = self.day(day_first=day_first)
        if day is None:
            return None
        own = zone if self.offset is None else dt.timezone(dt.timedelta(minutes=self.offset))
        try:
            return dt.datetime.combine(day, self.clock or dt.time(), tzinfo=own).astimezone(dt.UTC)
        except (ValueError, OverflowError):
            return None

    def meant_day(self) -> dt.date | None:
        """Return the day that an instant stands for where a tool stores days as instants.

        Such an instant is the midnight of whoever chose the day, so the day begins at the midnight nearest to it as
        written: 23:00 GMT on the 25th is the 26th of somebody in Madrid, 07:00 GMT the same day in San Francisco.
        Without an offset it is the day that is shown.
        """
        shown = self.day()
        if shown is None or self.offset is None or self.clock is None or self.clock.hour < 12:
            return shown
        return shown + dt.timedelta(days=1)


def stamp(text: str) -> Stamp | None:
    """Return what ``text`` says, or ``None`` where it is no day and no time.

    Read are ISO days and times, ``14/Jul/25 3:42 PM`` and ``Jul 14, 2025`` with months in six languages, days in
    figures with slash, dot or hyphen, and the dates of JavaScript. Figures with dots begin with the day everywhere.
    """
    text = " ".join(text.split())
    for form in (*_FORMS, _SCRIPT):
        found = form.match(text)
        if found is not None:
            return _stamp(found.groupdict())
    return None


def last_day(text: str) -> dt.date | None:
    """Return the last day of a quarter (``2026 Q3``), half (``H1 2026``) or month (``July 2026``), else ``None``."""
    text = " ".join(text.split())
    found = _QUARTER.match(text)
    if found is not None:
        parts = found.groupdict()
        number = int(parts["number"] or parts["number2"])
        is_half = (parts["kind"] or parts["kind2"]).upper() == "H"
        if is_half and number > 2:
            return None
        return _end_of_month(_year(parts["year"] or parts["year2"]), number * (6 if is_half else 3))
    found = _MONTH_ALONE.match(text)
    if found is None:
        return None
    month = _month(found["word"]) if found["word"] else int(found["month"])
    return _end_of_month(int(found["year"] or found["year2"]), month) if month and 1 <= month <= 12 else None


def names_no_day(text: str) -> bool:
    """Say whether ``text`` is a word by which roadmaps leave a day open, such as Now, Next, Later or TBD."""
    return text.strip().casefold() in _NO_DAY


def _end_of_month(year: int, month: int) -> dt.date | None:
    return dt.date(year, month, calendar.monthrange(year, month)[1]) if year else None


def _stamp(parts: dict[str, str | None]) -> Stamp | None:
    year, clock = _year(parts.get("year") or "0"), _clock(parts)
    if not year or clock is False:
        return None
    second, first = parts.get("second_part"), parts.get("first")
    swaps = first is not None and parts.get("sign") != "."
    word = parts.get("word")
    month = int(second) if second is not None else _month(word) if word else int(parts.get("month") or 0)
    day = int(first if first is not None else parts.get("day") or 0)
    if not month:
        return None
    found = Stamp(year, day, month, swaps, None if clock is True else clock, _offset(parts.get("offset")))
    return found if found.fits(day_first=True) or found.fits(day_first=False) else None


def _clock(parts: dict[str, str | None]) -> dt.time | bool:
    """Return the time of day, True where none is written, False where what is written is none."""
    if parts.get("hour") is None:
        return True
    hour, minute, second = int(parts["hour"] or 0), int(parts["minute"] or 0), int(parts["second"] or 0)
    half = (parts.get("half") or "")[:1].casefold()
    if half and not 1 <= hour <= 12:
        return False
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    micros = int((parts.get("part") or "0").ljust(6, "0")[:6])
    return dt.time(hour, minute, second, micros) if hour < 24 and minute < 60 and second < 60 else False


def _month(word: str) -> int | None:
    folded = word.casefold()
    return _MONTHS.get(folded[:4]) or _MONTHS.get(folded[:3])


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) > 2 else year + (1900 if year >= _CENTURY else 2000)


def _offset(text: str | None) -> int | None:
    if not text:
        return None
    if text.upper() in {"Z", "UTC", "GMT"}:
        return 0
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    if minutes >= 24 * 60:
        return None
    return -minutes if text[0] == "-" else minutes


@dataclass
class _Seen:
    """What one column showed: the first stamp that fits one order only, for each, and the first that fits both."""

    only: dict[bool, tuple[int, str]] = field(default_factory=dict)
    both: tuple[int, str, Stamp] | None = None


class DayOrders:
    """Decides for each column of days in figures whether the day or the month comes first.

    First every cell is shown to :meth:`see`, then :meth:`settle` decides, then :meth:`first` answers. ``day_first``
    that was said beforehand wins. One order must fit a whole column; a column whose days fit both takes the order
    that the other columns of the file prove, or a file beside it (``proven``), and is a problem where none does.
    """

    def __init__(self, source: str, *, day_first: bool | None, proven: Collection[bool] = ()) -> None:
        self.source, self.said, self._beside = source, day_first, frozenset(proven)
        self._seen: dict[str, _Seen] = {}
        self._order: dict[str, bool] = {}

    def see(self, column: str, line: int, text: str) -> None:
        """Take in one cell; cells that are no days in figures say nothing."""
        if _IN_FIGURES.match(text) is None:
            return
        found = stamp(text)
        if found is None or not found.swaps:
            return
        seen = self._seen.setdefault(column, _Seen())
        fits = {order: found.fits(day_first=order) for order in (True, False)}
        if not all(fits.values()):
            seen.only.setdefault(fits[True], (line, text))
        elif seen.both is None and found.first != found.second:
            seen.both = (line, text, found)

    def settle(self) -> list[Problem]:
        """Decide every column; return what cannot be decided."""
        if self.said is not None:
            return []
        problems = []
        for column, seen in self._seen.items():
            if len(seen.only) == 2:
                problems.append(self._torn(column, seen))
            elif seen.only:
                self._order[column] = next(iter(seen.only))
        proven = self.proven or self._beside
        for column, seen in self._seen.items():
            if not seen.only and seen.both is not None:
                if len(proven) == 1:
                    self._order[column] = next(iter(proven))
                else:
                    problems.append(self._open(column, *seen.both))
        return problems

    @property
    def proven(self) -> frozenset[bool]:
        """The orders that columns of this file show; ask after :meth:`settle`."""
        return frozenset(self._order.values())

    def first(self, column: str) -> bool:
        """Say whether the day comes first in ``column``."""
        return self._order.get(column, True) if self.said is None else self.said

    def _torn(self, column: str, seen: _Seen) -> Problem:
        (line, by_day), (other, by_month) = seen.only[True], seen.only[False]
        reason = Message(
            "{column}: {by_day} can only begin with the day and {by_month} on line {line} only with the month. "
            "Write the days of one column in one way.",
            {"column": column, "by_day": by_day[:40], "by_month": by_month[:40], "line": other},
        )
        return Problem(self.source, line, reason)

    def _open(self, column: str, line: int, text: str, found: Stamp) -> Problem:
        reason = Message(
            "{column}: {value} can be {by_day} or {by_month}, and no day of the file shows which. "
            "Say whether the day or the month comes first.",
            {
                "column": column,
                "value": text[:40],
                "by_day": found.day(day_first=True),
                "by_month": found.day(day_first=False),
            },
        )
        return Problem(self.source, line, reason)
