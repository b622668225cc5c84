"""Names the three sizes of the sample organisation: the tree of its teams and what happens to some of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

ROOT = "company"
WAVES = 26
"""Waves of a demonstration: one year, every two weeks."""

TROUBLE_FROM = 16
"""The first wave in which the troubled team's workload is worse."""


class Size(StrEnum):
    """How large the sample organisation is."""

    SMALL = "small"
    MEDIUM = "medium"
    DEFAULT = "default"


@dataclass(frozen=True, kw_only=True)
class TeamShape:
    """One team; ``size`` is the number of its people on the first day, in the people file under this team."""

    key: str
    name: str
    parent: str | None
    size: int


@dataclass(frozen=True, kw_only=True)
class Shape:
    """One organisation: teams with parents first, who has a story, and how many people leave and are replaced.

    ``leaders_above`` says whether the leader of a team belongs to the team above (and then comes on top of
    ``size``) or is one of the ``size`` people of the own team. The leader of the root is always one of the root's.
    """

    name: str
    teams: tuple[TeamShape, ...]
    troubled: str
    improving: str | None
    leaders_above: bool
    turnover: int

    @property
    def leaves(self) -> tuple[TeamShape, ...]:
        """The teams without teams below them: those that deliver and so have a roadmap."""
        parents = {team.parent for team in self.teams}
        return tuple(team for team in self.teams if team.key not in parents)


_DEPARTMENTS: Mapping[str, tuple[str, tuple[tuple[str, str, int], ...]]] = {
    "commerce": (
        "Commerce",
        (
            ("ticketing", "Ticketing", 10),
            ("payments", "Payments", 11),
            ("checkout", "Checkout", 9),
            ("pricing", "Pricing", 8),
            ("refunds", "Refunds", 4),
        ),
    ),
    "apps": (
        "Apps",
        (
            ("ios", "Mobile iOS", 10),
            ("android", "Mobile Android", 9),
            ("web-shop", "Web Shop", 12),
            ("design-system", "Design System", 7),
            ("accessibility", "Accessibility", 5),
        ),
    ),
    "platform": (
        "Platform",
        (
            ("cloud", "Cloud", 12),
            ("identity", "Identity", 9),
            ("observability", "Observability", 8),
            ("developer-tools", "Developer Tools", 10),
            ("networks", "Networks", 6),
        ),
    ),
    "data": (
        "Data",
        (
            ("data-platform", "Data Platform", 11),
            ("search", "Search", 9),
            ("recommendations", "Recommendations", 10),
            ("reporting", "Reporting", 8),
            ("forecasting", "Forecasting", 12),
        ),
    ),
    "customer": (
        "Customer",
        (
            ("support-tools", "Support Tools", 10),
            ("onboarding", "Onboarding", 9),
            ("partner-api", "Partner API", 11),
            ("messaging", "Messaging", 8),
            ("documentation", "Documentation", 5),
            ("localisation", "Localisation", 14),
        ),
    ),
}


def shape_of(size: Size) -> Shape:
    """Return the organisation of a size."""
    return _SHAPES[size]


def _default() -> Shape:
    teams = [TeamShape(key=ROOT, name="Almena Software", parent=None, size=12)]
    for key, (name, parts) in _DEPARTMENTS.items():
        teams.append(TeamShape(key=key, name=name, parent=ROOT, size=0))
        teams += [TeamShape(key=part, name=label, parent=key, size=size) for part, label, size in parts]
    return Shape(
        name="Almena Software",
        teams=tuple(teams),
        troubled="ticketing",
        improving="partner-api",
        leaders_above=True,
        turnover=22,
    )


def _flat(name: str, top: int, *parts: tuple[str, str, int], improving: str | None, turnover: int) -> Shape:
    teams = [TeamShape(key=ROOT, name=name, parent=None, size=top)]
    teams += [TeamShape(key=key, name=label, parent=ROOT, size=size) for key, label, size in parts]
    return Shape(
        name=name,
        teams=tuple(teams),
        troubled=parts[0][0],
        improving=improving,
        leaders_above=False,
        turnover=turnover,
    )


_SHAPES: Mapping[Size, Shape] = {
    Size.DEFAULT: _default(),
    Size.MEDIUM: _flat(
        "Almena Labs",
        3,
        ("ticketing", "Ticketing", 10),
        ("payments", "Payments", 8),
        ("mobile", "Mobile", 6),
        ("platform", "Platform", 5),
        ("search", "Search", 4),
        ("support", "Support", 4),
        improving="payments",
        turnover=2,
    ),
    Size.SMALL: _flat(
        "Almena Studio", 1, ("ticketing", "Ticketing", 6), ("mobile", "Mobile", 5), improving=None, turnover=0
    ),
}
