"""What a count makes of segments, topics and comments on both databases, beside what the usual rule would give away."""

from __future__ import annotations

import datetime as dt
import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import text

from app import lifecycle
from app.installation import Installation
from reports.disclosure.smallest import smallest_inferable
from reports.services.release_extras import segment_rows, topic_rows
from reports.store import released_rows
from surveys.ballots import sealing
from surveys.errors import Refused
from surveys.instruments.schema import Instrument
from surveys.services import tally
from surveys.store import accounts, redaction, totals
from surveys.store import waves as wave_store
from tests.support import journey
from tests.support.databases import KINDS, migrate
from tests.support.journey import Answering, Answers, OpenWave, Teams, Ticked

TEAMS: Teams = {
    journey.ROOT: (None, 1),
    "dept": (journey.ROOT, 3),
    "big": ("dept", 13),
    **{f"t{number:02}": ("dept", 10) for number in range(1, 12)},
    "far": (journey.ROOT, 12),
}
"""One unit of 125 people in 13 groups, and one of 12 that is too small for tables."""

SEGMENTS = (journey.segment("role_family", "maker", "seller"), journey.segment("site", "north", "south", "west"))
VICTIM = "t02.4@acme.example"
ITEM = "vision-goals"
EXTRAS = ("topic_total", "segment_count", "segment_total", "comment")


FIRST = "t01.1@acme.example"


def site_of(email: str, wave: OpenWave) -> int | None:
    """One whole crowd sits in the south, and of all others the victim; the rest are spread."""
    if wave.crowds[email] == wave.crowds[FIRST] or email == VICTIM:
        return 2
    if email == "t03.1@acme.example":
        return None
    return 1 if sum(email.encode()) % 2 else 3


WROTE = {
    **{f"big.{number}@acme.example": f"Zoo {number}" for number in range(1, 6)},
    FIRST: "  Alpha\n line ",
    "t02.1@acme.example": "beta",
    "t03.1@acme.example": "Gamma",
    "t04.1@acme.example": "delta",
    "t05.1@acme.example": "Epsilon",
    "t06.1@acme.example": "\u200b \n",
    "far.1@acme.example": "far away",
}
"""Five in one team of more than ten, five in other teams of one unit, one blank, one that is nobody's neighbour."""


def answers_of(wave: OpenWave) -> Answering:
    """Say what everybody answers, ticks and writes."""

    def answer(email: str, instrument: Instrument) -> Answers:
        plain = journey.varied()(email, instrument) or {}
        segments = {"role_family": 1 + sum(email.encode()) // 2 % 2, "site": site_of(email, wave)}
        ticked = ("tools", "workload") if sum(email.encode()) % 3 else ("tools",)
        agreed = {instrument.item_codes[-1]: 5}  # so that the clip has something to cut
        return Ticked({**plain, **segments, **agreed}, topics=ticked, comment=WROTE.get(email, ""))

    return answer


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A counted wave, what everybody answered, and in which final crowd everybody was counted."""

    inst: Installation
    wave: OpenWave
    answers: dict[str, Answers]
    crowds: dict[str, str]
    inside: list[str]
    """The people of the unit with tables."""


def prepare(inst: Installation, teams: Teams = TEAMS) -> OpenWave:
    """An open wave that asks for segments, topics and comments."""
    journey.company(inst, teams, segments=SEGMENTS, has_comments=True)
    return journey.open_wave(inst)


@pytest.fixture(scope="module", params=KINDS)
def counted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counted]:
    """One counted wave for all tests that only look."""
    folder: Path = tmp_path_factory.mktemp("counting")
    url, name = "", ""
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgres_cluster")
        name = f"counting_{secrets.token_hex(4)}"
        url = cluster.create(name)
        migrate(url)
    inst = journey.installation(folder, url)
    wave = prepare(inst)
    answers = journey.cast_all(inst, wave, answers_of(wave))
    journey.close_wave(inst, wave)
    with inst.database.reading() as session:
        rows = {row.label: (row.final_label, row.home) for row in wave_store.list_crowds(session, wave.slug)}
    assert all(final == label for label, (final, _) in rows.items()), "everybody answered, so nothing was joined"
    inside = [email for email in answers if rows[wave.crowds[email]][1] not in {journey.ROOT, "far"}]
    yield Counted(inst=inst, wave=wave, answers=answers, crowds=dict(wave.crowds), inside=inside)
    inst.database.dispose()
    if name:
        request.getfixturevalue("postgres_cluster").drop(name)


def people_of(counted: Counted, segment: str, options: Sequence[int]) -> list[str]:
    """The people of the unit who chose one of these options."""
    return [email for email in counted.inside if (counted.answers[email][segment] or 0) in options]


def test_weakened_to_the_usual_rule_one_person_s_answer_is_a_difference_of_two_totals(counted: Counted) -> None:
    """Every cell of five and more published: the south minus the crowd that fills it is one person."""
    south = people_of(counted, "site", [2])
    crowd = [email for email in counted.inside if counted.crowds[email] == counted.crowds[FIRST]]
    assert len(south) >= 5
    assert len(crowd) >= 5
    assert set(south) - set(crowd) == {VICTIM}

    def total(emails: Sequence[str]) -> int:
        return sum(counted.answers[email][ITEM] or 0 for email in emails)

    assert total(south) - total(crowd) == counted.answers[VICTIM][ITEM]


def test_stored_crowds_and_cells_together_give_nobody_away(counted: Counted) -> None:
    with counted.inst.database.reading() as session:
        cells = totals.list_segment_counts(session, counted.wave.slug)
        counts = {row.crowd: row.ballots for row in totals.list_counts(session, counted.wave.slug)}
        assert {(row.unit, row.segment) for row in cells} == {("dept", "role_family"), ("dept", "site")}
        assert [row.cell for row in cells if 2 in row.options and row.segment == "site"] != ["2"]
        inside = counted.inside
        groups = {f"{row.segment} {row.cell}": people_of(counted, row.segment, row.options) for row in cells} | {
            crowd: [email for email in inside if counted.crowds[email] == crowd]
            for crowd in {counted.crowds[each] for each in inside}
        }
        assert {f"{row.segment} {row.cell}": row.ballots for row in cells} == {
            name: len(own) for name, own in groups.items() if " " in name
        }
        assert all(counts[name] == len(own) for name, own in groups.items() if " " not in name)
        assert smallest_inferable(groups, dict.fromkeys(inside, 1)).passed


def test_a_cell_is_the_sum_over_its_people_and_no_scale_of_it_is_stored(counted: Counted) -> None:
    codes = set(counted.wave.instrument.item_codes)
    with counted.inst.database.reading() as session:
        cells = {(row.segment, row.cell): row.options for row in totals.list_segment_counts(session, counted.wave.slug)}
        rows = totals.list_segment_totals(session, counted.wave.slug)
        assert {row.measure for row in rows} == codes
        for row in rows:
            if row.measure == ITEM:
                given = [
                    counted.answers[email][ITEM]
                    for email in people_of(counted, row.segment, cells[row.segment, row.cell])
                ]
                assert (row.n, row.total) == (len(given), sum(each or 0 for each in given))


def test_topics_are_counted_over_whole_crowds(counted: Counted) -> None:
    with counted.inst.database.reading() as session:
        rows = totals.list_topics(session, counted.wave.slug)
        people = Counter(counted.crowds.values())
        ticked = Counter(
            (counted.crowds[email], topic)
            for email, own in counted.answers.items()
            if isinstance(own, Ticked)
            for topic in own.topics
        )
        assert {(row.crowd, row.topic): (row.n, row.ticked) for row in rows} == {
            (crowd, topic): (people[crowd], ticked[crowd, topic])
            for crowd in people
            for topic in counted.wave.instrument.topic_codes
        }


def test_comments_stand_where_enough_people_answered_and_wrote_and_the_others_nowhere(counted: Counted) -> None:
    with counted.inst.database.reading() as session:
        rows = redaction.list_comments(session, counted.wave.slug)
        row = wave_store.get_wave(session, counted.wave.slug)
        assert [(each.unit, each.place, each.text) for each in rows] == [
            ("big", 1, "Zoo 1"), ("big", 2, "Zoo 2"), ("big", 3, "Zoo 3"), ("big", 4, "Zoo 4"), ("big", 5, "Zoo 5"),
            ("dept", 1, "Alpha line"), ("dept", 2, "beta"), ("dept", 3, "delta"), ("dept", 4, "Epsilon"),
            ("dept", 5, "Gamma"),
        ]  # fmt: skip
        assert {each.decision for each in rows} == {""}
        assert row.counted_at is not None
        assert row.comments_due_at == row.counted_at + dt.timedelta(days=5)


def test_protected_rows_hold_bands_and_no_exact_number(counted: Counted) -> None:
    with counted.inst.database.reading() as session:
        row = wave_store.get_wave(session, counted.wave.slug)
        low = {each.crowd: 5 for each in totals.list_counts(session, counted.wave.slug)}
        topics = topic_rows(session, row, n_low=low)
        made = segment_rows(session, row)
        row.is_strict = True
        strict = segment_rows(session, row)
        session.rollback()
        shares = {(each["low"], each["high"]) for each in topics}
        assert shares <= {(0.0, 0.5), (0.5, 1.0)}
        assert {(each["unit"], each["segment"]) for each in made.segments} == {
            ("dept", "role_family"),
            ("dept", "site"),
        }
        assert all(
            set(each) == {"wave", "unit", "segment", "cell", "options", "n_low", "n_high"} for each in made.segments
        )
        measures = {*counted.wave.instrument.item_codes, *(scale.code for scale in counted.wave.instrument.scales)}
        assert {each["measure"] for each in made.cells} == measures
        assert all("value" in each["figure"] for each in made.cells)  # type: ignore[operator]
        assert made.segments == strict.segments
        assert made.cells != strict.cells


def test_the_release_takes_topics_and_segments_along(counted: Counted) -> None:
    journey.release_wave(counted.inst, counted.wave)
    with counted.inst.database.reading() as session:
        cells = [(row.unit, row.segment, row.cell) for row in totals.list_segment_counts(session, counted.wave.slug)]
        released = released_rows.list_segments(session, counted.wave.slug)
        topics = session.scalar(text("SELECT count(*) FROM released_topic"))
        assert [(row.unit, row.segment, row.cell) for row in released] == cells
        assert topics == len(totals.list_topics(session, counted.wave.slug))


@pytest.fixture
def small(inst: Installation) -> OpenWave:
    """An open wave of 42 people with comments."""
    return prepare(inst, journey.SIX_TEAMS)


def texts(inst: Installation, wave: OpenWave) -> list[str]:
    with inst.database.reading() as session:
        return sorted(each.text for each in redaction.list_comments(session, wave.slug))


def wrote(email: str, instrument: object) -> Answers:
    plain = journey.varied()(email, instrument)  # type: ignore[arg-type]
    return Ticked(plain or {}, comment=f"by {email}")


def rows_of(inst: Installation, wave: OpenWave) -> dict[str, int]:
    with inst.database.reading() as session:
        return {
            table: session.scalar(text(f"SELECT count(*) FROM {table} WHERE wave = :wave"), {"wave": wave.slug}) or 0  # noqa: S608
            for table in EXTRAS
        }


def test_a_comment_that_does_not_open_costs_nobody_the_answers(inst: Installation, small: OpenWave) -> None:
    email = journey.member("ant", 1)
    journey.cast_all(inst, small, lambda each, asked: None if each == email else wrote(each, asked))
    offer, paper = journey.take_paper(inst, small.codes[email], now=small.opens_at)
    sent = journey.sealed_ballot(offer, paper, {}, comment="never read")
    noise = secrets.token_bytes(sealing.COMMENT_BYTES)
    assert journey.put(inst, replace(sent, sealed=sent.sealed[: -sealing.COMMENT_BYTES] + noise), now=small.opens_at)
    assert journey.close_wave(inst, small).unreadable == 0
    with inst.database.reading() as session:
        assert sum(row.ballots for row in totals.list_counts(session, small.slug)) == 42
    assert "never read" not in texts(inst, small)
    assert len(texts(inst, small)) == 41


def test_copied_answers_count_once_and_cannot_push_the_comment_of_their_author_aside(
    inst: Installation, small: OpenWave
) -> None:
    author, thief = journey.member("ant", 1), journey.member("ant", 2)
    journey.cast_all(inst, small, lambda each, asked: None if each in {author, thief} else wrote(each, asked))
    offer, paper = journey.take_paper(inst, small.codes[author], now=small.opens_at)
    sent = journey.sealed_ballot(offer, paper, {}, comment="of the author")
    assert journey.put(inst, sent, now=small.opens_at)
    _, other = journey.take_paper(inst, small.codes[thief], now=small.opens_at)
    own = journey.sealed_ballot(offer, other, {}, comment="of the thief").sealed[-sealing.COMMENT_BYTES :]
    copy = replace(sent, nonce=other.nonce, token=other.token, sealed=sent.sealed[: -sealing.COMMENT_BYTES] + own)
    assert journey.put(inst, copy, now=small.opens_at)
    assert journey.close_wave(inst, small).unreadable == 1
    assert {"of the author", "of the thief"} <= set(texts(inst, small))


def test_the_comment_of_an_unreadable_ballot_is_not_read_and_a_copied_comment_is_one(
    inst: Installation, small: OpenWave
) -> None:
    author, thief, odd = (journey.member("ant", number) for number in (1, 2, 3))
    journey.cast_all(inst, small, lambda each, asked: None if each in {author, thief, odd} else wrote(each, asked))
    offer, paper = journey.take_paper(inst, small.codes[author], now=small.opens_at)
    sent = journey.sealed_ballot(offer, paper, {}, comment="once")
    assert journey.put(inst, sent, now=small.opens_at)
    _, other = journey.take_paper(inst, small.codes[thief], now=small.opens_at)
    again = journey.sealed_ballot(offer, other, {ITEM: 3})
    comment = sent.sealed[-sealing.COMMENT_BYTES :]
    assert journey.put(
        inst, replace(again, sealed=again.sealed[: -sealing.COMMENT_BYTES] + comment), now=small.opens_at
    )
    _, third = journey.take_paper(inst, small.codes[odd], now=small.opens_at)
    broken = journey.sealed_ballot(offer, third, {}, comment="without answers")
    noise = secrets.token_bytes(len(broken.sealed) - sealing.COMMENT_BYTES)
    assert journey.put(
        inst, replace(broken, sealed=noise + broken.sealed[-sealing.COMMENT_BYTES :]), now=small.opens_at
    )
    assert journey.close_wave(inst, small).unreadable == 1
    found = texts(inst, small)
    assert (found.count("once"), "without answers" in found) == (1, False)


def test_a_wave_without_comments_to_show_has_no_deadline(inst: Installation, small: OpenWave) -> None:
    journey.cast_all(inst, small, journey.varied())
    journey.close_wave(inst, small)
    assert texts(inst, small) == []
    with inst.database.reading() as session:
        assert wave_store.get_wave(session, small.slug).comments_due_at is None


def test_a_withdrawal_before_the_release_takes_topics_segments_and_comments_along(
    inst: Installation, small: OpenWave
) -> None:
    journey.cast_all(inst, small, wrote)
    journey.close_wave(inst, small)
    before = rows_of(inst, small)
    assert before["topic_total"] > 0
    assert before["comment"] == 42
    lifecycle.withdraw_wave(inst, wave=small.slug, reason="test", now=small.closes_at, actor=journey.ACTOR)
    assert rows_of(inst, small) == dict.fromkeys(EXTRAS, 0)
    assert set(EXTRAS) <= set(lifecycle.WITHDRAWN_TABLES)
    with inst.database.reading() as session:
        assert wave_store.get_wave(session, small.slug).comments_due_at is None


def test_when_their_time_is_over_topics_and_segments_go_with_the_totals_and_comments_stay(
    inst: Installation, small: OpenWave
) -> None:
    journey.cast_all(inst, small, wrote)
    journey.close_wave(inst, small)
    with inst.database.transaction() as session:
        tally.forget_totals(session, wave=small.slug)
    assert rows_of(inst, small) == {**dict.fromkeys(EXTRAS, 0), "comment": 42}


def test_a_wave_with_comments_does_not_open_while_nobody_reads_them(inst: Installation) -> None:
    journey.company(inst, journey.SIX_TEAMS, has_comments=True)
    with inst.database.transaction() as session:
        accounts.list_accounts(session)[0].is_active = False
    with pytest.raises(Refused, match="takes comments"):
        journey.open_wave(inst)
