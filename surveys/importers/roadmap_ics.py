"""Turns the entries of an iCalendar file into kinds of days and into dates of releases and milestones.

Descriptions, places, organisers and guests are not read. The title of an entry decides its kind, and stays only as
the name of a release, a milestone or a freeze.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import recurring_ical_events
from icalendar import Calendar, Event

from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message, mark
from surveys.importers.calendar_kinds import DayKind, kind_of
from surveys.importers.roadmap_documents import TOO_LARGE, refused
from surveys.importers.roadmap_meanings import clean_name
from surveys.importers.roadmap_model import PlanFact, PlanKind
from surveys.importers.roadmap_raw import Reading
from surveys.importers.roadmap_remarks import Remarks
from surveys.importers.roadmap_repeats import TOO_MANY_STEPS, Repeats, rules_of
from surveys.importers.roadmap_text import decode

MOST_ENTRIES = 20_000
"""A calendar that unfolds to more entries than this is refused."""

LONGEST = dt.timedelta(days=366)
"""An entry that lasts longer is a mistake."""

_MOST_BYTES = 20 * 1024 * 1024
_LONGEST_NAME = 80
_DATED = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
_WITHIN_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
_PLAN_KINDS = {
    DayKind.RELEASE: PlanKind.RELEASE,
    DayKind.MILESTONE: PlanKind.MILESTONE,
    DayKind.FREEZE: PlanKind.MILESTONE,
}
_LINE_NUMBER = re.compile(r"[Ll]ine (?:number )?(\d+)")
_UNREADABLE = Message("This is not a calendar file (.ics): it has a line that cannot be read.")
_NO_CALENDAR = mark("This is not a calendar file (.ics): {cause}.")
_UNKNOWN = mark(
    "Entries that are none of the known kinds were left out: {count}. Name their categories or words of their titles "
    "to say what they are."
)


@dataclass(frozen=True, kw_only=True)
class CalendarEntry:
    """One entry, both days inclusive; ``name`` is empty for all but releases, milestones and freezes."""

    kind: DayKind
    first: dt.date
    last: dt.date
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class CalendarFile:
    """What a calendar says, ordered by day, kind and name; ``problems`` are oddities that were tolerated.

    ``first`` and ``last`` are the days that were asked for; entries outside them are left out.
    """

    entries: tuple[CalendarEntry, ...]
    first: dt.date
    last: dt.date
    problems: tuple[Problem, ...] = ()

    def days(self) -> tuple[tuple[dt.date, DayKind], ...]:
        """Return every day with its kind, once each; of a release its first day, of a milestone none."""
        found: set[tuple[dt.date, DayKind]] = set()
        for entry in self.entries:
            if entry.kind is DayKind.MILESTONE:
                continue
            length = 1 if entry.kind is DayKind.RELEASE else (entry.last - entry.first).days + 1
            found |= {(entry.first + dt.timedelta(days=number), entry.kind) for number in range(length)}
        return tuple(sorted(day for day in found if self.first <= day[0] <= self.last))

    def plans(self) -> tuple[PlanFact, ...]:
        """Return releases, milestones and freezes as plans by name, due on the first day of their entry."""
        return tuple(
            PlanFact(name=entry.name, kind=_PLAN_KINDS[entry.kind], due=entry.first)
            for entry in sorted(self.entries, key=lambda entry: entry.name)
            if entry.kind in _PLAN_KINDS
        )


def read_calendar(
    data: bytes,
    *,
    reading: Reading,
    first: dt.date,
    last: dt.date,
    words: Mapping[str, DayKind | None] | None = None,
    others: DayKind | None = None,
) -> CalendarFile:
    """Read the entries of one file that touch the days from ``first`` to ``last``; repetitions are unfolded.

    The last day of an all-day entry is the one before DTEND, as the format says (RFC 5545, 3.6.1). Times without a
    zone, and with a zone of their own, count on the day that is written; times in UTC on their day in
    ``reading.zone``. ``words`` says what categories or words of titles mean (``None``: left out), before common words
    do (``surveys.importers.calendar_kinds``); ``others`` is what all remaining entries are, ``None`` leaves them out
    with a remark. Cancelled entries are left out, and so are those that repeat within a day.

    Raises ``InvalidInput`` with the line of every entry without a readable day, or with an end before its start,
    and where the bytes are no calendar.
    """
    if len(data) > _MOST_BYTES:
        raise refused(reading.source, Message(TOO_LARGE, {"limit": _MOST_BYTES // 1024 // 1024}))
    text, notes = decode(data, source=reading.source)
    unfold = _Unfold(reading=reading, first=first, last=last)
    for place, event in enumerate(_events(text, reading.source)):
        unfold.add(event, place)
        if unfold.repeats.is_spent:
            raise refused(reading.source, Message(TOO_MANY_STEPS))
    found = list(unfold.occurrences())
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if line.strip().upper() == "BEGIN:VEVENT"]
    if unfold.faults:
        problems = [Problem(reading.source, lines[place], reason) for place, reason in sorted(unfold.faults)]
        raise InvalidInput("{source} was not imported.", problems, source=reading.source)
    entries, unknown = [], 0
    for occurrence in found:
        kind, said = kind_of(occurrence.categories, occurrence.title, words)
        kind = kind if said else others
        unknown += kind is None and not said
        if kind is not None:
            name = _name(occurrence) if kind in _PLAN_KINDS else ""
            entries.append(CalendarEntry(kind=kind, first=occurrence.first, last=occurrence.last, name=name))
    if unknown:
        unfold.remarks.add(Message(_UNKNOWN, {"count": unknown}))
    ordered = sorted(set(_told_apart(entries)), key=lambda each: (each.first, each.last, each.kind, each.name))
    return CalendarFile(entries=tuple(ordered), first=first, last=last, problems=(*notes, *unfold.remarks.problems()))


@dataclass(frozen=True, kw_only=True)
class _Occurrence:
    """One entry as it happens, both days inclusive."""

    title: str
    categories: tuple[str, ...]
    first: dt.date
    last: dt.date
    repeats: bool


@dataclass
class _Unfold:
    """Gathers events, finds their faults and unfolds their repetitions."""

    reading: Reading
    first: dt.date
    last: dt.date
    faults: list[tuple[int, Message]] = field(default_factory=list)
    groups: dict[str, list[tuple[int, Event]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.remarks = Remarks(self.reading.source)
        self.repeats = Repeats(self.last)

    def add(self, event: Event, place: int) -> None:
        """Take in one event, the ``place``-th of the file."""
        fault = self.fault(event)
        if fault is not None:
            self.faults.append((place, fault))
        elif _repeats_within_a_day(event):
            self.remarks.add(Message("Entries that repeat within a day were left out."))
        else:
            # Events of one UID belong together: a single one may replace a day of the series.
            self.groups.setdefault(str(event.get("UID", "")) or f"{place}", []).append((place, event))

    def fault(self, event: Event) -> Message | None:
        """Return what makes an event unreadable, ``None`` where nothing does."""
        broken = sorted({name for name, _ in event.errors if name in _DATED})
        if "DTSTART" in broken or "DTSTART" not in event:
            return Message("The entry has no readable first day.")
        if broken:
            return Message("The entry has an unreadable {property}.", {"property": broken[0]})
        try:
            first, last = self.days(event)
        except (ValueError, TypeError, OverflowError):
            return Message("The entry has no readable last day.")
        if last < first:
            return Message("The entry ends before it starts.")
        if last - first > LONGEST:
            return Message("The entry lasts longer than {days} days.", {"days": LONGEST.days})
        return self.repeats.fault(event, first)

    def occurrences(self) -> Iterator[_Occurrence]:
        """Yield everything that touches the days asked for."""
        count, outside = 0, 0
        for group in self.groups.values():
            place = group[0][0]
            repeats = len(group) > 1 or any(key in event for _, event in group for key in ("RRULE", "RDATE"))
            try:
                events = self.unfolded([event for _, event in group]) if repeats else [group[0][1]]
                days = [self.days(event) for event in events]
            except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
                self.faults.append((place, Message("The repetition of the entry cannot be read.")))
                continue
            for event, (first, last) in zip(events, days, strict=True):
                if str(event.get("STATUS", "")).upper() == "CANCELLED":
                    # Not before: a cancelled day of a series takes the place of the day that the series repeats.
                    self.remarks.add(Message("Cancelled entries were left out."))
                    continue
                if last < self.first or first > self.last:
                    outside += not repeats
                    continue
                count += 1
                if count > MOST_ENTRIES:
                    most: dict[str, object] = {"limit": MOST_ENTRIES}
                    raise refused(self.reading.source, Message("The calendar has more than {limit} entries.", most))
                yield _Occurrence(
                    title=" ".join(str(event.get("SUMMARY", "")).split()),
                    categories=tuple(map(str, event.categories)),
                    first=first,
                    last=last,
                    repeats=repeats,
                )
        if outside:
            params = {"first": self.first, "last": self.last, "count": outside}
            self.remarks.add(Message("Entries before {first} or after {last} were left out: {count}.", params))

    def unfolded(self, events: Sequence[Event]) -> list[Event]:
        """Return each time a series happens within the days asked for."""
        calendar = Calendar()
        for event in events:
            calendar.add_component(event)
        until = self.last + dt.timedelta(days=1)
        found: list[Event] = []
        for part in recurring_ical_events.of(calendar).between(self.first, until):
            if isinstance(part, Event):
                found.append(part)
            if len(found) > MOST_ENTRIES:
                break
        return found

    def days(self, event: Event) -> tuple[dt.date, dt.date]:
        """Return the first and the last day of an event; raises ``ValueError`` where it has none."""
        start, end = event.start, event.end
        first, last = self.day(start), self.day(end)
        ends_at_midnight = not isinstance(end, dt.datetime) or self.local(end).time() == dt.time()
        return first, last - dt.timedelta(days=1) if ends_at_midnight and last > first else last

    def day(self, at: dt.date) -> dt.date:
        return self.local(at).date() if isinstance(at, dt.datetime) else at

    def local(self, at: dt.datetime) -> dt.datetime:
        """Move a time in UTC into the zone of the reading; any other stays as it is written."""
        is_utc = at.tzinfo is not None and str(at.tzinfo).upper() in {"UTC", "Z", "UTC+00:00", "ETC/UTC"}
        return at.astimezone(self.reading.zone) if is_utc else at


def _events(text: str, source: str) -> Iterator[Event]:
    """Yield the events of all calendars of a file, in its order."""
    try:
        calendars = Calendar.from_ical(text, multiple=True)
    except (ValueError, KeyError, IndexError) as error:  # its words repeat the line, which may be somebody's title
        found = _LINE_NUMBER.search(str(error))
        line = int(found[1]) if found is not None else None
        raise InvalidInput("{source} was not imported.", [Problem(source, line, _UNREADABLE)], source=source) from error
    if not calendars or any(calendar.name != "VCALENDAR" for calendar in calendars):
        raise refused(source, Message(_NO_CALENDAR, {"cause": "BEGIN:VCALENDAR"}))
    for calendar in calendars:
        yield from (part for part in calendar.walk("VEVENT") if isinstance(part, Event))


def _repeats_within_a_day(event: Event) -> bool:
    for rule in rules_of(event):
        if str(rule.get("FREQ", [""])[0]).upper() in {"HOURLY", "MINUTELY", "SECONDLY"}:
            return True
        if any(len(rule.get(key, [])) > 1 for key in _WITHIN_A_DAY):
            return True
    return False


def _name(occurrence: _Occurrence) -> str:
    """Return the name of a plan: its title without addresses, with its day where it repeats."""
    title = clean_name(occurrence.title)[:_LONGEST_NAME]
    if occurrence.repeats or not title:
        return f"{title} {occurrence.first.isoformat()}".strip()
    return title


def _told_apart(entries: Sequence[CalendarEntry]) -> list[CalendarEntry]:
    """Add the day to names that several entries share."""
    names = Counter(name for name, _ in {(entry.name, entry.first) for entry in entries})
    return [
        CalendarEntry(kind=each.kind, first=each.first, last=each.last, name=f"{each.name} {each.first.isoformat()}")
        if each.name and names[each.name] > 1
        else each
        for each in entries
    ]
