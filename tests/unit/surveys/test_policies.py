"""The table of wave states: every state has its moves and a word, and every refusal says what is possible."""

from __future__ import annotations

import itertools

import pytest

from surveys import policies
from surveys.enums import WAVE_TRANSITIONS, WaveStatus
from surveys.errors import Refused
from surveys.policies import can_move_wave, check_can_move_wave, status_word

LEGAL = {
    ("planned", "open"), ("open", "closed"), ("closed", "counted"), ("counted", "released"),
    ("planned", "withdrawn"), ("closed", "withdrawn"), ("counted", "withdrawn"), ("released", "withdrawn"),
}  # fmt: skip
PAIRS = list(itertools.product(WaveStatus, WaveStatus))


def test_every_status_has_its_moves_and_its_word() -> None:
    assert set(WAVE_TRANSITIONS) == set(policies._STATUS_WORDS) == set(WaveStatus)
    assert [str(status_word(status)) for status in WaveStatus] == [status.value for status in WaveStatus]


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_exactly_the_moves_of_the_design_are_legal(before: WaveStatus, after: WaveStatus) -> None:
    is_legal = (before.value, after.value) in LEGAL
    assert can_move_wave(before, after) is is_legal
    if is_legal:
        check_can_move_wave("pulse-1", before, after)
        return
    with pytest.raises(Refused) as caught:
        check_can_move_wave("pulse-1", before, after)
    sentence = str(caught.value)
    assert sentence.startswith(f"Wave pulse-1 is {before.value}")
    assert sentence.endswith(".")


def test_nothing_leads_back_to_an_open_wave() -> None:
    reached = {WaveStatus.CLOSED}
    while (more := {after for each in reached for after in WAVE_TRANSITIONS[each]} | reached) != reached:
        reached = more
    assert reached == {WaveStatus.CLOSED, WaveStatus.COUNTED, WaveStatus.RELEASED, WaveStatus.WITHDRAWN}


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("planned", "closed", "Wave p is planned, so it cannot become closed. The next step is: open."),
        ("open", "released", "Wave p is open, so it cannot become released. The next step is: closed."),
        ("closed", "open", "Wave p is closed, so it cannot become open. The next step is: counted."),
        ("withdrawn", "open", "Wave p is withdrawn; nothing can be done with it any more."),
    ],
)
def test_a_refusal_names_the_state_the_wish_and_the_next_step(before: str, after: str, sentence: str) -> None:
    with pytest.raises(Refused) as caught:
        check_can_move_wave("p", WaveStatus(before), WaveStatus(after))
    assert str(caught.value) == sentence


@pytest.mark.parametrize("status", WaveStatus)
def test_only_an_open_wave_keeps_a_programme_s_ballots_as_they_are(status: WaveStatus) -> None:
    assert policies.can_change_ballots(status) is (status is not WaveStatus.OPEN)
    if status is not WaveStatus.OPEN:
        policies.check_can_change_ballots("p", status)
        return
    with pytest.raises(Refused, match="Wave p is open"):
        policies.check_can_change_ballots("p", status)
