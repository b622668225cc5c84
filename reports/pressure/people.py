"""Turns the items touched in a week into the number of people behind it, and that into leave to show a figure.

A figure on pressure needs at least three people behind it. Split attention is the only indicator made of people; it is
a mean over at least four of them and never told of one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reports.pressure.values import Gap, Measured, Missing, Value, WeekIndicators
from surveys.importers.roadmap_model import WorkItemFact

MIN_PEOPLE = 3
MIN_ACTIVE = 4


@dataclass(frozen=True)
class EnoughPeople:
    """The figure may be shown."""


@dataclass(frozen=True)
class TooFewPeople:
    """Fewer than three distinct assignees worked in the window; the figure is rolled up, its count never shown."""


@dataclass(frozen=True)
class PeopleUnknown:
    """The source names no assignees; the caller decides by other public facts, such as the size of the team."""


PeopleCheck = EnoughPeople | TooFewPeople | PeopleUnknown


@dataclass(frozen=True, slots=True)
class Shift:
    """Who was behind one week: hashes by source, and the sources with an item whose assignee is no longer known.

    ``areas`` are what each of them touched; it is empty unless split attention is on.
    """

    people: Mapping[str, set[str]] = field(default_factory=dict)
    forgotten: frozenset[str] = frozenset()
    areas: Mapping[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PeopleBehind:
    """How many different assignees were at work in a week or the eight before it.

    ``together`` counts over all sources and is ``None`` where no item names one; ``by_source`` has the sources that
    name some for this team. ``forgotten`` are those in which an item had an assignee whose hash is deleted by now, so
    that a count is the least there were; ``forgets_now`` says so of the week alone.
    """

    together: int | None
    by_source: Mapping[str, int]
    forgotten: frozenset[str]
    forgets_now: bool


class Crew:
    """Looks up the people behind items by their numbers; ``origins`` maps keys to sources, "" where it is silent."""

    def __init__(
        self,
        items: Sequence[WorkItemFact],
        *,
        origins: Mapping[str, str],
        forgotten: Collection[str],
        with_areas: bool,
    ) -> None:
        self._hashes = [item.assignee_hash for item in items]
        self._origins = [origins.get(item.key, "") for item in items]
        self._forgotten = [item.assignee_hash is None and item.key in forgotten for item in items]
        self._areas = [_areas(item) for item in items] if with_areas else []
        self.sources = frozenset(
            origin for origin, hashed in zip(self._origins, self._hashes, strict=True) if hashed is not None
        )

    def shift(self, touched: Iterable[int]) -> Shift:
        """Return who is behind the items of one week."""
        people: dict[str, set[str]] = {}
        areas: dict[str, set[str]] = {}
        gone: set[str] = set()
        for number in touched:
            hashed = self._hashes[number]
            if hashed is None:
                if self._forgotten[number]:
                    gone.add(self._origins[number])
                continue
            people.setdefault(self._origins[number], set()).add(hashed)
            if self._areas:
                areas.setdefault(hashed, set()).update(self._areas[number])
        return Shift(people, frozenset(gone), areas)

    def behind(self, shifts: Sequence[Shift]) -> PeopleBehind:
        """Count the people of several weeks, the latest of which is the last of ``shifts``."""
        by_source = {
            source: set().union(*[shift.people[source] for shift in shifts if source in shift.people])
            for source in self.sources
        }
        together = set().union(*by_source.values()) if len(by_source) > 1 else next(iter(by_source.values()), ())
        return PeopleBehind(
            together=len(together) if self.sources else None,
            by_source={source: len(hashes) for source, hashes in by_source.items()},
            forgotten=frozenset().union(*(shift.forgotten for shift in shifts)),
            forgets_now=bool(shifts[-1].forgotten),
        )


def split_attention(shift: Shift, *, are_named: bool) -> Value:
    """Return the mean number of different areas that each active person touched in a week.

    Missing where the source names no assignees, where hashes of assignees were deleted, and under four active people.
    """
    if shift.forgotten:
        return Missing(Gap.PEOPLE_FORGOTTEN)
    if not are_named:
        return Missing(Gap.NO_ASSIGNEES)
    if len(shift.areas) < MIN_ACTIVE:
        return Missing(Gap.TOO_FEW_ACTIVE)
    total = sum(map(len, shift.areas.values()))
    return Measured(value=total / len(shift.areas), numerator=total, denominator=len(shift.areas))


def _areas(item: WorkItemFact) -> tuple[str, ...]:
    """Return what an item belongs to: its epic, else its components, else the project its key begins with."""
    if item.parent:
        return (item.parent,)
    project = item.key.rpartition("#")[0] or item.key.rpartition("-")[0]
    return item.areas or (project,)


def people_check(weeks: Sequence[WeekIndicators]) -> PeopleCheck:
    """Judge a figure made of ``weeks``; each needs three assignees in the nine weeks it is computed from.

    The window of a weekly figure is that week and the eight before it, the span of its capacity. A figure over
    several weeks is as good as its thinnest week, since each week can be read off the trace.
    """
    counts = [week.people for week in weeks]
    if not counts or any(count is None for count in counts):
        return PeopleUnknown()
    return EnoughPeople() if all(count is not None and count >= MIN_PEOPLE for count in counts) else TooFewPeople()
