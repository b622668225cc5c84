"""Turns the steward's map (TOML) into rules: which item belongs to which team and what its words mean."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message
from surveys.importers.roadmap_model import Moscow, StatusClass
from surveys.importers.roadmap_raw import Places, Reading
from surveys.importers.roadmap_text import decode

_Kind = TypeVar("_Kind", StatusClass, Moscow)

CONDITIONS = ("project", "board", "component", "label", "area_path", "word")
"""What a team rule may ask for, each a word of the tool; ``word`` is its team column."""

RICE_PARTS = ("reach", "impact", "confidence", "effort")
COLUMNS = (
    *("key", "team", "kind", "created", "updated", "started", "done", "due", "status", "priority", "size"),
    *("plan", "plan_kind", "plan_start", "plan_due", "moscow", *RICE_PARTS, "assignee", "parent"),
    *("project", "board", "component", "label", "area_path"),
)
"""Columns of the own template and of what else an item may carry; a map may name the file's own words for them."""

_SHAPE: dict[str, frozenset[str]] = {
    "team": frozenset({"team", "any", *CONDITIONS}),
    "status": frozenset({"todo", "doing", "done"}),
    "points": frozenset({"field"}),
    "priorities": frozenset({"order"}),
    "kinds": frozenset({"fault"}),
    "dates": frozenset({"order", "covered_from", "covered_to"}),
    "moscow": frozenset({"field", *(part.value for part in Moscow)}),
    "rice": frozenset(RICE_PARTS),
    "columns": frozenset(COLUMNS),
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
_COMMON_MOSCOW = {
    **dict.fromkeys(("m", "must", "must have", "must-have"), Moscow.MUST),
    **dict.fromkeys(("s", "should", "should have", "should-have"), Moscow.SHOULD),
    **dict.fromkeys(("c", "could", "could have", "could-have"), Moscow.COULD),
    **dict.fromkeys(("w", "wont", "won't", "won't have", "would", "won't-have"), Moscow.WONT),
}


def moscow_of(word: str, own: Mapping[str, Moscow] | None = None) -> Moscow | None:
    """Return the class of a word: from the words of the map (case-folded), then from common ones, else ``None``."""
    folded = word.strip().casefold()
    return (own or {}).get(folded) or _COMMON_MOSCOW.get(folded)


@dataclass(frozen=True, kw_only=True)
class TeamRule:
    """Items that meet every given condition belong to ``team``; the first rule that fits decides.

    Conditions are case-folded words. ``area_path`` fits the path itself and all below it. ``fits_all`` is the rule
    without a condition (``any = true``), for what is left.
    """

    team: str
    project: str | None = None
    board: str | None = None
    component: str | None = None
    label: str | None = None
    area_path: str | None = None
    word: str | None = None
    fits_all: bool = False

    def fits(self, places: Places) -> bool:
        """Say whether an item that lives at ``places`` meets the rule; case does not matter."""
        return (
            (self.project is None or self.project == places.project.casefold())
            and (self.word is None or self.word == places.team.casefold())
            and _is_among(self.board, places.boards)
            and _is_among(self.component, places.components)
            and _is_among(self.label, places.labels)
            and (self.area_path is None or _is_below(self._area, places.area_path))
        )

    @cached_property
    def _area(self) -> tuple[str, ...]:
        return _parts(self.area_path or "")


def _is_among(wanted: str | None, words: Collection[str]) -> bool:
    return wanted is None or any(word.casefold() == wanted for word in words)


def _is_below(area: tuple[str, ...], path: str) -> bool:
    return _parts(path)[: len(area)] == area


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part.strip().casefold() for part in path.replace("\\", "/").split("/") if part.strip())


@dataclass(frozen=True, kw_only=True)
class RoadmapMap:
    """What a map says; every part may be missing. Words are compared without case.

    ``priorities`` runs from highest to lowest. ``day_first`` is set where the source writes days as 31/05/2026 or
    05/31/2026. ``columns`` leads from a column of ``COLUMNS`` to the file's own word for it. ``moscow_field`` and
    ``rice_fields`` name fields or columns as the tool does, by number or by name.
    """

    rules: tuple[TeamRule, ...] = ()
    statuses: Mapping[str, StatusClass] = field(default_factory=dict)
    points_field: str | None = None
    priorities: tuple[str, ...] = ()
    fault_kinds: frozenset[str] = frozenset()
    day_first: bool | None = None
    covered_from: dt.date | None = None
    covered_to: dt.date | None = None
    moscow_field: str | None = None
    moscow_words: Mapping[str, Moscow] = field(default_factory=dict)
    rice_fields: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)

    def team_of(self, places: Places) -> str | None:
        """Return the team of an item, or ``None`` where no rule fits."""
        return next((rule.team for rule in self.rules if rule.fits(places)), None)

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

    def reading(self, reading: Reading) -> Reading:
        """Return ``reading`` with what this map says about fields, columns and days; the reading's own days win."""
        return replace(
            reading,
            day_first=self.day_first if reading.day_first is None else reading.day_first,
            size_field=reading.size_field or self.points_field or "",
            moscow_field=self.moscow_field or "",
            moscow_words=self.moscow_words,
            rice_fields=self.rice_fields,
            columns=self.columns,
        )


def read_map(data: bytes, *, source: str, teams: Collection[str] | None = None) -> RoadmapMap:
    """Read and check a map; ``teams`` are the known team names (``None`` accepts any).

    Raises ``InvalidInput`` with every fault: not TOML, unknown tables or keys, a word in two classes, an unknown
    team, a rule without a condition.
    """
    text, _ = decode(data, source=source)
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # no TOML, a number of thousands of digits, or too deep
        reason = Message("This is not a TOML file: {cause}.", {"cause": str(error)})
        raise InvalidInput("{source} was not imported.", [Problem(source, None, reason)], source=source) from error
    reader = _Reader(source)
    reader.check_shape(table)
    result = RoadmapMap(
        rules=reader.rules(table.get("team", []), teams),
        statuses=reader.classes(reader.table(table, "status"), StatusClass),
        points_field=reader.text(reader.table(table, "points"), "field"),
        priorities=tuple(reader.words(reader.table(table, "priorities"), "order")),
        fault_kinds=frozenset(reader.words(reader.table(table, "kinds"), "fault")),
        day_first=reader.day_first(reader.table(table, "dates")),
        covered_from=reader.date(reader.table(table, "dates"), "covered_from"),
        covered_to=reader.date(reader.table(table, "dates"), "covered_to"),
        moscow_field=reader.text(reader.table(table, "moscow"), "field"),
        moscow_words=reader.classes(reader.table(table, "moscow"), Moscow),
        rice_fields=reader.names(reader.table(table, "rice")),
        columns=reader.names(reader.table(table, "columns")),
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

    def classes(self, table: Mapping[str, object], kinds: type[_Kind]) -> dict[str, _Kind]:
        result: dict[str, _Kind] = {}
        for kind in kinds:
            for word in self.words(table, kind.value):
                if result.setdefault(word, kind) is not kind:
                    self.fault(Message("The word {word} stands in two classes.", {"word": word}))
        return result

    def names(self, table: Mapping[str, object]) -> dict[str, str]:
        found = {key: self.text(table, key) for key in table}
        return {key: value for key, value in found.items() if value is not None}

    def rules(self, value: object, teams: Collection[str] | None) -> tuple[TeamRule, ...]:
        if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
            self.fault(Message("Write each team rule under its own [[team]] heading."))
            return ()
        rules = [self.rule(number, part, teams) for number, part in enumerate(value, start=1)]
        return tuple(rule for rule in rules if rule is not None)

    def rule(self, number: int, table: Mapping[str, object], teams: Collection[str] | None) -> TeamRule | None:
        team = self.text(table, "team")
        conditions = {key: self.text(table, key) for key in CONDITIONS}
        fits_all = table.get("any", False)
        if not isinstance(fits_all, bool):
            self.fault(Message("In team rule {number}, any must be true or false.", {"number": number}))
        if fits_all and any(conditions.values()):
            self.fault(Message("Team rule {number} has a condition and any; leave one out.", {"number": number}))
        if team is None or not (fits_all or any(conditions.values())):
            reason = Message(
                "Team rule {number} needs a team and a project, board, component, label, area_path or word.",
                {"number": number},
            )
            self.fault(reason)
            return None
        if teams is not None and team not in teams:
            self.fault(Message("Team rule {number} names the unknown team {team}.", {"number": number, "team": team}))
        folded = {key: value.casefold() if value else None for key, value in conditions.items()}
        return TeamRule(team=team, fits_all=fits_all is True, **folded)


def write_map(mapping: RoadmapMap) -> str:
    """Return the TOML text of a map, which ``read_map`` reads back equal."""
    lines: list[str] = []
    for rule in mapping.rules:
        pairs = [(key, value) for key in ("team", *CONDITIONS) if isinstance(value := getattr(rule, key), str)]
        lines += ["[[team]]", *(f"{key} = {_quoted(value)}" for key, value in pairs)]
        lines += ["any = true", ""] if rule.fits_all else [""]
    lines += _table("status", _by_class(mapping.statuses, StatusClass))
    lines += _table("points", {"field": mapping.points_field})
    lines += _table("priorities", {"order": mapping.priorities})
    lines += _table("kinds", {"fault": sorted(mapping.fault_kinds)})
    order = {True: "dmy", False: "mdy", None: None}[mapping.day_first]
    lines += _table("dates", {"order": order, "covered_from": mapping.covered_from, "covered_to": mapping.covered_to})
    lines += _table("moscow", {"field": mapping.moscow_field, **_by_class(mapping.moscow_words, Moscow)})
    lines += _table("rice", mapping.rice_fields)
    lines += _table("columns", mapping.columns)
    return "\n".join(lines)


def _by_class(words: Mapping[str, _Kind], kinds: type[_Kind]) -> dict[str, list[str]]:
    return {kind.value: sorted(word for word, of in words.items() if of is kind) for kind in kinds}


def _table(name: str, values: Mapping[str, str | dt.date | Collection[str] | None]) -> list[str]:
    lines = [f"{key} = {_toml(value)}" for key, value in values.items() if value]
    return [f"[{name}]", *lines, ""] if lines else []


def _toml(value: str | dt.date | Collection[str] | None) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, str):
        return _quoted(value)
    return "[" + ", ".join(_quoted(word) for word in value or ()) + "]"


def _quoted(word: str) -> str:
    return json.dumps(word, ensure_ascii=False).replace("\x7f", "\\u007f")
