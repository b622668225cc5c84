"""Checks the arithmetic of moving and removing work against the example of the research note."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.pressure.scope import OpenItem, Scope
from reports.pressure.values import RunRate, Unit
from reports.pressure.whatif import (
    Cut,
    Group,
    Move,
    best_choices,
    choices,
    effect,
    largest_step,
    moved,
    required,
    without,
)
from surveys.importers.roadmap_model import Moscow, StatusClass

MONDAY = dt.date(2026, 7, 13)
AUGUST, OCTOBER = dt.date(2026, 8, 4), dt.date(2026, 10, 6)
RATES = (
    RunRate(day=AUGUST, size=34, weeks=22 / 7, capacity=5.7, plans=("4.2",)),
    RunRate(day=OCTOBER, size=40, weeks=85 / 7, capacity=5.2),
)


def test_taking_twelve_items_out_of_the_release_brings_the_required_pace_from_1_9_to_1_2():
    assert required(RATES) == pytest.approx(1.9, abs=0.01)
    assert required(without(RATES, due=AUGUST, size=12)) == pytest.approx(1.23, abs=0.01)


def test_moving_a_day_to_a_known_later_day_leaves_that_days_sum():
    found = moved(RATES, monday=MONDAY, due=AUGUST, to=OCTOBER)
    assert found == (RATES[1],)


def test_moving_a_day_between_two_known_ones_spreads_its_work_over_more_weeks():
    later = AUGUST + dt.timedelta(weeks=3)
    found = moved(RATES, monday=MONDAY, due=AUGUST, to=later)
    assert [(rate.day, rate.size) for rate in found] == [(later, 34), (OCTOBER, 40)]
    assert found[0].weeks == pytest.approx(43 / 7)


def test_moving_a_day_behind_another_takes_its_work_out_of_the_other():
    november = dt.date(2026, 11, 3)
    found = moved(RATES, monday=MONDAY, due=AUGUST, to=november)
    assert [(rate.day, rate.size) for rate in found] == [(OCTOBER, 6), (november, 40)]


@pytest.mark.parametrize(("due", "to"), [(AUGUST, AUGUST), (dt.date(2026, 8, 5), OCTOBER)])
def test_an_unknown_day_or_an_earlier_target_is_a_mistake_of_the_caller(due, to):
    with pytest.raises(ValueError, match="later"):
        moved(RATES, monday=MONDAY, due=due, to=to)


def test_nothing_due_requires_nothing():
    assert required(()) == 0.0


# -- from the open items of a team


def work(key, *days, **fields):
    base = {"status": StatusClass.DOING, "size": 1.0}
    return OpenItem(key=key, days=tuple(sorted(days)), **(base | fields))


def scope(items, capacity=5.7):
    return Scope(monday=MONDAY, unit=Unit.ITEMS, capacity=capacity, items=tuple(items), finished=46, finished_weeks=8)


def release_scope():
    """The example of the research note: 34 items due on 4 August, 12 of them Should-haves."""
    classes = [Moscow.MUST] * 15 + [Moscow.SHOULD] * 12 + [Moscow.COULD] * 7
    return scope(work(f"PAY-{number}", (AUGUST, "4.2"), moscow=each) for number, each in enumerate(classes, start=1))


def rate_after(found, *changes):
    return required(effect(found, changes).after)


def test_the_twelve_should_haves_leave_and_the_required_pace_is_1_2():
    found = effect(release_scope(), [Cut(plan="4.2", group=Group.SHOULD)])
    assert (required(found.before), required(found.after)) == (
        pytest.approx(1.9, abs=0.01),
        pytest.approx(1.23, abs=0.01),
    )
    assert [item.key for item in found.cut["4.2"]] == [f"PAY-{number}" for number in range(16, 28)]


def test_every_group_that_has_items_is_a_choice_with_its_own_effect():
    found = choices(release_scope())
    assert [(choice.change.group, choice.size) for choice in found] == [
        (Group.COULD, 7),
        (Group.SHOULD, 12),
        (Group.MUST, 15),
    ]
    assert [choice.after for choice in found] == [rate_after(release_scope(), choice.change) for choice in found]


def test_priorities_and_work_that_is_not_started_are_groups_too():
    items = [work(f"A-{rank}", (AUGUST, "4.2"), rank=rank) for rank in (1, 2, 4, 5)]
    found = scope([*items, work("A-9", (AUGUST, "4.2"), status=StatusClass.TODO)])
    held = {choice.change.group: [item.key for item in choice.items] for choice in choices(found)}
    assert held == {Group.LOWEST: ["A-5"], Group.SECOND_LOWEST: ["A-4"], Group.NOT_STARTED: ["A-9"]}


def test_work_that_leaves_a_plan_still_counts_where_another_holds_it_and_loses_its_own_day():
    september = dt.date(2026, 9, 7)
    both = work("A-1", (AUGUST, "4.2"), (september, "4.3"), moscow=Moscow.COULD)
    own = work("A-2", (AUGUST, "4.2"), (MONDAY, ""), moscow=Moscow.COULD)
    found = effect(scope([both, own]), [Cut(plan="4.2", group=Group.COULD)])
    assert [(rate.day, rate.size) for rate in found.after] == [(september, 1)]


def test_a_cut_and_a_move_work_together():
    later = AUGUST + dt.timedelta(weeks=4)
    found = effect(release_scope(), [Cut(plan="4.2", group=Group.COULD), Move(plan="4.2", to=later)])
    assert [(rate.day, rate.size) for rate in found.after] == [(later, 27)]
    assert required(found.after) == pytest.approx(27 / (5.7 * 50 / 7))


def test_moving_a_plan_is_the_same_as_moving_its_run_rate():
    found = scope([work(f"A-{number}", (AUGUST, "4.2")) for number in range(9)] + [work("B-1", (OCTOBER, "5.0"))])
    for to in (AUGUST + dt.timedelta(weeks=2), OCTOBER, OCTOBER + dt.timedelta(days=3)):
        done = effect(found, [Move(plan="4.2", to=to)])
        expected = moved(done.before, monday=MONDAY, due=AUGUST, to=to)
        assert [(rate.day, rate.size, rate.weeks) for rate in done.after] == [
            (rate.day, rate.size, rate.weeks) for rate in expected
        ]


@pytest.mark.parametrize(
    "change",
    [
        Move(plan="4.2", to=AUGUST),
        Move(plan="4.2", to=MONDAY),
        Move(plan="5.0", to=OCTOBER),
        Move(plan="", to=OCTOBER),
        Cut(plan="5.0", group=Group.SHOULD),
    ],
)
def test_an_unknown_plan_and_a_day_that_is_not_later_are_mistakes_of_the_caller(change):
    with pytest.raises(ValueError, match=r"plan|later"):
        effect(release_scope(), [change])


def test_the_best_steps_suffice_alone_leave_must_haves_and_ask_for_the_least():
    found = best_choices(release_scope())
    assert [(choice.change, choice.size) for choice in found] == [
        (Cut(plan="4.2", group=Group.SHOULD), 12),
        (Move(plan="4.2", to=AUGUST + dt.timedelta(weeks=2)), 34),
    ]
    assert all(round(choice.after, 1) <= 1.2 for choice in found)


def test_there_is_no_step_where_the_pace_suffices_or_none_is_enough():
    assert best_choices(scope([work("A-1", (AUGUST, "4.2"))])) == ()
    hard = scope([work(f"A-{n}", (AUGUST, "4.2"), moscow=Moscow.MUST) for n in range(90)])
    assert best_choices(hard) == ()
    assert largest_step(hard).change == Move(plan="4.2", to=AUGUST + dt.timedelta(weeks=8))


def test_no_step_helps_work_that_only_has_days_of_its_own_and_is_begun():
    assert largest_step(scope([work(f"A-{n}", (AUGUST, "")) for n in range(40)])) is None


def test_no_step_moves_a_plan_out_of_sight():
    far = MONDAY + dt.timedelta(weeks=12)
    step = largest_step(scope([work(f"A-{n}", (far, "5.0")) for n in range(200)]))
    assert step.change == Move(plan="5.0", to=far + dt.timedelta(weeks=1))


def test_an_overdue_plan_moves_from_today_on():
    overdue = MONDAY - dt.timedelta(weeks=2)
    step = largest_step(scope([work(f"A-{n}", (overdue, "4.1")) for n in range(40)]))
    assert step.change == Move(plan="4.1", to=MONDAY + dt.timedelta(weeks=8))


@settings(max_examples=30, deadline=None)
@given(
    held=st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from(["a", "b", ""]), st.integers(-40, 120), min_size=1),
            st.sampled_from([None, *Moscow]),
            st.integers(1, 5),
            st.sampled_from([StatusClass.TODO, StatusClass.DOING]),
        ),
        max_size=10,
    )
)
def test_leaving_work_out_never_raises_the_required_pace_and_one_step_is_what_was_said_of_it(held):
    plans = {"a": 10, "b": 45}
    found = scope(
        work(
            f"A-{number}",
            *((MONDAY + dt.timedelta(days=plans.get(name, day)), name) for name, day in days.items()),
            moscow=moscow,
            rank=rank,
            status=status,
        )
        for number, (days, moscow, rank, status) in enumerate(held)
    )
    before = required(effect(found, ()).before)
    for choice in choices(found):
        assert choice.after <= before + 1e-9
        assert choice.after == rate_after(found, choice.change)
