"""Checks the CSV of Jira: repeated columns, dates of any site, the done rules, parents by number, and privacy."""

import datetime as dt
import io
from zoneinfo import ZoneInfo

import pytest

from surveys.errors import InvalidInput
from surveys.importers.roadmap_jira_csv import read_jira_csv
from surveys.importers.roadmap_model import Moscow, PlanKind, StatusClass, hash_person
from surveys.importers.roadmap_raw import Reading

SECRET = b"s" * 32
HEADER = (
    "Summary,Issue key,Issue id,Issue Type,Status,Project key,Priority,Assignee,Assignee Id,Created,Updated,Resolved,"
    "Due date,Fix versions,Fix versions,Components,Labels,Labels,Sprint,Sprint,Custom field (Story Points),"
    "Custom field (Story point estimate),Parent,Parent key,Status Category,Status Category Changed,Comment"
)
FULL = (
    '"Buy, the\nthing",PAY-12,10012,Story,In Review,PAY,High,Ann Roy,5b10a,14/Jul/25 3:42 PM,20/Jul/25 4:30 PM,,'
    "31/Aug/25 12:00 AM,4.1,4.2,API,urgent,q3,Sprint 7,Sprint 8,,5.0,10003,PAY-3,In Progress,15/Jul/25 9:00 AM,secret"
)


def text(*rows, header=HEADER):
    return "\r\n".join((header, *rows)) + "\r\n"


def read(content, **more):
    data = content if isinstance(content, bytes) else content.encode()
    return read_jira_csv(io.BytesIO(data), reading=Reading(source="jira.csv", secret=SECRET, **more))


def items(content, **more):
    return list(read(content, **more).items())


def row(**cells):
    order = [name.strip() for name in HEADER.split(",")]
    return ",".join(cells.get(name.replace(" ", "_").lower(), "") for name in order)


def test_an_issue_of_all_fields_is_read():
    item = items(text(FULL), zone=ZoneInfo("Europe/Madrid"))[0]
    assert (item.key, item.kind, item.status, item.category) == ("PAY-12", "Story", "In Review", StatusClass.DOING)
    assert item.created_at == dt.datetime(2025, 7, 14, 13, 42, tzinfo=dt.UTC)
    assert (item.due, item.done_at, item.size, item.parent) == (dt.date(2025, 8, 31), None, 5.0, "PAY-3")
    assert item.plans == ("PAY/4.1", "PAY/4.2", "Sprint 7", "Sprint 8")
    assert (item.places.project, item.places.components, item.places.labels) == ("PAY", ("API",), ("urgent", "q3"))
    assert (item.offset, item.line, item.changes) == (None, 2, ())


def test_titles_comments_and_names_leave_no_trace_and_the_account_id_is_the_person():
    found = read(text(FULL))
    shown = repr((found, list(found.items())))
    assert not any(word in shown for word in ("Buy", "secret", "Ann", "5b10a"))
    assert items(text(FULL))[0].assignee_hash == hash_person(SECRET, "5b10a")


def test_versions_and_sprints_are_plans_without_dates_and_nothing_has_a_past():
    found = read(text(FULL))
    assert [(plan.name, plan.kind, plan.due) for plan in found.plans] == [
        ("PAY/4.1", PlanKind.VERSION, None),
        ("PAY/4.2", PlanKind.VERSION, None),
        ("Sprint 7", PlanKind.SPRINT, None),
        ("Sprint 8", PlanKind.SPRINT, None),
    ]
    assert found.history == frozenset()


def test_a_done_item_that_was_never_resolved_ended_when_its_category_changed():
    done = row(issue_key="A-1", created="2025-01-01", status_category="Done", status_category_changed="2025-02-01")
    doing = row(
        issue_key="A-2", created="2025-01-01", status_category="In Progress", status_category_changed="2025-02-01"
    )
    assert [item.done_at for item in items(text(done, doing))] == [dt.datetime(2025, 2, 1, tzinfo=dt.UTC), None]


def test_a_parent_by_number_becomes_its_key():
    rows = (
        row(issue_key="A-1", issue_id="10001", created="2025-01-01"),
        row(issue_key="A-2", issue_id="10002", created="2025-01-01", parent="10001"),
    )
    assert items(text(*rows))[1].parent == "A-1"


def test_a_resaved_export_in_american_order_is_read_by_its_own_days():
    header = "Issue key,Created,Resolved"
    rows = ("A-1,6/7/2025 16:14,6/21/2025 16:14", "A-2,6/8/2025 10:00,")
    assert items(text(*rows, header=header))[1].created_at == dt.datetime(2025, 6, 8, 10, tzinfo=dt.UTC)


def test_an_export_that_fits_both_orders_is_refused_until_somebody_says():
    content = text("A-1,6/7/2025 16:14", header="Issue key,Created")
    with pytest.raises(InvalidInput, match="not imported"):
        read(content)
    assert items(content, day_first=True)[0].created_at.month == 7


def test_a_spanish_site_is_read():
    header = "Tipo de Incidencia,Clave de incidencia,Estado,Prioridad,Creada,Actualizada,Persona asignada,Sprint"
    item = items(text("Historia,PAY-1,En curso,Alta,14/jul/25 3:42 p. m.,15/jul/25 9:00 a. m.,Ana,S1", header=header))[
        0
    ]
    assert (item.key, item.status, item.created_at.hour, item.plans) == ("PAY-1", "En curso", 15, ("S1",))


def test_the_new_words_of_jira_are_known():
    assert items(text("A-1,Bug,2025-01-01", header="Work item key,Work type,Created"))[0].kind == "Bug"


def test_rows_wider_than_the_header_are_read_with_a_remark():
    found = read(text("A-1,2025-01-01,,more", header="Issue key,Created,Sprint"))
    assert "wider than the header" in str(found.problems[0])


def test_an_issue_that_comes_twice_counts_as_last_updated():
    header = "Issue key,Created,Updated,Status"
    rows = ("A-1,2025-01-01,2025-03-01,Done", "A-1,2025-01-01,2025-02-01,Open")
    found = read(text(*rows, header=header))
    assert [item.status for item in found.items()] == ["Done"]
    assert "A-1 comes twice" in str(found.problems[0])


def test_values_of_methods_are_found_in_custom_fields():
    header = "Issue key,Created,Custom field (Reach),Custom field (Confidence),Custom field (Priorisation)"
    content = text("A-1,2025-01-01,100,80 %,Muss", header=header)
    item = items(content, moscow_field="Priorisation", moscow_words={"muss": Moscow.MUST})[0]
    assert (item.rice.reach, item.rice.confidence, item.moscow) == (100.0, 0.8, Moscow.MUST)


def test_the_field_of_points_may_be_named():
    content = text("A-1,2025-01-01,3,8", header="Issue key,Created,Story Points,Custom field (Size)")
    assert items(content, size_field="Size")[0].size == 8


def test_points_that_are_no_number_are_left_out_with_a_remark():
    found = read(text("A-1,2025-01-01,XL", header="Issue key,Created,Story Points"))
    assert "Story Points: what stands there is not a number" in str(found.problems[0])


def test_every_bad_row_is_named_with_the_columns_of_the_file():
    header = "Issue key,Created,Resolved"
    with pytest.raises(InvalidInput) as refused:
        read(text(",2025-01-01,", "A-2,,", "A-3,2025-01-01,yesterday", header=header))
    assert [str(problem) for problem in refused.value.problems] == [
        "jira.csv:2: The cell Issue key is empty.",
        "jira.csv:3: The cell Created is empty.",
        "jira.csv:4: Resolved: what stands there is not a day like 2026-05-31 or a time like 2026-05-31T09:30+02:00.",
    ]


def test_an_export_of_exactly_a_thousand_rows_may_have_been_cut(monkeypatch):
    monkeypatch.setattr("surveys.importers.roadmap_jira_csv._CUTS", frozenset({2}))
    found = read(text("A-1,2025-01-01", "A-2,2025-01-01", header="Issue key,Created"))
    assert "exactly 2 rows" in str(found.problems[0])
