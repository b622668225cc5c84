"""Turns a shape, a seed and the days of the waves into made-up teams and people with the days they came and went."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.demo.names import Identity, Namer
from app.demo.shapes import ROOT, Shape, TeamShape

TIMEZONE = "Europe/Madrid"
COUNTRY = "ES-MD"
_STREAM = 1


@dataclass(frozen=True, kw_only=True)
class Team:
    """One team with the address of its leader."""

    key: str
    name: str
    parent: str | None
    leader: str


@dataclass(frozen=True, kw_only=True)
class Person:
    """One person in one team; both days inclusive, ``ends_on`` is None for somebody who stays."""

    identity: Identity
    team: str
    starts_on: dt.date
    ends_on: dt.date | None = None

    def is_there(self, day: dt.date) -> bool:
        """Whether the person belongs to the team on a day."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """Teams with parents first, and everybody who ever belonged to one, by address."""

    shape: Shape
    teams: tuple[Team, ...]
    people: tuple[Person, ...]

    def team(self, key: str) -> Team:
        """Return a team by key."""
        return next(team for team in self.teams if team.key == key)


def make_organisation(shape: Shape, *, seed: int, first: dt.date, last: dt.date) -> Organisation:
    """Return the sample organisation of a seed; people come and go between the days ``first`` and ``last``.

    Leaders, the troubled team, the improving one and teams of fewer than six people keep their people throughout.
    """
    generator = np.random.default_rng([seed, _STREAM])
    namer = Namer(generator)
    leaders: dict[str, Identity] = {}
    people: list[Person] = []
    for team in shape.teams:
        leaders[team.key] = namer.person()
        home = team.parent if shape.leaders_above and team.parent is not None else team.key
        count = team.size if home != team.key else max(team.size - 1, 0)
        people.append(_settled(leaders[team.key], home, generator, first))
        people += [_settled(namer.person(), team.key, generator, first) for _ in range(count)]
    movable = [
        place
        for place, person in enumerate(people)
        if person.identity not in leaders.values() and _moves(shape, person.team)
    ]
    chosen = generator.choice(len(movable), size=min(shape.turnover, len(movable)), replace=False)
    for number in sorted(int(each) for each in chosen):
        gone, successor = _replaced(people[movable[number]], namer, generator, first, last)
        people[movable[number]] = gone
        people.append(successor)
    teams = tuple(
        Team(key=team.key, name=team.name, parent=team.parent, leader=leaders[team.key].email) for team in shape.teams
    )
    return Organisation(shape=shape, teams=teams, people=tuple(sorted(people, key=lambda each: each.identity.email)))


def team_rows(organisation: Organisation) -> list[Sequence[str]]:
    """Return the rows of ``teams.csv`` without its header; zone and country stand at the root and are inherited."""
    place = {ROOT: (TIMEZONE, COUNTRY)}
    return [
        (team.key, team.parent or "", team.name, team.leader, *place.get(team.key, ("", "")))
        for team in organisation.teams
    ]


def people_rows(organisation: Organisation) -> list[Sequence[str]]:
    """Return the rows of ``people.csv`` without its header."""
    return [
        (
            person.identity.email,
            person.identity.name,
            person.team,
            person.identity.language,
            person.starts_on.isoformat(),
            person.ends_on.isoformat() if person.ends_on else "",
        )
        for person in organisation.people
    ]


def _moves(shape: Shape, key: str) -> bool:
    team: TeamShape = next(team for team in shape.teams if team.key == key)
    return team.size >= 6 and key not in {shape.troubled, shape.improving, ROOT}


def _settled(identity: Identity, team: str, generator: np.random.Generator, first: dt.date) -> Person:
    """Return somebody who has been there for one to six years when the first wave opens."""
    return Person(identity=identity, team=team, starts_on=first - dt.timedelta(days=int(generator.integers(600, 2200))))


def _replaced(
    person: Person, namer: Namer, generator: np.random.Generator, first: dt.date, last: dt.date
) -> tuple[Person, Person]:
    span = (last - first).days
    ends = first + dt.timedelta(days=int(generator.integers(span // 10, max(span * 8 // 10, span // 10 + 1))))
    starts = ends + dt.timedelta(days=int(generator.integers(10, 45)))
    return replace(person, ends_on=ends), Person(identity=namer.person(), team=person.team, starts_on=starts)
