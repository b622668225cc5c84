"""Attack 18: a unit minus what is shown inside it, at every level and through levels that are withheld."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from app.installation import Installation
from tests.attacks import account, teams
from tests.attacks.teams import Company

ATTACK = "18 parent minus children"


def remainders(groups: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return by group who is left when the largest groups inside it are taken away, level by level to the smallest."""
    sets = {name: frozenset(people) for name, people in groups.items()}
    left = {}
    for name, whole in sets.items():
        inside = [people for people in sets.values() if people < whole]
        left[name] = sorted(whole - frozenset().union(*inside))
    return {name: people for name, people in left.items() if people and len(people) < len(sets[name])}


@pytest.fixture
def company(inst: Installation) -> Company:
    return teams.company_of(inst)


def test_the_usual_rule_leaves_a_hidden_team_and_its_exact_mean(company: Company) -> None:
    groups = teams.usual_rule(company)
    small = {unit: people for unit, people in remainders(groups).items() if len(people) < teams.K}
    assert small
    for unit, left in small.items():
        # The leader of a department reads two numbers of the page and gets the mean of people whom the page hides.
        shown = [other for other in groups if set(groups[other]) < set(groups[unit])]
        inside = [email for email in groups[unit] if email not in left]
        assert shown or not inside
        total = company.mean(groups[unit]) * len(groups[unit]) - (company.mean(inside) * len(inside) if inside else 0)
        assert total / len(left) == pytest.approx(company.mean(left))
    sizes = sorted(len(people) for people in small.values())
    account.weakened(ATTACK, f"hide n<5: groups of {', '.join(map(str, sizes))} with their exact means")


def test_the_usual_rule_leaks_through_a_middle_level_that_is_withheld(company: Company) -> None:
    """Without any department on show a division minus its teams still gives somebody away, or everybody hidden."""
    groups = {unit: people for unit, people in teams.usual_rule(company).items() if not unit.startswith("dep")}
    without = {unit: people for unit, people in groups.items() if unit.startswith("t") or unit in {"root", "div0"}}
    left = remainders(without)
    hidden = [email for email in company.inside("div0") if company.team_of[email] not in groups]
    assert left["div0"] == sorted(hidden)
    account.weakened(ATTACK, "hide n<5, middle level withheld: all hidden people of a division together")


def test_no_unit_minus_its_parts_leaves_fewer_than_five(company: Company) -> None:
    handed = teams.handed_out(company)
    left = remainders(handed)
    assert all(len(people) >= teams.K for people in left.values())
    for hidden in ("report dep", "report div", "export total dep"):
        without = {name: people for name, people in handed.items() if not name.startswith(hidden)}
        assert len(without) < len(handed)
        assert all(len(people) >= teams.K for people in remainders(without).values())
    account.product(ATTACK, f"{len(handed)} figures, also with a level withheld: nothing under {teams.K} is left")
