"""A steward's steps: plan, open, close; and an import that is checked before it is applied."""

from __future__ import annotations

import io

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from surveys.store import organisation, waves
from tests.integration.web.world import TEAMS, World, token

PEOPLE = "email,name,team,language,starts_on,ends_on\nnew@larkfield.example,New Person,newcomers,en,,\n"
MORE_TEAMS = TEAMS.replace("amara@larkfield.example", "").replace("lena@larkfield.example", "").replace(
    "pau@larkfield.example", ""
) + "\nnewcomers,larkfield,Newcomers <b>,new@larkfield.example,"  # fmt: skip


def upload(client: FlaskClient, teams: str, people: str, checked: str = "") -> TestResponse:
    data = {
        "csrf_token": token(client.get("/setup/organisation")),
        "teams": (io.BytesIO(teams.encode()), "../../teams.csv"),
        "people": (io.BytesIO(people.encode()), "people.csv"),
        "checked": checked,
    }
    return client.post("/setup/organisation", data=data, content_type="multipart/form-data")


def team_keys(world: World) -> set[str]:
    with world.inst.database.reading() as session:
        return {team.key for team in organisation.list_teams(session)}


def checked_digest(page: TestResponse) -> str:
    return page.text.partition('name="checked" value="')[2].partition('"')[0]


def status(world: World, wave: str) -> str:
    with world.inst.database.reading() as session:
        return waves.get_wave(session, wave).status


def test_a_wave_is_planned_opened_and_closed_by_its_buttons(world: World) -> None:
    steward = world.signed_in("steward@larkfield.example")
    pressed = {"csrf_token": token(steward.get("/setup/"))}
    answer = steward.post("/setup/programmes/pulse/plan", data=pressed)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/setup/waves/pulse-2")
    assert "Open this wave now" in steward.get("/setup/waves/pulse-2").text
    assert steward.post("/setup/waves/pulse-2/open", data=pressed).status_code == 303
    assert status(world, "pulse-2") == "open"
    page = steward.get("/setup/waves/pulse-2").text
    assert "Close this wave now" in page
    assert "Own report, if enough answer" in page
    assert steward.post("/setup/waves/pulse-2/close", data=pressed).status_code == 303
    assert status(world, "pulse-2") == "counted"


def test_an_illegal_step_is_refused_with_a_sentence(world: World) -> None:
    steward = world.signed_in("steward@larkfield.example")
    answer = steward.post("/setup/waves/pulse-1/open", data={"csrf_token": token(steward.get("/setup/"))})
    assert answer.status_code == 409
    assert "pulse-1" in answer.text


def test_a_check_shows_what_would_change_and_changes_nothing(world: World) -> None:
    steward = world.signed_in("steward@larkfield.example")
    page = upload(steward, MORE_TEAMS, PEOPLE)
    assert page.status_code == 200
    assert "Nothing was changed yet" in page.text
    assert "New team newcomers" in page.text
    assert "newcomers" not in team_keys(world)


def test_only_the_files_that_were_checked_are_applied(world: World) -> None:
    steward = world.signed_in("steward@larkfield.example")
    digest = checked_digest(upload(steward, MORE_TEAMS, PEOPLE))
    other = upload(steward, MORE_TEAMS, PEOPLE.replace("New Person", "Somebody else"), digest)
    assert "These are not the files that were checked" in other.text
    assert "newcomers" not in team_keys(world)
    applied = upload(steward, MORE_TEAMS, PEOPLE, digest)
    assert "Done." in applied.text
    assert "newcomers" in team_keys(world)


def test_every_bad_row_is_shown_escaped_and_nothing_changes(world: World) -> None:
    steward = world.signed_in("steward@larkfield.example")
    bad = MORE_TEAMS + "\n<i>x</i>,nowhere,No parent,,Europe/Nowhere"
    page = upload(steward, bad, PEOPLE + "broken,Name,nowhere,xx,2026-13-01,\n")
    assert "Nothing was changed" in page.text
    assert "teams.csv:6" in page.text
    assert "people.csv:3" in page.text
    assert "<i>x</i>" not in page.text
    assert "newcomers" not in team_keys(world)


def test_a_missing_file_is_asked_for(world: World) -> None:
    steward = world.signed_in("steward@larkfield.example")
    assert "Choose every file that is needed." in upload(steward, "", "").text
