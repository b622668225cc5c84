"""The arithmetic and the sentences of a report's roadmap, on weeks made by hand."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.pressure.anchors import VERSION_1, Indicator
from reports.pressure.index import index_of
from reports.pressure.values import Gap, Measured, Missing, RunRate, WeekIndicators
from reports.services.pressure_moves import NOTABLE, move_of, other_weightings, parts_of
from reports.services.pressure_parts import driver_sentence, parts_table, top_indicators
from reports.services.pressure_series import Hidden, NoData, Series, TeamSeries
from reports.services.pressure_words import do_not_conclude, heading_of, move_sentences, title_of, what_if_sentences
from reports.services.report_sentences import Member
from reports.store.pressure import People, WeekFigures, WeekRecord, from_plain, to_plain
from surveys.i18n import translator

EN = translator("en")
FIRST = dt.date(2026, 1, 5)
WEEK = dt.timedelta(days=7)
EXAMPLE = {"R": 1.6, "L": 1.3, "C": 0.30, "U": 0.40, "W": 1.0, "P": 0.12}
"""The worked example of the research note, section 1.3: index 57.6, coverage 0.85, largest part R with 23.5."""


def measured(value, **facts):
    return Measured(**({"value": value, "numerator": 10 * value, "denominator": 10.0} | facts))


def record(number, values=None, *, people=People.ENOUGH, team="pay", rates=()):
    monday = FIRST + number * WEEK
    found = {Indicator(name): measured(value) for name, value in (values or EXAMPLE).items()}
    found |= {name: Missing(Gap.NO_HISTORY) for name in Indicator if name not in found}
    week = WeekIndicators(monday=monday, values=found, run_rates=tuple(rates))
    figures = WeekFigures(week=week, index=index_of(week), has_history=True)
    return WeekRecord(
        team=team,
        monday=monday,
        people=people,
        enough={},
        figures=None if people is People.TOO_FEW else figures,
    )


def team(records, *, key="pay", name="Payments", invited=6):
    member = Member(team=key, name=name, invited=invited)
    return TeamSeries(member=member, records={each.monday: each for each in records})


def series(*teams, weeks=12, members=None):
    return Series(
        members=members or len(teams),
        teams=teams,
        weeks=tuple(FIRST + number * WEEK for number in range(weeks)),
        opened_on=FIRST + weeks * WEEK,
        recall_days=14,
    )


def values(*indexes):
    return {FIRST + number * WEEK: float(index) for number, index in enumerate(indexes)}


def move(*indexes):
    return move_of(values(*indexes), opened_on=FIRST + len(indexes) * WEEK)


def plain(sentence):
    return "".join(run.text for run in sentence)


def test_the_worked_example_of_the_note_comes_out_with_its_parts():
    found = series(team([record(number) for number in range(12)]))
    assert found.window.value == pytest.approx(57.6, abs=0.05)
    assert found.window.coverage == pytest.approx(0.85)
    table = parts_table(found, EN)
    assert (table[0].code, round(table[0].contribution, 1), table[0].score) == ("R", 23.5, pytest.approx(80))
    assert sum(part.contribution for part in table) == pytest.approx(found.window.value)
    assert [part.code for part in table if not part.coverage] == ["V"]


def test_equal_weights_and_each_part_left_out_give_the_range_of_the_worked_example():
    found = series(team([record(number) for number in range(12)]))
    points = {"R": 80, "L": 56.25, "C": 58.333, "U": 57.143, "W": 20, "P": 23.333}
    weights = {name: VERSION_1.scales[Indicator(name)].weight for name in points}
    others = [sum(points.values()) / 6]
    for out in points:
        kept = [name for name in points if name != out]
        others.append(sum(weights[n] * points[n] for n in kept) / sum(weights[n] for n in kept))
    assert other_weightings(found) == pytest.approx((min(others), max(others)), abs=0.01)


def test_a_rise_begins_where_the_series_last_was_low():
    found = move(*[40] * 12, 50, 60, 70, 78, 78, 78, 78)
    assert (found.before, found.after) == (pytest.approx(42.5), 78)
    assert found.start == FIRST + 12 * WEEK + dt.timedelta(days=6)
    assert found.is_notable


def test_a_fall_is_told_as_a_fall():
    found = move(*[80] * 8, *[30] * 4)
    assert found.amount == pytest.approx(-50)
    assert plain(heading_of(found, EN)).startswith("Roadmap pressure fell from 80 to 30 in 4 weeks.")
    assert "fell from 80 to 30" in plain(move_sentences(found, EN)[0])


@settings(max_examples=5)
@given(st.lists(st.floats(0, NOTABLE - 0.01), min_size=8, max_size=30))
def test_no_series_within_fifteen_points_is_told_as_a_rise_or_fall(indexes):
    found = move(*indexes)
    assert not found.is_notable
    told = plain(heading_of(found, EN))
    assert "rose" not in told
    assert "fell" not in told


@settings(max_examples=5)
@given(st.lists(st.floats(0, 100), min_size=8, max_size=40))
def test_a_move_lies_within_the_series_and_half_a_year(indexes):
    found = move(*indexes)
    assert found.weeks <= 26
    assert min(indexes) - 1e-9 <= found.before <= max(indexes) + 1e-9
    assert found.start < found.end


@pytest.mark.parametrize("count", [0, 1, 7])
def test_under_eight_weeks_there_is_no_move_and_no_heading(count):
    assert move(*[50] * count) is None
    assert heading_of(None, EN) is None
    assert move_sentences(None, EN) == []


def test_a_series_that_ended_long_before_the_wave_has_no_move():
    assert move_of(values(*[50] * 10), opened_on=FIRST + 15 * WEEK) is None
    assert move_of(values(*[50] * 10), opened_on=FIRST + 14 * WEEK) is not None


def test_the_parts_of_a_move_add_up_to_it():
    busy = EXAMPLE | {"R": 2.0, "C": 0.8}
    calm = EXAMPLE | {"R": 0.5, "C": 0.05}
    found = series(team([record(number, busy if number >= 8 else calm) for number in range(12)]))
    told = move_of(found.run_up, opened_on=found.opened_on)
    parts = parts_of(found, told)
    assert sum(gain for _, gain in parts) == pytest.approx(told.amount)
    assert [name.value for name, _ in parts[:2]] == ["R", "C"]


def test_weeks_of_other_teams_are_another_series():
    pay = team([record(number) for number in range(12)])
    web = team([record(number, {**EXAMPLE, "R": 0.5}) for number in range(6, 12)], key="web", name="Web", invited=6)
    found = series(pay, web)
    assert min(found.run_up) == FIRST + 6 * WEEK


def test_a_mean_needs_most_of_the_people():
    pay = team([record(number) for number in range(12)], invited=4)
    web = team([record(number) for number in range(6)], key="web", name="Web", invited=9)
    found = series(pay, web)
    assert isinstance(found.points[FIRST + 11 * WEEK], NoData)
    assert found.window is None


def test_a_week_with_too_few_people_is_hidden_and_in_no_mean():
    pay = team([record(number, people=People.TOO_FEW if number == 11 else People.ENOUGH) for number in range(12)])
    web = team([record(number, {**EXAMPLE, "R": 0.5}) for number in range(12)], key="web", name="Web", invited=9)
    found = series(pay, web)
    assert isinstance(pay.point(FIRST + 11 * WEEK), Hidden)
    assert found.points[FIRST + 11 * WEEK].value == web.indexes[FIRST + 11 * WEEK].value


@pytest.mark.parametrize(("invited", "is_hidden"), [(2, True), (3, False)])
def test_without_assignees_the_invited_number_decides(invited, is_hidden):
    one = team([record(number, people=People.UNKNOWN) for number in range(12)], invited=invited)
    assert one.is_hidden is is_hidden


def test_the_driver_is_the_largest_part_with_its_fact():
    found = series(team([record(number) for number in range(12)]))
    assert top_indicators(found, 2) == (Indicator.REQUIRED_RATE, Indicator.CHURN)
    assert driver_sentence(found, EN).startswith("Required run rate weighs most: ")


def test_a_what_if_takes_out_as_much_as_brings_the_pace_to_usual():
    rate = RunRate(day=FIRST + 15 * WEEK, size=40, weeks=4, capacity=5, plans=("4.2",))
    found = series(team([record(number, rates=[rate]) for number in range(12)]))
    (sentence,) = what_if_sentences(found, EN)
    assert plain(sentence) == (
        "Taking 20 items out of 4.2, due 20 Apr, would bring the required run rate from 2.0 to 1.0. "
        "Moving that date by two weeks would bring it to 1.3."
    )


def test_a_usual_pace_needs_no_what_if():
    rate = RunRate(day=FIRST + 15 * WEEK, size=20, weeks=4, capacity=5)
    assert what_if_sentences(series(team([record(11, rates=[rate])])), EN) == []


def test_a_title_has_at_most_ten_words():
    titles = [title_of(move(*[40] * 8, *[80] * 4), EN), title_of(move(*[40] * 8), EN), title_of(None, EN)]
    assert all(len(title.split()) <= 10 for title in titles)


def test_the_conclusions_not_to_draw_name_cause_and_person():
    text = plain(do_not_conclude(EN))
    assert "caused" in text
    assert "person" in text


def test_a_stored_week_is_read_back_as_it_was():
    rate = RunRate(day=FIRST, size=3, weeks=1.5, capacity=2.5, plans=("a", "b"))
    for each in (record(3, rates=[rate]), record(4, people=People.TOO_FEW), record(5, {"R": 1.0})):
        assert from_plain("pay", each.monday, to_plain(each)) == each
