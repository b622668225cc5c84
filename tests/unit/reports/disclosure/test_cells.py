"""Protected cells: examples, and the enumeration of every possible answer set for 5 to 15 people."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.disclosure.cells import (
    Qualifier,
    RawCell,
    ReleasedCell,
    protect,
    protect_crowd,
)
from reports.disclosure.policy import NBand
from reports.disclosure.reasons import Reason, Withheld

OPTIONS = (1, 2, 3, 4, 5)
Answers = tuple[int, ...]


def raw(answers: Sequence[float], measure: str = "item") -> RawCell:
    return RawCell(
        crowd="crowd",
        measure=measure,
        n=len(answers),
        total=sum(answers),
        favourable=sum(answer >= 4 for answer in answers),
    )


def released(cell: ReleasedCell | Withheld) -> ReleasedCell:
    assert isinstance(cell, ReleasedCell)
    return cell


@cache
def protected(n: int, total: int, favourable: int, strict: bool, invited: int | None) -> ReleasedCell:
    cell = RawCell(crowd="crowd", measure="item", n=n, total=total, favourable=favourable)
    return released(protect_crowd([cell], scales={}, ballots=n, invited=invited, strict=strict)["item"])


def answer_sets(n: int) -> Iterator[Answers]:
    """Every way in which n people can answer, as numbers of people per option."""
    for bars in itertools.combinations(range(n + 4), 4):
        edges = (-1, *bars, n + 4)
        yield tuple(after - before - 1 for before, after in itertools.pairwise(edges))


def indistinguishable(n: int, strict: bool, invited: int | None = None) -> dict[ReleasedCell, list[Answers]]:
    """Answer sets that a reader who even knows n cannot tell apart, by what was released."""
    classes: dict[ReleasedCell, list[Answers]] = defaultdict(list)
    for counts in answer_sets(n):
        total = sum(option * count for option, count in zip(OPTIONS, counts, strict=True))
        classes[protected(n, total, counts[3] + counts[4], strict, invited)].append(counts)
    return classes


LOWER = ((8, 8), (9, 9), (12, 12), (13, 13))
"""Answers and invited people whose band is joined with the lower one, so that its coarser clip rules."""

GROUPS: dict[str, Callable[[Answers], int]] = {
    "favourable": lambda counts: counts[3] + counts[4],
    "unfavourable": lambda counts: counts[0] + counts[1],
    "not favourable": lambda counts: counts[0] + counts[1] + counts[2],
    **{f"option {option}": (lambda counts, at=option - 1: counts[at]) for option in OPTIONS},
}


@pytest.mark.slow
@pytest.mark.parametrize(("strict", "others"), [(False, 1), (True, 2)])
@pytest.mark.parametrize(("n", "invited"), [*((n, None) for n in range(5, 16)), *LOWER])
def test_no_answer_set_of_five_to_fifteen_proves_that_everybody_agreed(
    n: int, invited: int | None, strict: bool, others: int
) -> None:
    # Also the bound of the privacy note: at most (n-1)/n of the people are certain, (n-2)/n under the strict clip.
    for cell, sets in indistinguishable(n, strict, invited).items():
        for name, count in GROUPS.items():
            certain = min(count(counts) for counts in sets)
            assert certain <= n - others, (name, cell, sets)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "invited"), [*((n, None) for n in range(5, 16)), *LOWER])
def test_the_most_certain_single_option_stays_within_the_measured_bound(n: int, invited: int | None) -> None:
    worst = max(
        min(counts[at] for counts in sets) / n
        for sets in indistinguishable(n, False, invited).values()
        for at in range(5)
    )
    assert worst <= 0.87  # privacy note 3.8: exact answers are certain for at most 60 to 87 %


@pytest.mark.slow
@pytest.mark.parametrize("n", [5, 6, 7, 8, 9, 11])
@pytest.mark.parametrize("parts", [2, 3])
def test_a_scale_of_several_items_never_proves_that_everybody_agreed(n: int, parts: int) -> None:
    # Scores per ballot in steps of 1/parts. The fewest people in a group for each (people, sum, favourable), built up
    # person by person, says the same as the list of all answer sets and stays small.
    scores = range(parts, 5 * parts + 1)
    groups: list[Callable[[int], bool]] = [lambda s: s >= 4 * parts, lambda s: s <= 2 * parts, lambda s: s == 5 * parts]
    for inside in groups:
        fewest = {(0, 0): 0}
        for _ in range(n):
            grown: dict[tuple[int, int], int] = {}
            for (total, favourable), count in fewest.items():
                for score in scores:
                    key = (total + score, favourable + (score >= 4 * parts))
                    grown[key] = min(grown.get(key, n), count + inside(score))
            fewest = grown
        certain: dict[ReleasedCell, int] = {}
        for (total, favourable), count in fewest.items():
            raw_cell = RawCell(crowd="c", measure="m", n=n, total=Fraction(total, parts), favourable=favourable)
            cell = released(protect(raw_cell))
            certain[cell] = min(certain.get(cell, n), count)
        assert max(certain.values()) < n


BALLOTS = st.lists(st.lists(st.integers(1, 5), min_size=3, max_size=3), min_size=5, max_size=9)


@settings(max_examples=30, deadline=None)
@given(BALLOTS, st.permutations(range(9)), st.permutations(range(9)))
def test_a_scale_tells_nothing_that_its_items_do_not_tell(
    ballots: list[list[int]], second: list[int], third: list[int]
) -> None:
    # The same answers to each item, dealt out to the people in another way, give other scores per ballot.
    n = len(ballots)
    orders = [[at for at in order if at < n] for order in (range(9), second, third)]
    dealt = [[ballots[order[at]][item] for item, order in enumerate(orders)] for at in range(n)]
    assert everything(ballots) == everything(dealt)


def everything(ballots: list[list[int]]) -> dict[str, ReleasedCell | Withheld]:
    items = [raw([ballot[at] for ballot in ballots], f"item {at}") for at in range(3)]
    scale = raw([sum(ballot) / 3 for ballot in ballots], "scale")
    return protect_crowd([*items, scale], scales={"scale": [item.measure for item in items]}, ballots=len(ballots))


def test_a_favourable_band_counted_per_ballot_would_undo_the_clip() -> None:
    # With these bands, and that of the scale counted per ballot, all five people are favourable on the first item
    # (found by enumerating the 118,755 sets of five ballots of two items). Computed from the items, the band of the
    # scale is the same for a set in which one of them is not.
    proven = two_items([(4, 3), (4, 3), (4, 3), (5, 5), (5, 5)])
    doubtful = two_items([(5, 3), (5, 3), (5, 5), (5, 5), (2, 3)])
    assert proven == doubtful
    assert str(released(proven["scale"]).favourable.words) == "25 to 75 %"


def two_items(ballots: list[tuple[int, int]]) -> dict[str, ReleasedCell | Withheld]:
    items = [raw([ballot[at] for ballot in ballots], name) for at, name in enumerate("ab")]
    scale = raw([sum(ballot) / 2 for ballot in ballots], "scale")
    return protect_crowd([*items, scale], scales={"scale": "ab"}, ballots=len(ballots))


def test_an_exact_scale_beside_its_items_would_undo_the_clip() -> None:
    # The reason for protect_crowd: two items of 4.0, that is totals of 20, and a third "4.4 or more". A scale of its
    # own of "4.4 or more" has a mean over 4.3, so over 64.5 points in three items: the third has 25 of 25.
    items = [raw((4, 4, 4, 4, 4), "a"), raw((4, 4, 4, 4, 4), "b"), raw((5, 5, 5, 5, 5), "c")]
    scale = RawCell(crowd="crowd", measure="s", n=5, total=65 / 3, favourable=5)
    apart = released(protect(scale))
    together = protect_crowd([*items, scale], scales={"s": ("a", "b", "c")}, ballots=5)
    assert (apart.value, apart.qualifier) == (4.4, Qualifier.AT_LEAST)
    assert [sum_ for sum_ in range(22, 26) if own_scale(40 + sum_) == apart] == [25]
    cell = released(together["s"])  # (4.0 + 4.0 + 4.4) / 3 = 4.13
    assert (cell.value, cell.qualifier) == (4.2, Qualifier.AT_LEAST)
    assert cell.low <= 65 / 15 <= cell.high
    doubtful = raw((5, 5, 5, 5, 2), "c")  # one person said the opposite, and nothing released tells
    lower = RawCell(crowd="crowd", measure="s", n=5, total=62 / 3, favourable=4)
    assert protect_crowd([*items[:2], doubtful, lower], scales={"s": ("a", "b", "c")}, ballots=5) == together


def own_scale(points: int) -> ReleasedCell:
    """The scale of five people who gave so many points in its three items, released by itself."""
    return released(protect(RawCell(crowd="crowd", measure="s", n=5, total=Fraction(points, 3), favourable=5)))


def test_all_fives_look_like_all_fives_but_one() -> None:
    assert protect(raw((5, 5, 5, 5, 5))) == protect(raw((5, 5, 5, 5, 2)))
    assert protect(raw((1,) * 8)) == protect(raw((1,) * 7 + (4,)))


def test_a_clipped_mean_reads_at_least() -> None:
    cell = released(protect(raw((5,) * 8)))
    assert (cell.value, cell.qualifier, cell.high) == (4.6, Qualifier.AT_LEAST, 5)
    assert cell.high_clipped
    assert not cell.low_clipped
    low = released(protect(raw((1,) * 5)))
    assert (low.value, low.qualifier, low.low) == (1.6, Qualifier.AT_MOST, 1)
    assert low.low_clipped
    assert not low.high_clipped


def test_a_mean_inside_the_clip_is_rounded_to_a_fifth() -> None:
    cell = released(protect(raw((3, 4, 4, 2, 4, 4))))  # 3.5 lies between 17 and 18 steps; a tie goes to the even one
    assert (cell.value, cell.qualifier, cell.step, cell.decimals) == (3.6, Qualifier.EXACT, 0.2, 1)
    assert (cell.low, cell.high) == (3.5, 3.7)
    assert (cell.n_low, cell.n_high, cell.n_mid, cell.reason_code) == (5, 7, 6, "")
    assert cell.rounding_variance == pytest.approx(0.04 / 12)


def test_twelve_answers_are_rounded_to_a_tenth() -> None:
    cell = released(protect(raw((3,) * 7 + (4,) * 5)))  # 41 / 12 = 3.417
    assert (cell.value, cell.step, cell.decimals) == (3.4, 0.1, 1)
    assert (cell.low, cell.high) == (3.35, 3.45)


def test_from_fifty_answers_on_the_mean_has_two_decimals() -> None:
    fifty = released(protect(raw((3,) * 30 + (4,) * 25)))  # 3.4545 is 172.7 steps of 0.02
    assert (fifty.value, fifty.step, fifty.decimals) == (3.46, 0.02, 2)
    hundred = released(protect(raw((3,) * 60 + (4,) * 50)))  # the same mean is 345.5 steps of 0.01
    assert (hundred.value, hundred.step, hundred.decimals) == (3.45, 0.01, 2)


def test_binary_noise_of_a_float_total_does_not_move_a_tie() -> None:
    exact = RawCell(crowd="c", measure="m", n=8, total=Fraction(34), favourable=4)
    noisy = RawCell(crowd="c", measure="m", n=8, total=34.0 - 4e-15, favourable=4)
    assert protect(exact) == protect(noisy)


def test_fewer_than_k_opinions_are_withheld() -> None:
    assert protect(raw((3, 3, 3, 3))) == Withheld(reason=Reason.TOO_FEW_FOR_CUT)
    assert protect(raw((3,) * 7), k=8) == Withheld(reason=Reason.TOO_FEW_FOR_CUT, k=8)
    with pytest.raises(ValueError, match="floor"):
        protect(raw((3,) * 7), k=4)


@pytest.mark.parametrize(("total", "favourable"), [(4, 0), (26, 0), (20, 6), (20, -1)])
def test_impossible_totals_are_refused(total: int, favourable: int) -> None:
    with pytest.raises(ValueError, match=r"impossible|outside"):
        protect(RawCell(crowd="c", measure="m", n=5, total=total, favourable=favourable))


def test_other_scales_are_clipped_in_proportion() -> None:
    cell = released(protect(raw((10,) * 5), scale_low=0, scale_high=10))
    assert (cell.value, cell.high) == (8.4, 10)  # 10 - 3/5 of a quarter of the scale is 8.5, inwards to a step


def crowd(items: dict[str, Sequence[int]], ballots: int, **more: int) -> dict[str, ReleasedCell | Withheld]:
    raws = [raw(answers, name) for name, answers in items.items()]
    shortest = min(len(answers) for answers in items.values())
    raws.append(RawCell(crowd="crowd", measure="scale", n=max(shortest, 5), total=3 * max(shortest, 5), favourable=0))
    return protect_crowd(raws, scales={"scale": tuple(items), "absent": ("a",)}, ballots=ballots, **more)


def test_one_n_band_stands_at_every_cell_of_a_crowd() -> None:
    cells = crowd({"a": (3, 4, 4, 2, 4, 4, 4, 4), "b": (3, 4, 4, 2, 4, 4)}, 8)
    assert {released(cell).n_band for cell in cells.values()} == {NBand(low=8, high=11)}


def test_the_fewest_opinions_of_a_crowd_set_the_clip_of_all() -> None:
    cells = crowd({"a": (5,) * 8, "b": (3, 4, 4, 2, 4, 4)}, 8)
    assert released(cells["a"]).value == 4.4


def test_an_item_with_too_few_opinions_takes_its_scale_with_it() -> None:
    cells = crowd({"a": (3,) * 8, "b": (3, 3, 3)}, 8)
    assert isinstance(cells["a"], ReleasedCell)
    assert cells["b"] == cells["scale"] == Withheld(reason=Reason.TOO_FEW_FOR_CUT)


def test_a_scale_without_one_of_its_items_is_not_shown() -> None:
    raws = [raw((3,) * 6, "a"), raw((3,) * 6, "scale")]
    cells = protect_crowd(raws, scales={"scale": ("a", "b")}, ballots=6)
    assert cells["scale"] == Withheld(reason=Reason.NOT_ASKED)
    with pytest.raises(ValueError, match="names no items"):
        protect_crowd(raws, scales={"scale": ()}, ballots=6)


def test_a_scale_is_the_mean_of_its_released_items() -> None:
    cells = crowd({"a": (3, 4, 4, 2, 4, 4), "b": (4, 4, 4, 4, 4, 2)}, 6)
    scale = released(cells["scale"])  # 21/6 and 22/6 are both released as 3.6, between 3.5 and 3.7
    assert (scale.value, scale.qualifier) == (3.6, Qualifier.EXACT)
    assert (scale.low, scale.high) == (pytest.approx(3.5), pytest.approx(3.7))
    assert scale.rounding_variance == pytest.approx(0.04 / 12 * 1.5)


def test_a_scale_of_items_clipped_at_both_ends_is_a_range() -> None:
    scale = released(crowd({"a": (5,) * 6, "b": (1,) * 6}, 6)["scale"])
    assert (scale.value, scale.qualifier) == (3.0, Qualifier.RANGE)
    assert scale.low_clipped
    assert scale.high_clipped
    assert released(crowd({"a": (1,) * 6, "b": (3,) * 6}, 6)["scale"]).qualifier is Qualifier.AT_MOST


def test_a_crowd_with_too_few_ballots_shows_nothing() -> None:
    cells = crowd({"a": (3,) * 6}, 6, k=7)
    assert set(cells.values()) == {Withheld(reason=Reason.TOO_FEW_FOR_CUT, k=7)}


def test_the_invited_number_shapes_the_band_of_the_crowd() -> None:
    cells = crowd({"a": (3,) * 8}, 8, invited=8)
    assert released(cells["a"]).n_band == NBand(low=5, high=8)


def test_each_measure_has_its_own_bounds() -> None:
    cells = protect_crowd([raw((10,) * 5, "burnout")], scales={}, ballots=5, bounds={"burnout": (0, 10)})
    assert released(cells["burnout"]).value == 8.4
