"""Turns the open work of teams into the page on which a leader tries changes of the plan, and into lines of a report.

Everything is arithmetic on the required run rate R: pace and rules stay, only the plan changes. Nothing here says how
people will feel. Whose teams may be asked for is for the caller to check.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from reports.document import Run, RunStyle, Sentence
from reports.pressure.scope import Scope
from reports.pressure.values import RunRate
from reports.pressure.whatif import (
    ENOUGH,
    Change,
    Choice,
    Cut,
    Effect,
    Group,
    Move,
    best_choices,
    choices,
    effect,
    items_in,
    largest_step,
    required,
)
from reports.services.plan_scope import NoScope, Why, load_scopes
from reports.services.plan_words import (
    amount,
    choice_sentence,
    cut_words,
    effect_words,
    group_words,
    keys_text,
    pace,
    plan_name,
)
from reports.services.priorities import PrioritiesView, priorities_view
from reports.services.report_sentences import Member
from reports.store.anchors import current_anchors
from surveys.i18n import Translator

_TOLD_TEAMS = 2
_TOKEN = 12


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a leader tries for one team, as it came from the form: "group:token" of cuts, and (token, ISO day) of moves.

    Empty days ask for nothing.
    """

    team: str
    cuts: tuple[str, ...] = ()
    moves: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class GroupView:
    """A group of a plan that may be left out: ``value`` for the form, words, keys, and its effect alone."""

    value: str
    label: str
    keys: str
    effect: str
    is_chosen: bool


@dataclass(frozen=True, kw_only=True)
class WorkView:
    """A plan with what may leave it; ``earliest`` is the first day it may move to, "" where it has no own day."""

    token: str
    name: str
    day_text: str
    size_text: str
    earliest: str
    to: str
    groups: tuple[GroupView, ...]


@dataclass(frozen=True, kw_only=True)
class RateLine:
    """One future day: what is due by it and the pace it needs, before and after the changes asked for."""

    day: str
    plans: str
    size: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class TeamPlan:
    """One team of the page. ``absent`` says why there is nothing else; ``result`` answers what was asked for."""

    team: str
    name: str
    absent: str = ""
    lead: tuple[str, ...] = ()
    rates: tuple[RateLine, ...] = ()
    work: tuple[WorkView, ...] = ()
    best: tuple[str, ...] = ()
    result: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    priorities: PrioritiesView | None = None


def team_plans(
    session: Session, *, teams: Sequence[Member], asked: Asked | None, as_of: dt.date, tr: Translator
) -> tuple[TeamPlan, ...]:
    """Return the page of some teams as of their last whole week, with the effect of what is ``asked`` for one."""
    anchors = current_anchors(session)
    plans = []
    for member, found in load_scopes(session, teams, as_of=as_of):
        if isinstance(found, NoScope):
            plans.append(_absent(member, found.why, tr))
            continue
        own = asked if asked is not None and asked.team == member.team else None
        plans.append(replace(_team_plan(member, found, own, tr), priorities=priorities_view(found, anchors, tr)))
    return tuple(plans)


def plan_lines(session: Session, *, members: Sequence[Member], as_of: dt.date, tr: Translator) -> tuple[Sentence, ...]:
    """Return up to three single steps that bring the required run rate to 1.2 or lower, for at most two teams.

    With several teams each has one line. A last line says what this is and of which day. Where no team is above 1.2
    one sentence says so; empty where nothing is known or may be shown of any team.
    """
    found = [
        (required(effect(scope, ()).before), member, scope)
        for member, scope in load_scopes(session, members, as_of=as_of)
        if isinstance(scope, Scope) and scope.capacity is not None
    ]
    if not found:
        return ()
    found.sort(key=lambda each: (-each[0], each[1].team))
    pressed = [each for each in found if round(each[0], 1) > ENOUGH][:_TOLD_TEAMS]
    if not pressed:
        return ((Run(text=_enough(found[0][0], found[0][2].monday, tr)),),)
    lines: list[str] = []
    for _, member, scope in pressed:
        texts = _steps(scope, tr)
        if len(members) > 1:
            texts = [tr.t("{team}: {fact}", team=member.name, fact=text) for text in texts[:1]]
        lines += texts
    note = _note(min(scope.monday for _, _, scope in pressed), tr)
    return (*((Run(text=line),) for line in lines), (Run(text=note, style=RunStyle.MUTED),))


def _enough(rate: float, day: dt.date, tr: Translator) -> str:
    return tr.t(
        "On {day} the plan asked for {times} times the usual pace at most. That needs no change of plan.",
        day=tr.date(day, "d MMM"),
        times=pace(rate, tr),
    )


def _note(day: dt.date, tr: Translator) -> str:
    return tr.t(
        "Each line is one step alone, on the plan as it stood on {day} and at the same pace of work. "
        "It is arithmetic. It does not say how people will feel.",
        day=tr.date(day, "d MMM"),
    )


def _steps(scope: Scope, tr: Translator) -> list[str]:
    """Return the steps that suffice alone; where none does, the largest one, with a word that it does not."""
    before = required(effect(scope, ()).before)
    best = best_choices(scope)
    if best:
        return [choice_sentence(choice, scope, before, tr) for choice in best]
    text = tr.t(
        "No single step brings the required pace of {before} down to {limit}.",
        before=pace(before, tr),
        limit=pace(ENOUGH, tr),
    )
    largest = largest_step(scope)
    if largest is not None:
        text += " " + choice_sentence(largest, scope, before, tr)
    return [text]


def _absent(member: Member, why: Why, tr: Translator) -> TeamPlan:
    if why is Why.TOO_FEW:
        text = tr.t(
            "Fewer than three people work on this plan. Figures on it would be about persons, so there are none."
        )
    else:
        text = tr.t("No delivery data of the last twelve weeks are there for this team.")
    return TeamPlan(team=member.team, name=member.name, absent=text)


def _team_plan(member: Member, scope: Scope, asked: Asked | None, tr: Translator) -> TeamPlan:
    changes, refused = _changes(scope, asked, tr)
    done = effect(scope, changes)
    before = required(done.before)
    return TeamPlan(
        team=member.team,
        name=member.name,
        lead=_lead(scope, done, tr),
        rates=_rates(scope, done, is_asked=bool(changes), tr=tr),
        work=_works(scope, asked, tr) if done.before else (),
        best=tuple(_steps(scope, tr)) if round(before, 1) > ENOUGH else (),
        result=_result(scope, changes, done, tr) if changes else (),
        refused=tuple(refused),
    )


def _lead(scope: Scope, done: Effect, tr: Translator) -> tuple[str, ...]:
    day = tr.date(scope.monday, "d MMM y")
    if scope.capacity is None:
        text = tr.t("Fewer than five items were done in the eight weeks before {day}, so there is no pace.", day=day)
        return (text,)
    if not done.before:
        return (tr.t("On {day} no open work had a date in the next 13 weeks.", day=day),)
    top = max(done.before, key=lambda rate: (rate.rate, -rate.day.toordinal()))
    return (
        tr.t(
            "As of {day}: {size} open and due by {due}. At {pace} done a week that needs {times} times the usual pace.",
            day=day,
            size=amount(top.size, scope.unit, tr),
            due=tr.date(top.day, "d MMM y"),
            pace=tr.number(scope.capacity),
            times=pace(top.rate, tr),
        ),
    )


def _rates(scope: Scope, done: Effect, *, is_asked: bool, tr: Translator) -> tuple[RateLine, ...]:
    before, after = _by_day(done.before), _by_day(done.after)
    lines = []
    for day in sorted(before.keys() | after.keys()):
        rate = after.get(day) or before[day]
        lines.append(
            RateLine(
                day=tr.date(day, "d MMM y"),
                plans=tr.join(rate.plans) if rate.plans else "",
                size=amount(rate.size if day in after else 0.0, scope.unit, tr),
                before=pace(before[day].rate, tr) if day in before else "",
                after=(pace(after[day].rate, tr) if day in after else "") if is_asked else "",
            )
        )
    return tuple(lines)


def _by_day(rates: Sequence[RunRate]) -> dict[dt.date, RunRate]:
    return {rate.day: rate for rate in rates}


def token_of(plan: str) -> str:
    """Return what stands for a plan in an address, so that no name of a plan is in one."""
    return hashlib.sha256(plan.encode()).hexdigest()[:_TOKEN]


def _works(scope: Scope, asked: Asked | None, tr: Translator) -> tuple[WorkView, ...]:
    """Return every plan that R looks at with what may leave it, and what is chosen of it."""
    before = required(effect(scope, ()).before)
    alone = {choice.change: choice for choice in choices(scope)}
    chosen = frozenset() if asked is None else frozenset(asked.cuts)
    days = {} if asked is None else dict(asked.moves)
    found = []
    for work in scope.work:
        token = token_of(work.plan)
        groups = [
            _group(choice, group, scope, before, tr)
            for group in Group
            if (choice := alone.get(Cut(plan=work.plan, group=group))) is not None
        ]
        found.append(
            WorkView(
                token=token,
                name=plan_name(work.plan, tr),
                day_text=tr.date(work.day, "d MMM y") if work.plan else "",
                size_text=amount(work.size, scope.unit, tr),
                earliest=(work.day + dt.timedelta(days=1)).isoformat() if work.plan else "",
                to=days.get(token, ""),
                groups=tuple(replace(group, is_chosen=group.value in chosen) for group in groups),
            )
        )
    return tuple(found)


def _group(choice: Choice, group: Group, scope: Scope, before: float, tr: Translator) -> GroupView:
    return GroupView(
        value=f"{group.value}:{token_of(choice.change.plan)}",
        label=group_words(group, len(choice.items), scope, tr),
        keys=keys_text([item.key for item in choice.items], tr),
        effect=effect_words(choice, before, tr),
        is_chosen=False,
    )


def _changes(scope: Scope, asked: Asked | None, tr: Translator) -> tuple[list[Change], list[str]]:
    """Return the changes that can be made of a form, and a sentence for each that cannot."""
    if asked is None:
        return [], []
    known = {token_of(work.plan): work for work in scope.work}
    changes: list[Change] = []
    refused: list[str] = []
    for text in asked.cuts:
        name, _, token = text.partition(":")
        work = known.get(token)
        if work is None or name not in set(Group) or not items_in(scope, work, Group(name)):
            refused.append(tr.t("A group that was chosen is not in the plan any more. It was left out."))
        else:
            changes.append(Cut(plan=work.plan, group=Group(name)))
    for token, day in asked.moves:
        work = known.get(token)
        if not day or (work is not None and day == work.day.isoformat()):
            continue
        if work is None or not work.plan:
            refused.append(tr.t("A plan that was to move is not in the data any more. It was left out."))
            continue
        to = _day(day)
        if to is None or to <= work.day:
            refused.append(
                tr.t("{plan} can only move to a day after {day}.", plan=work.plan, day=tr.date(work.day, "d MMM y"))
            )
        else:
            changes.append(Move(plan=work.plan, to=to))
    return changes, list(dict.fromkeys(refused))


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _result(scope: Scope, changes: Sequence[Change], done: Effect, tr: Translator) -> tuple[str, ...]:
    """Return what the changes do together, in the order: the pace, what leaves which plan, what moves."""
    before, after = required(done.before), required(done.after)
    values = {"before": pace(before, tr), "after": pace(after, tr)}
    if values["before"] == values["after"]:
        lines = [tr.t("With these changes the required pace stays at {before}.", **values)]
    else:
        lines = [tr.t("These changes bring the required pace from {before} to {after}.", **values)]
    if done.after and values["before"] == values["after"]:
        top = max(done.after, key=lambda rate: (rate.rate, -rate.day.toordinal()))
        lines.append(tr.t("The day that asks for most is {day}.", day=tr.date(top.day, "d MMM y")))
    known = {work.plan: work for work in scope.work}
    lines += [cut_words(plan, items, tr) for plan, items in done.cut.items()]
    for change in changes:
        if isinstance(change, Move):
            lines.append(_moved(change, known[change.plan].day, scope, tr))
    return tuple(lines)


def _moved(move: Move, day: dt.date, scope: Scope, tr: Translator) -> str:
    text = tr.t(
        "{plan} moves from {day} to {to}.", plan=move.plan, day=tr.date(day, "d MMM"), to=tr.date(move.to, "d MMM")
    )
    if scope.sees(move.to):
        return text
    return text + " " + tr.t("That is more than 13 weeks ahead, so the required pace does not count this work now.")
