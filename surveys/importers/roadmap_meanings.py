"""Turns the words of one file into what its map says they mean, and its names into names without people in them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from enum import StrEnum

from surveys.importers.roadmap_map import RoadmapMap
from surveys.importers.roadmap_model import StatusClass
from surveys.importers.roadmap_raw import Places

_ADDRESS = re.compile(r"<?(?:mailto:)?[^\s<>(),;]+@[^\s<>(),;]+>?")
_KEY = re.compile(r"[^\s@]{0,200}\d[^\s@]{0,40}")


def clean_name(name: str) -> str:
    """Return the name of a plan without mail addresses and doubled spaces."""
    return " ".join(_ADDRESS.sub("", name).split()) if "@" in name else name


def clean_parent(parent: str | None) -> str | None:
    """Return the key of a parent; of free text, such as the title of an epic, only what tells it from others."""
    if parent is None or _KEY.fullmatch(parent):
        return parent
    return f"epic-{hashlib.blake2b(parent.casefold().encode(errors='replace'), digest_size=6).hexdigest()}"


class Why(StrEnum):
    """Why a word has the meaning it has."""

    MAP = "map"
    TOOL = "tool"
    COMMON = "common"
    UNKNOWN = "unknown"


class Words:
    """What the status and priority words of one file mean; each word is looked up once."""

    def __init__(self, mapping: RoadmapMap, categories: Mapping[str, StatusClass]) -> None:
        self.mapping, self.categories = mapping, categories
        self._statuses: dict[tuple[str, StatusClass | None], tuple[StatusClass, Why]] = {}
        self._ranks: dict[str, int | None] = {}

    def status(self, word: str, category: StatusClass | None = None) -> tuple[StatusClass, Why]:
        """Return the class of a word and why: the map, else the tool's own class, else common names, else to do."""
        known = self._statuses.get((word, category))
        if known is None:
            known = self._statuses[word, category] = self._class(word, category)
        return known

    def _class(self, word: str, category: StatusClass | None) -> tuple[StatusClass, Why]:
        folded = word.strip().casefold()
        if folded in self.mapping.statuses:
            return self.mapping.statuses[folded], Why.MAP
        told = category or self.categories.get(folded)
        if told is not None:
            return told, Why.TOOL
        common = self.mapping.class_of(word)
        return (common, Why.COMMON) if common is not None else (StatusClass.TODO, Why.UNKNOWN)

    def rank(self, word: str) -> int | None:
        """Return the rank of a priority word; ``None`` for one that neither the map nor a common scheme has."""
        if word not in self._ranks:
            self._ranks[word] = self.mapping.rank_of(word)
        return self._ranks[word]


class Teams:
    """Which team an item belongs to: the first rule that fits, else a team word that is the key of a team."""

    def __init__(self, mapping: RoadmapMap, teams: Collection[str]) -> None:
        self.mapping = mapping
        self._keys = {team.casefold(): team for team in teams}
        self._known: dict[Places, str | None] = {}

    def of(self, places: Places) -> str | None:
        """Return the team of an item that lives at ``places``, or ``None``."""
        if places not in self._known:
            found = self.mapping.team_of(places)
            self._known[places] = found if found is not None else self._keys.get(places.team.casefold())
        return self._known[places]
