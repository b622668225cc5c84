"""Attack 13: tell answers apart by the length of what goes over the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import httpx
import pytest

from app.installation import Installation
from surveys.ballots import sealing, trustee
from surveys.ballots.wire import encode64
from tests.attacks import account
from tests.attacks.people import sealed_company
from tests.attacks.voters import build_app, served, voters_of
from tests.attacks.wire import Recorder
from tests.support import journey
from tests.support.journey import Answers


def kinds_of_answers(codes: Sequence[str]) -> Iterator[Answers]:
    """Answers as different in length as they can be."""
    yield dict.fromkeys(codes)
    yield dict.fromkeys(codes, 5)
    yield {code: (number % 5) + 1 for number, code in enumerate(codes)}
    yield {code: None if number else 3 for number, code in enumerate(codes)}


def lengths_on_the_wire(inst: Installation) -> set[tuple[str, str]]:
    """Let members answer in every way and return crowd and length of all ballots that the server received."""
    wave = journey.open_wave(inst)
    recorder = Recorder(build_app(inst, lambda: wave.opens_at))
    with served(recorder) as url, httpx.Client(base_url=url) as http:
        voters = list(voters_of(inst, wave, http).values())
        for voter, answers in zip(voters, kinds_of_answers(wave.instrument.item_codes), strict=False):
            voter.take_paper()
            assert voter.send(answers).status_code == 200
            assert voter.send({**answers, wave.instrument.item_codes[0]: 1}).status_code == 200
    ballots = [each for each in recorder.seen if each.path == "/ballots"]
    assert len(ballots) == 8
    return {(str(each.fields["crowd"]), each.headers["content-length"]) for each in ballots}


def test_weakened_without_padding_the_length_tells(inst: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """The length then tells how many questions were left out."""

    def bare(answers: Answers) -> bytes:
        return json.dumps({"answers": dict(answers), "v": 1}).encode()

    sealed = [
        encode64(sealing.seal(bare(answers), public_key=trustee.public_of(b"\7" * 32), fingerprint="0" * 64, crowd="c"))
        for answers in kinds_of_answers(["a", "b", "c"])
    ]
    assert len({len(each) for each in sealed}) >= 3
    account.weakened("13 length", f"not padded: {len({len(each) for each in sealed})} lengths for 4 kinds of answers")


def test_all_ballots_of_a_crowd_are_equally_long(inst: Installation) -> None:
    sealed_company(inst, journey.TWO_TEAMS)
    found = lengths_on_the_wire(inst)
    account.product("13 length", f"{inst.database.engine.name}: {len(found)} length for 8 ballots")
    assert len(found) == 1


def test_with_a_second_lock_too(inst: Installation) -> None:
    sealed_company(inst, journey.TWO_TEAMS, second_lock=trustee.public_of(b"\7" * 32))
    found = lengths_on_the_wire(inst)
    account.product("13 length", f"{inst.database.engine.name}, second lock: {len(found)} length for 8 ballots")
    assert len(found) == 1


def test_the_language_of_the_link_is_not_in_the_ballot(inst: Installation) -> None:
    sealed_company(inst, journey.TWO_TEAMS)
    wave = journey.open_wave(inst)
    with served(build_app(inst, lambda: wave.opens_at)) as url, httpx.Client(base_url=url) as http:
        voter = next(iter(voters_of(inst, wave, http).values()))
        voter.take_paper()
        body = voter.write(dict.fromkeys(wave.instrument.item_codes, 2))
    assert set(body) == {"wave", "crowd", "nonce", "token", "sealed"}
    assert len(str(body["sealed"])) == len(encode64(bytes(sealing.sealed_length(has_second_lock=False))))
