"""Simulated people answer as the note says and only with options that exist."""

from __future__ import annotations

import collections
import datetime as dt
from functools import cache

import numpy as np
import pytest

from app.demo.calendar import make_calendar
from app.demo.organisation import make_organisation
from app.demo.scale import SHARES
from app.demo.shapes import TROUBLE_FROM, WAVES, Size, shape_of
from app.demo.world import TOPICS, World, make_world
from surveys.instruments.library import load
from surveys.instruments.scoring import encode_answers


@cache
def world(size: Size = Size.DEFAULT, seed: int = 6) -> World:
    calendar = make_calendar(dt.date(2026, 11, 25))
    org = make_organisation(shape_of(size), seed=seed, first=calendar.first_opening, last=calendar.last_opening)
    return make_world(org, seed=seed)


@pytest.mark.parametrize("code", ["pulse-1", "core-1", "levers-1", "burnout-1"])
def test_every_answer_to_a_shipped_questionnaire_is_one_of_its_options(code: str) -> None:
    instrument = load(code)
    for answers in list(world(Size.SMALL).answers(3, instrument).values()):
        assert set(answers) == set(instrument.item_codes)
        encode_answers(instrument, answers)


@pytest.mark.slow
def test_the_shares_of_the_options_are_those_of_the_note() -> None:
    counted: collections.Counter[int | None] = collections.Counter()
    for seed in range(6):
        for number in (1, 9):
            for answers in world(Size.DEFAULT, seed).answers(number, load("pulse-1")).values():
                counted.update(answers[code] for code in ("safe-challenge", "task-expected"))
    missing = counted.pop(None)
    shares = [counted[code] / counted.total() for code in range(1, 6)]
    assert np.allclose(shares, SHARES, atol=0.04)
    assert 0.01 < missing / (counted.total() + missing) < 0.03


@pytest.mark.slow
def test_three_quarters_to_four_fifths_of_those_asked_answer() -> None:
    built = world()
    cast = [len(built.answers(number, load("pulse-1"))) for number in range(1, WAVES + 1)]
    assert 0.75 <= np.mean(cast) / len(built.organisation.people) <= 0.80


def test_only_the_troubled_team_changes_at_once_at_the_named_wave() -> None:
    built = world()
    workload = built.level[:, :, TOPICS.index("workload")]
    falls = workload[: TROUBLE_FROM - 1].mean(axis=0) - workload[TROUBLE_FROM - 1 :].mean(axis=0)
    keys = [team.key for team in built.organisation.teams]
    assert keys[int(falls.argmax())] == "ticketing"
    assert falls.max() > 1.2
    assert np.sort(falls)[-2] < 0.5


def test_a_burnt_out_team_answers_high_where_high_is_worse() -> None:
    built = world(Size.MEDIUM)
    members = {p.identity.email for p in built.organisation.people if p.team == "ticketing"}
    means = []
    for waves in (range(1, TROUBLE_FROM), range(TROUBLE_FROM, WAVES + 1)):
        found = [
            answers["worn-out-by-work"]
            for number in waves
            for email, answers in built.answers(number, load("burnout-1")).items()
            if email in members
        ]
        means.append(np.mean([answer for answer in found if answer is not None]))
    assert means[1] > means[0] + 0.2
