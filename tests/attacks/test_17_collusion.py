"""Attack 17: everybody puts everything together: all leaders' reports and HR's export of one wave.

Who combines them may add and subtract with any weights; the smallest group that comes out is found exactly.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from app.installation import Installation
from reports.disclosure.smallest import Outcome, smallest_inferable
from tests.attacks import account, teams
from tests.attacks.teams import Company

ATTACK = "17 collusion"


def combine(company: Company, groups: Mapping[str, Collection[str]], *, k: int = teams.K) -> Outcome:
    """Look for weights of the groups that single out fewer than k of all who answered."""
    return smallest_inferable(groups, dict.fromkeys(company.team_of, 1), k=k)


@pytest.fixture
def company(inst: Installation) -> Company:
    return teams.company_of(inst)


def test_the_usual_rule_gives_a_small_team_away_and_the_product_nobody(company: Company) -> None:
    usual = combine(company, teams.usual_rule(company))
    assert not usual.passed
    assert usual.smallest is not None
    assert usual.smallest < teams.K
    account.weakened(ATTACK, f"hide n<5: a group of {usual.smallest} from {len(usual.example)} figures")

    handed = teams.handed_out(company)
    assert {f"report {unit}" for unit in ("root", "div0", "dep1", "t01")} <= set(handed)
    assert len([name for name in handed if name.startswith("export")]) > len(set(company.crowd_of.values()))
    assert combine(company, handed).passed
    least = min(len(people) for people in handed.values())
    assert combine(company, handed, k=least + 1).smallest == least
    account.product(ATTACK, f"{len(handed)} figures together: no group of fewer than {teams.K}, proven")


def test_one_leader_who_knows_the_own_answer_still_sees_a_crowd_and_not_a_person(company: Company) -> None:
    """The own answer is one more figure, about one person; what it opens in a crowd of five are four others."""
    handed = teams.handed_out(company)
    smallest = min(set(company.crowd_of.values()), key=list(company.crowd_of.values()).count)
    crowd = [email for email, label in company.crowd_of.items() if label == smallest]
    insider = {**handed, "own answer": [crowd[0]]}
    others = dict.fromkeys((email for email in company.team_of if email != crowd[0]), 1) | {crowd[0]: 0}
    found = combine(company, insider)
    assert found.smallest == 1  # the own answer, which is no news
    assert smallest_inferable(insider, others, k=len(crowd)).smallest == len(crowd) - 1
    assert smallest_inferable(insider, others, k=teams.K - 1 + 1).passed is (len(crowd) > teams.K)
    account.product(ATTACK, f"with an answer of one's own: {teams.K - 1} others and more, never one")
