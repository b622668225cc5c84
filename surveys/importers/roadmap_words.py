"""Turns a raw file into the words that a map decides about, with how often each is used and what it would mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from surveys.importers.roadmap_map import RoadmapMap
from surveys.importers.roadmap_meanings import Teams, Why, Words
from surveys.importers.roadmap_model import EventField, StatusClass
from surveys.importers.roadmap_raw import RawFile, RawItem

SHOWN_KEYS = 10


@dataclass(frozen=True, kw_only=True)
class FoundWord:
    """A word of the tool and the number of items that carry it now."""

    word: str
    items: int


@dataclass(frozen=True, kw_only=True)
class FoundStatus(FoundWord):
    """A status word, the class it would get, and why. A word that only the history has is carried by no item."""

    status_class: StatusClass
    why: Why


@dataclass(frozen=True, kw_only=True)
class FoundPriority(FoundWord):
    """A priority word and the rank it would get, 1 highest; ``None`` for none."""

    rank: int | None


@dataclass(frozen=True, kw_only=True)
class FoundWords:
    """All words of one file, each list from the most used to the least.

    ``places`` leads from a condition of a team rule (``project``, ``board``, ``component``, ``label``, ``area_path``,
    ``word``) to its words. ``teams`` and ``unmapped`` say how many items the map gives to each team and to none;
    ``unmapped_keys`` are the first few of those. The ``with_...`` numbers are items that carry the thing.
    """

    items: int
    places: Mapping[str, tuple[FoundWord, ...]]
    statuses: tuple[FoundStatus, ...]
    priorities: tuple[FoundPriority, ...]
    kinds: tuple[FoundWord, ...]
    teams: tuple[FoundWord, ...]
    unmapped: int
    unmapped_keys: tuple[str, ...]
    with_size: int
    with_plan: int
    with_due: int
    with_assignee: int
    with_moscow: int
    with_rice: int

    @property
    def unmapped_share(self) -> float:
        """Share of items without a team, 0 to 1; 0 for a file without items."""
        return self.unmapped / self.items if self.items else 0.0


def found_words(raw: RawFile, mapping: RoadmapMap | None = None, *, teams: Collection[str] = ()) -> FoundWords:
    """Read all items of ``raw`` and return their words with what ``mapping`` (none: common names) makes of them.

    Words are told apart as written. ``teams`` are the known team keys.
    """
    mapping = mapping or RoadmapMap()
    tally = _Tally(Teams(mapping, teams))
    for item in raw.items():
        tally.add(item)
    words = Words(mapping, raw.categories)
    statuses = []
    for word, count in _ordered(tally.statuses):
        status_class, why = words.status(word, tally.categories.get(word))
        statuses.append(FoundStatus(word=word, items=count, status_class=status_class, why=why))
    return FoundWords(
        items=tally.items,
        places={name: _found(counter) for name, counter in tally.places.items()},
        statuses=tuple(statuses),
        priorities=tuple(
            FoundPriority(word=word, items=count, rank=words.rank(word)) for word, count in _ordered(tally.priorities)
        ),
        kinds=_found(tally.kinds),
        teams=_found(tally.mapped),
        unmapped=tally.unmapped,
        unmapped_keys=tuple(tally.unmapped_keys),
        with_size=tally.shares["size"],
        with_plan=tally.shares["plan"],
        with_due=tally.shares["due"],
        with_assignee=tally.shares["assignee"],
        with_moscow=tally.shares["moscow"],
        with_rice=tally.shares["rice"],
    )


class _Tally:
    """Counts the words of items as they come."""

    def __init__(self, teams: Teams) -> None:
        self.known = teams
        self.items = self.unmapped = 0
        self.unmapped_keys: list[str] = []
        names = ("project", "board", "component", "label", "area_path", "word")
        self.places: dict[str, Counter[str]] = {name: Counter() for name in names}
        self.statuses: Counter[str] = Counter()
        self.categories: dict[str, StatusClass | None] = {}
        self.priorities: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.mapped: Counter[str] = Counter()
        self.shares: Counter[str] = Counter()

    def add(self, item: RawItem) -> None:
        self.items += 1
        self._place(item)
        if item.status:
            self.statuses[item.status] += 1
            self.categories[item.status] = item.category
        if item.priority:
            self.priorities[item.priority] += 1
        if item.kind:
            self.kinds[item.kind] += 1
        for change in item.changes:
            if change.field in {EventField.STATUS, EventField.PRIORITY}:
                counter = self.statuses if change.field is EventField.STATUS else self.priorities
                for word in (change.old, change.new):
                    if word:
                        counter[word] += 0
        carried = {
            "size": item.size is not None,
            "plan": bool(item.plans),
            "due": item.due is not None,
            "assignee": item.assignee_hash is not None,
            "moscow": item.moscow is not None,
            "rice": item.rice is not None,
        }
        self.shares.update(name for name, is_there in carried.items() if is_there)

    def _place(self, item: RawItem) -> None:
        places = item.places
        for name, word in (("project", places.project), ("area_path", places.area_path), ("word", places.team)):
            if word:
                self.places[name][word] += 1
        for name, words in (("board", places.boards), ("component", places.components), ("label", places.labels)):
            self.places[name].update(set(words))
        team = self.known.of(places)
        if team is not None:
            self.mapped[team] += 1
            return
        self.unmapped += 1
        if len(self.unmapped_keys) < SHOWN_KEYS:
            self.unmapped_keys.append(item.key)


def _ordered(counter: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))


def _found(counter: Counter[str]) -> tuple[FoundWord, ...]:
    return tuple(FoundWord(word=word, items=count) for word, count in _ordered(counter))
