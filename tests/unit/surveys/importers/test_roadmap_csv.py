"""Checks the product's own roadmap template: what is read, and that every bad row is named and nothing read in part."""

import datetime as dt
import io
import random
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter

from surveys.errors import InvalidInput
from surveys.importers.roadmap_csv import read_csv, read_template, read_workbook
from surveys.importers.roadmap_map import RoadmapMap, read_map
from surveys.importers.roadmap_model import EventField, Moscow, PlanKind, Rice, SourceKind, StatusClass
from surveys.importers.roadmap_raw import Reading

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
        "A-3,blue,,2026-01-05,,2026-01-03,,,,,",
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


def template(content, *, history=None, **more):
    log = None if history is None else ("log.csv", io.BytesIO(history.encode()))
    reading = Reading(source="roadmap.csv", secret=SECRET, **more)
    return read_template(io.BytesIO(content.encode()), reading=reading, history=log)


def refused(content, **more):
    with pytest.raises(InvalidInput) as error:
        template(content, **more)
    return [str(problem) for problem in error.value.problems]


def test_raw_items_keep_the_words_of_the_file():
    item = next(template(text("A-1,blue,Story,2026-01-05,,,,4.1|4.2,hot,3,Baking")).items())
    assert (item.kind, item.priority, item.status, item.plans) == ("Story", "hot", "Baking", ("4.1", "4.2"))
    assert (item.places.team, item.offset, item.line) == ("blue", None, 2)


def test_the_history_becomes_changes_in_the_words_of_the_file():
    log = "key,at,field,from,to\nA-1,2026-01-06T09:00+02:00,status,Baking,Cool\nA-1,2026-01-07,due,,2026-03-01\n"
    found = template(text("A-1,blue,,2026-01-05,,,,,,,"), history=log)
    changes = next(found.items()).changes
    assert [(c.field, c.old, c.new, c.offset) for c in changes] == [
        (EventField.STATUS, "Baking", "Cool", 120),
        (EventField.DUE, None, "2026-03-01", None),
    ]
    assert found.history == {EventField.STATUS, EventField.DUE}
    assert found.last_seen == dt.datetime(2026, 1, 7, tzinfo=dt.UTC)


def test_a_bare_time_stands_at_the_offset_that_its_row_names():
    item = next(template(text("A-1,blue,,2026-01-05,,2026-01-20T09:30+02:00,,,,,")).items())
    assert (item.created_at, item.offset) == (dt.datetime(2026, 1, 4, 22, tzinfo=dt.UTC), 120)


def test_an_end_on_the_day_before_the_creation_counts_as_the_creation():
    found = read(text("A-1,blue,,2026-01-05,,2026-01-04,,,,,"))
    assert found.items[0].done_at == found.items[0].created_at
    assert "A-1 was done before it was created" in str(found.problems[0])


def test_where_a_team_is_missing_another_place_may_stand():
    item = next(template(text("A,2026-01-05,,Shop,Api|Web", header="key,created,done,project,components")).items())
    assert (item.places.project, item.places.components) == ("Shop", ("Api", "Web"))


def test_a_file_of_sums_is_told_what_is_missing():
    found = refused("team,week,open,done,created\nblue,2026-01-05,6,3,30\n")
    assert found[0].startswith("roadmap.csv:1: The file names no work items")
    assert found[1] == "roadmap.csv:1: The column key is missing."


OWN = {"key": "Feature", "created": "Added", "done": "Shipped", "due": "Timeframe", "plan": "Release", "size": "Effort"}
OWN_HEADER = "Feature,Added,Shipped,Timeframe,Release,Effort,Product,Notes"


def own(*rows, **more):
    return template(text(*rows, header=OWN_HEADER), columns={**OWN, "project": "Product"}, **more)


def test_a_roadmap_with_columns_of_its_own_is_read_by_the_map():
    found = own("F-1,5/31/2026,,2026 Q3,R1,big,Shop,secret", "F-2,6/1/2026,,Later,,2,Shop,")
    first, second = found.items()
    assert (first.key, first.due, first.plans, first.size) == ("F-1", dt.date(2026, 9, 30), ("R1",), None)
    assert (second.due, second.size, second.created_at.day) == (None, 2, 1)
    told = " ".join(str(problem) for problem in found.problems)
    assert "Timeframe: 2026 Q3 is coarse; its last day counts, 30 Sept 2026" in told
    assert "Timeframe: Later names no day" in told
    assert "Effort: what stands there is not a number" in told
    assert "secret" not in repr((found, first))


def test_one_number_in_two_projects_is_two_items_and_in_one_project_the_same():
    rows = ("7,2026-01-05,,,,,Shop,", "7,2026-01-06,,,,,Pay,", "8,2026-01-05,,,,,Pay,", "8,2026-01-06,,,,,Pay,")
    assert [item.key for item in own(*rows).items()] == ["8", "Pay/7", "Shop/7"]


def test_dates_that_run_backwards_are_remarks_until_most_do():
    fine = ("F-1,2026-01-05,2026-01-09,,,,,", "F-2,2026-01-05,2026-01-09,,,,,")
    assert len(list(own(*fine, "F-3,2026-01-05,2025-12-01,,,,,").items())) == 3
    with pytest.raises(InvalidInput) as error:
        own("F-3,2026-01-05,2025-12-01,,,,,")
    assert str(error.value.problems[0]) == (
        "roadmap.csv: 1 items end before they are created. Look whether Added and Shipped are the right columns."
    )


def test_a_roadmap_that_knows_neither_ends_nor_status_is_refused():
    found = refused("Feature,Added\nF,2026-01-05\n", columns={"key": "Feature", "created": "Added"})
    assert found == ["roadmap.csv:1: The column done is missing."]


def workbook(fill):
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        fill(book, book.add_worksheet())
    stream.seek(0)
    return stream


def sheet(book, page):
    minute = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
    page.write_row(0, 0, ["key", "team", "created", "done", "size", "score"])
    page.write_row(1, 0, ["A-1", "blue"])
    page.write_datetime(1, 2, dt.datetime(2026, 1, 5, 14, 45), minute)  # noqa: DTZ001 - a sheet has no zone
    page.write_datetime(1, 3, dt.date(2026, 1, 9), minute)
    page.write_formula(1, 4, "=1+2", None, 3)
    page.write_formula(1, 5, "=1/0", None, "#DIV/0!")


def test_a_workbook_is_read_with_its_times_and_the_values_its_formulas_show():
    found = read_workbook(workbook(sheet), reading=Reading(source="plan.xlsx", secret=SECRET))
    item = next(found.items())
    assert found.kind is SourceKind.XLSX
    assert item.created_at == dt.datetime(2026, 1, 5, 14, 45, tzinfo=dt.UTC)
    assert (item.done_at, item.size) == (dt.datetime(2026, 1, 9, tzinfo=dt.UTC), 3)


def test_what_is_no_workbook_is_refused_as_one():
    with pytest.raises(InvalidInput) as error:
        read_workbook(io.BytesIO(b"key,team\n"), reading=Reading(source="plan.xlsx", secret=SECRET))
    assert "not an XLSX workbook" in str(error.value.problems[0])


def test_days_of_due_dates_in_a_history_are_read_in_the_order_that_its_column_proves():
    items = text("A-1,blue,story,2026-01-05,2026-01-07,2026-01-20,,4.1,high,3,done")
    log = "key,at,field,from,to\nA-1,2026-01-06,due,,03/04/2026\nA-1,2026-01-08,due,03/04/2026,04/25/2026\n"
    changes = read(items, history=("past.csv", log.encode())).events
    assert [event.new for event in changes if event.field is EventField.DUE] == ["2026-03-04", "2026-04-25"]


def test_the_items_prove_the_order_of_the_days_in_their_history():
    items = text("A-1,blue,story,01/05/2026,,,04/25/2026,4.1,high,3,todo")
    log = "key,at,field,from,to\nA-1,2026-01-06,due,,03/04/2026\n"
    (change,) = read(items, history=("past.csv", log.encode())).events
    assert change.new == "2026-03-04"


def test_days_of_due_dates_that_nothing_settles_are_a_bad_row():
    items = text("A-1,blue,story,2026-01-05,,,,4.1,high,3,todo")
    log = "key,at,field,from,to\nA-1,2026-01-06,due,,03/04/2026\n"
    assert "no day of the file shows which" in faults(items, history=("past.csv", log.encode()))[0]


def test_a_bare_time_of_winter_is_in_the_zone_that_a_time_of_summer_names():
    rows = text("A-1,blue,story,2026-07-01T09:00+02:00,,2026-12-07 00:30,,4.1,high,3,done")
    (item,) = read(rows, zones={"blue": ZoneInfo("Europe/Madrid")}).items
    assert item.done_at == dt.datetime(2026, 12, 6, 23, 30, tzinfo=dt.UTC)


def test_two_people_and_a_word_are_two_people():
    people = ("Ana", "Unassigned", "José", "jose", "-")
    rows = [f"A-{n},blue,story,2026-01-05,,,,,,,todo,{who}" for n, who in enumerate(people)]
    found = read(text(*rows, header=f"{HEADER},assignee")).items
    assert len({item.assignee_hash for item in found} - {None}) == 2


def test_every_one_of_fifty_bad_rows_is_named():
    rows = [f"A-{n},blue,story,2026-01-05,,,,,,,nonsense" for n in range(50)]
    assert len(faults(text(*rows))) == 50
