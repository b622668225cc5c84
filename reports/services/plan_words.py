"""Turns changes of a plan and their effect on the required run rate into sentences; items are named by key alone."""

from __future__ import annotations

from collections.abc import Sequence

from reports.pressure.scope import OpenItem, Scope
from reports.pressure.values import Unit
from reports.pressure.whatif import Choice, Cut, Group, Move
from surveys.i18n import Translator

SHOWN_KEYS = 5


def pace(rate: float, tr: Translator) -> str:
    """Return a required run rate as printed."""
    return tr.number(rate, 1)


def amount(size: float, unit: Unit, tr: Translator) -> str:
    """Return a size with its unit, such as "34 items" or "12.5 points"."""
    if unit is Unit.ITEMS:
        return tr.n("{count} item", "{count} items", round(size))
    return tr.t("{size} points", size=bare(size, tr))


def bare(size: float, tr: Translator) -> str:
    """Return a size without its unit, with one decimal where it is not whole."""
    return tr.number(size, 0 if abs(size - round(size)) < 0.05 else 1)


def keys_text(keys: Sequence[str], tr: Translator) -> str:
    """Return at most five keys and how many more there are; empty for none."""
    shown = list(keys[:SHOWN_KEYS])
    more = len(keys) - len(shown)
    if more:
        shown.append(tr.n("{count} more", "{count} more", more))
    return tr.join(shown) if shown else ""


def plan_name(plan: str, tr: Translator) -> str:
    """Return the name of a plan; work with a day of its own only has none."""
    return plan or tr.t("Work with a day of its own only")


def group_words(group: Group, count: int, scope: Scope, tr: Translator) -> str:
    """Return a group with its number of items, without an article, such as "12 Should-haves"."""
    if group is Group.MUST:
        return tr.n("{count} Must-have", "{count} Must-haves", count)
    if group is Group.SHOULD:
        return tr.n("{count} Should-have", "{count} Should-haves", count)
    if group is Group.COULD:
        return tr.n("{count} Could-have", "{count} Could-haves", count)
    if group is Group.WONT:
        return tr.n("{count} Won't-have", "{count} Won't-haves", count)
    if group is Group.NOT_STARTED:
        return tr.n("{count} item that is not started", "{count} items that are not started", count)
    rank = scope.low_ranks[0 if group is Group.LOWEST else 1]
    return tr.n("{count} item of priority {rank}", "{count} items of priority {rank}", count, rank=rank)


def choice_sentence(choice: Choice, scope: Scope, before: float, tr: Translator) -> str:
    """Return one step with what it does alone to the required run rate ``before``, and the items by key."""
    text = _step(choice, scope, before, tr)
    if isinstance(choice.change, Move):
        return text
    keys = keys_text([item.key for item in choice.items], tr)
    if scope.unit is Unit.POINTS:
        return text + " " + tr.t("They hold {size}: {keys}.", size=amount(choice.size, scope.unit, tr), keys=keys)
    return text + " " + tr.n("It is {keys}.", "They are {keys}.", len(choice.items), keys=keys)


def effect_words(choice: Choice, before: float, tr: Translator) -> str:
    """Return what one step does alone, short, for a list of steps."""
    if pace(choice.after, tr) == pace(before, tr):
        return tr.t("Alone: no change of {before}.", before=pace(before, tr))
    return tr.t("Alone: {before} to {after}.", before=pace(before, tr), after=pace(choice.after, tr))


def cut_words(plan: str, items: Sequence[OpenItem], tr: Translator) -> str:
    """Return which items leave a plan, as a sentence."""
    keys = keys_text([item.key for item in items], tr)
    if not plan:
        return tr.n(
            "{count} item without a plan loses its day: {keys}.",
            "{count} items without a plan lose their day: {keys}.",
            len(items),
            keys=keys,
        )
    return tr.n(
        "{count} item leaves {plan}: {keys}.", "{count} items leave {plan}: {keys}.", len(items), plan=plan, keys=keys
    )


def _step(choice: Choice, scope: Scope, before: float, tr: Translator) -> str:
    change = choice.change
    values = {"before": pace(before, tr), "after": pace(choice.after, tr), "plan": change.plan}
    if isinstance(change, Move):
        return tr.t(
            "Moving {plan} from {day} to {to} brings the required pace from {before} to {after}.",
            day=tr.date(choice.day, "d MMM"),
            to=tr.date(change.to, "d MMM"),
            **values,
        )
    return _cut_step(change, choice, scope, values, tr)


def _cut_step(change: Cut, choice: Choice, scope: Scope, values: dict[str, str], tr: Translator) -> str:
    count = len(choice.items)
    what = group_words(change.group, count, scope, tr)
    if not change.plan:
        return tr.n(
            "Taking the day off {what} without a plan brings the required pace from {before} to {after}.",
            "Taking the day off the {what} without a plan brings the required pace from {before} to {after}.",
            count,
            what=what,
            **values,
        )
    return tr.n(
        "Moving {what} out of {plan} brings the required pace from {before} to {after}.",
        "Moving the {what} out of {plan} brings the required pace from {before} to {after}.",
        count,
        what=what,
        **values,
    )
