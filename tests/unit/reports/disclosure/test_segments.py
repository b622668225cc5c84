"""The ledger of segment tables: what is admitted, what is joined first, and what is declined."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from reports.disclosure import segments
from reports.disclosure.segments import admit
from reports.disclosure.smallest import smallest_inferable
from surveys.crowds.segments import Place, UnitCounts

CODES = ("role_family", "site", "tenure_band")


def unit(
    ballots: Mapping[Place, int], *, options: Sequence[int], opinions: Mapping[str, Mapping[Place, int]] | None = None
) -> UnitCounts:
    places = tuple(ballots)
    missing = Counter(
        {
            place: max((people - own.get(place, 0) for own in (opinions or {}).values()), default=0)
            for place, people in ballots.items()
        }
    )
    return UnitCounts(
        unit="dept",
        k=5,
        segments=CODES[: len(options)],
        options=tuple(options),
        places=places,
        ballots=np.array([ballots[place] for place in places]),
        complete=np.array([ballots[place] - missing[place] for place in places]),
        opinions={item: np.array([own.get(place, 0) for place in places]) for item, own in (opinions or {}).items()},
    )


def one_segment(crowds: Mapping[str, Sequence[int]]) -> Counter[Place]:
    """Return people by crowd and option; the options of each crowd are numbers of people from option 0 on."""
    return Counter(
        {(crowd, (option,)): people for crowd, own in crowds.items() for option, people in enumerate(own) if people}
    )


EVEN = {f"c{number}": (0, 4, 3, 3) for number in range(10)}
"""A hundred people; three options, all of them in every crowd, and everybody answered."""


def cells(counts: UnitCounts) -> list[tuple[tuple[int, ...], ...]]:
    return [cut.cells for cut in admit(counts)]


def isolated(counts: UnitCounts, tables: Sequence[Sequence[Sequence[int]]]) -> int | None:
    """Return the smallest group of 1 to 4 people that crowds and these cells give away, by the auditor; else None."""
    groups: dict[str, list[str]] = {}
    for place in counts.places:
        groups.setdefault(f"crowd {place[0]}", []).append(str(place))
        for at, table in enumerate(tables):
            for cell in table:
                if place[1][at] in cell:
                    groups.setdefault(f"{at} {cell}", []).append(str(place))
    people = {str(place): count for place, count in zip(counts.places, counts.ballots.tolist(), strict=True)}
    return smallest_inferable(groups, people).smallest


def test_every_option_is_a_cell_where_people_are_spread_and_an_empty_one_goes_with_the_smallest() -> None:
    assert cells(unit(one_segment(EVEN), options=[3])) == [((0, 2), (1,), (3,))]


def test_a_unit_of_99_answers_has_no_table() -> None:
    assert admit(unit(one_segment({**EVEN, "c9": (0, 4, 3, 2)}), options=[3])) == ()


def test_cells_with_fewer_than_k_are_joined_first_the_smallest_with_the_next_smallest() -> None:
    crowds = {**EVEN, "c0": (2, 4, 3, 1), "c1": (1, 3, 2, 3, 1), "c2": (0, 4, 3, 2, 1)}
    assert cells(unit(one_segment(crowds), options=[4])) == [((0, 4), (1,), (2,), (3,))]


def test_what_the_usual_rule_gives_away_is_joined_until_nobody_is() -> None:
    """Option 2 are the eight people of one crowd and one of another: with figures of both, the ninth is known."""
    crowds = {**{f"c{number}": (0, 6, 0, 6) for number in range(9)}, "all-2": (0, 0, 8), "one-2": (0, 5, 1, 3)}
    counts = unit(one_segment(crowds), options=[3])
    usual = [[(1,), (2,), (3,)]]
    assert isolated(counts, usual) == 1
    found = cells(counts)
    assert found == [((0, 1), (2, 3))]
    assert isolated(counts, found) is None


def test_one_person_minus_another_is_joined_away_as_well() -> None:
    """One of team m0 is in option 2 and one of l0 in option 1: option 1 minus its teams is one minus the other."""
    crowds = {f"m{number}": (0, 6, 0) for number in range(9)} | {f"l{number}": (0, 0, 6) for number in range(9)}
    usual = [[(0, 1), (2,)]]
    assert cells(unit(one_segment(crowds), options=[2])) == [tuple(usual[0])]
    crossed = unit(one_segment({**crowds, "m0": (0, 5, 1), "l0": (0, 1, 5)}), options=[2])
    assert isolated(crossed, usual) is None
    assert admit(crossed) == ()


def test_a_segment_of_which_one_cell_would_be_left_is_not_published() -> None:
    crowds = {f"c{number}": (0, 10) for number in range(10)}
    assert admit(unit(one_segment({**crowds, "c0": (0, 6, 4)}), options=[2])) == ()
    assert admit(unit(one_segment(crowds), options=[2])) == ()


def test_three_tables_are_admitted_one_after_the_other_and_together_give_nobody_away() -> None:
    dice = random.Random(4)
    people: Counter[Place] = Counter()
    for crowd in range(14):
        for _ in range(8):
            people[f"c{crowd}", (dice.randint(0, 3), dice.choice([1, 1, 1, 2]), dice.choice([0, 1, 2, 2]))] += 1
    counts = unit(people, options=[3, 2, 2])
    found = admit(counts)
    assert [cut.segment for cut in found] == list(CODES)
    assert isolated(counts, [cut.cells for cut in found]) is None
    for cut, most in zip(found, counts.options, strict=True):
        assert sorted(option for cell in cut.cells for option in cell) == list(range(most + 1))


def test_an_item_that_some_skipped_is_declined_where_its_own_figures_would_give_somebody_away() -> None:
    """Six answered 1 or more of option 2 on the ballot, but only four of them the item: its cell would be theirs."""
    crowds = {f"c{number}": (0, 6, 1 if number < 6 else 0, 5) for number in range(10)}
    ballots = one_segment(crowds)
    fewer = ballots - Counter({("c0", (2,)): 1, ("c1", (2,)): 1})
    elsewhere = ballots - Counter({("c0", (1,)): 1, ("c1", (3,)): 1})
    rare = Counter({place: people for place, people in ballots.items() if place[0] in {"c0", "c1"}})
    found = admit(unit(ballots, options=[3], opinions={"rare": rare, "elsewhere": elsewhere}))
    assert [cut.cells for cut in found] == [((0, 2), (1,), (3,))]
    assert found[0].declined == {"rare"}
    joined = admit(unit(ballots, options=[3], opinions={"fewer": fewer}))
    assert len(joined[0].cells) == 2, "a usual item with four answers in a cell makes the cell too small for all"
    assert joined[0].declined == frozenset()


def test_without_time_for_the_auditor_what_is_not_proven_is_declined(monkeypatch: pytest.MonkeyPatch) -> None:
    crowds = {**{f"c{number}": (0, 6, 0, 6) for number in range(9)}, "all-2": (0, 0, 8), "one-2": (0, 5, 1, 3)}
    counts = unit(one_segment(crowds), options=[3])
    monkeypatch.setattr(segments, "is_proven", lambda *_args, **_options: False)
    assert admit(counts, seconds=0) == ()
    assert admit(counts) != ()


def test_the_same_counts_in_another_order_give_the_same_tables() -> None:
    crowds = {**EVEN, "c0": (2, 4, 3, 1), "c1": (1, 3, 2, 3, 1)}
    people = one_segment(crowds)
    assert admit(unit(people, options=[4])) == admit(unit(dict(reversed(people.items())), options=[4]))
