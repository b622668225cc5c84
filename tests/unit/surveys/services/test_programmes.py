"""Programmes: the rhythm in local time across clock changes, which questionnaire a wave has, and refused settings."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.extensions import Database
from surveys.enums import BallotMode, WaveStatus
from surveys.errors import InvalidInput, Refused
from surveys.instruments.schema import Instrument, document, from_document
from surveys.models.waves import Programme, Wave
from surveys.services import programmes
from surveys.services.programmes import DEFAULT_INSTRUMENTS, Change, opening_after, questionnaire
from surveys.services.waves import plan_wave
from surveys.store import waves
from tests.support.journey import facts, segment

HOUR = dt.timedelta(hours=1)
UTC = dt.UTC
LOCK, OTHER_LOCK = bytes(range(32)), bytes(range(1, 33))


def programme(zone: str = "Europe/Madrid", **changes: object) -> Programme:
    plain: dict[str, object] = {
        "slug": "pulse",
        "rrule": "FREQ=WEEKLY;INTERVAL=2",
        "starts_on": dt.date(2025, 1, 6),
        "opens_time": "09:00",
        "timezone": zone,
        "instruments": [dict(entry) for entry in DEFAULT_INSTRUMENTS],
    }
    return Programme(**(plain | changes))


def openings(row: Programme, count: int) -> list[dt.datetime]:
    found: list[dt.datetime] = []
    for _ in range(count):
        found.append(opening_after(row, found[-1] if found else None))
    return found


@pytest.mark.parametrize(
    ("zone", "winter", "summer"),
    [("Europe/Madrid", 8, 7), ("America/New_York", 14, 13), ("UTC", 9, 9), ("Asia/Kolkata", 3.5, 3.5)],
)
def test_the_local_hour_stays_when_the_clock_changes(zone: str, winter: float, summer: float) -> None:
    row = programme(zone)
    found = openings(row, 26)
    assert {instant.astimezone(ZoneInfo(zone)).strftime("%a %H:%M") for instant in found} == {"Mon 09:00"}
    hours = {instant.date(): instant.hour + instant.minute / 60 for instant in found}
    assert (hours[dt.date(2025, 1, 6)], hours[dt.date(2025, 7, 7)]) == (winter, summer)


def test_madrid_changes_on_the_last_sunday_of_march_and_october() -> None:
    found = [instant.isoformat()[5:16] for instant in openings(programme(), 24)]
    assert found[5:7] == ["03-17T08:00", "03-31T07:00"]
    assert found[20:22] == ["10-13T07:00", "10-27T08:00"]


def test_new_york_changes_on_other_days_than_madrid() -> None:
    found = [instant.isoformat()[5:16] for instant in openings(programme("America/New_York"), 24)]
    assert found[4:6] == ["03-03T14:00", "03-17T13:00"]
    assert found[21:23] == ["10-27T13:00", "11-10T14:00"]


def test_a_time_that_is_skipped_in_spring_comes_as_much_later() -> None:
    row = programme(rrule="FREQ=DAILY", opens_time="02:30", starts_on=dt.date(2025, 3, 29))
    assert [instant.isoformat()[8:16] for instant in openings(row, 3)] == ["29T01:30", "30T01:30", "31T00:30"]


def test_a_time_that_comes_twice_in_autumn_is_the_first_of_the_two() -> None:
    row = programme(rrule="FREQ=DAILY", opens_time="02:30", starts_on=dt.date(2025, 10, 25))
    assert [instant.isoformat()[8:16] for instant in openings(row, 3)] == ["25T00:30", "26T00:30", "27T01:30"]


@settings(max_examples=25)
@given(st.sampled_from(["Europe/Madrid", "America/New_York"]), st.integers(0, 400 * 24 * 4))
def test_the_next_opening_is_after_the_instant_and_none_is_left_out(zone: str, quarter: int) -> None:
    row = programme(zone, rrule="FREQ=DAILY", opens_time="02:30", starts_on=dt.date(2025, 1, 1))
    after = dt.datetime(2025, 1, 2, tzinfo=UTC) + quarter * dt.timedelta(minutes=15)
    found = opening_after(row, after)
    assert after < found <= after + dt.timedelta(hours=25)


@pytest.mark.parametrize("minutes", [-61, -1, 0, 1, 59, 60, 61, 119, 120])
def test_around_the_night_when_the_clock_goes_back_every_opening_lies_ahead(minutes: int) -> None:
    row = programme(rrule="FREQ=DAILY", opens_time="02:30", starts_on=dt.date(2025, 10, 20))
    first = dt.datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    after = first + dt.timedelta(minutes=minutes)
    following = dt.datetime(2025, 10, 27, 1, 30, tzinfo=UTC)
    assert opening_after(row, after) == (first if minutes < 0 else following)


def test_an_opening_in_the_skipped_hour_is_not_missed_by_a_look_after_the_skip() -> None:
    """At 3:10 in summer time the opening of 2:30, which is held at 3:30, still lies ahead."""
    row = programme(rrule="FREQ=DAILY", opens_time="02:30", starts_on=dt.date(2025, 3, 20))
    after = dt.datetime(2025, 3, 30, 1, 10, tzinfo=UTC)
    assert opening_after(row, after) == dt.datetime(2025, 3, 30, 1, 30, tzinfo=UTC)


def test_a_rhythm_that_ends_says_so() -> None:
    row = programme(rrule="FREQ=WEEKLY;COUNT=2")
    last = openings(row, 2)[-1]
    with pytest.raises(Refused, match="no further opening"):
        opening_after(row, last)


def test_months_and_weekdays_of_a_rule_are_kept() -> None:
    row = programme(rrule="FREQ=MONTHLY;BYDAY=1TU")
    days = [instant.date() for instant in openings(row, 3)]
    assert days == [dt.date(2025, 1, 7), dt.date(2025, 2, 4), dt.date(2025, 3, 4)]


def test_the_default_rhythm_of_questionnaires() -> None:
    """The pulse always, our own items in waves 2, 5, 8, the core in 3, 6, 9, burnout in 6 and 12."""
    asked = {number: set(questionnaire(programme(), number).code.split("+")) for number in range(1, 13)}
    assert all("pulse-1" in codes for codes in asked.values())
    assert [number for number, codes in asked.items() if "levers-1" in codes] == [2, 5, 8, 11]
    assert [number for number, codes in asked.items() if "core-1" in codes] == [3, 6, 9, 12]
    assert [number for number, codes in asked.items() if "burnout-1" in codes] == [6, 12]


def test_a_wave_without_questions_is_refused() -> None:
    row = programme(instruments=[{"code": "pulse-1", "every": 2, "offset": 0}])
    assert questionnaire(row, 1).code == "pulse-1"
    with pytest.raises(Refused, match="Wave 2 of this programme would have no questions"):
        questionnaire(row, 2)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"slug": "Pulse"}, "small letters"),
        ({"slug": "1pulse"}, "small letters"),
        ({"slug": "p/../x"}, "small letters"),
        ({"slug": "p" * 32}, "small letters"),
        ({"k": 4}, "at least 5"),
        ({"open_days": 0}, "1 to 35 days"),
        ({"open_days": 36}, "1 to 35 days"),
        ({"opens_time": "24:00"}, "HH:MM"),
        ({"opens_time": "9:00"}, "HH:MM"),
        ({"languages": ("en", "xx")}, "among en, es"),
        ({"languages": ()}, "among en, es"),
        ({"timezone": "Europe/Nowhere"}, "no time zone Europe/Nowhere"),
        ({"timezone": ""}, "no time zone"),
        ({"timezone": "../../etc/passwd"}, "no time zone"),
        ({"rrule": ""}, "RFC 5545"),
        ({"rrule": "EVERY=DAY"}, "RFC 5545"),
        ({"rrule": "FREQ=WEEKLY;BYDAY=XX"}, "RFC 5545"),
        ({"rrule": "FREQ=WEEKLY;INTERVAL=0"}, "RFC 5545"),
        ({"rrule": "FREQ=WEEKLY;UNTIL=20260101T000000Z"}, "RFC 5545"),
        ({"rrule": "RDATE:20250101T090000"}, "RFC 5545"),
        ({"rrule": "FREQ=WEEKLY;COUNT=0"}, "no further opening"),
        ({"rrule": "FREQ=DAILY;UNTIL=20200101T000000"}, "no further opening"),
        ({"instruments": ({"code": "none-1", "every": 1, "offset": 0},)}, "no questionnaire none-1"),
        ({"instruments": ({"every": 1},)}, "no questionnaire None"),
    ],
    ids=str,
)
def test_a_setting_that_cannot_work_is_refused_by_name(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        programmes._check(facts(**changes))


def test_every_setting_is_stored_and_a_name_is_taken_once(database: Database) -> None:
    with database.transaction() as session:
        programmes.add_programme(session, facts(k=7, languages=("es",), rrule="FREQ=DAILY;COUNT=3"))
    with database.transaction() as session:
        row = waves.get_programme(session, "pulse")
        assert (row.k, row.languages, row.mode, row.is_active) == (7, ["es"], "sealed", True)
        assert row.second_lock is None
        assert len(openings(row, 3)) == 3
        with pytest.raises(Refused, match="already a programme pulse"):
            programmes.add_programme(session, facts())


def wave(number: int, status: WaveStatus) -> Wave:
    opens_at = dt.datetime(2025, 1, 6, 8, tzinfo=UTC) + dt.timedelta(days=14 * number)
    return Wave(
        slug=f"pulse-{number}",
        programme_slug="pulse",
        number=number,
        status=status,
        mode=BallotMode.SEALED,
        k=5,
        instrument_sha256="aa",
        opens_at=opens_at,
        closes_at=opens_at,
        releases_at=opens_at,
        is_none=False,
    )


def test_a_change_of_ballots_reaches_the_programme_and_its_planned_wave_and_no_other(database: Database) -> None:
    with database.transaction() as session:
        programmes.add_programme(session, facts(mode=BallotMode.SEALED, second_lock=LOCK))
        waves.add_instrument_version(session, sha256="aa", code="x", document={})
        for number, status in enumerate([WaveStatus.RELEASED, WaveStatus.CLOSED, WaveStatus.PLANNED], 1):
            waves.add_wave(session, wave(number, status))
    with database.transaction() as session:
        changed = programmes.change_ballots(session, "pulse", mode=BallotMode.CARD, second_lock=OTHER_LOCK)
        assert changed == "pulse-3"
        row = waves.get_programme(session, "pulse")
        assert (row.mode, row.second_lock) == ("card", OTHER_LOCK.hex())
        assert [(each.mode, each.second_lock) for each in waves.list_waves(session)] == [
            ("sealed", None), ("sealed", None), ("card", OTHER_LOCK.hex()),
        ]  # fmt: skip
        assert programmes.change_ballots(session, "pulse", mode=BallotMode.SEALED, second_lock=None) == "pulse-3"
        assert waves.get_programme(session, "pulse").second_lock is None


def test_nothing_changes_while_a_wave_is_open(database: Database) -> None:
    with database.transaction() as session:
        programmes.add_programme(session, facts(mode=BallotMode.SEALED))
        waves.add_instrument_version(session, sha256="aa", code="x", document={})
        waves.add_wave(session, wave(1, WaveStatus.OPEN))
        waves.add_wave(session, wave(2, WaveStatus.PLANNED))
        with pytest.raises(Refused, match="pulse-1 is open"):
            programmes.change_ballots(session, "pulse", mode=BallotMode.PROMISE, second_lock=None)
        assert {each.mode for each in waves.list_waves(session)} == {"sealed"}
        assert waves.get_programme(session, "pulse").mode == "sealed"


SITE, TENURE = segment("site", "Office", "Home"), segment("tenure_band", "up to 1 year", "longer")


def planned(session: Session) -> Wave:
    return waves.list_waves(session, status=WaveStatus.PLANNED)[0]


def asked(session: Session) -> Instrument:
    return from_document(waves.get_instrument_document(session, planned(session).instrument_sha256))


def test_what_a_programme_asks_beside_the_questions_is_in_its_questionnaire(database: Database) -> None:
    with database.transaction() as session:
        row = programmes.add_programme(session, facts(segments=[TENURE, SITE], has_comments=True, is_strict=True))
        assert [each["code"] for each in row.segments] == ["site", "tenure_band"]
        found = questionnaire(row, 1)
        assert (found.segments, found.has_comments, row.is_strict) == ((SITE, TENURE), True, True)
        assert [topic.code for topic in found.topics][:2] == ["workload", "priorities"]
    assert questionnaire(programme(), 1).answer_codes == questionnaire(programme(), 1).item_codes


def test_comments_and_a_second_lock_never_come_together(database: Database) -> None:
    with database.transaction() as session:
        with pytest.raises(Refused, match="comments or has a second lock, not both"):
            programmes.add_programme(session, facts(has_comments=True, second_lock=LOCK))
        programmes.add_programme(session, facts(has_comments=True))
        with pytest.raises(Refused, match="not both"):
            programmes.change_ballots(session, "pulse", mode=BallotMode.SEALED, second_lock=LOCK)
        assert waves.get_programme(session, "pulse").second_lock is None
        gone = Change(has_comments=False)
        programmes.change_ballots(session, "pulse", mode=BallotMode.SEALED, second_lock=LOCK, change=gone)
        back = Change(has_comments=True)
        with pytest.raises(Refused, match="not both"):
            programmes.change_ballots(session, "pulse", mode=BallotMode.SEALED, second_lock=LOCK, change=back)
        assert waves.get_programme(session, "pulse").has_comments is False


def test_segments_that_are_not_valid_are_refused(database: Database) -> None:
    bad = [segment("age", "young", "old"), segment("site", "Office"), segment("site", "Office", "Office")]
    with database.transaction() as session:
        for each in bad:
            with pytest.raises(InvalidInput, match="segments"):
                programmes.add_programme(session, facts(segments=[each]))
        with pytest.raises(InvalidInput):
            programmes.add_programme(session, facts(segments=[SITE, SITE]))
        assert not waves.list_programmes(session)


def change(session: Session, **values: object) -> str | None:
    wanted = Change(**values)  # type: ignore[arg-type]
    return programmes.change_ballots(session, "pulse", mode=BallotMode.SEALED, second_lock=None, change=wanted)


def test_a_change_reaches_the_planned_wave(database: Database) -> None:
    now = dt.datetime(2025, 1, 1, tzinfo=UTC)
    with database.transaction() as session:
        programmes.add_programme(session, facts(segments=[SITE]))
        plan_wave(session, programme="pulse", now=now)
        assert (asked(session).segments, asked(session).has_comments) == ((SITE,), False)
        assert change(session, has_comments=True, is_strict=True) == "pulse-1"
        assert (asked(session).segments, asked(session).has_comments) == ((SITE,), True)
        assert planned(session).is_strict
        change(session, segments=[TENURE], is_strict=False)
        assert (asked(session).segments, asked(session).has_comments) == ((TENURE,), True)
        assert not planned(session).is_strict
        before = planned(session).instrument_sha256
        change(session)
        assert planned(session).instrument_sha256 == before
        change(session, segments=(), has_comments=False)
        assert asked(session) == questionnaire(waves.get_programme(session, "pulse"), 1)
        assert not {"segments", "topics", "comment"} & set(document(asked(session)))


def test_a_wave_is_as_strict_as_its_programme_was_at_its_planning(database: Database) -> None:
    with database.transaction() as session:
        programmes.add_programme(session, facts(is_strict=True))
        assert plan_wave(session, programme="pulse", now=dt.datetime(2025, 1, 1, tzinfo=UTC)).is_strict


def test_nothing_that_is_asked_changes_under_an_open_wave(database: Database) -> None:
    with database.transaction() as session:
        programmes.add_programme(session, facts())
        waves.add_instrument_version(session, sha256="aa", code="x", document={})
        waves.add_wave(session, wave(1, WaveStatus.OPEN))
        for values in ({"segments": [SITE]}, {"has_comments": True}, {"is_strict": True}):
            with pytest.raises(Refused, match="pulse-1 is open"):
                change(session, **values)
        row = waves.get_programme(session, "pulse")
        assert (row.segments, row.has_comments, row.is_strict) == ([], False, False)
