"""Segments, topics and a comment from the programme to the box: promised, sealed in two parts, and of one length."""

from __future__ import annotations

import dataclasses
import json

import pytest
from sqlalchemy import text

from app import lifecycle, promise
from app.installation import Installation
from app.web.papers import place_finder
from surveys.ballots.sealing import Opener, Sheet, split, unpad, unpad_comment
from surveys.enums import BallotMode
from surveys.errors import Refused
from surveys.services import answering, cards, promises
from surveys.store import waves as wave_store
from tests.support import journey
from tests.support.journey import OpenWave, Ticked

SITE = journey.segment("site", "Office", "Home", "Road")
ANT = journey.member("ant", 1)
SAID = "Nobody asked us about the move."


def opened(inst: Installation, mode: BallotMode = BallotMode.SEALED, **changes: object) -> OpenWave:
    wanted = {"segments": [SITE], "has_comments": True, **changes}
    journey.company(inst, journey.TWO_TEAMS, mode=mode, **wanted)
    return journey.open_wave(inst)


def stored(inst: Installation) -> list[bytes]:
    with inst.database.reading() as session:
        return list(session.execute(text("SELECT ciphertext FROM ballot")).scalars())


def read(inst: Installation, wave: OpenWave, ciphertext: bytes, crowd: str = "") -> tuple[Sheet, str]:
    crowd = crowd or next(iter(wave.crowds.values()))
    with inst.database.reading() as session:
        fingerprint = wave_store.get_wave(session, wave.slug).fingerprint or ""
    opener = Opener(inst.keys.wave_key(wave.slug), fingerprint)
    answers, comment = split(ciphertext, has_comments=True)
    return unpad(opener.open(answers, crowd)), unpad_comment(opener.open_comment(comment or b"", crowd))


def answers(wave: OpenWave, site: int | None = 2, comment: str = SAID) -> Ticked:
    given: dict[str, int | None] = dict.fromkeys(wave.instrument.item_codes, 4)
    return Ticked({**given, "site": site}, topics=["tools", "change"], comment=comment)


def test_the_manifest_promises_comments_and_segments(inst: Installation) -> None:
    wave = opened(inst, is_strict=True, languages=("es", "en"))
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, wave.slug)
        document = json.loads(row.manifest or "")
        promises.check_manifest(session, row)
        assert row.is_strict
    assert (document["protocol"], document["comments"]) == ("barograph-ballot-3", True)
    assert document["segments"] == [{"code": "site", "options": ["Office", "Home", "Road"]}]
    assert document["thresholds"]["clip_heads"] == 6


@pytest.mark.parametrize("mode", [BallotMode.SEALED, BallotMode.PROMISE], ids=str)
def test_both_parts_arrive_and_every_ballot_is_as_long(inst: Installation, mode: BallotMode) -> None:
    wave = opened(inst, mode)
    journey.cast(inst, wave.codes[ANT], answers(wave), now=wave.opens_at)
    (ciphertext,) = stored(inst)
    sheet, comment = read(inst, wave, ciphertext)
    assert (sheet.answers, sheet.topics, comment) == (dict(answers(wave)), ("change", "tools"), SAID)
    assert SAID.encode() not in ciphertext
    other = Ticked(answers(wave, site=None), comment="")
    journey.cast(inst, wave.codes[ANT], other, now=wave.opens_at)
    journey.cast(inst, wave.codes[journey.member("bee", 1)], {}, now=wave.opens_at)
    assert {len(each) for each in stored(inst)} == {4192}
    assert {read(inst, wave, each)[1] for each in stored(inst)} == {""}
    assert {read(inst, wave, each)[0].answers["site"] for each in stored(inst)} == {None}


def test_cast_all_sends_what_was_ticked(inst: Installation) -> None:
    wave = opened(inst)
    journey.cast_all(inst, wave, lambda email, _: answers(wave, comment=email))
    assert {read(inst, wave, each)[1] for each in stored(inst)} == set(wave.codes)


def test_a_card_carries_both_parts_too(inst: Installation) -> None:
    wave = opened(inst, BallotMode.CARD)
    with inst.database.reading() as session:
        box = cards.get_deck(session, inst.keys, wave=wave.slug).boxes[0]
        crowd = wave_store.list_crowds(session, wave.slug)[0].label
    given = answers(wave)
    promise.submit(
        inst.database,
        place_finder(inst.database, inst.keys),
        typed=box.codes[0],
        answers=given,
        now=wave.opens_at,
        topics=given.topics,
        comment=given.comment,
    )
    (ciphertext,) = stored(inst)
    assert read(inst, wave, ciphertext, crowd=crowd) == (Sheet(answers=given, topics=("change", "tools")), SAID)


def test_what_the_forms_send_is_checked(inst: Installation) -> None:
    wave = opened(inst, BallotMode.PROMISE)
    code = wave.codes[ANT]
    for bad, sentence in (
        (Ticked({"site": 4}), "“site” has the options 1 to 3 only"),
        (Ticked({}, topics=["pay"]), "no topic “pay”"),
        (Ticked({}, comment="x" * 401), "at most 400 characters"),
    ):
        with pytest.raises(Refused, match=sentence):
            journey.cast(inst, code, bad, now=wave.opens_at)
    assert not stored(inst)


def test_a_wave_without_comments_takes_none(inst: Installation) -> None:
    wave = opened(inst, BallotMode.PROMISE, has_comments=False)
    with pytest.raises(Refused, match="takes no comments"):
        journey.cast(inst, wave.codes[ANT], Ticked({}, comment="x"), now=wave.opens_at)
    journey.cast(inst, wave.codes[ANT], {"site": 3}, now=wave.opens_at)
    assert [len(each) for each in stored(inst)] == [2096]


def test_the_box_takes_ballots_of_its_own_length_only(inst: Installation) -> None:
    wave = opened(inst)
    offer, paper = journey.take_paper(inst, wave.codes[ANT], now=wave.opens_at)
    whole = journey.sealed_ballot(offer, paper, answers(wave))
    with inst.database.reading() as session:
        box = answering.box_of(session, wave.slug)
    assert box is not None
    assert (box.has_comments, box.sealed_length) == (True, 4192)
    for sealed in (whole.sealed[:2096], whole.sealed + b"x", b""):
        assert not answering.is_valid(inst.keys, box, dataclasses.replace(whole, sealed=sealed))
    assert answering.is_valid(inst.keys, box, whole)


def test_a_wave_with_comments_opens_only_where_somebody_redacts_them(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS, has_comments=True)
    slug = journey.plan_wave(inst)
    with inst.database.transaction() as session:
        session.execute(text("UPDATE account SET is_active = false WHERE email = :email"), {"email": journey.REDACTOR})
    with pytest.raises(Refused, match="account add EMAIL --role redactor"):
        journey.open_wave(inst, slug)
    with inst.database.transaction() as session:
        session.execute(text("UPDATE account SET is_active = true WHERE email = :email"), {"email": journey.REDACTOR})
    assert journey.open_wave(inst, slug).instrument.has_comments


def test_a_lock_that_comes_by_another_way_is_refused_at_the_opening(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS, has_comments=True)
    slug = journey.plan_wave(inst)
    with inst.database.transaction() as session:
        session.execute(text("UPDATE wave SET second_lock = :key"), {"key": "ab" * 32})
    with pytest.raises(Refused, match="cannot have both"):
        journey.open_wave(inst, slug)


@pytest.mark.parametrize("what", ["comments", "segments"])
def test_a_questionnaire_that_says_otherwise_than_the_manifest_is_not_counted(inst: Installation, what: str) -> None:
    wave = opened(inst)
    other = f"questions-without-{what}"
    with inst.database.transaction() as session:
        row = wave_store.get_wave(session, wave.slug)
        document = dict(wave_store.get_instrument_document(session, row.instrument_sha256))
        for key in {"comments": ("comment", "topics"), "segments": ("segments",)}[what]:
            del document[key]
        wave_store.add_instrument_version(session, sha256=other, code="x", document=document)
        row.instrument_sha256 = other
    with pytest.raises(Refused, match=rf"\({what}\)"):
        lifecycle.close_wave(inst, wave=wave.slug, now=wave.closes_at, actor="test")
