"""Labels named by the common habits say priority, size, type and status; every other label says nothing."""

import pytest

from surveys.importers.roadmap_labels import parted, words_of
from surveys.importers.roadmap_model import Moscow
from surveys.importers.roadmap_raw import Reading

READING = Reading(source="x", secret=b"")


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("priority: high", ("priority", "high")),
        ("Priority/High", ("priority", "high")),
        ("prio-high", ("priority", "high")),
        ("priority::1", ("priority", "1")),
        ("P1", ("priority", "p1")),
        ("size: 3", ("size", "3")),
        ("points-5", ("size", "5")),
        ("story points = 8", ("size", "8")),
        ("3 points", ("size", "3")),
        ("type: bug", ("kind", "bug")),
        ("Bug", ("kind", "bug")),
        ("kind/feature", ("kind", "feature")),
        ("status: in review", ("status", "in review")),
        ("size-limit", ("", "")),
        ("type-system", ("", "")),
        ("state-machine", ("", "")),
        ("PR exists", ("", "")),
        ("priority:", ("", "")),
        ("draft-13", ("", "")),
        ("MoSCoW: Must", ("moscow", "must")),
        ("Should have", ("moscow", "should have")),
        ("must", ("", "")),
    ],
)
def test_a_label_says_one_thing_or_nothing(label: str, expected: tuple[str, str]) -> None:
    assert parted(label, reading=READING) == expected


def test_the_order_of_labels_leaves_no_trace_and_a_size_in_words_is_none() -> None:
    labels = ["size: M", "p2", "priority: high", "size: 5", "type: chore", "status: doing"]
    said = words_of(labels, reading=READING)
    assert said == words_of(labels[::-1], reading=READING)
    assert (said.priority, said.size, said.kind, said.status) == ("p2", 5.0, "chore", "doing")
    assert words_of(["size: nan", "size: -1"], reading=READING).size is None


def test_the_map_adds_names_and_words_of_its_own() -> None:
    reading = Reading(
        source="x", secret=b"", size_field="Weight", moscow_field="Need", moscow_words={"vital": Moscow.MUST}
    )
    said = words_of(["weight: 2", "Need: vital"], reading=reading)
    assert (said.size, said.moscow) == (2.0, Moscow.MUST)
    assert words_of(["Vital"], reading=reading).moscow is Moscow.MUST
    assert words_of(["could-have"], reading=READING).moscow is Moscow.COULD
    assert words_of(["vital"], reading=READING).moscow is None
