"""A wave with a second lock from opening to release: it waits, it is handed over, opened, mixed, counted once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete, select, text, update

from app import lifecycle
from app.installation import Installation
from app.jobs.due import due_jobs
from app.lifecycle import CloseAccount
from surveys.ballots import manifest, sealing, trustee
from surveys.ballots.sealing import PLAINTEXT_BYTES, Opener, UnreadableBallot, unpad
from surveys.ballots.wire import encode64
from surveys.enums import WaveStatus
from surveys.errors import Refused
from surveys.instruments.scoring import encode_answers
from surveys.models.ballots import Ballot
from surveys.models.invitations import Invitation, Paper
from surveys.services import handover
from surveys.services import waves as wave_service
from surveys.services.tally_sums import sum_crowds
from surveys.store import accounts
from surveys.store import ballots as ballot_store
from surveys.store import waves as wave_store
from tests.support import journey
from tests.support.crashes import Fuse, PowerCut, fragile
from tests.support.journey import ACTOR, OpenWave

PRIVATE_TEXT, PUBLIC_TEXT = trustee.new_key()
PRIVATE, PUBLIC = trustee.parse_private(PRIVATE_TEXT), trustee.parse_public(PUBLIC_TEXT)
SMALL = "elk"
NONSENSE = b"x" * PLAINTEXT_BYTES

TOTALS = ("crowd_count", "crowd_total", "moment", "wave_count")


@pytest.fixture
def wave(inst: Installation) -> OpenWave:
    """Forty-two people with an open sealed wave that a trustee has to open."""
    journey.company(inst, second_lock=PUBLIC)
    return journey.open_wave(inst)


@pytest.fixture
def closed(inst: Installation, wave: OpenWave) -> OpenWave:
    """The same wave after its close, with ballots of three crowds and a small one."""
    journey.cast_all(inst, wave, few_elks(wave))
    assert close(inst, wave).is_waiting
    return wave


def few_elks(wave: OpenWave, few: int = 3) -> journey.Answering:
    """Everybody answers but most of one crowd, whose answers are counted with those of another one."""
    return journey.varied(absent=sorted(email for email, crowd in wave.crowds.items() if crowd == SMALL)[few:])


def close(inst: Installation, wave: OpenWave, opened: bytes | None = None) -> CloseAccount:
    return lifecycle.close_wave(inst, wave=wave.slug, now=wave.closes_at, actor=ACTOR, opened=opened)


def hand_over(inst: Installation, wave: OpenWave) -> bytes:
    account = lifecycle.hand_over(inst, wave=wave.slug, now=wave.closes_at, actor=ACTOR)
    return handover.required(account).file


def opened(inst: Installation, wave: OpenWave) -> bytes:
    return trustee.open_handover(trustee.parse_handover(hand_over(inst, wave)), PRIVATE).file


def figures(inst: Installation) -> list[list[str]]:
    with inst.database.reading() as session:
        rows = [session.execute(text(f"SELECT * FROM {table}")) for table in TOTALS]  # noqa: S608 - names of our own
        return [sorted(map(str, found)) for found in rows]


def status(inst: Installation, wave: OpenWave) -> str:
    with inst.database.reading() as session:
        return wave_store.get_wave(session, wave.slug).status


def actions(inst: Installation) -> Counter[str]:
    with inst.database.reading() as session:
        return Counter(event.action for event in accounts.list_audit_events(session))


def everything(inst: Installation) -> tuple[object, ...]:
    """What a refused file must not change."""
    with inst.database.reading() as session:
        ballots = sorted((row.nonce_hash, row.crowd, row.ciphertext) for row in session.scalars(select(Ballot)))
        row = wave_store.get_wave(session, "pulse-1")
        people = sorted(session.scalars(select(Invitation.person_id)))
        return row.status, row.counted_at, ballots, people, inst.keys.has_wave_key("pulse-1"), figures(inst)


def replace_ballot(inst: Installation, wave: OpenWave, email: str, plaintext: bytes) -> None:
    """Let a member send something that no browser of ours would."""
    offer, paper = journey.take_paper(inst, wave.codes[email], now=wave.opens_at)
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, wave.slug)
        promised = json.loads(row.manifest or "")
        sealed = sealing.seal(
            plaintext,
            public_key=bytes.fromhex(promised["wave_key"]),
            fingerprint=row.fingerprint or "",
            crowd=offer.link.crowd,
            second_lock=PUBLIC,
        )
        ballot_store.put_ballot(
            session,
            wave=wave.slug,
            nonce_hash=sealing.nonce_hash(paper.nonce),
            crowd=offer.link.crowd,
            ciphertext=sealed,
        )
        session.commit()


def test_a_closed_wave_waits_for_its_trustee(inst: Installation, closed: OpenWave) -> None:
    before = everything(inst)
    assert status(inst, closed) == WaveStatus.CLOSED
    assert close(inst, closed).is_waiting
    assert everything(inst) == before
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, closed.slug)
        assert handover.is_waiting(session, row)
        assert handover.is_waiting(session, row, inst.keys)
    with pytest.raises(Refused):
        journey.release_wave(inst, closed)


def expected_totals(inst: Installation, wave: OpenWave) -> list[tuple[object, ...]]:
    """The totals straight from what each person answered, by the final crowd of the crowd they were invited in."""
    with inst.database.reading() as session:
        final = {crowd.label: str(crowd.final_label) for crowd in wave_store.list_crowds(session, wave.slug)}
    labels = sorted(set(final.values()))
    answer = few_elks(wave)
    given = {email: found for email in wave.codes if (found := answer(email, wave.instrument)) is not None}
    sums = sum_crowds(
        wave.instrument,
        np.array([encode_answers(wave.instrument, each) for each in given.values()]),
        np.array([labels.index(final[wave.crowds[email]]) for email in given]),
        labels=labels,
        k=5,
        wave=wave.slug,
    )
    return [(row["crowd"], row["measure"], row["n"], row["total"], row["favourable"]) for row in sums["totals"]]


def test_with_both_keys_the_totals_are_those_of_what_people_answered(inst: Installation, closed: OpenWave) -> None:
    done = close(inst, closed, opened(inst, closed))
    assert (done.is_waiting, done.is_none, done.unreadable, done.already_counted) == (False, False, 0, False)
    with inst.database.reading() as session:
        rows = session.execute(text("SELECT crowd, measure, n, total, favourable FROM crowd_total")).all()
    assert sorted(map(tuple, rows)) == sorted(expected_totals(inst, closed))
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, closed.slug)
        assert (row.status, row.is_within_papers) == (WaveStatus.COUNTED, True)
        assert None not in {row.rewritten_at, row.key_destroyed_at}
        assert ballot_store.count_ballots(session, closed.slug) == 0
        assert not list(session.scalars(select(Invitation.person_id)))
    assert not inst.keys.has_wave_key(closed.slug)
    assert actions(inst)["wave.count"] == 1
    journey.release_wave(inst, closed)
    assert close(inst, closed, b"whatever").already_counted


def test_the_trustee_gives_back_crowds_of_at_least_k_only(inst: Installation, closed: OpenWave) -> None:
    given = trustee.parse_handover(hand_over(inst, closed))
    cast = Counter(crowd for crowd, _ in given.ballots)
    assert min(cast.values()) == 3
    assert min(sum(cast[crowd] for crowd in mix) for mix in given.mixes) >= 5


def test_the_handover_names_no_person_no_nonce_and_no_time_and_is_the_same_again(
    inst: Installation, closed: OpenWave
) -> None:
    first = hand_over(inst, closed)
    assert first == hand_over(inst, closed)
    document = json.loads(first)
    assert sorted(document) == ["ballots", "fingerprint", "format", "manifest", "mixes", "wave", "wave_key"]
    with inst.database.reading() as session:
        hashes = list(session.scalars(select(Ballot.nonce_hash)))
        people = [*session.scalars(select(Invitation.person_id)), *closed.codes]
        text_of_manifest = wave_store.get_wave(session, closed.slug).manifest
    assert document["manifest"] == text_of_manifest
    without_rules = json.dumps({**document, "manifest": ""})
    for person in people:
        assert person not in first.decode()
    for nonce_hash in hashes:
        assert nonce_hash.hex() not in without_rules
        assert encode64(nonce_hash) not in without_rules
    assert "closes_at" not in without_rules
    assert actions(inst)["wave.handover"] == 2


def test_the_order_of_a_handover_is_not_that_of_the_rows(inst: Installation, closed: OpenWave) -> None:
    """The rows lie by hash of the nonce; a handover that kept that order would let the two be laid side by side."""
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, closed.slug)
        opener = Opener(inst.keys.wave_key(closed.slug), row.fingerprint or "")
        stored = [
            (crowd, opener.open(sealed, crowd)) for crowd, sealed in ballot_store.read_sealed(session, closed.slug)
        ]
    given = list(trustee.parse_handover(hand_over(inst, closed)).ballots)
    assert given == sorted(stored)
    by_crowd = {crowd: [sealed for label, sealed in stored if label == crowd] for crowd, _ in stored}
    assert any([sealed for label, sealed in given if label == crowd] != rows for crowd, rows in by_crowd.items())


def test_each_key_alone_reads_nothing(inst: Installation, closed: OpenWave) -> None:
    with inst.database.reading() as session:
        fingerprint = wave_store.get_wave(session, closed.slug).fingerprint or ""
        stored = list(ballot_store.read_sealed(session, closed.slug))
    operator = inst.keys.wave_key(closed.slug)
    for crowd, ciphertext in stored:
        inner = Opener(operator, fingerprint).open(ciphertext, crowd)
        for key, sealed in ((operator, inner), (PRIVATE, ciphertext)):
            with pytest.raises(UnreadableBallot):
                sealing.open_inner(key, sealed, fingerprint, crowd)
            with pytest.raises(UnreadableBallot):
                unpad(sealed)
        assert len(unpad(sealing.open_inner(PRIVATE, inner, fingerprint, crowd)).answers) == len(
            closed.instrument.items
        )


def test_no_file_of_either_side_holds_a_readable_answer(inst: Installation, closed: OpenWave, tmp_path: Path) -> None:
    (tmp_path / "handover").write_bytes(hand_over(inst, closed))
    (tmp_path / "opened").write_bytes(opened(inst, closed))
    close(inst, closed, (tmp_path / "opened").read_bytes())
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 3
    for path in files:
        assert b'{"answers":{"' not in path.read_bytes(), path


def other_opened(inst: Installation, wave: OpenWave) -> bytes:
    """An honest file of the trustee, for a handover with one ballot less."""
    given = trustee.parse_handover(hand_over(inst, wave))
    fewer = replace(given, ballots=given.ballots[1:])
    return trustee.open_handover(fewer, PRIVATE).file


def damaged(inst: Installation, wave: OpenWave) -> bytes:
    whole = bytearray(opened(inst, wave))
    place = whole.index(b'"sealed":"') + 2_000
    whole[place] = ord("A") if whole[place] != ord("A") else ord("B")
    return bytes(whole)


WRONG: Mapping[str, tuple[Callable[[Installation, OpenWave], bytes], str]] = {
    "empty": (lambda _inst, _wave: b"", "not an opened file"),
    "the handover itself": (hand_over, "not an opened file"),
    "cut": (lambda inst, wave: opened(inst, wave)[:-50], "not an opened file"),
    "one letter": (damaged, "not an opened file"),
    "an older one": (other_opened, "another handover"),
}


def test_a_wrong_file_is_refused_and_changes_nothing(inst: Installation, closed: OpenWave) -> None:
    before = everything(inst)
    for what, (make, sentence) in WRONG.items():
        file = make(inst, closed)
        with pytest.raises(Refused, match=sentence):
            close(inst, closed, file)
        assert everything(inst) == before, what
    assert close(inst, closed).is_waiting


def test_an_open_wave_takes_no_opened_file_and_stays_open(inst: Installation, wave: OpenWave) -> None:
    journey.cast_all(inst, wave, journey.varied())
    with pytest.raises(Refused, match="when it is closed"):
        close(inst, wave, b"{}")
    with pytest.raises(Refused, match="when it is closed"):
        hand_over(inst, wave)
    assert status(inst, wave) == WaveStatus.OPEN


def test_a_wave_without_a_second_lock_is_not_handed_over(inst: Installation) -> None:
    journey.company(inst)
    wave = journey.open_wave(inst)
    with pytest.raises(Refused, match="no second lock"):
        close(inst, wave, b"{}")
    assert status(inst, wave) == WaveStatus.OPEN
    with pytest.raises(Refused, match="no second lock"):
        hand_over(inst, wave)


def test_with_too_few_answers_there_is_nothing_to_wait_for(inst: Installation, wave: OpenWave) -> None:
    journey.cast_all(inst, wave, journey.only([journey.member("ant", number) for number in range(1, 5)]))
    done = close(inst, wave)
    assert (done.is_waiting, done.is_none, done.unreadable) == (False, True, 0)
    assert not inst.keys.has_wave_key(wave.slug)


def test_ballots_that_no_key_opens_are_left_out_and_counted(inst: Installation, wave: OpenWave) -> None:
    journey.cast_all(inst, wave, journey.varied())
    replace_ballot(inst, wave, journey.member("ant", 1), NONSENSE)
    replace_ballot(inst, wave, journey.member("bee", 1), sealing.pad({"no-such-item": 1}))
    close(inst, wave)
    with inst.database.transaction() as session:  # a row that somebody changed
        row = session.scalars(select(Ballot).where(Ballot.crowd == "elk")).first()
        assert row is not None
        broken = row.ciphertext[:-1] + bytes([row.ciphertext[-1] ^ 1])
        session.execute(update(Ballot).where(Ballot.nonce_hash == row.nonce_hash).values(ciphertext=broken))
    account = lifecycle.hand_over(inst, wave=wave.slug, now=wave.closes_at, actor=ACTOR)
    assert account.left_out == 1
    opening = trustee.open_handover(handover.required(account), PRIVATE)
    assert (opening.opened, opening.unreadable) == (40, 1)
    assert close(inst, wave, opening.file).unreadable == 3


def test_a_nonsense_ballot_in_a_small_crowd_does_not_move_the_answers_of_others(
    inst: Installation, wave: OpenWave
) -> None:
    """Five of elk answer, one of them nonsense; four would join another crowd, whose answers were mixed apart."""
    answer = few_elks(wave, 5)
    journey.cast_all(inst, wave, answer)
    replace_ballot(inst, wave, min(email for email, crowd in wave.crowds.items() if crowd == SMALL), NONSENSE)
    close(inst, wave)
    file = opened(inst, wave)
    with inst.database.reading() as session:
        found = handover.read_opened(session, inst.keys, wave=wave.slug, file=file)
    elks = [unpad(plaintext).answers for crowd, plaintext in found.ballots if crowd == SMALL]
    assert (len(elks), elks.count({})) == (5, 1)
    assert not close(inst, wave, file).is_none
    with inst.database.reading() as session:
        finals = {crowd.label: crowd.final_label for crowd in wave_store.list_crowds(session, wave.slug)}
        counted = session.scalars(text("SELECT measure FROM crowd_total WHERE crowd = :crowd"), {"crowd": SMALL}).all()
    assert finals[SMALL] == SMALL
    assert counted == []  # four answers are too few for any figure


def test_a_copied_ballot_is_handed_over_once(inst: Installation, closed: OpenWave) -> None:
    """Who has the wave key could seal a member's inner ballot again, to find in a total what counts twice."""
    before = hand_over(inst, closed)
    with inst.database.transaction() as session:
        row = session.scalars(select(Ballot)).first()
        wave_row = wave_store.get_wave(session, closed.slug)
        assert row is not None
        inner = Opener(inst.keys.wave_key(closed.slug), wave_row.fingerprint or "").open(row.ciphertext, row.crowd)
        again = sealing.seal(
            inner,
            public_key=trustee.public_of(inst.keys.wave_key(closed.slug)),
            fingerprint=wave_row.fingerprint or "",
            crowd=row.crowd,
        )
        ballot_store.add_ballots(
            session, [{"wave": closed.slug, "nonce_hash": bytes(32), "crowd": row.crowd, "ciphertext": again}]
        )
    assert hand_over(inst, closed) == before
    assert close(inst, closed, opened(inst, closed)).unreadable == 1
    with inst.database.reading() as session:
        assert wave_store.get_wave(session, closed.slug).is_within_papers is False
    assert actions(inst)["wave.more-ballots-than-papers"] == 1


def seal_again(inst: Installation, wave: OpenWave, victim: Ballot, crowd: str) -> bytes:
    """What the holder of the wave key can make of a stored ballot: its inner ballot locked for another crowd."""
    with inst.database.reading() as session:
        fingerprint = wave_store.get_wave(session, wave.slug).fingerprint or ""
    key = inst.keys.wave_key(wave.slug)
    inner = Opener(key, fingerprint).open(victim.ciphertext, victim.crowd)
    return sealing.seal(inner, public_key=trustee.public_of(key), fingerprint=fingerprint, crowd=crowd)


def test_an_inner_ballot_under_another_crowd_takes_nobody_s_place(inst: Installation, closed: OpenWave) -> None:
    with inst.database.transaction() as session:
        honest = ballot_store.count_ballots(session, closed.slug)
        victims = session.scalars(select(Ballot).where(Ballot.crowd == "bee")).all()
        rows: list[dict[str, object]] = [
            {
                "wave": closed.slug,
                "nonce_hash": bytes([place]) * 32,
                "crowd": "ant",
                "ciphertext": seal_again(inst, closed, victim, "ant"),
            }
            for place, victim in enumerate(victims)
        ]
        ballot_store.add_ballots(session, rows)
    opening = trustee.open_handover(trustee.parse_handover(hand_over(inst, closed)), PRIVATE)
    assert (opening.opened, opening.unreadable) == (honest, len(victims))
    assert not close(inst, closed, opening.file).is_none


def test_a_wave_does_not_wait_for_a_trustee_who_would_get_nothing(inst: Installation, wave: OpenWave) -> None:
    """Six rows, but a copy, one under another crowd and one that no key opens leave four for a handover."""
    few = [journey.member("ant", number) for number in range(1, 5)]
    journey.cast_all(inst, wave, journey.only(few))
    with inst.database.transaction() as session:
        first = session.scalars(select(Ballot).order_by(Ballot.nonce_hash)).first()
        assert first is not None
        rows = [
            {"wave": wave.slug, "nonce_hash": bytes([place]) * 32, "crowd": crowd, "ciphertext": ciphertext}
            for place, (crowd, ciphertext) in enumerate(
                [(first.crowd, first.ciphertext), ("bee", first.ciphertext), ("bee", bytes(len(first.ciphertext)))]
            )
        ]
        ballot_store.add_ballots(session, rows)
        wave_service.close_wave(session, wave=wave.slug, now=wave.closes_at)  # and the process ended before the count
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, wave.slug)
        assert handover.is_waiting(session, row)
        assert not handover.is_waiting(session, row, inst.keys)
        assert f"close:{wave.slug}" in [job.id for job in due_jobs(session, wave.closes_at, inst.keys)]
    done = close(inst, wave)
    assert (done.is_waiting, done.is_none, done.unreadable) == (False, True, 3)


def test_more_ballots_than_papers_are_counted_and_told(inst: Installation) -> None:
    journey.company(inst)
    wave = journey.open_wave(inst)
    journey.cast_all(inst, wave, journey.varied())
    with inst.database.transaction() as session:
        session.execute(delete(Paper).where(Paper.mark.in_(select(Paper.mark).limit(1))))
    assert not journey.close_wave(inst, wave).is_none
    with inst.database.reading() as session:
        assert wave_store.get_wave(session, wave.slug).is_within_papers is False
    assert actions(inst)["wave.more-ballots-than-papers"] == 1


def test_a_wave_whose_key_is_lost_is_withdrawn_unopened(inst: Installation, closed: OpenWave) -> None:
    assert "withdraw" in str(handover.waiting(closed.slug))
    lifecycle.withdraw_wave(inst, wave=closed.slug, reason="The key is lost.", now=closed.closes_at, actor=ACTOR)
    with inst.database.reading() as session:
        assert ballot_store.count_ballots(session, closed.slug) == 0
    assert not inst.keys.has_wave_key(closed.slug)
    assert figures(inst) == [[], [], [], []]


def test_a_changed_crowd_is_not_handed_over(inst: Installation, closed: OpenWave) -> None:
    with inst.database.transaction() as session:
        session.execute(text("UPDATE wave SET second_lock = NULL"))
    with pytest.raises(Refused, match="manifest"):
        close(inst, closed)
    with inst.database.transaction() as session:
        session.execute(text("UPDATE wave SET second_lock = :key"), {"key": manifest.NO_PREVIOUS})
    with pytest.raises(Refused, match="manifest"):
        hand_over(inst, closed)


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_cut_at_any_operation_is_healed_by_the_same_file_again(
    inst: Installation, closed: OpenWave, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The close with the opened file, cut one operation later each time until it gets through."""
    file = opened(inst, closed)
    names: list[str] = []
    for place in range(1, 30):
        fuse = Fuse(place, after=after)
        with monkeypatch.context() as cut:
            worker = fragile(inst, fuse, cut)
            try:
                close(worker, closed, file)
                break
            except PowerCut:
                names.append(fuse.names[-1])
            finally:
                worker.database.dispose()
    else:
        pytest.fail("the close never got through")
    assert "rewrite" in names
    with inst.database.reading() as session:
        row = wave_store.get_wave(session, closed.slug)
        assert row.status == WaveStatus.COUNTED
        assert None not in {row.rewritten_at, row.key_destroyed_at}
    assert actions(inst)["wave.count"] == 1
    assert not inst.keys.has_wave_key(closed.slug)
    assert figures(inst)[1]
