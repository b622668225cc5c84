"""Comments of counted ballots: opened apart, cleaned, each once, sorted, and kept only where enough people wrote."""

from __future__ import annotations

import secrets

import pytest

from surveys.ballots import sealing
from surveys.crowds.shapes import Crowd
from surveys.services.tally_comments import clean, collect, place_comments

FINGERPRINT = "ab" * 32
PRIVATE, PUBLIC = sealing.new_wave_key()
OPENER = sealing.Opener(PRIVATE, FINGERPRINT)


def sealed(text: str, crowd: str = "ant") -> bytes:
    return sealing.seal_comment(sealing.pad_comment(text), public_key=PUBLIC, fingerprint=FINGERPRINT, crowd=crowd)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  plain text ", "plain text"),
        ("two\n\nlines\tand a tab", "two lines and a tab"),
        ("nul\x00 bell\x07 escape\x1b[31m", "nul bell escape[31m"),
        ("turned \u202earound\u202c, zero\u200bwidth, soft\u00adhyphen", "turned around, zerowidth, softhyphen"),
        ("composed e\u0301", "composed é"),
        ("half \ud800 of a sign", "half of a sign"),
        ("\u200b \u2028 \n", ""),
        ("x" * 401, "x" * 400),
        ("x" * 399 + " y", "x" * 399),
    ],
)
def test_a_comment_is_one_line_of_signs_that_can_be_seen(written: str, kept: str) -> None:
    assert clean(written) == kept
    assert clean(kept) == kept


def test_only_comments_of_counted_ballots_are_opened_and_they_come_sorted() -> None:
    marks = [secrets.token_bytes(32) for _ in range(4)]
    rows = [
        (marks[0], "ant", sealed("zebra")),
        (marks[1], "bee", sealed("apple", "bee")),
        (marks[2], "ant", sealed("uncounted")),
        (marks[3], "ant", sealed("   ")),
    ]
    assert collect(rows, OPENER, counted=[marks[0], marks[1], marks[3]]) == [("ant", "zebra"), ("bee", "apple")]


def test_a_comment_that_does_not_open_or_cannot_be_read_is_dropped() -> None:
    unread = sealing.seal_comment(
        b"[" * sealing.PLAINTEXT_BYTES, public_key=PUBLIC, fingerprint=FINGERPRINT, crowd="ant"
    )
    rows = [
        (b"1", "ant", sealed("of another crowd", "bee")),
        (b"2", "ant", secrets.token_bytes(sealing.COMMENT_BYTES)),
        (b"3", "ant", b""),
        (b"4", "ant", unread),
        (b"5", "ant", sealed("good")),
    ]
    assert collect(rows, OPENER, counted=[row[0] for row in rows]) == [("ant", "good")]


def test_a_copied_comment_is_one_comment_and_two_people_may_write_the_same() -> None:
    first = sealed("same words")
    rows = [(b"1", "ant", first), (b"2", "ant", first), (b"3", "ant", sealed("same words"))]
    assert collect(rows, OPENER, counted=[b"1", b"2", b"3"]) == [("ant", "same words")] * 2


def test_comments_are_numbered_by_their_text_at_the_unit_of_their_final_crowd_and_others_are_left_out() -> None:
    parents = {"all": None, "dept": "all", "ant": "dept", "bee": "dept", "far": "all"}
    crowds = [
        Crowd(label="ant~bee", units=("ant", "bee"), home="dept", invited=12),
        Crowd(label="far", units=("far",), home="far", invited=30),
    ]
    final = {"ant": "ant~bee", "bee": "ant~bee", "far": "far"}
    comments = [("ant", "c"), ("ant", "e"), ("bee", "a"), ("bee", "b"), ("bee", "d"), ("far", "f")]
    rows = place_comments(comments, crowds, final=final, parents=parents, wave="w")
    assert rows == [
        {"wave": "w", "unit": "dept", "place": number, "text": text} for number, text in enumerate("abcde", start=1)
    ]
    assert place_comments([], crowds, final=final, parents=parents, wave="w") == []
