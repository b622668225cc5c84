"""A report survives its JSON, and equal reports have equal bytes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json

import pytest

from reports import document
from reports.document import Band, band_of, from_json, sha256, to_json
from reports.stats.results import AlertStatus
from reports.stats.shrinkage import LevelStanding
from reports.stats.verdicts import Verdict as StatisticsVerdict
from surveys.errors import InvalidInput
from tests.pdf import samples

SAMPLES = [
    samples.troubled(), samples.fluctuating(), samples.joined(), samples.hostile(), samples.watched(),
    samples.pressed(), samples.never(),
]  # fmt: skip
BEFORE_THE_ROADMAP_PAGES = {
    "troubled": "ce5e4b6f9127116116cafa34b148788d2e351843342d33f28cb52eb7c5440f8a",
    "fluctuating": "bfe63de8a8abaeb8a041b0c36620d6ff1451d354ed886e40b2f4c69c3b852448",
    "joined": "b7fb44d3f679f2c6a735adedbd69c43d58669437a1bbc70ea72abbb0e1ab3836",
    "hostile": "7788d28ff7358f31f20ec0e55da59755deeb7ded8867bfa036208373c1ea5706",
    "watched": "d3f922ea09fc7972d3df6ed6a6f82ee6b38e436e9caf211fb2039473837b177e",
}
"""Hashes that these reports had when there was no field for the roadmap pages."""


@pytest.mark.parametrize("name", sorted(BEFORE_THE_ROADMAP_PAGES))
def test_a_report_from_before_the_roadmap_pages_keeps_its_hash(name: str) -> None:
    report = getattr(samples, name)()
    assert sha256(report) == BEFORE_THE_ROADMAP_PAGES[name]
    assert from_json(to_json(report)).roadmap is None


@pytest.mark.parametrize(
    "report", SAMPLES, ids=["troubled", "fluctuating", "joined", "hostile", "watched", "pressed", "never"]
)
def test_a_report_survives_its_json(report: document.LeaderReport) -> None:
    text = to_json(report)
    assert from_json(text) == report
    assert to_json(from_json(text)) == text


def test_the_json_is_canonical() -> None:
    text = to_json(SAMPLES[1])
    plain = json.loads(text)
    assert text == json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert "información".encode() in text


def test_the_last_bit_of_a_number_does_not_change_the_document() -> None:
    value = document.Value(mean=0.1 + 0.2, low=0.0, high=1.0)
    trace = SAMPLES[0].traces[0]
    points = (dataclasses.replace(trace.points[0], cell=value),)
    one = dataclasses.replace(SAMPLES[0], traces=(dataclasses.replace(trace, points=points),))
    other_points = (dataclasses.replace(points[0], cell=dataclasses.replace(value, mean=0.3)),)
    other = dataclasses.replace(SAMPLES[0], traces=(dataclasses.replace(trace, points=other_points),))
    assert sha256(one) == sha256(other)


def test_an_instant_is_written_in_universal_time() -> None:
    zone = dt.timezone(dt.timedelta(hours=2))
    cutoff = SAMPLES[0].provenance.data_cutoff.astimezone(zone)
    moved = dataclasses.replace(SAMPLES[0], provenance=dataclasses.replace(SAMPLES[0].provenance, data_cutoff=cutoff))
    assert sha256(moved) == sha256(SAMPLES[0])


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_refused(bad: float) -> None:
    trace = SAMPLES[0].traces[0]
    points = (dataclasses.replace(trace.points[0], cell=document.Value(mean=bad, low=1.0, high=2.0)),)
    report = dataclasses.replace(SAMPLES[0], traces=(dataclasses.replace(trace, points=points),))
    with pytest.raises(ValueError, match="finite"):
        to_json(report)


def changed(**changes: object) -> bytes:
    return json.dumps(json.loads(to_json(SAMPLES[0])) | changes).encode()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff",
        b"[]",
        changed(format=99),
        changed(extra=1),
        changed(traces={}),
        changed(smallest_group="5"),
        changed(pressure={"kind": "Value"}),
        changed(language=None),
    ],
)
def test_what_is_no_report_is_refused_in_a_sentence(text: bytes) -> None:
    with pytest.raises(InvalidInput):
        from_json(text)


def test_the_bands_are_those_of_the_guide() -> None:
    assert [band_of(value) for value in (1.9, 2.0, 2.7, 3.3, 4.0)] == list(Band)
    assert band_of(4.5, lower_is_better=True) is Band.VERY_STRAINED


def test_the_verdicts_are_those_of_the_statistics() -> None:
    assert {verdict.value for verdict in document.Verdict} == {verdict.value for verdict in StatisticsVerdict}


def test_notices_and_places_are_those_of_the_statistics() -> None:
    assert {notice.value for notice in document.Notice} == {status.value for status in AlertStatus} - {"quiet"}
    assert {place.value for place in document.Place} == {standing.value for standing in LevelStanding}


@pytest.mark.parametrize(
    ("report", "digest"),
    [
        (samples.troubled(), "ce5e4b6f9127116116cafa34b148788d2e351843342d33f28cb52eb7c5440f8a"),
        (samples.fluctuating(), "bfe63de8a8abaeb8a041b0c36620d6ff1451d354ed886e40b2f4c69c3b852448"),
        (samples.joined(), "b7fb44d3f679f2c6a735adedbd69c43d58669437a1bbc70ea72abbb0e1ab3836"),
        (samples.hostile(), "7788d28ff7358f31f20ec0e55da59755deeb7ded8867bfa036208373c1ea5706"),
    ],
    ids=["troubled", "fluctuating", "joined", "hostile"],
)
def test_a_report_from_before_levels_notices_and_imports_keeps_its_hash(
    report: document.LeaderReport, digest: str
) -> None:
    assert sha256(report) == digest


def test_no_field_of_the_document_holds_a_count_of_answers() -> None:
    names = {
        field.name
        for kind in vars(document).values()
        if dataclasses.is_dataclass(kind) and isinstance(kind, type)
        for field in dataclasses.fields(kind)
    }
    assert not names & {"n", "answers", "answered", "count", "responses", "invited"}
