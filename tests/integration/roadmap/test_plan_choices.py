"""From stored delivery data to the page on which a leader tries a plan, and to the lines of a report."""

import dataclasses
import datetime as dt

import pytest
from sqlalchemy import text

from reports.pressure.scope import Scope
from reports.services.plan_scope import NoScope, Why, load_scopes, members_of
from reports.services.pressure import compute_pressure
from reports.services.priorities import priority_lines
from reports.services.report_drivers import drivers_page
from reports.services.report_pressure import pressure_of
from reports.services.report_sentences import Member
from reports.services.what_if import Asked, plan_lines, team_plans, token_of
from reports.store.pressure import load_weeks
from surveys.i18n import translator
from surveys.importers.roadmap_model import EventField, Moscow, Rice, StatusClass
from surveys.services.roadmap import import_roadmap
from tests.integration.roadmap.conftest import CRUNCH, END, NOW, PEOPLE, RELEASE, START, instant, plan_of

EN = translator("en")
ZONES = dict.fromkeys(PEOPLE, "Europe/Madrid")
PAY = Member(team="pay", name="Payments", invited=6)
WEB = Member(team="web", name="Web", invited=9)
OPS = Member(team="ops", name="Operations", invited=4)
AS_OF = START + dt.timedelta(weeks=35, days=-1)
MONDAY = START + dt.timedelta(weeks=34)
CUT = f"should:{token_of('4.2')}"


def classed(plan):
    """The work of the crunch: what is not finished is a Should-have of priority 1, the rest Must-haves."""
    return [
        dataclasses.replace(item, moscow=Moscow.SHOULD if item.done_at is None else Moscow.MUST)
        if item.created_at >= instant(CRUNCH)
        else item
        for item in plan.items
    ]


def load(database, plan, name="plan"):
    with database.transaction() as session:
        import_roadmap(session, plan.file(), name=name, file_sha256="0" * 64, now=NOW)


def compute(database):
    with database.transaction() as session:
        compute_pressure(session, teams=ZONES, until=NOW.date())


@pytest.fixture
def loaded(database):
    plan = plan_of(PEOPLE)
    plan.items = classed(plan)
    load(database, plan)
    compute(database)
    return database


def scopes(database, *members, as_of=AS_OF):
    with database.reading() as session:
        return [found for _, found in load_scopes(session, members, as_of=as_of)]


def page(database, *members, asked=None, as_of=AS_OF):
    with database.reading() as session:
        return team_plans(session, teams=members, asked=asked, as_of=as_of, tr=EN)


def lines(database, ask, *members, as_of=AS_OF):
    with database.reading() as session:
        found = ask(session, members=members, as_of=as_of, tr=EN)
        return ["".join(run.text for run in sentence) for sentence in found]


def test_the_open_work_gives_the_run_rates_that_the_week_was_stored_with(loaded):
    found = scopes(loaded, PAY)[0]
    with loaded.reading() as session:
        week = load_weeks(session, ["pay"], first=MONDAY, last=MONDAY)["pay"][MONDAY].figures.week
    assert isinstance(found, Scope)
    assert (found.monday, found.capacity) == (MONDAY, week.capacity)
    (plan,) = team_page = page(loaded, PAY)
    assert len(team_page) == 1
    assert [rate.before for rate in plan.rates] == [EN.number(rate.rate, 1) for rate in week.run_rates]


def test_of_a_team_of_two_people_nothing_is_said_and_of_one_without_data_neither(loaded):
    none = Member(team="none", name="None", invited=9)
    assert scopes(loaded, OPS, none) == [NoScope(Why.TOO_FEW), NoScope(Why.NO_DATA)]
    ops, absent = page(loaded, OPS, none)
    assert "Fewer than three people" in ops.absent
    assert (ops.rates, ops.work, ops.lead, ops.best, ops.priorities) == ((), (), (), (), None)
    assert "No delivery data" in absent.absent
    assert lines(loaded, plan_lines, OPS, none) == lines(loaded, priority_lines, OPS, none) == []


def test_a_team_that_became_too_small_is_not_shown_from_an_earlier_week(loaded):
    few = '{"people": "too_few", "enough": {}}'
    with loaded.transaction() as session:
        session.execute(text("UPDATE pressure_week SET document = :d WHERE week = :w"), {"d": few, "w": MONDAY})
    assert scopes(loaded, PAY) == [NoScope(Why.TOO_FEW)]


def test_data_of_long_ago_are_no_plan_of_today(loaded):
    assert scopes(loaded, PAY, as_of=END + dt.timedelta(weeks=14)) == [NoScope(Why.NO_DATA)]


def test_leaving_out_what_is_asked_for_is_worked_out_anew(loaded):
    (plan,) = page(loaded, PAY, asked=Asked(team="pay", cuts=(CUT,)))
    assert plan.refused == ()
    assert plan.result[0].startswith("These changes bring the required pace from ")
    assert "items leave 4.2: PAY-" in plan.result[1]
    assert "more." in plan.result[1]
    chosen = [group for work in plan.work for group in work.groups if group.is_chosen]
    assert [group.value for group in chosen] == [CUT]
    assert all(float(rate.after) < float(rate.before) for rate in plan.rates)


def test_a_later_day_is_worked_out_and_stays_in_the_form(loaded):
    to = (RELEASE + dt.timedelta(weeks=3)).isoformat()
    (plan,) = page(loaded, PAY, asked=Asked(team="pay", moves=((token_of("4.2"), to),)))
    assert "4.2 moves from 29 Sept to 20 Oct." in plan.result
    assert plan.work[0].to == to


def test_a_day_beyond_thirteen_weeks_is_said_to_be_out_of_sight(loaded):
    to = (MONDAY + dt.timedelta(weeks=14)).isoformat()
    (plan,) = page(loaded, PAY, asked=Asked(team="pay", moves=((token_of("4.2"), to),)))
    assert plan.result[0].endswith("to 0.0.")
    assert "more than 13 weeks ahead" in plan.result[-1]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (Asked(team="pay", cuts=("should:none",)), "A group that was chosen is not in the plan any more."),
        (Asked(team="pay", cuts=(f"all:{token_of('4.2')}",)), "A group that was chosen is not in the plan any more."),
        (Asked(team="pay", cuts=(f"wont:{token_of('4.2')}",)), "A group that was chosen is not in the plan any more."),
        (Asked(team="pay", cuts=("",)), "A group that was chosen is not in the plan any more."),
        (Asked(team="pay", moves=(("none", "2025-12-01"),)), "A plan that was to move is not in the data any more."),
        (Asked(team="pay", moves=((token_of("4.2"), "2025-01-01"),)), "4.2 can only move to a day after 29 Sept 2025."),
        (Asked(team="pay", moves=((token_of("4.2"), "soon"),)), "4.2 can only move to a day after 29 Sept 2025."),
    ],
)
def test_what_cannot_be_done_is_said_and_left_out(loaded, asked, sentence):
    (plan,) = page(loaded, PAY, asked=asked)
    assert len(plan.refused) == 1
    assert sentence in plan.refused[0]
    assert plan.result == ()


def test_an_empty_day_and_another_team_ask_for_nothing(loaded):
    empty = Asked(team="pay", moves=((token_of("4.2"), ""), (token_of("4.2"), RELEASE.isoformat())))
    assert page(loaded, PAY, asked=empty)[0].result == ()
    pay, web = page(loaded, PAY, WEB, asked=Asked(team="pay", cuts=(CUT,)))
    assert pay.result
    assert not web.result


def test_a_report_names_the_steps_that_suffice_with_five_keys_at_most_and_no_forecast(loaded):
    found = lines(loaded, plan_lines, PAY)
    assert found[0].startswith("Moving the ")
    assert "out of 4.2 brings the required pace from " in found[0]
    assert found[0].count("PAY-") == 5
    assert found[-1].endswith("It is arithmetic. It does not say how people will feel.")
    assert len(found) <= 4


def test_a_report_of_several_teams_has_one_line_for_each_that_is_above_the_pace(loaded):
    found = lines(loaded, plan_lines, PAY, WEB, OPS)
    assert [line.split(":")[0] for line in found[:-1]] == ["Payments"]


def test_a_report_says_where_the_pace_suffices(loaded):
    (line,) = lines(loaded, plan_lines, PAY, WEB, as_of=START + dt.timedelta(weeks=20, days=-1))
    assert line.endswith("times the usual pace at most. That needs no change of plan.")


def test_prioritisation_tells_the_must_share_and_what_comes_first(loaded):
    (plan,) = page(loaded, PAY)
    names = [fact.name for fact in plan.priorities.facts]
    assert names == ["Must share", "Highest priority", "Top priorities"]
    assert "MoSCoW" in plan.priorities.framework
    (own, *_) = lines(loaded, priority_lines, PAY)
    assert "are Must" not in own
    both = lines(loaded, priority_lines, PAY, WEB)
    assert both[0] == f"Payments: {own}"
    assert [line.split(":")[0] for line in both] in (["Payments"], ["Payments", "Web"])


def test_effort_against_impact_names_items_by_key(database):
    plan = plan_of({"pay": 4})
    open_items = [item for item in plan.items if item.status_class is not StatusClass.DONE]
    scores = {
        item.key: Rice(reach=1.0, impact=float(n % 3), confidence=0.5, effort=float(n % 4 + 1))
        for n, item in enumerate(open_items)
    }
    plan.items = [dataclasses.replace(item, rice=scores.get(item.key)) for item in plan.items]
    load(database, plan)
    compute(database)
    (found,) = page(database, PAY, as_of=NOW.date())
    fact = next(fact for fact in found.priorities.facts if fact.name == "Effort and impact")
    assert fact.text.count("PAY-") == 5


def test_keys_that_two_sources_share_are_told_apart(database):
    for name in ("one", "two"):
        load(database, plan_of({"pay": 4}), name=name)
    compute(database)
    found = scopes(database, PAY)[0]
    assert {item.key.split(":")[0] for item in found.items} == {"one", "two"}
    with database.reading() as session:
        week = load_weeks(session, ["pay"], first=MONDAY, last=MONDAY)["pay"][MONDAY].figures.week
    assert len(found.items) == week.open


def test_the_history_of_a_plan_decides_what_was_in_it_on_that_day(database):
    plan = plan_of({"pay": 4})
    left = [event for event in plan.events if event.field is EventField.PLAN and event.at >= instant(34)]
    assert left
    load(database, plan)
    compute(database)
    keys = {item.key for item in scopes(database, PAY)[0].items}
    assert not keys & {event.item for event in left}


def test_before_any_wave_nobody_is_known_to_be_invited(database):
    with database.reading() as session:
        assert members_of(session, {"pay": "Payments"}) == (Member(team="pay", name="Payments", invited=0),)


def test_page_c_of_a_report_carries_the_steps_and_the_lines_on_prioritisation(loaded):
    with loaded.reading() as session:
        opened_on = MONDAY + dt.timedelta(weeks=1)
        findings = pressure_of(
            session, members=[PAY], opened_on=opened_on, recall_days=14, as_of=AS_OF, first_on=START, tr=EN
        )
        drivers = drivers_page(session, findings, EN, zones={})
    told = ["".join(run.text for run in sentence) for sentence in drivers.what_if]
    assert told == lines(loaded, plan_lines, PAY)
    assert drivers.priorities
