"""The import of an organisation: says what it changes, changes it once, and keeps the past."""

from __future__ import annotations

import datetime as dt

import pytest

from app.extensions import Database
from surveys.importers.organisation import OrganisationFile, read_organisation
from surveys.services.organisation import import_organisation
from surveys.store import organisation as store

DAY = dt.date(2025, 1, 6)
NEXT = dt.date(2025, 2, 3)
TEAMS = ["all,,All,eva@x.org,Europe/Madrid", "pay,all,Payments,ana@x.org,", "web,all,Web,,"]
PEOPLE = ["eva@x.org,Eva,all,es,,", "ana@x.org,Ana,pay,en,2024-01-01,", "bob@x.org,Bob,web,en,2024-01-01,"]


def file(teams: list[str] | None = None, people: list[str] | None = None) -> OrganisationFile:
    return read_organisation(
        "\n".join(["team,parent,name,leader_email,timezone", *(teams or TEAMS)]).encode(),
        "\n".join(["email,name,team,language,starts_on,ends_on", *(people or PEOPLE)]).encode(),
    )


def changed(rows: list[str], place: int, row: str) -> list[str]:
    return [*rows[:place], row, *rows[place + 1 :]]


@pytest.fixture
def imported(database: Database) -> Database:
    """The organisation as first imported on 6 January."""
    apply(database, file(), DAY)
    return database


def apply(database: Database, facts: OrganisationFile, today: dt.date) -> list[str]:
    with database.transaction() as session:
        return [str(line) for line in import_organisation(session, facts, today=today).lines]


def periods(database: Database) -> list[tuple[str, str, str, str]]:
    """Every membership as address, team, first and last day."""
    with database.reading() as session:
        email = {person.id: person.email for person in store.list_people(session)}
        return sorted(
            (email[row.person_id].split("@")[0], row.team_key, str(row.starts_on), str(row.ends_on))
            for row in store.list_memberships(session)
        )


def test_a_first_import_says_every_team_person_leader_and_membership(database: Database) -> None:
    with database.transaction() as session:
        changes = import_organisation(session, file(), today=DAY)
    assert (changes.teams, changes.people) == (3, 3)
    assert [str(line) for line in changes.lines] == [
        "New person eva@x.org", "New person ana@x.org", "New person bob@x.org",
        "New team all", "New team pay", "New team web",
        "Team all is now led by eva@x.org", "Team pay is now led by ana@x.org",
        "eva@x.org joins all", "ana@x.org joins pay", "bob@x.org joins web",
    ]  # fmt: skip
    assert periods(database) == [
        ("ana", "pay", "2024-01-01", "None"), ("bob", "web", "2024-01-01", "None"),
        ("eva", "all", "2025-01-06", "None"),
    ]  # fmt: skip


def test_the_same_file_changes_nothing_on_any_later_day(imported: Database) -> None:
    before = periods(imported)
    for day in (DAY, NEXT, dt.date(2030, 1, 1)):
        assert apply(imported, file(), day) == []
    assert periods(imported) == before


def test_a_dry_run_says_the_same_and_changes_nothing(database: Database) -> None:
    with database.reading() as session:
        said = [str(line) for line in import_organisation(session, file(), today=DAY).lines]
    assert periods(database) == []
    with database.reading() as session:
        assert [*store.list_teams(session), *store.list_people(session)] == []
    assert apply(database, file(), DAY) == said


def test_who_is_no_longer_named_left_yesterday_and_stays_known(imported: Database) -> None:
    assert apply(imported, file(people=PEOPLE[:2]), NEXT) == ["bob@x.org leaves web"]
    assert ("bob", "web", "2024-01-01", "2025-02-02") in periods(imported)
    assert apply(imported, file(people=PEOPLE[:2]), NEXT) == []
    with imported.reading() as session:
        assert [person.email for person in store.list_people(session)] == ["ana@x.org", "bob@x.org", "eva@x.org"]


def test_who_comes_back_gets_a_second_membership_beside_the_first(imported: Database) -> None:
    apply(imported, file(people=PEOPLE[:2]), NEXT)
    back = changed(PEOPLE, 2, "bob@x.org,Bob,web,en,2025-03-01,")
    assert apply(imported, file(people=back), dt.date(2025, 3, 1)) == ["bob@x.org joins web"]
    assert [row for row in periods(imported) if row[0] == "bob"] == [
        ("bob", "web", "2024-01-01", "2025-02-02"), ("bob", "web", "2025-03-01", "None"),
    ]  # fmt: skip


def test_who_comes_back_without_a_first_day_joins_today(imported: Database) -> None:
    apply(imported, file(people=PEOPLE[:2]), NEXT)
    back = changed(PEOPLE, 2, "bob@x.org,Bob,web,en,,")
    assert apply(imported, file(people=back), dt.date(2025, 3, 1)) == ["bob@x.org joins web"]
    assert ("bob", "web", "2025-03-01", "None") in periods(imported)
    assert apply(imported, file(people=back), dt.date(2025, 3, 5)) == []


def test_who_moves_leaves_one_team_yesterday_and_joins_the_other_today(imported: Database) -> None:
    moved = changed(PEOPLE, 2, "bob@x.org,Bob,pay,en,,")
    assert sorted(apply(imported, file(people=moved), NEXT)) == ["bob@x.org joins pay", "bob@x.org leaves web"]
    assert [row for row in periods(imported) if row[0] == "bob"] == [
        ("bob", "pay", "2025-02-03", "None"), ("bob", "web", "2024-01-01", "2025-02-02"),
    ]  # fmt: skip
    with imported.reading() as session:
        for day, team in ((NEXT - dt.timedelta(days=1), "web"), (NEXT, "pay")):
            roster = {entry.person_id: entry.team for entry in store.list_roster(session, day)}
            bob = next(person.id for person in store.list_people(session) if person.email == "bob@x.org")
            assert roster[bob] == team


def test_a_move_told_with_a_first_day_of_long_ago_counts_from_the_import(imported: Database) -> None:
    """A roster of a day before must stay what it was, or a wave would think that nobody moved."""
    moved = changed(PEOPLE, 2, "bob@x.org,Bob,pay,en,2024-01-01,")
    apply(imported, file(people=moved), NEXT)
    expected = [("bob", "pay", "2025-02-03", "None"), ("bob", "web", "2024-01-01", "2025-02-02")]
    assert [row for row in periods(imported) if row[0] == "bob"] == expected
    assert apply(imported, file(people=moved), NEXT + dt.timedelta(days=30)) == []
    back = NEXT + dt.timedelta(days=60)
    apply(imported, file(), back)  # as at the beginning, with the first day of then
    assert [row for row in periods(imported) if row[0] == "bob"] == [
        ("bob", "pay", "2025-02-03", str(back - dt.timedelta(days=1))),
        ("bob", "web", "2024-01-01", "2025-02-02"),
        ("bob", "web", str(back), "None"),
    ]


def test_a_membership_that_would_have_begun_today_vanishes_when_it_is_no_longer_named(database: Database) -> None:
    people = changed(PEOPLE, 2, "bob@x.org,Bob,web,en,2025-01-06,")
    apply(database, file(people=people), DAY)
    assert apply(database, file(people=PEOPLE[:2]), DAY) == ["bob@x.org leaves web"]
    assert [row for row in periods(database) if row[0] == "bob"] == []


def test_a_last_day_can_be_set_and_taken_back(imported: Database) -> None:
    ends = changed(PEOPLE, 2, "bob@x.org,Bob,web,en,2024-01-01,2025-06-30")
    assert apply(imported, file(people=ends), NEXT) == ["bob@x.org in web: last day changed"]
    assert apply(imported, file(), NEXT) == ["bob@x.org in web: last day changed"]
    assert ("bob", "web", "2024-01-01", "None") in periods(imported)


def test_names_and_languages_change_in_place(imported: Database) -> None:
    with imported.reading() as session:
        before = {person.email: person.id for person in store.list_people(session)}
    people = changed(PEOPLE, 2, "BOB@x.org,Robert,web,es,2024-01-01,")
    assert apply(imported, file(people=people), NEXT) == ["Changed person bob@x.org"]
    with imported.reading() as session:
        assert {person.email: person.id for person in store.list_people(session)} == before
        assert [person.name for person in store.list_people(session)] == ["Ana", "Robert", "Eva"]


def test_a_team_moves_and_is_renamed_and_a_new_leader_takes_over(imported: Database) -> None:
    teams = changed(TEAMS, 2, "web,pay,Web and app,bob@x.org,Europe/Madrid")
    assert apply(imported, file(teams=teams), NEXT) == ["Changed team web", "Team web is now led by bob@x.org"]
    with imported.reading() as session:
        web = next(team for team in store.list_teams(session) if team.key == "web")
        assert (web.parent_key, web.name, web.timezone) == ("pay", "Web and app", "Europe/Madrid")
        assert store.teams_led_by(session, "BOB@x.org") == ["web"]
    assert apply(imported, file(), NEXT) == ["Changed team web", "Team web is now led by -"]


def test_a_team_that_is_no_longer_named_rests_and_can_come_back(imported: Database) -> None:
    less = apply(imported, file(teams=TEAMS[:2], people=PEOPLE[:2]), NEXT)
    assert less == ["Team web is no longer active", "bob@x.org leaves web"]
    with imported.reading() as session:
        assert [(team.key, team.is_active) for team in store.list_teams(session)] == [
            ("all", True), ("pay", True), ("web", False),
        ]  # fmt: skip
        assert {entry.team for entry in store.list_roster(session, DAY)} == {"all", "pay"}
    assert apply(imported, file(teams=TEAMS[:2], people=PEOPLE[:2]), NEXT) == []
    back = changed(PEOPLE, 2, "bob@x.org,Bob,web,en,2025-03-01,")
    assert apply(imported, file(people=back), dt.date(2025, 3, 1)) == ["Changed team web", "bob@x.org joins web"]


def test_addresses_names_and_leaders_are_listed_for_mails(imported: Database) -> None:
    with imported.reading() as session:
        assert store.leader_emails(session) == [("ana@x.org", "Ana", "en"), ("eva@x.org", "Eva", "es")]
        assert sorted(store.names_of_people(session).values()) == ["Ana", "Bob", "Eva"]


def test_of_two_memberships_on_one_day_the_later_one_counts(imported: Database) -> None:
    """Files cannot say so, other sources of people may."""
    with imported.transaction() as session:
        bob = next(person.id for person in store.list_people(session) if person.email == "bob@x.org")
        store.add_all(session, [store.Membership(person_id=bob, team_key="pay", starts_on=DAY, ends_on=None)])
        teams = [entry.team for entry in store.list_roster(session, NEXT) if entry.person_id == bob]
    assert teams == ["pay"]


def with_country(country: str) -> OrganisationFile:
    rows = ["team,parent,name,leader_email,timezone,country", *(f"{row},{country}" for row in TEAMS)]
    people = ["email,name,team,language,starts_on,ends_on", *PEOPLE]
    return read_organisation("\n".join(rows).encode(), "\n".join(people).encode())


def test_a_country_is_stored_and_stays_where_a_later_file_has_no_such_column(imported: Database) -> None:
    assert apply(imported, with_country("ES-MD"), DAY) == ["Changed team all", "Changed team pay", "Changed team web"]
    assert apply(imported, file(), NEXT) == []
    with imported.reading() as session:
        assert {team.country for team in store.list_teams(session)} == {"ES-MD"}
    assert len(apply(imported, with_country(""), NEXT)) == 3
    with imported.reading() as session:
        assert {team.country for team in store.list_teams(session)} == {""}
