"""The page of findings: who may see it, what it says first, what a reader may ask for, and parts of a long list."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from app.factory import create_app
from app.installation import Installation
from app.web.hr import findings as page
from app.web.ports import Reports
from reports.services.analysis import make_analysis
from surveys.models.accounts import Account
from surveys.models.base import new_id
from surveys.store import accounts
from tests.integration.cli.served import no_report
from tests.support import journey
from tests.support.filled import World, fill, team

NOW = journey.START
WORLD = World(teams=14, waves=9, scales=4, seed=5, falls={3: 2.4}, joint=frozenset({3}))


@pytest.fixture(scope="module")
def inst(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = journey.installation(tmp_path_factory.mktemp("page"))
    fill(made, WORLD)
    make_analysis(made.database.reading, made.database.transaction, wave="pulse-9", now=NOW)
    yield made
    made.database.dispose()


@pytest.fixture(scope="module")
def browsers(inst: Installation) -> dict[str, FlaskClient]:
    """Browsers of an HR analyst and of a steward, who went through their mail."""
    mails: list[tuple[str, str]] = []
    app = create_app(
        inst.settings,
        database=inst.database,
        keys=inst.keys,
        clock=lambda: NOW,
        send_link=lambda email, url, _language: mails.append((email, url)),
        reports=Reports(get=no_report, render=lambda _report: b""),
    )
    made = {}
    for role in ("hr", "steward"):
        account = Account(id=new_id(), email=f"{role}@x.example", name=role.title(), language="en")
        with inst.database.transaction() as session:
            accounts.add_account(session, account)
            accounts.add_grant(session, account_id=account.id, role=role, team_key="")
        made[role] = app.test_client()
        made[role].post("/sign-in", data={"email": f"{role}@x.example"}).close()
        made[role].post(mails[-1][1].removeprefix(inst.settings.base_url))
    return made


@pytest.fixture
def hr(browsers: dict[str, FlaskClient]) -> FlaskClient:
    return browsers["hr"]


def units_in(text: str) -> int:
    """The number of units in the table of a page."""
    table = text[text.index('<table class="heat long">') :]
    return table[: table.index("</table>")].count('<th scope="row">')


def test_only_hr_sees_it(browsers: dict[str, FlaskClient]) -> None:
    assert browsers["hr"].get("/hr/findings").status_code == 200
    assert browsers["steward"].get("/hr/findings").status_code == 403


def test_the_summary_comes_before_the_table_and_names_what_chance_gives(hr: FlaskClient) -> None:
    text = hr.get("/hr/findings").text
    summary, table = text.index("changed on at least one scale"), text.index("<table")
    assert summary < table
    for said in (
        "would be expected if nothing had changed anywhere",
        "About one in ten units without any change is flagged on each scale in 26 waves.",
        "The report of a leader judges the scales of that report together.",
        "Method version 3",
        "What goes together",
        "Reliability of the scales",
        "false_discovery_rate",
    ):
        assert said in text, said


def test_the_table_shows_what_stands_out_and_all_when_asked(hr: FlaskClient) -> None:
    few, everybody = hr.get("/hr/findings").text, hr.get("/hr/findings?show=all").text
    assert f"Team {team(3)} and Team {team(4)}" in few
    assert 'class="chip less">Falling' in few
    assert f"Team {team(0)}" in everybody
    assert units_in(everybody) == 15 + 1
    assert everybody.count("one row for all of them") == 1


def test_one_scale_is_one_column(hr: FlaskClient) -> None:
    text = hr.get("/hr/findings?show=all&scale=workload").text
    head = text[text.index("<thead>") : text.index("</thead>")]
    assert head.count("<th ") == 2
    assert "Workload" in head


def test_a_long_list_comes_in_parts(hr: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "ON_A_PAGE", 5)
    first, last = (hr.get(f"/hr/findings?show=all&part={number}").text for number in (1, 4))
    assert units_in(first) == 5
    assert units_in(last) == 1
    assert "part=4" in first


@pytest.mark.parametrize("query", ["show=everything", "scale=nothing", "wave=pulse-99", "wave=%00"])
def test_what_does_not_exist_is_not_found(hr: FlaskClient, query: str) -> None:
    assert hr.get(f"/hr/findings?{query}").status_code == 404


def test_a_wave_that_was_not_analysed_says_who_does_it(hr: FlaskClient) -> None:
    text = hr.get("/hr/findings?wave=pulse-8").text
    assert "This wave has not been analysed by today" in text
    assert "<table" not in text


def test_the_heat_table_leads_here(hr: FlaskClient) -> None:
    assert 'href="/hr/findings?wave=pulse-9"' in hr.get("/hr/").text
