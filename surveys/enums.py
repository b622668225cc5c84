"""The closed lists of the facts side, with the table of wave states beside its states."""

from __future__ import annotations

from enum import StrEnum


class WaveStatus(StrEnum):
    """Where a wave stands; see :data:`WAVE_TRANSITIONS` for the legal moves."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    COUNTED = "counted"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


WAVE_TRANSITIONS: dict[WaveStatus, frozenset[WaveStatus]] = {
    WaveStatus.PLANNED: frozenset({WaveStatus.OPEN, WaveStatus.WITHDRAWN}),
    WaveStatus.OPEN: frozenset({WaveStatus.CLOSED}),
    WaveStatus.CLOSED: frozenset({WaveStatus.COUNTED, WaveStatus.WITHDRAWN}),
    WaveStatus.COUNTED: frozenset({WaveStatus.RELEASED, WaveStatus.WITHDRAWN}),
    WaveStatus.RELEASED: frozenset({WaveStatus.WITHDRAWN}),
    WaveStatus.WITHDRAWN: frozenset(),
}
"""Every legal move. A closed wave never reopens; a withdrawn one stays withdrawn, its ballots destroyed."""


class BallotMode(StrEnum):
    """How an answer reaches the ballot box; named in the manifest and on the page."""

    SEALED = "sealed"
    CARD = "card"
    PROMISE = "promise"


class Role(StrEnum):
    """What a staff account may do."""

    LEADER = "leader"
    HR = "hr"
    STEWARD = "steward"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    REDACTOR = "redactor"


class MeasureKind(StrEnum):
    """Whether a total is about one item or about a scale scored per ballot."""

    ITEM = "item"
    SCALE = "scale"
