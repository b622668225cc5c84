"""Checks how moments, days, encodings and packed files are read."""

import datetime as dt
import gzip
import io
from zoneinfo import ZoneInfo

import pytest

from surveys.errors import InvalidInput
from surveys.importers.roadmap_text import (
    day,
    day_in,
    decode,
    instant,
    moment,
    open_export,
    read_file,
    unpack,
    unpacked,
)

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


@pytest.mark.parametrize(
    ("text", "utc", "offset"),
    [
        ("2007-02-09T10:54:45.000-0600", "2007-02-09T16:54:45+00:00", -360),
        ("2026-05-31T09:30:00Z", "2026-05-31T09:30:00+00:00", 0),
        ("2026-05-31T09:30+02:00", "2026-05-31T07:30:00+00:00", 120),
        ("2026-05-31T09:30:00", "2026-05-31T07:30:00+00:00", None),
        ("2026-01-31", "2026-01-30T23:00:00+00:00", None),
    ],
)
def test_an_instant_comes_with_the_offset_that_was_written(text, utc, offset):
    assert instant(text, zone=MADRID) == (dt.datetime.fromisoformat(utc), offset)


@pytest.mark.parametrize("text", ["", "soon", "2026-02-30T10:00:00Z", "2026-W10-1T10:00:00Z", "2026-05-31T25:00:00Z"])
def test_what_names_no_instant_is_none(text):
    assert instant(text, zone=dt.UTC) is None


def test_a_packed_stream_is_read_like_the_plain_one_and_again_from_its_start():
    plain = b"0123456789" * 50_000
    for data in (plain, gzip.compress(plain)):
        stream = unpacked(io.BytesIO(data), source="x")
        assert stream.read(10) == plain[:10]
        assert stream.seek(0, io.SEEK_END) == len(plain)
        stream.seek(0)
        assert stream.read() == plain


@pytest.mark.parametrize(
    ("data", "limit", "part"),
    [
        (gzip.compress(b"x" * 3_000_000), 1 << 20, "more than 1 MB"),
        (gzip.compress(b"x" * 1000)[:-20], 1 << 20, "ends too early"),
        (b"\x1f\x8bnonsense", 1 << 20, "damaged"),
    ],
)
def test_a_packed_stream_that_is_too_long_or_broken_is_refused(data, limit, part):
    with pytest.raises(InvalidInput) as refused:
        unpacked(io.BytesIO(data), source="x", limit=limit).read()
    assert part in str(refused.value.problems[0])


def test_an_export_is_opened_by_its_content_and_not_by_its_name(tmp_path):
    (tmp_path / "x.json").write_bytes(gzip.compress(b"[1]"))
    with open_export(tmp_path / "x.json", limit=100) as stream:
        assert stream.read() == b"[1]"
    with pytest.raises(InvalidInput, match="not imported"):
        open_export(tmp_path / "none.json", limit=100)
    (tmp_path / "long.csv").write_bytes(b"x" * 101)
    with pytest.raises(InvalidInput, match="not imported"):
        open_export(tmp_path / "long.csv", limit=100)


def test_a_time_before_the_first_one_is_none():
    assert instant("0001-01-01T00:00:00+10:00", zone=dt.UTC) is None


def test_the_day_of_an_instant_is_that_of_the_zone_where_one_is_known():
    written = "2026-05-03T22:00:00.000Z"
    assert day_in(written, zone=MADRID) == dt.date(2026, 5, 4)
    assert day_in(written, zone=dt.UTC) == dt.date(2026, 5, 3)
    assert day_in("2026-05-03", zone=MADRID) == dt.date(2026, 5, 3)
