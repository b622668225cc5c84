"""Attack 19: a linear programme bounds the mean of every team that has no figure of its own."""

from __future__ import annotations

from collections import defaultdict

import pytest

from app.installation import Installation
from reports.disclosure.cells import Qualifier
from reports.disclosure.intervals import LEAST_WIDTH, LEAST_WIDTH_CLIPPED, Published, hidden_range
from tests.attacks import account, teams
from tests.attacks.teams import Company

ATTACK = "19 bounds"
EXACT = 1e-9


@pytest.fixture
def company(inst: Installation) -> Company:
    return teams.company_of(inst)


def test_the_usual_rule_gives_the_mean_of_hidden_people_exactly(company: Company) -> None:
    groups = teams.usual_rule(company)
    people: dict[str, list[str]] = defaultdict(list)
    for email, team in company.team_of.items():
        people[team].append(email)
    known = Published(
        groups={unit: sorted({company.team_of[email] for email in own}) for unit, own in groups.items()},
        means={unit: (company.mean(own), company.mean(own)) for unit, own in groups.items()},
        people={team: (len(own), len(own)) for team, own in people.items()},
    )
    below = {unit: [team for team in people if unit in company.upwards(team)] for unit in groups}
    # The own group of a department (its leader, mostly) has no figure either: the figure of its name is about all.
    hidden = {unit: [team for team in inside if team not in groups or team == unit] for unit, inside in below.items()}
    exact = []
    for unit, few in hidden.items():
        size = sum(len(people[team]) for team in few)
        if not unit.startswith("dep") or not 0 < size < teams.K:
            continue
        found = hidden_range(known, few)
        true = company.mean([email for team in few for email in people[team]])
        assert found.low - 1e-6 <= true <= found.high + 1e-6
        if found.width == 0:
            exact.append(unit)
    assert exact
    account.weakened(ATTACK, "hide n<5: the mean of the hidden people of a department to the last digit")


def test_no_hidden_team_is_known_to_less_than_a_point_even_to_who_knows_how_many_answered(company: Company) -> None:
    """The attacker is given what nobody has: how many of each team answered."""
    cells = teams.released_cells(company)
    inside: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    true: dict[tuple[str, str], list[str]] = defaultdict(list)
    for email, crowd in company.crowd_of.items():
        inside[crowd][company.team_of[email]] += 1
        true[crowd, company.team_of[email]].append(email)
    widths = []
    for crowd, parts in inside.items():
        known = Published(
            groups={crowd: list(parts)},
            means={crowd: (cells[crowd].low, cells[crowd].high)},
            people={team: (size, size) for team, size in parts.items()},
        )
        for team, size in parts.items():
            if size >= teams.K or len(parts) == 1:
                continue
            found = hidden_range(known, [team])
            assert found.low - 1e-6 <= company.mean(true[crowd, team]) <= found.high + 1e-6
            # Where nearly all agree the clip keeps it open, a little less than elsewhere: decision 0023.
            least = LEAST_WIDTH if cells[crowd].qualifier is Qualifier.EXACT else LEAST_WIDTH_CLIPPED
            assert found.width >= least - EXACT
            widths.append(found.width)
    assert widths
    account.product(ATTACK, f"{len(widths)} hidden teams: none exactly, the narrowest to {min(widths):.2f} points")


def test_a_crowd_of_one_mind_keeps_its_small_team_open(inst: Installation) -> None:
    """Everybody says 5: without the clip the mean of each hidden team would be 5 for certain."""
    company = teams.company_of(inst, agree=True)
    cells = teams.released_cells(company)
    for crowd, cell in cells.items():
        size = list(company.crowd_of.values()).count(crowd)
        people = {"part": (teams.K - 1,) * 2, "rest": (size - teams.K + 1,) * 2}
        exact = Published(groups={crowd: list(people)}, means={crowd: (5, 5)}, people=people)
        assert hidden_range(exact, ["part"]).width < 1e-5
        shown = Published(groups={crowd: list(people)}, means={crowd: (cell.low, cell.high)}, people=people)
        assert hidden_range(shown, ["part"]).width >= LEAST_WIDTH_CLIPPED - EXACT
    account.weakened(ATTACK, "exact mean of a crowd that agrees: its hidden teams too")
    account.product(ATTACK, "a crowd that agrees: hidden teams stay open by the clip")
