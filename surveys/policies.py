"""What the state of the world permits, as pairs of a question and a check over plain values."""

from __future__ import annotations

from surveys.enums import WAVE_TRANSITIONS, WaveStatus
from surveys.errors import Refused
from surveys.i18n import Message, mark

_STATUS_WORDS = {
    WaveStatus.PLANNED: mark("planned"),
    WaveStatus.OPEN: mark("open"),
    WaveStatus.CLOSED: mark("closed"),
    WaveStatus.COUNTED: mark("counted"),
    WaveStatus.RELEASED: mark("released"),
    WaveStatus.WITHDRAWN: mark("withdrawn"),
}


def status_word(status: WaveStatus) -> Message:
    """Return the status as a word of the reader's language."""
    return Message(_STATUS_WORDS[status])


def can_move_wave(before: WaveStatus, after: WaveStatus) -> bool:
    """Tell whether a wave may go from one state to another."""
    return after in WAVE_TRANSITIONS[before]


def check_can_move_wave(wave: str, before: WaveStatus, after: WaveStatus) -> None:
    """Refuse an illegal move with a sentence that says what is possible instead.

    Raises:
        Refused: the table of moves does not hold it.
    """
    if can_move_wave(before, after):
        return
    possible = sorted(WAVE_TRANSITIONS[before])
    if not possible:
        raise Refused(
            "Wave {wave} is {status}; nothing can be done with it any more.", wave=wave, status=status_word(before)
        )
    raise Refused(
        "Wave {wave} is {status}, so it cannot become {wanted}. The next step is: {possible}.",
        wave=wave,
        status=status_word(before),
        wanted=status_word(after),
        possible=Message(_STATUS_WORDS[possible[0]]),
    )


def can_change_ballots(status: WaveStatus) -> bool:
    """Tell whether mode and second lock of a programme may change beside a wave of it in this state."""
    return status != WaveStatus.OPEN


def check_can_change_ballots(wave: str, status: WaveStatus) -> None:
    """Refuse to change how answers are taken under an open wave.

    Raises:
        Refused: the wave is open.
    """
    if not can_change_ballots(status):
        raise Refused(
            "Wave {wave} is open. Its mode, its locks, its thresholds, its questions and its groups stay as its "
            "manifest says until it closes.",
            wave=wave,
        )
