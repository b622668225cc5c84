"""Turns the names of plans without items into their teams: those of the project that a name starts with."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

_JIRA = re.compile(r"([A-Z][A-Z0-9_]*)-\d+$")


def project_of(key: str) -> str:
    """Return the project in the key of an item: ``PAY`` of PAY-12, ``owner/name`` of owner/name#3, "" for others."""
    found = _JIRA.fullmatch(key)
    return found[1] if found is not None else key.rpartition("#")[0]


def owners_of(plans: Iterable[str], items: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Return the teams of each plan whose name begins with a project and a slash; ``items`` are (key, team).

    Plans of other names, and those of projects without items, are left out.
    """
    teams: defaultdict[str, set[str]] = defaultdict(set)
    for key, team in items:
        teams[project_of(key)].add(team)
    found: dict[str, set[str]] = {}
    for plan in plans:
        # A project has at most one slash in its name, and a plan may have more.
        first, _, rest = plan.partition("/")
        second, _, last = rest.partition("/")
        project = f"{first}/{second}" if last and f"{first}/{second}" in teams else first
        if rest and project in teams and project:
            found[plan] = teams[project]
    return found
