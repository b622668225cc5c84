"""Checks the CSV of Azure Boards: area and iteration paths, size by process, states, tags and people with mail."""

import datetime as dt
import io

import pytest

from surveys.errors import InvalidInput
from surveys.importers.roadmap_azure_csv import read_azure_csv
from surveys.importers.roadmap_model import EventField, PlanKind, StatusClass, hash_person
from surveys.importers.roadmap_raw import Reading

SECRET = b"s" * 32
HEADER = (
    "ID,Work Item Type,Title,Assigned To,State,Tags,Created Date,Changed Date,Activated Date,Closed Date,Target Date,"
    "Area Path,Iteration Path,Story Points,Priority,Parent"
)
FULL = (
    '"760","User Story","Hidden","Roy, Ann <ann@acme.test>","Active","urgent; ui","3/4/2026 6:55:03 PM",'
    '"3/5/2026 2:58:05 PM","3/5/2026 9:00:00 AM",,"3/31/2026 7:00:00 AM","Shop\\Checkout\\API","Shop\\Sprint 1",'
    '"5","2","700"'
)


def read(*rows, header=HEADER, **more):
    content = "\ufeff" + "\r\n".join((header, *rows)) + "\r\n"
    return read_azure_csv(io.BytesIO(content.encode()), reading=Reading(source="azure.csv", secret=SECRET, **more))


def test_a_work_item_is_read():
    item = next(read(FULL).items())
    assert (item.key, item.kind, item.status, item.size, item.priority_rank) == ("760", "User Story", "Active", 5.0, 2)
    assert item.created_at == dt.datetime(2026, 3, 4, 18, 55, 3, tzinfo=dt.UTC)
    assert (item.started_at.day, item.done_at, item.due, item.parent) == (5, None, dt.date(2026, 3, 31), "700")
    assert (item.places.project, item.places.area_path) == ("Shop", "Shop\\Checkout\\API")
    assert item.places.labels == ("urgent", "ui")


def test_titles_and_people_leave_no_trace_and_the_mail_is_the_person():
    found = read(FULL)
    assert not any(word in repr((found, list(found.items()))) for word in ("Hidden", "Ann", "acme"))
    assert next(found.items()).assignee_hash == hash_person(SECRET, "ann@acme.test")


def test_an_iteration_below_the_project_is_a_sprint_and_the_project_is_none():
    header = "ID,Created Date,Area Path,Iteration Path"
    rows = ("1,2026-01-05,Shop,Shop", "2,2026-01-05,Shop\\A,Shop\\2026\\Sprint 3")
    found = read(*rows, header=header)
    assert [item.plans for item in found.items()] == [(), ("Shop\\2026\\Sprint 3",)]
    assert [(plan.kind, plan.due) for plan in found.plans] == [(PlanKind.SPRINT, None)]


@pytest.mark.parametrize("name", ["Story Points", "Effort", "Size"])
def test_size_is_called_what_the_process_calls_it(name):
    assert next(read("1,2026-01-05,8", header=f"ID,Created Date,{name}").items()).size == 8


def test_an_item_that_is_done_without_a_closed_date_ended_when_its_state_changed():
    header = "ID,Created Date,State,Closed Date,State Change Date"
    rows = ("1,2026-01-05,Done,,2026-01-09", "2,2026-01-05,Active,,2026-01-09")
    assert [item.done_at for item in read(*rows, header=header).items()] == [
        dt.datetime(2026, 1, 9, tzinfo=dt.UTC),
        None,
    ]


def test_the_states_of_the_process_templates_have_classes():
    categories = read(FULL).categories
    assert (categories["committed"], categories["removed"]) == (StatusClass.DOING, StatusClass.DONE)


def test_the_activated_date_gives_the_history_of_status():
    assert read(FULL).history == {EventField.STATUS}
    assert read("1,2026-01-05", header="ID,Created Date").history == frozenset()


def test_a_query_without_created_dates_is_told_what_is_missing():
    with pytest.raises(InvalidInput) as refused:
        read("1,Bug", header="ID,Work Item Type")
    assert str(refused.value.problems[0]) == "azure.csv:1: The column Created Date is missing."
