"""Turns the steward's map (TOML) into rules: which item belongs to which team and what its words mean."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message
from surveys.importers.roadmap_model import StatusClass
from surveys.importers.roadmap_text import decode

_SHAPE: dict[str, frozenset[str]] = {
    "team": frozenset({"team", "project", "component", "label"}),
    "status": frozenset({"todo", "doing", "done"}),
    "points": frozenset({"field"}),
    "priorities": frozenset({"order"}),
    "kinds": frozenset({"fault"}),
    "dates": frozenset({"order", "covered_from", "covered_to"}),
}
_DEFAULT_STATUS = {
    StatusClass.TODO: ("todo", "to do", "open", "new", "backlog", "selected for development", "ready"),
    StatusClass.DOING: ("doing", "in progress", "started", "reopened", "in review", "review", "testing", "in test"),
    StatusClass.DONE: ("done", "closed", "resolved", "released", "finished", "cancelled", "canceled"),
}
_DEFAULT_PRIORITIES = (
    ("blocker", "critical", "major", "minor", "trivial"),
    ("highest", "high", "medium", "low", "lowest"),
    ("urgent", "high", "normal", "low", "lowest"),
    ("p0", "p1", "p2", "p3", "p4"),
)


@dataclass(frozen=True, kw_only=True)
class TeamRule:
    """Items that meet every given condition belong to ``team``; the first rule that fits decides."""

    team: str
    project: str | None = None
    component: str | None = None
    label: str | None = None

    def fits(self, project: str, components: Collection[str], labels: Collection[str]) -> bool:
        """Say whether an item with these (case-folded) values meets the rule."""
        return (
            (self.project is None or self.project == project)
            and (self.component is None or self.component in components)
            and (self.label is None or self.label in labels)
        )


@dataclass(frozen=True, kw_only=True)
class RoadmapMap:
    """What a map says; every part may be missing. Words are compared without case.

    ``priorities`` runs from highest to lowest. ``day_first`` is set where the source writes days as 31/05/2026 or
    05/31/2026.
    """

    rules: tuple[TeamRule, ...] = ()
    statuses: Mapping[str, StatusClass] = field(default_factory=dict)
    points_field: str | None = None
    priorities: tuple[str, ...] = ()
    fault_kinds: frozenset[str] = frozenset()
    day_first: bool | None = None
    covered_from: dt.date | None = None
    covered_to: dt.date | None = None

    def team_of(self, project: str, components: Sequence[str] = (), labels: Sequence[str] = ()) -> str | None:
        """Return the team of an item, or ``None`` where no rule fits."""
        folded = ({c.casefold() for c in components}, {label.casefold() for label in labels})
        return next((rule.team for rule in self.rules if rule.fits(project.casefold(), *folded)), None)

    def class_of(self, status: str) -> StatusClass | None:
        """Return the class of a status name from the map, then from common names, else ``None``."""
        name = status.strip().casefold()
        if name in self.statuses:
            return self.statuses[name]
        return next((kind for kind, names in _DEFAULT_STATUS.items() if name in names), None)

    def rank_of(self, priority: str) -> int | None:
        """Return the rank of a priority, 1 highest: from the map, else from a bare number or a common scheme."""
        name = priority.strip().casefold()
        if self.priorities:
            return self.priorities.index(name) + 1 if name in self.priorities else None
        if name.isascii() and name.isdigit():
            return int(name) if 1 <= int(name) <= 99 else None
        return next((scheme.index(name) + 1 for scheme in _DEFAULT_PRIORITIES if name in scheme), None)


def read_map(data: bytes, *, source: str, teams: Collection[str] | None = None) -> RoadmapMap:
    """Read and check a map; ``teams`` are the known team names (``None`` accepts any).

    Raises ``InvalidInput`` with every fault: not TOML, unknown tables or keys, a word in two classes, an unknown
    team, a rule without a condition.
    """
    text, _ = decode(data, source=source)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason = Message("This is not a TOML file: {cause}.", {"cause": str(error)})
        raise InvalidInput("{source} was not imported.", [Problem(source, None, reason)], source=source) from error
    reader = _Reader(source)
    reader.check_shape(table)
    result = RoadmapMap(
        rules=reader.rules(table.get("team", []), teams),
        statuses=reader.statuses(reader.table(table, "status")),
        points_field=reader.text(reader.table(table, "points"), "field"),
        priorities=tuple(reader.words(reader.table(table, "priorities"), "order")),
        fault_kinds=frozenset(reader.words(reader.table(table, "kinds"), "fault")),
        day_first=reader.day_first(reader.table(table, "dates")),
        covered_from=reader.date(reader.table(table, "dates"), "covered_from"),
        covered_to=reader.date(reader.table(table, "dates"), "covered_to"),
    )
    if reader.problems:
        raise InvalidInput("{source} was not imported.", reader.problems, source=source)
    return result


class _Reader:
    """Reads the tables of one map and collects what is wrong with them."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.problems: list[Problem] = []

    def fault(self, reason: Message) -> None:
        self.problems.append(Problem(self.source, None, reason))

    def check_shape(self, table: Mapping[str, object]) -> None:
        for name, value in table.items():
            if name not in _SHAPE:
                self.fault(Message("The table {name} is not known.", {"name": name}))
                continue
            for part in value if isinstance(value, list) else [value]:
                for key in part if isinstance(part, dict) else ():
                    if key not in _SHAPE[name]:
                        self.fault(Message("The key {key} is not known in {name}.", {"key": key, "name": name}))

    def table(self, table: Mapping[str, object], name: str) -> Mapping[str, object]:
        value = table.get(name, {})
        if isinstance(value, dict):
            return value
        self.fault(Message("{name} must be a table.", {"name": name}))
        return {}

    def text(self, table: Mapping[str, object], key: str) -> str | None:
        value = table.get(key)
        if value is None or (isinstance(value, str) and value.strip()):
            return value.strip() if isinstance(value, str) else None
        self.fault(Message("{key} must be a text.", {"key": key}))
        return None

    def words(self, table: Mapping[str, object], key: str) -> list[str]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
            self.fault(Message("{key} must be a list of texts.", {"key": key}))
            return []
        words = [word.strip().casefold() for word in value]
        if len(set(words)) < len(words):
            self.fault(Message("{key} names the same word twice.", {"key": key}))
        return words

    def date(self, table: Mapping[str, object], key: str) -> dt.date | None:
        value = table.get(key)
        if value is None or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
            return value
        self.fault(Message("{key} must be a day like 2026-05-31, without quotes.", {"key": key}))
        return None

    def day_first(self, table: Mapping[str, object]) -> bool | None:
        order = self.text(table, "order")
        if order not in {None, "iso", "dmy", "mdy"}:
            self.fault(Message("The order of dates must be iso, dmy or mdy."))
        return {"dmy": True, "mdy": False}.get(order or "")

    def statuses(self, table: Mapping[str, object]) -> dict[str, StatusClass]:
        result: dict[str, StatusClass] = {}
        for kind in StatusClass:
            for word in self.words(table, kind.value):
                if result.setdefault(word, kind) is not kind:
                    self.fault(Message("The status {word} stands in two classes.", {"word": word}))
        return result

    def rules(self, value: object, teams: Collection[str] | None) -> tuple[TeamRule, ...]:
        if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
            self.fault(Message("Write each team rule under its own [[team]] heading."))
            return ()
        rules = [self.rule(number, part, teams) for number, part in enumerate(value, start=1)]
        return tuple(rule for rule in rules if rule is not None)

    def rule(self, number: int, table: Mapping[str, object], teams: Collection[str] | None) -> TeamRule | None:
        team = self.text(table, "team")
        conditions = {key: self.text(table, key) for key in ("project", "component", "label")}
        if team is None or not any(conditions.values()):
            self.fault(
                Message("Team rule {number} needs a team and a project, component or label.", {"number": number})
            )
            return None
        if teams is not None and team not in teams:
            self.fault(Message("Team rule {number} names the unknown team {team}.", {"number": number, "team": team}))
        folded = {key: value.casefold() if value else None for key, value in conditions.items()}
        return TeamRule(team=team, **folded)
