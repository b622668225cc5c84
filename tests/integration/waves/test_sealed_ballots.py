"""Sealed ballots on both databases: what the box takes, what the count makes of it, and what it publishes."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from app.installation import Installation
from surveys.ballots import counted, sealing
from surveys.ballots.client import Offer, Paper
from surveys.enums import BallotMode
from surveys.errors import NotFound, Refused
from surveys.models.ballots import Ballot
from surveys.services import answering, papers, published
from surveys.services.answering import ParsedBallot
from surveys.store import answer_files, totals
from surveys.store import counted as counted_store
from surveys.store import waves as wave_store
from tests.support import journey
from tests.support.journey import OpenWave

SEVEN_TEAMS = {**journey.SIX_TEAMS, "fox": (journey.ROOT, 10)}
"""Fifty-two people, which is enough for a list of counted ballots."""


@pytest.fixture
def wave(inst: Installation) -> OpenWave:
    """Forty-two people with an open sealed wave."""
    journey.company(inst)
    return journey.open_wave(inst)


def paper_of(inst: Installation, wave: OpenWave, email: str = "ant.1@acme.example") -> tuple[Offer, Paper]:
    return journey.take_paper(inst, wave.codes[email], now=wave.opens_at)


def stored(inst: Installation) -> list[tuple[bytes, str, bytes]]:
    with inst.database.reading() as session:
        return [(row.nonce_hash, row.crowd, row.ciphertext) for row in session.scalars(select(Ballot))]


def test_a_ballot_is_stored_as_hash_crowd_and_ciphertext_and_the_same_nonce_replaces(
    inst: Installation, wave: OpenWave
) -> None:
    offer, paper = paper_of(inst, wave)
    first = journey.sealed_ballot(offer, paper, {"vision-goals": 4})
    second = journey.sealed_ballot(offer, paper, {"vision-goals": 1})
    for sent in (first, first, second):
        assert journey.put(inst, sent, now=wave.opens_at)
        assert stored(inst) == [(sealing.nonce_hash(paper.nonce), offer.crowd.label, sent.sealed)]


@pytest.mark.parametrize("what", ["nonce", "token", "crowd", "unknown crowd", "longer", "shorter", "late", "wave"])
def test_a_ballot_that_was_changed_is_refused_and_the_true_one_stays(
    inst: Installation, wave: OpenWave, what: str
) -> None:
    offer, paper = paper_of(inst, wave)
    good = journey.sealed_ballot(offer, paper, {})
    assert journey.put(inst, good, now=wave.opens_at)
    before = stored(inst)
    other_crowd = next(crowd for crowd in wave.crowds.values() if crowd != good.crowd)
    bad: dict[str, ParsedBallot] = {
        "nonce": replace(good, nonce=secrets.token_bytes(32)),
        "token": replace(good, token=good.token[:-1] + bytes([good.token[-1] ^ 1])),
        "crowd": replace(good, crowd=other_crowd),
        "unknown crowd": replace(good, crowd="\ud800"),
        "longer": replace(good, sealed=good.sealed + b"\0"),
        "shorter": replace(good, sealed=good.sealed[:-1]),
        "late": good,
        "wave": replace(good, wave="pulse-2"),
    }
    assert not journey.put(inst, bad[what], now=wave.closes_at if what == "late" else wave.opens_at)
    assert stored(inst) == before


def test_a_paper_of_one_wave_is_worth_nothing_in_the_next_one(inst: Installation, wave: OpenWave) -> None:
    offer, paper = paper_of(inst, wave)
    journey.close_wave(inst, wave)
    following = journey.open_wave(inst)
    replayed = replace(journey.sealed_ballot(offer, paper, {}), wave=following.slug)
    assert not journey.put(inst, replayed, now=following.opens_at)
    assert stored(inst) == []


def test_a_ballot_whose_facts_were_read_before_the_close_is_refused_after_it(
    inst: Installation, wave: OpenWave
) -> None:
    offer, paper = paper_of(inst, wave)
    ballot = journey.sealed_ballot(offer, paper, {})
    with inst.database.reading() as session:
        box = answering.box_of(session, wave.slug)
    assert box is not None
    journey.close_wave(inst, wave)
    assert answering.is_valid(inst.keys, box, ballot)
    with inst.database.transaction() as session:
        assert not answering.store_sealed(session, box, ballot)
    assert stored(inst) == []


def test_there_is_no_box_outside_sealed_mode_and_none_for_an_unknown_wave(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS, mode=BallotMode.PROMISE)
    wave = journey.open_wave(inst)
    with inst.database.reading() as session:
        assert answering.box_of(session, wave.slug) is None
        assert answering.box_of(session, "pulse-9") is None
    assert not answering.is_valid(inst.keys, None, None)


def test_ballots_without_readable_answers_are_counted_as_unreadable(inst: Installation, wave: OpenWave) -> None:
    journey.cast_all(inst, wave, journey.varied(absent=["ant.1@acme.example", "ant.2@acme.example"]))
    texts = [b"[" * sealing.PLAINTEXT_BYTES, b'{"answers":{"vision-goals":9},"topics":[],"v":2}']
    for email, plaintext in zip(("ant.1@acme.example", "ant.2@acme.example"), texts, strict=True):
        offer, paper = paper_of(inst, wave, email)
        sealed = sealing.seal(
            plaintext.ljust(sealing.PLAINTEXT_BYTES),
            public_key=offer.wave_key,
            fingerprint=offer.fingerprint,
            crowd=offer.crowd.label,
        )
        good = journey.sealed_ballot(offer, paper, {})
        assert journey.put(inst, replace(good, sealed=sealed), now=wave.opens_at)
    account = journey.close_wave(inst, wave)
    assert (account.unreadable, account.is_none) == (2, False)
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, wave.slug)
        assert row.is_within_papers is True


def test_a_copied_ballot_counts_once_and_neither_of_the_two_seems_lost(inst: Installation) -> None:
    journey.company(inst, SEVEN_TEAMS)
    wave = journey.open_wave(inst)
    author, thief = journey.member("ant", 1), journey.member("ant", 2)
    journey.cast_all(inst, wave, journey.varied(absent=[thief]))
    offer, paper = paper_of(inst, wave, author)
    sent = journey.sealed_ballot(offer, paper, dict.fromkeys(offer.choices, 5))
    assert journey.put(inst, sent, now=wave.opens_at)
    _, stolen = paper_of(inst, wave, thief)
    assert journey.put(inst, replace(sent, nonce=stolen.nonce, token=stolen.token), now=wave.opens_at)
    assert journey.close_wave(inst, wave).unreadable == 1
    with inst.database.reading() as session:
        assert sum(row.ballots for row in totals.list_counts(session, wave.slug)) == len(wave.codes) - 1
        lines = published.counted_list(session, wave.slug).splitlines()
        assert published.account(session, wave.slug)["is_within_papers"] is True
    assert {sealing.nonce_hash(each.nonce).hex() for each in (paper, stolen)} <= set(lines)


def test_a_wave_whose_stored_questions_were_changed_is_not_counted(inst: Installation, wave: OpenWave) -> None:
    journey.cast_all(inst, wave, journey.varied())
    with inst.database.transaction() as session:
        session.execute(text("UPDATE instrument_version SET document = replace(document, 'work', 'play')"))
    with pytest.raises(Refused, match="not the one that its manifest promised"):
        journey.close_wave(inst, wave)
    assert len(stored(inst)) == len(wave.codes)


def test_more_ballots_than_papers_are_published_as_such(inst: Installation, wave: OpenWave) -> None:
    """The operator, who holds the key, makes up ballots for which no paper was issued."""
    journey.cast_all(inst, wave, journey.varied())
    offer, paper = paper_of(inst, wave)
    with inst.database.transaction() as session:
        box = answering.box_of(session, wave.slug)
        assert box is not None
        invented = replace(journey.sealed_ballot(offer, paper, {}), nonce=secrets.token_bytes(32))
        answering.store_sealed(session, box, invented)
    journey.close_wave(inst, wave)
    with inst.database.reading() as session:
        assert published.account(session, wave.slug)["is_within_papers"] is False


def test_in_promise_mode_papers_are_not_compared(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS, mode=BallotMode.PROMISE)
    held = journey.hold_wave(inst, journey.varied())
    with inst.database.reading() as session:
        account = published.account(session, held.wave.slug)
    assert (account["is_within_papers"], account["has_counted_list"]) == (None, False)


def test_everybody_finds_the_own_ballot_in_the_list_for_a_week(inst: Installation) -> None:
    journey.company(inst, SEVEN_TEAMS)
    wave = journey.open_wave(inst)
    absent = [journey.member("fox", number) for number in (1, 2, 3)]
    journey.cast_all(inst, wave, journey.varied(absent=absent))
    with inst.database.reading() as session, pytest.raises(NotFound):
        published.counted_list(session, wave.slug)
    journey.close_wave(inst, wave)
    with inst.database.reading() as session:
        lines = published.counted_list(session, wave.slug).splitlines()
        account = published.account(session, wave.slug)
    assert (len(wave.codes), len(lines)) == (52, 2 * counted.STEP)
    assert lines == sorted(lines)
    for email, code in wave.codes.items():
        if email not in absent:
            _, paper = journey.take_paper(inst, code, now=wave.opens_at)
            assert sealing.nonce_hash(paper.nonce).hex() in lines
    assert account["has_counted_list"] is True
    assert account["key_destroyed_at"] is not None

    week = dt.timedelta(days=7)
    with inst.database.transaction() as session:
        assert counted_store.list_old(session, wave.closes_at + week - dt.timedelta(seconds=1)) == []
        assert counted_store.list_old(session, wave.closes_at + week) == [wave.slug]
        counted_store.delete_list(session, wave.slug)
        assert counted_store.list_old(session, wave.closes_at + week) == []
        with pytest.raises(NotFound):
            published.counted_list(session, wave.slug)


@pytest.mark.parametrize("missing", [0, 1, 12])
def test_the_length_of_the_list_does_not_tell_who_stayed_away(inst: Installation, missing: int) -> None:
    """With 51 invited, a list that ended at the next fifty of the answers would tell that everybody answered."""
    journey.company(inst, {journey.ROOT: (None, 1), "ant": (journey.ROOT, 25), "bee": (journey.ROOT, 25)})
    wave = journey.open_wave(inst)
    journey.cast_all(inst, wave, journey.varied(absent=[journey.member("ant", 1 + place) for place in range(missing)]))
    journey.close_wave(inst, wave)
    with inst.database.reading() as session:
        assert (len(wave.codes), len(published.counted_list(session, wave.slug).split())) == (51, 100)


def test_under_fifty_invited_people_there_is_no_list(inst: Installation, wave: OpenWave) -> None:
    journey.cast_all(inst, wave, journey.varied())
    journey.close_wave(inst, wave)
    assert len(wave.codes) == 42
    with inst.database.reading() as session:
        assert not counted_store.has_list(session, wave.slug)


def test_a_wave_of_too_few_answers_has_no_list_because_none_was_counted(inst: Installation) -> None:
    journey.company(inst, SEVEN_TEAMS)
    wave = journey.open_wave(inst)
    journey.cast_all(inst, wave, journey.only([journey.member("ant", number) for number in range(1, 4)]))
    assert journey.close_wave(inst, wave).is_none
    with inst.database.reading() as session:
        assert not counted_store.has_list(session, wave.slug)


def test_the_count_forgets_papers_and_the_files_of_the_page(inst: Installation, wave: OpenWave) -> None:
    journey.cast_all(inst, wave, journey.varied())
    with inst.database.reading() as session:
        assert answer_files.find_page(session, wave.slug) is not None
        assert papers.count_papers(session, wave.slug) == len(wave.codes)
    journey.close_wave(inst, wave)
    with inst.database.reading() as session:
        assert answer_files.find_page(session, wave.slug) is None
        assert papers.count_papers(session, wave.slug) == 0


def test_on_postgresql_all_totals_of_a_wave_share_one_transaction_and_lie_in_the_order_of_their_keys(
    inst: Installation, wave: OpenWave
) -> None:
    if inst.database.is_sqlite:
        pytest.skip("SQLite has no transaction ids")
    journey.cast_all(inst, wave, journey.varied())
    journey.close_wave(inst, wave)
    journey.release_wave(inst, wave)
    keys = {"crowd_count": "wave, crowd", "crowd_total": "wave, crowd, measure", "wave_count": "wave"}
    with inst.database.reading() as session:
        ids = {str(row) for table in keys for row in session.scalars(text(f"SELECT xmin FROM {table}"))}  # noqa: S608
        for table, key in keys.items():
            rows = [tuple(row) for row in session.execute(text(f"SELECT {key} FROM {table} ORDER BY {table}.ctid"))]  # noqa: S608
            assert rows == sorted(rows) != [], table
    assert len(ids) == 1


def test_the_published_questionnaire_has_the_hash_that_the_manifest_names(inst: Installation, wave: OpenWave) -> None:
    offer = journey.offer_of(inst, journey.link_of(inst, wave.codes["ant.1@acme.example"]))  # checks the hash itself
    assert set(offer.choices) == set(wave.instrument.item_codes)
    with inst.database.reading() as session:
        for document in (published.manifest_text, published.questionnaire, published.account):
            with pytest.raises(NotFound):
                document(session, "pulse-7")
