"""All auditors together on a small wave: what passes, which unit fails by which auditor, and what is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from reports.disclosure import wave_audit
from reports.disclosure.cells import RawCell, ReleasedCell, protect
from reports.disclosure.policy import n_band
from reports.disclosure.smallest import Outcome, Verdict
from reports.disclosure.wave_audit import (
    ABOVE,
    AuditedCrowd,
    AuditedTable,
    AuditedWave,
    WaveAccount,
    audit_wave,
    top_units,
)

PARENTS = {"all": None, "north": "all", "a": "north", "b": "north", "south": "all", "c": "south", "d": "south"}


def crowd(home: str, people: int, *units: str) -> AuditedCrowd:
    return AuditedCrowd(home=home, units=dict.fromkeys(units or (home,), 9), people=people)


def wave_of(
    crowds: Mapping[str, AuditedCrowd],
    published: Mapping[str, Sequence[str]] | None = None,
    tables: Sequence[AuditedTable] = (),
    k: int = 5,
) -> AuditedWave:
    pages = {
        "all": list(crowds),
        **{crowd.home: [label] for label, crowd in crowds.items()},
    }
    return AuditedWave(
        parents=PARENTS,
        published=pages if published is None else published,
        crowds=crowds,
        answers=sum(each.people for each in crowds.values()),
        tables=tables,
        k=k,
    )


GOOD = {"a": crowd("a", 7), "b": crowd("b", 9), "cd": crowd("south", 8, "c", "d")}


def words(found: WaveAccount) -> str:
    return " ".join(str(line) for line in found.lines)


def test_whole_crowds_pass_and_every_top_unit_has_an_account() -> None:
    found = audit_wave(wave_of(GOOD))
    assert found.passed
    assert not found.failing
    assert [(unit.unit, unit.crowds, unit.n_low, unit.n_high) for unit in found.units] == [
        ("north", ("a", "b"), 5, 7),
        ("south", ("cd",), 8, 11),
    ]
    assert "No figures added to or subtracted from one another are about fewer than 5 people." in words(found)


def test_the_account_shows_the_band_that_is_shown_elsewhere_and_no_narrower_one() -> None:
    """Of eight invited, "8 to 11" would say that everybody answered; the page says "5 to 8"."""
    eight = replace(crowd("south", 8, "c", "d"), band=n_band(8, invited=8))
    found = audit_wave(wave_of({**GOOD, "cd": eight}))
    assert [(unit.n_low, unit.n_high) for unit in found.units] == [(5, 7), (5, 8)]


def test_a_crowd_below_k_fails_its_unit_alone() -> None:
    found = audit_wave(wave_of({**GOOD, "a": crowd("a", 6)}, k=7))
    assert not found.passed
    assert [unit.unit for unit in found.failing] == ["north"]
    assert found.failing[0].n_low is None
    assert "In north these figures together are about fewer than 7 people: a." in words(found)
    assert "nothing of it is visible" in words(found)


def test_crowds_over_several_units_are_looked_at_together() -> None:
    found = audit_wave(wave_of({**GOOD, "x": crowd("all", 3, "north", "south")}))
    assert [unit.unit for unit in found.failing] == [ABOVE]
    assert "In the crowds over several units these figures" in words(found)


@pytest.mark.parametrize(("home", "said"), [("a", "For north it was not proven"), ("all", "over several units it was")])
def test_a_proof_that_does_not_come_in_time_is_a_failure(home: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wave_audit, "smallest_inferable", lambda *_, **__: Outcome(verdict=Verdict.UNPROVEN))
    found = audit_wave(wave_of({"x": crowd(home, 9)}))
    assert not found.passed
    assert said in words(found)


def test_what_the_tree_audit_finds_fails_too() -> None:
    wave = replace(wave_of(GOOD), answers=25)
    assert not audit_wave(wave).passed
    assert not audit_wave(wave_of(GOOD, {"all": ["nobody"]})).passed


TABLE = AuditedTable(
    unit="north",
    segment="site",
    cells={"0-1": (0, 1), "2": (2,)},
    sizes={"0-1": 7, "2": 9},
    options=range(4),
    people=16,
)


def test_a_whole_segment_table_passes_and_is_listed() -> None:
    found = audit_wave(wave_of(GOOD, tables=[TABLE]))
    assert found.passed
    assert found.tables == (("north", "site", 2),)
    assert audit_wave(wave_of(GOOD, tables=[replace(TABLE, people=None)])).passed


@pytest.mark.parametrize(
    "wrong",
    [
        replace(TABLE, sizes={"0-1": 12, "2": 4}),
        replace(TABLE, sizes={"0-1": 7, "2": 5}),  # 16 minus these is four people
        replace(TABLE, cells={"0-1": (0, 1), "2": (1, 2)}),
        replace(TABLE, cells={"0-1": (0, 1), "2": (9,)}),
        replace(TABLE, sizes={"0-1": 16}),
    ],
)
def test_a_segment_table_with_a_small_cell_or_a_remainder_fails(wrong: AuditedTable) -> None:
    found = audit_wave(wave_of(GOOD, tables=[wrong]))
    assert not found.passed
    assert "The table of north by site has cells" in words(found)


def cell_of(total: int) -> ReleasedCell:
    cell = protect(RawCell(crowd="cd", measure="m", n=8, total=total, favourable=0))
    assert isinstance(cell, ReleasedCell)
    return cell


def test_figures_of_a_joint_crowd_leave_its_small_teams_open() -> None:
    found = audit_wave(wave_of(GOOD), cells=[cell_of(24), cell_of(40)])
    assert found.passed
    assert found.narrowest == pytest.approx(1.0)
    assert audit_wave(wave_of(GOOD), cells=[replace(cell_of(40), crowd="a")]).narrowest is None


def test_an_unclipped_figure_of_a_joint_crowd_fails() -> None:
    found = audit_wave(wave_of(GOOD), cells=[replace(cell_of(40), low=4.9)])
    assert not found.passed
    assert "The figures of cd leave too little open" in words(found)


def test_no_number_of_answers_stands_in_the_account() -> None:
    assert "6" not in words(audit_wave(wave_of({**GOOD, "a": crowd("a", 6)}, k=7)))


def test_top_units_are_those_directly_under_the_root() -> None:
    assert top_units(PARENTS) == {
        "all": ABOVE, "north": "north", "a": "north", "b": "north", "south": "south", "c": "south", "d": "south",
    }  # fmt: skip


def test_a_circle_of_units_ends() -> None:
    assert set(top_units({"x": "y", "y": "x", "z": "x"})) == {"x", "y", "z"}
