"""Turns crowds into what each unit's page may show, and into the sentences that say with whom somebody is counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from surveys.crowds.shapes import Crowd, Plan
from surveys.crowds.tree import Tree
from surveys.i18n import Message, mark


@dataclass(frozen=True, kw_only=True)
class UnitPage:
    """The labels a unit's page is about: ``whole`` crowds below it, or else the one ``joint`` crowd with its group.

    Both are empty where nobody answers in the unit, or where its few people were placed one by one elsewhere.
    """

    unit: str
    whole: tuple[str, ...] = ()
    joint: str | None = None


def unit_pages(crowds: Iterable[Crowd], parents: Mapping[str, str | None]) -> dict[str, UnitPage]:
    """Return the page of every unit by key. In whole-company mode every unit but the root has the joint page."""
    tree = Tree(parents)
    whole: dict[str, list[str]] = {key: [] for key in tree.parents}
    joint: dict[str, str] = {}
    everybody: str | None = None
    for crowd in sorted(crowds, key=lambda crowd: crowd.label):
        joint.update(dict.fromkeys(crowd.units, crowd.label))
        everybody = crowd.label if crowd.is_whole_company else everybody
        for key in tree.upwards(crowd.home):
            whole[key].append(crowd.label)
    return {
        key: UnitPage(unit=key, whole=tuple(labels), joint=None if labels else joint.get(key, everybody))
        for key, labels in whole.items()
    }


def explain(plan: Plan, unit: str) -> Message:
    """Say in one sentence with whom the group of ``unit`` is counted. Raises KeyError for an unknown unit."""
    names = {each.key: each.name for each in plan.units}
    name = names[unit]
    if plan.crowds[0].is_whole_company:
        return explain_crowd(plan, plan.crowds[0].label)
    crowd = next((crowd for crowd in plan.crowds if unit in crowd.units), None)
    if crowd is None:
        text = mark("Nobody is counted as {team}: its people answer in the crowds of others.")
        return Message(text, {"team": name})
    params = {"team": name, "invited": crowd.invited}
    if len(crowd.units) == 1:
        return Message("Your answers are counted with {team}, {invited} people invited.", params)
    params["others"] = ", ".join(names[key] for key in crowd.units if key != unit)
    return Message("Your answers in {team} are counted together with {others}, {invited} people invited.", params)


def explain_crowd(plan: Plan, label: str) -> Message:
    """Say in one sentence what the crowd ``label`` is, for somebody who answers in it and belongs elsewhere.

    Raises KeyError for an unknown label.
    """
    names = {each.key: each.name for each in plan.units}
    crowd = {crowd.label: crowd for crowd in plan.crowds}[label]
    if crowd.is_whole_company:
        text = mark(
            "The answers of everybody in {company} are counted together, {invited} people invited, leaders included."
        )
        return Message(text, {"company": names[crowd.home], "invited": crowd.invited})
    params = {"teams": ", ".join(names[key] for key in crowd.units), "invited": crowd.invited}
    return Message("Your answers are counted together with {teams}, {invited} people invited.", params)
