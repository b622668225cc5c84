"""Days that matter: calendars replace their own days, holidays follow the country, typed days can be taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest

from app.extensions import Database
from surveys.errors import NotFound, Refused
from surveys.importers.calendar_kinds import DayKind
from surveys.importers.roadmap_ics import CalendarEntry, CalendarFile
from surveys.importers.roadmap_model import PlanKind
from surveys.models.organisation import Team
from surveys.models.roadmap import RoadmapSource
from surveys.services import calendar_days as service
from surveys.services.calendar_days import CalendarAccount, CalendarOverview, DayRange
from surveys.store import calendar_days as store
from surveys.store import roadmap

NOW = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
TEAMS = ("pay", "web")
COUNTRIES = {"pay": "ES-MD", "web": ""}


def entry(kind: DayKind, first: str, last: str | None = None, name: str = "") -> CalendarEntry:
    day = dt.date.fromisoformat(first)
    return CalendarEntry(kind=kind, first=day, last=dt.date.fromisoformat(last) if last else day, name=name)


def file(*entries: CalendarEntry) -> CalendarFile:
    return CalendarFile(entries=entries, first=dt.date(2025, 1, 1), last=dt.date(2027, 1, 1))


FREEZE = entry(DayKind.FREEZE, "2026-03-09", "2026-03-13", "4.2 freeze")
RELEASE = entry(DayKind.RELEASE, "2026-03-30", "2026-04-03", "4.2")
SHUTDOWN = entry(DayKind.SHUTDOWN, "2026-08-10", "2026-08-14")


def bring(
    database: Database, *entries: CalendarEntry, team: str = "", name: str = "plan", now: dt.datetime = NOW
) -> CalendarAccount:
    with database.transaction() as session:
        return service.import_calendar(
            session, file(*entries), name=name, file_sha256="00", teams=TEAMS, team=team, now=now
        )


def shown(database: Database, countries: Mapping[str, str] = COUNTRIES) -> CalendarOverview:
    with database.reading() as session:
        return service.overview(session, countries=countries)


def spans(database: Database) -> list[tuple[str, str, str, str, str]]:
    return [
        (each.source, each.team, each.kind.value, each.first.isoformat(), each.last.isoformat())
        for each in shown(database).ranges
    ]


def test_a_calendar_gives_days_and_plans_and_a_repeat_changes_nothing(database: Database) -> None:
    first = bring(database, FREEZE, RELEASE, SHUTDOWN)
    assert (first.added, first.removed, first.plans) == (11, 0, 2)
    assert spans(database) == [
        ("plan", "", "freeze", "2026-03-09", "2026-03-13"),
        ("plan", "", "release", "2026-03-30", "2026-03-30"),
        ("plan", "", "shutdown", "2026-08-10", "2026-08-14"),
    ]
    again = bring(database, FREEZE, RELEASE, SHUTDOWN, now=NOW + dt.timedelta(days=7))
    assert (again.added, again.removed) == (0, 0)
    with database.reading() as session:
        (release,) = roadmap.list_dated_plans(session, ["web"], kinds=[PlanKind.RELEASE])
        assert (release.name, release.due, release.teams) == ("4.2", dt.date(2026, 3, 30), frozenset(TEAMS))
        assert release.dates_seen == ((dt.date(2026, 3, 2), dt.date(2026, 3, 30)),)


def test_a_later_calendar_replaces_its_own_days_and_tells_which_dates_moved(database: Database) -> None:
    bring(database, FREEZE, RELEASE)
    bring(database, SHUTDOWN, name="other", team="pay")
    moved = entry(DayKind.RELEASE, "2026-04-13", name="4.2")
    account = bring(database, moved, now=NOW + dt.timedelta(days=7))
    assert [str(line) for line in account.lines[1:]] == [
        "The date of 4.2 moved from 30 Mar 2026 to 13 Apr 2026.",
        "The date of 4.2 freeze is gone; it was 9 Mar 2026.",
    ]
    assert (account.added, account.removed) == (1, 6)
    assert [span[:2] for span in spans(database)] == [("plan", ""), ("other", "pay")]
    with database.reading() as session:
        (plan,) = roadmap.list_dated_plans(session, TEAMS, kinds=list(PlanKind))
        assert [due for _, due in plan.dates_seen] == [dt.date(2026, 3, 30), dt.date(2026, 4, 13)]


@pytest.mark.parametrize("name", ["holidays", "hand", "roadmap"])
def test_a_calendar_may_not_take_the_name_of_other_data(database: Database, name: str) -> None:
    with database.transaction() as session:
        session.add(
            RoadmapSource(
                name="roadmap", kind="csv", covered_from=dt.date(2025, 1, 6), covered_to=dt.date(2026, 2, 1),
                history=[], people="none", file_sha256="", imported_at=NOW, account={}, timezone="UTC", touched={},
            )
        )  # fmt: skip
    with pytest.raises(Refused, match="taken by other data"):
        bring(database, FREEZE, name=name)


def test_holidays_and_shutdowns_of_all_sources_are_days_off(database: Database) -> None:
    bring(database, SHUTDOWN, FREEZE)
    with database.transaction() as session:
        service.import_holidays(session, countries=COUNTRIES, today=NOW.date())
        service.add_days(
            session,
            kind=DayKind.HOLIDAY,
            first=dt.date(2026, 5, 15),
            last=dt.date(2026, 5, 15),
            teams=TEAMS,
            team="web",
        )
        service.add_days(
            session, kind=DayKind.INCIDENT, first=dt.date(2026, 5, 18), last=dt.date(2026, 5, 18), teams=TEAMS
        )
    with database.reading() as session:
        off = store.list_days_off(session)
    assert off[""] == {dt.date(2026, 8, day) for day in range(10, 15)}
    assert off["web"] == {dt.date(2026, 5, 15)}
    assert {dt.date(2026, 4, 3), dt.date(2026, 5, 2)} <= off["pay"]


def test_public_holidays_are_those_that_england_and_madrid_announced() -> None:
    """England 2022: gov.uk/bank-holidays, and 25 December itself. Madrid 2026: Easter Sunday is the 5th of April."""
    england = service.public_holidays("GB-ENG", first=dt.date(2022, 5, 1), last=dt.date(2022, 12, 31))
    assert [day.isoformat() for day in england] == [
        "2022-05-02", "2022-06-02", "2022-06-03", "2022-08-29", "2022-09-19", "2022-12-25", "2022-12-26", "2022-12-27",
    ]  # fmt: skip
    madrid = service.public_holidays("ES-MD", first=dt.date(2026, 1, 1), last=dt.date(2026, 5, 31))
    assert [day.isoformat() for day in madrid] == [
        "2026-01-01", "2026-01-06", "2026-04-02", "2026-04-03", "2026-05-01", "2026-05-02",
    ]  # fmt: skip


def test_a_changed_country_replaces_the_holidays_of_its_team(database: Database) -> None:
    with database.transaction() as session:
        first = service.import_holidays(session, countries=COUNTRIES, today=NOW.date())
        assert service.import_holidays(session, countries=COUNTRIES, today=NOW.date()).added == 0
    assert str(first.lines[0]).startswith("ES-MD: ")
    assert str(first.lines[1]).startswith("Teams without a country, for which no public holidays are known: 1.")
    by_team = {each.team: each for each in shown(database).holidays}
    assert by_team["pay"].count == first.added > 20
    assert by_team["web"].count == 0
    with database.transaction() as session:
        service.import_holidays(session, countries={"pay": "", "web": "SE"}, today=NOW.date())
    by_team = {each.team: each for each in shown(database, {"pay": "", "web": "SE"}).holidays}
    assert (by_team["pay"].count, by_team["pay"].last) == (0, None)
    assert by_team["web"].count > 20


def test_typed_days_can_be_taken_back_in_part(database: Database) -> None:
    first, last = dt.date(2026, 3, 9), dt.date(2026, 3, 13)
    with database.transaction() as session:
        assert service.add_days(session, kind=DayKind.FREEZE, first=first, last=last, teams=TEAMS, team="pay") == 5
        assert service.add_days(session, kind=DayKind.FREEZE, first=first, last=last, teams=TEAMS, team="pay") == 0
        middle = dt.date(2026, 3, 11)
        assert service.remove_days(session, kind=DayKind.FREEZE, first=middle, last=middle, team="pay") == 1
    assert shown(database).ranges == (
        DayRange(source="hand", team="pay", kind=DayKind.FREEZE, first=first, last=dt.date(2026, 3, 10)),
        DayRange(source="hand", team="pay", kind=DayKind.FREEZE, first=dt.date(2026, 3, 12), last=last),
    )
    with database.transaction() as session, pytest.raises(NotFound):
        service.remove_days(session, kind=DayKind.FREEZE, first=first, last=last)


def test_a_calendar_is_removed_with_its_plans(database: Database) -> None:
    bring(database, FREEZE, RELEASE)
    with database.transaction() as session:
        assert service.remove_calendar(session, "plan") == 6
        assert roadmap.list_sources(session) == []
        assert roadmap.list_dated_plans(session, TEAMS, kinds=list(PlanKind)) == []
        with pytest.raises(NotFound):
            service.remove_calendar(session, "plan")


@pytest.mark.parametrize(
    ("kind", "days", "team", "sentence"),
    [
        (DayKind.FREEZE, ("2026-03-09", "2026-03-08"), "pay", "The last day lies before the first."),
        (DayKind.FREEZE, ("2026-03-09", "2027-03-10"), "pay", "At most 366 days can be added at once."),
        (DayKind.FREEZE, ("2026-03-09", "2026-03-09"), "ops", "There is no team ops."),
        (DayKind.MILESTONE, ("2026-03-09", "2026-03-09"), "", "A milestone is a date of a plan."),
    ],
)
def test_days_that_cannot_be_are_refused_with_a_sentence(
    database: Database, kind: DayKind, days: tuple[str, str], team: str, sentence: str
) -> None:
    first, last = map(dt.date.fromisoformat, days)
    with database.transaction() as session, pytest.raises((Refused, NotFound), match=sentence):
        service.add_days(session, kind=kind, first=first, last=last, teams=TEAMS, team=team)


def test_a_refresh_follows_teams_and_time_and_writes_nothing_where_nothing_changed(database: Database) -> None:
    today = NOW.date()
    with database.transaction() as session:
        assert (service.are_holidays_due(session, today=today), service.refresh_holidays(session, today=today)) == (
            False,
            0,
        )
        session.add(Team(key="pay", name="Pay", timezone="Europe/Madrid", country="ES", is_active=True))
    with database.transaction() as session:
        assert service.are_holidays_due(session, today=today)
        assert service.refresh_holidays(session, today=today) > 10
        assert service.refresh_holidays(session, today=today) == 0
        assert not service.are_holidays_due(session, today=today)
        later = today + dt.timedelta(days=250)
        assert service.are_holidays_due(session, today=later)
        first = store.day_bounds(session, store.HOLIDAYS)["pay"][0]
        assert service.refresh_holidays(session, today=later) > 0
        assert not service.are_holidays_due(session, today=later)
        assert store.day_bounds(session, store.HOLIDAYS)["pay"][0] == first


def test_holidays_of_a_team_that_lost_its_country_go(database: Database) -> None:
    with database.transaction() as session:
        session.add(Team(key="pay", name="Pay", timezone="Europe/Madrid", country="ES", is_active=True))
    with database.transaction() as session:
        service.refresh_holidays(session, today=NOW.date())
        team = session.get(Team, "pay")
        assert team is not None
        team.country = ""
        session.flush()
        assert service.refresh_holidays(session, today=NOW.date()) > 10
        assert store.day_bounds(session, store.HOLIDAYS) == {}
