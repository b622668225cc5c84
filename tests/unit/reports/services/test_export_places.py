"""Where the people of each unit are counted, for a small tree."""

from __future__ import annotations

import pytest

from reports.disclosure.participation import ResponseBand
from reports.services.export_places import places, subtrees
from reports.store.export_rows import CrowdFact

#        root
#      /      \
#   north     south
#   /  \      /   \
# ant  bee  cat   dog
PARENTS = {
    "root": None, "north": "root", "south": "root", "ant": "north", "bee": "north", "cat": "south", "dog": "south",
}  # fmt: skip


def crowd(label: str, home: str, *units: str, is_whole_company: bool = False) -> CrowdFact:
    return CrowdFact(
        crowd=label, home=home, units=units, invited=9, response=ResponseBand.NOT_SHOWN,
        is_whole_company=is_whole_company,
    )  # fmt: skip


def test_a_team_alone_lies_inside_all_units_above_it() -> None:
    found = places(PARENTS, [crowd("ant", "ant", "ant")])
    assert [unit for unit in PARENTS if found[unit].inside == ["ant"]] == ["root", "north", "ant"]
    assert all(not place.across and not place.missing for place in found.values())


def test_a_crowd_over_two_branches_reaches_beyond_each_of_them() -> None:
    found = places(PARENTS, [crowd("bee~1", "root", "bee", "cat", "dog")])
    assert found["root"].inside == ["bee~1"]
    assert found["bee"].across == found["north"].across == {"bee~1": ("cat", "dog")}
    assert found["south"].across == {"bee~1": ("bee",)}
    assert (found["north"].missing, found["south"].missing) == (["bee"], ["cat", "dog"])
    assert found["ant"].across == {}


def test_a_crowd_with_the_group_of_its_own_home_lies_inside_it() -> None:
    found = places(PARENTS, [crowd("ant~2", "north", "ant", "north")])
    assert found["north"].inside == ["ant~2"]
    assert found["north"].across == {}
    assert found["ant"].across == {"ant~2": ("north",)}


def test_a_crowd_of_everybody_is_named_by_the_root_alone() -> None:
    found = places(PARENTS, [crowd("company~all", "root", *PARENTS, is_whole_company=True)])
    assert found["root"].inside == ["company~all"]
    assert {unit: place.across["company~all"] for unit, place in found.items() if unit != "root"} == dict.fromkeys(
        set(PARENTS) - {"root"}, ("root",)
    )


@pytest.mark.parametrize(
    ("roots", "wanted"),
    [
        (["north"], {"north", "ant", "bee"}),
        (["dog", "ant"], {"dog", "ant"}),
        (["nobody"], set()),
        (["root"], set(PARENTS)),
    ],
)
def test_a_subtree_is_a_unit_with_all_below_it(roots: list[str], wanted: set[str]) -> None:
    assert subtrees(roots, PARENTS) == wanted
