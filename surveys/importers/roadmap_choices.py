"""Turns what a steward chose on a screen into a map: one choice of a team, a class or a rank is one line of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from surveys.errors import Refused
from surveys.importers.roadmap_map import CONDITIONS, RoadmapMap, TeamRule
from surveys.importers.roadmap_model import StatusClass

_ORDER = ("word", "area_path", "component", "label", "board", "project")
"""Where several words of an item name a team, the more special one decides: its rule stands further up."""

Place = tuple[str, str]
"""A condition of a team rule and its word."""


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What was chosen; every word that was not on the screen is missing and stays as the map has it.

    ``teams`` leads from condition and word to a team, ``""`` for no rule of its own. ``statuses`` leads from a word
    to a class, ``None`` for what the tool says. ``ranks`` leads from a priority word to its number, ``None`` for none;
    it is empty where priorities were not on the screen. ``faults`` are the kinds ticked among ``kinds``, those shown.
    ``others`` is the team of all that is left, ``""`` for none and ``None`` where it was not asked. ``dropped`` are
    places of rules, from 0, that were taken out.
    """

    teams: Mapping[Place, str] = field(default_factory=dict)
    statuses: Mapping[str, StatusClass | None] = field(default_factory=dict)
    ranks: Mapping[str, int | None] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()
    faults: frozenset[str] = frozenset()
    others: str | None = None
    dropped: frozenset[int] = frozenset()


def conditions_of(rule: TeamRule) -> tuple[Place, ...]:
    """Return the conditions of a rule with their words; empty for the rule that fits all."""
    told = ((name, getattr(rule, name)) for name in CONDITIONS)
    return tuple((name, word) for name, word in told if isinstance(word, str))


def single_rules(mapping: RoadmapMap) -> dict[Place, str]:
    """Return the team of each rule with one condition; the first one of a word counts."""
    found: dict[Place, str] = {}
    for rule in mapping.rules:
        conditions = conditions_of(rule)
        if len(conditions) == 1:
            found.setdefault(conditions[0], rule.team)
    return found


def others_of(mapping: RoadmapMap) -> str:
    """Return the team of all that no other rule fits, ``""`` for none."""
    return next((rule.team for rule in mapping.rules if rule.fits_all), "")


def with_choices(mapping: RoadmapMap, choices: Choices) -> RoadmapMap:
    """Return ``mapping`` with what was chosen.

    Rules that stay keep their order. A new one goes before the first rule that is more general. Raises ``Refused``
    where two priorities have the same number.
    """
    return replace(
        mapping,
        rules=_rules(mapping, choices),
        statuses=_statuses(mapping, choices),
        priorities=_priorities(mapping, choices),
        fault_kinds=(mapping.fault_kinds - _folded(choices.kinds)) | _folded(choices.faults),
    )


def _folded(words: frozenset[str]) -> frozenset[str]:
    return frozenset(word.strip().casefold() for word in words)


def _rules(mapping: RoadmapMap, choices: Choices) -> tuple[TeamRule, ...]:
    rules = [rule for place, rule in enumerate(mapping.rules) if place not in choices.dropped]
    chosen = {(name, word.strip().casefold()): team for (name, word), team in choices.teams.items()}
    before = single_rules(replace(mapping, rules=tuple(rules)))
    for place, team in chosen.items():
        if before.get(place, "") == team:
            continue
        if place in before:
            rules = _changed(rules, place, team)
        elif team:
            _insert(rules, TeamRule(team=team, fits_all=False, **{place[0]: place[1]}))
    if choices.others is not None and choices.others != others_of(mapping):
        rules = [rule for rule in rules if not rule.fits_all]
        if choices.others:
            rules.append(TeamRule(team=choices.others, fits_all=True))
    return tuple(rules)


def _changed(rules: list[TeamRule], place: Place, team: str) -> list[TeamRule]:
    """Return the rules with another team for one word, or without it."""
    kept = [rule for rule in rules if team or conditions_of(rule) != (place,)]
    return [replace(rule, team=team) if conditions_of(rule) == (place,) else rule for rule in kept]


def _insert(rules: list[TeamRule], rule: TeamRule) -> None:
    rank = _generality(rule)
    at = next((place for place, other in enumerate(rules) if _generality(other) > rank), len(rules))
    rules.insert(at, rule)


def _generality(rule: TeamRule) -> tuple[int, int]:
    """Return a number that is larger for a more general rule; of two paths the shorter one is more general."""
    conditions = conditions_of(rule)
    if not conditions:
        return len(_ORDER) + 1, 0
    if len(conditions) > 1:
        return -1, 0
    name, word = conditions[0]
    return _ORDER.index(name), -word.replace("\\", "/").count("/") if name == "area_path" else 0


def _statuses(mapping: RoadmapMap, choices: Choices) -> dict[str, StatusClass]:
    statuses = dict(mapping.statuses)
    for word, chosen in choices.statuses.items():
        folded = word.strip().casefold()
        if chosen is None:
            statuses.pop(folded, None)
        else:
            statuses[folded] = chosen
    return statuses


def _priorities(mapping: RoadmapMap, choices: Choices) -> tuple[str, ...]:
    """Return the words by their numbers; words of the map that the file does not have keep their places at the end."""
    if not choices.ranks:
        return mapping.priorities
    numbered: dict[int, str] = {}
    for word, rank in choices.ranks.items():
        folded = word.strip().casefold()
        if rank is None:
            continue
        if numbered.setdefault(rank, folded) != folded:
            raise Refused("Two priorities have the number {rank}. Give each its own.", rank=rank)
    if not numbered:
        return ()
    shown = {word.strip().casefold() for word in choices.ranks}
    ordered = [numbered[rank] for rank in sorted(numbered)]
    return tuple(dict.fromkeys([*ordered, *(word for word in mapping.priorities if word not in shown)]))
