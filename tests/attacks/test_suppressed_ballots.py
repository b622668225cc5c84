"""Attack: send a colleague's ciphertext again with the paper of another crowd, so that the true one is not counted.

Whoever reads the table, or a backup of it, has the ciphertexts. The nonce of the own paper is free, so that the copy
can be made to lie before the original.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.installation import Installation
from surveys.ballots import client, sealing
from surveys.ballots.sealing import Opener
from surveys.ballots.wire import encode64
from surveys.models.ballots import Ballot
from surveys.services import papers, published, tally
from surveys.store import totals
from tests.attacks import account
from tests.attacks.people import SEVEN_TEAMS, sealed_company
from tests.support import journey
from tests.support.journey import OpenWave

VICTIMS = [journey.member("ant", number) for number in range(1, 6)]
ATTACKERS = [journey.member("bee", number) for number in range(1, 6)]


@pytest.fixture
def wave(inst: Installation) -> OpenWave:
    """Everybody but five of one team has answered; those five send what five of another team have sealed."""
    sealed_company(inst, SEVEN_TEAMS)
    opened = journey.open_wave(inst)
    assert {opened.crowds[email] for email in VICTIMS}.isdisjoint(opened.crowds[email] for email in ATTACKERS)
    journey.cast_all(inst, opened, journey.varied(absent=ATTACKERS))
    for victim, attacker in zip(VICTIMS, ATTACKERS, strict=True):
        suppress(inst, opened, victim, attacker)
    return opened


def mark(inst: Installation, wave: OpenWave, email: str) -> bytes:
    """The hash under which somebody's ballot is stored."""
    return sealing.nonce_hash(journey.take_paper(inst, wave.codes[email], now=wave.opens_at)[1].nonce)


def suppress(inst: Installation, wave: OpenWave, victim: str, attacker: str) -> None:
    """Send the ciphertext of ``victim`` as ``attacker``, under a hash that comes first; the box takes it."""
    original = mark(inst, wave, victim)
    with inst.database.reading() as session:
        stolen = session.scalars(select(Ballot.ciphertext).where(Ballot.nonce_hash == original)).one()
    offer = journey.offer_of(inst, journey.link_of(inst, wave.codes[attacker]))
    draft = client.draw(offer)
    while sealing.nonce_hash(draft.nonce) > original:
        draft = client.draw(offer)
    with inst.database.transaction() as session:
        reply = papers.issue_paper(
            session,
            inst.keys,
            wave=wave.slug,
            code=wave.codes[attacker],
            blinded=draft.blinded.element,
            now=wave.opens_at,
        )
    paper = client.take_paper(offer, draft, encode64(reply.element), encode64(reply.proof))
    assert journey.put(inst, replace(journey.sealed_ballot(offer, paper, {}), sealed=stolen), now=wave.opens_at)


def victims_counted(inst: Installation, wave: OpenWave) -> tuple[int, int]:
    """Ballots in all that were counted, and how many victims find theirs in the public list."""
    with inst.database.reading() as session:
        ballots = sum(row.ballots for row in totals.list_counts(session, wave.slug))
        lines = published.counted_list(session, wave.slug).splitlines()
    return ballots, len({mark(inst, wave, victim).hex() for victim in VICTIMS} & set(lines))


class CarelessOnce(tally._Once):
    """Takes a row for a copy before it was opened, whichever crowd it claims."""

    def __init__(self, opener: Opener, rows: Iterator[tuple[bytes, str, bytes]]) -> None:
        first: dict[bytes, bytes] = {}
        kept = [row for row in rows if first.setdefault(row[2], row[0]) == row[0]]
        super().__init__(opener, iter(kept))


def test_weakened_by_dropping_copies_unopened_the_victims_are_not_counted(
    inst: Installation, wave: OpenWave, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "_Once", CarelessOnce)
    journey.close_wave(inst, wave)
    ballots, found = victims_counted(inst, wave)
    assert (ballots, found) == (len(wave.codes) - len(ATTACKERS) - len(VICTIMS), 0)
    account.weakened("suppressed ballots", f"{inst.database.engine.name}: {len(VICTIMS)} true ballots not counted")


def test_a_copy_under_another_crowd_takes_nobody_s_place(inst: Installation, wave: OpenWave) -> None:
    assert journey.close_wave(inst, wave).unreadable == len(ATTACKERS)
    ballots, found = victims_counted(inst, wave)
    assert (ballots, found) == (len(wave.codes) - len(ATTACKERS), len(VICTIMS))
    account.product(
        "suppressed ballots", f"{inst.database.engine.name}: none, the {len(ATTACKERS)} copies are unreadable"
    )
