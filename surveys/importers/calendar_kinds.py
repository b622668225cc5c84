"""Turns the words of a calendar's entry into what kind of day it is, by the map of its steward or by common words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from surveys.i18n import mark


class DayKind(StrEnum):
    """What a day of the calendar is; a milestone is a date of the plan only and no day of its own."""

    HOLIDAY = "holiday"
    SHUTDOWN = "shutdown"
    FREEZE = "freeze"
    RELEASE = "release"
    MILESTONE = "milestone"
    REORGANISATION = "reorganisation"
    LAYOFF = "layoff"
    LEADER_CHANGE = "leader_change"
    INCIDENT = "incident"


KIND_NAMES = {
    DayKind.HOLIDAY: mark("Public holiday"),
    DayKind.SHUTDOWN: mark("Company shutdown"),
    DayKind.FREEZE: mark("Freeze"),
    DayKind.RELEASE: mark("Release"),
    DayKind.MILESTONE: mark("Milestone"),
    DayKind.REORGANISATION: mark("Reorganisation"),
    DayKind.LAYOFF: mark("Layoffs"),
    DayKind.LEADER_CHANGE: mark("Change of leader"),
    DayKind.INCIDENT: mark("Incident"),
}
"""How a kind reads on a page."""

SKIP = "skip"
"""The word of a map for entries that are left out."""

# The order matters: "feature freeze (milestone 3)" is a freeze, "release candidate" a milestone on the way.
_WORDS = tuple(
    (kind, re.compile(rf"\b(?:{words})\b"))
    for kind, words in (
        (DayKind.FREEZE, r"freeze|congelaci[oó]n"),
        (DayKind.MILESTONE, r"milestone|release candidate|rc ?\d+|hito"),
        (DayKind.RELEASE, r"releases?|go[- ]?live|lanzamiento|puesta en producci[oó]n"),
        (DayKind.SHUTDOWN, r"shutdown|(?:company|office) (?:closed|closure)|cierre (?:de empresa|de la empresa)"),
        (DayKind.HOLIDAY, r"(?:public|bank|national) holidays?|d[ií]as? festivos?|festivos?"),
        (DayKind.REORGANISATION, r"re-?org|re-?organi[sz]ation|reorganizaci[oó]n|reestructuraci[oó]n"),
        (DayKind.LAYOFF, r"lay-?offs?|redundanc(?:y|ies)|despidos?"),
        (
            DayKind.LEADER_CHANGE,
            r"(?:leader|manager) change|change of (?:leader|manager)|new manager|cambio de (?:l[ií]der|jef[ea])",
        ),
        (DayKind.INCIDENT, r"incidents?|outage|incidencia"),
    )
)
# Alone as a category these words are clear; in a title "holiday" may be the leave of one person.
# A deadline or a launch may be anything of anybody.
_CATEGORIES = {
    **dict.fromkeys(("holiday", "holidays"), DayKind.HOLIDAY),
    **dict.fromkeys(("deadline", "fecha límite", "fecha limite"), DayKind.MILESTONE),
    "launch": DayKind.RELEASE,
    "closed": DayKind.SHUTDOWN,
}


def kind_of(
    categories: Sequence[str], title: str, words: Mapping[str, DayKind | None] | None = None
) -> tuple[DayKind | None, bool]:
    """Return the kind of an entry and whether anything said it; the kind ``None`` with True means: leave it out.

    The steward's ``words`` (without case: a whole category, or whole words of the title) come first, then common
    words in the categories, then in the title. Known are English and Spanish words.
    """
    folded = [category.strip().casefold() for category in categories]
    text = title.casefold()
    for word, kind in (words or {}).items():
        wanted = word.strip().casefold()
        if wanted in folded or re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text):
            return kind, True
    for category in folded:
        if category in _CATEGORIES:
            return _CATEGORIES[category], True
    for source in (*folded, text):
        for kind, pattern in _WORDS:
            if pattern.search(source):
                return kind, True
    return None, False
