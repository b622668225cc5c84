"""Turns the open work of a team into plain facts on how it is prioritised; nothing here is tested or about a person."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from reports.pressure.scope import OpenItem, Scope
from reports.pressure.sweep import TOP_RANKS
from surveys.importers.roadmap_model import Moscow, Rice

CLASH = dt.timedelta(days=14)
"""Plans due within so many days of one another compete."""

IN_USE = 0.5
"""A framework is in use where at least this share of the open items carries it."""

_MIN_QUADRANTS = 6
_MIN_ORDER = 5
_MIN_DAYS = 2


class Framework(StrEnum):
    """How a team ranks its work, by the fields that its open items carry."""

    MOSCOW = "moscow"
    RICE = "rice"
    IMPACT_EFFORT = "impact_effort"
    PRIORITY = "priority"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class MustShare:
    """Size of open planned work that is Must, of all of it; ``unclassed`` is the size without any class."""

    must: float
    base: float
    unclassed: float

    @property
    def share(self) -> float:
        """The share, 0 to 1; the same as the indicator P."""
        return self.must / self.base


@dataclass(frozen=True, kw_only=True)
class TopShare:
    """Size of open planned work in the top two priorities, of all of it."""

    top: float
    base: float

    @property
    def share(self) -> float:
        """The share, 0 to 1."""
        return self.top / self.base


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A plan of a clash, its day, and how many open items of top priority it holds."""

    plan: str
    day: dt.date
    top_items: int


@dataclass(frozen=True, kw_only=True)
class FirstRank:
    """Open items of the highest priority beside the items done in the weeks before."""

    items: int
    finished: int
    weeks: int

    @property
    def is_conflict(self) -> bool:
        """Whether more items come first than the team finishes in that time."""
        return self.items > self.finished


@dataclass(frozen=True, kw_only=True)
class Quadrants:
    """Open items by effort and impact against the medians of the same items; at a median counts as low.

    ``avoid`` are the items of high effort and low impact, in the order of their keys.
    """

    items: int
    quick: int
    large: int
    small: int
    avoid: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RiceOrder:
    """Spearman correlation of RICE scores and days: 1 where higher scores come earlier, minus 1 the other way round."""

    items: int
    agreement: float


@dataclass(frozen=True, kw_only=True)
class Priorities:
    """How one team ranks its open work; a part is ``None`` where the fields for it are not there."""

    framework: Framework
    items: int
    must: MustShare | None
    top: TopShare | None
    clashes: tuple[tuple[Claim, ...], ...]
    first_rank: FirstRank | None
    quadrants: Quadrants | None
    rice_order: RiceOrder | None


def priorities_of(scope: Scope) -> Priorities:
    """Return how the open work of a team is prioritised. Sizes are in the unit of the week."""
    ranks = {item.rank for item in scope.items} - {None}
    is_ranked = len(ranks) > 1
    return Priorities(
        framework=_framework(scope.items, is_ranked=is_ranked),
        items=len(scope.items),
        must=_must(scope),
        top=_top(scope) if is_ranked else None,
        clashes=_clashes(scope) if is_ranked or any(item.moscow for item in scope.items) else (),
        first_rank=_first_rank(scope) if is_ranked else None,
        quadrants=_quadrants(scope.items),
        rice_order=_rice_order(scope),
    )


def _framework(items: Sequence[OpenItem], *, is_ranked: bool) -> Framework:
    def is_used(has: Callable[[OpenItem], bool]) -> bool:
        return bool(items) and sum(map(has, items)) >= IN_USE * len(items)

    if is_used(lambda item: item.moscow is not None):
        return Framework.MOSCOW
    if is_used(lambda item: _score(item.rice) is not None):
        return Framework.RICE
    if is_used(lambda item: _pair(item) is not None):
        return Framework.IMPACT_EFFORT
    if is_ranked and is_used(lambda item: item.rank is not None):
        return Framework.PRIORITY
    return Framework.NONE


def _must(scope: Scope) -> MustShare | None:
    base = _size(scope.dated)
    if not base or not any(item.moscow for item in scope.dated):
        return None
    return MustShare(
        must=_size([item for item in scope.dated if item.moscow is Moscow.MUST]),
        base=base,
        unclassed=_size([item for item in scope.dated if item.moscow is None]),
    )


def _top(scope: Scope) -> TopShare | None:
    base = _size(scope.dated)
    top = [item for item in scope.dated if item.rank is not None and item.rank <= TOP_RANKS]
    return TopShare(top=_size(top), base=base) if base else None


def _is_top(item: OpenItem) -> bool:
    if item.moscow is not None:
        return item.moscow is Moscow.MUST
    return item.rank is not None and item.rank <= TOP_RANKS


def _clashes(scope: Scope) -> tuple[tuple[Claim, ...], ...]:
    """Return each largest run of plans due within two weeks of its first that all hold top-priority work."""
    claims = [
        Claim(plan=work.plan, day=work.day, top_items=top)
        for work in scope.work
        if work.plan and work.day >= scope.monday and (top := sum(map(_is_top, work.items)))
    ]
    found: list[tuple[Claim, ...]] = []
    for place, first in enumerate(claims):
        run = tuple(claim for claim in claims[place:] if claim.day - first.day <= CLASH)
        if len(run) > 1 and not (found and set(run) <= set(found[-1])):
            found.append(run)
    return tuple(found)


def _first_rank(scope: Scope) -> FirstRank | None:
    first = min(item.rank for item in scope.items if item.rank is not None)
    if first != 1 or not scope.finished_weeks:
        return None
    count = sum(item.rank == first for item in scope.items)
    return FirstRank(items=count, finished=scope.finished, weeks=scope.finished_weeks)


def _quadrants(items: Sequence[OpenItem]) -> Quadrants | None:
    pairs = [(item.key, *pair) for item in items if (pair := _pair(item)) is not None]
    if len(pairs) < _MIN_QUADRANTS:
        return None
    impact_at, effort_at = median(impact for _, impact, _ in pairs), median(effort for _, _, effort in pairs)
    sides = [(key, impact > impact_at, effort > effort_at) for key, impact, effort in pairs]
    if len({high for _, high, _ in sides}) < 2 or len({high for _, _, high in sides}) < 2:
        return None
    return Quadrants(
        items=len(pairs),
        quick=sum(high_impact and not high_effort for _, high_impact, high_effort in sides),
        large=sum(high_impact and high_effort for _, high_impact, high_effort in sides),
        small=sum(not high_impact and not high_effort for _, high_impact, high_effort in sides),
        avoid=tuple(key for key, high_impact, high_effort in sides if high_effort and not high_impact),
    )


def _rice_order(scope: Scope) -> RiceOrder | None:
    """Return the rank correlation over planned items with a whole score; ``None`` for too few of them or of days."""
    scored = [(score, item.days[0][0].toordinal()) for item in scope.dated if (score := _score(item.rice)) is not None]
    scores, days = [score for score, _ in scored], [-float(day) for _, day in scored]
    if len(scored) < _MIN_ORDER or len(set(scores)) < _MIN_DAYS or len(set(days)) < _MIN_DAYS:
        return None
    return RiceOrder(items=len(scored), agreement=_spearman(scores, days))


def _score(rice: Rice | None) -> float | None:
    """Return reach x impact x confidence / effort, or ``None`` where a part of it is missing."""
    if rice is None or rice.reach is None or rice.impact is None or rice.confidence is None or not rice.effort:
        return None
    return rice.reach * rice.impact * rice.confidence / rice.effort


def _pair(item: OpenItem) -> tuple[float, float] | None:
    rice = item.rice
    if rice is None or rice.impact is None or rice.effort is None:
        return None
    return rice.impact, rice.effort


def _size(items: Sequence[OpenItem]) -> float:
    return sum(item.size for item in items)


def _spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Return Pearson's correlation of the ranks, ties at their mean rank; both must hold two different values."""
    x, y = _ranks(first), _ranks(second)
    middle = (len(x) + 1) / 2
    both = sum((a - middle) * (b - middle) for a, b in zip(x, y, strict=True))
    spread = sum((a - middle) ** 2 for a in x) * sum((b - middle) ** 2 for b in y)
    return float(both / spread**0.5)


def _ranks(values: Sequence[float]) -> list[float]:
    ordered = sorted(values)
    return [(bisect_left(ordered, value) + bisect_right(ordered, value) + 1) / 2 for value in values]
