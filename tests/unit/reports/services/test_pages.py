"""Which crowds stand on a unit's page, and whose leader does not get which figures."""

from __future__ import annotations

from collections.abc import Sequence

from reports.services.pages import hidden_from, published
from surveys.crowds.shapes import WHOLE_COMPANY, Crowd

PARENTS: dict[str, str | None] = {"root": None, "east": "root", "e1": "east", "e2": "east", "w": "root"}


def crowd(label: str, units: Sequence[str], home: str, *, leads: Sequence[str] = (), whole: bool = False) -> Crowd:
    return Crowd(label=label, units=tuple(units), home=home, invited=9, leads=tuple(leads), is_whole_company=whole)


PLAIN = [
    crowd("e1", ["e1"], "e1", leads=["w", "root"]),
    crowd("e2", ["e2"], "e2", leads=["e1"]),
    crowd("w", ["w"], "w", leads=["e2", "east"]),
]


def test_a_leader_who_answers_elsewhere_sees_the_whole_page() -> None:
    hidden = hidden_from(PLAIN, PARENTS, is_told=False)
    assert hidden == {"e1": frozenset(), "e2": frozenset(), "w": frozenset()}
    assert published(PLAIN, PARENTS, hidden) == {
        "root": ("e1", "e2", "w"), "east": ("e1", "e2"), "e1": ("e1",), "e2": ("e2",), "w": ("w",),
    }  # fmt: skip


def test_the_leader_of_the_root_gets_every_figure() -> None:
    assert "root" not in hidden_from(PLAIN, PARENTS, is_told=False)["e1"]


def test_a_crowd_that_a_leader_answered_in_leaves_that_leader_s_page_only() -> None:
    crowds = [
        crowd("e1", ["e1"], "e1", leads=["east"]),
        crowd("e2", ["e2"], "e2"),
        crowd("w", ["w"], "w", leads=["e1"]),
    ]
    hidden = hidden_from(crowds, PARENTS, is_told=False)
    assert hidden == {"e1": frozenset({"east"}), "e2": frozenset(), "w": frozenset()}
    pages = published(crowds, PARENTS, hidden)
    assert (pages["east"], pages["e1"], pages["root"]) == (("e2",), ("e1",), ("e1", "e2", "w"))


def test_a_joint_crowd_is_hidden_from_the_leader_who_is_in_it() -> None:
    crowds = [crowd("e1~e2", ["e1", "e2"], "east", leads=["e2"]), crowd("w", ["w"], "w")]
    hidden = hidden_from(crowds, PARENTS, is_told=False)
    assert hidden["e1~e2"] == {"e2"}
    pages = published(crowds, PARENTS, hidden)
    assert (pages["e1"], pages["east"]) == (("e1~e2",), ("e1~e2",))
    assert "e2" not in pages


def test_in_whole_company_mode_everybody_sees_the_one_crowd() -> None:
    crowds = [crowd(WHOLE_COMPANY, list(PARENTS), "root", leads=["root", "e1", "e2", "w", "east"], whole=True)]
    hidden = hidden_from(crowds, PARENTS, is_told=True)
    assert hidden == {WHOLE_COMPANY: frozenset()}
    assert published(crowds, PARENTS, hidden) == dict.fromkeys(PARENTS, (WHOLE_COMPANY,))


def test_a_merge_of_everybody_that_no_leader_was_told_of_is_hidden_from_the_leaders_in_it() -> None:
    crowds = [crowd(WHOLE_COMPANY, list(PARENTS), "root", leads=["root", "e1", "w"], whole=True)]
    hidden = hidden_from(crowds, PARENTS, is_told=False)
    assert hidden == {WHOLE_COMPANY: frozenset({"e1", "w"})}
    assert set(published(crowds, PARENTS, hidden)) == {"root", "east", "e2"}


def test_without_crowds_there_is_nothing_to_hide() -> None:
    assert hidden_from([], PARENTS, is_told=False) == {}
    assert published(PLAIN, PARENTS, {})["w"] == ("w",)
