"""Checks the product's own roadmap template: what is read, and that every bad row is named and nothing read in part."""

import datetime as dt
import random
from zoneinfo import ZoneInfo

import pytest

from surveys.errors import InvalidInput
from surveys.importers.roadmap_csv import read_csv
from surveys.importers.roadmap_map import RoadmapMap, read_map
from surveys.importers.roadmap_model import EventField, Moscow, PlanKind, Rice, StatusClass

SECRET = b"s" * 32
HEADER = "key,team,kind,created,started,done,due,plan,priority,size,status"
ROWS = (
    "A-1,blue,story,2026-01-05,2026-01-07,2026-01-20,,4.1,high,3,done",
    "A-2,blue,bug,2026-01-06,,,2026-03-01,4.2,1,,todo",
    "A-3,red,story,2026-01-08,2026-01-09,,,4.1|4.2,medium,5,doing",
)


def text(*rows, header=HEADER):
    return "\n".join((header, *rows)) + "\n"


def read(content, **more):
    data = content if isinstance(content, bytes) else content.encode()
    return read_csv(data, source="roadmap.csv", secret=SECRET, **more)


def faults(content, **more):
    with pytest.raises(InvalidInput) as refused:
        read(content, **more)
    return [str(problem) for problem in refused.value.problems]


def test_the_template_is_read_into_the_neutral_model():
    found = read(text(*ROWS))
    first, second, third = found.items
    assert (first.key, first.team, first.kind, first.size, first.plans) == ("A-1", "blue", "story", 3.0, ("4.1",))
    assert first.created_at == dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
    assert first.done_at == dt.datetime(2026, 1, 20, tzinfo=dt.UTC)
    assert (second.priority_rank, second.due, second.status_class) == (1, dt.date(2026, 3, 1), StatusClass.TODO)
    assert (third.plans, third.status_class) == (("4.1", "4.2"), StatusClass.DOING)
    assert [(e.item, e.new) for e in found.events] == [("A-1", "doing"), ("A-3", "doing")]
    assert found.history == {EventField.STATUS}
    assert (found.covered_from, found.covered_to) == (dt.date(2026, 1, 5), dt.date(2026, 1, 20))


def test_a_day_is_the_first_instant_of_it_where_the_team_is():
    found = read(text(ROWS[0]), zones={"blue": ZoneInfo("America/New_York")})
    assert found.items[0].created_at == dt.datetime(2026, 1, 5, 5, tzinfo=dt.UTC)


def test_optional_columns_bring_plan_days_people_and_values():
    header = "key,team,created,done,plan,plan_kind,plan_start,plan_due,assignee,reach,impact,confidence,effort,moscow"
    found = read(text("A,b,2026-01-05,,S1,sprint,2026-01-05,2026-01-18,Ann,100,2,80 %,3,Must", header=header))
    item, plan = found.items[0], found.plans[0]
    assert item.rice == Rice(reach=100, impact=2, confidence=0.8, effort=3)
    assert item.moscow is Moscow.MUST
    assert len(item.assignee_hash) == 16
    assert "Ann" not in repr(found)
    assert (plan.kind, plan.start, plan.due) == (PlanKind.SPRINT, dt.date(2026, 1, 5), dt.date(2026, 1, 18))
    assert plan.dates_seen == ((found.covered_to, plan.due),)


def test_titles_and_other_unknown_columns_leave_no_trace_however_long():
    found = read(text(f'A,b,2026-01-05,,"secret {"x" * 140_000}"', header="key,team,created,done,title"))
    assert "secret" not in repr(found)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encoding_and_delimiter_are_recognised(encoding, delimiter):
    content = text(*ROWS).replace(",", delimiter).replace("4.1", "mañana").encode(encoding)
    assert read(content).items[0].plans == ("mañana",)


def test_windows_1252_is_read_with_a_remark():
    found = read(text(*ROWS).replace("4.1", "mañana").encode("cp1252"))
    assert found.items[0].plans == ("mañana",)
    assert "Windows-1252" in str(found.problems[0])


def test_quoted_line_breaks_keep_the_line_numbers_right():
    rows = ('A-1,b,2026-01-05,,"one\ntwo"', "A-2,b,never,,x")
    assert faults(text(*rows, header="key,team,created,done,note")) == [
        "roadmap.csv:4: created: never is not a day like 2026-05-31 or a time like 2026-05-31T09:30+02:00."
    ]


def test_every_bad_row_is_named_with_its_line():
    rows = (
        "A-1,blue,,2026-02-30,,,,,,,",
        "A-2,green,,2026-01-05,,,,,,,",
        "A-3,blue,,2026-01-05,,2026-01-04,,,,,",
        "A-3,blue,,2026-01-05,,,,,,,",
        ",blue,,2026-01-05,,,,,,,",
        "A-4,blue,,2026-01-05,,,soon,,odd,-1,someday",
        "A-5,blue,,2026-01-05,,,,,,,done",
        "A-6,blue,,,,,,,,,",
        "A-7,blue,,2026-01-05,,,,,,,,extra",
    )
    found = faults(text(*rows), teams={"blue"})
    lines = [int(problem.split(":")[1]) for problem in found]
    assert sorted(set(lines)) == [2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert lines.count(7) == 4
    assert "roadmap.csv:4: The item was done before it was created." in found
    assert "roadmap.csv:3: The team green is not known." in found
    assert "roadmap.csv:5: The key A-3 is already on line 4." in found


def test_missing_and_repeated_columns_are_named_together():
    assert faults("key,team,team,created\n") == [
        "roadmap.csv:1: The column done is missing.",
        "roadmap.csv:1: The column team comes twice.",
    ]


def test_a_cell_of_more_than_131072_characters_in_a_column_that_is_read_is_a_bad_row():
    assert "longer than 131072" in faults(text(f"A,{'b' * 131_073},,2026-01-05,,,,,,,"))[0]


def test_quotes_that_do_not_match_are_named():
    assert "quotes" in faults(text('A,"b,,2026-01-05,,,,,,,'))[0]


@pytest.mark.parametrize("content", [b"", b"\x81\x8d not text \xff", HEADER.encode()])
def test_an_empty_or_unreadable_file_is_refused(content):
    assert faults(content)


def test_two_days_of_one_plan_are_a_problem():
    header = "key,team,created,done,plan,plan_due"
    rows = ("A,b,2026-01-05,,4.1,2026-02-01", "B,b,2026-01-05,,4.1,2026-02-02")
    assert faults(text(*rows, header=header)) == ["roadmap.csv:3: The plan 4.1 has another day on line 2."]


def test_a_map_may_name_statuses_priorities_and_the_order_of_dates():
    toml = '[status]\ndoing = ["baking"]\n[priorities]\norder = ["hot", "cold"]\n[dates]\norder = "dmy"\n'
    mapping = read_map(toml.encode(), source="map")
    item = read(text("A,b,,31/01/2026,,,,,cold,,baking"), mapping=mapping).items[0]
    assert (item.status_class, item.priority_rank) == (StatusClass.DOING, 2)
    assert item.created_at.date() == dt.date(2026, 1, 31)


def test_history_comes_from_a_second_file_and_replaces_the_started_column():
    log = "key,at,field,from,to\nA-1,2026-01-06T09:00+02:00,status,todo,doing\nA-3,2026-01-10,plan,,4.2\n"
    found = read(text(*ROWS), history=("log.csv", log.encode()))
    assert found.history == {EventField.STATUS, EventField.PLAN}
    started = [e for e in found.events if e.item == "A-1"]
    assert [e.at for e in started] == [dt.datetime(2026, 1, 6, 7, tzinfo=dt.UTC)]


def test_bad_rows_of_both_files_are_reported_together():
    log = "key,at,field,from,to\nB-9,2026-01-06,status,todo,doing\nA-1,then,mood,a,a\n"
    found = faults(text(*ROWS, "A-1,blue,,x,,,,,,,"), history=("log.csv", log.encode()))
    assert {problem.split(":")[0] for problem in found} == {"roadmap.csv", "log.csv"}
    assert len(found) == 4


def test_a_file_without_any_history_says_so():
    found = read(text("A,b,2026-01-05,", header="key,team,created,done"))
    assert found.history == frozenset()
    assert "no history" in str(found.problems[-1])


def test_the_order_of_rows_and_importing_twice_change_nothing():
    rows = list(ROWS)
    first = read(text(*rows))
    assert read(text(*rows)) == first
    random.Random(1).shuffle(rows)
    assert read(text(*reversed(rows))) == first


def test_covered_days_may_come_from_the_map():
    mapping = RoadmapMap(covered_from=dt.date(2025, 1, 1), covered_to=dt.date(2026, 6, 30))
    found = read(text(*ROWS), mapping=mapping)
    assert (found.covered_from, found.covered_to) == (dt.date(2025, 1, 1), dt.date(2026, 6, 30))
