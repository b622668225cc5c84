"""Turns ``teams.csv`` and ``people.csv`` into the frozen facts of an organisation, or into a list of every bad row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from surveys.errors import InvalidInput, Problem
from surveys.i18n import LANGUAGES, Message, mark
from surveys.importers import organisation_cells as cells
from surveys.importers.tables import Row, Table, quote, read_table

TEAM_COLUMNS = ("team", "parent", "name", "leader_email", "timezone")
OPTIONAL_TEAM_COLUMNS = ("country",)
PEOPLE_COLUMNS = ("email", "name", "team", "language", "starts_on", "ends_on")
DEFAULT_TIMEZONE = "UTC"
MAX_DEPTH = 50
"""Levels of teams below the root; deeper trees are a mistake of the file."""

_REFUSED = mark("The organisation was not read: the files have faults.")


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamFact:
    """One team: ``parent`` is None for the root, ``leader_email`` (lower case) is None where nobody leads it.

    ``country`` is a code such as ES or ES-MD, "" for none, and None where the file has no such column.
    """

    key: str
    parent: str | None
    name: str
    leader_email: str | None
    timezone: str
    country: str | None = None
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonFact:
    """One membership: ``email`` in lower case, both days inclusive, None where the period is open on that side."""

    email: str
    name: str
    team: str
    language: str
    starts_on: dt.date | None
    ends_on: dt.date | None
    line: int


@dataclass(frozen=True, kw_only=True)
class OrganisationFile:
    """What two valid files say: ``teams`` with every parent before its children, ``people`` in the order of the file.

    A person with several memberships has several entries of ``people``; their periods never overlap.
    """

    teams: tuple[TeamFact, ...]
    people: tuple[PersonFact, ...]


def read_organisation(
    teams: bytes | Path,
    people: bytes | Path,
    *,
    languages: Sequence[str] = LANGUAGES,
    teams_name: str = "teams.csv",
    people_name: str = "people.csv",
) -> OrganisationFile:
    """Read and check both files.

    An empty time zone is the parent's (UTC at the root), so is an empty country (none at the root); the column of
    countries may be absent. An empty language is the first of ``languages``, empty days leave the membership open.
    Raises :class:`InvalidInput` with every problem of both files, ordered by file and line.
    """
    team_table = read_table(teams, name=teams_name, required=TEAM_COLUMNS, optional=OPTIONAL_TEAM_COLUMNS)
    people_table = read_table(people, name=people_name, required=PEOPLE_COLUMNS)
    problems = [*team_table.problems, *people_table.problems]
    team_facts = _read_teams(team_table, problems)
    people_facts = _read_people(people_table, problems, tuple(languages))
    if team_table.readable:
        _check_tree(team_table, problems)
        _check_memberships(people_table, problems, {row.cells["team"] for row in team_table.rows})
    if people_table.rows:
        _check_leaders(team_table, problems, {row.cells["email"].lower() for row in people_table.rows})
    if problems:
        order = {team_table.source: 0, people_table.source: 1}
        problems.sort(key=lambda problem: (order[problem.source], problem.line or 0))
        raise InvalidInput(_REFUSED, problems)
    return OrganisationFile(teams=_parents_first(team_facts), people=tuple(people_facts))


def _read_teams(table: Table, problems: list[Problem]) -> list[TeamFact]:
    facts = []
    for row in table.rows:
        cell = row.cells
        leader, timezone = cell["leader_email"].lower(), cell["timezone"]
        country, country_fault = cells.country(cell["country"])
        faults = [
            cells.team_key_fault(cell["team"]),
            cells.text_fault(cell["name"], Message("The name of the team")),
            cells.email_fault(leader) if leader else None,
            cells.timezone_fault(timezone) if timezone else None,
            country_fault,
        ]
        _report(table, row, faults, problems)
        fact = TeamFact(
            key=cell["team"],
            parent=cell["parent"] or None,
            name=cell["name"],
            leader_email=leader or None,
            timezone=timezone,
            country=country if "country" in table.columns else None,
            line=row.line,
        )
        facts.append(fact)
    if table.readable and not table.rows:
        problems.append(Problem(table.source, None, Message("The file names no team.")))
    return facts


def _read_people(table: Table, problems: list[Problem], languages: Sequence[str]) -> list[PersonFact]:
    facts = []
    periods: dict[str, list[PersonFact]] = {}
    for row in table.rows:
        cell = row.cells
        email, language = cell["email"].lower(), cell["language"].lower() or languages[0]
        starts_on, start_fault = cells.day(cell["starts_on"])
        ends_on, end_fault = cells.day(cell["ends_on"])
        membership_faults = [
            cells.email_fault(email),
            start_fault,
            end_fault,
            cells.period_fault(starts_on, ends_on),
        ]
        faults = [
            *membership_faults,
            cells.text_fault(cell["name"], Message("The name of the person")),
            cells.language_fault(language, languages),
        ]
        fact = PersonFact(
            email=email,
            name=cell["name"],
            team=cell["team"],
            language=language,
            starts_on=starts_on,
            ends_on=ends_on,
            line=row.line,
        )
        if not any(membership_faults):
            faults.append(_overlap_fault(fact, periods.setdefault(email, [])))
        _report(table, row, faults, problems)
        facts.append(fact)
    if table.readable and not table.rows:
        problems.append(Problem(table.source, None, Message("The file names nobody.")))
    return facts


def _overlap_fault(fact: PersonFact, earlier: list[PersonFact]) -> Message | None:
    """Compare a membership with the person's earlier ones, and remember it."""
    start, end = fact.starts_on or dt.date.min, fact.ends_on or dt.date.max
    for other in earlier:
        if start <= (other.ends_on or dt.date.max) and (other.starts_on or dt.date.min) <= end:
            params = {"email": quote(fact.email), "line": other.line}
            return Message("Duplicate e-mail address “{email}”: line {line} has it in an overlapping period.", params)
    earlier.append(fact)
    return None


def _check_memberships(table: Table, problems: list[Problem], known: set[str]) -> None:
    for row in table.rows:
        team = row.cells["team"]
        if not team:
            _report(table, row, [Message("The team is empty.")], problems)
        elif team not in known:
            _report(table, row, [Message("Unknown team “{team}”.", {"team": quote(team)})], problems)


def _check_leaders(table: Table, problems: list[Problem], known: set[str]) -> None:
    for row in table.rows:
        leader = row.cells["leader_email"].lower()
        if leader and leader not in known and cells.email_fault(leader) is None:
            params = {"email": quote(leader)}
            fault = Message("Unknown leader: the people file does not have the address “{email}”.", params)
            _report(table, row, [fault], problems)


def _check_tree(table: Table, problems: list[Problem]) -> None:
    """Find duplicate keys, unknown parents, cycles, several roots and trees without end."""
    seen: dict[str, Row] = {}
    lines: dict[str, int] = {}
    for row in table.rows:
        key = row.cells["team"]
        # File names of reports come from the key, and some file systems do not tell cases apart.
        first = lines.setdefault(key.casefold(), row.line)
        if key and first != row.line:
            params = {"team": quote(key), "line": first}
            _report(table, row, [Message("Duplicate team “{team}”: line {line} has it already.", params)], problems)
        if key:
            seen.setdefault(key, row)
    for row in table.rows:
        parent = row.cells["parent"]
        if parent and parent not in seen:
            params = {"parent": quote(parent)}
            _report(table, row, [Message("Unknown parent “{parent}”.", params)], problems)
    _check_roots(table, problems)
    _check_chains(table, seen, problems)


def _check_roots(table: Table, problems: list[Problem]) -> None:
    roots = [row for row in table.rows if not row.cells["parent"]]
    for row in roots[1:]:
        params = {"first": quote(roots[0].cells["team"]), "line": roots[0].line}
        text = mark("A second team without parent. Exactly one has none, and that is “{first}” in line {line}.")
        _report(table, row, [Message(text, params)], problems)


def _check_chains(table: Table, seen: dict[str, Row], problems: list[Problem]) -> None:
    """Follow every team upwards once; ``depth`` holds those whose way to the top is known."""
    depth: dict[str, int] = {}
    for start in seen:
        chain: dict[str, None] = {}
        key = start
        while key in seen and key not in depth and key not in chain:
            chain[key] = None
            key = seen[key].cells["parent"]
        above = depth.get(key, 0)
        if key in chain:
            members = list(chain)
            cycle = members[members.index(key) :]
            fault = Message("The teams form a cycle: {cycle}.", {"cycle": cells.cycle_text(cycle)})
            _report(table, seen[key], [fault], problems)
        for level, member in enumerate(reversed(chain), start=above + 1):
            depth[member] = level
            if level == MAX_DEPTH + 2 and key not in chain:
                fault = Message("The tree has more than {levels} levels.", {"levels": MAX_DEPTH})
                _report(table, seen[member], [fault], problems)


def _parents_first(facts: Sequence[TeamFact]) -> tuple[TeamFact, ...]:
    """Order a valid tree so that each parent stands before its children, and fill in what is inherited."""
    children: dict[str | None, list[TeamFact]] = {}
    for fact in facts:
        children.setdefault(fact.parent, []).append(fact)
    ordered: list[TeamFact] = []
    waiting = [(fact, DEFAULT_TIMEZONE, "") for fact in reversed(children.get(None, []))]
    while waiting:
        fact, zone_above, country_above = waiting.pop()
        timezone = fact.timezone or zone_above
        country = None if fact.country is None else fact.country or country_above
        ordered.append(replace(fact, timezone=timezone, country=country))
        waiting.extend((child, timezone, country or "") for child in reversed(children.get(fact.key, [])))
    return tuple(ordered)


def _report(table: Table, row: Row, faults: Sequence[Message | None], problems: list[Problem]) -> None:
    problems.extend(Problem(table.source, row.line, fault) for fault in faults if fault is not None)
