"""From stored delivery data to weekly pressure and the roadmap of a report, on a real database."""

import dataclasses
import datetime as dt
import json
import re
import time

import pytest
from sqlalchemy import text

from app.extensions import Database
from reports.document import NotAsked, WithheldReason
from reports.pressure.anchors import VERSION_1
from reports.services.pressure import compute_pressure, show_team
from reports.services.pressure_words import what_if_sentences
from reports.services.report_pressure import pressure_of
from reports.services.report_sentences import Member
from reports.store.anchors import add_anchors, next_version
from surveys.errors import NotFound
from surveys.i18n import translator
from surveys.models.roadmap import CalendarDay
from surveys.services.roadmap import import_roadmap
from tests.integration.roadmap.conftest import END, NOW, PEOPLE, RELEASE, START, instant, plan_of, release

TODAY = NOW.date()
ZONES = dict.fromkeys(PEOPLE, "Europe/Madrid")
PAY = Member(team="pay", name="Payments", invited=6)
WEB = Member(team="web", name="Web", invited=9)
OPS = Member(team="ops", name="Operations", invited=4)
OPENED = START + dt.timedelta(weeks=36)
AS_OF = OPENED + dt.timedelta(days=13)


def load(database, file, *, until=TODAY, name="plan", zones=ZONES):
    with database.transaction() as session:
        import_roadmap(session, file, name=name, file_sha256="0" * 64, now=NOW)
    return compute(database, until=until, zones=zones)


def compute(database, *, until=TODAY, zones=ZONES):
    with database.transaction() as session:
        return compute_pressure(session, teams=zones, until=until)


def rows(database):
    query = text("SELECT team, week, document FROM pressure_week ORDER BY team, week")
    with database.reading() as session:
        return [(team, str(week), json.loads(document)) for team, week, document in session.execute(query)]


def hashes(database):
    with database.reading() as session:
        return session.execute(text("SELECT count(assignee_hash) FROM work_item")).scalar_one()


def findings(database, *members, **changes):
    facts = {"opened_on": OPENED, "recall_days": 14, "as_of": AS_OF, "first_on": START, "tr": translator("en")}
    with database.reading() as session:
        return pressure_of(session, members=members, **(facts | changes))


def plain(sentence):
    return "".join(run.text for run in sentence)


def prose(found):
    return " ".join(map(plain, found.trace.sentences))


@pytest.fixture
def loaded(database, plan):
    load(database, plan.file())
    return database


# -- computing and storing


def test_every_whole_covered_week_of_every_known_team_is_stored(loaded):
    found = rows(loaded)
    assert {team for team, _, _ in found} == set(PEOPLE)
    assert len(found) == 3 * 40
    assert min(week for team, week, _ in found if team == "pay") == START.isoformat()


def test_items_of_a_team_that_is_not_known_give_no_weeks(database, plan):
    load(database, plan.file(), zones={"pay": "UTC"})
    assert {team for team, _, _ in rows(database)} == {"pay"}


def test_computing_again_gives_the_same_rows_although_the_hashes_are_gone(loaded):
    first = rows(loaded)
    assert hashes(loaded) == 0
    with loaded.transaction() as session:
        session.execute(text("UPDATE pressure_team SET computed_with = ''"))
    compute(loaded)
    assert rows(loaded) == first


def test_a_new_time_zone_is_computed_although_the_data_are_the_same(loaded):
    first = rows(loaded)
    compute(loaded, zones=dict.fromkeys(PEOPLE, "Pacific/Pago_Pago"))
    assert [document["people"] for _, _, document in rows(loaded)] == [document["people"] for _, _, document in first]
    assert rows(loaded) != first


def test_computing_again_without_a_change_takes_no_time(loaded):
    started = time.perf_counter()
    assert compute(loaded) == len(rows(loaded))
    assert time.perf_counter() - started < 0.1


def test_an_import_computes_the_weeks_it_touches_and_no_others(loaded, plan):
    mark = json.dumps({"people": "enough", "enough": {"plan": True}})
    with loaded.transaction() as session:
        session.execute(text("UPDATE pressure_week SET document = :mark"), {"mark": mark})
    changed = next(n for n, item in enumerate(plan.items) if item.team == "web" and item.created_at >= instant(20))
    plan.items[changed] = dataclasses.replace(plan.items[changed], kind="bug")
    load(loaded, plan.file())
    marked = {team: [week for of, week, document in rows(loaded) if of == team and document == json.loads(mark)]
              for team in PEOPLE}  # fmt: skip
    assert [len(marked[team]) for team in ("pay", "ops")] == [40, 40]
    assert len(marked["web"]) in {19, 20}
    assert max(marked["web"]) < instant(20).date().isoformat()


def test_a_day_off_changes_its_own_week_alone(loaded):
    first = rows(loaded)
    with loaded.transaction() as session:
        session.add(CalendarDay(source="hand", team="web", day=START + dt.timedelta(weeks=20, days=2), kind="holiday"))
    compute(loaded)
    changed = [one[:2] for one, two in zip(first, rows(loaded), strict=True) if one != two]
    assert changed == [("web", (START + dt.timedelta(weeks=20)).isoformat())]


def test_own_anchors_compute_all_weeks_and_every_week_knows_its_version(loaded):
    with loaded.transaction() as session:
        own = dataclasses.replace(VERSION_1, version=next_version(session), split=True)
        add_anchors(session, own, now=NOW, by="test", note="try")
    compute(loaded)
    shown = [document for _, _, document in rows(loaded) if document["people"] == "enough"]
    assert {document["anchors"] for document in shown} == {101}
    assert {document["values"]["S"]["gap"] for document in shown} == {"people_forgotten"}
    load(loaded, plan_of(PEOPLE).file())
    shown = [document for _, _, document in rows(loaded) if document["people"] == "enough"]
    assert any("value" in document["values"]["S"] for document in shown)
    assert not any("people_forgotten" in document["values"]["S"].values() for document in shown)


def test_hashes_stay_until_all_their_weeks_are_counted(database, plan):
    load(database, plan.file(), until=END - dt.timedelta(days=20))
    assert hashes(database) > 0
    compute(database, until=END)
    assert hashes(database) == 0


def test_no_hash_of_a_person_is_in_any_row_after_computing(loaded, plan):
    with loaded.reading() as session:
        stored = repr([session.execute(text(f"SELECT * FROM {t}")).all() for t in ("work_item", "work_event")])  # noqa: S608
    assert not any(item.assignee_hash in stored for item in plan.items)
    assert "assignee" not in stored


def test_teams_that_left_the_data_leave_the_weeks_too(loaded):
    load(loaded, plan_of({"web": 5}).file())
    assert {team for team, _, _ in rows(loaded)} == {"web"}


def test_two_people_under_two_names_each_are_not_enough_in_both_sources_together(database):
    load(database, plan_of({"ops": 2}).file(), name="one")
    assert all(document["people"] == "too_few" for _, _, document in rows(database))
    other = plan_of({"ops": 2})
    other.items = [dataclasses.replace(item, assignee_hash=f"b{item.assignee_hash[1:]}") for item in other.items]
    with database.transaction() as session:
        for name, plan in (("one", plan_of({"ops": 2})), ("two", other)):
            import_roadmap(session, plan.file(), name=name, file_sha256="0" * 64, now=NOW)
    compute(database)
    assert all(document["people"] == "too_few" for _, _, document in rows(database))


def test_thirty_two_teams_are_computed_in_a_few_seconds(sqlite_url):
    database = Database(sqlite_url)
    people = {f"team{number}": 5 for number in range(32)}
    with database.transaction() as session:
        import_roadmap(session, plan_of(people).file(), name="plan", file_sha256="0" * 64, now=NOW)
    started = time.perf_counter()
    assert compute(database, zones=dict.fromkeys(people, "UTC")) == 32 * 40
    assert time.perf_counter() - started < 10
    database.dispose()


# -- what a report says


def test_a_crunch_is_a_rise_that_is_told_with_its_days_parts_and_caution(loaded):
    found = findings(loaded, PAY)
    assert re.match(
        r"Roadmap pressure rose from \d+ to \d+ in \d+ weeks\. An association, not a cause\.", plain(found.heading)
    )
    assert re.search(r"Between .+ and .+ pressure rose from \d+ to \d+, as means of four weeks\.", prose(found))
    assert "Largest parts of this rise" in prose(found)
    assert "Do not conclude" in prose(found)
    assert found.trace.caution == "An association, not a cause."


def test_a_team_without_a_crunch_stays_where_it_was(loaded):
    found = findings(loaded, WEB)
    assert re.match(r"Roadmap pressure is \d+ of 100; it was \d+ in the weeks from .+\.$", plain(found.heading))
    assert "rise or a fall" in prose(found)


def test_the_parts_add_up_to_the_printed_index_and_carry_their_facts(loaded):
    trace = findings(loaded, PAY).trace
    assert round(sum(part.contribution for part in trace.parts)) == int(trace.value_text)
    assert [part.code for part in sorted(trace.parts, key=lambda part: -part.contribution)] == [
        p.code for p in trace.parts
    ]
    assert all(part.fact for part in trace.parts)
    assert re.search(r"\d+ open items due 29 Sept 2025 at \d", " ".join(part.fact for part in trace.parts))
    assert trace.driver.startswith(trace.parts[0].name)
    low, high = map(int, trace.range_text.split(" to "))
    assert low <= int(trace.value_text) <= high


def test_the_printed_value_is_the_mean_of_the_two_weeks_before_the_wave(loaded):
    trace = findings(loaded, PAY).trace
    window = [point.index for point in trace.weeks if OPENED - dt.timedelta(days=14) <= point.week < OPENED]
    assert trace.value_text == f"{sum(window) / 2:.0f}"


def test_no_week_is_shown_that_had_not_ended_on_the_day_of_the_report(loaded):
    weeks = findings(loaded, PAY).trace.weeks
    assert weeks[0].week == START
    assert weeks[-1].week + dt.timedelta(days=6) <= AS_OF < weeks[-1].week + dt.timedelta(days=13)


def test_the_page_shows_twelve_weeks_at_the_first_wave(loaded):
    assert len(findings(loaded, PAY, first_on=OPENED).trace.weeks) >= 12


def test_a_release_is_an_event_with_the_move_of_its_date(database, plan):
    moved = RELEASE - dt.timedelta(days=14)
    load(database, plan.file(plans=(release(RELEASE, dt.date(2025, 6, 2)),)))
    load(database, plan.file(plans=(release(moved, dt.date(2025, 8, 4)),)))
    (event,) = findings(database, PAY).trace.events
    assert (event.date, event.label) == (moved, "release 4.2, date moved from 29 Sept to 15 Sept")


def test_a_plan_asked_for_too_much_has_a_what_if(loaded):
    found = what_if_sentences(findings(loaded, PAY).series, translator("en"))
    said = " ".join(run.text for sentence in found for run in sentence)
    assert re.search(
        r"Taking \d+ items out of 4\.2, due 29 Sept, would bring the required run rate from (\d\.\d) to 1\.0\.", said
    )
    assert "Moving that date by two weeks would bring it to" in said


def test_a_joint_group_has_the_mean_weighted_by_people_and_each_team_thin_beside(loaded):
    pay, web, both = (findings(loaded, *members).trace for members in ([PAY], [WEB], [PAY, WEB]))
    for one, two, mean in zip(pay.weeks, web.weeks, both.weeks, strict=True):
        if isinstance(one.index, float) and isinstance(two.index, float):
            assert mean.index == pytest.approx((6 * one.index + 9 * two.index) / 15)
    assert [(thin.name, thin.weeks) for thin in both.teams] == [("Payments", pay.weeks), ("Web", web.weeks)]
    assert "Mean of Payments and Web, weighted by people invited." in both.coverage_text
    assert round(sum(part.contribution for part in both.parts)) == int(both.value_text)


def test_the_coverage_of_a_joint_group_is_the_lowest_of_its_teams(loaded):
    shares = [
        int(re.search(r"Coverage (\d+) %", findings(loaded, *m).trace.coverage_text)[1])
        for m in ([PAY], [WEB], [PAY, WEB])
    ]
    assert shares[2] == min(shares[:2])


def test_without_data_there_is_a_sentence_and_no_trace(loaded):
    found = findings(loaded, Member(team="none", name="None", invited=7))
    assert (found.trace, found.heading) == (None, None)
    assert found.absent_text == "No delivery data were imported for this team."


def test_without_history_the_page_says_that_the_index_reads_low(database, plan):
    load(database, plan.file(events=(), history=frozenset()))
    assert "about 5 points low" in prose(findings(database, PAY))


def test_data_that_end_long_before_the_wave_give_no_value_and_no_heading(loaded):
    later = OPENED + dt.timedelta(weeks=20)
    found = findings(loaded, PAY, opened_on=later, as_of=later + dt.timedelta(days=13))
    assert (found.heading, found.trace.value_text, found.trace.parts) == (None, "", ())
    assert isinstance(found.trace.weeks[-1].index, NotAsked)
    assert "not enough delivery data" in found.trace.lead


def test_without_a_value_of_the_window_no_week_is_printed_without_its_parts(database, plan):
    late = OPENED - dt.timedelta(days=7)
    load(database, dataclasses.replace(plan.file(), covered_from=late - dt.timedelta(weeks=3)))
    trace = findings(database, PAY, opened_on=late, as_of=late + dt.timedelta(days=27), recall_days=70).trace
    assert (trace.value_text, trace.parts, trace.coverage_text) == ("", (), "")
    assert any(isinstance(point.index, float) for point in trace.weeks)
    assert trace.week_text == ""


@pytest.mark.parametrize(
    ("busy", "strained", "word"), [(1.0, 2.0, "strained"), (1.0, 99.0, "busy"), (98.0, 99.0, "calm")]
)
def test_the_word_for_pressure_is_that_of_the_band_of_the_anchors(loaded, busy, strained, word):
    with loaded.transaction() as session:
        own = dataclasses.replace(VERSION_1, version=next_version(session), busy_from=busy, strained_above=strained)
        add_anchors(session, own, now=NOW, by="test", note="try")
    compute(loaded)
    trace = findings(loaded, PAY).trace
    assert f"Roadmap pressure was {word}:" in trace.lead
    assert trace.load_text == word.capitalize()


def test_the_sentences_are_there_in_both_languages(loaded):
    assert findings(loaded, PAY, tr=translator("es")).trace.value_text == findings(loaded, PAY).trace.value_text


# -- fewer than three people: no figure anywhere


def test_the_weeks_of_a_team_of_two_assignees_are_stored_without_any_figure(loaded):
    stored = [document for team, _, document in rows(loaded) if team == "ops"]
    assert stored
    assert all(document == {"people": "too_few", "enough": {"plan": False}} for document in stored)


def test_the_report_of_a_team_of_two_assignees_says_why_there_is_none(loaded):
    found = findings(loaded, OPS)
    assert (found.trace, found.heading) == (None, None)
    assert "Fewer than three people" in found.absent_text
    assert not re.search(r"\d", found.absent_text)


def test_the_figures_of_others_are_the_same_whatever_the_team_of_two_does(database, plan):
    """Nothing can be subtracted: every figure of every group is a function of the other teams' data alone."""
    groups = ([PAY, OPS], [WEB, OPS], [PAY, WEB, OPS])
    load(database, plan.file())
    before = [findings(database, *group) for group in groups]
    for number, item in enumerate(plan.items):
        if item.team == "ops":
            plan.items[number] = dataclasses.replace(item, priority_rank=1, due=RELEASE - dt.timedelta(days=20))
    load(database, plan.file())
    assert [findings(database, *group) for group in groups] == before


def test_beside_a_joint_group_the_weeks_of_a_team_of_two_are_withheld(loaded):
    trace = findings(loaded, PAY, OPS).trace
    thin = next(each for each in trace.teams if each.name == "Operations")
    held = [point.index for point in thin.weeks]
    assert all(getattr(index, "reason", None) is WithheldReason.ROLLED_UP for index in held)
    assert [point.index for point in trace.weeks] == [point.index for point in findings(loaded, PAY).trace.weeks]
    assert "Operations" in prose(findings(loaded, PAY, OPS))
    assert "Delivery data of Payments only." in trace.coverage_text


def test_the_command_line_shows_no_figure_of_a_team_of_two_assignees(loaded):
    with loaded.reading() as session:
        shown = show_team(session, "ops", people=12)
    assert len(shown.weeks) == 12
    assert all(
        week.is_rolled_up and week.index is None and not week.parts and not week.coverage for week in shown.weeks
    )


def test_a_team_that_shrinks_to_two_in_a_new_import_loses_its_figures(loaded):
    load(loaded, plan_of({"pay": 2}).file())
    assert findings(loaded, PAY).trace is None


def test_a_team_mapped_when_its_people_were_already_deleted_is_withheld(database, plan):
    load(database, plan.file(), zones={"web": "UTC"})
    compute(database)
    assert findings(database, PAY).trace is None


@pytest.mark.parametrize(("invited", "is_shown"), [(2, False), (3, True)])
def test_without_assignees_the_invited_number_decides(database, invited, is_shown):
    load(database, plan_of({"pay": 0}).file())
    found = findings(database, dataclasses.replace(PAY, invited=invited))
    assert (found.trace is not None) is is_shown


# -- the command line


def test_the_command_line_shows_twelve_weeks_with_parts_that_add_up(loaded):
    with loaded.reading() as session:
        shown = show_team(session, "pay")
    assert len(shown.weeks) == 12
    assert shown.has_history
    last = shown.weeks[-1]
    assert last.index == pytest.approx(sum(part.contribution for part in last.parts))
    assert last.coverage >= 0.6


def test_without_assignees_and_without_a_wave_the_command_line_shows_no_figure(database):
    load(database, plan_of({"pay": 0}).file())
    with database.reading() as session:
        assert all(week.is_rolled_up for week in show_team(session, "pay").weeks)
        assert not any(week.is_rolled_up for week in show_team(session, "pay", people=5).weeks)


def test_a_team_without_delivery_data_is_not_found(loaded):
    with loaded.reading() as session, pytest.raises(NotFound):
        show_team(session, "nobody")
