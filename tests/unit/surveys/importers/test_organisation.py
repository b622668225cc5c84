"""Reading teams.csv and people.csv: valid files become facts, every bad row is named at once."""

import datetime as dt
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from surveys.errors import InvalidInput
from surveys.importers.organisation import OrganisationFile, read_organisation
from surveys.importers.organisation_cells import email_fault

TEAM_HEADER = "team,parent,name,leader_email,timezone\n"
PEOPLE_HEADER = "email,name,team,language,starts_on,ends_on\n"
TEAMS = TEAM_HEADER + "all,,All,eva@x.org,Europe/Madrid\npay,all,Payments,ana@x.org,\n"
PEOPLE = PEOPLE_HEADER + "eva@x.org,Eva,all,es,,\nana@x.org,Ana,pay,en,2026-01-01,2026-06-30\n"


def read(teams: str = TEAMS, people: str = PEOPLE) -> OrganisationFile:
    return read_organisation(teams.encode(), people.encode())


def faults(teams: str = TEAMS, people: str = PEOPLE) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read(teams, people)
    return [str(problem) for problem in caught.value.problems]


def test_two_valid_files_become_facts() -> None:
    facts = read()
    assert [(team.key, team.parent, team.leader_email, team.timezone) for team in facts.teams] == [
        ("all", None, "eva@x.org", "Europe/Madrid"),
        ("pay", "all", "ana@x.org", "Europe/Madrid"),
    ]
    assert facts.people[1].starts_on == dt.date(2026, 1, 1)
    assert facts.people[1].ends_on == dt.date(2026, 6, 30)
    assert facts.people[0].starts_on is None


def test_parents_come_before_their_children_whatever_the_order_of_the_file() -> None:
    facts = read(TEAM_HEADER + "c,b,C,,\nb,a,B,,\na,,A,,\n", PEOPLE_HEADER + "a@x.org,A,c,,,\n")
    assert [team.key for team in facts.teams] == ["a", "b", "c"]
    assert {team.timezone for team in facts.teams} == {"UTC"}
    assert facts.people[0].language == "en"


COUNTRY_HEADER = TEAM_HEADER.rstrip() + ",country\n"


def test_a_country_comes_as_a_last_column_and_an_empty_one_is_that_of_the_team_above() -> None:
    rows = (
        "all,,All,,,es\npay,all,Payments,,,\nmob,all,Mobile,,,Es-barcelona\nios,mob,Phones,,,\nuk,all,North,,,GB-ENG\n"
    )
    facts = read(COUNTRY_HEADER + rows, PEOPLE_HEADER + "eva@x.org,Eva,all,,,\n")
    assert {team.key: team.country for team in facts.teams} == {
        "all": "ES",
        "pay": "ES",
        "mob": "ES-Barcelona",
        "ios": "ES-Barcelona",
        "uk": "GB-ENG",
    }


def test_a_file_without_the_column_says_nothing_about_countries() -> None:
    assert {team.country for team in read().teams} == {None}


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("UK", "Unknown country “UK”. Write it as ES, or as ES-MD where a part has holidays of its own."),
        ("Spain", "Unknown country “Spain”. Write it as ES, or as ES-MD where a part has holidays of its own."),
        ("GB-XX", "The country GB has no part “XX”. Known are: ENG, NIR, SCT, WLS."),
        ("GB-", "The country GB has no part “”. Known are: ENG, NIR, SCT, WLS."),
        ("SE-AB", "No part of the country SE has holidays of its own. Write SE alone."),
    ],
)
def test_an_unknown_country_or_part_is_named_with_its_row(cell: str, sentence: str) -> None:
    rows = f"all,,All,,,\npay,all,Payments,,,{cell}\n"
    assert faults(COUNTRY_HEADER + rows, PEOPLE_HEADER + "eva@x.org,Eva,all,,,\n") == [f"teams.csv:3: {sentence}"]


def test_a_person_may_move_between_teams_but_not_be_in_two_at_once() -> None:
    rows = "ana@x.org,Ana,all,en,,2026-03-31\nANA@x.org,Ana,pay,en,2026-04-01,\n"
    teams = TEAM_HEADER + "all,,All,,\npay,all,Payments,ana@x.org,\n"
    assert [person.team for person in read(teams, PEOPLE_HEADER + rows).people] == ["all", "pay"]
    overlapping = rows.replace("2026-04-01", "2026-03-31")
    assert faults(teams, PEOPLE_HEADER + overlapping) == [
        "people.csv:3: Duplicate e-mail address “ana@x.org”: line 2 has it in an overlapping period."
    ]


@pytest.mark.parametrize(
    ("teams", "expected"),
    [
        ("b,x,B,,\n", "teams.csv:3: Unknown parent “x”."),
        ("b,,B,,\n", "teams.csv:3: A second team without parent. Exactly one has none, and that is “a” in line 2."),
        ("A,a,B,,\n", "teams.csv:3: Duplicate team “A”: line 2 has it already."),
        ("b,a,B,,Mars/Base\n", "teams.csv:3: Unknown time zone “Mars/Base”. Write it as Europe/Madrid."),
        ("b,a,B,,../../etc/passwd\n", "teams.csv:3: Unknown time zone “../../etc/passwd”. Write it as Europe/Madrid."),
        ("b,a,B,no@x.org,\n", "teams.csv:3: Unknown leader: the people file does not have the address “no@x.org”."),
        ("b,a,B,boss,\n", "teams.csv:3: “boss” is not an e-mail address."),
        ("b,a,,,\n", "teams.csv:3: The name of the team is empty."),
        (",a,B,,\n", "teams.csv:3: The key of the team is empty."),
        ('b,a,"B\nC",,\n', "teams.csv:3: The name of the team holds a line break or a control character."),
        ("b,b,B,,\n", "teams.csv:3: The teams form a cycle: b > b."),
    ],
)
def test_a_bad_team_is_named_with_line_and_reason(teams: str, expected: str) -> None:
    assert faults(TEAM_HEADER + "a,,A,,\n" + teams, PEOPLE_HEADER + "p@x.org,P,a,,,\n") == [expected]


@pytest.mark.parametrize("key", ["../x", ".hidden", "a b", "a/b", "=1+1", "x" * 65])
def test_a_team_key_that_could_harm_a_file_name_is_refused(key: str) -> None:
    found = faults(TEAM_HEADER + f'a,,A,,\n"{key}",a,B,,\n', PEOPLE_HEADER + "p@x.org,P,a,,,\n")
    assert len(found) == 1
    assert "may have letters, digits, dots, hyphens and underscores only" in found[0]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("p,P,pay,,,", "“p” is not an e-mail address."),
        (",P,pay,,,", "The e-mail address is empty."),
        ("p@x.org,,pay,,,", "The name of the person is empty."),
        ("p@x.org,P,,,,", "The team is empty."),
        ("p@x.org,P,sales,,,", "Unknown team “sales”."),
        ("p@x.org,P,pay,fr,,", "Unknown language “fr”. Known are: en, es."),
        ("p@x.org,P,pay,,1.2.2026,", "“1.2.2026” is not a date. Write it as 2026-03-31."),
        ("p@x.org,P,pay,,20260101,", "“20260101” is not a date. Write it as 2026-03-31."),
        ("p@x.org,P,pay,,,2026-02-30", "“2026-02-30” is not a date. Write it as 2026-03-31."),
        ("p@x.org,P,pay,,2026-02-02,2026-02-01", "The membership ends before it starts."),
        ("EVA@X.org,P,pay,,,", "Duplicate e-mail address “eva@x.org”: line 2 has it in an overlapping period."),
        ("p@x.org,P,pay,,,,more", "The row has 7 cells, the header has 6."),
    ],
)
def test_a_bad_person_is_named_with_line_and_reason(row: str, expected: str) -> None:
    assert faults(people=PEOPLE + row + "\n") == ["people.csv:4: " + expected]


def test_all_faults_of_both_files_come_at_once_in_order() -> None:
    teams = TEAM_HEADER + "a,,A,,Nowhere\nb,c,B,,\nc,d,C,,\nd,b,D,,\n"
    people = PEOPLE_HEADER + "x,,zz,fr,1,2\n"
    assert faults(teams, people) == [
        "teams.csv:2: Unknown time zone “Nowhere”. Write it as Europe/Madrid.",
        "teams.csv:3: The teams form a cycle: b > c > d > b.",
        "people.csv:2: “x” is not an e-mail address.",
        "people.csv:2: “1” is not a date. Write it as 2026-03-31.",
        "people.csv:2: “2” is not a date. Write it as 2026-03-31.",
        "people.csv:2: The name of the person is empty.",
        "people.csv:2: Unknown language “fr”. Known are: en, es.",
        "people.csv:2: Unknown team “zz”.",
    ]


def test_an_unreadable_file_causes_no_faults_in_the_other() -> None:
    assert faults(teams="") == ["teams.csv: The file is empty."]
    assert faults(people="email\n") == [
        f"people.csv:1: The column {column} is missing."
        for column in ("name", "team", "language", "starts_on", "ends_on")
    ]
    assert faults(people=PEOPLE_HEADER)[0] == "people.csv: The file names nobody."
    assert faults(teams=TEAM_HEADER)[0] == "teams.csv: The file names no team."


def test_a_name_that_looks_like_a_formula_stays_text() -> None:
    facts = read(people=PEOPLE + 'p@x.org,"=HYPERLINK(""x"")",pay,,,\n')
    assert facts.people[2].name == '=HYPERLINK("x")'


def test_a_tree_without_end_is_refused() -> None:
    rows = "".join(f"t{level},{f't{level - 1}' if level else ''},T,,\n" for level in range(60))
    assert faults(TEAM_HEADER + rows, PEOPLE_HEADER + "p@x.org,P,t1,,,\n") == [
        "teams.csv:53: The tree has more than 50 levels."
    ]


@pytest.mark.parametrize(
    "email", ["a@b.co", "a.b+c@x-y.example.org", "=cmd@x.org", "o'neil@x.org", "x" * 64 + "@x.org"]
)
def test_ordinary_addresses_are_accepted(email: str) -> None:
    assert email_fault(email) is None


@pytest.mark.parametrize(
    "email",
    [
        "a@b",
        "a@@b.co",
        ".a@b.co",
        "a..b@b.co",
        "a b@b.co",
        "a@b..co",
        "a@-b.co",
        "a@b.co\n",
        "a@b.co,c@d.co",
        "<a@b.co>",
    ],
)
def test_what_no_relay_takes_is_refused(email: str) -> None:
    assert email_fault(email) is not None


@settings(max_examples=60, deadline=None)
@example(teams=b"\x1c", people=b"", headers=False)
@example(teams="\u2003\n\u0085".encode(), people=b"\x1d\n", headers=False)
@given(teams=st.binary(max_size=80), people=st.binary(max_size=80), headers=st.booleans())
def test_any_bytes_are_facts_or_problems_and_never_another_error(teams: bytes, people: bytes, *, headers: bool) -> None:
    if headers:
        teams, people = TEAM_HEADER.encode() + teams, PEOPLE_HEADER.encode() + people
    try:
        problems = read_organisation(teams, people) and ()
    except InvalidInput as error:
        problems = error.problems or (None,)
    assert all(problem and problem.source in {"teams.csv", "people.csv"} for problem in problems)


@settings(max_examples=30, deadline=None)
@given(cell=st.text(alphabet='ab €漢=@";', min_size=59, max_size=400).map("x{}x".format))
def test_no_message_repeats_more_than_sixty_characters_of_a_cell(cell: str) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    people = PEOPLE_HEADER + ",".join([quoted] * 6) + "\n"
    with pytest.raises(InvalidInput) as caught:
        read(TEAM_HEADER + ",".join([quoted] * 5) + "\n", people)
    assert all(cell[:61] not in str(problem) for problem in caught.value.problems)


@pytest.mark.slow
def test_a_hundred_thousand_people_are_read_in_a_few_seconds() -> None:
    teams = TEAM_HEADER + "r,,R,,\n" + "".join(f"t{i},r,T {i},p{i}@x.org,Europe/Madrid\n" for i in range(10_000))
    people = PEOPLE_HEADER + "".join(
        f"p{i}@x.org,Person {i},t{i % 10_000},es,2020-01-{i % 28 + 1:02},\n" for i in range(100_000)
    )
    started = time.process_time()
    facts = read(teams, people)
    assert len(facts.people) == 100_000
    assert time.process_time() - started < 8  # about 1.5 s on an idle core
