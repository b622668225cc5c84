"""The steward's page of days: type in, take back, fetch holidays, and a calendar that is checked before it applies."""

from __future__ import annotations

import io

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from surveys.importers.organisation import read_organisation
from surveys.services.organisation import import_organisation
from surveys.store import accounts
from surveys.store import calendar_days as store
from tests.integration.web.world import TEAMS, World, token

CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
SUMMARY:4.2 <b>release</b>
DTSTART;VALUE=DATE:20261130
END:VEVENT
BEGIN:VEVENT
SUMMARY:Dentist of Ana
DTSTART;VALUE=DATE:20261201
END:VEVENT
END:VCALENDAR
"""
PEOPLE = "email,name,team,language,starts_on,ends_on\namara@larkfield.example,Amara Osei,larkfield,en,,\n" + "".join(
    f"{name}@larkfield.example,{name},larkfield,en,,\n" for name in ("lena", "pau")
)


@pytest.fixture
def steward(world: World) -> FlaskClient:
    return world.signed_in("steward@larkfield.example")


def post(client: FlaskClient, path: str, **form: str) -> TestResponse:
    page = client.get("/setup/calendar")
    return client.post(f"/setup/calendar/{path}", data={"csrf_token": token(page), **form})


def upload(client: FlaskClient, text: str, **form: str) -> TestResponse:
    data = {
        "csrf_token": token(client.get("/setup/calendar")),
        "file": (io.BytesIO(text.encode()), "../plan.ics"),
        "zone": "Europe/Madrid",
        **form,
    }
    return client.post("/setup/calendar/file", data=data, content_type="multipart/form-data")


def days(world: World) -> list[tuple[str, str, str, str]]:
    with world.inst.database.reading() as session:
        return [(day.source, day.team, day.kind.value, day.day.isoformat()) for day in store.list_days(session)]


def actions(world: World) -> list[str]:
    with world.inst.database.reading() as session:
        return [event.action for event in accounts.list_audit_events(session)]


def test_days_are_typed_in_and_taken_back_and_the_log_says_so(world: World, steward: FlaskClient) -> None:
    assert "No day was typed in" in steward.get("/setup/calendar").text
    form = {"kind": "freeze", "first": "2026-11-30", "team": "payments"}
    page = post(steward, "days", last="2026-12-01", **form)
    assert (page.status_code, "Days that were added: 2." in page.text) == (200, True)
    assert days(world) == [
        ("hand", "payments", "freeze", "2026-11-30"),
        ("hand", "payments", "freeze", "2026-12-01"),
    ]
    assert "30 Nov 2026" in steward.get("/setup/calendar").text
    page = post(steward, "remove", source="hand", last="2026-12-01", **form)
    assert "Days that were removed: 2." in page.text
    assert days(world) == []
    assert {"calendar.add", "calendar.remove"} <= set(actions(world))


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"kind": "freeze", "first": "31.3.2026"}, "“31.3.2026” is not a date."),
        ({"kind": "party", "first": "2026-03-31"}, "Choose a kind and the first day."),
        ({"kind": "freeze"}, "Choose a kind and the first day."),
        ({"kind": "freeze", "first": "2026-03-31", "team": "ops"}, "There is no team ops."),
        ({"kind": "freeze", "first": "2026-03-31", "last": "2026-03-30"}, "The last day lies before the first."),
    ],
)
def test_a_form_that_cannot_be_is_answered_with_a_sentence(
    world: World, steward: FlaskClient, form: dict[str, str], sentence: str
) -> None:
    page = post(steward, "days", **form)
    assert page.status_code == 409
    assert sentence in page.text
    assert days(world) == []


def test_a_calendar_is_checked_first_and_only_the_checked_file_applies(world: World, steward: FlaskClient) -> None:
    page = upload(steward, CALENDAR)
    assert "Nothing was changed yet" in page.text
    assert "New days: 1." in page.text
    assert "Dentist" not in page.text
    assert days(world) == []
    checked = page.text.partition('name="checked" value="')[2].partition('"')[0]
    assert "Nothing was changed yet" in upload(steward, CALENDAR.replace("30", "29"), checked=checked).text
    assert days(world) == []
    page = upload(steward, CALENDAR, checked=checked)
    assert "Done." in page.text
    assert "4.2 &lt;b&gt;release&lt;/b&gt;" in page.text
    assert days(world) == [("calendar", "", "release", "2026-11-30")]
    page = post(steward, "remove", source="calendar", all="yes")
    assert days(world) == []
    assert "Dates of the calendar" not in page.text


def test_a_bad_calendar_is_answered_with_its_lines(world: World, steward: FlaskClient) -> None:
    page = upload(steward, CALENDAR.replace("DTSTART;VALUE=DATE:20261201", "DTSTART:soon"))
    assert page.status_code == 409
    assert "calendar.ics:7: The entry has no readable first day." in page.text
    assert "Unknown time zone" in upload(steward, CALENDAR, zone="Mars").text
    assert "Choose a calendar file." in upload(steward, "").text
    assert days(world) == []


def test_public_holidays_follow_the_country_of_the_team(world: World, steward: FlaskClient) -> None:
    with world.inst.database.transaction() as session:
        rows = [f"{row},{'ES-MD' if number else 'country'}" for number, row in enumerate(TEAMS.splitlines())]
        file = read_organisation("\n".join(rows).encode(), PEOPLE.encode())
        import_organisation(session, file, today=world.now.date())
    page = post(steward, "holidays")
    assert "ES-MD: " in page.text
    assert ("holidays", "payments", "holiday", "2026-12-25") in days(world)


def test_others_than_stewards_are_kept_out(world: World) -> None:
    assert world.signed_in("hr@larkfield.example").get("/setup/calendar").status_code in {403, 404}
    assert world.app.test_client().get("/setup/calendar").status_code in {302, 303, 401, 403}
