"""The link of a release: made of released means and shown weeks, stored once per state of the data, told by rule."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping

import numpy as np
import pytest
from sqlalchemy import delete, insert, select, update

from app import lifecycle
from app.installation import Installation
from reports.document_link import LinkPage
from reports.models import LinkResult, PressureWeek, ReleasedCrowd
from reports.pressure.values import RunRate
from reports.services import link, link_frame, link_page, link_view
from reports.services.link_data import LinkInputs, read_inputs
from reports.services.link_record import Absence, LinkRecord
from reports.services.link_view import StoredLink
from reports.stats.event_study import EventStudy
from reports.stats.link_results import LinkFit, LinkVerdict, TeamLink
from reports.stats.results import NeverHere
from reports.store.pressure import People
from surveys.errors import NotFound
from surveys.i18n import translator
from surveys.models.roadmap import CalendarDay, RoadmapPlan, RoadmapSource
from surveys.models.waves import Wave, WaveUnit
from tests.support import journey
from tests.support.databases import KINDS, migrate
from tests.support.filled import World, fill, team
from tests.support.linked import fill_linked, store, week

NOW = journey.START + dt.timedelta(days=900)
EN = translator("en")
WORLD = World(teams=8, waves=16, scales=3, seed=2, joint=frozenset({4}), gone=frozenset({6}))
"""Teams 4 and 5 are counted together: seven rows. The sixth wave was withdrawn."""


@pytest.fixture(scope="module", params=KINDS)
def linked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    url, name = "", ""
    if request.param == "postgresql":
        cluster = request.getfixturevalue("postgres_cluster")
        name = f"link_{abs(hash(request.node.name)) % 10**9}"
        url = cluster.create(name)
        migrate(url)
    inst = journey.installation(tmp_path_factory.mktemp("link"), url)
    fill_linked(inst, WORLD, slope=0.9)
    yield inst
    inst.database.dispose()
    if name:
        request.getfixturevalue("postgres_cluster").drop(name)


@pytest.fixture
def inst(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = journey.installation(tmp_path_factory.mktemp("own"))
    yield made
    made.database.dispose()


def inputs(inst: Installation, wave: str = "pulse-16") -> LinkInputs:
    return read_inputs(inst.database.reading, wave=wave)


def made(inst: Installation, wave: str = "pulse-16") -> LinkRecord:
    link.remake_link(inst.database.reading, inst.database.transaction, wave=wave, now=NOW)
    with inst.database.reading() as session:
        found = link.load_record(session, wave)
    assert found is not None
    return found[0]


def stored(inst: Installation, wave: str) -> StoredLink:
    made(inst, wave)
    with inst.database.reading() as session:
        found = link_view.load_link(session, wave)
    assert found is not None
    return found


def test_rows_are_the_smallest_sets_that_do_not_overlap(linked: Installation) -> None:
    found = inputs(linked)
    assert [row.units for row in found.rows] == [
        (team(0),), (team(1),), (team(2),), (team(3),), (team(4), team(5)), (team(6),), (team(7),),
    ]  # fmt: skip
    assert found.recall["workload"] == (14,) * 16
    assert np.isnan(found.strain["workload"][:, 5]).all(), "the withdrawn wave has no figure"
    assert np.isfinite(found.table("workload").index[:, 5]).all(), "its weeks have pressure all the same"


def test_a_true_link_is_found_and_told_with_its_range(linked: Installation) -> None:
    found = made(linked)
    assert found.fit is not None
    assert found.fit.verdict is LinkVerdict.HIGHER_TOGETHER
    assert isinstance(found.fit.team, TeamLink)
    assert found.fit.team.scan is not None
    assert found.previous is not None
    assert {pair.scale for pair in found.extras} == {"clarity", "workload", "overall"}
    overview = link_view.overview_of(stored(linked, "pulse-16"), EN)
    assert overview.title == "More pressure goes with more strain"
    names = [row[0] for section in overview.sections if section.title == "Slopes by team" for row in section.table.rows]  # type: ignore[union-attr]
    assert names == ["All teams", *sorted(names[1:])], "no ranks"


def test_the_same_data_give_the_same_result_and_a_second_look_keeps_it(linked: Installation) -> None:
    made(linked)
    again = link.remake_link(linked.database.reading, linked.database.transaction, wave="pulse-16", now=NOW)
    assert not again.is_new
    assert link.build_record(inputs(linked)) == link.build_record(inputs(linked))
    with linked.database.reading() as session:
        assert not link.is_due(session, "pulse-16")


def test_make_link_works_within_the_transaction_of_its_caller(linked: Installation) -> None:
    with linked.database.transaction() as session:
        result = link.make_link(session, wave="pulse-16", now=NOW)
        assert isinstance(result, LinkResult)
        assert result.inputs_sha256 == inputs(linked).sha256


def test_an_import_makes_it_due_and_unchanged_figures_keep_it(inst: Installation) -> None:
    fill_linked(inst, World(teams=6, waves=13, scales=2), slope=0.5)
    made(inst, "pulse-13")
    source(inst, imported_at=NOW, items=0, unmapped=0)
    with inst.database.reading() as session:
        assert link.is_due(session, "pulse-13")
    assert not link.remake_link(inst.database.reading, inst.database.transaction, wave="pulse-13", now=NOW).is_new
    with inst.database.reading() as session:
        assert not link.is_due(session, "pulse-13")
    with inst.database.transaction() as session:
        session.execute(delete(PressureWeek).where(PressureWeek.team == team(0)))
    source(inst, name="more", imported_at=NOW, items=9, unmapped=1)
    assert inputs(inst, "pulse-13").unmapped == pytest.approx(0.1)
    assert link.remake_link(inst.database.reading, inst.database.transaction, wave="pulse-13", now=NOW).is_new


def plans(inst: Installation, teams: list[str], *, count: int = 9, is_done: bool = True) -> None:
    days = [journey.FIRST_DAY + dt.timedelta(days=20 + 42 * place) for place in range(count)]
    with inst.database.transaction() as session:
        session.add_all(
            RoadmapPlan(
                source="plan", name=f"R{place}", kind="version", starts_on=None, due_on=day,
                done_on=day if is_done else None, teams=teams,
            )
            for place, day in enumerate(days)
        )  # fmt: skip


def page(inst: Installation, unit: str, wave: str = "pulse-30") -> LinkPage:
    with inst.database.reading() as session:
        found = link_page.link_page(session, wave=wave, unit=unit, tr=EN)
    assert found is not None
    return found


def test_two_teams_get_no_figure_over_releases_from_which_each_could_tell_the_other(inst: Installation) -> None:
    fill_linked(inst, World(teams=2, waves=30, scales=2), slope=0.9)
    source(inst, imported_at=NOW)
    plans(inst, [team(0), team(1)])
    assert made(inst, "pulse-30").study is None
    assert page(inst, team(0)).whole == ()


def test_a_leader_with_one_hidden_row_reads_nothing_over_releases_nor_how_many_agree(inst: Installation) -> None:
    fill_linked(inst, World(teams=6, waves=30, scales=2), slope=0.9)
    source(inst, imported_at=NOW)
    plans(inst, [team(number) for number in range(6)])
    record = made(inst, "pulse-30")
    assert isinstance(record.study, EventStudy)
    with inst.database.reading() as session:
        found = link_view.load_link(session, "pulse-30")
    assert found is not None
    assert isinstance(found.record.fit, LinkFit)
    assert any(
        "Release by release" in each for part in link_view.overview_of(found, EN).sections for each in part.sentences
    )
    whole, five, one = (link_page.page_of(found, range(count), EN) for count in (6, 5, 1))
    assert any("three weeks up to a release" in each for each in whole.whole)
    assert not any("three weeks up to a release" in each for each in five.whole)
    assert any("three weeks up to a release" in each for each in one.whole), "of five others together"
    assert not any("Release by release" in each for each in (*whole.whole, *five.whole, *one.whole))
    assert any(each.endswith("of 6 teams point in that direction.") for each in whole.sentences)
    assert any(each == "Most teams point in that direction." for each in five.sentences)
    assert all(round(end, 2) == end for row in whole.forest for end in (row.estimate, row.low, row.high))
    assert whole.strip is not None
    assert [round(each, 2) for each in (whole.strip.first, whole.strip.width, whole.strip.own)] == [
        whole.strip.first, whole.strip.width, whole.strip.own,
    ]  # fmt: skip
    assert sum(whole.strip.counts) == 719


def test_an_import_of_plans_alone_makes_a_new_result(inst: Installation) -> None:
    fill_linked(inst, World(teams=3, waves=30, scales=2), slope=0.9)
    source(inst, imported_at=NOW, items=0, unmapped=0)
    made(inst, "pulse-30")
    plans(inst, [team(0), team(1)])
    source(inst, name="ics", imported_at=NOW, items=0, unmapped=0)
    assert link.remake_link(inst.database.reading, inst.database.transaction, wave="pulse-30", now=NOW).is_new
    assert [len(row.releases) for row in made(inst, "pulse-30").frame] == [8, 8, 0]


def test_a_plan_that_was_never_done_is_no_release_and_is_named_as_planned(inst: Installation) -> None:
    fill_linked(inst, World(teams=5, waves=30, scales=2), slope=0.9)
    source(inst, imported_at=NOW)
    plans(inst, [team(number) for number in range(5)], is_done=False)
    assert made(inst, "pulse-30").study is None
    frame = link_frame.frame_of(inputs(inst, "pulse-30"), "workload")
    said = link_view.frame_section(frame[0], "A", "Workload", EN)
    assert all("planned for" in each for each in said.sentences)
    assert said.table is not None
    named = [row[-1] for row in said.table.rows if row[-1]]
    assert len(named) == len(set(named)) == 8, "each release in one line"
    assert all(each.endswith("(planned)") for each in named)


def test_strain_that_drifts_is_no_run_up(inst: Installation) -> None:
    fill_linked(inst, World(teams=5, waves=30, scales=2), slope=0.9)
    source(inst, imported_at=NOW)
    plans(inst, [team(number) for number in range(5)])
    found = inputs(inst, "pulse-30")
    drifting = found.strain["workload"] + np.linspace(0, 3, 30)
    apart = dataclasses.replace(found, strain={**found.strain, "workload": drifting})
    calm, slow = (link_frame.study_of(each, "workload") for each in (found, apart))
    assert isinstance(calm, EventStudy)
    assert isinstance(slow, EventStudy)
    assert slow.mean.estimate == pytest.approx(calm.mean.estimate, abs=1e-9)


def test_a_withdrawn_wave_takes_every_link_along_that_rests_on_it(inst: Installation) -> None:
    fill_linked(inst, World(teams=6, waves=14, scales=2), slope=0.5)
    for wave in ("pulse-6", "pulse-7", "pulse-14"):
        made(inst, wave)
    lifecycle.withdraw_wave(inst, wave="pulse-7", reason="A test.", now=NOW, actor="test")
    with inst.database.reading() as session:
        kept = session.scalars(select(LinkResult.wave)).all()
    assert kept == ["pulse-6"]


def test_a_holiday_that_is_moved_makes_the_link_due(inst: Installation) -> None:
    fill_linked(inst, World(teams=5, waves=3, scales=2), slope=0.5)
    days = [journey.FIRST_DAY + dt.timedelta(days=each) for each in (0, 9, 20)]
    with inst.database.transaction() as session:
        rows = [{"source": "holidays", "team": team(0), "day": day, "kind": "holiday"} for day in days]
        session.execute(insert(CalendarDay), rows)
    made(inst, "pulse-3")
    with inst.database.transaction() as session:
        moved = update(CalendarDay).where(CalendarDay.day == days[1])
        session.execute(moved.values(day=days[1] + dt.timedelta(days=1)))
    with inst.database.reading() as session:
        assert link.is_due(session, "pulse-3")


def test_a_crowd_hidden_from_its_reader_is_no_part_of_the_row(inst: Installation) -> None:
    fill_linked(inst, World(teams=5, waves=28, scales=2), slope=0.5)
    with inst.database.transaction() as session:
        # What a release stores where the leader of the team answered in its crowd; the audit is not asked here.
        session.execute(
            update(ReleasedCrowd)
            .where(ReleasedCrowd.crowd == team(2), ReleasedCrowd.wave.in_(["pulse-1", "pulse-20"]))
            .values(hidden_from=[team(2)])
        )
    held = _unaudited(inst, "pulse-28")
    row = next(place for place, row in enumerate(held.rows) if row.units == (team(2),))
    missing = np.flatnonzero(np.isnan(held.strain["workload"][row])).tolist()
    assert missing == [0, 19], "one inside the window that chose the sets, one before it"
    assert held.kept_from[row] == (team(2),)


def _unaudited(inst: Installation, wave: str) -> LinkInputs:
    """Read the inputs of figures that were changed by hand, which the audit would refuse to hand out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reports.services.analysis_data.check_released", lambda _session, _waves: None)
        return read_inputs(inst.database.reading, wave=wave)


def test_a_week_with_too_few_people_is_in_no_pressure(inst: Installation) -> None:
    fill(inst, World(teams=5, waves=2, scales=2))
    day = journey.FIRST_DAY + dt.timedelta(days=14)
    before = day - dt.timedelta(days=7)
    store(inst, [week(team(0), before, 90, people=People.TOO_FEW), week(team(1), before, 90)])
    store(inst, [week(each, before - dt.timedelta(days=7), 50) for each in (team(0), team(1))])
    found = inputs(inst, "pulse-2").table("workload").index[:2, 1]
    assert np.isnan(found[0]), "half of the days asked about has no index"
    assert found[1] == pytest.approx(70)


def test_days_of_the_calendar_are_flags_and_many_new_members_a_new_segment(inst: Installation) -> None:
    fill_linked(inst, World(teams=6, waves=13, scales=2), slope=0.5)
    day = journey.FIRST_DAY + dt.timedelta(days=14 * 4) - dt.timedelta(days=3)
    rows = [
        {"source": "hand", "team": team(1), "day": day, "kind": "incident"},
        {"source": "hand", "team": "", "day": day, "kind": "layoff"},
        {"source": "hand", "team": team(1), "day": day, "kind": "freeze"},
    ]
    with inst.database.transaction() as session:
        session.execute(insert(CalendarDay), rows)
        changed = update(WaveUnit).where(WaveUnit.unit == team(0), WaveUnit.wave == "pulse-7")
        session.execute(changed.values(joined=3))
        session.execute(update(WaveUnit).where(WaveUnit.unit == team(1), WaveUnit.wave == "pulse-7").values(joined=2))
    found = inputs(inst, "pulse-13")
    assert sorted(found.flags) == ["incident", "layoff"]
    flags = {kind: masks[found.recall["workload"]] for kind, masks in found.flags.items()}
    assert np.argwhere(flags["incident"]).tolist() == [[1, 4]]
    assert flags["layoff"][:, 4].all()
    assert flags["layoff"].sum() == 6
    assert found.segments[0].tolist() == [0] * 6 + [1] * 7
    assert found.segments[1].tolist() == [0] * 13
    record = made(inst, "pulse-13")
    assert {each.kind: each.cells for each in record.flags} == {"incident": 1, "layoff": 6}


def test_three_teams_get_the_frame_and_their_releases_in_place_of_a_link(inst: Installation) -> None:
    fill_linked(inst, World(teams=3, waves=30, scales=3), slope=0.9)
    due = journey.FIRST_DAY + dt.timedelta(days=14 * 8)
    source(inst, imported_at=NOW)
    with inst.database.transaction() as session:
        session.add(
            RoadmapPlan(
                source="plan", name="PAY/4.2", kind="version", starts_on=None, due_on=due, done_on=due, teams=[team(1)]
            )
        )
    found = stored(inst, "pulse-30")
    fit = found.record.fit
    assert fit is not None
    assert isinstance(fit.team, NeverHere)
    assert isinstance(fit.company, NeverHere)
    assert found.record.extras == ()
    assert [len(row.points) for row in found.record.frame] == [30, 30, 30]
    (release,) = found.record.frame[1].releases
    assert (release.name, release.near) == ("PAY/4.2", 3)
    said = link_view.overview_of(found, EN)
    assert said.lead[0].startswith("There are 3 teams or joint groups")
    sentences = [each for section in said.sections for each in section.sentences]
    assert any(each.startswith("PAY/4.2, 28 Apr 2025: pressure ") for each in sentences)


def test_where_no_link_is_told_a_change_of_plan_is_worked_out(inst: Installation) -> None:
    fill(inst, World(teams=3, waves=3, scales=2))
    opened = journey.FIRST_DAY + dt.timedelta(days=28)
    rate = RunRate(day=opened + dt.timedelta(days=14), size=40, weeks=2, capacity=10, plans=("PAY/4.2",))
    store(inst, [week(team(0), opened - dt.timedelta(days=7 * back), 70, rates=[rate]) for back in (1, 2)])
    said = link_view.overview_of(stored(inst, "pulse-3"), EN)
    sentences = " ".join(each for section in said.sections for each in section.sentences)
    assert "Taking 20 items out of PAY/4.2" in sentences
    assert "would bring the required run rate from 2.0 to 1.0" in sentences


def test_too_few_teams_with_delivery_data_is_not_never(inst: Installation) -> None:
    fill_linked(inst, World(teams=8, waves=13, scales=2), slope=0.9, teams=3)
    found = made(inst, "pulse-13")
    assert found.absence is Absence.FEW_COVERED
    assert (found.all_rows, len(found.rows)) == (8, 3)
    assert found.frame


def test_without_delivery_data_nothing_is_due_and_the_reason_is_told(inst: Installation) -> None:
    fill(inst, World(teams=6, waves=3, scales=2))
    with inst.database.reading() as session:
        assert not link.is_due(session, "pulse-3")
    assert made(inst, "pulse-3").absence is Absence.NO_PRESSURE


def test_a_wave_that_is_not_released_has_no_link(inst: Installation) -> None:
    fill(inst, World(teams=6, waves=3, scales=2))
    with inst.database.transaction() as session:
        session.execute(update(Wave).where(Wave.slug == "pulse-3").values(status="withdrawn"))
    with pytest.raises(NotFound):
        inputs(inst, "pulse-3")


def source(inst: Installation, *, name: str = "plan", imported_at: dt.datetime, **account: object) -> None:
    with inst.database.transaction() as session:
        session.add(
            RoadmapSource(
                name=name, kind="csv", covered_from=journey.FIRST_DAY, covered_to=NOW.date(), history=[], people="none",
                file_sha256="", imported_at=imported_at, account={"items": 9, "unmapped": 1, **account},
            )
        )  # fmt: skip


def test_two_teams_counted_as_one_company_are_one_row_that_never_gets_a_link(inst: Installation) -> None:
    journey.company(inst, journey.TWO_TEAMS)
    journey.hold_wave(inst, journey.varied())
    held = journey.hold_wave(inst, journey.varied(shift=1))
    _weeks_of(inst, held.wave.slug, {"ant": 40.0, "bee": 80.0})
    found = stored(inst, held.wave.slug)
    assert [set(row.units) >= {"ant", "bee"} for row in found.record.rows] == [True]
    assert found.record.fit is not None
    assert found.record.fit.verdict is LinkVerdict.NEVER_HERE
    (row,) = found.record.frame
    assert row.points[-1].pressure is not None
    assert 40 < row.points[-1].pressure < 80, "one figure for both, weighted by people"
    told = " ".join(link_view.overview_of(found, EN).lead)
    assert "There is 1 team or joint group" in told


def test_six_small_teams_wait_for_more_waves(inst: Installation) -> None:
    journey.company(inst)
    held = journey.hold_wave(inst, journey.varied())
    _weeks_of(inst, held.wave.slug, dict.fromkeys(journey.SIX_TEAMS, 50.0))
    found = stored(inst, held.wave.slug)
    assert found.record.fit is not None
    assert found.record.fit.verdict in {LinkVerdict.TOO_EARLY, LinkVerdict.NEVER_HERE}
    crowds = {tuple(sorted(row.units)) for row in found.record.rows}
    assert all(not set(one) & set(other) for one in crowds for other in crowds if one != other)


def _weeks_of(inst: Installation, wave: str, indexes: Mapping[str, float]) -> None:
    with inst.database.reading() as session:
        opened = session.get_one(Wave, wave).opened_at
    assert opened is not None
    monday = opened.date() - dt.timedelta(days=opened.weekday())
    store(
        inst,
        [week(key, monday - dt.timedelta(days=7 * back), index) for key, index in indexes.items() for back in range(6)],
    )
