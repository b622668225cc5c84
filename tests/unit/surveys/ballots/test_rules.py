"""Rules that nobody vouches for: what the server writes is read, and each way to mark somebody in them is refused."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import pytest

from surveys.ballots import manifest, rules
from surveys.ballots.manifest import ManifestCrowd
from surveys.ballots.rules import Untrusted
from tests.support import promised

ANT = ManifestCrowd(label="ant", invited=9, units=("Ants", "Cotton"), is_whole_company=False)
BEE = ManifestCrowd(label="bee", invited=7, units=("Отдел QA",), is_whole_company=False)
FACTS = dataclasses.replace(promised.FACTS, organisation="Acme & Söhne", crowds=(ANT, BEE))
TEXT = manifest.build(FACTS)
Document = dict[str, object]


def written(document: object) -> str:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def changed(change: Callable[[Document], object]) -> str:
    document = json.loads(TEXT)
    change(document)
    return written(document)


def another(units: list[str], **values: object) -> Callable[[Document], object]:
    """A third crowd beside the true ones."""
    crowd = {"label": "cat", "invited": 9, "units": units, "is_whole_company": False, **values}
    return lambda document: document["crowds"].append(crowd)  # type: ignore[attr-defined]


def test_what_the_server_writes_is_read() -> None:
    found = rules.read(TEXT)
    assert (found.wave, found.organisation, found.mode, found.k) == ("pulse-1", "Acme & Söhne", "sealed", 5)
    assert [(crowd.label, crowd.invited, crowd.units) for crowd in found.crowds] == [
        ("ant", 9, ("Ants", "Cotton")),
        ("bee", 7, ("Отдел QA",)),
    ]
    assert (found.installation, found.wave_key, found.second_lock) == (b"\xaa" * 32, b"\xbb" * 32, None)
    assert found.closes_at == "2025-01-13T08:00:00Z"


def test_comments_and_segments_are_read() -> None:
    site = {"code": "site", "options": ["Office", "Home"]}
    found = rules.read(changed(lambda document: document.update(comments=True, segments=[site])))
    assert (found.comments, found.language) == (True, "en")
    assert [(segment.code, segment.options) for segment in found.segments] == [("site", ("Office", "Home"))]
    plain = rules.read(TEXT)
    assert (plain.comments, plain.segments) == (False, ())


def test_comments_beside_a_second_lock_are_refused() -> None:
    with pytest.raises(Untrusted, match="comments beside a second lock"):
        rules.read(changed(lambda document: document.update(comments=True, second_lock="ee" * 32)))


SITE: Document = {"code": "site", "options": ["Office", "Home"]}


@pytest.mark.parametrize(
    "segments",
    [
        None,
        {},
        ["site"],
        [{**SITE, "code": "age"}],
        [{**SITE, "code": ["site"]}],
        [{**SITE, "options": []}],
        [{**SITE, "options": ["Office"]}],
        [{**SITE, "options": ["Office", "Office"]}],
        [{**SITE, "options": ["Office", " "]}],
        [{**SITE, "options": [str(number) for number in range(13)]}],
        [{**SITE, "from": "roster"}],
        [SITE, SITE],
        [SITE, {**SITE, "code": "role_family"}],
    ],
    ids=str,
)
def test_segments_that_no_manifest_has_are_refused(segments: object) -> None:
    with pytest.raises(Untrusted, match="not complete"):
        rules.read(changed(lambda document: document.update(segments=segments)))


def test_a_whole_company_is_the_only_crowd() -> None:
    whole = {"label": "all", "invited": 9, "units": ["Ants", "Bees"], "is_whole_company": True}
    assert rules.read(changed(lambda document: document.update(crowds=[whole]))).crowds[0].is_whole_company


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (TEXT + " \t", "not complete"),
        (json.dumps(json.loads(TEXT)), "not complete"),
        (TEXT[:-1] + ',"k":5}', "not complete"),
        (changed(lambda document: document.update(protocol="other")), "does not know"),
        (changed(another(["Ants"])), "twice"),
        (changed(another(["ANTS"])), "twice"),
        (changed(another(["Ａnts"])), "twice"),
        (changed(another(["Ants\ufe0f"])), "twice"),
        (changed(another(["Bees", "Ants"])), "twice"),
        (changed(another(["Bees", "bees"])), "twice"),
        (changed(another(["Bees"], label="ant")), "not complete|twice"),
        (changed(another(["Ants\u00a0"])), "not what they look like"),
        (changed(another(["Ants\u200b"])), "not what they look like"),
        (changed(another(["Bees  and more"])), "not what they look like"),
        (changed(another(["C\u043etton"])), "not what they look like"),
        (changed(another(["C\u03bftton"])), "not what they look like"),
        (changed(another(["\u202eBees"])), "not what they look like"),
        (changed(another(["Bees\x1b[2J"])), "not what they look like"),
        (changed(another(["Bees"], is_whole_company=True)), "all people beside"),
        (changed(another(["Bees"], invited=4)), "has 4 invited"),
    ],
    ids=str,
)
def test_what_could_mark_a_single_person_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(Untrusted, match=sentence):
        rules.read(text)


def test_crowds_in_another_order_are_refused() -> None:
    with pytest.raises(Untrusted, match="not complete"):
        rules.read(changed(lambda document: document["crowds"].reverse()))  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", json.loads(TEXT))
def test_no_value_may_be_missing(name: str) -> None:
    with pytest.raises(Untrusted):
        rules.read(changed(lambda document: document.pop(name)))


def test_no_value_may_be_added() -> None:
    with pytest.raises(Untrusted, match="not complete"):
        rules.read(changed(lambda document: document.update(more=1)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in json.loads(TEXT) for value in ([7], -1, {"a": None}, "")),
        ("k", "9"), ("k", True), ("k", 5.5), ("k", 0),
        ("wave", "../pulse"), ("mode", "other"), ("keys_apart", 1),
        ("organisation", "Acme\nWords"), ("organisation", " Acme"), ("organisation", "Acme\u202e"),
        ("timezone", "Mars/One"), ("timezone", "../../etc/passwd"), ("timezone", "/etc/localtime"),
        ("closes_at", "never"), ("closes_at", "2025-01-13"), ("closes_at", "2025-1-13T08:00:00Z"),
        ("closes_at", "2025-01-06T09:00:00Z"), ("closes_at", "2001-01-01T00:00:00Z"),
        ("opens_at", "2026-01-01T00:00:00Z"),
        ("languages", []), ("languages", ["fr"]), ("languages", "en"),
        ("wave_key", "00" * 32), ("installation", "00" * 32), ("second_lock", "00" * 32),
        ("wave_key", "AA" * 32), ("wave_key", "aa" * 31), ("script_sha256", "zz" * 32),
        ("crowds", []), ("crowds", [{"label": "ant"}]), ("seconds", {"en": "60"}),
    ],
    ids=str,
)  # fmt: skip
def test_a_value_that_cannot_be_is_refused(name: str, value: object) -> None:
    with pytest.raises(Untrusted, match=r"not complete|does not know"):
        rules.read(changed(lambda document: document.update({name: value})))


@pytest.mark.parametrize("field", ["label", "invited", "units", "is_whole_company"])
@pytest.mark.parametrize("value", [None, [7], [], "", -1, 1.5], ids=repr)
def test_a_crowd_with_a_value_that_cannot_be_is_refused(field: str, value: object) -> None:
    with pytest.raises(Untrusted, match="not complete"):
        rules.read(changed(lambda document: document["crowds"][0].update({field: value})))  # type: ignore[index]
