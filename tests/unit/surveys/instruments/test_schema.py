"""The document of an instrument and its hash."""

import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.errors import InvalidInput
from surveys.instruments.library import load, shipped
from surveys.instruments.schema import Text, canonical, content_hash, document, from_document

WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)


@pytest.mark.parametrize("code", shipped())
def test_an_instrument_survives_the_way_through_json(code: str) -> None:
    instrument = load(code)
    assert from_document(json.loads(json.dumps(document(instrument)))) == instrument


@settings(max_examples=8, deadline=None)
@given(english=WORDS, spanish=WORDS)
def test_any_text_survives_the_way_through_json_once_read(english: str, spanish: str) -> None:
    raw = document(load("burnout-1")) | {"title": {"en": english, "es": spanish}}
    once = from_document(raw)
    assert from_document(json.loads(canonical(once))) == once


def test_the_hash_does_not_depend_on_the_order_of_keys() -> None:
    backwards = dict(reversed(list(document(load("pulse-1")).items())))
    assert content_hash(from_document(backwards)) == content_hash(load("pulse-1"))


def test_the_hash_is_the_sha256_of_the_canonical_json() -> None:
    digest = content_hash(load("pulse-1"))
    assert len(digest) == 64
    assert canonical(load("pulse-1")).startswith(b'{"code":"pulse-1","items":[{"attribution":"",')


def test_any_change_of_a_text_changes_the_hash() -> None:
    pulse = load("pulse-1")
    item = pulse.items[0]
    reworded = dataclasses.replace(item, text=Text(en=item.text.en, es="Mi carga es razonable."))
    changed = dataclasses.replace(pulse, items=(reworded, *pulse.items[1:]))
    assert content_hash(changed) != content_hash(pulse)


def test_a_document_of_another_shape_is_refused_with_its_name() -> None:
    with pytest.raises(InvalidInput, match="wave-3"):
        from_document({"code": "pulse-1"}, "wave-3")


def test_a_text_falls_back_to_english() -> None:
    text = Text(en="yes", es="sí")
    assert (text.to("en"), text.to("es"), text.to("fr")) == ("yes", "sí", "yes")


def test_parts_are_found_by_code() -> None:
    pulse = load("pulse-1")
    assert pulse.item("energy-left").scale == "energy"
    assert pulse.scale("clarity").items == ("task-expected", "vision-goals")
    assert pulse.option_set(pulse.items[0]).maximum == 5
    with pytest.raises(KeyError):
        pulse.item("energy")
