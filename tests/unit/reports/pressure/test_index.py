"""Checks index, coverage, bands, window means and joint values against the worked example of the research note."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.pressure.anchors import VERSION_1, Band, Indicator
from reports.pressure.index import NotEnoughData, PressureIndex, WindowMean, index_of_values, joint, window_mean
from reports.pressure.values import Gap, Measured, Missing

EXAMPLE = {"R": 1.6, "L": 1.3, "C": 0.30, "U": 0.40, "W": 1.0, "P": 0.12}


def measured(value):
    return Measured(value=value, numerator=value, denominator=1.0)


def index(values):
    return index_of_values({Indicator(name): measured(value) for name, value in values.items()})


def test_the_worked_example_of_the_note_gives_57_6_with_coverage_85_percent():
    values = {Indicator(name): measured(value) for name, value in EXAMPLE.items()}
    found = index_of_values(values | {Indicator.VOLATILITY: Missing(Gap.NO_HISTORY)})
    assert isinstance(found, PressureIndex)
    assert found.value == pytest.approx(57.6, abs=0.05)
    assert found.coverage == pytest.approx(0.85)
    assert found.parts[0].indicator is Indicator.REQUIRED_RATE
    assert found.parts[0].contribution == pytest.approx(23.5, abs=0.05)
    assert found.gaps == {Indicator.VOLATILITY: Gap.NO_HISTORY, Indicator.SPLIT: Gap.SWITCHED_OFF}
    assert found.band is Band.BUSY
    assert found.anchors_version == 1


@pytest.mark.parametrize(
    ("name", "points"), [("R", 80.0), ("L", 56.25), ("C", 58.33), ("U", 57.14), ("W", 20.0), ("P", 23.33)]
)
def test_each_indicator_of_the_worked_example_scores_as_printed(name, points):
    assert VERSION_1.scales[Indicator(name)].points(EXAMPLE[name]) == pytest.approx(points, abs=0.01)


@pytest.mark.parametrize("indicator", list(Indicator))
def test_the_anchors_score_0_50_and_100_and_are_clipped_outside(indicator):
    scale = VERSION_1.scale(indicator)
    values = (scale.zero - 1, scale.zero, scale.half, scale.full, scale.full + 1)
    assert [scale.points(value) for value in values] == pytest.approx([0, 0, 50, 100, 100])


def test_a_must_share_has_anchors_of_its_own():
    assert VERSION_1.scale(Indicator.TOP_PRIORITY, moscow=True).points(0.60) == 50
    must = Measured(value=0.6, numerator=6, denominator=10, moscow=True)
    found = index_of_values({Indicator(n): measured(v) for n, v in EXAMPLE.items()} | {Indicator.TOP_PRIORITY: must})
    assert next(p.points for p in found.parts if p.indicator is Indicator.TOP_PRIORITY) == 50


def test_the_weights_add_up_to_one_hundred():
    assert VERSION_1.total_weight == 100


def test_exactly_sixty_percent_of_the_weight_is_enough_and_less_is_no_low_value():
    enough = index({"R": 0.1, "L": 0.1, "V": 0.0, "W": 0.1})
    assert isinstance(enough, PressureIndex)
    assert enough.value == 0
    short = index({"R": 5.0, "L": 5.0, "C": 5.0})
    assert isinstance(short, NotEnoughData)
    assert short.coverage == pytest.approx(0.55)


@pytest.mark.parametrize(("value", "band"), [(34.9, "calm"), (35.0, "busy"), (60.0, "busy"), (60.1, "strained")])
def test_the_bands_meet_at_35_and_60(value, band):
    assert VERSION_1.band(value) == band


@settings(max_examples=25)
@given(st.dictionaries(st.sampled_from(list("RLCUVWP")), st.floats(0, 10), min_size=7, max_size=7))
def test_the_contributions_add_up_to_the_index_which_stays_between_0_and_100(values):
    found = index(values)
    assert isinstance(found, PressureIndex)
    assert sum(part.contribution for part in found.parts) == pytest.approx(found.value)
    assert 0 <= found.value <= 100


def weeks_of(*values):
    return {
        dt.date(2026, 6, 1) + dt.timedelta(weeks=n): index(dict.fromkeys("RLCUVWP", value))
        for n, value in enumerate(values)
    }


def test_a_window_is_the_recall_days_before_the_opening_weighted_by_days():
    # Points of the same raw value differ per indicator, so whole weeks are compared with their own index.
    indexes = weeks_of(0.0, 10.0, 10.0)
    found = window_mean(indexes, opens_on=dt.date(2026, 6, 11), days=7)
    assert isinstance(found, WindowMean)
    assert (found.first, found.last) == (dt.date(2026, 6, 4), dt.date(2026, 6, 10))
    assert found.value == pytest.approx((4 * 0 + 3 * 100) / 7)
    assert sum(value for _, value in found.parts) == pytest.approx(found.value)


def test_a_window_of_two_whole_weeks_is_their_mean_and_ends_the_day_before():
    indexes = weeks_of(0.0, 10.0, 10.0)
    found = window_mean(indexes, opens_on=dt.date(2026, 6, 15), days=14)
    assert found.value == pytest.approx(50)


def test_a_window_with_too_few_days_under_an_index_has_no_mean():
    indexes = {dt.date(2026, 6, 1): weeks_of(1.0)[dt.date(2026, 6, 1)]}
    assert isinstance(window_mean(indexes, opens_on=dt.date(2026, 6, 15), days=14), NotEnoughData)
    assert isinstance(window_mean({}, opens_on=dt.date(2026, 6, 15), days=14), NotEnoughData)


def test_a_window_without_days_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="one day"):
        window_mean({}, opens_on=dt.date(2026, 6, 15), days=0)


def test_a_joint_value_is_weighted_by_people_and_as_covered_as_its_thinnest_team():
    calm, tense = index(dict.fromkeys("RLCUVWP", 0.0)), index(dict.fromkeys("RLCUW", 10.0))
    found = joint([(calm, 6), (tense, 2)])
    assert found.value == pytest.approx(25)
    assert found.coverage == pytest.approx(0.80)
    with pytest.raises(ValueError, match="invited"):
        joint([])
