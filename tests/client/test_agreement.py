"""Browser and server agree: vectors, labels, papers, ballots; and every ballot is as long as every other one."""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast
from urllib.parse import quote

import pytest

from surveys.ballots import client as respondent
from surveys.ballots import links, manifest, poprf, sealing, tokens, trustee
from surveys.ballots.links import Link
from surveys.ballots.rules import Untrusted
from surveys.ballots.wire import decode64, encode64
from surveys.instruments.schema import canonical
from tests.client.conftest import Client, Trouble
from tests.client.offers import (
    CROWD,
    FACTS,
    INSTALLATION,
    PULSE,
    TRUSTEE_KEY,
    TRUSTEE_PUBLIC,
    WAVE_KEY,
    offered,
    sheet,
    shown,
)

pytestmark = pytest.mark.slow


@pytest.mark.shared
def test_the_bundled_code_passes_the_vectors_of_the_rfc(client: Client, shared_dir: Path) -> None:
    seen = 0
    for group in json.loads((shared_dir / "vectors" / "rfc9497_ristretto255.json").read_text()):
        for vector in group["vectors"]:
            found = client(
                "vector",
                mode=group["mode"],
                info=vector.get("Info", ""),
                input=vector["Input"].split(","),
                blind=vector["Blind"].split(","),
                evaluated=vector["EvaluationElement"].split(","),
                proof=vector.get("Proof", {}).get("proof", ""),
                key=group.get("pkSm", ""),
            )
            blinded, outputs = vector["BlindedElement"].split(","), vector["Output"].split(",")
            assert found == {"blinded": blinded, "outputs": outputs}
            seen += 1
    assert seen >= 8


@pytest.mark.parametrize("second_lock", [None, TRUSTEE_PUBLIC.hex()], ids=["one lock", "two locks"])
def test_a_ballot_of_the_browser_is_valid_and_opens_on_the_server(client: Client, second_lock: str | None) -> None:
    offer = offered(dataclasses.replace(FACTS, second_lock=second_lock))
    fingerprint = manifest.fingerprint(str(offer["manifest"]))
    info = tokens.paper_info(fingerprint, CROWD)
    draft = client("draw", **offer)
    assert isinstance(draft, dict)
    made = poprf.blind_evaluate(INSTALLATION.private, decode64(draft["blinded"]), info)
    token = client("finish", **offer, draft=draft, element=encode64(made.element), proof=encode64(made.proof))
    nonce = decode64(draft["nonce"])
    assert tokens.token_matches(
        INSTALLATION.private, nonce=nonce, token=decode64(token), fingerprint=fingerprint, crowd=CROWD
    )
    answers = {code: place % 5 + 1 if place else None for place, code in enumerate(reversed(PULSE.item_codes))}
    paper = {"nonce": draft["nonce"], "token": token}
    (body,) = cast("list[dict[str, str]]", client("ballots", **offer, paper=paper, sheets=[sheet(answers)]))
    assert set(body) == {"wave", "crowd", "nonce", "token", "sealed"}
    sealed = decode64(body["sealed"])
    assert len(sealed) == sealing.sealed_length(has_second_lock=second_lock is not None)
    opened = sealing.Opener(WAVE_KEY, fingerprint).open(sealed, CROWD)
    if second_lock is not None:
        opened = sealing.open_inner(TRUSTEE_KEY, opened, fingerprint, CROWD)
    assert opened == sealing.pad(answers)
    assert sealing.unpad(opened) == sealing.Sheet(answers=answers)


def test_a_paper_of_another_key_or_label_is_refused(client: Client) -> None:
    offer = offered()
    fingerprint = manifest.fingerprint(str(offer["manifest"]))
    draft = client("draw", **offer)
    assert isinstance(draft, dict)
    blinded = decode64(draft["blinded"])
    second = tokens.installation_pair(b"\x02" * 32)
    right = tokens.paper_info(fingerprint, CROWD)
    for private, info in ((second.private, right), (INSTALLATION.private, tokens.paper_info(fingerprint, "other"))):
        made = poprf.blind_evaluate(private, blinded, info)
        with pytest.raises(Trouble, match="bad-proof"):
            client("finish", **offer, draft=draft, element=encode64(made.element), proof=encode64(made.proof))


def test_every_ballot_is_as_long_as_every_other(client: Client) -> None:
    codes = PULSE.item_codes
    sheets: list[Mapping[str, int | None]] = [
        dict.fromkeys(codes, 1), dict.fromkeys(codes), {}, {f"long-name-{place}": 5 for place in range(60)},
        *({code: secrets.choice([None, 1, 2, 3, 4, 5]) for code in codes} for _ in range(20)),
    ]  # fmt: skip
    paper = {"nonce": encode64(bytes(32)), "token": encode64(bytes(64))}
    lengths = set()
    for language in ("en", "es"):
        offer = offered()
        offer["link"] = {**offer["link"], "language": language}  # type: ignore[dict-item]
        bodies = client("ballots", **offer, paper=paper, sheets=[sheet(each) for each in sheets])
        assert isinstance(bodies, list)
        lengths |= {len(json.dumps(body)) for body in bodies}
        assert len({body["sealed"] for body in bodies}) == len(sheets)
    assert len(lengths) == 1


REFUSED: dict[str, tuple[str, Callable[[dict[str, object]], None]]] = {
    "protocol": ("other-protocol", lambda found: found.update(protocol="barograph-ballot-2")),
    "wave": ("other-protocol", lambda found: found.update(wave="pulse-4")),
    "mode": ("other-mode", lambda found: found.update(mode="promise")),
    "script": ("other-script", lambda found: found.update(script_sha256="cc" * 32)),
    "k": ("small-crowd", lambda found: found.update(k=4)),
    "small": ("small-crowd", lambda found: found.update(k=9)),
    "absent": ("small-crowd", lambda found: found.update(crowds=found["crowds"][:1])),  # type: ignore[index]
    "twice": ("small-crowd", lambda found: found.update(crowds=[
        found["crowds"][0], {**found["crowds"][0], "label": "x"}])),  # type: ignore[index]
    "lock": ("other-protocol", lambda found: found.update(second_lock="")),
    "key": ("other-protocol", lambda found: found.update(wave_key="zz" * 32)),
    "questions": ("other-questions", lambda found: found.update(instrument={"code": "pulse-1", "sha256": "00" * 32})),
}  # fmt: skip


def one_more(units: list[object], **change: object) -> Callable[[dict[str, object]], None]:
    """List another crowd, as somebody would who wants to mark one person."""

    def add(found: dict[str, object]) -> None:
        crowds = cast("list[dict[str, object]]", found["crowds"])
        crowds.append({**crowds[0], "label": "zz", "units": units} | change)

    return add


ALIKE: dict[str, Callable[[dict[str, object]], None]] = {
    "the same name": one_more(["Other"]),
    "one of two names": one_more(["Third", "Dos"]),
    "no-break blank": one_more(["Other\u00a0"]),
    "blank behind": one_more(["Other "]),
    "other case": one_more(["OTHER"]),
    "composed otherwise": one_more(["A\u0301gata"]),
    "full width": one_more(["\uff2fther"]),
    "zero width": one_more(["Oth\u200ber"]),
    "joiner that is no format sign": one_more(["Oth\u034fer"]),
    "direction": one_more(["Third\u202e"]),
    "control": one_more(["Third\x07"]),
    "Cyrillic letter": one_more(["Oth\u0435r"]),
    "Greek letter": one_more(["\u039fther"]),
    "no name": one_more([]),
    "empty name": one_more([" "]),
    "number for a name": one_more([7]),
    "text for names": one_more(cast("list[object]", "Third")),
    "whole company beside others": one_more(["Third"], is_whole_company=True),
    "invited as text": one_more(["Third"], invited="9"),
    "invited as a part": one_more(["Third"], invited=9.5),
    "k as text": lambda found: found.update(k="5"),
    "k as a part": lambda found: found.update(k=5.5),
}


@pytest.mark.parametrize("name", ALIKE)
def test_nobody_can_be_marked_by_a_crowd_of_their_own(client: Client, name: str) -> None:
    offer = offered(change=ALIKE[name])
    with pytest.raises(Trouble, match="small-crowd"):
        client("offer", **offer)
    text, link = str(offer["manifest"]), Link(
        wave="pulse-3", crowd=CROWD, language="en", read_key=bytes(16), code="A" * 26,
        mark=links.mark_of(manifest.fingerprint(str(offer["manifest"]))),
    )  # fmt: skip
    with pytest.raises(Untrusted):
        respondent.check_offer(link, text, canonical(PULSE))


@pytest.mark.parametrize("units", [["Кафе IT"], ["Third \u2764\ufe0f"], ["Straße 3"], ["営業"], ["R&D Αθήνα"]])
def test_plain_names_in_any_alphabet_are_taken(client: Client, units: list[object]) -> None:
    assert client("offer", **offered(change=one_more(units)))


SPELLED: dict[str, Callable[[str], str]] = {
    "blanks": lambda text: json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False),
    "blank behind": lambda text: text + " ",
    "order": lambda text: json.dumps(
        dict(reversed(json.loads(text).items())), separators=(",", ":"), ensure_ascii=False
    ),
    "name twice": lambda text: text[:-1] + ',"k":5}',
    "first of two names": lambda text: '{"k":50,' + text[1:],
    "escapes": lambda text: json.dumps(json.loads(text), sort_keys=True, separators=(",", ":")),
    "number": lambda text: text.replace('"k":5,', '"k":5.0,'),
    "inside": lambda text: text.replace('"invited":8,', '"invited": 8,'),
}


@pytest.mark.parametrize("name", SPELLED)
def test_rules_have_one_spelling(client: Client, name: str) -> None:
    text = SPELLED[name](manifest.build(FACTS))
    assert text != manifest.build(FACTS)
    with pytest.raises(Trouble, match="other-rules"):
        client("offer", **shown(text))


def test_the_words_of_the_rules_and_of_the_second_lock_are_those_of_the_server(client: Client) -> None:
    offer = offered(dataclasses.replace(FACTS, second_lock=TRUSTEE_PUBLIC.hex()))
    fingerprint = manifest.fingerprint(str(offer["manifest"]))
    assert client("offer", **offer) == {
        "fingerprint": fingerprint,
        "words": manifest.words(fingerprint),
        "lockWords": trustee.key_words(TRUSTEE_PUBLIC),
    }
    assert len(manifest.words(fingerprint).split()) == 8


@pytest.mark.parametrize("name", REFUSED)
def test_rules_that_do_not_hold_together_are_refused(client: Client, name: str) -> None:
    trouble, change = REFUSED[name]
    with pytest.raises(Trouble, match=trouble):
        client("offer", **offered(change=change))


def test_rules_other_than_those_of_the_link_are_refused(client: Client) -> None:
    offer = offered()
    with pytest.raises(Trouble, match="other-rules"):
        client("offer", **{**offer, "manifest": str(offer["manifest"]).replace('"k":5', '"k":6')})


def test_words_links_and_bytes_read_as_on_the_server(client: Client) -> None:
    fingerprints = [secrets.token_hex(32) for _ in range(5)] + ["0" * 64, "f" * 64]
    found = client("words", fingerprints=fingerprints, list=list(manifest.WORDS))
    assert found == [manifest.words(each) for each in fingerprints]

    link = Link(wave="pulse-3", crowd=CROWD, language="es", read_key=bytes(16), code="A" * 26, mark=b"\xff" * 16)
    parts = {"wave": "pulse-3", "crowd": CROWD, "language": "es", "readKey": encode64(bytes(16)), "code": "A" * 26,
             "mark": encode64(b"\xff" * 16)}  # fmt: skip
    assert client("link", text=f"https://x.example/answer#{links.fragment(link)}") == parts

    asked = links.fragment(link)
    for same in (
        asked.lower().replace(asked.lower()[:-26], asked[:-26]),
        quote(asked, safe=""),
        f"{asked[:-26]}AAAA-{'A' * 22}",
    ):
        assert client("link", text=f"https://x.example/answer#{same}") == parts

    texts = ["AA", "AQ", "AB", "AA==", "A", "A+", "-_8", "é"]
    assert client("bytes", texts=texts) == ["00", "01", None, None, None, None, "fbff", None]


@pytest.mark.parametrize("part", [3, 4])
@pytest.mark.parametrize(
    "damage", [lambda old: old[:-1], lambda old: old + "A", lambda old: old[:-1] + "-", lambda _: ""]
)
def test_a_damaged_link_is_said_to_be_damaged(client: Client, part: int, damage: Callable[[str], str]) -> None:
    link = Link(wave="pulse-3", crowd=CROWD, language="es", read_key=bytes(16), code="A" * 26, mark=bytes(16))
    parts = links.fragment(link).split("/")
    parts[part] = damage(parts[part])
    with pytest.raises(Trouble, match="bad-link"):
        client("link", text="/".join(parts))


@pytest.mark.parametrize(
    "code", ["A" * 25, "A" * 27, "A" * 25 + ".", "A" * 25 + "B", "I" + "A" * 25, "A" * 26 + ">", ""]
)
def test_a_damaged_code_is_said_to_be_damaged(client: Client, code: str) -> None:
    link = Link(wave="pulse-3", crowd=CROWD, language="es", read_key=bytes(16), code=code, mark=bytes(16))
    with pytest.raises(Trouble, match="bad-link"):
        client("link", text=links.fragment(link))
