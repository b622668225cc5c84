"""Segments, topics and a comment in the browser: sealed as the server reads them, checked, and hinted at."""

from __future__ import annotations

import dataclasses
import html
import json
import re
import secrets
from collections.abc import Callable
from typing import Any, cast

import pytest

from app import answer_page
from surveys.ballots import client as respondent
from surveys.ballots import links, manifest, sealing
from surveys.ballots.links import Link
from surveys.ballots.manifest import ManifestSegment
from surveys.ballots.rules import Untrusted
from surveys.ballots.wire import decode64, encode64
from surveys.instruments.library import comments, compose
from surveys.instruments.schema import Instrument, canonical, content_hash
from tests.client.conftest import Client, Trouble
from tests.client.offers import CROWD, FACTS, PULSE, TRUSTEE_PUBLIC, WAVE_KEY, offered, sheet
from tests.support import journey

pytestmark = pytest.mark.slow

SEGMENTS = (journey.segment("role_family", "Driver", "Office", "Workshop"), journey.segment("site", "North", "Süd"))
WHOLE = compose([PULSE], segments=SEGMENTS, asked=comments())
FULL = dataclasses.replace(
    FACTS,
    instrument_sha256=content_hash(WHOLE),
    comments=True,
    segments=[
        ManifestSegment(code=each.code, options=[choice.label.en for choice in each.choices]) for each in SEGMENTS
    ],
)
PAPER = {"nonce": encode64(bytes(32)), "token": encode64(bytes(64))}


def asked(change: Callable[[dict[str, object]], None] | None = None, whole: Instrument = WHOLE) -> dict[str, object]:
    """What a browser has in hand of a wave with everything."""
    return offered(FULL, change, whole)


def bodies(client: Client, offer: dict[str, object], *sheets: dict[str, object]) -> list[dict[str, str]]:
    return cast("list[dict[str, str]]", client("ballots", **offer, paper=PAPER, sheets=list(sheets)))


COMMENTS = {
    "nothing": "",
    "plain": "The rota comes too late.",
    "two lines": "First.\nSecond “quoted” \\ and ñandú",
    "longest of three bytes": "営" * 400,
    "longest of four bytes": "\U0001f600" * 200,
    "quotes only": '"' * 400,
    "backslashes only": "\\" * 400,
}


@pytest.mark.parametrize("name", COMMENTS)
def test_both_parts_open_on_the_server_as_they_were_written(client: Client, name: str) -> None:
    offer = asked()
    fingerprint = manifest.fingerprint(str(offer["manifest"]))
    answers: dict[str, int | None] = {code: place % 5 + 1 for place, code in enumerate(PULSE.item_codes)}
    answers |= {"role_family": None, "site": 2}
    topics = ["workload", "change", "tools"]
    (body,) = bodies(client, offer, sheet(answers, topics, COMMENTS[name]))
    sealed = decode64(body["sealed"])
    assert len(sealed) == sealing.sealed_length(has_second_lock=False, has_comments=True) == 4192
    first, second = sealing.split(sealed, has_comments=True)
    assert second is not None
    opener = sealing.Opener(WAVE_KEY, fingerprint)
    opened = opener.open(first, CROWD)
    assert opened == sealing.pad(answers, topics)
    assert sealing.unpad(opened) == sealing.Sheet(answers=answers, topics=("change", "tools", "workload"))
    assert opener.open_comment(second, CROWD) == sealing.pad_comment(COMMENTS[name])
    assert sealing.unpad_comment(opener.open_comment(second, CROWD)) == COMMENTS[name]


@pytest.mark.parametrize("sign", ["\x00", "\x07", "\t", "\x85", "\ud800"])
def test_signs_that_nobody_sees_are_taken_out_and_never_make_a_comment_too_long(client: Client, sign: str) -> None:
    offer = asked()
    (body,) = bodies(client, offer, sheet({}, comment=sign * 399 + "x"))
    _, second = sealing.split(decode64(body["sealed"]), has_comments=True)
    opener = sealing.Opener(WAVE_KEY, manifest.fingerprint(str(offer["manifest"])))
    assert sealing.unpad_comment(opener.open_comment(second or b"", CROWD)).strip() == "x"


def test_the_parts_are_not_exchangeable(client: Client) -> None:
    offer = asked()
    (body,) = bodies(client, offer, sheet({}, comment="x"))
    first, second = sealing.split(decode64(body["sealed"]), has_comments=True)
    opener = sealing.Opener(WAVE_KEY, manifest.fingerprint(str(offer["manifest"])))
    with pytest.raises(sealing.UnreadableBallot):
        opener.open(second or b"", CROWD)
    with pytest.raises(sealing.UnreadableBallot):
        opener.open_comment(first, CROWD)


def test_every_ballot_with_a_comment_is_as_long_as_every_other(client: Client) -> None:
    sheets = [sheet({}, comment=text) for text in COMMENTS.values()]
    sheets += [sheet(dict.fromkeys(WHOLE.answer_codes, 5), WHOLE.topic_codes, secrets.token_hex(150)), sheet({})]
    sent = bodies(client, asked(), *sheets)
    assert len({len(json.dumps(body)) for body in sent}) == 1
    assert len({body["sealed"] for body in sent}) == len(sheets)


def test_a_wave_without_comments_sends_none(client: Client) -> None:
    (body,) = bodies(client, offered(), sheet({}, comment="left from another wave"))
    assert len(decode64(body["sealed"])) == sealing.sealed_length(has_second_lock=False)


def _segments(found: dict[str, object]) -> list[dict[str, list[str]]]:
    return cast("list[dict[str, list[str]]]", found["segments"])


def _without(name: str) -> Callable[[dict[str, object]], None]:
    def drop(found: dict[str, object]) -> None:
        del found[name]

    return drop


def _link(offer: dict[str, object]) -> Link:
    return Link(
        wave="pulse-3", crowd=CROWD, language="en", read_key=bytes(16), code="A" * 26,
        mark=links.mark_of(manifest.fingerprint(str(offer["manifest"]))),
    )  # fmt: skip


WRONG: dict[str, Callable[[dict[str, object]], None]] = {
    "comments promised off": lambda found: found.update(comments=False),
    "comments as a number": lambda found: found.update(comments=1),
    "comments left out": _without("comments"),
    "a segment left out": lambda found: found.update(segments=_segments(found)[:1]),
    "segments left out": _without("segments"),
    "another order": lambda found: found.update(segments=_segments(found)[::-1]),
    "another option": lambda found: _segments(found)[1].update(options=["North", "South"]),
    "one option more": lambda found: _segments(found)[1]["options"].append("East"),
    "a second lock beside comments": lambda found: found.update(second_lock=TRUSTEE_PUBLIC.hex()),
}


@pytest.mark.parametrize("name", WRONG)
def test_rules_that_say_other_than_the_questions_are_refused_here_and_on_the_command_line(
    client: Client, name: str
) -> None:
    offer = asked(WRONG[name])
    with pytest.raises(Trouble, match="other-questions"):
        client("offer", **offer)
    with pytest.raises(Untrusted):
        respondent.check_offer(_link(offer), str(offer["manifest"]), canonical(WHOLE))


Segments = list[dict[str, Any]]


def _with_segments(change: Callable[[Segments], None]) -> dict[str, object]:
    """Rules and questions that agree with each other on changed questions about the reader."""
    raw = json.loads(canonical(WHOLE))
    change(raw["segments"])
    text = json.dumps(raw, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    listed = [
        {"code": each["code"], "options": [choice["label"]["en"] for choice in each["choices"]]}
        for each in raw["segments"]
    ]
    instrument = {"code": "pulse-1", "sha256": manifest.fingerprint(text)}
    return asked(lambda rules: rules.update(instrument=instrument, segments=listed)) | {"questionnaire": text}


def _options(number: int) -> Callable[[Segments], None]:
    def set_options(segments: Segments) -> None:
        segments[1]["choices"] = [
            {"code": code, "label": {"en": f"Site {code}", "es": f"Sede {code}"}} for code in range(1, number + 1)
        ]

    return set_options


ODD: dict[str, Callable[[Segments], None]] = {
    "too many options": _options(13),
    "one option": _options(1),
    "the same option twice": lambda segments: segments[1]["choices"][1].update(
        label=segments[1]["choices"][0]["label"]
    ),
    "another question": lambda segments: segments[1].update(code="staff_number"),
    "one twice": lambda segments: segments.append(segments[1]),
    "another order": lambda segments: segments.reverse(),
}


@pytest.mark.parametrize("name", ODD)
def test_questions_about_the_reader_that_could_single_out_one_are_refused_here_and_on_the_command_line(
    client: Client, name: str
) -> None:
    offer = _with_segments(ODD[name])
    with pytest.raises(Trouble, match="other-questions"):
        client("offer", **offer)
    with pytest.raises(Untrusted):
        respondent.check_offer(_link(offer), str(offer["manifest"]), str(offer["questionnaire"]).encode())


def test_as_many_options_as_a_question_about_the_reader_may_have_are_taken(client: Client) -> None:
    offer = _with_segments(_options(12))
    assert client("offer", **offer)
    assert respondent.check_offer(_link(offer), str(offer["manifest"]), str(offer["questionnaire"]).encode())


NAMES = {
    "I think Anna should know": True, "ask Óscar, he was there": True, "we and Łukasz decide": True,
    "write to anna@example.org": True, "The rota is late. It comes on the last day": False,
    "I do not know what we want": False, "": False, "Too much IT in here": False,
    "First.\nSecond line": False, "¿Por qué? Nadie lo sabe": False,
}  # fmt: skip
DATES = {
    "on 3/11 it rained": True, "12.03.2026": True, "2026-03-12": True, "In NOVEMBER it was worse": True,
    "on the 5th of May": True, "we may go": False, "el martes de siempre": True, "Desde el miércoles": True,
    "twice in 10 days": False, "summonday": False, "": False, "marzo": True, "24 hours": False,
}  # fmt: skip
TALKS = {
    "In the last meeting nobody spoke": True, "as I said before": True, "Yesterday": True,
    "en la última reunión": True, "EN LA REUNIÓN": True, "como te dije": True, "ayer": True,
    "the player of records": False, "mayer": False, "Meetings are too long": False, "las reuniones son largas": False,
    "la semana pasada": True, "": False,
}  # fmt: skip


@pytest.mark.parametrize(("place", "texts"), [(0, NAMES), (1, DATES), (2, TALKS)], ids=["names", "dates", "talks"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_what_may_tell_who_wrote_it_is_seen_in_both_languages(
    client: Client, place: int, texts: dict[str, bool], language: str
) -> None:
    page = answer_page.current().page.content.decode()
    screen = page.partition(f'<template id="{language}-talk">')[2].partition("</template>")[0]
    like, flags = re.findall(r'data-like="([^"]+)" data-flags="(\w+)"', screen)[place]
    found = client("like", like=html.unescape(like), flags=flags, texts=list(texts))
    assert dict(zip(texts, cast("list[bool]", found), strict=True)) == texts


def test_the_script_knows_no_word_of_the_lists() -> None:
    (script,) = [each for each in answer_page.current().files if each.sha256 == answer_page.current().script_sha256]
    for word in ("novem", "reuni", "yesterday", "meeting", "ayer"):
        assert word not in script.content.decode().lower()
