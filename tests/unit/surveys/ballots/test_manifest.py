"""The manifest: one text for one promise, another fingerprint for any other, and eight words that stay the same."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import hmac
import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.ballots import manifest
from surveys.ballots.manifest import (
    NO_PREVIOUS,
    PROTOCOL,
    WORDS,
    ManifestCrowd,
    ManifestFacts,
    ManifestSegment,
    build,
    fingerprint,
    words,
)
from surveys.errors import Refused
from tests.support import promised

ANT = ManifestCrowd(label="ant", invited=9, units=("Ants", "All"), is_whole_company=False)
RHEA = ManifestCrowd(label="ñandú", invited=7, units=("Ñandúes",), is_whole_company=False)
FACTS = dataclasses.replace(
    promised.FACTS,
    mode="promise",
    crowds=(RHEA, ANT),
    structure_sha256="12" * 32,
    opens_at=dt.datetime(2025, 1, 6, 9, tzinfo=dt.timezone(dt.timedelta(hours=1))),
)
OTHER: dict[str, object] = {
    "wave": "pulse-2",
    "programme": "other",
    "organisation": "Acme Ltd",
    "timezone": "Europe/Lisbon",
    "mode": "sealed",
    "k": 6,
    "thresholds": {"policy": "2", "spread_minimum": 20},
    "installation": "ab" * 32,
    "wave_key": "bc" * 32,
    "second_lock": "dd" * 32,
    "keys_apart": True,
    "instrument": "core-1",
    "instrument_sha256": "cd" * 32,
    "seconds": {"en": 61, "es": 71},
    "page_sha256": "ef" * 32,
    "script_sha256": "ee" * 32,
    "languages": ("es", "en"),
    "crowds": (RHEA,),
    "structure_sha256": "13" * 32,
    "moments": {"variance_from": 51},
    "opens_at": dt.datetime(2025, 1, 6, 9, tzinfo=dt.UTC),
    "closes_at": dt.datetime(2025, 1, 13, 8, 0, 1, tzinfo=dt.UTC),
    "previous": "ff" * 32,
    "comments": True,
    "segments": (ManifestSegment(code="site", options=("Office", "Home")),),
}


def test_the_text_is_canonical() -> None:
    text = build(FACTS)
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert "ñandú" in text


def test_the_order_of_mappings_and_crowds_does_not_matter_and_that_of_languages_does() -> None:
    turned = dataclasses.replace(
        FACTS, crowds=(ANT, RHEA), thresholds={"spread_minimum": 20, "policy": "1"}, seconds={"es": 70, "en": 61}
    )
    assert build(turned) == build(FACTS)
    assert build(dataclasses.replace(FACTS, languages=("es", "en"))) != build(FACTS)


def test_the_document_says_all_of_it() -> None:
    document = json.loads(build(FACTS))
    assert document["protocol"] == PROTOCOL
    assert document["crowds"] == [
        {"label": "ant", "invited": 9, "units": ["Ants", "All"], "is_whole_company": False},
        {"label": "ñandú", "invited": 7, "units": ["Ñandúes"], "is_whole_company": False},
    ]
    assert document["instrument"] == {"code": "pulse-1", "sha256": "cc" * 32}
    assert (document["seconds"], document["keys_apart"]) == ({"en": 61, "es": 70}, False)
    assert document["opens_at"] == "2025-01-06T08:00:00Z"
    assert document["previous"] == NO_PREVIOUS
    assert (document["comments"], document["segments"]) == (False, [])


def test_segments_stand_by_code_with_their_options_in_order() -> None:
    tenure = ManifestSegment(code="tenure_band", options=("up to 1 year", "longer"))
    site = ManifestSegment(code="site", options=("Office", "Home"))
    document = json.loads(build(dataclasses.replace(FACTS, segments=(tenure, site), comments=True)))
    assert document["comments"] is True
    assert document["segments"] == [
        {"code": "site", "options": ["Office", "Home"]},
        {"code": "tenure_band", "options": ["up to 1 year", "longer"]},
    ]
    assert build(dataclasses.replace(FACTS, segments=(tenure, site))) == build(
        dataclasses.replace(FACTS, segments=(site, tenure))
    )


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(ManifestFacts)])
def test_any_other_promise_has_another_fingerprint(field: str) -> None:
    changed = dataclasses.replace(FACTS, **{field: OTHER[field]})  # type: ignore[arg-type]
    assert fingerprint(build(changed)) != fingerprint(build(FACTS))


@pytest.mark.parametrize(
    ("field", "value"), [("invited", 8), ("units", ("All", "Ants")), ("units", ("Ants",)), ("is_whole_company", True)]
)
def test_any_other_crowd_has_another_fingerprint(field: str, value: object) -> None:
    other = dataclasses.replace(ANT, **{field: value})  # type: ignore[arg-type]
    changed = dataclasses.replace(FACTS, crowds=(RHEA, other))
    assert fingerprint(build(changed)) != fingerprint(build(FACTS))


UNITS: list[dict[str, object]] = [
    {"unit": "all", "name": "All", "parent": None, "crowd": "", "invited": 0, "joined": 0, "left_count": 0},
    {"unit": "ñu", "name": "Ñus", "parent": "all", "crowd": "ñu", "invited": 9, "joined": 1, "left_count": 2},
]
CROWDS: list[dict[str, object]] = [
    {"label": "ñu", "home": "ñu", "invited": 9, "units": ["ñu"], "leads": ["x", "y"], "receiving": ["x"],
     "is_whole_company": False},
    {"label": "z", "home": "all", "invited": 7, "units": ["z"], "leads": [], "receiving": [],
     "is_whole_company": False},
]  # fmt: skip


def test_the_structure_hangs_on_neither_the_order_of_rows_nor_other_columns() -> None:
    found = manifest.structure_sha256(UNITS, CROWDS)
    assert re.fullmatch("[0-9a-f]{64}", found)
    noted = [{**crowd, "final_label": "ñu"} for crowd in reversed(CROWDS)]
    assert manifest.structure_sha256(reversed(UNITS), noted) == found


@pytest.mark.parametrize(
    ("table", "field"),
    [*(("unit", field) for field in manifest.UNIT_FIELDS), *(("crowd", field) for field in manifest.CROWD_FIELDS)],
)
def test_any_other_value_of_a_team_or_crowd_is_another_structure(table: str, field: str) -> None:
    units, crowds = [dict(unit) for unit in UNITS], [dict(crowd) for crowd in CROWDS]
    row = units[1] if table == "unit" else crowds[0]
    before = row[field]
    row[field] = [*reversed(before), "w"] if isinstance(before, list) else f"{before}0"
    assert manifest.structure_sha256(units, crowds) != manifest.structure_sha256(UNITS, CROWDS)


def test_the_fingerprint_is_the_hash_of_the_published_text() -> None:
    assert fingerprint("{}") == hashlib.sha256(b"{}").hexdigest()
    assert fingerprint(build(FACTS)) == hashlib.sha256(build(FACTS).encode()).hexdigest()


@pytest.mark.slow
def test_eight_words_stand_for_72_bits_of_a_slow_hash() -> None:
    """Against the derivation as RFC 8018 (section 5.2) writes it for the first block, with the words read off."""
    round_ = last = hmac.digest(bytes.fromhex("ab" * 32), b"barograph/words/1" + (1).to_bytes(4, "big"), "sha256")
    total = int.from_bytes(round_, "big")
    for _ in range(65_535):
        last = hmac.digest(bytes.fromhex("ab" * 32), last, "sha256")
        total ^= int.from_bytes(last, "big")
    bits = f"{total:0256b}"
    assert words("ab" * 32) == " ".join(WORDS[int(bits[9 * place : 9 * place + 9], 2)] for place in range(8))


def test_the_words_of_known_fingerprints_never_change() -> None:
    assert words("00" * 32) == "anorak enclave hockey pepita omega honor barrio tapir"
    assert words(fingerprint("{}")) == "java gardenia inventor gaucho animal cascabel guanaco noria"


def test_the_published_list_never_changes() -> None:
    """A changed list would give old fingerprints other words; make a new protocol instead."""
    text = (Path(manifest.__file__).parent / "words.txt").read_bytes()
    assert hashlib.sha256(text).hexdigest() == "95e6d17df684dba5eaf7a85236e92f525ac99c0705261b051d5a89133a85b47d"
    assert text == b"".join(word.encode() + b"\n" for word in WORDS)


def test_the_words_are_plain_sorted_and_apart() -> None:
    assert len(WORDS) == 512
    assert list(WORDS) == sorted(set(WORDS))
    assert all(re.fullmatch("[a-z]{4,10}", word) for word in WORDS)


def test_no_two_words_differ_by_one_letter() -> None:
    """Not by another letter: each pattern with one blank fits one word; not by one more: what is left is no word."""
    patterns = [word[:place] + "*" + word[place + 1 :] for word in WORDS for place in range(len(word))]
    assert len(patterns) == len(set(patterns))
    assert not {pattern.replace("*", "") for pattern in patterns} & set(WORDS)


@pytest.mark.parametrize(
    "text",
    [
        build(FACTS) + " ",
        json.dumps(json.loads(build(FACTS)), ensure_ascii=False),
        build(FACTS)[:-1] + ',"k":5}',
        build(FACTS).replace("ñ", "\\u00f1"),
        build(FACTS).replace('"k":5', '"k":5e0'),
        build(FACTS).replace('"k":5', '"k":NaN'),
        "\ufeff" + build(FACTS),
        "[]",
        "{",
        "[" * 100_000,
    ],
    ids=["blank behind", "blanks", "name twice", "escape", "number", "no number", "mark", "list", "cut", "nested"],
)
def test_only_the_canonical_text_is_read(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is json's
        manifest.parse(text)


def test_the_canonical_text_is_read() -> None:
    assert manifest.parse(build(FACTS)) == json.loads(build(FACTS))


def test_teams_of_one_name_are_told_apart_by_their_keys() -> None:
    names = {"sup-a": "Support", "sup-b": "support ", "pay": "Payments"}
    told = {"sup-a": "Support (sup-a)", "sup-b": "support (sup-b)", "pay": "Payments"}
    assert manifest.distinct_names(names) == told


@pytest.mark.parametrize(
    "other", ["Sup\u200bport", "Ｓupport", "Support\u00a0", "SUPPORT", "Support\ufe0f", "Sup\u00adport"]
)
def test_names_that_look_the_same_are_told_apart(other: str) -> None:
    told = manifest.distinct_names({"a": "Support", "b": other, "c": "Support (a)"})
    assert len(set(map(manifest.likeness, told.values()))) == 3


@settings(max_examples=30)
@given(
    st.dictionaries(st.text("ab ()12\u200b\u00a0\n", max_size=4), st.text("aA ()1b\u200b\n", max_size=6), max_size=6)
)
def test_names_of_any_teams_are_plain_and_apart(names: dict[str, str]) -> None:
    told = manifest.distinct_names({key or "x": name for key, name in names.items() if manifest.plain_name(key)})
    assert len(set(map(manifest.likeness, told.values()))) == len(told)
    manifest.check_names(told.values())


@pytest.mark.parametrize("name", ["Раyments", "Pаyments team", "Sαles", "µServices"])
def test_a_word_of_two_alphabets_is_refused_by_name(name: str) -> None:
    with pytest.raises(Refused, match=name):
        manifest.check_names(["Support", name])


@pytest.mark.parametrize(
    "name", ["Отдел QA", "QA部", "Ñandúes", "Φ group", "C++", "24/7 👩\u200d💻".replace("\u200d", "")]
)
def test_names_of_two_alphabets_in_two_words_are_fine(name: str) -> None:
    manifest.check_names([name])


def test_the_organisation_stands_on_one_line() -> None:
    odd = dataclasses.replace(FACTS, organisation="Acme\nWords   x\x1b[8m\u202e")
    assert json.loads(build(odd))["organisation"] == "Acme Words x[8m"
