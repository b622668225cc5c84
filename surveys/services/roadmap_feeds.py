"""Turns what a source holds into a list of the indicators it feeds, cannot feed, and what would feed them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from surveys.i18n import Message, mark
from surveys.importers.roadmap_model import EventField, PlanFact, PlanKind, SourceKind, WorkItemFact
from surveys.models.roadmap import RoadmapSource

DATED_FIELDS = frozenset({EventField.PLAN, EventField.DUE, EventField.PRIORITY})
"""Fields whose history volatility is made of."""

_FEW = 0.2
"""Below this share of items with a plan or a day, the run rate speaks of a small part of the work."""


class FeedState(StrEnum):
    """How well a source feeds an indicator."""

    FED = "fed"
    PARTLY = "partly"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class Feed:
    """One indicator (``R``, ``L``, ...) with why it is as it is and what would feed it; both are whole sentences."""

    indicator: str
    state: FeedState
    reason: Message
    remedy: Message


@dataclass
class Contents:
    """What the items and plans of a source carry; gathered item by item."""

    items: int = 0
    done: int = 0
    placed: int = 0
    with_due: int = 0
    with_moscow: int = 0
    with_area: int = 0
    ranks: set[int] = field(default_factory=set)
    dated_plans: int = 0
    dated_sprints: int = 0

    def add(self, item: WorkItemFact) -> None:
        """Count an item."""
        self.items += 1
        self.done += item.done_at is not None
        self.placed += bool(item.plans or item.due)
        self.with_due += item.due is not None
        self.with_moscow += item.moscow is not None
        self.with_area += bool(item.areas or item.parent)
        if item.priority_rank is not None:
            self.ranks.add(item.priority_rank)

    def add_plans(self, plans: Iterable[PlanFact]) -> None:
        """Count the plans that have a day."""
        for plan in plans:
            dated = plan.due is not None
            self.dated_plans += dated
            self.dated_sprints += dated and plan.start is not None and plan.kind is PlanKind.SPRINT

    @property
    def is_dated(self) -> bool:
        """Whether anything has a day."""
        return bool(self.dated_plans or self.with_due)


_NOTHING = mark("Nothing is missing.")
_SAYS: Mapping[str, str] = {
    "whole": mark("The source has all it needs."),
    "no_dates": mark("Nothing has a date."),
    "few_dates": mark("Only {share} % of the items have a plan or a day of their own."),
    "no_starts": mark("It is not known when work began or was planned."),
    "no_plan_history": mark("The history of plans is not known."),
    "no_history": mark("The history of days, plans and priorities is not known."),
    "some_history": mark("Only a part of the history of days, plans and priorities is known."),
    "no_done": mark("No item has a day on which it was done."),
    "no_status_history": mark("The history of status is not known."),
    "one_priority": mark("All items have the same priority or none."),
    "no_people": mark("The source names no assignees."),
    "no_areas": mark("The items name no component, project or parent."),
}
_REMEDIES: Mapping[str, str] = {
    "nothing": _NOTHING,
    "give_days": mark(
        "Days of sprints, versions, milestones or items feed it; so does a calendar with dates of releases."
    ),
    "give_done": mark("Days of completion feed it."),
    "give_ranks": mark("Different priorities, or a MoSCoW field that the map names, feed it."),
    "give_people": mark("An export with assignees feeds it; they are kept as hashes until they are counted."),
    "give_areas": mark("An export with components or parents feeds it."),
    "history_template": mark("A second file with the history of the items feeds it."),
    "history_jira": mark("Jira's JSON with the change log feeds it, and so does a connection to Jira."),
    "history_github": mark("The timeline of the issues feeds it; a connection to GitHub reads it."),
    "history_trello": mark("The export keeps the last 1,000 actions. One made every few weeks feeds it."),
    "history_other": mark("This export never has it. The items with a history file in our own template feed it."),
}
_HISTORY_BY: Mapping[SourceKind, str] = {
    SourceKind.CSV: "history_template",
    SourceKind.XLSX: "history_template",
    SourceKind.JIRA_CSV: "history_jira",
    SourceKind.JIRA_JSON: "history_jira",
    SourceKind.JIRA_CLOUD: "history_jira",
    SourceKind.GITHUB_JSON: "history_github",
    SourceKind.GITHUB: "history_github",
    SourceKind.TRELLO_JSON: "history_trello",
}

Coded = tuple[str, FeedState, str, str, dict[str, int]]
"""Indicator, state, codes of reason and remedy, and the values in the reason: what is stored of a feed."""


def feeds_from(
    contents: Contents, *, kind: SourceKind, history: frozenset[EventField], names_people: bool
) -> tuple[Coded, ...]:
    """Return for each of the eight indicators whether the source feeds it."""
    past = _HISTORY_BY.get(kind, "history_other")
    return (
        _run_rate(contents),
        _commitment(contents, history, past),
        _churn(contents, history, past),
        _feed("U", "no_done", "give_done") if not contents.done else _whole("U"),
        _volatility(history, past),
        _whole("W") if EventField.STATUS in history else _feed("W", "no_status_history", past),
        _whole("P") if len(contents.ranks) > 1 or contents.with_moscow else _feed("P", "one_priority", "give_ranks"),
        _split(contents, names_people=names_people),
    )


def _whole(indicator: str) -> Coded:
    return indicator, FeedState.FED, "whole", "nothing", {}


def _feed(indicator: str, reason: str, remedy: str, state: FeedState = FeedState.MISSING, **values: int) -> Coded:
    return indicator, state, reason, remedy, values


def _run_rate(contents: Contents) -> Coded:
    if not contents.is_dated:
        return _feed("R", "no_dates", "give_days")
    share = contents.placed / max(contents.items, 1)
    if share < _FEW:
        return _feed("R", "few_dates", "give_days", FeedState.PARTLY, share=round(100 * share))
    return _whole("R")


def _commitment(contents: Contents, history: frozenset[EventField], past: str) -> Coded:
    if contents.dated_sprints or history & {EventField.STATUS, EventField.PLAN}:
        return _whole("L")
    if contents.is_dated:
        return _feed("L", "no_starts", past, FeedState.PARTLY)
    return _feed("L", "no_starts", past)


def _churn(contents: Contents, history: frozenset[EventField], past: str) -> Coded:
    if not contents.is_dated:
        return _feed("C", "no_dates", "give_days")
    return _whole("C") if EventField.PLAN in history else _feed("C", "no_plan_history", past)


def _volatility(history: frozenset[EventField], past: str) -> Coded:
    known = history & DATED_FIELDS
    if not known:
        return _feed("V", "no_history", past)
    return _whole("V") if known == DATED_FIELDS else _feed("V", "some_history", past, FeedState.PARTLY)


def _split(contents: Contents, *, names_people: bool) -> Coded:
    if not names_people:
        return _feed("S", "no_people", "give_people")
    return _whole("S") if contents.with_area else _feed("S", "no_areas", "give_areas")


def feeds(coded: Iterable[Coded]) -> tuple[Feed, ...]:
    """Return the feeds in sentences."""
    return tuple(
        Feed(
            indicator=indicator,
            state=state,
            reason=Message(_SAYS[reason], values),
            remedy=Message(_REMEDIES[remedy]),
        )
        for indicator, state, reason, remedy, values in coded
    )


def feeds_of(source: RoadmapSource) -> tuple[Feed, ...]:
    """Return what the last import said the source feeds; empty for one that was imported before this was kept."""
    stored = source.account.get("feeds")
    if not isinstance(stored, list):
        return ()
    return feeds(
        (indicator, FeedState(state), reason, remedy, values)
        for indicator, state, reason, remedy, values in stored
        if reason in _SAYS and remedy in _REMEDIES
    )
