"""What a unit's page is about, and the sentences that say with whom somebody is counted."""

from surveys.crowds.pages import explain, explain_crowd, unit_pages
from surveys.crowds.planning import plan_crowds
from surveys.crowds.shapes import WHOLE_COMPANY, Plan, Unit


def plan_of(teams: dict[str, tuple[str | None, int]]) -> Plan:
    units = [
        Unit(key=key, parent=parent, name=key.title(), leader=f"{key}-leads") for key, (parent, _) in teams.items()
    ]
    people = {f"{key}-{i}": key for key, (_, heads) in teams.items() for i in range(1, heads)}
    return plan_crowds(units, people | {f"{key}-leads": key for key, (_, heads) in teams.items() if heads})


AREA = plan_of({"top": (None, 1), "pay": ("top", 5), "search": ("top", 6), "web": ("top", 10), "empty": ("top", 0)})
SMALL = plan_of({"top": (None, 2), "pay": ("top", 5), "search": ("top", 5)})


def test_a_team_that_stands_alone_reads_so() -> None:
    assert str(explain(AREA, "web")) == "Your answers are counted with Web, 11 people invited."


def test_a_joined_team_reads_with_whom_and_how_many() -> None:
    sentence = "Your answers in Pay are counted together with Search, 11 people invited."
    assert str(explain(AREA, "pay")) == sentence


def test_a_person_placed_elsewhere_reads_the_teams_of_the_crowd() -> None:
    label = AREA.assignment["web-leads"]
    assert str(explain_crowd(AREA, label)) == "Your answers are counted together with Pay, Search, 11 people invited."
    assert str(explain(AREA, "top")) == "Nobody is counted as Top: its people answer in the crowds of others."


def test_in_whole_company_mode_everybody_reads_the_same() -> None:
    sentence = "The answers of everybody in Top are counted together, 12 people invited, leaders included."
    assert {str(explain(SMALL, unit)) for unit in ("top", "pay", "search")} == {sentence}


def test_pages_show_whole_crowds_below_or_else_the_joint_one() -> None:
    pages = unit_pages(AREA.crowds, AREA.parents)
    joint = AREA.assignment["pay-1"]
    assert (pages["web"].whole, pages["web"].joint) == (("web",), None)
    assert (pages["pay"].whole, pages["pay"].joint) == ((), joint)
    assert pages["top"].whole == tuple(sorted((joint, "web")))
    assert (pages["empty"].whole, pages["empty"].joint) == ((), None)


def test_in_whole_company_mode_every_page_is_about_everybody() -> None:
    pages = unit_pages(SMALL.crowds, SMALL.parents)
    assert pages["top"].whole == (WHOLE_COMPANY,)
    assert pages["pay"].joint == pages["search"].joint == WHOLE_COMPANY
