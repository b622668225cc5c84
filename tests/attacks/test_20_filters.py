"""Attack 20: two selections that differ by one person: all filters of page, command and interface, side by side."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping

import pytest

from app.installation import Installation
from reports.services import api_rows, hr_export
from reports.services.api_pages import Selection
from surveys.enums import BallotMode
from surveys.store import waves as wave_store
from tests.attacks import account
from tests.support import journey
from tests.support.journey import HeldWave

ATTACK = "20 filters"
K = 5
TEAMS: journey.Teams = {
    journey.ROOT: (None, 2),
    "north": (journey.ROOT, 1),
    "ant": ("north", 10),
    "bee": ("north", 9),
    "cat": ("north", 4),
    "south": (journey.ROOT, 1),
    "dog": ("south", 8),
    "elk": ("south", 9),
}

Figures = Mapping[tuple[str, str, str], object]
"""Values by wave, crowd or unit, and measure."""


@pytest.fixture
def waves(inst: Installation) -> list[HeldWave]:
    """Two waves; in the second one somebody of ant is missing."""
    journey.company(inst, TEAMS, mode=BallotMode.PROMISE)
    absent = [journey.member("ant", 3)]
    return [journey.hold_wave(inst, journey.varied()), journey.hold_wave(inst, journey.varied(absent=absent))]


def behind(inst: Installation, held: HeldWave) -> dict[str, frozenset[tuple[str, str]]]:
    """Return by final crowd whose answers stand in it: wave and address."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    with inst.database.reading() as session:
        final = {row.label: row.final_label or "" for row in wave_store.list_crowds(session, held.wave.slug)}
    for email in held.answers:
        found[final[held.wave.crowds[email]]].add((held.wave.slug, email))
    return {crowd: frozenset(people) for crowd, people in found.items()}


def small_differences(groups: list[frozenset[tuple[str, str]]]) -> list[int]:
    """Return the sizes of all differences of two groups that are about 1 to k - 1 answers."""
    pairs = itertools.permutations(set(groups), 2)
    return sorted(size for one, other in pairs if 0 < (size := len(one - other)) < K)


def test_the_usual_rule_answers_two_selections_that_differ_by_one_person(waves: list[HeldWave]) -> None:
    """A live page with filters for team and tenure that hides whatever is about fewer than five."""
    answers = waves[0].answers
    team = [email for email in answers if ".ant@" in email or email.startswith("ant")]
    team = team or [email for email in answers if email in journey.members("ant", 10)]
    longest = sorted(team)[1:]  # everybody but one has been here for more than a year
    shown = [people for people in (team, longest) if len(people) >= K]
    assert len(shown) == 2
    item = waves[0].wave.instrument.item_codes[0]
    total = [sum(int(answers[email][item] or 0) for email in people) for people in shown]
    (alone,) = set(team) - set(longest)
    assert total[0] - total[1] == answers[alone][item]
    assert small_differences([frozenset((waves[0].wave.slug, email) for email in people) for people in shown]) == [1]
    account.weakened(ATTACK, "hide n<5, filters for team and tenure: the exact answer of one person")


def test_no_two_selections_of_the_product_differ_by_fewer_than_five(inst: Installation, waves: list[HeldWave]) -> None:
    slugs: list[str | None] = [None, *(held.wave.slug for held in waves)]
    units: list[str | None] = [None, *TEAMS]
    scales: list[str | None] = [None, *(scale.code for scale in waves[0].wave.instrument.scales)]
    people = {held.wave.slug: behind(inst, held) for held in waves}
    whole = figures(inst, Selection(language="en", limit=1000))
    groups: list[frozenset[tuple[str, str]]] = []
    asked = 0
    for wave, unit, scale in itertools.product(slugs, units, scales):
        chosen = figures(inst, Selection(language="en", limit=1000, wave=wave, unit=unit, scale=scale))
        asked += 1
        assert chosen.items() <= whole.items()  # a selection chooses among the figures and makes no new one
        shown = defaultdict(set)
        for slug, crowd, measure in chosen:
            if chosen[slug, crowd, measure] is not None and crowd in people[slug]:
                shown[measure].add((slug, crowd))
        # What somebody gets who takes any one figure of a selection, or adds up all of one measure.
        groups += [people[slug][crowd] for each in shown.values() for slug, crowd in each]
        groups += [frozenset().union(*(people[slug][crowd] for slug, crowd in each)) for each in shown.values()]
    assert asked == 3 * 9 * len(scales)
    assert len(set(groups)) > len(people)
    assert small_differences(groups) == []
    account.product(ATTACK, f"{asked} selections, every two compared: differences of {K} and more, or none")


def test_page_and_file_know_no_other_filter_and_give_the_same_figures(
    inst: Installation, waves: list[HeldWave]
) -> None:
    whole = figures(inst, Selection(language="en", limit=1000))
    for held in waves:
        with inst.database.reading() as session:
            rows = hr_export.heat_rows(session, held.wave.slug, language="en")
        for row in rows:
            value = getattr(row.outcome, "value", None)
            assert whole[held.wave.slug, row.crowd, row.measure] == pytest.approx(value)


def figures(inst: Installation, selection: Selection) -> Figures:
    """Return what the interface answers to a selection, page by page; it reads what the files of the export hold."""
    found: dict[tuple[str, str, str], object] = {}
    with inst.database.reading() as session:
        page = api_rows.read_cells(session, selection)
    assert page.after is None
    for row in page.rows:
        found[str(row["wave"]), str(row["crowd"]), str(row["measure"])] = row["value"]
    return found
