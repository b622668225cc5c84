"""The range about a hidden group against answers tried one by one, against a formula, and by hand."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.disclosure.cells import Qualifier, RawCell, ReleasedCell, protect, protect_crowd
from reports.disclosure.intervals import Published, fewest_answers, hidden_range, is_open, narrowest_part


def by_hand(sizes: dict[str, int], totals: dict[tuple[str, ...], int], hidden: str) -> tuple[Fraction, Fraction]:
    """Try every whole total of every cell; the ends of the linear range are among them, for all limits are whole."""
    cells = sorted(sizes)
    fitting = [
        dict(zip(cells, choice, strict=True))
        for choice in itertools.product(*(range(sizes[cell], 5 * sizes[cell] + 1) for cell in cells))
    ]
    fitting = [sums for sums in fitting if all(sum(map(sums.__getitem__, held)) == at for held, at in totals.items())]
    found = [Fraction(sums[hidden], sizes[hidden]) for sums in fitting]
    return min(found), max(found)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_the_range_is_that_of_all_answers_that_fit(seed: int) -> None:
    rng = random.Random(seed)
    sizes = {cell: rng.randint(1, 3) for cell in "abc"}
    true = {cell: rng.randint(people, 5 * people) for cell, people in sizes.items()}
    held = [("a", "b", "c"), *([("a", "b")] if rng.random() < 0.5 else [])]
    totals = {cells: sum(map(true.__getitem__, cells)) for cells in held}
    means = {"".join(cells): total / sum(map(sizes.__getitem__, cells)) for cells, total in totals.items()}
    known = Published(
        groups={"".join(cells): cells for cells in held},
        means={name: (mean, mean) for name, mean in means.items()},
        people={cell: (people, people) for cell, people in sizes.items()},
    )
    found = hidden_range(known, "a")
    assert (found.low, found.high) == pytest.approx(tuple(map(float, by_hand(sizes, totals, "a"))), abs=1e-6)


def test_the_usual_rule_gives_the_mean_of_a_hidden_team_exactly() -> None:
    known = Published(
        groups={"dept": "abc", "a": "a", "b": "b"},
        means={"dept": (3.5, 3.5), "a": (4.0, 4.0), "b": (3.25, 3.25)},
        people={"a": (6, 6), "b": (8, 8), "c": (3, 3)},
    )
    found = hidden_range(known, "c")
    assert found.low == pytest.approx((17 * 3.5 - 6 * 4.0 - 8 * 3.25) / 3)
    assert found.width == 0


def test_a_hidden_neighbour_keeps_it_open() -> None:
    known = Published(
        groups={"dept": "abc", "a": "a"},
        means={"dept": (3.5, 3.5), "a": (4.0, 4.0)},
        people={"a": (6, 6), "b": (8, 8), "c": (3, 3)},
    )
    assert hidden_range(known, "c").width == pytest.approx(4)
    both = hidden_range(known, "bc")
    assert both.low == pytest.approx((17 * 3.5 - 6 * 4.0) / 11)
    assert both.width == 0


def test_unknown_numbers_of_people_open_the_range() -> None:
    # The mean of the joint crowd is exactly 4; with 3 of 5 the part is at least 10/3, with 1 it can be anything.
    groups = {"all": ("part", "rest")}
    exact = Published(groups=groups, means={"all": (4, 4)}, people={"part": (3, 3), "rest": (2, 2)})
    assert hidden_range(exact, ["part"]).low == pytest.approx(10 / 3)
    loose = Published(
        groups=groups, means={"all": (4, 4)}, people={"part": (1, 3), "rest": (2, 4)}, sums={"all": (5, 5)}
    )
    assert hidden_range(loose, ["part"]).low == pytest.approx(1)


def test_a_unanimous_crowd_hides_nothing_from_exact_totals() -> None:
    known = Published(groups={"all": "ab"}, means={"all": (5, 5)}, people={"a": (3, 3), "b": (2, 2)})
    assert hidden_range(known, "a").width == 0


def test_figures_that_contradict_one_another_and_impossible_input_are_refused() -> None:
    people = {"a": (3, 3), "b": (2, 2)}
    torn = Published(groups={"x": "ab", "y": "ab"}, means={"x": (2, 2), "y": (3, 3)}, people=people)
    with pytest.raises(ValueError, match="contradict"):
        hidden_range(torn, "a")
    with pytest.raises(ValueError, match="hidden"):
        hidden_range(Published(groups={}, means={}, people=people), "c")
    with pytest.raises(ValueError, match="people"):
        hidden_range(Published(groups={}, means={}, people={"a": (0, 3)}), "a")


def cell_of(n: int, total: int, *, strict: bool = False) -> ReleasedCell:
    cell = protect(RawCell(crowd="ab", measure="m", n=n, total=total, favourable=0), strict=strict)
    assert isinstance(cell, ReleasedCell)
    return cell


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("n", [5, 7, 8, 12, 21, 50, 55, 104])
def test_every_released_mean_leaves_a_small_part_open(n: int, strict: bool) -> None:
    """Totals at both ends, where the least is open, and through the middle."""
    for total in {*range(n, n + 7), *range(5 * n - 6, 5 * n + 1), 3 * n}:
        cell = cell_of(n, total, strict=strict)
        found = narrowest_part(cell, 4)
        assert is_open(cell, found)
        # By hand: either end of the mean, with everybody outside at an end of the scale, and never beyond the scale.
        size, rest = cell.n_low, cell.n_low - 4
        low = max(1.0, (cell.low * size - 5 * rest) / 4)
        high = min(5.0, (cell.high * size - rest) / 4)
        assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)


def test_the_narrowest_of_all_is_a_clipped_crowd_of_five_and_strict_opens_it() -> None:
    assert cell_of(5, 25).qualifier is Qualifier.AT_LEAST
    assert narrowest_part(cell_of(5, 25), 4).width == pytest.approx(0.875)
    assert narrowest_part(cell_of(5, 25, strict=True), 4).width == pytest.approx(1.625)


def test_without_the_clip_a_unanimous_crowd_would_not_pass() -> None:
    unclipped = ReleasedCell(**{**cell_of(5, 25).__dict__, "low": 4.9, "high": 5.0, "value": 5.0})
    assert narrowest_part(unclipped, 4).width == pytest.approx(0.125)
    assert not is_open(unclipped, narrowest_part(unclipped, 4))


def test_at_least_one_answer_is_outside_the_part_and_few_opinions_count_as_few() -> None:
    assert narrowest_part(cell_of(5, 15), 9) == narrowest_part(cell_of(5, 15), 4)
    # A crowd of 50 ballots of which few answered this question: the step says so.
    few = ReleasedCell(**{**cell_of(5, 25).__dict__, "n_band": cell_of(50, 150).n_band})
    assert narrowest_part(few, 4) == narrowest_part(cell_of(5, 25), 4)


def crowd_of(ballots: int, opinions: int, total: int) -> list[ReleasedCell]:
    """Two questions, one of which fewer answered, and the scale of both."""
    raws = [
        RawCell(crowd="ab", measure=name, n=n, total=sum_, favourable=0)
        for name, n, sum_ in (("a", opinions, total), ("b", ballots, 3 * ballots), ("scale", opinions, total))
    ]
    cells = protect_crowd(raws, scales={"scale": ("a", "b")}, ballots=ballots)
    return [cell for cell in cells.values() if isinstance(cell, ReleasedCell)]


def test_a_high_mean_of_nine_opinions_in_a_crowd_of_thirteen_is_not_taken_for_one_of_five() -> None:
    cells = crowd_of(13, 9, 40)
    assert (cells[0].value, cells[0].qualifier, cells[0].n_low) == (4.4, Qualifier.EXACT, 12)
    assert not is_open(cells[0], narrowest_part(cells[0], 4))
    fewest = fewest_answers(cells)
    assert fewest == 8
    assert all(is_open(cell, narrowest_part(cell, 4, fewest=fewest)) for cell in cells)


@pytest.mark.parametrize("opinions", [5, 6, 7, 8, 9, 10, 11, 12, 15, 19])
def test_fewer_answers_than_there_were_are_never_ruled_out_and_all_stay_open(opinions: int) -> None:
    for total in {*range(opinions, opinions + 5), 3 * opinions, *range(5 * opinions - 5, 5 * opinions + 1)}:
        cells = crowd_of(20, opinions, total)
        fewest = fewest_answers(cells)
        assert fewest <= opinions or fewest == 50
        for cell in cells:
            found = narrowest_part(cell, 4, fewest=fewest)
            assert is_open(cell, found)
