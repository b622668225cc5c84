"""Turns how a team ranks its open work into a part of the leader's page and into lines of a report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from reports.document import Run, Sentence
from reports.pressure.anchors import Anchors, Indicator
from reports.pressure.priorities import (
    Claim,
    FirstRank,
    Framework,
    MustShare,
    Priorities,
    Quadrants,
    RiceOrder,
    TopShare,
    priorities_of,
)
from reports.pressure.scope import Scope
from reports.pressure.values import Unit
from reports.services.plan_scope import load_scopes
from reports.services.plan_words import amount, bare, keys_text
from reports.services.report_sentences import Member
from reports.store.anchors import current_anchors
from surveys.i18n import Translator

_MOST_LINES = 2
_TOLD_CLASHES = 3
_ALIKE = 0.2


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One line on prioritisation: its name and what was counted. ``is_open`` marks one worth a question."""

    name: str
    text: str
    is_open: bool


@dataclass(frozen=True, kw_only=True)
class PrioritiesView:
    """The prioritisation of one team: the framework in use, and the facts that its fields allow."""

    framework: str
    facts: tuple[Fact, ...]


def priorities_view(scope: Scope, anchors: Anchors, tr: Translator) -> PrioritiesView:
    """Return how the open work of a team is ranked, in words."""
    found = priorities_of(scope)
    return PrioritiesView(framework=_framework(found, tr), facts=tuple(_facts(found, scope.unit, anchors, tr)))


def priority_lines(
    session: Session, *, members: Sequence[Member], as_of: dt.date, tr: Translator
) -> tuple[Sentence, ...]:
    """Return at most two lines on prioritisation as of the last whole week that ended by ``as_of``.

    Only what is worth a question is told: of one team its first two facts, of several teams one fact each, in the
    order in which they are given. Empty where there is none, or nothing may be shown.
    """
    anchors = current_anchors(session)
    lines: list[str] = []
    for member, scope in load_scopes(session, members, as_of=as_of):
        if not isinstance(scope, Scope):
            continue
        texts = [fact.text for fact in _facts(priorities_of(scope), scope.unit, anchors, tr) if fact.is_open]
        if len(members) > 1:
            texts = [tr.t("{team}: {fact}", team=member.name, fact=text) for text in texts[:1]]
        lines += texts
    return tuple((Run(text=line),) for line in lines[:_MOST_LINES])


def _framework(found: Priorities, tr: Translator) -> str:
    if not found.items:
        return tr.t("There is no open work.")
    if found.framework is Framework.MOSCOW:
        return tr.t("The team ranks its work by MoSCoW: at least half of the open items carry a class.")
    if found.framework is Framework.RICE:
        return tr.t(
            "The team ranks its work by RICE: at least half of the open items carry reach, impact, "
            "confidence and effort."
        )
    if found.framework is Framework.IMPACT_EFFORT:
        return tr.t("The team ranks its work by impact and effort: at least half of the open items carry both.")
    if found.framework is Framework.PRIORITY:
        return tr.t("The team ranks its work by priorities: at least half of the open items carry one.")
    return tr.t("No framework is in use: fewer than half of the open items carry a rank, or all carry the same.")


def _facts(found: Priorities, unit: Unit, anchors: Anchors, tr: Translator) -> list[Fact]:
    """Return the facts that there are, in a fixed order."""
    facts: list[Fact] = []
    if found.must is not None:
        facts.append(_must(found.must, unit, anchors, tr))
    facts += [_clash(claims, tr) for claims in found.clashes[:_TOLD_CLASHES]]
    if found.first_rank is not None:
        facts.append(_first_rank(found.first_rank, tr))
    if found.top is not None:
        facts.append(_top(found.top, unit, anchors, tr))
    if found.quadrants is not None:
        facts.append(_quadrants(found.quadrants, tr))
    if found.rice_order is not None:
        facts.append(_rice_order(found.rice_order, tr))
    return facts


def _must(must: MustShare, unit: Unit, anchors: Anchors, tr: Translator) -> Fact:
    limit = anchors.must.half
    share, limit_text = tr.number(100 * must.share, 0), tr.number(100 * limit, 0)
    is_over = must.share > limit
    text = tr.t(
        "{share} % of the open planned work is Must: {size} of {base}.",
        share=share,
        size=bare(must.must, tr),
        base=amount(must.base, unit, tr),
    )
    if is_over:
        text += " " + tr.t("Above {limit} % too little is left that can give way.", limit=limit_text)
    else:
        text += " " + tr.t("The line that the method draws is {limit} %.", limit=limit_text)
    if must.unclassed:
        text += " " + tr.t("{size} carry no class.", size=amount(must.unclassed, unit, tr))
    return Fact(name=tr.t("Must share"), text=text, is_open=is_over)


def _clash(claims: Sequence[Claim], tr: Translator) -> Fact:
    told = [
        tr.t("{plan} on {day} ({count})", plan=claim.plan, day=tr.date(claim.day, "d MMM"), count=claim.top_items)
        for claim in claims
    ]
    text = tr.n(
        "{count} plan is due within two weeks with top-priority work: {plans}. In brackets: its items of top priority.",
        "{count} plans are due within the same two weeks, each with top-priority work: {plans}. "
        "In brackets: items of top priority.",
        len(claims),
        plans=tr.join(told),
    )
    return Fact(name=tr.t("Competing plans"), text=text, is_open=True)


def _first_rank(first: FirstRank, tr: Translator) -> Fact:
    done = tr.n("{count} week", "{count} weeks", first.weeks)
    text = tr.n(
        "{count} open item has the highest priority. In the last {weeks} the team finished {done} of any priority.",
        "{count} open items have the highest priority. In the last {weeks} the team finished {done} of any priority.",
        first.items,
        weeks=done,
        done=first.finished,
    )
    return Fact(name=tr.t("Highest priority"), text=text, is_open=first.is_conflict)


def _top(top: TopShare, unit: Unit, anchors: Anchors, tr: Translator) -> Fact:
    usual = anchors.scales[Indicator.TOP_PRIORITY].half
    text = tr.t(
        "{share} % of the open planned work has one of the two top priorities: {size} of {base}. "
        "{usual} % is the middle of the scale.",
        share=tr.number(100 * top.share, 0),
        size=bare(top.top, tr),
        base=amount(top.base, unit, tr),
        usual=tr.number(100 * usual, 0),
    )
    return Fact(name=tr.t("Top priorities"), text=text, is_open=top.share > usual)


def _quadrants(found: Quadrants, tr: Translator) -> Fact:
    text = tr.t(
        "Of {count} open items with both, against their own medians: high impact at low effort {quick}, high impact at "
        "high effort {large}, low impact at low effort {small}, low impact at high effort {avoid}.",
        count=found.items,
        quick=found.quick,
        large=found.large,
        small=found.small,
        avoid=len(found.avoid),
    )
    if found.avoid:
        text += " " + tr.t("High effort for low impact: {keys}.", keys=keys_text(found.avoid, tr))
    return Fact(name=tr.t("Effort and impact"), text=text, is_open=bool(found.avoid))


def _rice_order(found: RiceOrder, tr: Translator) -> Fact:
    agreement = tr.number(found.agreement, 2)
    if found.agreement >= _ALIKE:
        text = tr.n(
            "Items with a higher RICE score tend to be due earlier (rank correlation {agreement}, {count} item).",
            "Items with a higher RICE score tend to be due earlier (rank correlation {agreement}, {count} items).",
            found.items,
            agreement=agreement,
        )
    elif found.agreement <= -_ALIKE:
        text = tr.n(
            "Items with a higher RICE score tend to be due later (rank correlation {agreement}, {count} item).",
            "Items with a higher RICE score tend to be due later (rank correlation {agreement}, {count} items).",
            found.items,
            agreement=agreement,
        )
    else:
        text = tr.n(
            "The plan does not follow the RICE scores (rank correlation {agreement}, {count} item).",
            "The plan does not follow the RICE scores (rank correlation {agreement}, {count} items).",
            found.items,
            agreement=agreement,
        )
    return Fact(name=tr.t("RICE and the plan"), text=text, is_open=found.agreement < _ALIKE)
