"""Checks what the neutral model does beside holding facts: hashing people and parting a file by team."""

import datetime as dt

import pytest

from surveys.importers.roadmap_model import (
    EventField,
    RoadmapFile,
    SourceKind,
    StatusClass,
    WorkEventFact,
    WorkItemFact,
    by_team,
    hash_person,
    names_nobody,
)

NOW = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)


def item(key, team):
    return WorkItemFact(key=key, team=team, kind="", created_at=NOW, done_at=None, status_class=StatusClass.TODO)


def test_a_hash_depends_on_the_secret_and_not_on_case_or_outer_spaces():
    assert hash_person(b"a", " Ann@Example.org ") == hash_person(b"a", "ann@example.org")
    assert hash_person(b"a", "ann@example.org") != hash_person(b"b", "ann@example.org")
    assert len(hash_person(b"a", "x")) == 16


def test_a_file_is_parted_by_team_and_items_without_one_are_left_out():
    events = tuple(
        WorkEventFact(item=key, at=NOW, field=EventField.SIZE, old=None, new="1.0") for key in ("A", "B", "C")
    )
    file = RoadmapFile(
        kind=SourceKind.CSV,
        covered_from=NOW.date(),
        covered_to=NOW.date(),
        items=(item("A", "red"), item("B", "blue"), item("C", None)),
        events=events,
        plans=(),
        history=frozenset(),
        unmapped=1,
    )
    parts = by_team(file)
    assert list(parts) == ["blue", "red"]
    assert [e.item for e in parts["red"][1]] == ["A"]
    assert file.unmapped_share == 1 / 3


@pytest.mark.parametrize(
    "word",
    ["", "  ", "Unassigned", "none", "-", "—", "N/A", "sin asignar", "Sin  Asignar", "NO ASIGNADO", "[unassigned]",
     "dependabot[bot]", "app/renovate", "Não atribuído"],
)  # fmt: skip
def test_a_word_for_nobody_and_a_program_are_no_person(word):
    assert names_nobody(word)


@pytest.mark.parametrize("name", ["Ana", "Nadia Nonell", "robot", "Li", "5b10a2844c20165700ede21g"])
def test_a_name_is_a_person(name):
    assert not names_nobody(name)


def test_two_spellings_of_one_name_are_one_person():
    spellings = ("José  Núñez", "jose nunez", "JOSE\N{COMBINING ACUTE ACCENT} NUN\N{COMBINING TILDE}EZ")
    assert len({hash_person(b"k", name) for name in spellings}) == 1


def test_a_lone_surrogate_in_a_name_is_hashed_all_the_same():
    assert len(hash_person(b"k", "a\ud800")) == 16
