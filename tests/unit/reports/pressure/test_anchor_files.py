"""A file of anchors is read back as it was written, and every fault in it is told at once."""

from dataclasses import replace

import pytest

from reports.pressure.anchor_files import anchors_of, read_anchors, to_plain, write_anchors
from reports.pressure.anchors import VERSION_1, Indicator, Scale
from surveys.errors import InvalidInput

OWN = replace(
    VERSION_1,
    version=101,
    scales={**VERSION_1.scales, Indicator.CHURN: Scale(0.1, 1 / 3, 0.9, 12.5)},
    busy_from=30.0,
    split=True,
)


def read(text):
    return read_anchors(text.encode(), source="anchors.toml", version=101)


def faults(text):
    with pytest.raises(InvalidInput) as caught:
        read(text)
    return [str(problem.reason) for problem in caught.value.problems]


def test_what_is_written_is_read_back_equal():
    assert read(write_anchors(OWN)) == OWN
    assert anchors_of(to_plain(OWN), source="stored", version=101) == OWN


def test_the_file_of_the_product_is_version_1_under_another_number():
    assert read(write_anchors(VERSION_1)) == replace(VERSION_1, version=101)


def test_what_is_no_toml_is_said_in_one_sentence():
    assert faults("R = [")[0].startswith("This is not a TOML file:")


def test_every_fault_is_told_at_once():
    text = write_anchors(VERSION_1)
    text = text.replace("[0.5, 1, 2]", "[0.5, 0.4, 2]").replace("weight = 25", "weight = 250")
    text = text.replace("busy_from = 35", "busy_from = 70").replace("min_coverage = 0.6", "min_coverage = 0.2")
    assert faults(text + "colour = 1\n[X]\na = 1\n") == [
        "X is not known here.",
        "S.colour is not known here.",
        "R.weight must be 0, or between 0.1 and 100.",
        "The numbers of R.anchors must rise, from 0 on, by at least 0.001.",
        "min_coverage must be between 0.5 and 1.",
        "busy_from must be above 0 and below strained_above, which must be below 100.",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[V]", "[Q]", "V is missing."),
        ("must = [0.4, 0.6, 0.9]", "", "P.must must be three numbers: for 0, 50 and 100 points."),
        ("busy_from = 35", "busy_from = nan", "busy_from must be a number."),
        ("weight = 25", "weight = true", "R.weight must be a number."),
        ("split_attention = false", 'split_attention = "no"', "split_attention is true or false."),
    ],
)
def test_a_single_fault_is_named(old, new, said):
    assert said in faults(write_anchors(VERSION_1).replace(old, new, 1))


def test_weights_that_are_all_zero_are_refused():
    text = write_anchors(VERSION_1)
    for weight in (25, 15, 10, 5):
        text = text.replace(f"weight = {weight}\n", "weight = 0\n")
    assert faults(text) == ["At least one weight must be more than 0."]


def weighted(**weights):
    scales = {name: replace(scale, weight=weights.get(name.value, 0)) for name, scale in VERSION_1.scales.items()}
    return replace(VERSION_1, scales=scales, must=replace(VERSION_1.must, weight=weights.get("P", 0)))


NEVER = "S is off, and the other weights are {} % of all. No week could reach min_coverage."


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        (weighted(S=100), "S holds more than 80 % of the weight."),
        (replace(weighted(S=100), split=True), "S holds more than 80 % of the weight."),
        (weighted(R=90, L=10), "R holds more than 80 % of the weight."),
        (weighted(R=25, L=15, S=60), NEVER.format(40)),
        (replace(VERSION_1, min_coverage=1.0), NEVER.format(95)),
    ],
)
def test_weights_that_could_give_no_index_or_one_indicator_alone_are_refused(own, reason):
    assert reason in faults(write_anchors(own))


def test_full_coverage_is_taken_where_split_attention_is_on():
    assert read(write_anchors(replace(VERSION_1, min_coverage=1.0, split=True))).min_coverage == 1


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("weight = 25", "weight = 1" + "0" * 400, "R.weight must be a number."),
        ("[0.5, 1, 2]", "[0, 5e-324, 1e-323]", "The numbers of R.anchors must rise, from 0 on, by at least 0.001."),
        ("weight = 25", "weight = 1e-320", "R.weight must be 0, or between 0.1 and 100."),
        ("[0.15, 0.35, 0.7]", "[15, 35, 70]", "The numbers of U.anchors must be at most 1."),
    ],
)
def test_numbers_that_no_indicator_can_have_are_refused(old, new, reason):
    text = write_anchors(VERSION_1)
    assert old in text
    assert reason in faults(text.replace(old, new))
