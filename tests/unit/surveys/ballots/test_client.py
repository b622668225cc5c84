"""The respondent's client: an honest wave is answered, and each way of showing one person something else is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import pytest

from surveys.ballots import client, codes, links, manifest, poprf, sealing, tokens, wire
from surveys.ballots.client import Offer
from surveys.ballots.links import Link
from surveys.ballots.rules import Untrusted
from surveys.errors import Refused

PAIR = tokens.installation_pair(b"k" * 32)
WAVE_PRIVATE, WAVE_PUBLIC = sealing.new_wave_key()
TRUSTEE_PRIVATE, TRUSTEE_PUBLIC = sealing.new_wave_key()
QUESTIONS = json.dumps(
    {
        "items": [{"code": "a", "options": "five"}, {"code": "b", "options": "two"}],
        "options": [{"code": "five", "choices": [{}] * 5}, {"code": "two", "choices": [{}] * 2}],
    }
).encode()
Document = dict[str, object]


def crowd(label: str, invited: int = 8) -> Document:
    return {"label": label, "invited": invited, "units": [f"Team {label}"], "is_whole_company": False}


def document(**changes: object) -> Document:
    return {
        "protocol": manifest.PROTOCOL,
        "wave": "march",
        "programme": "march",
        "mode": "sealed",
        "organisation": "Example",
        "timezone": "Europe/Madrid",
        "k": 5,
        "thresholds": {"policy": "1"},
        "installation": PAIR.public.hex(),
        "wave_key": WAVE_PUBLIC.hex(),
        "second_lock": None,
        "keys_apart": True,
        "instrument": {"code": "core", "sha256": hashlib.sha256(QUESTIONS).hexdigest()},
        "seconds": {"en": 60},
        "page_sha256": "ab" * 32,
        "script_sha256": "cd" * 32,
        "languages": ["en"],
        "crowds": [crowd("ant"), crowd("bee")],
        "structure_sha256": "ef" * 32,
        "moments": {"variance_from": 50},
        "opens_at": "2026-03-06T16:00:00Z",
        "closes_at": "2026-03-13T16:00:00Z",
        "previous": manifest.NO_PREVIOUS,
        "comments": False,
        "segments": [],
        **changes,
    }


def written(content: Document) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def link_to(text: str) -> Link:
    return Link(
        wave="march",
        crowd="ant",
        language="en",
        read_key=bytes(16),
        code=codes.encode(bytes(range(16))),
        mark=links.mark_of(manifest.fingerprint(text)),
    )


def offer(**changes: object) -> Offer:
    text = written(document(**changes))
    return client.check_offer(link_to(text), text, QUESTIONS)


def reply(draft: client.Draft, info: bytes, private: bytes = PAIR.private) -> tuple[str, str]:
    evaluation = poprf.blind_evaluate(private, draft.blinded.element, info)
    return wire.encode64(evaluation.element), wire.encode64(evaluation.proof)


def info_of(found: Offer, label: str = "ant") -> bytes:
    return tokens.paper_info(found.fingerprint, label)


def paper_of(found: Offer) -> client.Paper:
    draft = client.draw(found)
    return client.take_paper(found, draft, *reply(draft, info_of(found)))


def test_an_honest_wave_is_answered_and_its_key_opens_the_ballot() -> None:
    found = offer()
    paper = paper_of(found)
    body = client.ballot(found, paper, {"b": None, "a": 5})
    assert tokens.token_matches(
        PAIR.private,
        nonce=wire.decode64(body["nonce"], 32),
        token=wire.decode64(body["token"], 64),
        fingerprint=found.fingerprint,
        crowd=body["crowd"],
    )
    sealed = wire.decode64(body["sealed"], sealing.sealed_length(False))
    opened = sealing.Opener(WAVE_PRIVATE, found.fingerprint).open(sealed, "ant")
    assert opened.rstrip() == b'{"answers":{"a":5,"b":null},"topics":[],"v":2}'
    assert set(body) == {"wave", "crowd", "nonce", "token", "sealed"}


def test_with_a_second_lock_both_keys_are_needed() -> None:
    found = offer(second_lock=TRUSTEE_PUBLIC.hex())
    body = client.ballot(found, paper_of(found), {"a": 1, "b": 2})
    sealed = wire.decode64(body["sealed"], sealing.sealed_length(True))
    inner = sealing.Opener(WAVE_PRIVATE, found.fingerprint).open(sealed, "ant")
    sheet = sealing.unpad(sealing.open_inner(TRUSTEE_PRIVATE, inner, found.fingerprint, "ant"))
    assert sheet == sealing.Sheet(answers={"a": 1, "b": 2})


def test_the_request_for_a_paper_holds_neither_nonce_nor_crowd() -> None:
    found = offer()
    draft = client.draw(found)
    request = client.paper_request(found.link, draft)
    assert set(request) == {"wave", "code", "blinded"}
    assert wire.encode64(draft.nonce) not in request.values()


def test_the_same_draft_gives_the_same_request_and_paper_again() -> None:
    found = offer()
    draft = client.draw(found)
    again = client.draw(found, nonce=draft.nonce, scalar=draft.blinded.blind)
    assert again == draft
    first = client.take_paper(found, draft, *reply(draft, info_of(found)))
    assert client.take_paper(found, again, *reply(again, info_of(found))) == first


def test_nonces_are_random() -> None:
    assert len({client.draw(offer()).nonce for _ in range(4)}) == 4


def swap(name: str, value: object) -> Callable[[Document], None]:
    return lambda content: content.__setitem__(name, value)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (swap("protocol", "barograph-ballot-2"), "a protocol that this program does not know"),
        (swap("mode", "promise"), "name another mode"),
        (swap("mode", "card"), "name another mode"),
        (swap("wave", "april"), "belong to another wave"),
        (swap("k", 4), "sends nothing below 5"),
        (swap("k", True), "not complete"),
        (swap("k", "5"), "not complete"),
        (swap("crowds", [crowd("bee")]), "do not list"),
        (swap("crowds", []), "not complete"),
        (swap("crowds", {}), "not complete"),
        (swap("crowds", [crowd("ant"), crowd("ant")]), "the same crowd or team twice"),
        (swap("crowds", [crowd("ant"), {**crowd("bee"), "units": ["Team ant"]}]), "the same crowd or team twice"),
        (swap("crowds", [crowd("ant", 4), crowd("bee")]), "has 4 invited people"),
        (swap("crowds", [crowd("ant"), crowd("bee", 1)]), "The crowd bee has 1 invited people"),
        (swap("crowds", [crowd("ant"), {"label": "bee", "invited": 8}]), "not complete"),
        (swap("crowds", [crowd("ant"), {**crowd("bee"), "units": []}]), "not complete"),
        (swap("crowds", [crowd("ant"), 7]), "not complete"),
        (swap("instrument", {"code": "core", "sha256": "0" * 64}), "questions that the server shows are not"),
        (swap("instrument", None), "not complete"),
        (swap("wave_key", "ab"), "not complete"),
        (swap("wave_key", "x" * 64), "not complete"),
        (swap("installation", None), "not complete"),
        (swap("second_lock", ""), "not complete"),
        (swap("second_lock", 0), "not complete"),
        (swap("organisation", 3), "not complete"),
    ],
)
def test_rules_that_would_single_somebody_out_are_refused_even_with_their_own_mark(
    change: Callable[[Document], None], sentence: str
) -> None:
    content = document()
    change(content)
    text = written(content)
    with pytest.raises(Untrusted, match=sentence):
        client.check_offer(link_to(text), text, QUESTIONS)


def test_a_threshold_above_five_holds_for_every_crowd() -> None:
    with pytest.raises(Untrusted, match="at least 9"):
        offer(k=9)
    assert offer(k=8).k == 8


@pytest.mark.parametrize(
    "changes",
    [
        {"wave_key": sealing.new_wave_key()[1].hex()},
        {"installation": tokens.installation_pair(b"l" * 32).public.hex()},
        {"second_lock": TRUSTEE_PUBLIC.hex()},
        {"script_sha256": "0" * 64},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_any_other_manifest_than_that_of_the_link_is_refused(changes: Document) -> None:
    own = link_to(written(document()))
    with pytest.raises(Untrusted, match="other rules than those your link was made for"):
        client.check_offer(own, written(document(**changes)), QUESTIONS)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"mode":"sealed","mode":"card"}'], ids=repr)
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(Untrusted, match="not complete"):
        client.check_offer(link_to(text), text, QUESTIONS)


@pytest.mark.parametrize(
    "questions",
    [
        b"\xff",
        b"[]",
        b"{}",
        b'{"items":[],"options":[]}',
        b'{"items":[{"code":"a","options":"x"}],"options":[]}',
        b'{"items":[{"code":"a","options":"x"}],"options":[{"code":"x"}]}',
        b'{"items":[7],"options":[]}',
    ],
)
def test_questions_that_cannot_be_read_are_refused_even_with_their_own_hash(questions: bytes) -> None:
    named = {"code": "core", "sha256": hashlib.sha256(questions).hexdigest()}
    text = written(document(instrument=named))
    with pytest.raises(Untrusted, match="not complete"):
        client.check_offer(link_to(text), text, questions)


def test_a_paper_of_another_key_or_for_another_crowd_or_wave_is_refused() -> None:
    found = offer()
    draft = client.draw(found)
    other = tokens.installation_pair(b"l" * 32).private
    for element, proof in (
        reply(draft, info_of(found), other),
        reply(draft, info_of(found, "bee")),
        reply(draft, tokens.paper_info("cd" * 32, "ant")),
        (reply(draft, info_of(found))[0], wire.encode64(bytes(64))),
        (wire.encode64(bytes(32)), reply(draft, info_of(found))[1]),
        ("", ""),
        ("x", "y"),
    ):
        with pytest.raises(Untrusted, match="Your answers were not sent"):
            client.take_paper(found, draft, element, proof)
    with pytest.raises(Untrusted):
        client.take_paper(found, draft, None, 7)


def test_keys_that_are_no_keys_are_refused() -> None:
    with pytest.raises(Untrusted, match="key of this installation"):
        client.draw(offer(installation="01" + "00" * 31))
    for name in ("wave_key", "second_lock"):
        found = offer(**{name: "01" + "00" * 31})
        with pytest.raises(Untrusted, match="locks the answers"):
            client.ballot(found, paper_of(found), {"a": 1, "b": 1})


@pytest.mark.parametrize(
    "answers", [{}, {"a": 1}, {"a": 1, "b": 1, "c": 1}, {"a": 6, "b": 1}, {"a": 1, "b": 3}, {"a": 0, "b": 1}], ids=str
)
def test_answers_that_are_not_those_of_the_questionnaire_are_refused(answers: dict[str, int | None]) -> None:
    found = offer()
    with pytest.raises(Refused):
        client.ballot(found, client.Paper(nonce=bytes(32), token=bytes(64)), answers)


def test_drafts_and_papers_are_never_printed() -> None:
    found = offer()
    draft = client.draw(found)
    assert str(draft.nonce) not in repr(draft)
    assert str(paper_of(found).token) not in repr(paper_of(found))


SITE = [{"label": {"en": "Office", "es": "Oficina"}}, {"label": {"en": "Home", "es": "Casa"}}]
ASKED_BESIDE = {
    **json.loads(QUESTIONS),
    "segments": [{"code": "site", "text": {"en": "Where?", "es": "¿Dónde?"}, "choices": SITE}],
    "topics": [{"code": "tools", "label": {}}, {"code": "change", "label": {}}],
    "comment": {"prompt": {}, "hint": {}},
}


def offer_beside(asked: object = ASKED_BESIDE, **changes: object) -> Offer:
    questions = json.dumps(asked).encode()
    text = written(
        document(
            instrument={"code": "core", "sha256": hashlib.sha256(questions).hexdigest()},
            **{"comments": True, "segments": [{"code": "site", "options": ["Office", "Home"]}], **changes},
        )
    )
    return client.check_offer(link_to(text), text, questions)


def test_segments_topics_and_a_comment_are_sealed_in_two_parts() -> None:
    found = offer_beside()
    assert (found.choices, found.topics, found.has_comments) == ({"a": 5, "b": 2, "site": 2}, ("tools", "change"), True)
    body = client.ballot(
        found, paper_of(found), {"a": 5, "b": None, "site": 2}, {"tools", "change"}, "Nobody asked us."
    )
    sealed = wire.decode64(body["sealed"], sealing.sealed_length(False, True))
    answers, comment = sealing.split(sealed, has_comments=True)
    opener = sealing.Opener(WAVE_PRIVATE, found.fingerprint)
    plain = opener.open(answers, "ant")
    assert plain.rstrip() == b'{"answers":{"a":5,"b":null,"site":2},"topics":["change","tools"],"v":2}'
    assert opener.open_comment(comment or b"", "ant").rstrip() == b'{"comment":"Nobody asked us.","v":2}'


def test_an_empty_comment_is_sealed_as_well() -> None:
    found = offer_beside()
    body = client.ballot(found, paper_of(found), {"a": 5, "b": None, "site": None})
    sealed = wire.decode64(body["sealed"], sealing.sealed_length(False, True))
    part = sealing.split(sealed, has_comments=True)[1] or b""
    assert sealing.unpad_comment(sealing.Opener(WAVE_PRIVATE, found.fingerprint).open_comment(part, "ant")) == ""


def without(name: str) -> dict[str, object]:
    return {key: value for key, value in ASKED_BESIDE.items() if key != name}


@pytest.mark.parametrize(
    ("asked", "changes"),
    [
        (ASKED_BESIDE, {"comments": False}),
        (without("comment"), {}),
        (without("segments"), {}),
        (ASKED_BESIDE, {"segments": []}),
        (ASKED_BESIDE, {"segments": [{"code": "site", "options": ["Home", "Office"]}]}),
        (ASKED_BESIDE, {"segments": [{"code": "site", "options": ["Office", "Home", "Away"]}]}),
        (ASKED_BESIDE, {"segments": [{"code": "role_family", "options": ["Office", "Home"]}]}),
        (ASKED_BESIDE, {"languages": ["es", "en"]}),
    ],
    ids=range(8),
)
def test_rules_and_questions_that_do_not_agree_are_refused(asked: object, changes: Document) -> None:
    with pytest.raises(Untrusted, match="do not agree"):
        offer_beside(asked, **changes)


@pytest.mark.parametrize(
    "asked",
    [
        ASKED_BESIDE | {"segments": {}},
        ASKED_BESIDE | {"segments": [{"code": "site"}]},
        ASKED_BESIDE | {"segments": [{"code": "site", "choices": [{}, {}]}]},
        ASKED_BESIDE | {"segments": [{"code": "site", "choices": [{"label": {"es": "Casa"}}]}]},
        ASKED_BESIDE | {"topics": [{"label": {}}]},
        ASKED_BESIDE | {"topics": 3},
        ASKED_BESIDE | {"items": [{"code": "site", "options": "two"}]},
    ],
    ids=range(7),
)
def test_segments_and_topics_that_cannot_be_read_are_refused(asked: object) -> None:
    with pytest.raises(Untrusted, match="not complete"):
        offer_beside(asked)


@pytest.mark.parametrize(
    ("answers", "topics", "comment", "sentence"),
    [
        ({"a": 1, "b": 1}, (), "", "Every item"),
        ({"a": 1, "b": 1, "site": 3}, (), "", "not an option of the item site"),
        ({"a": 1, "b": 1, "site": 1}, ("pay",), "", "no topic"),
        ({"a": 1, "b": 1, "site": 1}, (), "x" * 401, "at most 400"),
    ],
    ids=range(4),
)
def test_what_the_wave_does_not_ask_is_never_sealed(
    answers: dict[str, int | None], topics: tuple[str, ...], comment: str, sentence: str
) -> None:
    found = offer_beside()
    with pytest.raises(Refused, match=sentence):
        client.ballot(found, client.Paper(nonce=bytes(32), token=bytes(64)), answers, topics, comment)


def test_a_wave_without_comments_takes_none() -> None:
    found = offer()
    with pytest.raises(Refused, match="takes no comments"):
        client.ballot(found, client.Paper(nonce=bytes(32), token=bytes(64)), {"a": 1, "b": 1}, (), "x")
