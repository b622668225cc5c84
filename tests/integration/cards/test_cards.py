"""Cards from the opening to the count: one for each person, for no person, and gone with the key of the wave."""

from __future__ import annotations

import secrets
from collections import Counter

import pytest
from sqlalchemy import func, select

from app import lifecycle, mail, promise
from app.installation import Installation
from app.jobs import mailing
from app.mail import Letter
from app.web.papers import place_finder
from surveys.ballots import codes
from surveys.enums import BallotMode
from surveys.errors import Refused
from surveys.models.invitations import Card, Invitation
from surveys.services import invitations
from surveys.services.cards import card_secret, get_deck
from surveys.store import ballots, waves
from tests.integration.cards.conftest import CardWave
from tests.support import journey


class Post:
    """Keeps every letter."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> None:
        self.letters.append(letter)

    def close(self) -> None:
        """Nothing is open."""


def place_of(wave: CardWave, code: str) -> invitations.Place:
    with wave.inst.database.reading() as session:
        return invitations.find_place(session, wave.inst.keys, code)


def answer(wave: CardWave, code: str, value: int = 4) -> None:
    with wave.inst.database.reading() as session:
        opens_at = waves.get_wave(session, wave.slug).opens_at
    find = place_finder(wave.inst.database, wave.inst.keys)
    opened = promise.open_questionnaire(wave.inst.database, find, typed=code, now=opens_at)
    answers = dict.fromkeys(opened.questionnaire.instrument.item_codes, value)
    promise.submit(wave.inst.database, find, typed=code, answers=answers, now=opens_at)


def ballots_of(wave: CardWave) -> list[tuple[str, bytes]]:
    with wave.inst.database.reading() as session:
        return list(ballots.read_sealed(session, wave.slug))


def test_there_is_a_card_for_each_person_and_an_invitation_for_nobody(wave: CardWave) -> None:
    assert Counter(len(box.codes) for box in wave.deck().boxes) == Counter(wave.crowds().values())
    assert wave.deck().size == sum(people for _, people in journey.SIX_TEAMS.values())
    with wave.inst.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Invitation)) == 0


def test_the_database_keeps_hashes_and_no_code(wave: CardWave) -> None:
    printed = [code for box in wave.deck().boxes for code in box.codes]
    with wave.inst.database.reading() as session:
        rows = list(session.execute(select(Card.code_hash, Card.crowd)))
    assert {row.code_hash for row in rows} == {codes.code_hash(codes.decode(code)) for code in printed}
    kept = " ".join(str(tuple(row)) for row in rows)
    assert not any(code in kept or codes.decode(code).hex() in kept for code in printed)


def test_cards_are_printed_again_in_another_order_that_is_not_that_of_their_making(wave: CardWave) -> None:
    first, second = wave.codes_of("Team ant"), wave.codes_of("Team ant")
    assert set(first) == set(second)
    assert first != second
    key = wave.inst.keys.wave_key(wave.slug)
    made = [
        codes.encode(card_secret(key, wave=wave.slug, crowd=place_of(wave, first[0]).crowd, index=index))
        for index in range(len(first))
    ]
    assert set(made) == set(first)
    assert made not in (first, second)


def test_a_code_opens_the_group_of_its_card_however_it_is_typed(wave: CardWave) -> None:
    for code in wave.codes_of("Team ant"):
        place = place_of(wave, codes.grouped(code).lower().replace("-", " "))
        assert (place.wave, place.language) == (wave.slug, "")
        assert place.crowd == place_of(wave, wave.codes_of("Team ant")[0]).crowd
        assert place.secret != codes.decode(code)


def test_a_code_that_was_never_printed_opens_nothing(wave: CardWave) -> None:
    with pytest.raises(Refused, match="not valid"):
        place_of(wave, codes.encode(secrets.token_bytes(16)))


def test_the_same_card_replaces_and_another_one_adds(wave: CardWave) -> None:
    one, other, *_ = wave.codes_of("Team ant")
    answer(wave, one, 1)
    before = ballots_of(wave)
    answer(wave, one, 5)
    after = ballots_of(wave)
    assert len(before) == len(after) == 1
    assert before != after
    answer(wave, other)
    assert len(ballots_of(wave)) == 2


def test_a_card_wave_is_counted_and_its_cards_are_gone(wave: CardWave) -> None:
    printed = [code for box in wave.deck().boxes for code in box.codes]
    for code in printed:
        answer(wave, code, 4)
    wave.close()
    with wave.inst.database.reading() as session:
        row = waves.get_wave(session, wave.slug)
        assert (row.status, row.is_none, row.is_within_papers) == ("counted", False, None)
        assert session.scalar(select(func.count()).select_from(Card)) == 0
    assert not wave.inst.keys.has_wave_key(wave.slug)
    with pytest.raises(Refused, match="not valid"):
        place_of(wave, printed[0])
    with pytest.raises(Refused, match="only while it is open"):
        wave.deck()


def test_nobody_is_written_to_and_no_mailing_stays_unfinished(wave: CardWave) -> None:
    post = Post()
    with wave.inst.database.reading() as session:
        now = waves.get_wave(session, wave.slug).opens_at
    for kind in invitations.MAILINGS:
        account = mailing.send_mailing(wave.inst, wave=wave.slug, kind=kind, now=now, actor="test", post=post)
        assert (account.sent, account.refused, account.waiting) == (0, 0, 0)
    with pytest.raises(Refused, match="answered with cards"):
        mailing.resend(wave.inst, wave=wave.slug, email=journey.leader("ant"), now=now, actor="test", post=post)
    assert post.letters == []
    assert mailing.facts_of(wave.inst, wave.slug).mode is BallotMode.CARD


def test_the_key_of_another_wave_prints_no_cards(wave: CardWave) -> None:
    wave.inst.keys.add_wave_key(wave.slug, secrets.token_bytes(32))
    with pytest.raises(Refused, match="not the one its cards were made with"):
        wave.deck()


def test_a_planned_wave_and_one_in_another_mode_have_no_cards(inst: Installation) -> None:
    journey.company(inst, mode=BallotMode.PROMISE)
    slug = journey.plan_wave(inst)
    with inst.database.reading() as session, pytest.raises(Refused, match="not in card mode"):
        get_deck(session, inst.keys, wave=slug)


def test_cards_of_a_planned_wave_do_not_exist_yet(inst: Installation) -> None:
    journey.company(inst, mode=BallotMode.CARD)
    slug = journey.plan_wave(inst)
    with inst.database.reading() as session, pytest.raises(Refused, match="is not open"):
        get_deck(session, inst.keys, wave=slug)


def test_a_withdrawn_wave_keeps_no_card(wave: CardWave) -> None:
    answer(wave, wave.codes_of("Team ant")[0])
    with wave.inst.database.reading() as session:
        closes_at = waves.get_wave(session, wave.slug).closes_at
    lifecycle.close_wave(wave.inst, wave=wave.slug, now=closes_at, actor="test")
    lifecycle.withdraw_wave(wave.inst, wave=wave.slug, reason="A test.", now=closes_at, actor="test")
    with wave.inst.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Card)) == 0


def test_the_release_notice_of_a_card_wave_still_reaches_leaders(wave: CardWave) -> None:
    for box in wave.deck().boxes:
        for code in box.codes:
            answer(wave, code)
    wave.close()
    with wave.inst.database.reading() as session:
        releases_at = waves.get_wave(session, wave.slug).releases_at
    lifecycle.release_wave(wave.inst, wave=wave.slug, now=releases_at, actor="test")
    post = Post()
    mailing.send_release_notices(wave.inst, wave=wave.slug, now=releases_at, actor="test", post=post)
    assert {letter.to for letter in post.letters} == {journey.leader(team) for team in journey.SIX_TEAMS}
    assert mail.RELEASED in post.letters[0].message_id
