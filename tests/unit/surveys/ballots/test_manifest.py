"""The manifest: one text for one promise, another fingerprint for any other, and words that stay the same."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json

import pytest

from surveys.ballots.manifest import NO_PREVIOUS, PROTOCOL, ManifestFacts, build, fingerprint, words

FACTS = ManifestFacts(
    wave="pulse-1",
    programme="pulse",
    mode="promise",
    k=5,
    thresholds={"policy": "1", "spread_minimum": 20},
    installation="aa" * 32,
    wave_key="bb" * 32,
    second_lock=None,
    instrument="pulse-1",
    instrument_sha256="cc" * 32,
    script_sha256=None,
    languages=("en", "es"),
    crowds={"ñandú": 7, "ant": 9},
    moments={"variance_from": 50},
    opens_at=dt.datetime(2025, 1, 6, 9, tzinfo=dt.timezone(dt.timedelta(hours=1))),
    closes_at=dt.datetime(2025, 1, 13, 8, tzinfo=dt.UTC),
    previous=None,
)
OTHER: dict[str, object] = {
    "wave": "pulse-2",
    "programme": "other",
    "mode": "sealed",
    "k": 6,
    "thresholds": {"policy": "2", "spread_minimum": 20},
    "installation": "ab" * 32,
    "wave_key": "bc" * 32,
    "second_lock": "dd" * 32,
    "instrument": "core-1",
    "instrument_sha256": "cd" * 32,
    "script_sha256": "ee" * 32,
    "languages": ("es", "en"),
    "crowds": {"ñandú": 8, "ant": 9},
    "moments": {"variance_from": 51},
    "opens_at": dt.datetime(2025, 1, 6, 9, tzinfo=dt.UTC),
    "closes_at": dt.datetime(2025, 1, 13, 8, 0, 1, tzinfo=dt.UTC),
    "previous": "ff" * 32,
}


def test_the_text_is_canonical() -> None:
    text = build(FACTS)
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert "ñandú" in text


def test_the_order_of_mappings_does_not_matter_and_that_of_languages_does() -> None:
    turned = dataclasses.replace(FACTS, crowds={"ant": 9, "ñandú": 7}, thresholds={"spread_minimum": 20, "policy": "1"})
    assert build(turned) == build(FACTS)
    assert build(dataclasses.replace(FACTS, languages=("es", "en"))) != build(FACTS)


def test_the_document_says_all_of_it() -> None:
    document = json.loads(build(FACTS))
    assert document["protocol"] == PROTOCOL
    assert document["crowds"] == [{"label": "ant", "invited": 9}, {"label": "ñandú", "invited": 7}]
    assert document["opens_at"] == "2025-01-06T08:00:00Z"
    assert document["previous"] == NO_PREVIOUS


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(ManifestFacts)])
def test_any_other_promise_has_another_fingerprint(field: str) -> None:
    changed = dataclasses.replace(FACTS, **{field: OTHER[field]})  # type: ignore[arg-type]
    assert fingerprint(build(changed)) != fingerprint(build(FACTS))


def test_the_fingerprint_is_the_hash_of_the_published_text() -> None:
    assert fingerprint("{}") == hashlib.sha256(b"{}").hexdigest()
    assert fingerprint(build(FACTS)) == hashlib.sha256(build(FACTS).encode()).hexdigest()


def test_words_are_stable_and_can_be_read_aloud() -> None:
    """Published once, a spelling must never change: 0 and 0 is the first syllable twice, 14 and 1 follow by hand."""
    assert words("0000" * 4) == "baba baba baba baba"
    assert words("0001" + "000e" + "0038" + "0c40") == "daba beba bada baba"
    assert words("ffff" * 4, count=2) == words("ffff" * 2, count=2)
    assert len(words(fingerprint("{}")).split()) == 4


def test_neighbouring_fingerprints_differ_in_words() -> None:
    assert words("0001" * 4) != words("0002" * 4)
