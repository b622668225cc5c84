"""Checks how cells become values: strictness, offsets of a row, keys that come twice, and the order of bad rows."""

import datetime as dt
import io
from zoneinfo import ZoneInfo

import pytest

from surveys.errors import InvalidInput, Problem
from surveys.i18n import Message
from surveys.importers.roadmap_model import Moscow, Rice, SourceKind
from surveys.importers.roadmap_raw import RawItem, Reading
from surveys.importers.roadmap_sheet import VALUES, Sheet, columns_of, number, refuse, words
from surveys.importers.roadmap_table import Layout

LAYOUT = Layout(required=("key", "created"), optional=("done", "due", "size", *VALUES))


def sheet(content, *, strict=False, **more):
    reading = Reading(source="x.csv", secret=b"s" * 32, **more)
    return Sheet(io.BytesIO(content.encode()), reading=reading, layout=LAYOUT, dates=("created", "done"), strict=strict)


def first(content, **more):
    found = sheet(content, **more)
    return found, next(found.rows())


def test_a_number_may_have_a_comma_and_nothing_else():
    assert [number(text) for text in ("2,5", "3", "-1", "XL", "nan", "inf")] == [2.5, 3.0, None, None, None, None]


def test_words_of_several_cells_come_once_in_their_order():
    assert words(["b, a", "a;c|d"]) == ("b", "a", "c", "d")


def test_what_cannot_be_read_is_a_bad_row_of_our_own_files_and_a_remark_elsewhere():
    content = "key,created,size,moscow\nA,2026-01-05,XL,perhaps\n"
    lenient, row = first(content)
    assert (lenient.number(row, "size"), lenient.moscow(row), lenient.faults) == (None, None, [])
    assert len(lenient.remarks.problems()) == 2
    strict, row = first(content, strict=True)
    assert (strict.number(row, "size"), strict.moscow(row)) == (None, None)
    assert [str(problem) for problem in strict.faults] == [
        "x.csv:2: size: XL is not a number of zero or more.",
        "x.csv:2: moscow: perhaps is not must, should, could or wont.",
    ]


def test_an_unreadable_time_is_a_bad_row_everywhere():
    found, row = first("key,created\nA,the other day\n")
    assert found.created(row, found.times(row, ("created",))) is None
    assert len(found.faults) == 1


def test_bare_times_of_a_row_take_the_offset_it_names_else_the_zone():
    found, row = first("key,created,done\nA,2026-07-01,2026-07-02T10:00-05:00\n", zone=ZoneInfo("Europe/Madrid"))
    times = found.times(row, ("created", "done"))
    assert (times.get("created"), times.offset) == (dt.datetime(2026, 7, 1, 5, tzinfo=dt.UTC), -300)
    found, row = first("key,created\nA,2026-07-01\n", zone=ZoneInfo("Europe/Madrid"))
    times = found.times(row, ("created",))
    assert (times.get("created"), times.offset) == (dt.datetime(2026, 6, 30, 22, tzinfo=dt.UTC), None)


def test_rice_is_read_where_any_part_is_there():
    found, row = first("key,created,reach,confidence\nA,2026-01-05,40,80\n")
    assert found.rice(row) == Rice(reach=40, confidence=0.8)
    found, row = first("key,created\nA,2026-01-05\n")
    assert found.rice(row) is None


def test_words_of_the_map_are_moscow_words():
    found, row = first("key,created,moscow\nA,2026-01-05,Muss\n", moscow_words={"muss": Moscow.MUST})
    assert found.moscow(row) is Moscow.MUST


def test_a_person_is_a_hash_and_nobody_is_none():
    found = sheet("key,created\n")
    assert found.person("") is None
    assert found.person("Ann") == found.person(" ann ")


def test_a_key_that_comes_twice_counts_as_last_updated_whatever_the_order():
    found, early = sheet("key,created\n"), dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
    old = RawItem(key="A", created_at=early, updated_at=early, status="old", line=2)
    new = RawItem(key="A", created_at=early, updated_at=early + dt.timedelta(days=1), status="new", line=3)
    assert found.newest([old, new]) == found.newest([new, old]) == [new]


def test_bad_rows_are_raised_by_line_with_those_of_the_whole_file_last():
    lines = [None, 7, 2]
    with pytest.raises(InvalidInput) as refused:
        refuse("x.csv", [Problem("x.csv", line, Message("Bad.")) for line in lines])
    assert [problem.line for problem in refused.value.problems] == [2, 7, None]


def test_a_raw_file_can_be_read_again_and_knows_its_last_instant():
    found, at = sheet("key,created\n"), dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
    raw = found.file(SourceKind.CSV, [RawItem(key="A", created_at=at, done_at=at + dt.timedelta(days=3))])
    assert list(raw.items()) == list(raw.items())
    assert raw.last_seen == at + dt.timedelta(days=3)


def test_the_columns_of_any_file_can_be_shown_to_a_person():
    reading = Reading(source="x.csv", secret=b"s" * 32)
    content = "Feature name; Sprint;Sprint;;Status\n1;2;3;4;5\n".encode("utf-16")
    assert columns_of(io.BytesIO(content), reading=reading) == ("Feature name", "Sprint", "Status")


@pytest.mark.parametrize("written", ["1,000", "1,250", "12,345", "12_3"])
def test_a_number_that_two_countries_read_in_two_ways_is_none(written):
    assert number(written) is None


@pytest.mark.parametrize(("written", "value"), [("0,125", 0.125), ("2,5", 2.5), ("1250", 1250), ("1,2500", 1.25)])
def test_a_comma_before_other_decimals_is_clear(written, value):
    assert number(written) == value


def test_a_title_in_the_wrong_column_is_not_repeated():
    found, row = first("key,created,size\nA-1,Maria Lopez is off sick,Talk to 1 person about her pay\n")
    found.times(row, ("created",))
    found.number(row, "size")
    told = " ".join(map(str, [*found.faults, *found.remarks.problems()]))
    assert "Maria" not in told
    assert "her pay" not in told


def test_a_header_of_a_million_columns_is_refused_at_once():
    with pytest.raises(InvalidInput) as refused:
        sheet("key,created" + "," * 20_000)
    assert "more than 16384 columns" in str(refused.value.problems[0])
