"""Turns the stored items of a team into its open work at the last week that may be shown of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from reports.pressure.indicators import TeamFacts
from reports.pressure.scope import Scope, scope_of
from reports.services.pressure import is_shown
from reports.services.report_sentences import Member
from reports.store import pressure as store
from reports.store.pressure import TeamBasis
from surveys.importers.roadmap_model import PlanFact, WorkEventFact, WorkItemFact
from surveys.store import roadmap
from surveys.store import waves as wave_store
from surveys.store.roadmap import SourceFacts

SHOWN_KEYS = 5
_SEARCHED = dt.timedelta(weeks=12)
_LAST_DAY = dt.timedelta(days=6)


class Why(StrEnum):
    """Why nothing can be said of the plan of a team."""

    NO_DATA = "no_data"
    TOO_FEW = "too_few"


@dataclass(frozen=True)
class NoScope:
    """There is no open work that may be shown, and why."""

    why: Why


def load_scopes(
    session: Session, members: Sequence[Member], *, as_of: dt.date
) -> Iterator[tuple[Member, Scope | NoScope]]:
    """Yield for each team its open work at the start of its last stored week that ended by ``as_of``.

    Of a week with fewer than three people behind it nothing is said, not even of an earlier one: the team may have
    become too small. Who is in ``members`` is for the caller to allow. Items are named by key alone.
    """
    bases = store.load_bases(session)
    last = as_of - _LAST_DAY
    weeks = store.load_weeks(session, [member.team for member in members], first=last - _SEARCHED, last=last)
    for member in members:
        records = weeks.get(member.team)
        basis = bases.get(member.team)
        if not records or basis is None:
            yield member, NoScope(Why.NO_DATA)
            continue
        record = records[max(records)]
        if record.figures is None or not is_shown(record, member.invited):
            yield member, NoScope(Why.TOO_FEW)
            continue
        yield member, scope_of(_facts(session, member.team, basis), record.figures.week)


def members_of(session: Session, names: dict[str, str]) -> tuple[Member, ...]:
    """Return teams, given by key and name, with the people invited in the last wave that was opened; 0 before one."""
    opened = [wave for wave in wave_store.list_waves(session) if wave.opened_at is not None]
    last = max(opened, key=lambda wave: (wave.opens_at, wave.slug), default=None)
    invited = {} if last is None else {unit.unit: unit.invited for unit in wave_store.list_units(session, last.slug)}
    return tuple(Member(team=key, name=name, invited=invited.get(key, 0)) for key, name in names.items())


def _facts(session: Session, team: str, basis: TeamBasis) -> TeamFacts:
    """Take all sources of a team as one plan, as its weeks do; keys keep apart what two sources call the same."""
    sources = [source for source in roadmap.load_facts(session, [team]) if source.items]
    plans: dict[str, PlanFact] = {plan.name: plan for source in sources for plan in source.plans}
    alike = _shared_keys(sources)
    return TeamFacts(
        items=[_item(source, item, alike) for source in sources for item in source.items],
        events=[_event(source, event, alike) for source in sources for event in source.events],
        plans=plans.values(),
        zone=ZoneInfo(str(basis.traits["zone"])),
        coverage=(
            min((source.covered_from for source in sources), default=dt.date.min),
            max((source.covered_to for source in sources), default=dt.date.min),
        ),
    )


def _shared_keys(sources: Sequence[SourceFacts]) -> frozenset[str]:
    seen: set[str] = set()
    alike: set[str] = set()
    for source in sources:
        keys = {item.key for item in source.items}
        alike |= seen & keys
        seen |= keys
    return frozenset(alike)


def _item(source: SourceFacts, item: WorkItemFact, alike: frozenset[str]) -> WorkItemFact:
    return replace(item, key=f"{source.name}: {item.key}") if item.key in alike else item


def _event(source: SourceFacts, event: WorkEventFact, alike: frozenset[str]) -> WorkEventFact:
    return replace(event, item=f"{source.name}: {event.item}") if event.item in alike else event
