"""The page on which a leader tries changes of the plan: who may open it, what it answers, that it changes nothing."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re

import pytest
from sqlalchemy import text

from reports.services.pressure import compute_pressure
from reports.services.what_if import token_of
from surveys.importers.roadmap_model import Moscow, PlanFact, PlanKind
from surveys.services.roadmap import import_roadmap
from tests.integration.roadmap import conftest as plans
from tests.integration.web.world import World

LATER = dt.timedelta(days=12)
PEOPLE = {"ticketing": 4, "payments": 2}


@pytest.fixture
def planned(world: World) -> World:
    """The organisation with delivery data of two teams, one of which has only two people behind it."""
    plan = plans.plan_of(PEOPLE)
    file = plan.file(
        items=tuple(
            dataclasses.replace(item, moscow=Moscow.SHOULD if item.done_at is None else Moscow.MUST)
            for item in sorted(plan.items, key=lambda item: item.key)
        ),
        plans=(PlanFact(name="<b>4.2</b>", kind=PlanKind.VERSION, due=plans.RELEASE), plans.release(plans.RELEASE)),
    )
    world.now = dt.datetime.combine(plans.END, dt.time(9, tzinfo=dt.UTC))
    with world.inst.database.transaction() as session:
        import_roadmap(session, file, name="plan", file_sha256="0" * 64, now=world.now)
        compute_pressure(session, teams=dict.fromkeys(PEOPLE, "Europe/Madrid"), until=plans.END)
    return world


def test_a_leader_sees_the_required_pace_of_the_own_team_and_what_would_change_it(planned: World) -> None:
    page = planned.signed_in("lena@larkfield.example").get("/leader/ticketing/plan")
    assert page.status_code == 200
    assert "times the usual pace" in page.text
    assert "Should-haves" in page.text
    assert "TICKETING-" in page.text
    assert "How work is ranked" in page.text
    assert "<script" not in page.text.split("<main")[1]


def test_what_is_chosen_is_worked_out_and_stays_chosen(planned: World) -> None:
    lena = planned.signed_in("lena@larkfield.example")
    to = (plans.RELEASE + LATER).isoformat()
    token = token_of("4.2")
    page = lena.get(f"/leader/ticketing/plan?team=ticketing&cut=should:{token}&plan={token}&to={to}")
    assert re.search(r"These changes bring the required pace from [\d.]+ to [\d.]+\.", page.text)
    assert f'value="should:{token}" checked' in page.text
    assert f'value="{to}"' in page.text


@pytest.mark.parametrize(
    "query", ["team=ticketing&cut=x", "team=ticketing&plan=x&to=9", "team=payments&cut=x", "team=x"]
)
def test_a_query_that_makes_no_sense_is_answered_with_the_page(planned: World, query: str) -> None:
    assert planned.signed_in("lena@larkfield.example").get(f"/leader/ticketing/plan?{query}").status_code == 200


def test_a_plan_with_fewer_than_three_people_is_not_told(planned: World) -> None:
    page = planned.signed_in("pau@larkfield.example").get("/leader/payments/plan")
    assert "Fewer than three people work on this plan." in page.text
    assert "PAYMENTS-" not in page.text


def test_a_leader_above_sees_the_teams_below_each_by_itself(planned: World) -> None:
    page = planned.signed_in("amara@larkfield.example").get("/leader/larkfield/plan")
    assert "TICKETING-" in page.text
    assert "PAYMENTS-" not in page.text
    assert "Fewer than three people" in page.text


def test_a_foreign_team_reads_like_one_that_does_not_exist(planned: World) -> None:
    lena = planned.signed_in("lena@larkfield.example")
    foreign, above, absent = (lena.get(f"/leader/{unit}/plan") for unit in ("payments", "larkfield", "no-such-team"))
    assert foreign.status_code == above.status_code == absent.status_code == 404
    assert foreign.text.replace("payments", "") == absent.text.replace("no-such-team", "")
    assert above.text.replace("larkfield", "") == absent.text.replace("no-such-team", "").replace("larkfield", "")


def test_asking_changes_no_row(planned: World) -> None:
    def rows() -> list[object]:
        with planned.inst.database.reading() as session:
            items = session.execute(text("SELECT * FROM work_item ORDER BY source, key")).all()
            return [items, session.execute(text("SELECT * FROM pressure_week ORDER BY team, week")).all()]

    before = rows()
    planned.signed_in("lena@larkfield.example").get(
        f"/leader/ticketing/plan?team=ticketing&cut=should:{token_of('4.2')}"
    )
    assert rows() == before
