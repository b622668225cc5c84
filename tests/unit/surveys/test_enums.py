"""The closed lists are written into databases and exports: their words may be added to, never changed."""

from __future__ import annotations

from surveys.enums import BallotMode, MeasureKind, Role, WaveStatus


def test_the_stored_words_are_the_published_ones() -> None:
    assert [each.value for each in WaveStatus] == ["planned", "open", "closed", "counted", "released", "withdrawn"]
    assert [each.value for each in BallotMode] == ["sealed", "card", "promise"]
    assert [each.value for each in Role] == ["leader", "hr", "steward", "operator", "auditor", "redactor"]
    assert [each.value for each in MeasureKind] == ["item", "scale"]
