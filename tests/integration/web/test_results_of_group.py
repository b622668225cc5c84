"""What a member sees of the last wave: the released cells of the own crowd's teams, for the key of that crowd only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from app import lifecycle, security
from app.installation import Installation
from app.web.respond import results
from reports.charts.words import range_words
from reports.services import leader_report
from reports.services.last_results import GroupResults, ShownRow, WithheldRow, find_last_results
from surveys.ballots import links
from surveys.ballots.wire import encode64
from surveys.enums import BallotMode, WaveStatus
from surveys.store import waves as wave_store
from tests.support import journey
from tests.support.journey import ACTOR, ROOT, HeldWave, OpenWave

NOTHING = b'{"refused":"nothing"}\n'
MODE = BallotMode.PROMISE  # how the answers came does not matter here


@dataclass(frozen=True, kw_only=True)
class Place:
    """An installation with a released wave and an open one after it, and a browser without cookies."""

    inst: Installation
    held: HeldWave
    wave: OpenWave
    client: FlaskClient

    def key(self, crowd: str, wave: str | None = None) -> str:
        """The read key of a crowd's links."""
        return encode64(links.read_key(self.inst.keys.installation_key(), wave=wave or self.wave.slug, crowd=crowd))

    def ask(self, crowd: str, changes: dict[str, object] | None = None) -> TestResponse:
        """Ask for the page of a crowd as the answer page does."""
        asked = {"wave": self.wave.slug, "crowd": crowd, "read_key": self.key(crowd)}
        return self.client.post("/results", json=asked | (changes or {}))

    def crowd_of(self, email: str) -> str:
        """The crowd somebody answers in."""
        return self.wave.crowds[email]


def browser(inst: Installation) -> FlaskClient:
    app = Flask("results")
    guard = security.install(app, is_secure=False, body_limits={})
    page = Blueprint("results", "results")
    guard.exempt(page)
    results.add_results(page, database=inst.database, keys=inst.keys)
    app.register_blueprint(page)
    return app.test_client()


def two_waves(inst: Installation, teams: journey.Teams, answers: journey.Answering) -> Place:
    journey.company(inst, teams, mode=MODE)
    held = journey.hold_wave(inst, answers)
    return Place(inst=inst, held=held, wave=journey.open_wave(inst), client=browser(inst))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Six teams after one released wave, the second one open; dog is counted with another team."""
    inst = journey.installation(tmp_path_factory.mktemp("results"))
    yield two_waves(inst, journey.SIX_TEAMS, journey.varied())
    inst.database.dispose()


@pytest.fixture
def inst(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    """A fresh, empty installation on either database."""
    made = journey.installation(tmp_path, database_url)
    yield made
    made.database.dispose()


def groups_of(place: Place, crowd: str) -> tuple[GroupResults, ...]:
    with place.inst.database.reading() as session:
        found = find_last_results(session, wave=place.wave.slug, crowd=crowd)
    assert found is not None
    return found.groups


def test_a_member_sees_what_the_leader_s_report_says(place: Place) -> None:
    with place.inst.database.reading() as session:
        batch = leader_report.load_batch(session, wave=place.held.wave.slug)
        report = leader_report.build_report(session, batch=batch, unit="ant", language="es", as_of=dt.date(2025, 2, 1))
    sent = place.ask("ant").get_json()
    assert (sent["wave"], [unit["names"] for unit in sent["units"]]) == (place.held.wave.slug, [["Team ant"]])
    rows = {row["scale"]["es"]: row for row in sent["units"][0]["rows"]}
    assert len(report.traces) == len(rows) > 2
    for trace in report.traces:
        row = rows[trace.name]
        assert (row["text"]["es"], range_words("es", row["low"], row["high"])) == (trace.value_text, trace.range_text)


def test_the_answer_has_the_agreed_shape_and_nothing_else(place: Place) -> None:
    answer = place.ask("ant")
    sent = answer.get_json()
    assert answer.mimetype == "application/json"
    assert set(sent) == {"wave", "released_on", "units"}
    released_at = place.held.wave.releases_at
    assert sent["released_on"] == released_at.date().isoformat()
    for unit in sent["units"]:
        assert set(unit) == {"names", "rows"}
        for row in unit["rows"]:
            assert set(row) == {"scale", "mean", "low", "high", "text"}
            assert 1 <= row["low"] < row["mean"] < row["high"] <= 5
            assert set(row["scale"]) == set(row["text"]) == {"en", "es"}


def test_every_group_is_a_whole_released_crowd_with_all_its_teams_named(place: Place) -> None:
    crowd = place.crowd_of(journey.member("dog", 1))
    joined = next(units for units in planned_units(place).values() if "dog" in units)
    assert len(joined) > 1
    assert [group.names for group in groups_of(place, crowd)] == [tuple(f"Team {unit}" for unit in joined)]


@pytest.mark.parametrize("email", [journey.member("ant", 1), journey.leader(ROOT), journey.leader("ant")])
def test_everybody_has_a_page(place: Place, email: str) -> None:
    assert place.ask(place.crowd_of(email)).status_code == 200


def test_no_cookie_is_read_or_set_and_two_members_get_the_same_bytes(place: Place) -> None:
    plain, with_cookie = browser(place.inst), browser(place.inst)
    with_cookie.set_cookie("barograph_staff", "x")
    answers = [replace(place, client=client).ask("ant") for client in (plain, with_cookie)]
    assert answers[0].data == answers[1].data
    assert list(answers[0].headers) == list(answers[1].headers)
    assert "Set-Cookie" not in answers[0].headers
    assert answers[0].headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "changes",
    [
        {"crowd": "bee"},
        {"crowd": "company~all"},
        {"wave": "pulse-1"},
        {"wave": "pulse-99"},
        {"crowd": "nobody"},
        {"read_key": encode64(bytes(16))},
        {"read_key": ""},
        {"read_key": 7},
        {"wave": None},
        {"wave": "\ud800"},
        {"crowd": ["ant"]},
        {"extra": "x"},
    ],
    ids=str,
)
def test_anything_else_is_nothing_and_reads_the_same(place: Place, changes: dict[str, object]) -> None:
    answer = place.ask("ant", changes)
    assert (answer.status_code, answer.data) == (404, NOTHING)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"x"', b"{", b"\xff", b"[" * 60_000, b"9" * 6_000])
def test_a_body_that_cannot_be_read_is_nothing(place: Place, body: bytes) -> None:
    answer = place.client.post("/results", data=body)
    assert (answer.status_code, answer.data) == (404, NOTHING)


def test_the_application_has_the_page(client: FlaskClient) -> None:
    answer = client.post("/results", json={"wave": "pulse-1", "crowd": "ticketing", "read_key": ""})
    assert (answer.status_code, answer.data) == (404, NOTHING)
    assert client.post("/results", data=b"x" * (security.ANSWER_BYTES + 1)).status_code == 413
    assert "Set-Cookie" not in answer.headers


def test_a_page_of_another_origin_gets_nothing(place: Place) -> None:
    body = {"wave": place.wave.slug, "crowd": "ant", "read_key": place.key("ant")}
    assert place.client.post("/results", json=body, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


@pytest.mark.parametrize("wave", ["pulse-1", "pulse-99"])
def test_the_right_key_of_a_wave_that_does_not_run_is_worth_nothing(place: Place, wave: str) -> None:
    answer = place.ask("ant", {"wave": wave, "read_key": place.key("ant", wave)})
    assert (answer.status_code, answer.data) == (404, NOTHING)


def test_before_a_first_release_there_is_nothing(inst: Installation) -> None:
    journey.company(inst, mode=MODE)
    wave = journey.open_wave(inst)
    key = encode64(links.read_key(inst.keys.installation_key(), wave=wave.slug, crowd="ant"))
    answer = browser(inst).post("/results", json={"wave": wave.slug, "crowd": "ant", "read_key": key})
    assert (answer.status_code, answer.data) == (404, NOTHING)


def test_after_the_close_the_page_stays_and_after_the_count_it_is_over(inst: Installation) -> None:
    place = two_waves(inst, journey.SIX_TEAMS, journey.varied())
    closed(inst, place.wave.slug)
    assert place.ask("ant").status_code == 200
    journey.close_wave(inst, place.wave)
    assert (place.ask("ant").status_code, place.ask("ant").data) == (404, NOTHING)


def test_a_withdrawn_wave_is_shown_no_more(inst: Installation) -> None:
    place = two_waves(inst, journey.SIX_TEAMS, journey.varied())
    now = place.wave.opens_at
    lifecycle.withdraw_wave(inst, wave=place.held.wave.slug, reason="a mistake", now=now, actor=ACTOR)
    assert (place.ask("ant").status_code, place.ask("ant").data) == (404, NOTHING)


def test_a_wave_of_which_nothing_was_released_says_why(inst: Installation) -> None:
    place = two_waves(inst, journey.SIX_TEAMS, journey.only([journey.member("ant", number) for number in (1, 2, 3)]))
    (unit,) = place.ask("ant").get_json()["units"]
    assert unit["names"] == ["Team ant"]
    assert {row["withheld"]["en"] for row in unit["rows"]} == {
        "Fewer than 5 people answered in all. Nothing is shown, and the answers were destroyed."
    }
    assert {row["withheld"]["es"][:20] for row in unit["rows"]} != {row["withheld"]["en"][:20] for row in unit["rows"]}


def test_one_crowd_for_everybody_was_told_beforehand_and_is_shown(inst: Installation) -> None:
    place = two_waves(inst, journey.TWO_TEAMS, journey.varied())
    (group,) = groups_of(place, place.crowd_of(journey.leader("bee")))
    assert group.names == ("Team ant", "Team bee", "Team root")
    assert all(isinstance(row, ShownRow) for row in group.rows)


NESTED: journey.Teams = {
    ROOT: (None, 3),
    "sea": (ROOT, 4),
    "cod": ("sea", 10),
    "eel": ("sea", 10),
    "hen": (ROOT, 12),
}
"""Sea has people of its own beside its two teams; they and the root's are too few and are counted in one group."""


def test_a_group_in_which_a_leader_was_counted_with_people_led_by_that_leader_is_withheld(inst: Installation) -> None:
    place = two_waves(inst, NESTED, journey.varied())
    crowd = place.crowd_of(journey.leader("sea"))
    assert crowd == place.crowd_of(journey.member("sea", 1)), "the example no longer shows the case"
    (group,) = groups_of(place, crowd)
    assert group.names == ("Team root", "Team sea")
    assert all(isinstance(row, WithheldRow) for row in group.rows)
    assert all(isinstance(row, ShownRow) for row in groups_of(place, "hen")[0].rows)


def test_a_merge_at_the_count_that_catches_a_leader_withholds_the_group_too(inst: Installation) -> None:
    teams: journey.Teams = {**NESTED, ROOT: (None, 7), "sea": (ROOT, 9)}
    silent = [*(journey.member("sea", number) for number in range(1, 9)), *members_of_the_root(7)]
    place = two_waves(inst, teams, journey.varied(absent=silent))
    before = place.held.wave.crowds
    planned = (before[journey.leader("sea")], before[journey.member("sea", 1)])
    assert planned == ("root", "sea"), "the example no longer shows the case"
    (group,) = groups_of(place, place.crowd_of(journey.leader("sea")))
    assert group.names == ("Team root", "Team sea")
    assert all(isinstance(row, WithheldRow) for row in group.rows)


def test_leaders_who_answer_among_their_peers_see_that_group(inst: Installation) -> None:
    place = two_waves(inst, {**NESTED, ROOT: (None, 7), "sea": (ROOT, 9)}, journey.varied())
    assert all(isinstance(row, ShownRow) for row in groups_of(place, place.crowd_of(journey.leader("sea")))[0].rows)


def members_of_the_root(people: int) -> list[str]:
    return [journey.member(ROOT, number) for number in range(1, people)]


def planned_units(place: Place) -> dict[str, list[str]]:
    with place.inst.database.reading() as session:
        return {row.label: list(row.units) for row in wave_store.list_crowds(session, place.held.wave.slug)}


def closed(inst: Installation, wave: str) -> None:
    with inst.database.transaction() as session:
        wave_store.move_wave(session, wave, WaveStatus.OPEN, WaveStatus.CLOSED)


def test_a_page_asks_the_database_little_and_reads_single_crowds_only(place: Place) -> None:
    place.ask("ant")
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_other: object) -> None:
        seen.append(statement)

    event.listen(place.inst.database.engine, "before_cursor_execute", note)
    place.ask("ant")
    event.remove(place.inst.database.engine, "before_cursor_execute", note)
    asked = [statement for statement in seen if statement.startswith("SELECT")]
    assert 5 < len(asked) <= 14
    assert all("crowd IN" in statement for statement in asked if "FROM released_cell" in statement)
