"""What a sync asks of any tool: pages of items, plans, who works on what, and a check of the settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from surveys.errors import Problem
from surveys.i18n import Message
from surveys.importers.roadmap_model import EventField, PlanFact, SourceKind, StatusClass
from surveys.importers.roadmap_raw import RawItem, Reading
from surveys.models.roadmap import RoadmapConnection
from surveys.services.connections.paged import PagedSource

Known = Callable[[Mapping[str, dt.datetime | None]], frozenset[str]]
"""Tells which of some items (key and time of the last change) the running sync has read already."""

PEOPLE_DAYS = 70
"""Days back for which the assignees of changed items are asked again: the weeks that are counted anew."""


@dataclass(frozen=True, kw_only=True)
class ToolPage:
    """What one page gave, and where to go on after it; ``cursor`` is None after the last one. It holds no name."""

    items: tuple[RawItem, ...] = ()
    plans: tuple[PlanFact, ...] = ()
    categories: Mapping[str, StatusClass] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    cursor: Mapping[str, object] | None = None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a connection reads: projects and boards of Jira (by key and number), or repositories of GitHub."""

    projects: tuple[str, ...] = ()
    boards: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()

    @staticmethod
    def of(connection: RoadmapConnection) -> Settings:
        """Return the settings of a connection."""

        def words(name: str) -> tuple[str, ...]:
            value = connection.settings.get(name)
            return tuple(map(str, value)) if isinstance(value, list) else ()

        return Settings(projects=words("projects"), boards=words("boards"), repositories=words("repositories"))

    @property
    def document(self) -> dict[str, object]:
        """The settings as they are stored."""
        found = {"projects": self.projects, "boards": self.boards, "repositories": self.repositories}
        return {name: list(words) for name, words in found.items() if words}


class Tool(Protocol):
    """A tool that is asked over its interface."""

    @property
    def kind(self) -> SourceKind:
        """The format that its source is stored as."""
        ...

    @property
    def history(self) -> frozenset[EventField]:
        """The fields whose past the tool tells."""
        ...

    def pages(
        self, *, since: dt.datetime | None, cursor: Mapping[str, object] | None, known: Known
    ) -> Iterator[ToolPage]:
        """Yield what changed at or after ``since`` (``None``: everything), from ``cursor`` on."""
        ...

    def plans(self, *, today: dt.date) -> tuple[PlanFact, ...]:
        """Return all plans as they are dated today."""
        ...

    def assignees(self, *, now: dt.datetime) -> Mapping[str, str]:
        """Return the hashes of the assignees of items in progress or changed lately, by key."""
        ...

    def check(self) -> tuple[Message, ...]:
        """Ask for a little of everything that is set, and return what was found, one sentence each."""
        ...


MakeTool = Callable[[PagedSource, Settings, Reading], Tool]
