"""Checks the walk through large JSON against the decoder that reads a file at once, wherever its pieces end."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.errors import InvalidInput
from surveys.importers import roadmap_json
from surveys.importers.roadmap_json import JsonWalk
from surveys.importers.roadmap_remarks import Remarks

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


def walk(data: bytes, limit: int = 1 << 20) -> JsonWalk:
    return JsonWalk(io.BytesIO(data), remarks=Remarks("x.json"), limit=limit)


def read(found: JsonWalk) -> object:
    """Read a value member by member and element by element."""
    if found.opening() == "{":
        return {key: read(found) for key in found.members()}
    if found.opening() == "[":
        return [read(found) for _ in found.elements()]
    return found.value()


def read_all(data: bytes) -> None:
    """Read a file to its end; one that is nested too deep for this helper is read as one value."""
    found = walk(data)
    read(found) if len(data) < 100 else found.value()
    found.end()


@settings(max_examples=8, deadline=None)
@given(VALUES, st.sampled_from([1, 3, 7]), st.booleans())
def test_every_value_is_read_as_the_whole_decoder_reads_it(value, piece, is_ascii):
    data = json.dumps(value, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")
    if b"\xed" in data:  # half a pair of surrogates is no text
        return
    usual = roadmap_json._PIECE
    roadmap_json._PIECE = piece
    try:
        found = walk(data)
        assert read(found) == value
        found.end()
        assert walk(data).value() == value
    finally:
        roadmap_json._PIECE = usual


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "Expecting value"),
        (b'{"a": 1', "Expecting , or }"),
        (b'{"a" 1}', "Expecting :"),
        (b"{1: 1}", "Expecting a key"),
        (b"[1 2]", "Expecting , or ]"),
        (b"[1] 2", "Extra data"),
        (b'["open', "Unterminated string"),
        (b"[tru]", "Expecting value"),
        (b"[" * 5000, ""),
    ],
)
def test_what_is_no_json_is_refused_with_its_cause(data, part):
    with pytest.raises(InvalidInput) as refused:
        read_all(data)
    assert part in str(refused.value.problems[0])


def test_a_fault_far_from_the_end_is_told_without_reading_on():
    stream = io.BytesIO(b"[nonsense" + b" " * 3_000_000)
    with pytest.raises(InvalidInput):
        JsonWalk(stream, remarks=Remarks("x"), limit=1 << 30).value()
    assert stream.tell() < 2_000_000


def test_a_file_above_the_limit_is_refused():
    with pytest.raises(InvalidInput, match=r"x\.json|not imported"):
        walk(b"[" + b"1," * 2000 + b"1]", limit=1000)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marks_at_the_start_are_no_part_of_the_text(encoding):
    assert walk('{"é": "ñ"}'.encode(encoding)).value() == {"é": "ñ"}


def test_bytes_that_are_no_text_are_replaced_with_one_remark():
    remarks = Remarks("x.json")
    assert JsonWalk(io.BytesIO(b'["caf\xe9"]'), remarks=remarks, limit=100).value() == ["caf\N{REPLACEMENT CHARACTER}"]
    assert len(remarks.problems()) == 1


def test_a_value_of_too_many_parts_is_refused_before_it_is_built(monkeypatch):
    monkeypatch.setattr(roadmap_json, "MOST_PARTS", 1000)
    monkeypatch.setattr(roadmap_json, "_LONG", 1000)
    with pytest.raises(InvalidInput) as refused:
        walk(b"[" + b"{}," * 2000 + b"{}]").value()
    assert "more than 1000 parts" in str(refused.value.problems[0])


def test_a_number_of_thousands_of_digits_is_a_fault():
    with pytest.raises(InvalidInput, match="not imported"):
        walk(b"9" * 5000).value()
