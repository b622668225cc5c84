"""Checks how moments, days, encodings and packed files are read."""

import datetime as dt
import gzip
from zoneinfo import ZoneInfo

import pytest

from surveys.errors import InvalidInput
from surveys.importers.roadmap_text import day, decode, moment, read_file, unpack

MADRID = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2009-11-11T10:05:20.632+0000", "2009-11-11T10:05:20.632+00:00"),
        ("2007-02-09T10:54:45.000-0600", "2007-02-09T16:54:45+00:00"),
        ("2026-05-31T09:30+02:00", "2026-05-31T07:30+00:00"),
        ("2026-05-31 09:30", "2026-05-31T07:30+00:00"),
        ("2026-01-31", "2026-01-30T23:00+00:00"),
        ("2026-05-31T09:30:00Z", "2026-05-31T09:30+00:00"),
    ],
)
def test_moments_with_mixed_offsets_become_utc(text, utc):
    assert moment(text, zone=MADRID) == dt.datetime.fromisoformat(utc)


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-02-30", "2026-13-01", "31/05/2026", "2026-05-31T25:00", "0000-01-01"]
)
def test_what_is_no_moment_reads_as_none(text):
    assert moment(text, zone=dt.UTC) is None


def test_local_days_are_read_only_in_a_named_order():
    assert moment("31/05/2026", zone=dt.UTC, day_first=True) == dt.datetime(2026, 5, 31, tzinfo=dt.UTC)
    assert day("05/31/2026", day_first=False) == dt.date(2026, 5, 31)
    assert day("05/31/2026", day_first=True) is None


def test_a_day_stays_the_day_that_is_written_whatever_its_offset():
    assert day("2026-05-31T23:30:00-0600") == dt.date(2026, 5, 31)


def test_bytes_that_are_no_text_are_refused_with_their_line():
    with pytest.raises(InvalidInput) as refused:
        decode(b"ok\n\xff\xff\x81", source="f")
    assert refused.value.problems[0].line == 2


def test_gzip_is_unpacked_and_a_bomb_is_refused():
    assert unpack(gzip.compress(b"abc"), source="f") == b"abc"
    with pytest.raises(InvalidInput):
        unpack(gzip.compress(bytes(5000)), source="f", limit=1000)
    with pytest.raises(InvalidInput):
        unpack(gzip.compress(bytes(5000))[:-9], source="f")
    with pytest.raises(InvalidInput):
        unpack(b"\x1f\x8b broken", source="f")


def test_a_file_that_is_missing_or_too_large_is_refused(tmp_path):
    path = tmp_path / "big.csv"
    with pytest.raises(InvalidInput, match="not imported"):
        read_file(path)
    path.write_bytes(bytes(2 * 1024 * 1024))
    with pytest.raises(InvalidInput) as refused:
        read_file(path, limit=1024 * 1024)
    assert "more than 1 MB" in str(refused.value.problems[0])
    assert len(read_file(path)) == 2 * 1024 * 1024
